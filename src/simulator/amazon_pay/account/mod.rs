//! What lies at Amazon Pay behind API v2: checkout sessions, charge permissions, charges and refunds, each with its states, reasons,
//! limits and times (`reference/amazon-pay-v2.md`, sections 5 to 7, 9 and 11; cited below by number).
//!
//! It takes requests that are well-formed and decides by what it holds and what time it is. HTTP, signatures and JSON are the sandbox's
//! business.

mod charge;
mod codes;
mod limits;
mod order;
mod permission;
mod refund;
mod session;

pub use charge::{Asked, Charge, ChargeState, Decline, Simulated};
pub use codes::{REASON_CODES, Refusal};
pub use order::{OrderReference, OrderState};
pub use permission::{Kind, Permission, Standing};
pub use refund::{Refund, RefundState};
pub use session::{Completed, Intent, Session, SessionState, Terms};

use serde::{Deserialize, Serialize};

use crate::domain::money::Currency;
use crate::domain::time::Time;
use crate::simulator::ids::hash;

/// How long what is pending stays so; the documented time of the test cards (11).
pub const PENDING_SECONDS: i64 = 30;

/// One merchant's objects.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub sessions: Vec<Session>,
    pub permissions: Vec<Permission>,
    pub charges: Vec<Charge>,
    pub refunds: Vec<Refund>,
    /// Answers that are given again under the same key (section 4: kept without end).
    pub answers: Vec<Kept>,
    /// Of the older interface.
    #[serde(default)]
    pub orders: Vec<OrderReference>,
    /// The numbers of parcels that were told of.
    #[serde(default)]
    pub parcels: Vec<String>,
}

/// An answer, and what it answered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Kept {
    pub key: String,
    /// Method, path and body, as a hash.
    pub request: String,
    pub status: u16,
    pub body: serde_json::Value,
}

impl Account {
    /// Lets everything happen whose time has come. Every call begins with it, so that the books say what is true at `now`.
    pub fn settle(&mut self, now: Time) {
        for session in &mut self.sessions {
            session.settle(now);
        }
        self.sessions.retain(|session| !session.deleted(now));
        for permission in &mut self.permissions {
            permission.settle(now);
        }
        for at in 0..self.charges.len() {
            if let Some(rejected) = self.charges[at].settle(now)
                && let Some(permission) = self.permissions.iter_mut().find(|held| held.id == self.charges[at].permission)
            {
                permission.declined(rejected, now);
            }
        }
        for refund in &mut self.refunds {
            refund.settle(now);
        }
        self.settle_orders(now);
    }

    /// Takes note of parcels.
    ///
    /// # Errors
    /// `InvalidParameterValue` for one that was told of before (5.8).
    pub fn track(&mut self, numbers: Vec<String>) -> Result<(), Refusal> {
        if let Some(known) = numbers.iter().find(|number| self.parcels.contains(number)) {
            return Err(Refusal::new("InvalidParameterValue", format!("the tracking number {known} was used before")));
        }
        self.parcels.extend(numbers);
        Ok(())
    }

    /// The checkout session of that id.
    ///
    /// # Errors
    /// `ResourceNotFound`.
    pub fn session(&mut self, id: &str) -> Result<&mut Session, Refusal> {
        self.sessions.iter_mut().find(|held| held.id == id).ok_or_else(|| missing("checkout session", id))
    }

    /// The charge permission of that id.
    ///
    /// # Errors
    /// `ResourceNotFound`.
    pub fn permission(&mut self, id: &str) -> Result<&mut Permission, Refusal> {
        self.permissions.iter_mut().find(|held| held.id == id).ok_or_else(|| missing("charge permission", id))
    }

    /// The charge of that id; an authorization id of the older API names its charge, too (section 13).
    ///
    /// # Errors
    /// `ResourceNotFound`.
    pub fn charge(&mut self, id: &str) -> Result<&mut Charge, Refusal> {
        self.charges.iter_mut().find(|held| held.id == id).ok_or_else(|| missing("charge", id))
    }

    /// The refund of that id.
    ///
    /// # Errors
    /// `ResourceNotFound`.
    pub fn refund(&mut self, id: &str) -> Result<&mut Refund, Refusal> {
        self.refunds.iter_mut().find(|held| held.id == id).ok_or_else(|| missing("refund", id))
    }
}

fn missing(what: &str, id: &str) -> Refusal {
    Refusal::new("ResourceNotFound", format!("there is no {what} {id}"))
}

/// The digits that an account's region has in ids (section 5).
const fn region(currency: Currency) -> &'static str {
    match currency {
        Currency::Usd => "01",
        Currency::Eur | Currency::Gbp => "02",
        Currency::Jpy => "03",
    }
}

/// The first id that nothing has yet. A merchant on a laptop does not use up a thousand of six digits each.
fn unused(make: impl FnMut(u64) -> String, taken: impl Fn(&str) -> bool) -> String {
    (0..1_000).map(make).find(|id| !taken(id)).unwrap_or_default()
}

/// `count` digits that stand for a text.
fn digits(seed: u64, text: &str, count: usize) -> String {
    let number = format!("{:020}", hash(seed, text));
    number[number.len() - count..].to_owned()
}
