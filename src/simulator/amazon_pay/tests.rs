use serde_json::json;

use super::*;

pub const NOW: Time = Time::from_unix(1_793_613_600);

pub fn ada() -> Party {
    Party { buyer: Buyer::named("ada").unwrap(), permission: Permission::Granted }
}

fn setup() -> Value {
    json!({"@type": "SetupAmazonPayRequest", "@version": "2", "sellerId": "A1SELLER", "countryOfEstablishment": "US", "ledgerCurrency": "USD",
        "checkoutLanguage": "en_US", "needAmazonShippingAddress": true, "sandboxMode": true, "sandboxCustomerEmailId": "buyer@sandbox.example",
        "billingAgreementAttributes": {"@type": "BillingAgreementAttributes", "@version": "2", "sellerNote": "n",
            "billingAgreementType": "CustomerInitiatedTransaction",
            "sellerBillingAgreementAttributes": {"@type": "SellerBillingAgreementAttributes", "@version": "2", "storeName": "Petal"}}})
}

pub fn charge(agreement: &str, reference: &str) -> Value {
    json!({"@type": "ChargeAmazonPayRequest", "@version": "2", "sellerId": "A1SELLER", "billingAgreementId": agreement,
        "paymentAction": "AuthorizeAndCapture",
        "authorizeAttributes": {"@type": "AuthorizeAttributes", "@version": "2", "authorizationReferenceId": reference,
            "authorizationAmount": {"@type": "Price", "@version": "2", "amount": "19.99", "currencyCode": "USD"},
            "transactionTimeout": 0, "sellerAuthorizationNote": ""},
        "sellerOrderAttributes": {"@type": "SellerOrderAttributes", "@version": "2", "sellerOrderId": "O1", "storeName": "Petal"}})
}

pub fn agreed(pay: &mut AmazonPay) -> String {
    let answer = pay.carry_out(Step::Setup, &setup(), ada(), NOW, Effect::Ordinary);
    answer.fields["payload"]["billingAgreementDetails"]["billingAgreementId"].as_str().expect("an agreement").to_owned()
}

fn code(answer: &Answer) -> &str {
    answer.fields["status"]["message"].as_str().unwrap_or("none")
}

#[test]
fn setup_answers_as_captured_and_returns_an_open_agreement_again() {
    let mut pay = AmazonPay::default();
    let answer = pay.carry_out(Step::Setup, &setup(), ada(), NOW, Effect::Ordinary);
    assert_eq!(answer.fields["status"], json!({"code": "200", "message": "OK"}));
    let details = &answer.fields["payload"]["billingAgreementDetails"];
    assert_eq!(details["billingAgreementStatus"], "OPEN");
    assert_eq!(details["releaseEnvironment"], "SANDBOX");
    assert_eq!(details["destination"]["city"], "Seattle");
    assert_eq!(details["creationTimestamp"], "2026-11-02T10:00:00.000Z");
    let id = details["billingAgreementId"].as_str().unwrap();
    assert!(id.starts_with("C01-") && id.len() == 19, "{id}");
    assert_eq!(agreed(&mut pay), id);
    assert_eq!(pay.set_agreements("ada", Status::Closed), 1);
    assert_ne!(agreed(&mut pay), id, "a closed agreement is not returned again");
}

#[test]
fn a_repeated_reference_charges_once_and_a_changed_one_not_at_all() {
    let mut pay = AmazonPay::default();
    let id = agreed(&mut pay);
    let first = pay.carry_out(Step::Charge, &charge(&id, "r1"), ada(), NOW, Effect::Ordinary);
    let status = &first.fields["payload"]["authorizationDetails"]["authorizationStatus"];
    assert_eq!((&status["state"], &status["reasonCode"]), (&json!("Closed"), &json!("MaxCapturesProcessed")));
    let again = pay.carry_out(Step::Charge, &charge(&id, "r1"), ada(), NOW.plus(9), Effect::Ordinary);
    assert_eq!(again.fields, first.fields);
    let mut other = charge(&id, "r1");
    other["authorizeAttributes"]["authorizationAmount"]["amount"] = json!("20.00");
    assert_eq!(code(&pay.carry_out(Step::Charge, &other, ada(), NOW, Effect::Ordinary)), "DuplicateRequest");
    let moved: Vec<_> = pay.moved(NOW).collect();
    assert_eq!(moved.len(), 1);
    assert!(moved[0].captured && moved[0].reference == "r1" && moved[0].order.as_deref() == Some("O1"));
}

#[test]
fn each_wrong_setup_gets_its_documented_code() {
    let cases = [
        ("/@version", json!("1"), "InvalidParameterValue"),
        ("/@type", json!("SetupAmazonPay"), "InvalidParameterValue"),
        ("/surprise", json!(1), "InvalidParameterValue"),
        ("/sellerId", json!("not a seller"), "InvalidSellerId"),
        ("/sellerId", Value::Null, "InvalidParameterValue"),
        ("/countryOfEstablishment", json!("GB"), "UnsupportedCountryOfEstablishment"),
        ("/ledgerCurrency", json!("CHF"), "UnsupportedCurrency"),
        ("/ledgerCurrency", json!("JPY"), "UnsupportedCurrency"),
        ("/checkoutLanguage", json!("en-US"), "InvalidParameterValue"),
        ("/sandboxMode", json!("true"), "InvalidParameterValue"),
        ("/sandboxCustomerEmailId", json!("nobody"), "InvalidSandboxCustomerEmail"),
        ("/billingAgreementAttributes/sellerNote", json!("x".repeat(1025)), "InvalidParameterValue"),
        ("/billingAgreementAttributes/billingAgreementType", json!("Other"), "InvalidBillingAgreementType"),
        (
            "/billingAgreementAttributes/subscriptionAmount",
            json!({"@type": "Price", "@version": "2", "amount": "1", "currencyCode": "USD"}),
            "InvalidSubscriptionAmount",
        ),
        ("/billingAgreementAttributes/sellerBillingAgreementAttributes/sellerBillingAgreementId", json!("a b"), "InvalidParameterValue"),
    ];
    for (place, value, expected) in cases {
        let mut payload = setup();
        set(&mut payload, place, value);
        let answer = AmazonPay::default().carry_out(Step::Setup, &payload, ada(), NOW, Effect::Ordinary);
        assert_eq!(code(&answer), expected, "{place}: {}", answer.summary);
        assert_eq!(answer.fields["payload"]["errorCode"], expected);
    }
}

#[test]
fn each_wrong_charge_gets_its_documented_code() {
    let mut pay = AmazonPay::default();
    let id = agreed(&mut pay);
    let cases = [
        ("/billingAgreementId", json!("C01-0000000-0000000"), "InvalidBillingAgreementId"),
        ("/sellerId", json!("A2OTHER"), "UnauthorizedAccess"),
        ("/paymentAction", json!("AUTHORIZE"), "InvalidPaymentAction"),
        ("/authorizeAttributes/authorizationReferenceId", json!("x".repeat(33)), "InvalidParameterValue"),
        ("/authorizeAttributes/authorizationReferenceId", json!("a b"), "InvalidParameterValue"),
        ("/authorizeAttributes/authorizationAmount/amount", json!("0"), "InvalidAuthorizationAmount"),
        ("/authorizeAttributes/authorizationAmount/amount", json!("150000.01"), "InvalidAuthorizationAmount"),
        ("/authorizeAttributes/authorizationAmount/amount", json!("1.999"), "InvalidAuthorizationAmount"),
        ("/authorizeAttributes/authorizationAmount/amount", json!(1), "InvalidParameterValue"),
        ("/authorizeAttributes/authorizationAmount/currencyCode", json!("EUR"), "UnsupportedCurrency"),
        ("/authorizeAttributes/transactionTimeout", json!("0"), "InvalidParameterValue"),
        ("/authorizeAttributes/softDescriptor", json!("x".repeat(17)), "InvalidParameterValue"),
        ("/authorizeAttributes/sellerAuthorizationNote", json!("x".repeat(256)), "InvalidParameterValue"),
        ("/sellerOrderAttributes/sellerOrderId", json!("#1"), "InvalidParameterValue"),
        (
            "/providerAttributes",
            json!({"@type": "ProviderAttributes", "@version": "2", "providerId": "P", "providerCreditList": []}),
            "ProviderNotAuthorized",
        ),
    ];
    for (place, value, expected) in cases {
        let mut payload = charge(&id, "r1");
        set(&mut payload, place, value);
        let answer = pay.carry_out(Step::Charge, &payload, ada(), NOW, Effect::Ordinary);
        assert_eq!(code(&answer), expected, "{place}: {}", answer.summary);
    }
    assert_eq!(pay.moved(NOW).count(), 0);
}

#[test]
fn the_directives_of_the_fixtures_are_accepted() {
    let mut payload = setup();
    payload["countryOfEstablishment"] = json!("DE");
    payload["ledgerCurrency"] = json!("EUR");
    let attributes = &mut payload["billingAgreementAttributes"];
    attributes["billingAgreementType"] = json!("MerchantInitiatedTransaction");
    attributes["platformId"] = json!("ABCDE");
    attributes["subscriptionAmount"] = json!({"@type": "Price", "@version": "2", "amount": "19.99", "currencyCode": "EUR"});
    assert_eq!(code(&AmazonPay::default().carry_out(Step::Setup, &payload, ada(), NOW, Effect::Ordinary)), "OK");
    let mut yen = setup();
    yen["countryOfEstablishment"] = json!("JP");
    yen["ledgerCurrency"] = json!("JPY");
    let mut pay = AmazonPay::default();
    let answer = pay.carry_out(Step::Setup, &yen, ada(), NOW, Effect::Ordinary);
    let details = &answer.fields["payload"]["billingAgreementDetails"];
    assert!(details.get("billingAddress").is_none());
    let mut spent = charge(details["billingAgreementId"].as_str().unwrap(), "r1");
    spent["authorizeAttributes"]["authorizationAmount"] =
        json!({"@type": "Price", "@version": "2", "amount": "300", "currencyCode": "JPY"});
    let answer = pay.carry_out(Step::Charge, &spent, ada(), NOW, Effect::Ordinary);
    assert_eq!(answer.fields["payload"]["authorizationDetails"]["capturedAmount"]["amount"], "300.00");
}

#[test]
fn every_outcome_can_be_asked_for_by_name_and_none_captures_twice() {
    for name in Outcome::names() {
        let outcome = Outcome::named(name).unwrap();
        let mut pay = AmazonPay::default();
        let id = agreed(&mut pay);
        if outcome.step != Some(Step::Charge) {
            let answer = pay.carry_out(Step::Setup, &setup(), ada(), NOW, outcome.effect);
            assert!(!answer.summary.is_empty());
        }
        if outcome.step != Some(Step::Setup) {
            pay.set_agreements("ada", Status::Open);
            pay.carry_out(Step::Charge, &charge(&id, "r1"), ada(), NOW, outcome.effect);
            pay.carry_out(Step::Charge, &charge(&id, "r1"), ada(), NOW.plus(60), outcome.effect);
        }
        assert!(pay.moved(NOW.plus(120)).filter(|moved| moved.captured).count() <= 1, "{name}");
    }
}

#[test]
fn declines_are_200s_and_a_hard_one_suspends_the_agreement() {
    let mut pay = AmazonPay::default();
    let id = agreed(&mut pay);
    let mut answer_of = |reference: &str, name: &str| {
        pay.carry_out(Step::Charge, &charge(&id, reference), ada(), NOW, Outcome::named(name).unwrap().effect).fields
    };
    let soft = answer_of("r1", "declined-soft");
    assert_eq!(soft["status"]["code"], "200");
    assert_eq!(soft["payload"]["authorizationDetails"]["softDecline"], true);
    assert_eq!(soft["payload"]["authorizationDetails"]["idList"], json!([]));
    assert_eq!(answer_of("r2", "declined-hard")["payload"]["authorizationDetails"]["softDecline"], false);
    let after = answer_of("r3", "paid");
    assert_eq!((&after["status"]["code"], &after["status"]["message"]), (&json!("400"), &json!("InvalidPaymentMethod")));
    let setup_answer = pay.carry_out(Step::Setup, &setup(), ada(), NOW, Effect::Ordinary);
    assert_eq!(setup_answer.fields["payload"]["billingAgreementDetails"]["billingAgreementStatus"], "SUSPENDED");
}

#[test]
fn pending_becomes_final_and_asynchronous_requests_are_pending_first() {
    let mut pay = AmazonPay::default();
    let id = agreed(&mut pay);
    let mut payload = charge(&id, "r1");
    payload["authorizeAttributes"]["transactionTimeout"] = json!(5);
    let state = |answer: &Answer| answer.fields["payload"]["authorizationDetails"]["authorizationStatus"]["state"].clone();
    assert_eq!(state(&pay.carry_out(Step::Charge, &payload, ada(), NOW, Effect::Ordinary)), "Pending");
    assert_eq!(pay.moved(NOW).count(), 0);
    assert_eq!(state(&pay.carry_out(Step::Charge, &payload, ada(), NOW.plus(31), Effect::Ordinary)), "Closed");
    assert_eq!(pay.moved(NOW.plus(31)).count(), 1);
}

#[test]
fn sandbox_simulation_strings_decide_the_authorization() {
    for (note, expected) in [
        (r#"{"SandboxSimulation":{"State":"Declined","ReasonCode":"AmazonRejected"}}"#, "AmazonRejected"),
        (
            r#"{"SandboxSimulation":{"State":"Declined","ReasonCode":"InvalidPaymentMethod","PaymentMethodUpdateTimeInMins":1,"SoftDecline":"true"}}"#,
            "InvalidPaymentMethod",
        ),
        (r#"{"SandboxSimulation":{"State":"Declined","ReasonCode":"TransactionTimedOut"}}"#, "TransactionTimedOut"),
        (r#"{"SandboxSimulation":{"State":"Closed","ReasonCode":"ExpiredUnused","ExpirationTimeInMins":1}}"#, "ExpiredUnused"),
        (r#"{"SandboxSimulation":{"State":"Closed","ReasonCode":"AmazonClosed"}}"#, "AmazonClosed"),
        ("a note for the buyer", "MaxCapturesProcessed"),
    ] {
        let mut pay = AmazonPay::default();
        let id = agreed(&mut pay);
        let mut payload = charge(&id, "r1");
        payload["authorizeAttributes"]["sellerAuthorizationNote"] = json!(note);
        let answer = pay.carry_out(Step::Charge, &payload, ada(), NOW, Effect::Ordinary);
        assert_eq!(answer.fields["payload"]["authorizationDetails"]["authorizationStatus"]["reasonCode"], expected);
        payload["authorizeAttributes"]["sellerAuthorizationNote"] =
            json!(note.replace("Declined", "Closed").replace("ExpiredUnused", "Nonsense"));
        payload["authorizeAttributes"]["authorizationReferenceId"] = json!("r2");
        if expected != "AmazonClosed" && expected != "MaxCapturesProcessed" {
            assert_eq!(code(&pay.carry_out(Step::Charge, &payload, ada(), NOW, Effect::Ordinary)), "InvalidSandboxSimulationSpecified");
        }
    }
}

#[test]
fn without_consent_nothing_is_carried_out() {
    for (permission, expected) in [(Permission::Denied, "ACCESS_DENIED"), (Permission::Missing, "ACCESS_NOT_REQUESTED")] {
        let party = Party { permission, ..ada() };
        assert_eq!(code(&AmazonPay::default().carry_out(Step::Setup, &setup(), party, NOW, Effect::Ordinary)), expected);
    }
}

fn set(payload: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    let parent = payload.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
}
