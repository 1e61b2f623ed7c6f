//! What the application needs from outside: a store, and Amazon Pay as a server reaches it.

use std::future::Future;
use std::time::Duration;

use crate::domain::dialog::{Amend, LeftCart, Opening};
use crate::domain::ids::{AttemptId, BillingAgreementId, BuyerId, OrderId, WriteId};
use crate::domain::money::Money;
use crate::domain::order::{Capture, Hold, Note, Order, Paid, Parcel, Refund, Report};
use crate::domain::payment::{Attempt, Names};
use crate::domain::wallet::SavedWallet;

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

/// How a conditional write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is stored; this is the order now. Also when an earlier delivery of the same write stored it.
    Done(Box<Order>),
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
    /// Charges the order's saved wallet. The attempt's id is the idempotency key, so the same attempt is charged once, however often it is
    /// asked for. It is over `within` that time: what is not answered by then is unknown.
    fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> impl Future<Output = Result<Answered, PaymentsError>> + Send;
}

/// A shop that has no saved wallets to charge.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCharges;

/// An order is to be charged that this program has no account for.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("saved wallets are not set up here: see \"saved-wallet\" in the README")]
pub struct NotSetUp;

impl Charges for NoCharges {
    async fn charge(&self, _: &Order, _: &Attempt, _: Duration) -> Result<Answered, PaymentsError> {
        Err(PaymentsError::NotDone { request: None, source: Box::new(NotSetUp) })
    }
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
        /// Whether the consent can still be charged, as far as the answer tells.
        agreement_open: bool,
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
