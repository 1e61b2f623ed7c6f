//! What finishing a purchase on a page needs: Amazon Pay, asked about what the buyer does on its page.

use std::future::Future;

use super::ConsentError;
use crate::domain::dialog::Waiting;
use crate::domain::ids::{BuyerId, CheckoutId, OrderId};
use crate::domain::money::Money;
use crate::domain::payment::{CaptureMode, CheckoutStanding, Timing};
use crate::domain::place::Address;

/// Amazon Pay, asked about a purchase that a buyer finishes on its page. What is charged in the end,
/// [`Charges`](super::Charges) does.
pub trait Checkouts: Sync {
    /// How it stands.
    fn checkout(&self, id: &CheckoutId) -> impl Future<Output = Result<Checkout, ConsentError>> + Send;

    /// Says what it is to come to, once the buyer has been shown the total; the address at Amazon where the buyer goes on.
    fn put_terms(&self, id: &CheckoutId, terms: &Terms) -> impl Future<Output = Result<String, ConsentError>> + Send;
}

/// What a buyer is asked to agree to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub order: OrderId,
    pub total: Money,
    pub capture: CaptureMode,
    pub timing: Timing,
    /// Where Amazon sends the buyer who has agreed.
    pub done: String,
}

impl Terms {
    /// Those of a cart as it is shown; `None` for one that has no price.
    #[must_use]
    pub fn of(waiting: &Waiting, done: String) -> Option<Self> {
        let total = waiting.price.as_ref().ok()?.total;
        Some(Self { order: waiting.order().clone(), total, capture: waiting.capture, timing: waiting.timing, done })
    }
}

/// A checkout as Amazon shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    pub id: CheckoutId,
    pub standing: CheckoutStanding,
    /// Whose it is; unknown where Amazon does not tell.
    pub buyer: Option<BuyerId>,
    /// Where the buyer wants it sent.
    pub address: Option<Address>,
    /// What the buyer is asked to agree to, and for which order, where that is settled.
    pub total: Option<Money>,
    pub order: Option<OrderId>,
    /// Where Amazon sends the buyer: to see the total, and once everything is agreed.
    pub review: Option<String>,
    pub done: Option<String>,
}
