//! [`Payments`] over API v2: what the order desk asks for, for orders of the older rail too (section 13).
//!
//! What an answer leaves open is looked at before anything is reported: a refusal of a call that may have been made before tells less
//! than the charge itself.

use std::time::Duration;

use super::Seen;
use super::client::{Answer, CallError, Cause, Client};
use super::errors::{self, ReasonCode};
use super::trouble;
use super::wallet;
use super::wire::ObjectId;
use super::wire::Price;
use super::wire::answers::{self, ChargeReason, ChargeState, PermissionState, RefundState};
use super::wire::requests::{
    CancelCharge, CaptureCharge, Channel, ChargeInitiator, CloseChargePermission, CreateCharge, CreateRefund, MerchantMetadata,
};
use super::wire::trackers::{CarrierCode, CreateDeliveryTracker, DeliveryDetail, Shipped};
use crate::adapters::fingerprint;
use crate::domain::ids::{AmazonId, AttemptId, BillingAgreementId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::{Capture, Closed, Hindrance, Hold, Note, Order, Outcome, Paid, Parcel, Refund, Report};
use crate::domain::payment::{Attempt, Decline, Names};
use crate::domain::wallet::Email;
use crate::ports::{Agreed, Answered, Buyers, Charges, Consent, FoundCharge, Objects, Payments, PaymentsError};

/// Nobody speaks meanwhile, so a call may take its time.
const WITHIN: Duration = Duration::from_secs(15);

/// SNS gives up on a listener after fifteen seconds, and a notification may take two of these.
const WITHIN_NOTICE: Duration = Duration::from_secs(5);

/// Where the older API's authorization ids have an `A`, the charge id has a `C` (section 13).
const KIND_AT: usize = 20;

/// The merchant's account.
#[derive(Debug)]
pub struct Account {
    client: Client,
}

impl Account {
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// What every port asks.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    async fn seen(&self, id: &ObjectId) -> Result<Answer<answers::Charge>, CallError> {
        self.client.charge(id, WITHIN).await
    }

    /// An answer, or none where Amazon Pay has no such object.
    fn there<T>(&self, answer: Result<Answer<T>, CallError>) -> Result<Option<Answer<T>>, PaymentsError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if matches!(&error.cause, Cause::Refused(refusal) if refusal.code == ReasonCode::ResourceNotFound) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// A call that has settled nothing, with what a person does about it.
    pub(super) fn failed(&self, error: &CallError) -> PaymentsError {
        let (request, source) = (request(error.seen()), Box::new(trouble::of(error, &self.client)));
        match error.outcome() {
            errors::Outcome::NotDone => PaymentsError::NotDone { request, source },
            errors::Outcome::Declined(_) | errors::Outcome::Unknown => PaymentsError::Unknown { request, source },
        }
    }

    /// What a call to the charge has come to; where its own answer leaves that open, the charge tells.
    async fn came_of(&self, called: &Called<'_>, answer: Result<Answer<answers::Charge>, CallError>) -> Result<Answered, PaymentsError> {
        let error = match answer {
            Ok(answer) if is_over(&answer.value.state) => return Ok(called.reported(&answer)),
            // The key may have brought the answer of an earlier call, as the charge was then (section 4).
            Ok(answer) => return Ok(called.reported(self.seen(called.id).await.as_ref().unwrap_or(&answer))),
            Err(error) => error,
        };
        let verdict = verdict(&error);
        if let Verdict::NotAdmitted = verdict {
            return Err(self.failed(&error));
        }
        let Ok(seen) = self.seen(called.id).await else { return Err(self.failed(&error)) };
        match (&seen.value.state, verdict, called.capture) {
            (state, ..) if is_over(state) => Ok(called.reported(&seen)),
            // It is being taken, by this call or by an earlier one.
            (ChargeState::CaptureInitiated, _, Some(_)) => Ok(called.reported(&seen)),
            // The hold is as it was, and this was the answer.
            (ChargeState::Authorized, Verdict::Refused, Some(number)) => {
                Ok(Answered { report: Some(Report::CaptureRefused { number }), request: refused(&error) })
            }
            // Above all, a hold that could not be given back still stands.
            _ => Err(self.failed(&error)),
        }
    }
}

/// What a call to a charge is about.
struct Called<'c> {
    id: &'c ObjectId,
    /// The number of the attempt.
    attempt: u8,
    names: &'c Names,
    /// The number of the capture, where it is to be captured.
    capture: Option<u8>,
}

impl Called<'_> {
    fn reported(&self, answer: &Answer<answers::Charge>) -> Answered {
        reported(self.attempt, self.names, answer)
    }
}

impl Payments for Account {
    async fn look(&self, order: &Order, names: &Names) -> Result<Answered, PaymentsError> {
        let Some(attempt) = order.state.attempt() else { return Ok(Answered::default()) };
        if let (Some(checkout), None, None) = (&attempt.checkout, &names.authorization, &names.capture) {
            return self.look_at_checkout(attempt, checkout, WITHIN).await;
        }
        let id = charge_id(names, || attempt.id(&order.id))?;
        let answer = self.seen(&id).await.map_err(|error| self.failed(&error))?;
        Ok(reported(attempt.number, names, &answer))
    }

    async fn consent(&self, agreement: &BillingAgreementId) -> Result<Consent, PaymentsError> {
        let id = ObjectId::parse(agreement.as_str()).map_err(unfit)?;
        let permission = self.client.charge_permission(&id, WITHIN).await.map_err(|error| self.failed(&error))?.value;
        if permission.state == PermissionState::Chargeable {
            return Ok(Consent::Chargeable);
        }
        let reasons = permission.reasons.iter().map(ToString::to_string);
        Ok(Consent::Ended([permission.state.to_string()].into_iter().chain(reasons).collect::<Vec<_>>().join(", ")))
    }

    async fn charge_again(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        Charges::charge(self, order, attempt, WITHIN).await
    }

    async fn hold_rest(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        let Some(agreement) = &order.agreement else { return Err(PaymentsError::Nameless(attempt.id(&order.id))) };
        let body = CreateCharge {
            charge_permission_id: ObjectId::parse(agreement.as_str()).map_err(unfit)?,
            charge_amount: Price(attempt.amount),
            capture_now: false,
            soft_descriptor: None,
            can_handle_pending_authorization: false,
            merchant_metadata: Some(MerchantMetadata { merchant_reference_id: Some(order.id.to_string()), ..MerchantMetadata::default() }),
            platform_id: None,
            // The buyer has agreed to it before, and is not there now.
            charge_initiator: Some(ChargeInitiator::Mitu),
            channel: Some(Channel::Alexa),
        };
        match self.client.create_charge(&body, &attempt.id(&order.id), WITHIN).await {
            Ok(made) => {
                let names = Names { authorization: AmazonId::parse(made.value.id.as_str()).ok(), ..Names::default() };
                // The key may have brought the answer of an earlier call, as the charge was then (section 4).
                let now = self.seen(&made.value.id).await;
                Ok(reported(attempt.number, &names, now.as_ref().unwrap_or(&made)))
            }
            Err(error) => match (error.outcome(), verdict(&error)) {
                (errors::Outcome::Declined(decline), _) => {
                    let report = Report::Charge { attempt: Some(attempt.number), outcome: Outcome::Declined { decline } };
                    Ok(Answered { report: Some(report), request: refused(&error) })
                }
                (_, Verdict::Refused) => Err(PaymentsError::TurnedDown {
                    request: refused(&error),
                    because: hindrance(&error),
                    source: Box::new(trouble::of(&error, &self.client)),
                }),
                (_, Verdict::NotAdmitted | Verdict::Open) => Err(self.failed(&error)),
            },
        }
    }

    async fn capture(&self, order: &OrderId, capture: &Capture) -> Result<Answered, PaymentsError> {
        let attempt = &capture.hold.attempt;
        let id = charge_id(&capture.hold.names, || attempt.id(order))?;
        let body = CaptureCharge { capture_amount: Price(capture.amount), soft_descriptor: None };
        let answer = self.client.capture_charge(&id, &body, &capture.id(order), WITHIN).await;
        let about = Called { id: &id, attempt: attempt.number, names: &capture.hold.names, capture: Some(capture.number()) };
        self.came_of(&about, answer).await
    }

    async fn void(&self, order: &OrderId, hold: &Hold) -> Result<Answered, PaymentsError> {
        let id = charge_id(&hold.names, || hold.attempt.id(order))?;
        let body = CancelCharge { cancellation_reason: "The order was cancelled".to_owned() };
        let answer = self.client.cancel_charge(&id, &body, WITHIN).await;
        let about = Called { id: &id, attempt: hold.attempt.number, names: &hold.names, capture: None };
        self.came_of(&about, answer).await
    }

    async fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> Result<Answered, PaymentsError> {
        let charge = charge_id(&paid.names, || paid.attempt.id(order))?;
        let body = CreateRefund { charge_id: charge, refund_amount: Price(refund.amount), soft_descriptor: None };
        let made = match self.client.create_refund(&body, &refund.id(order), WITHIN).await {
            Ok(made) => made,
            Err(error) => {
                return match verdict(&error) {
                    Verdict::Refused => {
                        Ok(Answered { report: Some(Report::RefundFailed { number: refund.number }), request: refused(&error) })
                    }
                    Verdict::NotAdmitted | Verdict::Open => Err(self.failed(&error)),
                };
            }
        };
        // The key may have brought the answer of an earlier call, as the refund was then (section 4).
        let now = if settled(&made.value.state).is_none() { self.client.refund(&made.value.id, WITHIN).await.ok() } else { None };
        let answer = now.as_ref().unwrap_or(&made);
        let report = settled(&answer.value.state)
            .map(|done| if done { Report::RefundDone { number: refund.number } } else { Report::RefundFailed { number: refund.number } });
        Ok(Answered { report, request: request(Some(&answer.seen)) })
    }

    async fn refunded(&self, order: &OrderId, paid: &Paid) -> Result<Option<Money>, PaymentsError> {
        let id = charge_id(&paid.names, || paid.attempt.id(order))?;
        Ok(self.seen(&id).await.map_err(|error| self.failed(&error))?.value.refunded)
    }

    async fn close(&self, agreement: &BillingAgreementId) -> Result<Answered, PaymentsError> {
        let id = ObjectId::parse(agreement.as_str()).map_err(unfit)?;
        let body = CloseChargePermission { closure_reason: "Closed by the merchant".to_owned(), cancel_pending_charges: false };
        let answer = self.client.close_charge_permission(&id, &body, WITHIN).await.map_err(|error| self.failed(&error))?;
        Ok(Answered { report: None, request: request(Some(&answer.seen)) })
    }

    async fn track(&self, order: &Order, parcel: &Parcel) -> Result<Answered, PaymentsError> {
        let reference = order.state.names().and_then(|names| names.order_reference.as_ref());
        // What does not fit now never will.
        let id = |text: &str| ObjectId::parse(text).map_err(unfit_for_good);
        let shipped = match (reference, &order.agreement) {
            (Some(reference), _) => Shipped::AmazonOrderReferenceId(id(reference.as_str())?),
            (None, Some(agreement)) => Shipped::ChargePermissionId(id(agreement.as_str())?),
            (None, None) => return Ok(Answered::default()),
        };
        let carrier_code = CarrierCode::parse(parcel.carrier()).map_err(unfit_for_good)?;
        let detail = DeliveryDetail { tracking_number: parcel.number().to_owned(), carrier_code };
        let body = CreateDeliveryTracker { shipped, delivery_details: vec![detail] };
        // Each parcel of an order has a key of its own, the same whenever it is told of.
        let mark = fingerprint::write(parcel.number()).map_err(unfit_for_good)?;
        let key = AttemptId::parse(&format!("{}t{}", order.id, &mark.as_str()[..2])).map_err(unfit_for_good)?;
        match self.client.create_delivery_tracker(&body, &key, WITHIN).await {
            Ok(answer) => Ok(Answered { report: None, request: request(Some(&answer.seen)) }),
            Err(error) => match verdict(&error) {
                Verdict::Refused => Err(PaymentsError::TurnedDown {
                    request: refused(&error),
                    because: Hindrance::Request,
                    source: Box::new(trouble::of(&error, &self.client)),
                }),
                Verdict::NotAdmitted | Verdict::Open => Err(self.failed(&error)),
            },
        }
    }
}

impl Buyers for Account {
    async fn email(&self, agreement: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        let id = ObjectId::parse(agreement.as_str()).map_err(unfit)?;
        let answer = self.there(self.client.charge_permission(&id, WITHIN_NOTICE).await)?;
        Ok(answer.and_then(|answer| Email::parse(&answer.value.email?)))
    }

    async fn wallet(&self, agreement: &BillingAgreementId) -> Result<Option<Agreed>, PaymentsError> {
        let id = ObjectId::parse(agreement.as_str()).map_err(unfit)?;
        let Some(answer) = self.there(self.client.charge_permission(&id, WITHIN_NOTICE).await)? else { return Ok(None) };
        wallet::agreed(agreement, answer.value).map_err(unfit)
    }
}

impl Objects for Account {
    async fn named_charge(&self, id: &AmazonId) -> Result<Option<FoundCharge>, PaymentsError> {
        // An authorization's id of the older API is turned into its charge's.
        let names = Names { authorization: Some(id.clone()), ..Names::default() };
        let charge = ObjectId::parse(&as_charge(id)).map_err(unfit)?;
        let Some(answer) = self.there(self.client.charge(&charge, WITHIN_NOTICE).await)? else { return Ok(None) };
        Ok(Some(FoundCharge {
            outcome: outcome(&answer.value, &names),
            reference: answer.value.reference,
            consent: answer.value.charge_permission.and_then(|id| AmazonId::parse(id.as_str()).ok()),
            created: answer.value.created,
            request: request(Some(&answer.seen)),
        }))
    }

    async fn charge_of_refund(&self, refund: &AmazonId) -> Result<Option<AmazonId>, PaymentsError> {
        let id = ObjectId::parse(refund.as_str()).map_err(unfit)?;
        let answer = self.there(self.client.refund(&id, WITHIN_NOTICE).await)?;
        Ok(answer.and_then(|answer| AmazonId::parse(answer.value.charge?.as_str()).ok()))
    }

    async fn name_of_consent(&self, id: &AmazonId) -> Result<Option<String>, PaymentsError> {
        let id = ObjectId::parse(id.as_str()).map_err(unfit)?;
        let answer = self.there(self.client.charge_permission(&id, WITHIN_NOTICE).await)?;
        Ok(answer.and_then(|answer| answer.value.reference))
    }
}

/// The charge behind what Amazon named. Its own words for a capture are a charge's id already.
fn charge_id(names: &Names, attempt: impl FnOnce() -> AttemptId) -> Result<ObjectId, PaymentsError> {
    let id = match (&names.capture, &names.authorization) {
        (Some(capture), _) => capture.as_str().to_owned(),
        (None, Some(authorization)) => as_charge(authorization),
        (None, None) => return Err(PaymentsError::Nameless(attempt())),
    };
    ObjectId::parse(&id).map_err(unfit)
}

/// An authorization's id, as its charge has it; any other as it is.
fn as_charge(id: &AmazonId) -> String {
    let mut id = id.as_str().to_owned();
    if id.is_char_boundary(KIND_AT) && id[KIND_AT..].starts_with('A') {
        id.replace_range(KIND_AT..=KIND_AT, "C");
    }
    id
}

/// What an error says of what was asked for.
pub(super) enum Verdict {
    /// It was turned down, for good.
    Refused,
    /// This call was not let in.
    NotAdmitted,
    Open,
}

pub(super) fn verdict(error: &CallError) -> Verdict {
    match (error.outcome(), &error.cause) {
        (errors::Outcome::Declined(_), _) => Verdict::Refused,
        (errors::Outcome::NotDone, Cause::Refused(refusal)) if refusal.is_final() => Verdict::Refused,
        (errors::Outcome::NotDone, _) => Verdict::NotAdmitted,
        (errors::Outcome::Unknown, _) => Verdict::Open,
    }
}

/// What stood in the way of a charge that was turned down.
fn hindrance(error: &CallError) -> Hindrance {
    let about_permission = error.cause.refusal().is_some_and(|refusal| refusal.code == ReasonCode::InvalidChargePermissionStatus);
    if about_permission { Hindrance::Agreement } else { Hindrance::Request }
}

pub(super) fn unfit(error: impl std::error::Error + Send + Sync + 'static) -> PaymentsError {
    PaymentsError::NotDone { request: None, source: Box::new(error) }
}

fn unfit_for_good(error: impl std::error::Error + Send + Sync + 'static) -> PaymentsError {
    let why = Note::parse(&error.to_string()).or_else(|_| Note::parse("it does not fit"));
    PaymentsError::TurnedDown { request: why.ok(), because: Hindrance::Request, source: Box::new(error) }
}

pub(super) fn request(seen: Option<&Seen>) -> Option<Note> {
    Note::parse(seen?.request_id.as_deref()?).ok()
}

/// Amazon's id of a call that was turned down, and why it was.
pub(super) fn refused(error: &CallError) -> Option<Note> {
    let id = error.seen().and_then(|seen| seen.request_id.as_deref()).unwrap_or_default();
    let code = error.cause.refusal().map_or("", |refusal| refusal.code.as_str());
    Note::parse(&format!("{id} {code}")).ok().or_else(|| request(error.seen()))
}

pub(super) fn reported(number: u8, names: &Names, answer: &Answer<answers::Charge>) -> Answered {
    let report = Report::Charge { attempt: Some(number), outcome: outcome(&answer.value, names) };
    Answered { report: Some(report), request: request(Some(&answer.seen)) }
}

/// How a charge stands (section 6), with the names that it was asked for by.
fn outcome(charge: &answers::Charge, known: &Names) -> Outcome {
    let names = |capture: Option<&ObjectId>| {
        let capture = capture.and_then(|id| AmazonId::parse(id.as_str()).ok());
        Names { capture, ..Names::default() }.or(known)
    };
    match &charge.state {
        ChargeState::Captured => Outcome::Captured { amount: charge.captured, names: names(Some(&charge.id)) },
        ChargeState::Authorized => Outcome::Authorized { amount: charge.amount, names: names(None) },
        ChargeState::AuthorizationInitiated | ChargeState::CaptureInitiated => Outcome::Pending { names: names(None) },
        ChargeState::Declined => Outcome::Declined { decline: decline(charge.reason.as_ref()) },
        ChargeState::Canceled => {
            let why = match charge.reason {
                Some(ChargeReason::ExpiredUnused) => Closed::ExpiredUnused,
                Some(ChargeReason::MerchantCanceled) => Closed::SellerClosed,
                _ => Closed::Otherwise,
            };
            Outcome::Closed { why, names: names(None) }
        }
        ChargeState::Unknown(_) => Outcome::Unclear,
    }
}

fn decline(reason: Option<&ChargeReason>) -> Decline {
    match reason {
        Some(ChargeReason::SoftDeclined) => Decline::InvalidPaymentMethodSoft,
        Some(ChargeReason::HardDeclined) => Decline::InvalidPaymentMethodHard,
        Some(ChargeReason::TransactionTimedOut) => Decline::TransactionTimedOut,
        Some(ChargeReason::ProcessingFailure) => Decline::ProcessingFailure,
        // Whatever else it is, another try is nothing that a program should decide on.
        _ => Decline::AmazonRejected,
    }
}

/// Whether nothing more comes of the charge by itself.
const fn is_over(state: &ChargeState) -> bool {
    matches!(state, ChargeState::Captured | ChargeState::Declined | ChargeState::Canceled)
}

/// Whether a refund is done or has failed; `None` while it is under way.
const fn settled(state: &RefundState) -> Option<bool> {
    match state {
        RefundState::Refunded => Some(true),
        RefundState::Declined => Some(false),
        RefundState::RefundInitiated | RefundState::Unknown(_) => None,
    }
}
