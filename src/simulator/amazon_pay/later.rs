//! What a merchant asks for after a charge, and what lies at Amazon Pay, for whoever compares books.

use super::account::{Charge, ChargeState};
use super::{AmazonPay, Buyer, Effect, End, PayError, Status, payload};
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
        let mut all: Vec<_> = self.account.charges.iter().filter_map(|held| held.directive.as_ref()).collect();
        all.sort_by_key(|request| (&request.seller, &request.reference));
        all.into_iter().map(|request| request.reference.clone()).collect()
    }

    /// How the authorization under a reference lies.
    #[must_use]
    pub fn lies(&self, reference: &str, now: Time) -> Option<Lies> {
        let mut all = self.account.charges.iter();
        let held = all.find(|held| named(held, reference))?.at(now);
        let taken = held.captured.unwrap_or(held.amount);
        let refunded = self.account.refunded(&held.id, taken);
        Some(Lies { amount: held.amount, end: End::from(&held.state), captured: held.is_captured(), taken, refunded })
    }

    /// Takes the money that is held. Asked again, it is taken already. `false` when there is nothing to take.
    pub fn capture(&mut self, reference: &str, now: Time) -> bool {
        self.held(reference).map(|held| held.amount).is_some_and(|all| self.capture_part(reference, all, now))
    }

    /// Takes a part of the money that is held, which gives up the rest (`reference/amazon-pay-v2.md` section 5.5: one capture per charge).
    /// Asked again, it is taken already. `false` when there is not so much to take.
    pub fn capture_part(&mut self, reference: &str, amount: Money, now: Time) -> bool {
        self.held(reference).is_some_and(|held| {
            *held = held.at(now);
            let fits = (1..=held.amount.minor()).contains(&amount.minor()) && amount.currency() == held.amount.currency();
            if fits && held.state == ChargeState::Authorized {
                held.state = ChargeState::Captured;
                held.captured = Some(amount);
                held.updated = now;
            }
            fits && held.is_captured()
        })
    }

    /// How a buyer's consent stands; `None` when there is none of this id.
    #[must_use]
    pub fn consent(&self, id: &str) -> Option<Status> {
        self.account.permissions.iter().find(|permission| permission.id == id).map(|permission| Status::from(&permission.standing))
    }

    /// Who has given a consent; `None` when there is none of this id.
    #[must_use]
    pub fn buyer_of(&self, id: &str) -> Option<Buyer> {
        let permission = self.account.permissions.iter().find(|permission| permission.id == id)?;
        Buyer::named(&permission.buyer)
    }

    /// Holds an amount on a buyer's consent, as a server asks for it. Asked again, it is held already.
    ///
    /// # Errors
    /// The documented refusal for what stands against it.
    pub fn hold(&mut self, agreement: &str, reference: &str, amount: Money, now: Time) -> Result<(), PayError> {
        let held = self.account.permissions.iter().find(|permission| permission.id == agreement);
        let seller = held.and_then(|permission| permission.seller.clone()).unwrap_or_default();
        let request = payload::Charge {
            seller,
            agreement: agreement.to_owned(),
            capture: false,
            reference: reference.to_owned(),
            amount,
            timeout: 0,
            note: String::new(),
            soft_descriptor: None,
            order: None,
        };
        self.authorize(&request, None, now, Effect::Ordinary).map(|_| ())
    }

    /// Ends a buyer's consent. `false` when there is none of this id.
    pub fn close_agreement(&mut self, id: &str) -> bool {
        let found = self.account.permissions.iter_mut().find(|permission| permission.id == id);
        found.map(|permission| permission.standing = Status::Closed.into()).is_some()
    }

    /// Gives back what is held and not taken. `false` when it has been taken, or will be.
    pub fn give_up(&mut self, reference: &str) -> bool {
        self.held(reference).is_some_and(|held| match held.state {
            ChargeState::CaptureInitiated | ChargeState::Captured => false,
            ChargeState::AuthorizationInitiated { declined: false } if held.capture_now => false,
            ChargeState::AuthorizationInitiated { .. } | ChargeState::Authorized => {
                held.state = ChargeState::Canceled("MerchantCanceled".to_owned());
                true
            }
            ChargeState::Declined(_) | ChargeState::Canceled(_) => true,
        })
    }

    /// Gives money back that was taken; `number` tells the refunds of a charge apart, and one that is asked for again is done already.
    /// `false` when it is more than may go back.
    pub fn refund(&mut self, reference: &str, number: u8, amount: Money, now: Time) -> bool {
        let Some(held) = self.held(reference) else { return false };
        *held = held.at(now);
        let id = held.id.clone();
        if self.account.refunds.iter().any(|refund| refund.charge == id && refund.number == Some(number)) {
            return true;
        }
        self.account.create_refund(&id, amount, None, now).is_ok_and(|refund| {
            let made = self.account.refunds.iter_mut().find(|made| made.id == refund.id);
            made.is_some_and(|made| made.number.replace(number).is_none())
        })
    }

    fn held(&mut self, reference: &str) -> Option<&mut Charge> {
        self.account.charges.iter_mut().find(|held| named(held, reference))
    }
}

/// By the merchant's reference, or by Amazon's own name: a charge that a checkout has made has no reference.
fn named(held: &Charge, reference: &str) -> bool {
    held.directive.as_ref().map_or(held.id == reference, |request| request.reference == reference)
}
