//! Answers in the shapes of the collected ones (section 5, `fixtures/amazon-pay/mws-xml`).

use serde_json::{Value, json};

use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::{Account, Charge, ChargeState, Permission, Refund, RefundState};
use crate::simulator::amazon_pay::{Buyer, End, Status};
use crate::simulator::clock::iso_millis;

pub fn moment(at: Time) -> String {
    iso_millis(at)
}

fn price(money: Money) -> Value {
    json!({ "CurrencyCode": money.currency().code(), "Amount": money.decimal() })
}

fn status(state: &str, reason: Option<&str>, at: Time) -> Value {
    let mut status = json!({ "LastUpdateTimestamp": moment(at), "State": state });
    if let Some(reason) = reason {
        status["ReasonCode"] = reason.into();
    }
    status
}

/// The state's name: capitals on the directive rail, one here.
fn state(held: &Permission) -> &'static str {
    match Status::from(&held.standing) {
        Status::Open => "Open",
        Status::Draft => "Draft",
        Status::Suspended => "Suspended",
        Status::Closed => "Closed",
        Status::Canceled => "Canceled",
    }
}

pub fn agreement(held: &Permission) -> Value {
    let destination = Buyer::named(&held.buyer).and_then(|buyer| buyer.destination()).map(|address| {
        let field = |name: &str| address.get(name).cloned().unwrap_or_default();
        json!({ "DestinationType": "Physical", "PhysicalDestination": {
            "Name": field("name"), "AddressLine1": field("addressLine1"), "City": field("city"), "StateOrRegion": field("stateOrRegion"),
            "PostalCode": field("postalCode"), "CountryCode": field("countryCode"), "Phone": field("phone"),
        } })
    });
    json!({ "BillingAgreementDetails": {
        "AmazonBillingAgreementId": held.id,
        "BillingAgreementStatus": { "State": state(held), "LastUpdateTimestamp": moment(held.updated) },
        "BillingAgreementConsent": true,
        "Destination": destination,
        "ReleaseEnvironment": if held.sandbox { "Sandbox" } else { "Live" },
        "CreationTimestamp": moment(held.created),
    } })
}

/// Here, and only here, it is `LastUpdatedTimestamp`.
pub fn validation(held: &Permission) -> Value {
    let status = json!({ "State": state(held), "LastUpdatedTimestamp": moment(held.updated) });
    if Status::from(&held.standing) == Status::Open {
        json!({ "ValidationResult": "Success", "BillingAgreementStatus": status })
    } else {
        json!({ "ValidationResult": "Failure", "FailureReasonCode": "InvalidPaymentMethod", "BillingAgreementStatus": status })
    }
}

pub fn authorization(held: &Charge) -> Value {
    let nothing = Money::zero(held.amount.currency());
    let (order, number) = held.id.split_once("-C").unwrap_or((&held.id, ""));
    let (state, reason) = match End::from(&held.state) {
        End::AsAsked => ("Closed", Some("MaxCapturesProcessed")),
        End::Authorized => ("Open", None),
        End::Pending { .. } => ("Pending", None),
        End::Declined { reason, .. } => ("Declined", Some(reason)),
        End::Closed { reason } => ("Closed", Some(reason)),
    };
    let request = held.directive.as_ref();
    json!({
        "AmazonAuthorizationId": format!("{order}-A{number}"),
        "AuthorizationReferenceId": request.map(|request| &request.reference),
        "AuthorizationAmount": price(held.amount),
        "CapturedAmount": price(held.captured.unwrap_or(nothing)),
        "AuthorizationFee": price(nothing),
        "IdList": { "member": held.is_captured().then_some(&held.id).into_iter().collect::<Vec<_>>() },
        "CreationTimestamp": moment(held.created),
        "ExpirationTimestamp": moment(held.expires()),
        "AuthorizationStatus": status(state, reason, held.updated),
        "SoftDecline": matches!(End::from(&held.state), End::Declined { soft: true, .. }),
        "CaptureNow": held.capture_now,
        "SoftDescriptor": held.soft_descriptor.as_ref().map(|descriptor| format!("AMZ*{descriptor}")),
        "SellerAuthorizationNote": request.map(|request| &request.note),
    })
}

pub fn capture(account: &Account, held: &Charge, reference: Option<&String>) -> Value {
    let (state, reason) = match held.state {
        ChargeState::CaptureInitiated => ("Pending", None),
        ChargeState::Captured => ("Completed", None),
        ChargeState::Declined(decline) => ("Declined", Some(decline.code())),
        // Nothing that was captured comes to these.
        ChargeState::AuthorizationInitiated { .. } | ChargeState::Authorized | ChargeState::Canceled(_) => ("Pending", None),
    };
    json!({
        "AmazonCaptureId": held.id,
        "CaptureReferenceId": reference,
        "CaptureAmount": price(held.captured.unwrap_or(held.amount)),
        "RefundedAmount": price(account.refunded(&held.id, held.amount)),
        "CaptureFee": price(Money::zero(held.amount.currency())),
        "IdList": null,
        "CreationTimestamp": moment(held.updated),
        "CaptureStatus": status(state, reason, held.updated),
        "SoftDescriptor": held.soft_descriptor.as_ref().map(|descriptor| format!("AMZ*{descriptor}")),
    })
}

pub fn refund(held: &Refund, reference: Option<&String>) -> Value {
    let (state, reason) = match &held.state {
        RefundState::RefundInitiated => ("Pending", None),
        RefundState::Refunded => ("Completed", None),
        RefundState::Declined(reason) => ("Declined", Some(reason.as_str())),
    };
    json!({
        "AmazonRefundId": held.id,
        "RefundReferenceId": reference,
        "RefundType": "SellerInitiated",
        "RefundAmount": price(held.amount),
        "FeeRefunded": price(Money::zero(held.amount.currency())),
        "CreationTimestamp": moment(held.created),
        "RefundStatus": status(state, reason, held.updated),
        "SoftDescriptor": held.soft_descriptor.as_ref().map(|descriptor| format!("AMZ*{descriptor}")),
    })
}
