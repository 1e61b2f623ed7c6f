//! [`Charges`] over API v2: a saved wallet, charged while its buyer waits (section 10).
//!
//! The permission is not read first, as the page advises: the charge itself is refused where the permission is not chargeable, and only
//! then is it worth a call, and a buyer's time, to learn why.

use std::time::Duration;

use tokio::time::Instant;

use super::client::{CallError, Cause};
use super::errors::{self, ReasonCode};
use super::payments::{Account, Verdict, refused, reported, unfit, verdict};
use super::wire::answers::{PermissionReason, PermissionState};
use super::wire::requests::{Channel, ChargeInitiator, CreateCharge, MerchantMetadata};
use super::wire::{ObjectId, Price};
use crate::domain::ids::AmazonId;
use crate::domain::order::{Hindrance, Order, Outcome, Report, Standing, State};
use crate::domain::payment::{Attempt, CaptureMode, Names, Timing};
use crate::ports::{Answered, Charges, PaymentsError};

/// A stored order without a wallet was never to be charged.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the order names no charge permission")]
struct NoPermission;

impl Charges for Account {
    async fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> Result<Answered, PaymentsError> {
        if let Some(checkout) = &attempt.checkout {
            return self.check_out(order, attempt, checkout, within).await;
        }
        let deadline = Instant::now() + within;
        let permission = order.agreement.as_ref().ok_or(NoPermission).map_err(unfit)?;
        let permission = ObjectId::parse(permission.as_str()).map_err(unfit)?;
        let error = match self.client().create_charge(&body(&permission, order, attempt), &attempt.id(&order.id), within).await {
            Ok(answer) => {
                // By this name it is captured, refunded and asked for.
                let named = AmazonId::parse(answer.value.id.as_str()).ok();
                return Ok(reported(attempt.number, &Names { authorization: named, ..Names::default() }, &answer));
            }
            Err(error) => error,
        };
        let report =
            |outcome| Answered { report: Some(Report::Charge { attempt: Some(attempt.number), outcome }), request: refused(&error) };
        if let errors::Outcome::Declined(decline) = error.outcome() {
            return Ok(report(Outcome::Declined { decline }));
        }
        match verdict(&error) {
            Verdict::Refused => Ok(report(Outcome::NotTried { because: self.why(order, &permission, &error, deadline).await })),
            Verdict::NotAdmitted | Verdict::Open => Err(self.failed(&error)),
        }
    }
}

impl Account {
    /// What stood in the way of a charge that was refused. Where an earlier call may have charged, the refusal settles nothing, and the
    /// reason is worth no call.
    async fn why(&self, order: &Order, permission: &ObjectId, error: &CallError, deadline: Instant) -> Hindrance {
        let first = matches!(order.state, State::Charging { standing: Standing::Sent, .. });
        let about_permission = matches!(&error.cause, Cause::Refused(refusal) if refusal.code == ReasonCode::InvalidChargePermissionStatus);
        if !first || !about_permission {
            return Hindrance::Request;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(read) = self.client().charge_permission(permission, left).await else { return Hindrance::Request };
        match read.value.state {
            PermissionState::Closed => Hindrance::Agreement,
            PermissionState::NonChargeable if read.value.reasons.iter().any(asks_the_buyer) => Hindrance::PaymentMethod,
            PermissionState::Chargeable | PermissionState::NonChargeable | PermissionState::Unknown(_) => Hindrance::Request,
        }
    }
}

/// The same for every repetition of an attempt: with another body, the key would be refused.
fn body(permission: &ObjectId, order: &Order, attempt: &Attempt) -> CreateCharge {
    CreateCharge {
        charge_permission_id: permission.clone(),
        charge_amount: Price(attempt.amount),
        capture_now: attempt.capture == CaptureMode::Immediate,
        soft_descriptor: None,
        can_handle_pending_authorization: attempt.timing == Timing::Asynchronous,
        merchant_metadata: Some(MerchantMetadata { merchant_reference_id: Some(order.id.to_string()), ..MerchantMetadata::default() }),
        platform_id: None,
        charge_initiator: Some(ChargeInitiator::Citu),
        channel: Some(Channel::Alexa),
    }
}

/// Whether the buyer can put it right on Amazon's page (section 6: the seven reasons about the payment method).
const fn asks_the_buyer(reason: &PermissionReason) -> bool {
    matches!(
        reason,
        PermissionReason::PaymentMethodInvalid
            | PermissionReason::PaymentMethodDeleted
            | PermissionReason::BillingAddressDeleted
            | PermissionReason::PaymentMethodExpired
            | PermissionReason::PaymentMethodNotAllowed
            | PermissionReason::PaymentMethodNotSet
            | PermissionReason::MFAFailed
    )
}
