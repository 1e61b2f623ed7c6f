//! Tests of `answers`.

#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not expect, it refuses")]

use serde_json::json;

use super::*;
use crate::domain::order::{Closed, Hindrance};
use crate::domain::payment::Decline;

const ORDER: &str = "PS0123456789ABCDEF1NFV1A0ZZ";

fn order() -> OrderId {
    OrderId::parse(ORDER).unwrap()
}

fn payment(operation: Operation, status: Option<u16>, payload: Value) -> Payment {
    Payment { operation, status, message: None, payload, token: None }
}

/// The outcome of a charge with this status, for 19.99 dollars.
fn charged(status: &Value, captured: &Value) -> Outcome {
    charged_with(&json!({ "authorizationStatus": status, "capturedAmount": captured }))
}

fn charged_with(details: &Value) -> Outcome {
    let mut all = json!({
        "authorizationReferenceId": format!("{ORDER}a1"),
        "authorizationAmount": { "amount": "19.99", "currencyCode": "USD" },
    });
    for (key, value) in details.as_object().unwrap() {
        all[key] = value.clone();
    }
    match read(&payment(Operation::Charge, Some(200), json!({ "authorizationDetails": all })), World::Live, Some(&order())) {
        Answer::Charge { outcome, .. } => outcome,
        other => panic!("{other:?}"),
    }
}

fn dollars(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "USD" })
}

fn taken(minor: i64) -> Outcome {
    Outcome::Captured { amount: Some(Money::new(minor, Currency::Usd)), names: Names::default() }
}

#[test]
fn only_the_documented_states_are_success() {
    let state = |state: &str, reason: Value| charged(&json!({ "state": state, "reasonCode": reason }), &Value::Null);
    let names = Names::default;
    assert_eq!(state("Closed", json!("MaxCapturesProcessed")), taken(1_999));
    assert_eq!(state("Completed", Value::Null), taken(1_999));
    assert_eq!(state("Open", Value::Null), Outcome::Authorized { amount: Some(Money::new(1_999, Currency::Usd)), names: names() });
    assert_eq!(state("Pending", Value::Null), Outcome::Pending { names: names() });
    assert_eq!(state("Closed", json!("ExpiredUnused")), Outcome::Closed { why: Closed::ExpiredUnused, names: names() });
    assert_eq!(state("Closed", json!("SellerClosed")), Outcome::Closed { why: Closed::SellerClosed, names: names() });
    assert_eq!(state("Closed", json!("AmazonClosed")), Outcome::Closed { why: Closed::Otherwise, names: names() });
    for (unknown, reason) in [
        ("Closed", Value::Null),
        ("Closed", json!("SomethingNew")),
        ("Open", json!("SomethingNew")),
        ("Pending", json!("SomethingNew")),
        ("Declined", Value::Null),
        ("Declined", json!("SomethingNew")),
        ("Completed", json!("SomethingNew")),
        ("Captured", Value::Null),
        ("OK", json!("MaxCapturesProcessed")),
        ("", Value::Null),
    ] {
        assert_eq!(state(unknown, reason.clone()), Outcome::Unclear, "{unknown} {reason}");
    }
}

#[test]
fn declines_tell_soft_from_hard() {
    let declined = |reason: &str, soft: Value| {
        let status = json!({ "state": "Declined", "reasonCode": reason });
        charged_with(&json!({ "authorizationStatus": status, "softDecline": soft, "capturedAmount": { "amount": "?" } }))
    };
    let decline = |decline| Outcome::Declined { decline };
    for soft in [json!(true), json!("true"), json!("True")] {
        assert_eq!(declined("InvalidPaymentMethod", soft), decline(Decline::InvalidPaymentMethodSoft));
    }
    for hard in [json!(false), json!("false"), json!(null), json!(1)] {
        assert_eq!(declined("InvalidPaymentMethod", hard), decline(Decline::InvalidPaymentMethodHard));
    }
    assert_eq!(declined("AmazonRejected", json!(true)), decline(Decline::AmazonRejected));
    assert_eq!(declined("ProcessingFailure", json!(false)), decline(Decline::ProcessingFailure));
    assert_eq!(declined("TransactionTimedOut", json!(false)), decline(Decline::TransactionTimedOut));
}

#[test]
fn a_success_with_an_amount_that_cannot_be_read_is_no_success() {
    let success = || json!({ "state": "Closed", "reasonCode": "MaxCapturesProcessed" });
    assert_eq!(charged(&success(), &dollars("19.99")), taken(1_999));
    assert_eq!(charged(&success(), &json!({ "amount": 19.99, "currencyCode": "USD" })), taken(1_999));
    // Another amount than was asked for is for the order to judge.
    assert_eq!(charged(&success(), &dollars("1.00")), taken(100));
    for odd in [
        dollars("0.00"),
        dollars("-19.99"),
        dollars("19.999"),
        dollars("1e3"),
        dollars(""),
        json!("19.99"),
        json!({}),
        json!({ "amount": "1", "currencyCode": "AUD" }),
    ] {
        assert_eq!(charged(&success(), &odd), Outcome::Unclear, "{odd}");
    }
    let odd = json!({ "authorizationStatus": { "state": "Open" }, "authorizationAmount": "19.99" });
    assert_eq!(charged_with(&odd), Outcome::Unclear);
    // Closed with money taken, for a reason that means no money.
    assert_eq!(charged(&json!({ "state": "Closed", "reasonCode": "ExpiredUnused" }), &dollars("19.99")), Outcome::Unclear);
}

#[test]
fn version_1_has_the_state_elsewhere() {
    assert_eq!(
        charged_with(&json!({ "state": "Open" })),
        Outcome::Authorized { amount: Some(Money::new(1_999, Currency::Usd)), names: Names::default() }
    );
    // Where both are there, the documented place counts.
    let both = json!({ "state": "Open", "authorizationStatus": { "state": "Declined", "reasonCode": "AmazonRejected" } });
    assert_eq!(charged_with(&both), Outcome::Declined { decline: Decline::AmazonRejected });
    let payload = json!({ "SetupAmazonPayResponse": { "billingAgreementDetails": { "billingAgreementId": "B01-1", "billingAgreementStatus": "OPEN" } } });
    let answer = read(&payment(Operation::Setup, Some(200), payload), World::Live, None);
    assert!(matches!(answer, Answer::SetUp { status: AgreementStatus::Open, agreement: Some(_), .. }), "{answer:?}");
}

#[test]
fn only_this_orders_attempts_count() {
    let with_reference = |reference: Value, order: Option<&OrderId>| {
        let details = json!({
            "authorizationReferenceId": reference,
            "authorizationAmount": dollars("19.99"),
            "authorizationStatus": { "state": "Closed", "reasonCode": "MaxCapturesProcessed" },
        });
        match read(&payment(Operation::Charge, Some(200), json!({ "authorizationDetails": details })), World::Live, order) {
            Answer::Charge { attempt, outcome, .. } => (attempt, outcome),
            other => panic!("{other:?}"),
        }
    };
    for number in [1, 2, 99] {
        let (attempt, outcome) = with_reference(json!(format!("{ORDER}a{number}")), Some(&order()));
        assert_eq!(attempt, Some(number));
        assert!(matches!(outcome, Outcome::Captured { .. }));
    }
    for foreign in [
        "ref0001",
        "",
        "a1",
        &format!("{ORDER}a"),
        &format!("{ORDER}a01"),
        &format!("{ORDER}a0"),
        &format!("{ORDER}a300"),
        &format!("{ORDER}a+1"),
    ] {
        assert_eq!(with_reference(json!(foreign), Some(&order())), (None, Outcome::Unclear), "{foreign}");
    }
    assert_eq!(with_reference(json!(7), Some(&order())), (None, Outcome::Unclear));
    assert_eq!(with_reference(json!(format!("{ORDER}a1")), None), (None, Outcome::Unclear));
    let (attempt, outcome) = with_reference(Value::Null, Some(&order()));
    assert!(attempt.is_none() && matches!(outcome, Outcome::Captured { .. }));
}

#[test]
fn an_agreement_of_another_world_is_not_used() {
    let set_up = |release: Value, world: World| {
        let details = json!({ "billingAgreementId": "B01-1", "billingAgreementStatus": "OPEN", "releaseEnvironment": release });
        read(&payment(Operation::Setup, Some(200), json!({ "billingAgreementDetails": details })), world, None)
    };
    for (release, world) in [("LIVE", World::Simulated), ("LIVE", World::Sandbox), ("SANDBOX", World::Live), ("OTHER", World::Live)] {
        assert_eq!(set_up(json!(release), world), Answer::SetupFailed(Trouble::Shop), "{release} {world:?}");
    }
    for (release, world) in
        [(json!("SANDBOX"), World::Simulated), (json!("sandbox"), World::Sandbox), (json!("LIVE"), World::Live), (Value::Null, World::Live)]
    {
        assert!(matches!(set_up(release, world), Answer::SetUp { .. }));
    }
}

#[test]
fn agreement_statuses_are_read() {
    let status = |status: &str| agreement_status(&json!(status));
    assert_eq!(status("DRAFT"), AgreementStatus::Draft);
    assert_eq!(status("SUSPENDED"), AgreementStatus::Suspended);
    assert_eq!(status("CANCELED"), AgreementStatus::Canceled);
    assert_eq!(status("Closed"), AgreementStatus::Closed);
    assert_eq!(status("NEW"), AgreementStatus::Unknown);
    assert_eq!(agreement_status(&Value::Null), AgreementStatus::Unknown);
}

#[test]
fn errors_name_their_code_somewhere() {
    let failed = |status: Option<u16>, message: Option<&str>, payload: Value| {
        let payment = Payment { message: message.map(str::to_owned), ..payment(Operation::Charge, status, payload) };
        match read(&payment, World::Live, Some(&order())) {
            Answer::ChargeFailed { outcome, trouble } => (outcome, trouble),
            other => panic!("{other:?}"),
        }
    };
    let coded = |code: &str| json!({ "errorCode": code, "errorMessage": "for developers" });
    let not_tried = |trouble| {
        let because = if trouble == Trouble::Agreement { Hindrance::Agreement } else { Hindrance::Request };
        (Outcome::NotTried { because }, trouble)
    };
    let unclear = |trouble| (Outcome::Unclear, trouble);
    assert_eq!(failed(Some(400), Some("?"), coded("PeriodicAmountExceeded")), not_tried(Trouble::MonthlyLimit));
    for payload in [Value::Null, json!({}), json!("text"), json!([]), coded(""), coded("SomethingNew")] {
        assert_eq!(failed(Some(403), Some("ACCESS_DENIED"), payload), not_tried(Trouble::Permission));
    }
    assert_eq!(failed(Some(400), None, coded("InvalidBillingAgreementId")), not_tried(Trouble::Agreement));
    assert_eq!(failed(Some(403), None, coded("VoicePurchaseNotEnabled")), not_tried(Trouble::VoicePurchaseOff));
    assert_eq!(failed(Some(500), Some("InvalidParameterValue"), Value::Null), unclear(Trouble::Shop));
    assert_eq!(failed(Some(503), None, Value::Null), unclear(Trouble::Later));
    assert_eq!(failed(Some(400), None, Value::Null), unclear(Trouble::Shop));
    assert_eq!(failed(None, Some("OK"), Value::Null), unclear(Trouble::Later));
    // The agreement is suspended; of an earlier attempt under the same id it says nothing.
    let declined = Outcome::NotTried { because: Hindrance::Agreement };
    assert_eq!(failed(Some(400), Some("InvalidPaymentMethod"), Value::Null), (declined, Trouble::Spoken));
    let setup = read(&payment(Operation::Setup, Some(400), coded("InvalidShippingAddress")), World::Live, None);
    assert_eq!(setup, Answer::SetupFailed(Trouble::Spoken));
    assert_eq!(read(&payment(Operation::Setup, None, Value::Null), World::Live, None), Answer::SetupFailed(Trouble::Later));
    assert_eq!(read(&payment(Operation::Setup, Some(200), Value::Null), World::Live, None), Answer::SetupFailed(Trouble::Shop));
    assert_eq!(charged_with(&json!({})), Outcome::Unclear);
}
