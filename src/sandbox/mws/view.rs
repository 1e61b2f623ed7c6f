//! Answers in the shapes of the collected ones (section 5, `fixtures/amazon-pay/mws-xml`).

use serde_json::{Value, json};

use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::sandbox::view::buyer_details;
use crate::simulator::amazon_pay::account::{
    Account, Charge, ChargeState, OrderReference, OrderState, Permission, Refund, RefundState, Standing,
};
use crate::simulator::amazon_pay::{Buyer, End, Status};
use crate::simulator::clock::iso_millis;

pub fn moment(at: Time) -> String {
    iso_millis(at)
}

pub fn price(money: Money) -> Value {
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

/// Where a buyer's things go. Until the merchant confirms, name, street and phone are hidden (section 5).
fn destination(buyer: &str, opened: bool) -> Option<Value> {
    let address = Buyer::named(buyer).and_then(|buyer| buyer.destination())?;
    let names = [("City", "city"), ("StateOrRegion", "stateOrRegion"), ("PostalCode", "postalCode"), ("CountryCode", "countryCode")];
    let hidden = [
        ("Name", "name"),
        ("AddressLine1", "addressLine1"),
        ("AddressLine2", "addressLine2"),
        ("AddressLine3", "addressLine3"),
        ("Phone", "phone"),
    ];
    let shown = names.into_iter().chain(hidden.into_iter().filter(|_| opened));
    let fields = shown.filter_map(|(name, own)| Some((name.to_owned(), address.get(own)?.clone())));
    Some(json!({ "DestinationType": "Physical", "PhysicalDestination": Value::Object(fields.collect()) }))
}

/// Who buys, once the merchant may know.
fn who(buyer: &str, opened: bool) -> Value {
    let known = buyer_details(buyer);
    if opened { json!({ "Name": known["name"], "Email": known["email"] }) } else { Value::Null }
}

fn constraints(all: &[(&str, &str)]) -> Value {
    let all: Vec<_> = all.iter().map(|(id, description)| json!({ "ConstraintID": id, "Description": description })).collect();
    if all.is_empty() { Value::Null } else { json!({ "Constraint": all }) }
}

const NO_CONSENT: [(&str, &str); 1] = [("BuyerConsentNotSet", "The buyer has not given consent for this billing agreement.")];

pub fn agreement(held: &Permission, opened: bool) -> Value {
    let reason = match &held.standing {
        Standing::NonChargeable(_) if state(held) == "Suspended" => Some("InvalidPaymentMethod"),
        Standing::Closed(reason) if reason == "MerchantClosed" => Some("SellerClosed"),
        Standing::Closed(reason) => Some(reason.as_str()),
        Standing::Chargeable | Standing::NonChargeable(_) => None,
    };
    let consent = held.consent.unwrap_or(true);
    let words = |name: &str| held.merchant_metadata.get(name).cloned().unwrap_or_default();
    json!({ "BillingAgreementDetails": {
        "AmazonBillingAgreementId": held.id,
        "BillingAgreementStatus": status(state(held), reason, held.updated),
        "BillingAgreementConsent": consent,
        "Constraints": constraints(if consent { &[] } else { &NO_CONSENT }),
        "Destination": destination(&held.buyer, opened),
        "Buyer": who(&held.buyer, opened),
        "SellerBillingAgreementAttributes": {
            "SellerBillingAgreementId": words("merchantReferenceId"), "StoreName": words("merchantStoreName"),
            "CustomInformation": words("customInformation"),
        },
        "SellerNote": words("noteToBuyer"),
        "BillingAgreementType": held.recurring_metadata.get("billingAgreementType"),
        "SubscriptionAmount": held.recurring_metadata.get("subscriptionAmount"),
        "ReleaseEnvironment": environment(held.sandbox),
        "CreationTimestamp": moment(held.created),
    } })
}

const fn environment(sandbox: bool) -> &'static str {
    if sandbox { "Sandbox" } else { "Live" }
}

pub fn order(account: &Account, held: &OrderReference, buyer: &str, opened: bool) -> Value {
    let (state, reason) = held.state();
    let opened = opened || held.state != OrderState::Draft;
    let words = |name: &str| held.told.get(name).cloned().unwrap_or_default();
    let authorizations: Vec<_> = account.charges_of(held).map(authorization_id).collect();
    json!({ "OrderReferenceDetails": {
        "AmazonOrderReferenceId": held.id,
        "OrderReferenceStatus": status(state, reason, held.updated),
        "OrderTotal": held.total.map(price),
        "Constraints": constraints(&if held.state == OrderState::Draft { held.constraints() } else { Vec::new() }),
        "Destination": destination(buyer, opened),
        "Buyer": who(buyer, opened),
        "IdList": { "member": authorizations },
        "ParentDetails": { "Id": held.agreement, "Type": "BillingAgreement" },
        "SellerOrderAttributes": {
            "SellerOrderId": words("SellerOrderId"), "StoreName": words("StoreName"), "CustomInformation": words("CustomInformation"),
        },
        "SellerNote": words("SellerNote"),
        "ReleaseEnvironment": environment(held.sandbox),
        "CreationTimestamp": moment(held.created),
        "ExpirationTimestamp": moment(held.expires()),
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

/// The letter at index 20 differs (`reference/amazon-pay-v2.md` section 13).
fn authorization_id(held: &Charge) -> String {
    let (order, number) = held.id.split_once("-C").unwrap_or((&held.id, ""));
    format!("{order}-A{number}")
}

pub fn authorization(held: &Charge) -> Value {
    let nothing = Money::zero(held.amount.currency());
    let (state, reason) = match End::from(&held.state) {
        End::AsAsked => ("Closed", Some("MaxCapturesProcessed")),
        End::Authorized => ("Open", None),
        End::Pending { .. } => ("Pending", None),
        End::Declined { reason, .. } => ("Declined", Some(reason)),
        End::Closed { reason } => ("Closed", Some(reason)),
    };
    let request = held.directive.as_ref();
    json!({
        "AmazonAuthorizationId": authorization_id(held),
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
