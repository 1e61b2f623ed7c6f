//! The local Amazon Pay behind the directive rail: keeps billing agreements and authorizations, and answers Setup and Charge.
//!
//! It follows `reference/alexa-amazon-pay.md` sections 3 to 10 and 14. It moves no real money; what it would have moved is kept, so that
//! a test can ask how often and under which reference a buyer was charged. How an answer reaches the skill is the world's business.

pub mod account;
mod answer;
pub mod books;
mod buyers;
mod errors;
mod later;
mod orders;
mod outcome;
mod payload;
mod rails;
mod simulation;
mod stored;

pub use buyers::{BUYERS, Buyer, buyer_id};
pub use errors::{ERROR_CODES, ErrorCode, PayError, Step};
pub use later::Lies;
pub use orders::{NotAuthorized, Section};
pub use outcome::{Delivery, Effect, End, OUTCOMES, Odd, Outcome, Status};
pub use payload::{Charge, Setup};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::alexa::Permission;
use super::ids::hash;
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;
use account::{Account, ChargeState, Kind, Permission as Agreement, Standing};

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
    /// The merchant's `sellerOrderId`, or `merchantReferenceId`, if it was sent.
    pub order: Option<String>,
    /// The checkout session whose completion has made it. Its `reference` is then Amazon's own name, for it has no other.
    pub session: Option<String>,
    pub amount: Money,
    /// Captured, not only authorized.
    pub captured: bool,
    /// What of it was given back.
    pub refunded: Money,
}

/// An authorization that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorized {
    pub charge: account::Charge,
    /// Whether it was there already.
    pub again: bool,
}

/// The service: one account, which this rail and API v2 share (`reference/amazon-pay-v2.md` section 13).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct AmazonPay {
    pub account: Account,
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

    /// Everything authorized or captured so far: what was asked for by a reference, in the order of seller and reference, and then what
    /// sessions have made.
    pub fn moved(&self, now: Time) -> impl Iterator<Item = Moved> {
        let moved = |held: &account::Charge| held.is_captured() || held.state == ChargeState::Authorized;
        let asked = self.asked(now).into_iter().filter(move |(_, held)| moved(held)).map(|(request, held)| Moved {
            captured: held.is_captured(),
            refunded: self.account.refunded(&held.id, held.amount),
            seller: request.seller,
            reference: request.reference,
            order: request.order,
            session: None,
            amount: held.amount,
        });
        let completed = self.completed(now).filter(move |(_, held)| moved(held)).map(|(session, held)| {
            let said = |pointer: &str| session.body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            Moved {
                captured: held.is_captured(),
                refunded: self.account.refunded(&held.id, held.amount),
                seller: said("/storeId").unwrap_or_default(),
                reference: held.id,
                order: said("/merchantMetadata/merchantReferenceId"),
                session: Some(session.id.clone()),
                amount: held.amount,
            }
        });
        asked.chain(completed)
    }

    /// The charges that sessions have made, as they are at a moment.
    fn completed(&self, now: Time) -> impl Iterator<Item = (&account::Session, account::Charge)> {
        self.account.sessions.iter().filter_map(move |session| {
            let made = session.charge.as_ref()?;
            let held = self.account.charges.iter().find(|held| held.id == *made)?;
            Some((session, held.at(now)))
        })
    }

    /// What the buyer agrees to on the shop's page: the id of a saved wallet that the seller can charge. One that can be is kept.
    pub fn save_wallet(&mut self, buyer: &str, seller: &str, currency: Currency, sandbox: bool, now: Time) -> String {
        let known = self.account.permissions.iter().find(|held| {
            held.kind == Kind::PaymentMethodOnFile
                && held.buyer == buyer
                && held.seller.as_deref() == Some(seller)
                && held.sandbox == sandbox
                && held.standing == Standing::Chargeable
        });
        if let Some(known) = known {
            return known.id.clone();
        }
        let id = self.next_id(buyer, seller, currency, sandbox);
        let at = self.agree(id, buyer, seller, currency, sandbox, now);
        let made = &mut self.account.permissions[at];
        made.kind = Kind::PaymentMethodOnFile;
        made.id.clone()
    }

    /// Sets the state of a buyer's agreements and wallets, as the buyer or Amazon could, and says how many there were.
    pub fn set_agreements(&mut self, buyer: &str, status: Status) -> usize {
        let voice = |kind: Kind| matches!(kind, Kind::BillingAgreement | Kind::PaymentMethodOnFile);
        let mine = self.account.permissions.iter_mut().filter(|held| voice(held.kind) && held.buyer == buyer);
        mine.map(|agreement| agreement.standing = status.into()).count()
    }

    /// The charges that directives have asked for, as they are at a moment, in the order of seller and reference.
    fn asked(&self, now: Time) -> Vec<(Charge, account::Charge)> {
        let mut asked: Vec<_> = self.account.charges.iter().filter_map(|held| Some((held.directive.clone()?, held.at(now)))).collect();
        asked.sort_by(|(one, _), (other, _)| (&one.seller, &one.reference).cmp(&(&other.seller, &other.reference)));
        asked
    }

    fn setup(&mut self, payload: &Value, party: Party, now: Time, effect: Effect) -> Result<Answer, PayError> {
        allowed(party)?;
        let request = payload::setup(payload)?;
        forced(effect)?;
        // Section 1: an open agreement may be returned again on later Setups. Section 14: so is a suspended one, until it is closed.
        let known = self.account.permissions.iter().rposition(|held| {
            held.kind == Kind::BillingAgreement
                && held.buyer == party.buyer.name
                && held.seller.as_ref() == Some(&request.seller)
                && held.sandbox == request.sandbox
                && !matches!(held.standing, Standing::Closed(_))
        });
        let at = known.unwrap_or_else(|| {
            let id = self.next_id(party.buyer.name, &request.seller, request.currency, request.sandbox);
            self.agree(id, party.buyer.name, &request.seller, request.currency, request.sandbox, now)
        });
        let agreement = &mut self.account.permissions[at];
        agreement.language.clone_from(&request.language);
        if let Effect::Agreement(status) = effect {
            agreement.standing = status.into();
        }
        Ok(answer::setup(agreement, &request, &party.buyer))
    }

    fn charge(&mut self, payload: &Value, party: Party, now: Time, effect: Effect) -> Result<Answer, PayError> {
        allowed(party)?;
        let request = payload::charge(payload)?;
        forced(effect)?;
        let Authorized { charge, again } = self.authorize(&request, Some(party.buyer.name), now, effect)?;
        let mut answer = answer::charge(&charge, &request);
        if again {
            answer.summary.push_str(" (the same reference again: nothing new is charged)");
        }
        Ok(answer)
    }

    /// Makes an authorization on a billing agreement, of this buyer if one is named.
    ///
    /// # Errors
    /// The documented refusal for what stands against it.
    pub fn authorize(&mut self, request: &Charge, buyer: Option<&str>, now: Time, effect: Effect) -> Result<Authorized, PayError> {
        let mut asked = self.asked(now).into_iter();
        let same = |before: &Charge| (&before.seller, &before.reference) == (&request.seller, &request.reference);
        if let Some((before, charge)) = asked.find(|(before, _)| same(before)) {
            // Section 4: the reference is unique across all authorizations; section 9: reused with other parameters it is refused.
            if before != *request {
                return Err(PayError::new("DuplicateRequest", format!("{} was used with other parameters", request.reference)));
            }
            return Ok(Authorized { charge, again: true });
        }
        if let Some(buyer) = buyer {
            self.remember(buyer, request, now);
        }
        let mut agreements = self.account.permissions.iter_mut();
        let theirs = |held: &Agreement| buyer.is_none_or(|buyer| held.buyer == buyer);
        let agreement = agreements.find(|held| held.id == request.agreement && theirs(held)).ok_or_else(|| {
            PayError::new("InvalidBillingAgreementId", format!("this buyer has no billing agreement {}", request.agreement))
        })?;
        if agreement.seller.as_ref().is_some_and(|seller| *seller != request.seller) {
            return Err(PayError::new("UnauthorizedAccess", "the billing agreement belongs to another seller"));
        }
        if let Effect::Agreement(status) = effect {
            agreement.standing = status.into();
        }
        match Status::from(&agreement.standing) {
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
            agreement.standing = Status::Suspended.into();
        }
        let charge = rails::charge(request, agreement, end, now);
        self.account.charges.push(charge.clone());
        Ok(Authorized { charge, again: false })
    }

    /// Adds a billing agreement, and says where.
    fn agree(&mut self, id: String, buyer: &str, seller: &str, currency: Currency, sandbox: bool, now: Time) -> usize {
        self.account.permissions.push(rails::agreement(id, buyer, seller, currency, sandbox, now));
        self.account.permissions.len() - 1
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
        let before = self.account.permissions.iter().filter(|held| held.buyer == buyer && held.seller.as_deref() == Some(seller)).count();
        let text = format!("{buyer} {seller} {before}");
        format!("{letter}{region}-{}-{}", digits(1, &text), digits(2, &text))
    }

    /// Agreements outlive this process in the skill's store, so the first one of a buyer is known again by the id it would be given.
    fn remember(&mut self, buyer: &str, request: &Charge, now: Time) {
        let currency = request.amount.currency();
        let sandbox = request.agreement.starts_with('C');
        let id = self.next_id(buyer, &request.seller, currency, sandbox);
        if id == request.agreement && self.account.permissions.iter().all(|held| held.id != id) {
            self.agree(id, buyer, &request.seller, currency, sandbox, now);
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
