//! [`Payments`] over the older API, for an account that still has only its keys (`reference/amazon-pay-mws.md`).
//!
//! It goes by the same rules as [`api::payments`](crate::adapters::amazon_pay::api::payments): what an answer leaves open is looked at, and
//! only what is over, or held as before, is reported.

use std::time::Duration;

use super::answers::{AgreementState, Authorization, Capture as Captured, CaptureReason, CaptureState, RefundState};
use super::client::{CallError, Cause, Client};
use super::errors::ErrorCode;
use super::requests::{
    AuthorizationTerms, AuthorizeOnBillingAgreement, CaptureHeld, CloseAuthorization, CloseBillingAgreement, GetAuthorizationDetails,
    GetBillingAgreementDetails, GetCaptureDetails, GetRefundDetails, OrderAttributes, RefundCaptured,
};
use super::trouble;
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::call::failure::Outcome as Known;
use crate::adapters::amazon_pay::call::{Answer, Seen};
use crate::domain::ids::{AmazonId, AttemptId, BillingAgreementId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::{Capture, Closed, Hindrance, Hold, Note, Order, Outcome, Paid, Parcel, Refund, Report};
use crate::domain::payment::{Attempt, Decline, Names};
use crate::ports::{Answered, Consent, Payments, PaymentsError};

/// Nobody speaks meanwhile, so a call may take its time.
const WITHIN: Duration = Duration::from_secs(15);

/// Where an authorization's id has an `A`, that of its capture, and API v2's of the charge, has a `C` (`reference/amazon-pay-v2.md`,
/// section 13).
const KIND_AT: usize = 20;

/// The merchant's account.
#[derive(Debug)]
pub struct Account {
    client: Client,
}

/// What a call to an authorization is about.
struct Called<'c> {
    authorization: &'c ObjectId,
    /// The number of the attempt.
    attempt: u8,
    names: &'c Names,
    /// The number of the capture, where it is to be captured.
    capture: Option<u8>,
}

/// How an authorization stands, and what came with the answer.
struct Stands {
    outcome: Outcome,
    seen: Seen,
}

impl Account {
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// How the authorization stands; once it is captured, its capture tells.
    async fn stands(&self, id: &ObjectId) -> Result<Stands, CallError> {
        let Answer { value, seen } = self.client.call(&GetAuthorizationDetails(id.clone()), WITHIN).await?;
        let Some(capture) = value.captures.first().cloned() else { return Ok(Stands { outcome: value.outcome, seen }) };
        let Answer { value: captured, seen } = self.client.call(&GetCaptureDetails(capture), WITHIN).await?;
        Ok(Stands { outcome: captured_as(&captured, &value), seen })
    }

    async fn look_at(&self, called: &Called<'_>) -> Result<Answered, CallError> {
        let stands = self.stands(called.authorization).await?;
        Ok(called.reported(stands))
    }

    /// What a call to the authorization has come to, which the authorization itself tells.
    async fn came_of<T>(&self, called: &Called<'_>, answer: Result<Answer<T>, CallError>) -> Result<Answered, PaymentsError> {
        let error = match answer {
            // It is accepted; should the look fail, the next one tells.
            Ok(Answer { seen, .. }) => {
                let looked = self.look_at(called).await;
                return Ok(looked.unwrap_or(Answered { report: None, request: note(Some(&seen)) }));
            }
            Err(error) => error,
        };
        if let Verdict::NotAdmitted = verdict(&error) {
            return Err(self.failed(&error));
        }
        let Ok(stands) = self.stands(called.authorization).await else { return Err(self.failed(&error)) };
        match (&stands.outcome, verdict(&error), called.capture) {
            (outcome, ..) if is_over(outcome) => Ok(called.reported(stands)),
            // It is being taken, by this call or by an earlier one.
            (Outcome::Pending { .. }, _, Some(_)) => Ok(called.reported(stands)),
            (Outcome::Authorized { .. }, Verdict::Refused, Some(number)) => {
                Ok(Answered { report: Some(Report::CaptureRefused { number }), request: refused(&error) })
            }
            // Above all, a hold that could not be given back still stands.
            _ => Err(self.failed(&error)),
        }
    }

    /// The capture that a payment was taken by; where it was never named, the authorization knows it.
    async fn capture_of(&self, order: &OrderId, paid: &Paid) -> Result<ObjectId, PaymentsError> {
        if let Some(capture) = &paid.names.capture {
            return object(capture.as_str());
        }
        let authorization = authorization_of(&paid.names, || paid.attempt.id(order))?;
        let details = self.client.call(&GetAuthorizationDetails(authorization), WITHIN).await.map_err(|error| self.failed(&error))?.value;
        details.captures.into_iter().next().ok_or_else(|| PaymentsError::Nameless(paid.attempt.id(order)))
    }

    /// A call that has settled nothing, with what a person does about it.
    fn failed(&self, error: &CallError) -> PaymentsError {
        let (request, source) = (note(error.seen()), Box::new(trouble::of(error, &self.client)));
        match error.outcome() {
            Known::NotDone => PaymentsError::NotDone { request, source },
            Known::Declined(_) | Known::Unknown => PaymentsError::Unknown { request, source },
        }
    }
}

impl Called<'_> {
    fn reported(&self, stands: Stands) -> Answered {
        let report = Report::Charge { attempt: Some(self.attempt), outcome: with_names(stands.outcome, self.names) };
        Answered { report: Some(report), request: note(Some(&stands.seen)) }
    }
}

impl Payments for Account {
    async fn look(&self, order: &Order, names: &Names) -> Result<Answered, PaymentsError> {
        let Some(attempt) = order.state.attempt() else { return Ok(Answered::default()) };
        let authorization = authorization_of(names, || attempt.id(&order.id))?;
        let called = Called { authorization: &authorization, attempt: attempt.number, names, capture: None };
        self.look_at(&called).await.map_err(|error| self.failed(&error))
    }

    async fn consent(&self, agreement: &BillingAgreementId) -> Result<Consent, PaymentsError> {
        let asked = GetBillingAgreementDetails { agreement: object(agreement.as_str())?, consent: None };
        let details = self.client.call(&asked, WITHIN).await.map_err(|error| self.failed(&error))?.value;
        let state = details.state;
        if state == AgreementState::Open {
            return Ok(Consent::Chargeable);
        }
        Ok(Consent::Ended(details.reason.map_or_else(|| state.to_string(), |reason| format!("{state}, {reason}"))))
    }

    /// Saved wallets are nothing that the older API has.
    async fn charge_again(&self, _: &Order, _: &Attempt) -> Result<Answered, PaymentsError> {
        Err(PaymentsError::NotOffered)
    }

    async fn hold_rest(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        let key = attempt.id(&order.id);
        let Some(agreement) = &order.agreement else { return Err(PaymentsError::Nameless(key)) };
        let request = AuthorizeOnBillingAgreement {
            agreement: object(agreement.as_str())?,
            // An answer at once.
            terms: AuthorizationTerms {
                key,
                amount: attempt.amount,
                capture_now: false,
                timeout_min: 0,
                soft_descriptor: None,
                note: None,
            },
            inherit_shipping_address: None,
            seller_note: None,
            platform: None,
            attributes: OrderAttributes { order_id: Some(order.id.to_string()), ..OrderAttributes::default() },
        };
        match self.client.call(&request, WITHIN).await {
            // The reference may have brought the answer of an earlier call, as the authorization was then (section 6).
            Ok(Answer { value: Authorization { id, outcome, .. }, seen }) => {
                let names = names_in(&outcome).cloned().unwrap_or_default();
                let called = Called { authorization: &id, attempt: attempt.number, names: &names, capture: None };
                let now = self.stands(&id).await.unwrap_or(Stands { outcome: outcome.clone(), seen });
                Ok(called.reported(now))
            }
            Err(error) => match verdict(&error) {
                Verdict::Refused => Err(PaymentsError::TurnedDown {
                    request: refused(&error),
                    because: hindrance(&error),
                    source: Box::new(trouble::of(&error, &self.client)),
                }),
                Verdict::NotAdmitted | Verdict::Open => Err(self.failed(&error)),
            },
        }
    }

    async fn capture(&self, order: &OrderId, capture: &Capture) -> Result<Answered, PaymentsError> {
        let Hold { attempt, names, .. } = &capture.hold;
        let authorization = authorization_of(names, || attempt.id(order))?;
        let request = CaptureHeld {
            authorization: authorization.clone(),
            key: capture.id(order),
            amount: capture.amount,
            soft_descriptor: None,
            note: None,
        };
        let called = Called { authorization: &authorization, attempt: attempt.number, names, capture: Some(capture.number()) };
        match self.client.call(&request, WITHIN).await {
            // A capture that is turned down comes as one that is declined.
            Ok(Answer { value: Captured { state: CaptureState::Declined, reason, .. }, seen }) => {
                let stands = self.stands(&authorization).await.map_err(|error| self.failed(&error))?;
                if let Outcome::Authorized { .. } = stands.outcome {
                    let why = reason.as_ref().map_or("", CaptureReason::as_str);
                    let report = Some(Report::CaptureRefused { number: capture.number() });
                    return Ok(Answered { report, request: with_code(Some(&seen), why) });
                }
                Ok(called.reported(stands))
            }
            answer => self.came_of(&called, answer).await,
        }
    }

    async fn void(&self, order: &OrderId, hold: &Hold) -> Result<Answered, PaymentsError> {
        let authorization = authorization_of(&hold.names, || hold.attempt.id(order))?;
        let request = CloseAuthorization { id: authorization.clone(), reason: Some("The order was cancelled".to_owned()) };
        let called = Called { authorization: &authorization, attempt: hold.attempt.number, names: &hold.names, capture: None };
        self.came_of(&called, self.client.call(&request, WITHIN).await).await
    }

    async fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> Result<Answered, PaymentsError> {
        let capture = self.capture_of(order, paid).await?;
        let request = RefundCaptured { capture, key: refund.id(order), amount: refund.amount, soft_descriptor: None, note: None };
        let failed = |request| Ok(Answered { report: Some(Report::RefundFailed { number: refund.number }), request });
        let made = match self.client.call(&request, WITHIN).await {
            Ok(made) => made,
            Err(error) => {
                return match verdict(&error) {
                    Verdict::Refused => failed(refused(&error)),
                    Verdict::NotAdmitted | Verdict::Open => Err(self.failed(&error)),
                };
            }
        };
        // The reference may have brought the answer of an earlier call, as the refund was then.
        let look = GetRefundDetails(made.value.id.clone());
        let now = if made.value.state == RefundState::Pending { self.client.call(&look, WITHIN).await.ok() } else { None };
        let Answer { value, seen } = now.as_ref().unwrap_or(&made);
        match value.state {
            RefundState::Completed => {
                Ok(Answered { report: Some(Report::RefundDone { number: refund.number }), request: note(Some(seen)) })
            }
            RefundState::Declined => failed(with_code(Some(seen), value.reason.as_ref().map_or("", super::answers::RefundReason::as_str))),
            RefundState::Pending | RefundState::Unknown(_) => Ok(Answered { report: None, request: note(Some(seen)) }),
        }
    }

    async fn refunded(&self, order: &OrderId, paid: &Paid) -> Result<Option<Money>, PaymentsError> {
        let capture = self.capture_of(order, paid).await?;
        Ok(self.client.call(&GetCaptureDetails(capture), WITHIN).await.map_err(|error| self.failed(&error))?.value.refunded)
    }

    async fn close(&self, agreement: &BillingAgreementId) -> Result<Answered, PaymentsError> {
        let request = CloseBillingAgreement { id: object(agreement.as_str())?, reason: Some("Closed by the merchant".to_owned()) };
        let answer = self.client.call(&request, WITHIN).await.map_err(|error| self.failed(&error))?;
        Ok(Answered { report: None, request: note(Some(&answer.seen)) })
    }

    async fn track(&self, _: &Order, _: &Parcel) -> Result<Answered, PaymentsError> {
        Err(PaymentsError::NotOffered)
    }
}

/// The authorization behind what Amazon named, also when API v2 has named it.
fn authorization_of(names: &Names, attempt: impl FnOnce() -> AttemptId) -> Result<ObjectId, PaymentsError> {
    let told = names.authorization.as_ref().or(names.capture.as_ref()).ok_or_else(|| PaymentsError::Nameless(attempt()))?;
    let mut id = told.as_str().to_owned();
    if id.is_char_boundary(KIND_AT) && id[KIND_AT..].starts_with('C') {
        id.replace_range(KIND_AT..=KIND_AT, "A");
    }
    object(&id)
}

fn object(id: &str) -> Result<ObjectId, PaymentsError> {
    ObjectId::parse(id).map_err(|error| PaymentsError::NotDone { request: None, source: Box::new(error) })
}

/// How the money stands that a capture is about (section 7).
fn captured_as(capture: &Captured, of: &Authorization) -> Outcome {
    let parsed = |id: &ObjectId| AmazonId::parse(id.as_str()).ok();
    let names = Names { order_reference: None, authorization: parsed(&of.id), capture: parsed(&capture.id), consent: None };
    match (&capture.state, &capture.reason) {
        (CaptureState::Completed, _)
        | (CaptureState::Closed, Some(CaptureReason::MaxAmountRefunded | CaptureReason::MaxRefundsProcessed)) => {
            Outcome::Captured { amount: capture.amount, names }
        }
        (CaptureState::Pending, _) => Outcome::Pending { names },
        (CaptureState::Declined, Some(CaptureReason::ProcessingFailure)) => Outcome::Declined { decline: Decline::ProcessingFailure },
        (CaptureState::Declined, _) => Outcome::Declined { decline: Decline::AmazonRejected },
        (CaptureState::Closed | CaptureState::Unknown(_), _) => Outcome::Unclear,
    }
}

fn names_in(outcome: &Outcome) -> Option<&Names> {
    match outcome {
        Outcome::Captured { names, .. }
        | Outcome::Authorized { names, .. }
        | Outcome::Pending { names }
        | Outcome::Closed { names, .. } => Some(names),
        Outcome::Declined { .. } | Outcome::NotTried { .. } | Outcome::Unclear => None,
    }
}

/// The outcome with what was known before of its names.
fn with_names(mut outcome: Outcome, known: &Names) -> Outcome {
    match &mut outcome {
        Outcome::Captured { names, .. }
        | Outcome::Authorized { names, .. }
        | Outcome::Pending { names }
        | Outcome::Closed { names, .. } => {
            *names = names.clone().or(known);
        }
        Outcome::Declined { .. } | Outcome::NotTried { .. } | Outcome::Unclear => {}
    }
    outcome
}

/// Whether nothing more comes of it by itself.
const fn is_over(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Captured { .. }
            | Outcome::Declined { .. }
            | Outcome::Closed { why: Closed::ExpiredUnused | Closed::SellerClosed | Closed::Otherwise, .. }
    )
}

/// What an error says of what was asked for.
#[derive(Clone, Copy)]
enum Verdict {
    /// It was turned down, for good.
    Refused,
    /// This call was not let in.
    NotAdmitted,
    Open,
}

/// What stood in the way of a charge that was turned down.
fn hindrance(error: &CallError) -> Hindrance {
    let about_agreement = error.cause.refusal().is_some_and(|refusal| refusal.code == ErrorCode::InvalidBillingAgreementStatus);
    if about_agreement { Hindrance::Agreement } else { Hindrance::Request }
}

fn verdict(error: &CallError) -> Verdict {
    match (error.outcome(), &error.cause) {
        (Known::NotDone, Cause::Refused(refusal)) if refusal.is_final() => Verdict::Refused,
        (Known::NotDone, _) => Verdict::NotAdmitted,
        (Known::Declined(_) | Known::Unknown, _) => Verdict::Open,
    }
}

fn note(seen: Option<&Seen>) -> Option<Note> {
    Note::parse(seen?.request_id.as_deref()?).ok()
}

/// Amazon's id of a call that was turned down, and why it was.
fn refused(error: &CallError) -> Option<Note> {
    with_code(error.seen(), error.cause.refusal().map_or("", |refusal| refusal.code.as_str()))
}

fn with_code(seen: Option<&Seen>, code: &str) -> Option<Note> {
    let id = seen.and_then(|seen| seen.request_id.as_deref()).unwrap_or_default();
    Note::parse(&format!("{id} {code}")).ok().or_else(|| note(seen))
}
