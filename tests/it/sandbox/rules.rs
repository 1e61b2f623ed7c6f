//! The rules, one by one, by requests that a client of ours would not send.

use serde_json::{Value, json};
use voicetill::domain::time::Time;
use voicetill::sandbox::{PublicKey, Settings};
use voicetill::simulator::alexa::Permission;
use voicetill::simulator::amazon_pay::books::{self, Books};
use voicetill::simulator::amazon_pay::{Buyer, Effect, Party, Step};

use crate::stand_in::NOW;

use super::{Amazon, DATE, charge_of, code, dollars, order_session, settings, text, wallet_session};

const KEY: &str = "x-amz-pay-idempotency-key";
const SIMULATION: &str = "x-amz-pay-simulation-code";

/// Begins a one-time session, brings the buyer to it, and completes it.
async fn order(amazon: &Amazon, key: &str, body: &Value, card: Option<&str>, more: &[(&str, &str)]) -> (u16, Value) {
    let (status, session) = amazon.post("checkoutSessions", key, body).await;
    assert_eq!(status, 201, "{session}");
    let id = text(&session["checkoutSessionId"]);
    amazon.visit(id, card).await;
    let amount = json!({ "chargeAmount": dollars("100.00") }).to_string();
    amazon.ask("POST", &format!("checkoutSessions/{id}/complete"), more, &amount).await
}

#[tokio::test]
async fn a_request_without_the_usual_headers_is_refused() {
    let amazon = Amazon::start().await;
    for (header, value, expected) in [
        ("accept", "text/html", (400, "InvalidHeaderValue")),
        ("x-amz-pay-date", "", (400, "MissingHeader")),
        ("x-amz-pay-date", "yesterday", (400, "InvalidHeaderValue")),
        ("x-amz-pay-date", "20261122T021000Z", (400, "InvalidHeaderValue")),
        ("x-amz-pay-host", "pay-api.example", (400, "InvalidHeaderValue")),
        ("x-amz-pay-region", "mars", (400, "InvalidHeaderValue")),
        (KEY, "0123456789abcdef-0123456789abcdef", (400, "InvalidHeaderValue")),
    ] {
        let mut more = vec![(header, value)];
        if header != KEY {
            more.push((KEY, "k1"));
        }
        let answer = amazon.ask("POST", "checkoutSessions", &more, &wallet_session().to_string()).await;
        assert_eq!(code(&answer), expected, "{header}: {value}: {}", answer.1);
    }
    let answer = amazon
        .ask("POST", "checkoutSessions", &[("x-amz-pay-date", "2026-11-22T02:00:00Z"), (KEY, "k2")], &wallet_session().to_string())
        .await;
    assert_eq!(answer.0, 201, "the date as Node writes it");
    assert_eq!(code(&amazon.ask("POST", "checkoutSessions", &[], &wallet_session().to_string()).await), (400, "MissingHeader"));
}

#[tokio::test]
async fn a_signature_of_another_key_is_refused_and_tells_what_was_expected() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/amazon-pay/signing/unit-test-public-key.pem");
    let key = PublicKey::from_pem(&std::fs::read_to_string(file).unwrap()).unwrap();
    let amazon = Amazon::with(Settings { key, ..settings() }).await;
    let answer = amazon.ask("GET", "charges/S01-1", &[], "").await;
    assert_eq!(code(&answer), (403, "InvalidRequestSignature"));
    assert!(text(&answer.1["message"]).contains("AMZN-PAY-RSASSA-PSS-V2"), "{}", answer.1);
    let unsigned = amazon.http.get(format!("http://{}/v2/charges/S01-1", amazon.address)).send().await.unwrap();
    assert_eq!(unsigned.json::<Value>().await.unwrap()["reasonCode"], "MissingHeader");
}

#[tokio::test]
async fn what_is_signed_is_what_arrives() {
    let amazon = Amazon::start().await;
    let sound = amazon.ask("GET", "charges/S01-0000000-0000000-C000000", &[], "").await;
    assert_eq!(code(&sound), (404, "ResourceNotFound"));
    // A path that is not the signed one.
    let url = |path: &str| format!("http://{}{path}", amazon.address);
    let signer = super::signer();
    let host = amazon.address.to_string();
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("x-amz-pay-date", DATE),
        ("x-amz-pay-host", host.as_str()),
        ("x-amz-pay-region", "na"),
    ];
    let signable = |headers| voicetill::adapters::amazon_pay::api::sign::Signable {
        method: "GET",
        path: "/v2/charges/A",
        query: &[],
        headers,
        body: b"",
    };
    for (path, signed, algorithm) in [
        ("/v2/charges/B", &headers[..], "AMZN-PAY-RSASSA-PSS-V2"),
        ("/v2/charges/A", &headers[1..], "AMZN-PAY-RSASSA-PSS-V2"),
        ("/v2/charges/A", &headers[..], "AMZN-PAY-RSASSA-PSS"),
    ] {
        let authorization = signer.authorization(&signable(signed)).unwrap().replace("AMZN-PAY-RSASSA-PSS-V2", algorithm);
        let mut request = amazon.http.get(url(path)).header("authorization", authorization);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["reasonCode"], "InvalidRequestSignature", "{path} {algorithm}");
    }
}

#[tokio::test]
async fn bodies_are_what_the_pages_say() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    let with = |pointer: &str, value: Value| {
        let mut body = charge_of(&wallet, "10.00");
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value;
        body
    };
    for (number, (pointer, value, expected)) in [
        ("/surprise", json!(1), (400, "UnrecognizedField")),
        ("/chargeAmount", Value::Null, (400, "MissingParameterValue")),
        ("/chargePermissionId", json!(""), (400, "MissingParameterValue")),
        ("/chargePermissionId", json!("C01-0000000-0000000"), (404, "ResourceNotFound")),
        ("/chargeAmount/amount", json!("1.234"), (400, "InvalidParameterValue")),
        ("/chargeAmount/amount", json!("0"), (400, "InvalidParameterValue")),
        ("/chargeAmount/amount", json!("150000.01"), (400, "TransactionAmountExceeded")),
        ("/chargeAmount/currencyCode", json!("CHF"), (400, "InvalidParameterValue")),
        ("/chargeAmount/currencyCode", json!("EUR"), (400, "CurrencyMismatch")),
        ("/captureNow", json!("true"), (400, "InvalidParameterValue")),
        ("/softDescriptor", json!("x".repeat(17)), (400, "InvalidParameterValue")),
        ("/channel", json!("Smoke"), (400, "InvalidParameterValue")),
        ("/chargeInitiator", json!("citu"), (400, "InvalidParameterValue")),
        ("/merchantMetadata", json!({ "merchantStoreName": "x".repeat(51) }), (400, "InvalidParameterValue")),
        ("/merchantMetadata", json!({ "storeName": "x" }), (400, "UnrecognizedField")),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = amazon.post("charges", &format!("k{number}"), &with(pointer, value)).await;
        assert_eq!(code(&answer), expected, "{pointer}: {}", answer.1);
    }
    let mut held = charge_of(&wallet, "10.00");
    held["captureNow"] = json!(false);
    held["softDescriptor"] = json!("Petal");
    assert_eq!(code(&amazon.post("charges", "k-a", &held).await), (400, "InvalidParameterCombination"));
    assert_eq!(code(&amazon.ask("POST", "charges", &[(KEY, "k-b")], "{").await), (400, "InvalidRequestFormat"));
    assert_eq!(code(&amazon.ask("PUT", "charges", &[], "{}").await), (405, "UnsupportedOperation"));
    assert_eq!(code(&amazon.ask("GET", "gifts", &[], "").await), (404, "ResourceNotFound"));
    // A number, as the .NET client writes it.
    let number = amazon.post("charges", "k-c", &with("/chargeAmount/amount", json!(12.5))).await;
    assert_eq!((number.0, &number.1["chargeAmount"]), (201, &dollars("12.50")));
    assert_eq!(amazon.state().await["account"]["charges"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_is_good_for_one_request() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    let first = amazon.post("charges", "k1", &charge_of(&wallet, "10.00")).await;
    assert_eq!(first.0, 201);
    amazon.ahead(Time::DAY).await;
    assert_eq!(amazon.post("charges", "k1", &charge_of(&wallet, "10.00")).await, first, "the stored answer");
    assert_eq!(code(&amazon.post("charges", "k1", &charge_of(&wallet, "10.01")).await), (400, "DuplicateIdempotencyKey"));
    // A decline is the answer to its key; what was wrong with the request is not.
    let soft = [(KEY, "k2"), (SIMULATION, "SoftDeclined")];
    assert_eq!(code(&amazon.ask("POST", "charges", &soft, &charge_of(&wallet, "5.00").to_string()).await), (422, "SoftDeclined"));
    assert_eq!(code(&amazon.post("charges", "k2", &charge_of(&wallet, "5.00")).await), (422, "SoftDeclined"));
    assert_eq!(code(&amazon.post("charges", "k3", &charge_of("C01-0000000-0000000", "5.00")).await), (404, "ResourceNotFound"));
    assert_eq!(amazon.post("charges", "k3", &charge_of(&wallet, "5.00")).await.0, 201);
}

#[tokio::test]
async fn simulations_and_test_cards_do_what_the_page_says() {
    let amazon = Amazon::start().await;
    for (number, (simulated, expected)) in [
        ("BuyerCanceled", (422, "CheckoutSessionCanceled")),
        ("AmazonCanceled", (422, "CheckoutSessionCanceled")),
        ("Declined", (422, "CheckoutSessionCanceled")),
        ("SoftDeclined", (400, "InvalidSandboxSimulationSpecified")),
        ("AuthorizationInitiated", (202, "none")),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = order(&amazon, &format!("s{number}"), &order_session("Authorize", true), None, &[(SIMULATION, simulated)]).await;
        assert_eq!(code(&answer), expected, "{simulated}: {}", answer.1);
    }
    for (number, (card, expected)) in [
        ("1111", (200, "none")),
        ("3064", (422, "InvalidCheckoutSessionStatus")),
        ("3434", (422, "InvalidCheckoutSessionStatus")),
        ("0701", (202, "none")),
        ("4354", (202, "none")),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = order(&amazon, &format!("c{number}"), &order_session("Authorize", true), Some(card), &[]).await;
        assert_eq!(code(&answer), expected, "{card}: {}", answer.1);
        if answer.0 == 202 {
            let charge = format!("charges/{}", text(&answer.1["chargeId"]));
            assert_eq!(amazon.ask("GET", &charge, &[], "").await.1["statusDetails"]["state"], "AuthorizationInitiated");
            amazon.ahead(30).await;
            let settled = amazon.ask("GET", &charge, &[], "").await.1["statusDetails"].clone();
            let expected = if card == "0701" { ("Authorized", "") } else { ("Declined", "HardDeclined") };
            assert_eq!((text(&settled["state"]), text(&settled["reasonCode"])), expected, "{card}");
        }
    }
    // A synchronous merchant's charge is not kept waiting.
    assert_eq!(order(&amazon, "sync", &order_session("Authorize", false), Some("4354"), &[]).await.0, 200);
}

#[tokio::test]
async fn a_decline_tells_on_the_permission() {
    for (simulated, state, reason) in [
        ("SoftDeclined", "Chargeable", ""),
        ("TransactionTimedOut", "Chargeable", ""),
        ("HardDeclined", "NonChargeable", "PaymentMethodInvalid"),
        ("AmazonRejected", "Closed", "AmazonClosed"),
    ] {
        let amazon = Amazon::start().await;
        let wallet = amazon.wallet("setup").await;
        let headers = [(KEY, "k1"), (SIMULATION, simulated)];
        assert_eq!(code(&amazon.ask("POST", "charges", &headers, &charge_of(&wallet, "5.00").to_string()).await), (422, simulated));
        let permission = amazon.ask("GET", &format!("chargePermissions/{wallet}"), &[], "").await.1;
        assert_eq!(
            (text(&permission["statusDetails"]["state"]), text(&permission["statusDetails"]["reasons"][0]["reasonCode"])),
            (state, reason)
        );
        let next = amazon.post("charges", "k2", &charge_of(&wallet, "5.00")).await;
        assert_eq!(code(&next), if state == "Chargeable" { (201, "none") } else { (422, "InvalidChargePermissionStatus") });
    }
}

#[tokio::test]
async fn refunds_may_pass_the_captured_amount_by_fifteen_percent_or_seventy_five_dollars() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    for (number, (captured, most, over)) in
        [("100.00", "115.00", "0.01"), ("1000.00", "1075.00", "0.01"), ("0.10", "0.11", "0.01")].into_iter().enumerate()
    {
        let charge = amazon.post("charges", &format!("k{number}"), &charge_of(&wallet, captured)).await.1;
        let refund = |amount: &str| json!({ "chargeId": charge["chargeId"], "refundAmount": dollars(amount) });
        assert_eq!(amazon.post("refunds", &format!("r{number}"), &refund(most)).await.0, 201, "{most} of {captured}");
        let answer = amazon.post("refunds", &format!("o{number}"), &refund(over)).await;
        assert_eq!(code(&answer), (400, "TransactionAmountExceeded"), "{over} more of {captured}");
    }
}

#[tokio::test]
async fn a_charge_is_captured_once_canceled_once_and_refunded_when_captured() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    let mut held = charge_of(&wallet, "50.00");
    held["captureNow"] = json!(false);
    let id = text(&amazon.post("charges", "k1", &held).await.1["chargeId"]).to_owned();
    let capture = |amount: &str| json!({ "captureAmount": dollars(amount) });
    let refund = json!({ "chargeId": id, "refundAmount": dollars("1.00") });
    assert_eq!(code(&amazon.post("refunds", "r1", &refund).await), (422, "InvalidChargeStatus"));
    assert_eq!(code(&amazon.post(&format!("charges/{id}/capture"), "c1", &capture("50.01")).await), (400, "TransactionAmountExceeded"));
    amazon.ahead(8 * Time::DAY).await;
    let captured = amazon.post(&format!("charges/{id}/capture"), "c2", &capture("20.00")).await;
    assert_eq!(captured.1["statusDetails"]["state"], "CaptureInitiated", "after seven days a capture takes its time");
    amazon.ahead(30).await;
    assert_eq!(amazon.ask("GET", &format!("charges/{id}"), &[], "").await.1["statusDetails"]["state"], "Captured");
    assert_eq!(code(&amazon.post(&format!("charges/{id}/capture"), "c3", &capture("20.00")).await), (422, "InvalidChargeStatus"));
    let cancel = json!({ "cancellationReason": "late" }).to_string();
    assert_eq!(code(&amazon.ask("DELETE", &format!("charges/{id}/cancel"), &[], &cancel).await), (422, "InvalidChargeStatus"));
}

#[tokio::test]
async fn an_order_takes_its_amount_and_twenty_five_charges_and_ends_after_half_a_year() {
    let amazon = Amazon::start().await;
    let (status, done) = order(&amazon, "s1", &order_session("Confirm", false), None, &[]).await;
    assert_eq!(status, 200, "{done}");
    let permission = text(&done["chargePermissionId"]);
    assert!(permission.starts_with("S01-"), "{permission}");
    assert_eq!(code(&amazon.post("charges", "over", &charge_of(permission, "100.01")).await), (400, "TransactionAmountExceeded"));
    for number in 0..25 {
        let answer = amazon.post("charges", &format!("k{number}"), &charge_of(permission, "1.00")).await;
        assert_eq!(answer.0, 201, "{number}: {}", answer.1);
        assert!(text(&answer.1["chargeId"]).starts_with(&format!("{permission}-C")), "{}", answer.1);
    }
    let shown = amazon.ask("GET", &format!("chargePermissions/{permission}"), &[], "").await.1;
    assert_eq!(shown["limits"], json!({ "amountLimit": dollars("100.00"), "amountBalance": dollars("75.00") }));
    assert_eq!(shown["buyer"]["name"], "Ada Example");
    assert_eq!(code(&amazon.post("charges", "k25", &charge_of(permission, "1.00")).await), (422, "TransactionCountExceeded"));
    amazon.ahead(180 * Time::DAY).await;
    let shown = amazon.ask("GET", &format!("chargePermissions/{permission}"), &[], "").await.1;
    assert_eq!((&shown["statusDetails"]["state"], &shown["buyer"]), (&json!("Closed"), &Value::Null), "30 days after, nobody is named");
}

#[tokio::test]
async fn a_saved_wallet_takes_so_much_a_month() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    assert_eq!(amazon.post("charges", "k1", &charge_of(&wallet, "14999.00")).await.0, 201);
    // Another wallet of the same buyer has no month of its own.
    let other = amazon.wallet("setup-2").await;
    assert_eq!(code(&amazon.post("charges", "k2", &charge_of(&other, "1.01")).await), (400, "PeriodicAmountExceeded"));
    assert_eq!(amazon.post("charges", "k3", &charge_of(&other, "1.00")).await.0, 201);
    amazon.ahead(9 * Time::DAY).await;
    assert_eq!(amazon.post("charges", "k4", &charge_of(&wallet, "15000.00")).await.0, 201, "it is December");
}

#[tokio::test]
async fn calls_are_counted_by_operation() {
    let amazon = Amazon::with(Settings { throttled: true, ..settings() }).await;
    let charge = |key: &'static str| {
        let amazon = &amazon;
        async move { amazon.post("charges", key, &charge_of("C01-0000000-0000000", "1.00")).await.0 }
    };
    assert_eq!([charge("k1").await, charge("k2").await, charge("k3").await], [404, 404, 429]);
    assert_eq!(amazon.ask("GET", "charges/S01-1", &[], "").await.0, 404, "another bucket");
    amazon.ahead(1).await;
    assert_eq!([charge("k4").await, charge("k5").await], [404, 429], "one more a second");
}

#[tokio::test]
async fn a_session_waits_a_day_for_its_buyer() {
    let amazon = Amazon::start().await;
    let session = amazon.post("checkoutSessions", "s1", &order_session("Authorize", false)).await.1;
    let id = text(&session["checkoutSessionId"]);
    let complete = |amount: &str| {
        let (amazon, body) = (&amazon, json!({ "chargeAmount": dollars(amount) }).to_string());
        async move { amazon.ask("POST", &format!("checkoutSessions/{id}/complete"), &[], &body).await }
    };
    assert_eq!(code(&complete("100.00").await), (422, "InvalidCheckoutSessionStatus"), "nobody has confirmed");
    amazon.visit(id, None).await;
    assert_eq!(code(&complete("99.99").await), (409, "AmountMismatch"));
    amazon.ahead(Time::DAY).await;
    assert_eq!(code(&complete("100.00").await), (422, "InvalidCheckoutSessionStatus"));
    let status = amazon.ask("GET", &format!("checkoutSessions/{id}"), &[], "").await.1["statusDetails"].clone();
    assert_eq!((text(&status["state"]), text(&status["reasonCode"])), ("Canceled", "Expired"));
    amazon.ahead(29 * Time::DAY).await;
    assert_eq!(code(&amazon.ask("GET", &format!("checkoutSessions/{id}"), &[], "").await), (404, "ResourceNotFound"));
}

/// What a conversation has charged is looked up, refunded and closed from a server, under the id that differs in one letter (section 13).
#[tokio::test]
async fn a_charge_of_the_directive_rail_is_one_of_this_rail_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(books::FILE);
    let party = Party { buyer: Buyer::named("ada").unwrap(), permission: Permission::Granted };
    let now = Time::from_unix(NOW);
    let directive = |step, payload: &Value| {
        let answer = Books::at(&file).with(|pay| pay.carry_out(step, payload, party, now, Effect::Ordinary)).unwrap();
        assert_eq!(answer.fields["status"]["code"], "200", "{}", answer.summary);
        answer.fields["payload"].clone()
    };
    let agreement = directive(
        Step::Setup,
        &json!({"@type": "SetupAmazonPayRequest", "@version": "2", "sellerId": "A1SELLER",
        "countryOfEstablishment": "US", "ledgerCurrency": "USD", "sandboxMode": true, "sandboxCustomerEmailId": "buyer@sandbox.example"}),
    );
    let agreement = text(&agreement["billingAgreementDetails"]["billingAgreementId"]).to_owned();
    let charged = directive(
        Step::Charge,
        &json!({"@type": "ChargeAmazonPayRequest", "@version": "2", "sellerId": "A1SELLER",
        "billingAgreementId": agreement, "paymentAction": "AuthorizeAndCapture",
        "authorizeAttributes": {"@type": "AuthorizeAttributes", "@version": "2", "authorizationReferenceId": "r1", "transactionTimeout": 0,
            "authorizationAmount": {"@type": "Price", "@version": "2", "amount": "19.99", "currencyCode": "USD"}}}),
    );
    let authorization = text(&charged["authorizationDetails"]["amazonAuthorizationId"]).to_owned();
    assert_eq!(&authorization[20..21], "A", "{authorization}");
    let charge = format!("{}C{}", &authorization[..20], &authorization[21..]);

    let amazon = Amazon::with(Settings { books: Books::at(&file), ..settings() }).await;
    let shown = amazon.ask("GET", &format!("charges/{charge}"), &[], "").await.1;
    assert_eq!((&shown["statusDetails"]["state"], &shown["captureAmount"]), (&json!("Captured"), &dollars("19.99")), "{shown}");
    assert_eq!(shown["chargePermissionId"], agreement.as_str());
    let refund = json!({ "chargeId": charge, "refundAmount": dollars("10.00") });
    assert_eq!(amazon.post("refunds", "r1", &refund).await.0, 201);
    assert_eq!(Books::at(&file).with(|pay| pay.moved(now).next().unwrap().refunded.minor()).unwrap(), 1_000);
    let close = json!({ "closureReason": "over" }).to_string();
    assert_eq!(amazon.ask("DELETE", &format!("chargePermissions/{agreement}/close"), &[], &close).await.0, 200);
    assert_eq!(code(&amazon.post("charges", "k1", &charge_of(&agreement, "1.00")).await), (422, "InvalidChargePermissionStatus"));
}

#[tokio::test]
async fn what_a_person_does_at_amazon_shows() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    let change = json!({ "chargePermissionId": wallet, "state": "NonChargeable", "reason": "PaymentMethodExpired" });
    amazon.control("permission", change).await;
    assert_eq!(code(&amazon.post("charges", "k1", &charge_of(&wallet, "1.00")).await), (422, "InvalidChargePermissionStatus"));
    let state = amazon.state().await;
    let token = state["buyers"][0]["buyerToken"].as_str().unwrap();
    let buyer = amazon.ask("GET", &format!("buyers/{token}"), &[], "").await;
    assert_eq!((buyer.0, text(&buyer.1["email"])), (200, "ada@sandbox.example"));
    let told = json!({ "chargePermissionId": wallet, "deliveryDetails": [{ "trackingNumber": "1Z", "carrierCode": "UPS" }] });
    let answer = amazon.ask("POST", "deliveryTrackers", &[], &told.to_string()).await;
    assert_eq!((answer.0, &answer.1["deliveryDetails"]), (200, &told["deliveryDetails"]));
}
