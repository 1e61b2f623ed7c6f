//! Between the two rails: a billing agreement is a charge permission, an authorization is a charge
//! (`reference/amazon-pay-v2.md` section 13), and both speak of the same states in words of their own.

use super::account::{Charge, ChargeState, Decline, Kind, Permission, Standing};
use super::outcome::{End, Status};
use super::{digits, payload};
use crate::domain::money::Currency;
use crate::domain::time::Time;

impl From<Status> for Standing {
    fn from(status: Status) -> Self {
        let non_chargeable = |reason: &str| Self::NonChargeable(reason.to_owned());
        match status {
            Status::Open => Self::Chargeable,
            Status::Draft => non_chargeable("PaymentMethodNotSet"),
            Status::Suspended => non_chargeable("PaymentMethodInvalid"),
            Status::Closed => Self::Closed("MerchantClosed".to_owned()),
            Status::Canceled => Self::Closed("AmazonCanceled".to_owned()),
        }
    }
}

impl From<&Standing> for Status {
    fn from(standing: &Standing) -> Self {
        match standing {
            Standing::Chargeable => Self::Open,
            Standing::NonChargeable(reason) if reason == "PaymentMethodNotSet" => Self::Draft,
            Standing::NonChargeable(_) => Self::Suspended,
            Standing::Closed(reason) if reason.ends_with("Canceled") || reason == "Stale" => Self::Canceled,
            Standing::Closed(_) => Self::Closed,
        }
    }
}

impl From<&ChargeState> for End {
    fn from(state: &ChargeState) -> Self {
        let declined = |reason, soft| Self::Declined { reason, soft };
        match state {
            ChargeState::AuthorizationInitiated { declined } => Self::Pending { declined: *declined },
            ChargeState::Authorized => Self::Authorized,
            ChargeState::CaptureInitiated | ChargeState::Captured => Self::AsAsked,
            ChargeState::Declined(Decline::SoftDeclined) => declined("InvalidPaymentMethod", true),
            ChargeState::Declined(Decline::HardDeclined) => declined("InvalidPaymentMethod", false),
            ChargeState::Declined(other) => declined(other.code(), false),
            ChargeState::Canceled(reason) => Self::Closed {
                reason: match reason.as_str() {
                    "ExpiredUnused" => "ExpiredUnused",
                    "MerchantCanceled" => "SellerClosed",
                    "OrderReferenceCanceled" => "OrderReferenceCanceled",
                    _ => "AmazonClosed",
                },
            },
        }
    }
}

/// The state in which an authorization begins that is to end like this.
fn begins(end: End, capture: bool) -> ChargeState {
    match end {
        End::AsAsked if capture => ChargeState::Captured,
        End::AsAsked | End::Authorized => ChargeState::Authorized,
        End::Pending { declined } => ChargeState::AuthorizationInitiated { declined },
        End::Declined { reason, soft } => ChargeState::Declined(match (reason, soft) {
            ("InvalidPaymentMethod", true) => Decline::SoftDeclined,
            ("InvalidPaymentMethod", false) => Decline::HardDeclined,
            ("AmazonRejected", _) => Decline::AmazonRejected,
            ("TransactionTimedOut", _) => Decline::TransactionTimedOut,
            _ => Decline::ProcessingFailure,
        }),
        End::Closed { reason } => ChargeState::Canceled(if reason == "ExpiredUnused" { reason } else { "AmazonCanceled" }.to_owned()),
    }
}

/// A billing agreement as it begins.
pub fn agreement(id: String, buyer: &str, seller: &str, currency: Currency, sandbox: bool, now: Time) -> Permission {
    Permission {
        id,
        kind: Kind::BillingAgreement,
        buyer: buyer.to_owned(),
        seller: Some(seller.to_owned()),
        language: None,
        currency,
        sandbox,
        limit: None,
        created: now,
        expires: None,
        standing: Standing::Chargeable,
        updated: now,
        card: None,
        merchant_metadata: serde_json::Value::Null,
        recurring_metadata: serde_json::Value::Null,
        consent: None,
    }
}

/// The charge that a directive asks for. Its id is that of the capture; the authorization's differs in one letter.
pub fn charge(request: &payload::Charge, agreement: &Permission, end: End, now: Time) -> Charge {
    let names = format!("{} {}", request.seller, request.reference);
    let letter = if agreement.sandbox { 'S' } else { 'P' };
    let state = begins(end, request.capture);
    Charge {
        id: format!("{letter}{}-{}-{}-C{}", &agreement.id[1..3], digits(3, &names), digits(4, &names), &digits(5, &names)[1..]),
        permission: agreement.id.clone(),
        sandbox: agreement.sandbox,
        amount: request.amount,
        capture_now: request.capture,
        soft_descriptor: request.soft_descriptor.clone(),
        told: serde_json::json!({ "merchantMetadata": { "merchantReferenceId": request.order }, "channel": "Alexa" }),
        created: now,
        updated: now,
        captured: (state == ChargeState::Captured).then_some(request.amount),
        state,
        directive: Some(request.clone()),
    }
}
