//! Money that was taken, and what of it goes back.

use super::{Effect, Parcel, Refused, Status};
use crate::domain::ids::{AttemptId, OrderId};
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{ATTEMPTS_MAX, Attempt, Names};
use crate::domain::time::Time;

/// Money that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Paid {
    pub attempt: Attempt,
    pub names: Names,
    pub captured: Money,
    pub refunds: Vec<Refund>,
    /// How many captures of the order had been asked for when it was taken: their ids are used up.
    pub captures: u8,
    /// What has left for it and Amazon is still to be told of, the oldest first.
    pub parcels: Vec<Parcel>,
}

/// One refund of a payment, numbered from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refund {
    pub number: u8,
    pub amount: Money,
    pub standing: RefundStanding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundStanding {
    /// To be asked for, or asked for without an answer yet.
    Open,
    Done,
    Failed,
}

/// An order has room for this many parcels that wait for their notice.
const PARCELS_MAX: usize = 20;

/// How much more may go back than was taken, in hundredths of that.
pub const GOODWILL_PERCENT: i64 = 15;

/// How much more may go back than was taken at most, in dollars, pounds or euros.
pub const GOODWILL_MAX: i64 = 75;

/// The refunds of one charge never come to more, in dollars, pounds or euros.
const REFUNDS_MAX: i64 = 150_000;

impl Refund {
    /// The id under which Amazon is asked for it.
    #[must_use]
    pub fn id(&self, order: &OrderId) -> AttemptId {
        order.refund(self.number)
    }
}

impl Paid {
    /// What has been given back for certain.
    #[must_use]
    pub fn refunded(&self) -> Money {
        self.sum(|standing| standing == RefundStanding::Done)
    }

    /// What may still be given back of what was taken, counting open refunds as given.
    #[must_use]
    pub fn refundable(&self) -> Money {
        self.left_of(self.captured)
    }

    /// The most that Amazon lets go back in all (`reference/amazon-pay-v2.md`, 5.6): [`GOODWILL_PERCENT`] more than was taken, and no more
    /// than [`GOODWILL_MAX`] more. What more is allowed in yen is unconfirmed, so nothing is.
    #[must_use]
    pub fn refund_max(&self) -> Money {
        let (captured, currency) = (self.captured.minor(), self.captured.currency());
        let unit = 10_i64.pow(currency.decimals());
        let more = match currency {
            Currency::Eur | Currency::Gbp | Currency::Usd => (captured.saturating_mul(GOODWILL_PERCENT) / 100).min(GOODWILL_MAX * unit),
            Currency::Jpy => 0,
        };
        Money::new(captured.saturating_add(more).min(captured.max(REFUNDS_MAX * unit)), currency)
    }

    /// What Amazon still lets go back.
    #[must_use]
    pub fn allowance(&self) -> Money {
        self.left_of(self.refund_max())
    }

    fn left_of(&self, most: Money) -> Money {
        let left = most.minus(self.given()).ok().filter(|left| left.minor() > 0);
        left.unwrap_or(Money::zero(self.captured.currency()))
    }

    /// Whether more has been given back, or is about to be, than was taken.
    #[must_use]
    pub fn gives_too_much(&self) -> bool {
        self.given().minor() > self.captured.minor()
    }

    /// The refund without an answer; there is one at most.
    #[must_use]
    pub fn open_refund(&self) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.standing == RefundStanding::Open)
    }

    /// What has been given back, or may be on its way.
    #[must_use]
    pub fn given(&self) -> Money {
        self.sum(|standing| standing != RefundStanding::Failed)
    }

    fn sum(&self, counts: impl Fn(RefundStanding) -> bool) -> Money {
        let none = Money::zero(self.captured.currency());
        let counted = self.refunds.iter().filter(|refund| counts(refund.standing));
        counted.fold(none, |sum, refund| sum.plus(refund.amount).unwrap_or(sum))
    }

    pub(super) fn status(&self) -> Status {
        Status::of(self.refunded().minor(), self.captured.minor())
    }

    pub(super) fn owed(&self) -> Option<Effect> {
        let refund = self.open_refund().map(|refund| Effect::Refund { paid: self.clone(), refund: refund.clone() });
        refund.or_else(|| self.owed_notice())
    }

    /// That of its oldest parcel.
    pub(super) fn owed_notice(&self) -> Option<Effect> {
        self.parcels.first().map(|parcel| Effect::Track(parcel.clone()))
    }

    pub(super) fn due(&self, now: Time) -> Option<Time> {
        let soon = now.plus(10 * Time::MINUTE);
        if !self.parcels.is_empty() {
            return Some(soon);
        }
        match self.refunds.last()?.standing {
            RefundStanding::Open => Some(soon),
            // Somebody waits for this money, perhaps the buyer of an order that was cancelled.
            RefundStanding::Failed => Some(now.plus(Time::DAY)),
            RefundStanding::Done => None,
        }
    }

    /// With a parcel that Amazon is to be told of.
    pub(super) fn shipping(&self, parcel: &Parcel) -> Result<Self, Refused> {
        let mut shipping = self.clone();
        if self.parcels.contains(parcel) {
            // The same wish once more.
        } else if self.parcels.len() >= PARCELS_MAX {
            return Err(Refused::TooMany);
        } else {
            shipping.parcels.push(parcel.clone());
        }
        Ok(shipping)
    }

    /// After Amazon has been told of a parcel, or would not hear of it.
    pub(super) fn shipped(&self, parcel: &Parcel) -> Self {
        Self { parcels: self.parcels.iter().filter(|other| *other != parcel).cloned().collect(), ..self.clone() }
    }

    /// With a refund after number `last`; `most` is what may go back, and `over` what is said when it is more.
    pub(super) fn refunding(&self, amount: Money, last: u8, most: fn(&Self) -> Money, over: Refused) -> Result<Self, Refused> {
        let left = most(self);
        if amount.currency() != left.currency() || amount.minor() <= 0 || amount.minor() > left.minor() {
            return Err(over);
        }
        if last >= ATTEMPTS_MAX {
            return Err(Refused::TooMany);
        }
        let mut refunding = self.clone();
        refunding.refunds.push(Refund { number: last + 1, amount, standing: RefundStanding::Open });
        Ok(refunding)
    }
}
