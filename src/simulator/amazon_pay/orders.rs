//! Authorizations of an order reference (`reference/amazon-pay-mws.md` sections 3 and 7): made on its agreement, under its own id.

use super::account::{ChargeState, OrderReference, OrderState, Refusal};
use super::{AmazonPay, Authorized, Charge, Effect, PayError, Status, digits};
use crate::domain::money::Currency;
use crate::domain::time::Time;

/// Where an agreement begins, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    pub sandbox: bool,
    /// Whether the buyer has given consent.
    pub consent: bool,
}

/// Why an order reference is not authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAuthorized {
    /// By the rules of the order.
    Order(Refusal),
    /// By those of its agreement.
    Agreement(PayError),
}

impl AmazonPay {
    /// Authorizes a part of an order, or all of it. `request.agreement` is the order's.
    ///
    /// # Errors
    /// [`NotAuthorized`].
    pub fn authorize_order(&mut self, order: &str, sandbox: bool, request: &Charge, now: Time) -> Result<Authorized, NotAuthorized> {
        let known = |held: &super::account::Charge| {
            held.directive.as_ref().is_some_and(|before| (&before.seller, &before.reference) == (&request.seller, &request.reference))
        };
        // What was answered before is answered again, however the order stands by now.
        if !self.account.charges.iter().any(known) {
            self.account.order_bears(order, sandbox, request.amount).map_err(NotAuthorized::Order)?;
        }
        let mut done = self.authorize(request, None, now, Effect::Ordinary).map_err(NotAuthorized::Agreement)?;
        if done.again {
            return Ok(done);
        }
        let number = digits(5, &format!("{order} {}", request.reference));
        let id = format!("{order}-C{}", &number[1..]);
        for held in self.account.charges.iter_mut().filter(|held| held.id == done.charge.id) {
            held.id.clone_from(&id);
        }
        done.charge.id = id;
        if let ChargeState::Declined(decline) = done.charge.state
            && let Ok(order) = self.account.order(order, sandbox)
        {
            order.declined(decline, now);
        }
        Ok(done)
    }

    /// Keeps the order reference that an authorization on an agreement makes, confirms and closes (section 3). Its reason is unconfirmed.
    pub fn keep_order_of(&mut self, done: &Authorized, now: Time) {
        let charge = &done.charge;
        let id = charge.id.split("-C").next().unwrap_or_default().to_owned();
        if done.again || self.account.orders.iter().any(|held| held.id == id) {
            return;
        }
        let order = OrderReference {
            id,
            agreement: charge.permission.clone(),
            sandbox: charge.sandbox,
            created: now,
            updated: now,
            state: OrderState::Closed("SellerClosed".to_owned()),
            total: Some(charge.amount),
            inherits_address: true,
            method_not_allowed: false,
            told: serde_json::Value::Null,
        };
        self.account.orders.push(order);
    }

    /// Begins a billing agreement as a page with Amazon's widgets does: a draft, with the buyer's consent or without. Its id.
    pub fn begin_agreement(&mut self, buyer: &str, seller: &str, currency: Currency, section: Section, now: Time) -> String {
        let Section { sandbox, consent } = section;
        let id = self.next_id(buyer, seller, currency, sandbox);
        let at = self.agree(id.clone(), buyer, seller, currency, sandbox, now);
        let agreement = &mut self.account.permissions[at];
        agreement.standing = Status::Draft.into();
        agreement.consent = Some(consent);
        id
    }
}
