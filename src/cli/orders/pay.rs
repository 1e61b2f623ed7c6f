//! Which Amazon Pay has an order's money: the local one, or the merchant's account.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::OrdersError;
use crate::adapters::amazon_pay::api::client::Client;
use crate::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use crate::adapters::amazon_pay::api::payments::Account;
use crate::adapters::amazon_pay::api::place::{Environment, Place, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::adapters::amazon_pay::mws;
use crate::cli::older::OlderArgs;
use crate::domain::ids::{AmazonId, BillingAgreementId, OrderId, SellerId};
use crate::domain::money::Money;
use crate::domain::order::{Capture, Hold, Order, Paid, Parcel, Refund};
use crate::domain::payment::{Attempt, Names};
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::ports::{Answered, Consent, FoundCharge, Objects, Payments, PaymentsError};
use crate::simulated::LocalPay;
use crate::simulator::amazon_pay::books::Books;
use crate::telemetry::chain;

/// The merchant's access to Amazon Pay; simulated orders need none.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Amazon Pay, for sandbox and live orders")]
pub struct PayArgs {
    /// The private key from Seller Central, a .pem file.
    #[arg(long, global = true, value_name = "FILE", env = "VOICETILL_PAY_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// The id of the public key that belongs to it.
    #[arg(long, global = true, value_name = "ID", env = "VOICETILL_PAY_KEY_ID")]
    pub key_id: Option<String>,
    /// Call this address instead of Amazon Pay.
    #[arg(long, global = true, value_name = "URL", env = "VOICETILL_PAY_ENDPOINT")]
    pub pay_endpoint: Option<String>,
    /// Which API serves the account; without it the current one, unless there is only a key of the older one.
    #[arg(long, global = true, value_name = "API", env = "VOICETILL_PAY_API")]
    pub pay_api: Option<Api>,
    #[command(flatten)]
    pub older: OlderArgs,
    /// Whose account it is, as the shop says.
    #[arg(skip)]
    pub seller: Option<SellerId>,
}

/// An API of Amazon Pay's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Api {
    /// Amazon Pay API v2.
    V2,
    /// The older one.
    Mws,
}

impl PayArgs {
    /// The API that is called: what was said, or else the current one, unless there is only a key of the older one.
    #[must_use]
    pub fn api(&self) -> Api {
        let current = self.key_file.as_ref().is_some_and(|file| !file.as_os_str().is_empty()) || given(self.key_id.as_ref()).is_some();
        self.pay_api.unwrap_or(if !current && self.older.is_given() { Api::Mws } else { Api::V2 })
    }
}

/// A variable that is set to nothing is not set.
fn given(text: Option<&String>) -> Option<String> {
    text.cloned().filter(|text| !text.is_empty())
}

/// Where the money is.
pub enum Till<'t> {
    Local(LocalPay<'t>),
    Account(Box<Account>),
    Older(Box<mws::payments::Account>),
}

impl<'t> Till<'t> {
    /// The till for orders of a world: money of one is never looked for in another.
    pub(super) fn open(world: World, args: &PayArgs, region: Region, books: &'t Books, now: Time) -> Result<Self, OrdersError> {
        match world {
            World::Simulated => Ok(Self::Local(LocalPay { books, now })),
            World::Sandbox | World::Live => match args.api() {
                Api::V2 => account(world, args, region).map(|account| Self::Account(Box::new(account))),
                Api::Mws => older(world, args, region).map(|account| Self::Older(Box::new(account))),
            },
        }
    }
}

fn older(world: World, args: &PayArgs, region: Region) -> Result<mws::payments::Account, OrdersError> {
    let wrong = |problem: String| OrdersError::Account {
        world: world.as_str(),
        problem,
        remedy: "`voicetill doctor` looks at the keys and says what to fix".to_owned(),
    };
    let seller = args.seller.clone().ok_or_else(|| wrong("the shop names no seller".to_owned()))?;
    let client = args.older.client(seller, region, Environment::of(world)).map_err(|error| wrong(chain(&error)))?;
    Ok(mws::payments::Account::new(client))
}

pub(in crate::cli) fn account(world: World, args: &PayArgs, region: Region) -> Result<Account, OrdersError> {
    let wrong = |problem: String, remedy: &str| OrdersError::Account { world: world.as_str(), problem, remedy: remedy.to_owned() };
    let doctor = "`voicetill doctor` looks at the key and says what to fix";
    let file = args.key_file.clone().filter(|file| !file.as_os_str().is_empty());
    let (Some(file), Some(id)) = (file, given(args.key_id.as_ref())) else {
        return Err(wrong(
            "there is no key".to_owned(),
            "Set VOICETILL_PAY_KEY_FILE and VOICETILL_PAY_KEY_ID, or VOICETILL_MWS_ACCESS_KEY and VOICETILL_MWS_SECRET_KEY_FILE for the older API",
        ));
    };
    let text = std::fs::read_to_string(&file).map_err(|error| wrong(format!("{} cannot be read: {error}", file.display()), doctor))?;
    let key = PrivateKey::from_pem(&text).map_err(|error| wrong(error.to_string(), doctor))?;
    let id = PublicKeyId::parse(&id).map_err(|_| wrong(format!("\"{id}\" is no key id"), doctor))?;
    let place = Place::amazon(region, Environment::of(world), &id).and_then(|place| match given(args.pay_endpoint.as_ref()) {
        Some(address) => place.instead_at(&address),
        None => Ok(place),
    });
    let place = place.map_err(|error| wrong(error.to_string(), doctor))?;
    Ok(Account::new(Client::new(Signer::new(id, key), place)))
}

impl Payments for Till<'_> {
    async fn look(&self, order: &Order, names: &Names) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.look(order, names).await,
            Self::Account(pay) => pay.look(order, names).await,
            Self::Older(pay) => pay.look(order, names).await,
        }
    }

    async fn consent(&self, agreement: &BillingAgreementId) -> Result<Consent, PaymentsError> {
        match self {
            Self::Local(pay) => pay.consent(agreement).await,
            Self::Account(pay) => pay.consent(agreement).await,
            Self::Older(pay) => pay.consent(agreement).await,
        }
    }

    async fn charge_again(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.charge_again(order, attempt).await,
            Self::Account(pay) => pay.charge_again(order, attempt).await,
            Self::Older(pay) => pay.charge_again(order, attempt).await,
        }
    }

    async fn hold_rest(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.hold_rest(order, attempt).await,
            Self::Account(pay) => pay.hold_rest(order, attempt).await,
            Self::Older(pay) => pay.hold_rest(order, attempt).await,
        }
    }

    async fn capture(&self, order: &OrderId, capture: &Capture) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.capture(order, capture).await,
            Self::Account(pay) => pay.capture(order, capture).await,
            Self::Older(pay) => pay.capture(order, capture).await,
        }
    }

    async fn void(&self, order: &OrderId, hold: &Hold) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.void(order, hold).await,
            Self::Account(pay) => pay.void(order, hold).await,
            Self::Older(pay) => pay.void(order, hold).await,
        }
    }

    async fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.refund(order, paid, refund).await,
            Self::Account(pay) => pay.refund(order, paid, refund).await,
            Self::Older(pay) => pay.refund(order, paid, refund).await,
        }
    }

    async fn refunded(&self, order: &OrderId, paid: &Paid) -> Result<Option<Money>, PaymentsError> {
        match self {
            Self::Local(pay) => pay.refunded(order, paid).await,
            Self::Account(pay) => pay.refunded(order, paid).await,
            Self::Older(pay) => pay.refunded(order, paid).await,
        }
    }

    async fn close(&self, agreement: &BillingAgreementId) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.close(agreement).await,
            Self::Account(pay) => pay.close(agreement).await,
            Self::Older(pay) => pay.close(agreement).await,
        }
    }

    async fn track(&self, order: &Order, parcel: &Parcel) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.track(order, parcel).await,
            Self::Account(pay) => pay.track(order, parcel).await,
            Self::Older(pay) => pay.track(order, parcel).await,
        }
    }
}

impl Objects for Till<'_> {
    async fn named_charge(&self, id: &AmazonId) -> Result<Option<FoundCharge>, PaymentsError> {
        match self {
            Self::Local(pay) => pay.named_charge(id).await,
            Self::Account(pay) => pay.named_charge(id).await,
            Self::Older(_) => Err(older_only()),
        }
    }

    async fn charge_of_refund(&self, refund: &AmazonId) -> Result<Option<AmazonId>, PaymentsError> {
        match self {
            Self::Local(pay) => pay.charge_of_refund(refund).await,
            Self::Account(pay) => pay.charge_of_refund(refund).await,
            Self::Older(_) => Err(older_only()),
        }
    }

    async fn name_of_consent(&self, id: &AmazonId) -> Result<Option<String>, PaymentsError> {
        match self {
            Self::Local(pay) => pay.name_of_consent(id).await,
            Self::Account(pay) => pay.name_of_consent(id).await,
            Self::Older(_) => Err(older_only()),
        }
    }
}

/// The older API has no object that a notification of API v2 names.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("notifications are looked up through API v2: set VOICETILL_PAY_KEY_FILE and VOICETILL_PAY_KEY_ID")]
struct OlderOnly;

fn older_only() -> PaymentsError {
    PaymentsError::NotDone { request: None, source: Box::new(OlderOnly) }
}
