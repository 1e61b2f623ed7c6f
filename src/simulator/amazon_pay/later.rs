//! What a merchant asks for after a charge, and what lies at Amazon Pay, for whoever compares books.

use super::{AmazonPay, Authorization, End, Refund, Status};
use crate::domain::money::Money;
use crate::domain::time::Time;

/// How an authorization lies at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lies {
    pub amount: Money,
    pub end: End,
    pub captured: bool,
    /// How much of it is captured, if it is.
    pub taken: Money,
    /// What was given back in all.
    pub refunded: Money,
}

impl AmazonPay {
    /// Every reference that an authorization was made under.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        self.authorizations.iter().map(|held| held.request.reference.clone()).collect()
    }

    /// How the authorization under a reference lies.
    #[must_use]
    pub fn lies(&self, reference: &str, now: Time) -> Option<Lies> {
        let held = self.authorizations.iter().find(|held| held.request.reference == reference)?;
        Some(Lies {
            amount: held.request.amount,
            end: held.end_at(now),
            captured: held.captured_at(now),
            taken: held.amount_taken(),
            refunded: held.refunded(),
        })
    }

    /// Takes the money that is held. Asked again, it is taken already. `false` when there is nothing to take.
    pub fn capture(&mut self, reference: &str, now: Time) -> bool {
        self.held(reference).is_some_and(|held| {
            held.taken |= matches!(held.end_at(now), End::AsAsked | End::Authorized);
            held.captured_at(now)
        })
    }

    /// Takes a part of the money that is held, which gives up the rest (`reference/amazon-pay-v2.md` section 5.5: one capture per charge).
    /// Asked again, it is taken already. `false` when there is not so much to take.
    pub fn capture_part(&mut self, reference: &str, amount: Money, now: Time) -> bool {
        let fits = self.held(reference).is_some_and(|held| {
            let fits = (1..=held.request.amount.minor()).contains(&amount.minor()) && amount.currency() == held.request.amount.currency();
            let open = !held.captured_at(now) && matches!(held.end_at(now), End::AsAsked | End::Authorized);
            if fits && open && amount != held.request.amount {
                held.part = Some(amount.minor());
            }
            fits
        });
        fits && self.capture(reference, now)
    }

    /// Ends a buyer's consent. `false` when there is none of this id.
    pub fn close_agreement(&mut self, id: &str) -> bool {
        let found = self.agreements.iter_mut().find(|agreement| agreement.id == id);
        found.map(|agreement| agreement.status = Status::Closed).is_some()
    }

    /// Gives back what is held and not taken. `false` when it has been taken.
    pub fn give_up(&mut self, reference: &str) -> bool {
        self.held(reference).is_some_and(|held| {
            let open = matches!(held.end, End::AsAsked | End::Authorized | End::Pending { .. });
            let taken = held.taken || held.request.capture && matches!(held.end, End::AsAsked | End::Pending { declined: false });
            if open && !taken {
                held.end = End::Closed { reason: "SellerClosed" };
            }
            !taken
        })
    }

    /// Gives money back that was taken; `number` tells the refunds of a charge apart, and one that is asked for again is done already.
    /// `false` when it is more than is left.
    pub fn refund(&mut self, reference: &str, number: u8, amount: Money, now: Time) -> bool {
        self.held(reference).is_some_and(|held| {
            if held.refunds.iter().any(|refund| refund.number == number) {
                return true;
            }
            let fits = held.captured_at(now) && held.refunded().minor() + amount.minor() <= held.amount_taken().minor();
            if fits {
                held.refunds.push(Refund { number, amount });
            }
            fits
        })
    }

    fn held(&mut self, reference: &str) -> Option<&mut Authorization> {
        self.authorizations.iter_mut().find(|held| held.request.reference == reference)
    }
}

impl Authorization {
    /// What was given back in all.
    pub(super) fn refunded(&self) -> Money {
        let minor = self.refunds.iter().map(|refund| refund.amount.minor()).sum();
        Money::new(minor, self.request.amount.currency())
    }
}
