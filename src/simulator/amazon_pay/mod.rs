//! The local Amazon Pay behind the directive rail: keeps billing agreements and authorizations, and answers Setup and Charge.
//!
//! It follows `reference/alexa-amazon-pay.md` sections 3 to 10 and 14. It moves no real money; what it would have moved is kept, so that
//! a test can ask how often and under which reference a buyer was charged. How an answer reaches the skill is the world's business.

mod answer;
pub mod books;
mod buyers;
mod errors;
mod later;
mod outcome;
mod payload;
mod simulation;
mod stored;

pub use buyers::{BUYERS, Buyer};
pub use errors::{ERROR_CODES, ErrorCode, PayError, Step};
pub use later::Lies;
pub use outcome::{Delivery, Effect, End, OUTCOMES, Odd, Outcome, Status};
pub use payload::{Charge, Setup};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::alexa::Permission;
use super::ids::hash;
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;

/// How long a pending authorization stays so.
const PENDING_SECONDS: i64 = 30;

/// Whom a payment step concerns.
#[derive(Clone, Copy, Debug)]
pub struct Party {
    pub buyer: Buyer,
    pub permission: Permission,
}

/// An answer to a payment step.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// `status` and `payload` as far as the answer has them.
    pub fields: Value,
    /// What happened, for the person who watches.
    pub summary: String,
    pub delivery: Delivery,
}

/// Money as it lies at Amazon Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub seller: String,
    /// The merchant's `authorizationReferenceId`.
    pub reference: String,
    /// The merchant's `sellerOrderId`, if it was sent.
    pub order: Option<String>,
    pub amount: Money,
    /// Captured, not only authorized.
    pub captured: bool,
    /// What of it was given back.
    pub refunded: Money,
}

/// The service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct AmazonPay {
    agreements: Vec<Agreement>,
    /// In the order of seller and reference, which is how Amazon Pay tells authorizations apart.
    authorizations: Vec<Authorization>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Agreement {
    id: String,
    buyer: String,
    seller: String,
    #[serde(with = "stored::currency")]
    currency: Currency,
    sandbox: bool,
    language: Option<String>,
    #[serde(with = "stored::time")]
    created: Time,
    status: Status,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Authorization {
    request: Charge,
    /// The agreement's letter and digits, such as `S01`, which its ids share.
    region: String,
    #[serde(with = "stored::time")]
    at: Time,
    #[serde(with = "stored::end")]
    end: End,
    /// Captured by a request of its own.
    taken: bool,
    /// The minor units of the part that was captured, where it was not all of it.
    #[serde(default)]
    part: Option<i64>,
    refunds: Vec<Refund>,
}

/// Money that was given back. The merchant's number tells the refunds of an authorization apart.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Refund {
    number: u8,
    #[serde(with = "stored::money")]
    amount: Money,
}

impl Authorization {
    /// How it stands at a moment.
    const fn end_at(&self, now: Time) -> End {
        match self.end {
            End::Pending { declined } if now.since(self.at) >= PENDING_SECONDS => {
                if declined {
                    End::Declined { reason: "InvalidPaymentMethod", soft: false }
                } else {
                    End::AsAsked
                }
            }
            end @ (End::AsAsked | End::Authorized | End::Declined { .. } | End::Pending { .. } | End::Closed { .. }) => end,
        }
    }

    const fn captured_at(&self, now: Time) -> bool {
        self.taken || self.request.capture && matches!(self.end_at(now), End::AsAsked)
    }

    /// What is captured, once something is.
    fn amount_taken(&self) -> Money {
        self.part.map_or(self.request.amount, |minor| Money::new(minor, self.request.amount.currency()))
    }
}

impl AmazonPay {
    /// Carries out a payment step, bending it as `effect` says, and tells what to answer.
    pub fn carry_out(&mut self, step: Step, payload: &Value, party: Party, now: Time, effect: Effect) -> Answer {
        let delivery = if let Effect::Delivery(delivery) = effect { delivery } else { Delivery::Once };
        if matches!(delivery, Delivery::NeverArrived | Delivery::Exception | Delivery::SessionError) {
            return Answer { fields: Value::Null, summary: "the request is lost on its way; nothing is carried out".to_owned(), delivery };
        }
        let carried_out = match step {
            Step::Setup => self.setup(payload, party, now, effect),
            Step::Charge => self.charge(payload, party, now, effect),
        };
        let mut answer = carried_out.unwrap_or_else(|error| answer::refusal(&error));
        if let Effect::Odd(odd) = effect {
            answer::distort(&mut answer.fields, step, odd);
            answer.summary.push_str("; the answer is distorted");
        }
        answer.delivery = delivery;
        answer
    }

    /// Everything authorized or captured so far, in the order of seller and reference.
    pub fn moved(&self, now: Time) -> impl Iterator<Item = Moved> {
        self.authorizations.iter().filter(move |held| matches!(held.end_at(now), End::AsAsked | End::Authorized)).map(move |held| Moved {
            seller: held.request.seller.clone(),
            reference: held.request.reference.clone(),
            order: held.request.order.clone(),
            amount: held.request.amount,
            captured: held.captured_at(now),
            refunded: held.refunded(),
        })
    }

    /// Sets the state of a buyer's agreements, as the buyer or Amazon could, and says how many there were.
    pub fn set_agreements(&mut self, buyer: &str, status: Status) -> usize {
        let mine = self.agreements.iter_mut().filter(|agreement| agreement.buyer == buyer);
        mine.map(|agreement| agreement.status = status).count()
    }

    fn setup(&mut self, payload: &Value, party: Party, now: Time, effect: Effect) -> Result<Answer, PayError> {
        allowed(party)?;
        let request = payload::setup(payload)?;
        forced(effect)?;
        // Section 1: an open agreement may be returned again on later Setups. Section 14: so is a suspended one, until it is closed.
        let known = self.agreements.iter().rposition(|agreement| {
            agreement.buyer == party.buyer.name
                && agreement.seller == request.seller
                && agreement.sandbox == request.sandbox
                && !matches!(agreement.status, Status::Closed | Status::Canceled)
        });
        let at = known.unwrap_or_else(|| {
            self.agreements.push(Agreement {
                id: self.next_id(party.buyer.name, &request.seller, request.currency, request.sandbox),
                buyer: party.buyer.name.to_owned(),
                seller: request.seller.clone(),
                currency: request.currency,
                sandbox: request.sandbox,
                language: None,
                created: now,
                status: Status::Open,
            });
            self.agreements.len() - 1
        });
        let agreement = &mut self.agreements[at];
        agreement.language.clone_from(&request.language);
        if let Effect::Agreement(status) = effect {
            agreement.status = status;
        }
        Ok(answer::setup(agreement, &request, &party.buyer))
    }

    fn charge(&mut self, payload: &Value, party: Party, now: Time, effect: Effect) -> Result<Answer, PayError> {
        allowed(party)?;
        let request = payload::charge(payload)?;
        forced(effect)?;
        let place = self.place(&request.seller, &request.reference);
        if let Ok(held) = place.map(|at| &self.authorizations[at]) {
            // Section 4: the reference is unique across all authorizations; section 9: reused with other parameters it is refused.
            if held.request != request {
                return Err(PayError::new("DuplicateRequest", format!("{} was used with other parameters", request.reference)));
            }
            let mut again = answer::charge(held, now);
            again.summary.push_str(" (the same reference again: nothing new is charged)");
            return Ok(again);
        }
        self.remember(party.buyer.name, &request, now);
        let agreement = self
            .agreements
            .iter_mut()
            .find(|agreement| agreement.id == request.agreement && agreement.buyer == party.buyer.name)
            .ok_or_else(|| {
                PayError::new("InvalidBillingAgreementId", format!("this buyer has no billing agreement {}", request.agreement))
            })?;
        if agreement.seller != request.seller {
            return Err(PayError::new("UnauthorizedAccess", "the billing agreement belongs to another seller"));
        }
        if let Effect::Agreement(status) = effect {
            agreement.status = status;
        }
        match agreement.status {
            Status::Open => {}
            // Section 9: the captured answer to a charge on a suspended agreement.
            Status::Suspended => return Err(PayError::new("InvalidPaymentMethod", "the billing agreement is suspended")),
            status @ (Status::Draft | Status::Closed | Status::Canceled) => {
                return Err(PayError::new("InvalidBillingAgreementStatus", format!("the billing agreement is {}", status.code())));
            }
        }
        if agreement.currency != request.amount.currency() {
            return Err(PayError::new("UnsupportedCurrency", format!("the agreement is in {}", agreement.currency)));
        }
        let simulated = if agreement.sandbox { simulation::read(&request.note)? } else { None };
        let end = match (effect, simulated) {
            (Effect::Authorization(end), _) | (_, Some(end)) => end,
            // Section 8: pending only in asynchronous mode, where it is the usual answer.
            _ if request.timeout > 0 => End::Pending { declined: false },
            _ => End::AsAsked,
        };
        // Section 8: a hard decline suspends the agreement.
        if matches!(end, End::Declined { reason: "InvalidPaymentMethod", soft: false }) {
            agreement.status = Status::Suspended;
        }
        let region = agreement.id[1..3].to_owned();
        let letter = if agreement.sandbox { 'S' } else { 'P' };
        let held =
            Authorization { request, region: format!("{letter}{region}"), at: now, end, taken: false, part: None, refunds: Vec::new() };
        let answer = answer::charge(&held, now);
        self.authorizations.insert(place.unwrap_or_else(|at| at), held);
        Ok(answer)
    }

    /// Where the authorization of a seller under a reference is, or where it would be.
    fn place(&self, seller: &str, reference: &str) -> Result<usize, usize> {
        self.authorizations
            .binary_search_by(|held| (held.request.seller.as_str(), held.request.reference.as_str()).cmp(&(seller, reference)))
    }

    /// The id of a buyer's next agreement with a seller: `C01-…` in the sandbox, `B01-…` live (section 7). It depends on who agrees with
    /// whom and how often they did, so it is the same in every run.
    fn next_id(&self, buyer: &str, seller: &str, currency: Currency, sandbox: bool) -> String {
        let letter = if sandbox { 'C' } else { 'B' };
        let region = match currency {
            Currency::Usd => "01",
            Currency::Eur | Currency::Gbp => "02",
            Currency::Jpy => "03",
        };
        let before = self.agreements.iter().filter(|held| held.buyer == buyer && held.seller == seller).count();
        let text = format!("{buyer} {seller} {before}");
        format!("{letter}{region}-{}-{}", digits(1, &text), digits(2, &text))
    }

    /// Agreements outlive this process in the skill's store, so the first one of a buyer is known again by the id it would be given.
    fn remember(&mut self, buyer: &str, request: &Charge, now: Time) {
        let currency = request.amount.currency();
        let sandbox = request.agreement.starts_with('C');
        let id = self.next_id(buyer, &request.seller, currency, sandbox);
        if id == request.agreement {
            let (buyer, seller) = (buyer.to_owned(), request.seller.clone());
            self.agreements.push(Agreement { id, buyer, seller, currency, sandbox, language: None, created: now, status: Status::Open });
        }
    }
}

/// Section 10: no Setup or Charge without consent. Which of the permission codes answers which lack is inferred from their names.
fn allowed(party: Party) -> Result<(), PayError> {
    match party.permission {
        Permission::Granted => Ok(()),
        Permission::Denied => Err(PayError::new("ACCESS_DENIED", "the customer has not granted payments:autopay_consent")),
        Permission::Missing => Err(PayError::new("ACCESS_NOT_REQUESTED", "payments:autopay_consent was never asked for")),
    }
}

fn forced(effect: Effect) -> Result<(), PayError> {
    match effect {
        Effect::Error(code) => Err(PayError::new(code, "asked for by the tester")),
        Effect::Odd(Odd::BareError) => Err(PayError::new("UnsupportedClientPlatform", "asked for by the tester")),
        Effect::Ordinary | Effect::Authorization(_) | Effect::Agreement(_) | Effect::Odd(_) | Effect::Delivery(_) => Ok(()),
    }
}

/// Seven digits that stand for a text.
fn digits(seed: u64, text: &str) -> String {
    format!("{:07}", hash(seed, text) % 10_000_000)
}

#[cfg(test)]
mod tests;
