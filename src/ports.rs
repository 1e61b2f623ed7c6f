//! What the application needs from outside: a store, and Amazon Pay as a server reaches it.

mod checkouts;
mod telling;

use std::future::Future;
use std::time::Duration;

pub use checkouts::{Checkout, Checkouts, Terms};
pub use telling::{
    Addressees, Buyers, Chargebacks, Claim, Claimed, Devices, Ended, Mail, Matter, NoBuyers, NoDevices, SendError, Telling, Told,
};

use crate::domain::dialog::{Amend, LeftCart, Opening};
use crate::domain::ids::{AmazonId, AttemptId, BillingAgreementId, BuyerId, CodeId, FamilyId, OrderId, TopicArn, WriteId};
use crate::domain::link::{Code, Family};
use crate::domain::money::Money;
use crate::domain::order::{Capture, Hindrance, Hold, Note, Order, Outcome, Paid, Parcel, Refund, Report};
use crate::domain::payment::{Attempt, Names};
use crate::domain::place::Address;
use crate::domain::time::Time;
use crate::domain::wallet::{Digits, Email, SavedWallet, VoiceCode, WalletState};

/// Where orders and carts are kept. Each call is one call of the service behind it.
pub trait Store: Sync {
    /// What the first turn of a session needs; strongly consistent.
    fn opening(&self, buyer: &BuyerId) -> impl Future<Output = Result<Opening, StoreError>> + Send;

    /// One order, strongly consistent.
    fn order(&self, id: &OrderId) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    /// Stores an order unless there is one of its id.
    fn create(&self, order: &Order) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Changes an order if it still is what the change was decided on.
    fn amend(&self, amend: &Amend) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Keeps a cart for the buyer's next session, unless a newer one is kept.
    fn keep(&self, buyer: &BuyerId, cart: &LeftCart, write: &WriteId) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Where linked wallets are kept: with the orders, so that an opening brings them along. Each call is one call of the service behind it.
pub trait Wallets: Sync {
    /// The buyer's wallet, strongly consistent.
    fn wallet(&self, buyer: &BuyerId) -> impl Future<Output = Result<Option<SavedWallet>, StoreError>> + Send;

    /// Stores a wallet, whose `version` names this write, if the stored one still is of the version `expected`; `None` where there is to
    /// be none.
    fn save_wallet(
        &self,
        buyer: &BuyerId,
        wallet: &SavedWallet,
        expected: Option<&WriteId>,
    ) -> impl Future<Output = Result<Saved, StoreError>> + Send;
}

/// How the conditional write of a wallet ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is stored. Also when an earlier delivery of the same write stored it.
    Done,
    /// Another wallet stands there, or none; nothing was written.
    Overtaken(Option<Box<SavedWallet>>),
}

/// The orders whose money has not come to rest, by when each is to be looked at.
pub trait Queue: Sync {
    /// Those that are due, the longest due first. There may be more than `limit`, of which these are the first.
    fn due(&self, now: Time, limit: usize) -> impl Future<Output = Result<Vec<Due>, StoreError>> + Send;

    /// Has an order looked at later than it would be, unless it has changed meanwhile.
    fn put_off(&self, order: &Order, until: Time) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A place in the queue. It lags behind the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Without the merchant's letters, which nothing is found by.
    pub order: OrderId,
    pub since: Time,
}

/// Where account linking keeps what it has handed out. Each call is one call of the service behind it.
pub trait Grants: Sync {
    /// Keeps what a code stands for.
    fn put_code(&self, code: &Code) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Spends a code for the family that is to come of it; the first one gets it.
    fn spend_code(&self, id: &CodeId, family: &FamilyId) -> impl Future<Output = Result<Spent, StoreError>> + Send;

    /// Keeps a new family; `false` when it was ended already.
    fn begin_family(&self, family: &Family) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Replaces the token `from` by the next, if it is the newest of a family that goes on.
    fn step_family(&self, buyer: &BuyerId, id: &FamilyId, from: u32, now: Time)
    -> impl Future<Output = Result<Stepped, StoreError>> + Send;

    /// Ends a family for good, whether it has begun or not.
    fn end_family(&self, buyer: &BuyerId, id: &FamilyId, now: Time) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whose a code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spent {
    /// This family's. Also when an earlier delivery of the same write spent it.
    Now(Code),
    /// Another family's.
    Before {
        code: Code,
        family: FamilyId,
    },
    Missing,
}

/// How the step to the next refresh token ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    Done(Family),
    /// Another token is the newest, or none was used for too long; nothing was written.
    Found(Family),
    /// There is no such family, or it has ended.
    Missing,
}

/// Amazon Pay, asked about a buyer's consent to be charged.
pub trait Consents: Sync {
    /// Makes good what the buyer has agreed to in the session that Amazon named on the buyer's way back, if it is the one that began with
    /// the return address `began`. Asked again it tells the same.
    fn agreed(&self, session: &str, began: &str) -> impl Future<Output = Result<Agreed, ConsentError>> + Send;

    /// The buyer that Amazon's sign-in page vouches for.
    fn signed_in(&self, token: &str) -> impl Future<Output = Result<BuyerId, ConsentError>> + Send;

    /// How a permission stands.
    fn standing(&self, permission: &BillingAgreementId) -> impl Future<Output = Result<WalletState, ConsentError>> + Send;

    /// Ends a permission.
    fn end(&self, permission: &BillingAgreementId) -> impl Future<Output = Result<(), ConsentError>> + Send;
}

/// What a buyer has agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    pub buyer: BuyerId,
    pub permission: BillingAgreementId,
    pub state: WalletState,
    pub address: Option<Address>,
    pub email: Option<Email>,
}

/// Why there is no consent to be had.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// At Amazon's page; the buyer may begin again.
    #[error("the buyer has not agreed, or the session at Amazon is over")]
    Declined,
    #[error("what came back from Amazon's page is not what was begun here")]
    Foreign,
    #[error("Amazon Pay could not be asked: it may know more later")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How a conditional write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// This call has stored it; this is the order now.
    Done(Box<Order>),
    /// The same write had stored it before: an earlier try of this call, or another delivery of the same request, which may still be at
    /// work. This is the order now.
    Before(Box<Order>),
    /// The order is not what the write was decided on; nothing was written.
    Overtaken(Box<Order>),
    /// There is no such order; nothing was written.
    Missing,
}

/// Why the store could not serve.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store did not answer {operation} in time, or could not be reached: check region, endpoint and table name")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the store refused {operation}: check the table's name and keys, and the function's permissions")]
    Rejected {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the stored item {key} cannot be read")]
    Corrupt {
        key: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Rejected { .. } | Self::Corrupt { .. } => false,
        }
    }
}

/// Amazon Pay, asked by a server about money that a buyer has agreed to. The ids that every call goes by are the order's own, so a call
/// that is made again is the same call, and what it asks for is done once.
pub trait Payments: Sync {
    /// How the order's charge stands, asked for by what Amazon has named; without a report where there is no such charge.
    fn look(&self, order: &Order, names: &Names) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;

    /// Whether a buyer's consent can be charged now.
    fn consent(&self, agreement: &BillingAgreementId) -> impl Future<Output = Result<Consent, PaymentsError>> + Send;

    /// Charges an order's saved wallet once more under its id, after it was put on record that an earlier call may have charged it.
    fn charge_again(&self, order: &Order, attempt: &Attempt) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;

    /// Holds what a capture has given up, on the consent that the order was paid with.
    fn hold_rest(&self, order: &Order, attempt: &Attempt) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;

    /// Takes held money.
    fn capture(&self, order: &OrderId, capture: &Capture) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;

    /// Gives back held money.
    fn void(&self, order: &OrderId, hold: &Hold) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;

    /// Gives back money that was taken.
    fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;

    /// How much of a payment has gone back, as Amazon counts it; `None` when it does not say.
    fn refunded(&self, order: &OrderId, paid: &Paid) -> impl Future<Output = Result<Option<Money>, PaymentsError>> + Send;

    /// Ends a buyer's consent. What was charged on it stays, and can be refunded.
    fn close(&self, agreement: &BillingAgreementId) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;

    /// Tells Amazon which parcel brings the goods, so that the buyer's devices can tell of it.
    fn track(&self, order: &Order, parcel: &Parcel) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;
}

/// What may be charged on a buyer's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    Chargeable,
    /// Nothing, as Amazon puts it.
    Ended(String),
}

/// Amazon Pay, asked by the skill to charge what a buyer has just agreed to, where our server does that.
pub trait Charges: Sync {
    /// Makes sure that a charge can be asked for. This comes before the attempt is stored: what is stored is owed, and charged later.
    fn ready(&self) -> impl Future<Output = Result<(), Unready>> + Send {
        std::future::ready(Ok(()))
    }

    /// Charges the order's saved wallet. The attempt's id is the idempotency key, so the same attempt is charged once, however often it is
    /// asked for. It is over `within` that time: what is not answered by then is unknown.
    ///
    /// An order that is [`Sent`](crate::domain::order::Standing::Sent) is asked for the first time: what is refused then has not happened.
    /// Of any other, an earlier call may have charged, or may be about to.
    fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;
}

/// Something that a turn needs was not to be had. Nothing has been stored or sent for want of it; the next turn asks for it again.
#[derive(Debug, thiserror::Error)]
#[error("{what} could not be had")]
pub struct Unready {
    /// In words for the log.
    pub what: &'static str,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Tells the right voice code from a wrong one. What it compares with is secret.
pub trait Codes: Sync + std::fmt::Debug {
    /// Whether these are the digits of the code that is kept.
    fn fit(&self, buyer: &BuyerId, kept: &VoiceCode, said: Digits) -> bool;
}

/// A shop that has no saved wallets to charge.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCharges;

/// An order is to be charged that this program has no account for.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("saved wallets are not set up here: see \"saved-wallet\" in the README")]
pub struct NotSetUp;

impl Charges for NoCharges {
    async fn ready(&self) -> Result<(), Unready> {
        Err(Unready { what: "the account that charges", source: Box::new(NotSetUp) })
    }

    async fn charge(&self, _: &Order, _: &Attempt, _: Duration) -> Result<Answered, PaymentsError> {
        Err(PaymentsError::NotDone { request: None, source: Box::new(NotSetUp) })
    }
}

/// A program that may have an account.
impl<C: Charges + Send> Charges for Option<C> {
    async fn ready(&self) -> Result<(), Unready> {
        match self {
            Some(charges) => charges.ready().await,
            None => NoCharges.ready().await,
        }
    }

    async fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> Result<Answered, PaymentsError> {
        match self {
            Some(charges) => charges.charge(order, attempt, within).await,
            None => NoCharges.charge(order, attempt, within).await,
        }
    }
}

/// Amazon Pay, asked by the ids that its notifications name. Nothing is changed by asking.
pub trait Objects: Sync {
    /// A charge; `None` where the account has none of this id.
    fn named_charge(&self, id: &AmazonId) -> impl Future<Output = Result<Option<FoundCharge>, PaymentsError>> + Send;

    /// The charge that a refund is of.
    fn charge_of_refund(&self, refund: &AmazonId) -> impl Future<Output = Result<Option<AmazonId>, PaymentsError>> + Send;

    /// What the merchant has called a consent or an order reference, if it has a name.
    fn name_of_consent(&self, id: &AmazonId) -> impl Future<Output = Result<Option<String>, PaymentsError>> + Send;
}

/// A charge as Amazon Pay shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCharge {
    /// How it stands, with the name that it was asked for by.
    pub outcome: Outcome,
    /// What the merchant has called it.
    pub reference: Option<String>,
    /// The consent that it was made on.
    pub consent: Option<AmazonId>,
    pub created: Option<Time>,
    /// Amazon's id of the call.
    pub request: Option<Note>,
}

/// The topics that the merchant's notifications come from. Anybody can subscribe this shop to a topic, so a person says which are trusted.
pub trait Topics: Sync {
    /// All that are known: a handful.
    fn topics(&self) -> impl Future<Output = Result<Vec<Topic>, StoreError>> + Send;

    /// Keeps a topic in this standing, whatever its standing was.
    fn keep_topic(&self, topic: &Topic) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets a topic; one that is not known is forgotten already.
    fn forget_topic(&self, arn: &TopicArn) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A topic that messages may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub arn: TopicArn,
    pub trust: Trust,
    pub since: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It has asked to be confirmed, at this address; nobody has decided yet.
    Held {
        subscribe_url: String,
    },
    Trusted,
}

/// What Amazon Pay has answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// What is now known to have happened; `None` when it is accepted and carried out later, or there is nothing to report.
    pub report: Option<Report>,
    /// Amazon's id of the call.
    pub request: Option<Note>,
}

/// Why a call has not settled what it was about. What was asked for is still owed, under the same id.
#[derive(Debug, thiserror::Error)]
pub enum PaymentsError {
    /// This call did nothing. An earlier one may have.
    #[error("Amazon Pay was not reached, or did not admit the call: it has done nothing")]
    NotDone {
        request: Option<Note>,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("Amazon Pay may have done it or not: there is no clear answer")]
    Unknown {
        request: Option<Note>,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What was asked for is refused itself, and was not tried. An earlier call may have been.
    #[error("Amazon Pay has turned it down")]
    TurnedDown {
        request: Option<Note>,
        because: Hindrance,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the API that serves the account has no such call")]
    NotOffered,
    #[error("Amazon Pay has not told its own name for {0}, without which a server cannot ask for it: look for it in Seller Central")]
    Nameless(AttemptId),
}

impl PaymentsError {
    /// Amazon's id of the call, where there was an answer.
    #[must_use]
    pub const fn request(&self) -> Option<&Note> {
        match self {
            Self::NotDone { request, .. } | Self::Unknown { request, .. } | Self::TurnedDown { request, .. } => request.as_ref(),
            Self::NotOffered | Self::Nameless(_) => None,
        }
    }
}
