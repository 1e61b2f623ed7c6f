//! What telling needs: where it is kept who has been told what, and the ways to buyers and to the orders department.

use std::future::Future;

use super::{Agreed, PaymentsError, StoreError};
use crate::domain::ids::{BillingAgreementId, BuyerId, WriteId};
use crate::domain::message::{Listener, LooseChargeback, Message, MessageId, Ring, Subject};
use crate::domain::order::{Note, Order};
use crate::domain::time::Time;
use crate::domain::wallet::Email;

/// Which messages have been sent. A message is claimed before it is sent, so that it is sent once, whoever else sees the same change. Each is
/// one call of the service behind it.
pub trait Told: Sync {
    /// Claims a message, up to a time by which it has been sent, or will not be under this claim.
    fn claim(&self, claim: &Claim, now: Time) -> impl Future<Output = Result<Claimed, StoreError>> + Send;

    /// Notes what has become of a message.
    fn ended(&self, id: &MessageId, how: &Ended, now: Time) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives up a claim: the message was not sent, and anybody may send it.
    fn release(&self, claim: &Claim) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Every message about this that is still remembered.
    fn told(&self, subject: &Subject) -> impl Future<Output = Result<Vec<Telling>, StoreError>> + Send;
}

/// A claim on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: MessageId,
    /// Names the claim, so that one whose answer was lost recognises itself.
    pub by: WriteId,
    pub until: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    Ours,
    /// It needs no sending any more.
    Ended,
    /// Somebody else is about to send it, or has crashed over it: then it is free from here on.
    Until(Time),
}

/// What has become of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Sent,
    /// Nobody has told us where the buyer reads mail, or that the buyer wants to hear of orders.
    NoAddress,
    /// The way there would not take it, and never will; in the words of the service behind it.
    Refused(Note),
}

/// A message that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    pub id: MessageId,
    pub at: Time,
    /// `None` while it is claimed.
    pub ended: Option<Ended>,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug)]
pub enum Matter<'m> {
    Order(&'m Order, &'m Message),
    Chargeback(&'m LooseChargeback),
}

/// Mail.
pub trait Mail: Sync {
    /// Puts it into words and sends it; without an address, to the orders department.
    fn send(&self, matter: Matter<'_>, to: Option<&Email>) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Notifications on a buyer's devices.
pub trait Devices: Sync {
    /// Whether there is a way to them at all.
    fn are_reached(&self) -> bool;

    /// Tells all of them. What was told before under the same id is not told again.
    fn ring(&self, id: &MessageId, ring: Ring, listener: &Listener) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// A shop that has no way to devices.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDevices;

impl Devices for NoDevices {
    fn are_reached(&self) -> bool {
        false
    }

    async fn ring(&self, _: &MessageId, _: Ring, _: &Listener) -> Result<(), SendError> {
        Ok(())
    }
}

/// Who wants to be told of orders by a device. Each is one call of the service behind it. A store that does not say how keeps nobody.
pub trait Addressees: Sync {
    /// Whom a notification is for, if the buyer wants any.
    fn listener(&self, buyer: &BuyerId) -> impl Future<Output = Result<Option<Listener>, StoreError>> + Send {
        let _ = buyer;
        async { Ok(None) }
    }

    /// Keeps whom notifications are for; `None` when the buyer wants none.
    fn keep_listener(&self, buyer: &BuyerId, listener: Option<&Listener>) -> impl Future<Output = Result<(), StoreError>> + Send {
        let _ = (buyer, listener);
        async { Ok(()) }
    }
}

/// Amazon Pay, asked who has given consent.
pub trait Buyers: Sync {
    /// Where the buyer reads mail, as far as Amazon Pay tells.
    fn email(&self, agreement: &BillingAgreementId) -> impl Future<Output = Result<Option<Email>, PaymentsError>> + Send;

    /// The consent as a wallet, where Amazon Pay tells whose it is. Whoever cannot ask for that keeps no wallets.
    fn wallet(&self, agreement: &BillingAgreementId) -> impl Future<Output = Result<Option<Agreed>, PaymentsError>> + Send {
        let _ = agreement;
        async { Ok(None) }
    }
}

/// A shop that can ask nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBuyers;

impl Buyers for NoBuyers {
    async fn email(&self, _: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        Ok(None)
    }
}

/// Where chargebacks wait whose order nobody can tell.
pub trait Chargebacks: Sync {
    /// Keeps one; one that is kept already stays as it is.
    fn keep_chargeback(&self, chargeback: &LooseChargeback, now: Time) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The same message will never be taken.
    #[error("it is refused for good: {0}")]
    Refused(Note),
    #[error("it was not sent")]
    NotNow(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("it may have been sent: there was no clear answer")]
    Unknown(#[source] Box<dyn std::error::Error + Send + Sync>),
}
