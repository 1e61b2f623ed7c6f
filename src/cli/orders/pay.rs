//! Which Amazon Pay has an order's money: the local one, or the merchant's account.

use std::path::PathBuf;

use clap::Args;

use super::OrdersError;
use crate::adapters::amazon_pay::api::client::Client;
use crate::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use crate::adapters::amazon_pay::api::payments::Account;
use crate::adapters::amazon_pay::api::place::{Environment, Place, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::domain::ids::{AmazonId, BillingAgreementId, OrderId};
use crate::domain::order::{Capture, Hold, Order, Paid, Parcel, Refund};
use crate::domain::payment::Names;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::ports::{Answered, FoundCharge, Objects, Payments, PaymentsError};
use crate::simulated::LocalPay;
use crate::simulator::amazon_pay::books::Books;

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
}

/// Where the money is.
pub enum Till<'t> {
    Local(LocalPay<'t>),
    Account(Box<Account>),
}

impl<'t> Till<'t> {
    /// The till for orders of a world: money of one is never looked for in another.
    pub(super) fn open(world: World, args: &PayArgs, region: Region, books: &'t Books, now: Time) -> Result<Self, OrdersError> {
        match world {
            World::Simulated => Ok(Self::Local(LocalPay { books, now })),
            World::Sandbox | World::Live => account(world, args, region).map(|account| Self::Account(Box::new(account))),
        }
    }
}

pub(in crate::cli) fn account(world: World, args: &PayArgs, region: Region) -> Result<Account, OrdersError> {
    let wrong = |problem: String, remedy: &str| OrdersError::Account { world: world.as_str(), problem, remedy: remedy.to_owned() };
    let doctor = "`voicetill doctor` looks at the key and says what to fix";
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let file = args.key_file.clone().filter(|file| !file.as_os_str().is_empty());
    let (Some(file), Some(id)) = (file, given(&args.key_id)) else {
        return Err(wrong("there is no key".to_owned(), "Set VOICETILL_PAY_KEY_FILE and VOICETILL_PAY_KEY_ID"));
    };
    let text = std::fs::read_to_string(&file).map_err(|error| wrong(format!("{} cannot be read: {error}", file.display()), doctor))?;
    let key = PrivateKey::from_pem(&text).map_err(|error| wrong(error.to_string(), doctor))?;
    let id = PublicKeyId::parse(&id).map_err(|_| wrong(format!("\"{id}\" is no key id"), doctor))?;
    let place = Place::amazon(region, Environment::of(world), &id).and_then(|place| match given(&args.pay_endpoint) {
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
        }
    }

    async fn capture(&self, order: &OrderId, capture: &Capture) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.capture(order, capture).await,
            Self::Account(pay) => pay.capture(order, capture).await,
        }
    }

    async fn void(&self, order: &OrderId, hold: &Hold) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.void(order, hold).await,
            Self::Account(pay) => pay.void(order, hold).await,
        }
    }

    async fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.refund(order, paid, refund).await,
            Self::Account(pay) => pay.refund(order, paid, refund).await,
        }
    }

    async fn close(&self, agreement: &BillingAgreementId) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.close(agreement).await,
            Self::Account(pay) => pay.close(agreement).await,
        }
    }

    async fn track(&self, order: &Order, parcel: &Parcel) -> Result<Answered, PaymentsError> {
        match self {
            Self::Local(pay) => pay.track(order, parcel).await,
            Self::Account(pay) => pay.track(order, parcel).await,
        }
    }
}

impl Objects for Till<'_> {
    async fn charge(&self, id: &AmazonId) -> Result<Option<FoundCharge>, PaymentsError> {
        match self {
            Self::Local(pay) => pay.charge(id).await,
            Self::Account(pay) => pay.charge(id).await,
        }
    }

    async fn refunded(&self, refund: &AmazonId) -> Result<Option<AmazonId>, PaymentsError> {
        match self {
            Self::Local(pay) => pay.refunded(refund).await,
            Self::Account(pay) => pay.refunded(refund).await,
        }
    }

    async fn consent(&self, id: &AmazonId) -> Result<Option<String>, PaymentsError> {
        match self {
            Self::Local(pay) => pay.consent(id).await,
            Self::Account(pay) => pay.consent(id).await,
        }
    }
}
