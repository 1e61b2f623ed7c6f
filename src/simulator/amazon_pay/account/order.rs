//! Order references of the older interface: purchases under a billing agreement that are confirmed one by one
//! (`reference/amazon-pay-mws.md`, sections 3, 7 and 10; cited below by number). Refusals are in that interface's words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::charge::{Charge, ChargeState, Decline};
use super::{Account, Refusal, limits};
use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::stored;

/// A draft that nobody confirms is over after three hours, and an order after 180 days (7).
const STALE_SECONDS: i64 = 3 * 60 * Time::MINUTE;
const ORDER_DAYS: i64 = 180;
/// One page allows ten captured authorizations (7); the other number that is told is not kept here.
const CAPTURED_MAX: usize = 10;

/// The state of an order reference (7), with its reason where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum OrderState {
    Draft,
    Open,
    Suspended(String),
    Canceled(String),
    Closed(String),
}

/// An order reference.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderReference {
    pub id: String,
    pub agreement: String,
    pub sandbox: bool,
    #[serde(with = "stored::time")]
    pub created: Time,
    #[serde(with = "stored::time")]
    pub updated: Time,
    pub state: OrderState,
    #[serde(with = "stored::money_or_none")]
    pub total: Option<Money>,
    /// Whether the agreement's address is the order's.
    pub inherits_address: bool,
    /// Whether the payment method is not allowed for it, which a tester has asked for (10).
    pub method_not_allowed: bool,
    /// The merchant's words, which are only repeated.
    pub told: Value,
}

impl OrderReference {
    /// The state's name, and its reason.
    #[must_use]
    pub fn state(&self) -> (&'static str, Option<&str>) {
        match &self.state {
            OrderState::Draft => ("Draft", None),
            OrderState::Open => ("Open", None),
            OrderState::Suspended(reason) => ("Suspended", Some(reason)),
            OrderState::Canceled(reason) => ("Canceled", Some(reason)),
            OrderState::Closed(reason) => ("Closed", Some(reason)),
        }
    }

    /// When it ends by itself.
    #[must_use]
    pub const fn expires(&self) -> Time {
        self.created.plus(ORDER_DAYS * Time::DAY)
    }

    /// What keeps it from being confirmed (7).
    #[must_use]
    pub fn constraints(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            (self.total.is_none(), "AmountNotSet", "The order total is not set."),
            (!self.inherits_address, "ShippingAddressNotSet", "The buyer has not chosen a shipping address."),
            (self.method_not_allowed, "PaymentMethodNotAllowed", "The payment method is not allowed for this order."),
        ];
        all.into_iter().filter(|(stands, ..)| *stands).map(|(_, id, description)| (id, description)).collect()
    }

    fn become_now(&mut self, state: OrderState, now: Time) {
        self.state = state;
        self.updated = now;
    }

    fn is(&self, charge: &Charge) -> bool {
        charge.id.strip_prefix(&self.id).is_some_and(|number| number.starts_with("-C"))
    }

    fn wrong_state(&self, what: &str) -> Refusal {
        Refusal::new("InvalidOrderReferenceStatus", format!("the order reference is {} and cannot be {what}", self.state().0))
    }

    /// What a decline does to the order (7).
    pub fn declined(&mut self, decline: Decline, now: Time) {
        match decline {
            Decline::HardDeclined => self.become_now(OrderState::Suspended("InvalidPaymentMethod".to_owned()), now),
            Decline::AmazonRejected => self.become_now(OrderState::Closed("AmazonClosed".to_owned()), now),
            Decline::SoftDeclined | Decline::ProcessingFailure | Decline::TransactionTimedOut => {}
        }
    }
}

impl Account {
    /// The order reference of that id.
    ///
    /// # Errors
    /// `InvalidOrderReferenceId`.
    pub fn order(&mut self, id: &str, sandbox: bool) -> Result<&mut OrderReference, Refusal> {
        let found = self.orders.iter_mut().find(|held| held.id == id && held.sandbox == sandbox);
        found.ok_or_else(|| Refusal::new("InvalidOrderReferenceId", format!("there is no order reference {id} in this section")))
    }

    /// Adds an order reference.
    ///
    /// # Errors
    /// `OrderReferenceCountExceeded` when the agreement has a draft already.
    pub fn begin_order(&mut self, order: OrderReference) -> Result<(), Refusal> {
        if self.orders.iter().any(|held| held.agreement == order.agreement && held.state == OrderState::Draft) {
            return Err(Refusal::new("OrderReferenceCountExceeded", "a billing agreement has one draft at most"));
        }
        self.orders.push(order);
        Ok(())
    }

    /// Changes what the merchant says of a draft.
    ///
    /// # Errors
    /// `OrderReferenceNotModifiable`, `CurrencyMismatch` or `TransactionAmountExceeded`.
    pub fn set_order(&mut self, changed: OrderReference, now: Time) -> Result<(), Refusal> {
        let currency = self.permission(&changed.agreement)?.currency;
        let held = self.order(&changed.id, changed.sandbox)?;
        if held.state != OrderState::Draft {
            return Err(Refusal::new("OrderReferenceNotModifiable", format!("the order reference is {}", held.state().0)));
        }
        if let Some(total) = changed.total {
            if total.currency() != currency {
                return Err(Refusal::new("CurrencyMismatch", format!("the billing agreement is in {currency}")));
            }
            if total.minor() > limits::charge_max(currency).minor() {
                return Err(Refusal::new("TransactionAmountExceeded", format!("an order may be at most {}", limits::charge_max(currency))));
            }
        }
        *held = OrderReference { updated: now, ..changed };
        Ok(())
    }

    /// Opens a draft; an open one stays so.
    ///
    /// # Errors
    /// `ConstraintsExist` or `InvalidOrderReferenceStatus`.
    pub fn confirm_order(&mut self, id: &str, sandbox: bool, now: Time) -> Result<(), Refusal> {
        let held = self.order(id, sandbox)?;
        match held.state {
            OrderState::Open => return Ok(()),
            OrderState::Draft => {}
            OrderState::Suspended(_) | OrderState::Canceled(_) | OrderState::Closed(_) => return Err(held.wrong_state("confirmed")),
        }
        if let Some((constraint, _)) = held.constraints().first() {
            return Err(Refusal::new("ConstraintsExist", format!("the order reference has constraints: {constraint}")));
        }
        held.become_now(OrderState::Open, now);
        Ok(())
    }

    /// Ends an order of which nothing is captured, and gives back what is held.
    ///
    /// # Errors
    /// `InvalidCancelAttempt` or `InvalidOrderReferenceStatus`.
    pub fn cancel_order(&mut self, id: &str, sandbox: bool, now: Time) -> Result<(), Refusal> {
        let held = self.order(id, sandbox)?;
        if matches!(held.state, OrderState::Canceled(_) | OrderState::Closed(_)) {
            return Err(held.wrong_state("canceled"));
        }
        let order = held.clone();
        if self.charges.iter().any(|charge| order.is(charge) && charge.is_captured()) {
            return Err(Refusal::new("InvalidCancelAttempt", "money of the order reference was captured"));
        }
        for charge in self.charges.iter_mut().filter(|charge| order.is(charge) && charge.is_open()) {
            charge.become_now(ChargeState::Canceled("OrderReferenceCanceled".to_owned()), now);
        }
        self.order(id, sandbox)?.become_now(OrderState::Canceled("SellerCanceled".to_owned()), now);
        Ok(())
    }

    /// Ends an order for new authorizations; what is held may still be captured.
    ///
    /// # Errors
    /// `InvalidOrderReferenceStatus` unless it is open or suspended.
    pub fn close_order(&mut self, id: &str, sandbox: bool, now: Time) -> Result<(), Refusal> {
        let held = self.order(id, sandbox)?;
        if !matches!(held.state, OrderState::Open | OrderState::Suspended(_)) {
            return Err(held.wrong_state("closed"));
        }
        held.become_now(OrderState::Closed("SellerClosed".to_owned()), now);
        Ok(())
    }

    /// Whether an order bears another authorization of this amount. Charges may pass the total as refunds may pass what was captured (7).
    ///
    /// # Errors
    /// `InvalidOrderReferenceStatus`, `CurrencyMismatch` or `TransactionAmountExceeded`.
    pub fn order_bears(&mut self, id: &str, sandbox: bool, amount: Money) -> Result<(), Refusal> {
        let held = self.order(id, sandbox)?.clone();
        let (OrderState::Open, Some(total)) = (&held.state, held.total) else { return Err(held.wrong_state("authorized")) };
        if amount.currency() != total.currency() {
            return Err(Refusal::new("CurrencyMismatch", format!("the order reference is in {}", total.currency())));
        }
        let used: i64 = self.charges.iter().filter(|charge| held.is(charge)).map(|charge| charge.held().minor()).sum();
        let left = limits::refund_max(total).minor() - used;
        if amount.minor() > left {
            let left = Money::new(left, total.currency());
            return Err(Refusal::new("TransactionAmountExceeded", format!("{left} of the order reference is left")));
        }
        Ok(())
    }

    /// The authorizations that were made for an order.
    pub fn charges_of(&self, order: &OrderReference) -> impl Iterator<Item = &Charge> {
        self.charges.iter().filter(|charge| order.is(charge))
    }

    pub(super) fn settle_orders(&mut self, now: Time) {
        let Self { orders, charges, .. } = self;
        for order in orders {
            let captured = charges.iter().filter(|charge| order.is(charge) && charge.is_captured());
            let (count, sum) = captured.fold((0, 0), |(count, sum), charge| (count + 1, sum + charge.held().minor()));
            let full = order.total.is_some_and(|total| sum >= limits::refund_max(total).minor());
            match order.state {
                OrderState::Draft if now.since(order.created) >= STALE_SECONDS => {
                    order.become_now(OrderState::Canceled("Stale".to_owned()), order.created.plus(STALE_SECONDS));
                }
                OrderState::Open | OrderState::Suspended(_) if now >= order.expires() => {
                    order.become_now(OrderState::Closed("Expired".to_owned()), order.expires());
                }
                OrderState::Open if count >= CAPTURED_MAX => {
                    order.become_now(OrderState::Closed("MaxAuthorizationsCaptured".to_owned()), now);
                }
                OrderState::Open if full => order.become_now(OrderState::Closed("MaxAmountCharged".to_owned()), now),
                OrderState::Draft | OrderState::Open | OrderState::Suspended(_) | OrderState::Canceled(_) | OrderState::Closed(_) => {}
            }
        }
    }
}
