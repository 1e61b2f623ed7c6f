//! Writes answers in the shapes of the captured ones (fixtures `pay-setup-200-ja-JP.json` and `pay-charge-200-ja-JP-closed.json`).

use serde_json::{Map, Value, json};

use super::account::{Charge, Permission};
use super::buyers::Buyer;
use super::errors::{PayError, Step};
use super::outcome::Status;
use super::outcome::{Delivery, End, Odd};
use super::payload::Setup;
use super::{Answer, payload};
use crate::domain::money::Money;
use crate::simulator::clock::iso_millis;

fn ok(payload: &Value, summary: String) -> Answer {
    Answer { fields: json!({ "status": { "code": "200", "message": "OK" }, "payload": payload }), summary, delivery: Delivery::Once }
}

/// The answer to a refused step (section 9): the code is text, the message is the error code.
pub fn refusal(error: &PayError) -> Answer {
    Answer {
        fields: json!({ "status": { "code": error.status.to_string(), "message": error.code }, "payload": error.payload() }),
        summary: format!("refused: {} {}: {}", error.status, error.code, error.message),
        delivery: Delivery::Once,
    }
}

/// The answer to Setup (section 7).
pub fn setup(agreement: &Permission, request: &Setup, buyer: &Buyer) -> Answer {
    let status = Status::from(&agreement.standing).code();
    let mut details = json!({
        "releaseEnvironment": if agreement.sandbox { "SANDBOX" } else { "LIVE" },
        "billingAgreementStatus": status,
        "creationTimestamp": iso_millis(agreement.created),
        "billingAgreementId": agreement.id,
    });
    if let Some(language) = &agreement.language {
        details["checkoutLanguage"] = language.as_str().into();
    }
    let mut summary = format!("billing agreement {} of {} is {}", agreement.id, buyer.name, status);
    if let Some(address) = buyer.destination() {
        // Present in the German capture, absent in the Japanese one.
        if request.country != "JP" {
            details["billingAddress"] = address.clone();
        }
        if request.wants_address {
            details["destination"] = address;
        }
    }
    if request.wants_address {
        summary.push_str(&buyer.city().map_or_else(|| ", no address".to_owned(), |city| format!(", ships to {city}")));
    }
    ok(&json!({ "billingAgreementDetails": details }), summary)
}

/// The answer to Charge (section 8).
pub fn charge(held: &Charge, request: &payload::Charge) -> Answer {
    let captured = held.is_captured();
    let (state, reason, soft, verdict) = match End::from(&held.state) {
        End::AsAsked | End::Authorized if captured => ("Closed", Some("MaxCapturesProcessed"), false, "captured".to_owned()),
        End::AsAsked | End::Authorized => ("Open", None, false, "authorized, not captured".to_owned()),
        End::Declined { reason, soft } => {
            ("Declined", Some(reason), soft, format!("declined: {reason}{}", if soft { ", soft: one more try is allowed" } else { "" }))
        }
        End::Pending { .. } => ("Pending", None, false, "pending".to_owned()),
        End::Closed { reason } => ("Closed", Some(reason), false, format!("closed without a sale: {reason}")),
    };
    let (order_reference, number) = held.id.split_once("-C").unwrap_or((&held.id, ""));
    let part = |letter: char| format!("{order_reference}-{letter}{number}");
    let mut status = json!({ "lastUpdateTimestamp": iso_millis(held.created), "state": state });
    if let Some(reason) = reason {
        status["reasonCode"] = reason.into();
    }
    let descriptor = request.soft_descriptor.as_deref().unwrap_or(&request.seller);
    let nothing = Money::zero(request.amount.currency());
    let details = json!({
        "authorizationAmount": price(request.amount),
        "capturedAmount": price(if captured { request.amount } else { nothing }),
        "softDescriptor": format!("AMZ*{descriptor}"),
        "expirationTimestamp": iso_millis(held.expires()),
        "idList": if captured { json!([part('C')]) } else { json!([]) },
        "softDecline": soft,
        "authorizationStatus": status,
        "authorizationFee": price(nothing),
        "captureNow": request.capture,
        "sellerAuthorizationNote": request.note,
        "creationTimestamp": iso_millis(held.created),
        "amazonAuthorizationId": part('A'),
        "authorizationReferenceId": request.reference,
    });
    let summary = format!("{} {} {verdict}, reference {}", request.amount.currency(), request.amount.decimal(), request.reference);
    ok(&json!({ "authorizationDetails": details, "amazonOrderReferenceId": order_reference }), summary)
}

/// Answers write two decimals even for yen (fixture `pay-charge-200-ja-JP-closed.json`).
fn price(amount: Money) -> Value {
    let decimal = amount.decimal();
    let text = if decimal.contains('.') { decimal } else { format!("{decimal}.00") };
    json!({ "amount": text, "currencyCode": amount.currency().code() })
}

/// Makes an answer one of those that a skill must survive.
pub fn distort(fields: &mut Value, step: Step, odd: Odd) {
    let Some(all) = fields.as_object_mut() else { return };
    match odd {
        Odd::BareError => {
            all.insert("payload".to_owned(), json!({}));
        }
        Odd::NullPayload => {
            all.insert("payload".to_owned(), Value::Null);
        }
        Odd::MissingPayload => {
            all.remove("payload");
        }
        Odd::NoStatus => {
            all.remove("status");
        }
        Odd::NumericStatus => {
            if let Some(code) = all.get_mut("status").and_then(|status| status.get_mut("code")) {
                *code = code.as_str().and_then(|code| code.parse::<u16>().ok()).into();
            }
        }
        Odd::UnknownState | Odd::UnknownReason | Odd::MissingStatus | Odd::VersionOne => match step {
            Step::Setup => {
                if let Some(details) = object(all, "/payload/billingAgreementDetails") {
                    distort_setup(details, odd);
                }
            }
            Step::Charge => {
                if let Some(details) = object(all, "/payload/authorizationDetails") {
                    distort_charge(details, odd);
                }
            }
        },
    }
}

fn object<'a>(all: &'a mut Map<String, Value>, path: &str) -> Option<&'a mut Map<String, Value>> {
    path.split('/').skip(1).try_fold(all, |all, key| all.get_mut(key)?.as_object_mut())
}

fn distort_setup(details: &mut Map<String, Value>, odd: Odd) {
    match odd {
        Odd::UnknownState => {
            details.insert("billingAgreementStatus".to_owned(), "REVIEWING".into());
        }
        Odd::MissingStatus => {
            details.remove("billingAgreementStatus");
        }
        Odd::VersionOne => {
            details.remove("billingAddress");
        }
        Odd::UnknownReason | Odd::NullPayload | Odd::MissingPayload | Odd::NoStatus | Odd::NumericStatus | Odd::BareError => {}
    }
}

fn distort_charge(details: &mut Map<String, Value>, odd: Odd) {
    if odd == Odd::MissingStatus {
        details.remove("authorizationStatus");
    }
    let Some(status) = details.get_mut("authorizationStatus").and_then(Value::as_object_mut) else { return };
    match odd {
        Odd::UnknownState => {
            status.insert("state".to_owned(), "Reviewing".into());
            status.remove("reasonCode");
        }
        Odd::UnknownReason => {
            status.insert("reasonCode".to_owned(), "SellerReviewed".into());
        }
        Odd::VersionOne => {
            status.insert("state".to_owned(), "Completed".into());
            status.remove("reasonCode");
        }
        Odd::MissingStatus | Odd::NullPayload | Odd::MissingPayload | Odd::NoStatus | Odd::NumericStatus | Odd::BareError => {}
    }
}
