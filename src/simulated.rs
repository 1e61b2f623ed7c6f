//! Amazon Pay in the simulated world, as the order desk and the skill call it: the ports over the local one's books.
//!
//! The local Amazon Pay knows a charge by its reference, so nothing has to have been named before.

pub mod checkout;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::adapters::amazon_pay::answers;
use crate::adapters::fingerprint;
use crate::domain::ids::{AmazonId, BillingAgreementId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::{Capture, Closed, Hindrance, Hold, Order, Outcome, Paid, Parcel, Refund, Report};
use crate::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
use crate::domain::time::Time;
use crate::domain::wallet::{Email, UpdateReason, WalletState};
use crate::ports::{Agreed, Answered, Buyers, Charges, Consent, FoundCharge, Objects, Payments, PaymentsError};
use crate::simulator::amazon_pay::books::Books;
use crate::simulator::amazon_pay::{
    AmazonPay, Authorized, Charge as Request, Delivery, Effect, End, Lies, PayError, Status, Step, buyer_id,
};
use crate::simulator::world::Plans;

/// The local Amazon Pay at one moment.
#[derive(Debug)]
pub struct LocalPay<'b> {
    pub books: &'b Books,
    pub now: Time,
}

/// The local Amazon Pay will not do it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the local Amazon Pay knows no {0}: `voicetill dialog --fresh` may have begun new books")]
struct NotThere(&'static str);

impl LocalPay<'_> {
    fn with<T>(&self, work: impl FnOnce(&mut AmazonPay) -> T) -> Result<T, PaymentsError> {
        self.books.with(work).map_err(|error| PaymentsError::NotDone { request: None, source: Box::new(error) })
    }

    /// Does something to a charge, and tells how it lies then, or `refused` where it was not done.
    fn act(
        &self,
        order: &OrderId,
        attempt: &Attempt,
        work: impl FnOnce(&mut AmazonPay, &str) -> bool,
        refused: Option<Report>,
    ) -> Result<Answered, PaymentsError> {
        let (done, lies) = self.with(|pay| {
            let reference = checkout::reference(pay, order, attempt);
            (work(pay, &reference), pay.lies(&reference, self.now))
        })?;
        match (done, lies) {
            (true, Some(lies)) => Ok(answered(Some(charge(attempt.number, &lies)))),
            (false, Some(lies)) => Ok(answered(refused.or_else(|| Some(charge(attempt.number, &lies))))),
            (_, None) => Err(PaymentsError::NotDone { request: None, source: Box::new(NotThere("such charge")) }),
        }
    }
}

impl Payments for LocalPay<'_> {
    async fn look(&self, order: &Order, _: &Names) -> Result<Answered, PaymentsError> {
        let Some(attempt) = order.state.attempt() else { return Ok(Answered::default()) };
        if let Some(checkout) = &attempt.checkout {
            return self.with(|pay| checkout::look(pay, attempt, checkout, self.now));
        }
        let lies = self.with(|pay| pay.lies(attempt.id(&order.id).as_str(), self.now))?;
        Ok(answered(lies.map(|lies| charge(attempt.number, &lies))))
    }

    async fn consent(&self, agreement: &BillingAgreementId) -> Result<Consent, PaymentsError> {
        match self.with(|pay| pay.consent(agreement.as_str()))? {
            Some(Status::Open) => Ok(Consent::Chargeable),
            Some(status) => Ok(Consent::Ended(status.code().to_owned())),
            None => Err(PaymentsError::NotDone { request: None, source: Box::new(NotThere("such billing agreement")) }),
        }
    }

    async fn charge_again(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        if let Some(checkout) = &attempt.checkout {
            return self.with(|pay| checkout::complete(pay, attempt, checkout, self.now));
        }
        let agreement = order.agreement.as_ref().map_or("", BillingAgreementId::as_str);
        let outcome = self.with(|pay| {
            let request = request(&seller_of(pay, agreement, attempt.id(&order.id).as_str()), order, attempt);
            let made = pay.authorize(&request, None, self.now, Effect::Ordinary);
            outcome_of(&made, pay.lies(&request.reference, self.now).as_ref())
        })?;
        Ok(answered(Some(Report::Charge { attempt: Some(attempt.number), outcome })))
    }

    async fn hold_rest(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        let agreement = order.agreement.as_ref().map_or("", BillingAgreementId::as_str);
        let reference = attempt.id(&order.id);
        let (made, lies) = self.with(|pay| {
            let made = pay.hold(agreement, reference.as_str(), attempt.amount, self.now);
            (made, pay.lies(reference.as_str(), self.now))
        })?;
        match (made, lies) {
            (_, Some(lies)) => Ok(answered(Some(charge(attempt.number, &lies)))),
            (Err(error), None) => Err(PaymentsError::TurnedDown {
                request: None,
                because: hindrance(error.code),
                source: format!("{}: {}", error.code, error.message).into(),
            }),
            (Ok(()), None) => Err(PaymentsError::NotDone { request: None, source: Box::new(NotThere("such charge")) }),
        }
    }

    async fn capture(&self, order: &OrderId, capture: &Capture) -> Result<Answered, PaymentsError> {
        let attempt = &capture.hold.attempt;
        self.act(order, attempt, |pay, reference| pay.capture_part(reference, capture.amount, self.now), None)
    }

    async fn void(&self, order: &OrderId, hold: &Hold) -> Result<Answered, PaymentsError> {
        self.act(order, &hold.attempt, AmazonPay::give_up, None)
    }

    async fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> Result<Answered, PaymentsError> {
        let failed = Some(Report::RefundFailed { number: refund.number });
        let answer =
            self.act(order, &paid.attempt, |pay, reference| pay.refund(reference, refund.number, refund.amount, self.now), failed)?;
        let failed = matches!(answer.report, Some(Report::RefundFailed { .. }));
        Ok(if failed { answer } else { answered(Some(Report::RefundDone { number: refund.number })) })
    }

    async fn refunded(&self, order: &OrderId, paid: &Paid) -> Result<Option<Money>, PaymentsError> {
        let lies = self.with(|pay| pay.lies(&checkout::reference(pay, order, &paid.attempt), self.now))?;
        Ok(lies.map(|lies| lies.refunded))
    }

    async fn close(&self, agreement: &BillingAgreementId) -> Result<Answered, PaymentsError> {
        if self.with(|pay| pay.close_agreement(agreement.as_str()))? {
            Ok(Answered::default())
        } else {
            Err(PaymentsError::NotDone { request: None, source: Box::new(NotThere("such billing agreement")) })
        }
    }

    /// The local Amazon Pay has no devices to tell.
    async fn track(&self, _: &Order, _: &Parcel) -> Result<Answered, PaymentsError> {
        Ok(Answered::default())
    }
}

impl Buyers for LocalPay<'_> {
    async fn email(&self, agreement: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        let buyer = self.with(|pay| pay.buyer_of(agreement.as_str()))?;
        Ok(buyer.and_then(|buyer| Email::parse(&buyer.email())))
    }

    async fn wallet(&self, agreement: &BillingAgreementId) -> Result<Option<Agreed>, PaymentsError> {
        let (buyer, status) = self.with(|pay| (pay.buyer_of(agreement.as_str()), pay.consent(agreement.as_str())))?;
        let (Some(buyer), Some(status)) = (buyer, status) else { return Ok(None) };
        let id = AmazonId::parse(&buyer_id(buyer.name)).and_then(|name| fingerprint::linked_buyer(&name));
        Ok(Some(Agreed {
            buyer: id.map_err(|error| PaymentsError::NotDone { request: None, source: Box::new(error) })?,
            permission: agreement.clone(),
            state: wallet_state(status),
            address: buyer.destination().and_then(|destination| answers::address(&destination)),
            email: Email::parse(&buyer.email()),
        }))
    }
}

impl Objects for LocalPay<'_> {
    async fn named_charge(&self, id: &AmazonId) -> Result<Option<FoundCharge>, PaymentsError> {
        let found = self.with(|pay| {
            pay.account.settle(self.now);
            let held = pay.account.charge(id.as_str()).ok()?.clone();
            let ours = held.told.pointer("/merchantMetadata/merchantReferenceId").and_then(|told| told.as_str().map(str::to_owned));
            let reference = held.directive.as_ref().map(|request| request.reference.clone());
            let lies = pay.lies(reference.as_deref().unwrap_or(&held.id), self.now)?;
            Some((lies, reference.or(ours)?, held))
        })?;
        Ok(found.map(|(lies, reference, held)| FoundCharge {
            outcome: outcome(&lies),
            reference: Some(reference),
            consent: AmazonId::parse(&held.permission).ok(),
            created: Some(held.created),
            request: None,
        }))
    }

    async fn charge_of_refund(&self, refund: &AmazonId) -> Result<Option<AmazonId>, PaymentsError> {
        let charge = self.with(|pay| pay.account.refund(refund.as_str()).ok().map(|held| held.charge.clone()))?;
        Ok(charge.and_then(|id| AmazonId::parse(&id).ok()))
    }

    async fn name_of_consent(&self, id: &AmazonId) -> Result<Option<String>, PaymentsError> {
        let metadata = self.with(|pay| pay.account.permission(id.as_str()).ok().map(|held| held.merchant_metadata.clone()))?;
        Ok(metadata.and_then(|metadata| Some(metadata.get("merchantReferenceId")?.as_str()?.to_owned())))
    }
}

/// How a wallet stands whose consent stands so.
#[must_use]
pub const fn wallet_state(status: Status) -> WalletState {
    match status {
        Status::Open => WalletState::Chargeable,
        Status::Draft | Status::Suspended => WalletState::NeedsUpdate(UpdateReason::MethodInvalid),
        Status::Closed | Status::Canceled => WalletState::Closed,
    }
}

const fn answered(report: Option<Report>) -> Answered {
    Answered { report, request: None }
}

/// What lies at the local Amazon Pay, as news of a charge.
#[must_use]
pub fn charge(number: u8, lies: &Lies) -> Report {
    Report::Charge { attempt: Some(number), outcome: outcome(lies) }
}

fn outcome(lies: &Lies) -> Outcome {
    outcome_named(lies, Names::default())
}

fn outcome_named(lies: &Lies, names: Names) -> Outcome {
    match lies.end {
        _ if lies.captured => Outcome::Captured { amount: Some(lies.taken), names },
        End::AsAsked | End::Authorized => Outcome::Authorized { amount: Some(lies.amount), names },
        End::Pending { .. } => Outcome::Pending { names },
        End::Declined { reason, soft } => Outcome::Declined { decline: decline(reason, soft) },
        End::Closed { reason: "SellerClosed" } => Outcome::Closed { why: Closed::SellerClosed, names },
        End::Closed { reason: "ExpiredUnused" } => Outcome::Closed { why: Closed::ExpiredUnused, names },
        End::Closed { .. } => Outcome::Closed { why: Closed::Otherwise, names },
    }
}

fn decline(reason: &str, soft: bool) -> Decline {
    match (reason, soft) {
        ("InvalidPaymentMethod", true) => Decline::InvalidPaymentMethodSoft,
        ("InvalidPaymentMethod", false) => Decline::InvalidPaymentMethodHard,
        ("AmazonRejected", _) => Decline::AmazonRejected,
        ("TransactionTimedOut", _) => Decline::TransactionTimedOut,
        _ => Decline::ProcessingFailure,
    }
}

/// What the skill charges saved wallets at in the simulated world, with whatever the tester has planned.
#[derive(Debug)]
pub struct LocalTill {
    pub books: Arc<Books>,
    pub plans: Plans,
    pub seller: String,
    /// The call that was last given a fate, and which. A turn that is delivered twice makes the same call twice, and meets the same.
    pub last: Mutex<Option<(String, Effect)>>,
}

/// A charge that the tester wanted to go wrong.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum AskedFor {
    #[error("the call is lost on its way, as the tester asked for")]
    LostCall,
    #[error("the answer is lost, as the tester asked for")]
    LostAnswer,
    #[error("the local Amazon Pay answers {0}, as the tester asked for")]
    Refusal(&'static str),
}

impl Charges for LocalTill {
    async fn charge(&self, order: &Order, attempt: &Attempt, _: Duration) -> Result<Answered, PaymentsError> {
        if let Some(checkout) = &attempt.checkout {
            let made = self.books.with(|pay| checkout::complete(pay, attempt, checkout, order.changed()));
            return made.map_err(|error| PaymentsError::NotDone { request: None, source: Box::new(error) });
        }
        let not_done = |why: AskedFor| PaymentsError::NotDone { request: None, source: Box::new(why) };
        let (effect, again) = self.fate(order, attempt);
        // A call that comes twice is told of once.
        let note = |summary| {
            if !again {
                self.plans.note(summary);
            }
        };
        let unheard = match effect {
            Effect::Error(code) => {
                note(format!("refused: {code}: asked for by the tester"));
                return Err(not_done(AskedFor::Refusal(code)));
            }
            Effect::Delivery(Delivery::NeverArrived | Delivery::Exception | Delivery::SessionError) => {
                note("the request is lost on its way; nothing is carried out".to_owned());
                return Err(not_done(AskedFor::LostCall));
            }
            Effect::Delivery(Delivery::Late | Delivery::Lost | Delivery::ExceptionAfter) | Effect::Odd(_) => true,
            // There is no message of its own that could come twice, or be lost on the way to the device.
            Effect::Delivery(Delivery::Once | Delivery::Twice | Delivery::Unheard)
            | Effect::Ordinary
            | Effect::Authorization(_)
            | Effect::Agreement(_) => false,
        };
        // The charge is made at the time of the write that it follows.
        let (now, request) = (order.changed(), request(&self.seller, order, attempt));
        let made = self.books.with(|pay| {
            let made = pay.authorize(&request, None, now, effect);
            (made, pay.lies(&request.reference, now))
        });
        let (made, lies) = made.map_err(|error| PaymentsError::NotDone { request: None, source: Box::new(error) })?;
        note(told(&made, unheard));
        if unheard {
            return Err(PaymentsError::Unknown { request: None, source: Box::new(AskedFor::LostAnswer) });
        }
        Ok(answered(Some(Report::Charge { attempt: Some(attempt.number), outcome: outcome_of(&made, lies.as_ref()) })))
    }
}

impl LocalTill {
    /// What is to become of a call, and whether it was made before.
    fn fate(&self, order: &Order, attempt: &Attempt) -> (Effect, bool) {
        let version = order.version().map(ToString::to_string).unwrap_or_default();
        let call = format!("{} {version}", attempt.id(&order.id));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((before, effect)) if *before == call => (*effect, true),
            _ => (last.insert((call, self.plans.next_effect(Step::Charge))).1, false),
        }
    }
}

/// Whose charge it is. A wallet that a page has brought names no seller; what was charged on it does, and so does any other one: the
/// account is one merchant's.
fn seller_of(pay: &AmazonPay, agreement: &str, reference: &str) -> String {
    let mut asked = pay.account.charges.iter().filter_map(|held| held.directive.as_ref());
    let before = asked.find(|before| before.reference == reference).map(|before| before.seller.clone());
    let permissions = &pay.account.permissions;
    let named = || permissions.iter().find(|held| held.id == agreement)?.seller.clone();
    let any = || permissions.iter().find_map(|held| held.seller.clone());
    before.or_else(named).or_else(any).unwrap_or_default()
}

/// What our server asks the local Amazon Pay for.
#[must_use]
pub fn request(seller: &str, order: &Order, attempt: &Attempt) -> Request {
    Request {
        seller: seller.to_owned(),
        agreement: order.agreement.as_ref().map(ToString::to_string).unwrap_or_default(),
        capture: attempt.capture == CaptureMode::Immediate,
        reference: attempt.id(&order.id).to_string(),
        amount: attempt.amount,
        timeout: if attempt.timing == Timing::Asynchronous { PENDING_MINUTES } else { 0 },
        note: String::new(),
        soft_descriptor: None,
        order: Some(order.id.to_string()),
    }
}

/// What has come of it, and how the charge lies now.
#[must_use]
pub fn outcome_of(made: &Result<Authorized, PayError>, lies: Option<&Lies>) -> Outcome {
    match (made, lies) {
        (Ok(_), Some(lies)) => outcome(lies),
        (Ok(_), None) => Outcome::Unclear,
        (Err(refused), _) if refused.code == "DuplicateRequest" => Outcome::Unclear,
        (Err(refused), _) => Outcome::NotTried { because: hindrance(refused.code) },
    }
}

/// What stands in the way of a charge that is refused with this code: no charge is made then, so its reference is as free as before.
fn hindrance(code: &str) -> Hindrance {
    match code {
        "InvalidBillingAgreementStatus" | "InvalidBillingAgreementId" => Hindrance::Agreement,
        "InvalidPaymentMethod" => Hindrance::PaymentMethod,
        _ => Hindrance::Request,
    }
}

/// For the tester, as the answer to a directive is told.
fn told(made: &Result<Authorized, PayError>, unheard: bool) -> String {
    let lost = if unheard { "; the answer is lost" } else { "" };
    match made {
        Ok(Authorized { charge, again }) => {
            let state = match End::from(&charge.state) {
                _ if charge.is_captured() => "captured",
                End::AsAsked | End::Authorized => "authorized, not captured",
                End::Pending { .. } => "pending",
                End::Declined { .. } => "declined",
                End::Closed { .. } => "closed",
            };
            let again = if *again { " (the same reference again: nothing new is charged)" } else { "" };
            let reference = charge.directive.as_ref().map(|request| request.reference.as_str()).unwrap_or_default();
            format!("saved wallet: {} {} {state}, reference {reference}{again}{lost}", charge.amount.currency(), charge.amount.decimal())
        }
        Err(error) => format!("saved wallet: refused: {}: {}{lost}", error.code, error.message),
    }
}

/// Anything but none is asynchronous (`reference/alexa-amazon-pay.md` section 4).
const PENDING_MINUTES: u64 = 1_440;
