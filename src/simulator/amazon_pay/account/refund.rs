//! Refunds: money that goes back, always asynchronously (5.6, section 7).

use serde::{Deserialize, Serialize};

use super::charge::ChargeState;
use super::{Account, PENDING_SECONDS, Refusal, digits, limits, unused};
use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::stored;

/// The state of a refund (section 6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum RefundState {
    /// Refunded half a minute later.
    RefundInitiated,
    Refunded,
    Declined(String),
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    pub id: String,
    pub charge: String,
    pub sandbox: bool,
    /// What the merchant's own desk calls it, on the directive rail.
    pub number: Option<u8>,
    #[serde(with = "stored::money")]
    pub amount: Money,
    pub soft_descriptor: Option<String>,
    #[serde(with = "stored::time")]
    pub created: Time,
    #[serde(with = "stored::time")]
    pub updated: Time,
    pub state: RefundState,
}

impl Refund {
    /// The state's name.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match self.state {
            RefundState::RefundInitiated => "RefundInitiated",
            RefundState::Refunded => "Refunded",
            RefundState::Declined(_) => "Declined",
        }
    }

    /// Why it was declined.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            RefundState::Declined(reason) => Some(reason),
            RefundState::RefundInitiated | RefundState::Refunded => None,
        }
    }

    pub(super) fn settle(&mut self, now: Time) {
        let due = self.updated.plus(PENDING_SECONDS);
        if self.state == RefundState::RefundInitiated && now >= due {
            self.state = RefundState::Refunded;
            self.updated = due;
        }
    }
}

impl Account {
    /// What has gone back of a charge, or is on its way.
    #[must_use]
    pub fn refunded(&self, charge: &str, currency_of: Money) -> Money {
        let mine = self.refunds.iter().filter(|refund| refund.charge == charge && !matches!(refund.state, RefundState::Declined(_)));
        Money::new(mine.map(|refund| refund.amount.minor()).sum(), currency_of.currency())
    }

    /// Sends money back.
    ///
    /// # Errors
    /// The documented refusal for what stands against it.
    pub fn create_refund(&mut self, charge: &str, amount: Money, descriptor: Option<String>, now: Time) -> Result<Refund, Refusal> {
        let held = self.charge(charge)?;
        let (ChargeState::Captured, Some(captured)) = (&held.state, held.captured) else {
            let message = format!("the charge is {} and cannot be refunded", held.state_name());
            return Err(Refusal::new("InvalidChargeStatus", message));
        };
        if amount.currency() != captured.currency() {
            return Err(Refusal::new("CurrencyMismatch", format!("the charge is in {}", captured.currency())));
        }
        let (id, sandbox) = (held.id.clone(), held.sandbox);
        let left = limits::refund_max(captured).minor() - self.refunded(&id, captured).minor();
        if amount.minor() > left {
            let left = Money::new(left, captured.currency());
            return Err(Refusal::new("TransactionAmountExceeded", format!("{left} can still be refunded")));
        }
        let before = self.refunds.iter().filter(|refund| refund.charge == id).count();
        let order = id.rsplit_once("-C").map_or(id.as_str(), |(order, _)| order);
        let refund = Refund {
            id: unused(
                |seed| format!("{order}-R{}", digits(seed, &format!("{id} {before}"), 6)),
                |new| self.refunds.iter().any(|held| held.id == new),
            ),
            charge: id.clone(),
            sandbox,
            number: None,
            amount,
            soft_descriptor: descriptor,
            created: now,
            updated: now,
            state: RefundState::RefundInitiated,
        };
        self.refunds.push(refund.clone());
        Ok(refund)
    }
}
