//! Checkouts that charge: a session to which the buyer has agreed on Amazon's page is completed, which is the charge (5.3, section 10).
//!
//! A session is completed once, whoever asks for it and however often, so nothing has to be known of earlier calls: its state tells what
//! has become of them.

use std::time::Duration;

use tokio::time::Instant;

use super::client::{Answer, CallError};
use super::errors;
use super::payments::{Account, Verdict, refused, reported, request, unfit, verdict};
use super::wire::answers::{CheckoutSession, SessionReason, SessionState};
use super::wire::requests::CompleteCheckoutSession;
use super::wire::{ObjectId, Price};
use crate::domain::ids::{AmazonId, BillingAgreementId, CheckoutId};
use crate::domain::order::{Hindrance, Order, Outcome, Report, Standing, State};
use crate::domain::payment::{Attempt, Decline, Names};
use crate::ports::{Answered, PaymentsError};

/// Amazon says that it is done, and not what has come of it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("Amazon Pay has completed the checkout session and names no charge")]
struct NoCharge;

impl Account {
    /// Completes the session that an attempt stands for, and tells how its charge stands.
    pub(super) async fn check_out(
        &self,
        order: &Order,
        attempt: &Attempt,
        checkout: &CheckoutId,
        within: Duration,
    ) -> Result<Answered, PaymentsError> {
        let deadline = Instant::now() + within;
        let left = || deadline.saturating_duration_since(Instant::now());
        let id = ObjectId::parse(checkout.as_str()).map_err(unfit)?;
        let body = CompleteCheckoutSession { charge_amount: Some(Price(attempt.amount)) };
        let error = match self.client().complete_checkout_session(&id, &body, &attempt.id(&order.id), within).await {
            Ok(answer) => return self.completed(attempt, &answer, left()).await,
            Err(error) => error,
        };
        let report =
            |outcome| Answered { report: Some(Report::Charge { attempt: Some(attempt.number), outcome }), request: refused(&error) };
        if let errors::Outcome::Declined(decline) = error.outcome() {
            return Ok(report(Outcome::Declined { decline }));
        }
        // An earlier call may have completed it, or the buyer may have given up; only the session can tell.
        let Ok(session) = self.client().checkout_session(&id, left()).await else { return Err(self.failed(&error)) };
        if let Some(answered) = self.came_of_session(attempt, &session, left()).await? {
            return Ok(answered);
        }
        // A refusal settles nothing where an earlier call, or an earlier try of this one, may still come to something.
        let first = matches!(order.state, State::Charging { standing: Standing::Sent, .. });
        if first && !error.follows_doubt() && is_turned_down(&error) {
            return Ok(report(Outcome::NotTried { because: Hindrance::Request }));
        }
        Err(self.failed(&error))
    }

    /// What has become of the session that an attempt stands for, without doing anything to it. Without a report while it is open.
    pub(super) async fn look_at_checkout(
        &self,
        attempt: &Attempt,
        checkout: &CheckoutId,
        within: Duration,
    ) -> Result<Answered, PaymentsError> {
        let id = ObjectId::parse(checkout.as_str()).map_err(unfit)?;
        let session = self.client().checkout_session(&id, within).await.map_err(|error| self.failed(&error))?;
        Ok(self.came_of_session(attempt, &session, within).await?.unwrap_or_default())
    }

    /// `None` while nothing has.
    async fn came_of_session(
        &self,
        attempt: &Attempt,
        session: &Answer<CheckoutSession>,
        within: Duration,
    ) -> Result<Option<Answered>, PaymentsError> {
        match &session.value.state {
            SessionState::Completed => self.completed(attempt, session, within).await.map(Some),
            SessionState::Canceled => {
                let outcome = Outcome::Declined { decline: given_up(session.value.reason.as_ref()) };
                let report = Report::Charge { attempt: Some(attempt.number), outcome };
                Ok(Some(Answered { report: Some(report), request: request(Some(&session.seen)) }))
            }
            SessionState::Open | SessionState::Unknown(_) => Ok(None),
        }
    }

    /// The charge of a session that is completed. Where it cannot be seen now, its name is worth keeping: by it, it is found.
    async fn completed(&self, attempt: &Attempt, session: &Answer<CheckoutSession>, within: Duration) -> Result<Answered, PaymentsError> {
        let no_charge = || PaymentsError::Unknown { request: request(Some(&session.seen)), source: Box::new(NoCharge) };
        let charge = session.value.charge.as_ref().ok_or_else(no_charge)?;
        let consent = session.value.charge_permission.as_ref();
        let names = Names {
            authorization: AmazonId::parse(charge.as_str()).ok(),
            consent: consent.and_then(|id| BillingAgreementId::parse(id.as_str()).ok()),
            ..Names::default()
        };
        match self.client().charge(charge, within).await {
            Ok(answer) => Ok(reported(attempt.number, &names, &answer)),
            Err(error) => {
                tracing::warn!(error = crate::telemetry::chain(&error), "a charge is looked at later");
                let report = Report::Charge { attempt: Some(attempt.number), outcome: Outcome::Pending { names } };
                Ok(Answered { report: Some(report), request: request(Some(&session.seen)) })
            }
        }
    }
}

/// Why a session that is over has charged nothing (section 6).
const fn given_up(reason: Option<&SessionReason>) -> Decline {
    match reason {
        // Amazon has let the buyer choose until there was nothing left to choose.
        Some(SessionReason::Declined) => Decline::InvalidPaymentMethodHard,
        Some(SessionReason::BuyerCanceled | SessionReason::Expired | SessionReason::AmazonCanceled | SessionReason::Unknown(_)) | None => {
            Decline::NotTried
        }
    }
}

/// Whether the call is refused for what it asks for. A session that is open although it was called something else has not been agreed to.
fn is_turned_down(error: &CallError) -> bool {
    let about_session = error.cause.refusal().is_some_and(|refusal| {
        matches!(refusal.code, errors::ReasonCode::InvalidCheckoutSessionStatus | errors::ReasonCode::AmountMismatch)
    });
    about_session || matches!(verdict(error), Verdict::Refused)
}
