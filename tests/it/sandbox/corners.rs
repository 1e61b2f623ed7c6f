//! More rules: environments, checkouts on a merchant's own page, parcels, and how long a buyer is shown.

use serde_json::{Value, json};
use voicetill::domain::time::Time;
use voicetill::sandbox::Settings;

use super::{Amazon, charge_of, code, dollars, order_session, settings, text, wallet_session};

const KEY: &str = "x-amz-pay-idempotency-key";
const SIMULATION: &str = "x-amz-pay-simulation-code";

#[tokio::test]
async fn a_key_or_the_path_selects_the_environment_and_nothing_is_seen_from_the_other() {
    let amazon = Amazon::start().await;
    let body = wallet_session().to_string();
    let create = |key_id: &'static str, path: &'static str, key: &'static str| {
        let (amazon, body) = (&amazon, &body);
        async move { amazon.ask_at(key_id, "POST", &format!("{path}/checkoutSessions"), &[(KEY, key)], body).await }
    };
    let (sandbox, live, either) = ("SANDBOX-AFTEST", "LIVE-AFTEST", "AFTEST");
    // A key made for one environment selects it, whatever case it is written in, and no path names it.
    for (number, (key_id, path)) in
        [(sandbox, "/live/v2"), (sandbox, "/sandbox/v2"), (live, "/sandbox/v2"), (live, "/live/v2"), (either, "/v2")]
            .into_iter()
            .enumerate()
    {
        let key = ["a", "b", "c", "d", "e"][number];
        assert_eq!(code(&create(key_id, path, key).await), (404, "ResourceNotFound"), "{key_id} {path}");
    }
    assert_eq!(code(&create(either, "/sandbox/v1", "f").await), (400, "InvalidAPIVersion"));
    assert_eq!(amazon.state().await["account"]["sessions"], json!([]));
    for (key, key_id, path, environment) in [
        ("g", sandbox, "/v2", "Sandbox"),
        ("h", "sandbox-AFTEST", "/v2", "Sandbox"),
        ("i", live, "/v2", "Live"),
        ("j", either, "/sandbox/v2", "Sandbox"),
        ("k", either, "/live/v2", "Live"),
    ] {
        let (status, session) = create(key_id, path, key).await;
        assert_eq!((status, text(&session["releaseEnvironment"])), (201, environment), "{key_id} {path}");
        let id = format!("checkoutSessions/{}", text(&session["checkoutSessionId"]));
        for other in ["Sandbox", "Live"] {
            let path = format!("/{}/v2/{id}", other.to_lowercase());
            let seen = amazon.ask_at(either, "GET", &path, &[], "").await.0;
            assert_eq!(seen, if other == environment { 200 } else { 404 }, "{path}");
        }
    }
    // A key of the one is free in the other.
    let again = create(live, "/v2", "g").await;
    assert_eq!((again.0, text(&again.1["releaseEnvironment"])), (201, "Live"), "{}", again.1);
    // What is real is neither simulated, nor charged, told of or set up anew from the sandbox.
    let (_, session) = create(live, "/v2", "l").await;
    let id = text(&session["checkoutSessionId"]);
    amazon.visit(id, None).await;
    let wallet = amazon.ask_at(live, "POST", &format!("/v2/checkoutSessions/{id}/complete"), &[], "{}").await.1;
    let wallet = text(&wallet["chargePermissionId"]);
    assert!(wallet.starts_with("B01-"), "{wallet}");
    assert_eq!(code(&amazon.post("charges", "m", &charge_of(wallet, "1.00")).await), (404, "ResourceNotFound"));
    let told = json!({ "chargePermissionId": wallet, "deliveryDetails": [{ "trackingNumber": "1Z", "carrierCode": "UPS" }] });
    assert_eq!(code(&amazon.ask("POST", "deliveryTrackers", &[], &told.to_string()).await), (404, "ResourceNotFound"));
    let mut anew = wallet_session();
    anew["chargePermissionId"] = json!(wallet);
    assert_eq!(code(&amazon.post("checkoutSessions", "n", &anew).await), (404, "ResourceNotFound"));
    let simulated = [(KEY, "o"), (SIMULATION, "SoftDeclined")];
    let answer = amazon.ask_at(live, "POST", "/v2/charges", &simulated, &charge_of(wallet, "1.00").to_string()).await;
    assert_eq!(code(&answer), (400, "InvalidSandboxSimulationSpecified"));
}

#[tokio::test]
async fn a_page_of_the_merchants_own_finalizes_and_then_completes() {
    let amazon = Amazon::start().await;
    let mut body = order_session("Authorize", false);
    body.as_object_mut().unwrap().remove("paymentDetails");
    let session = amazon.post("checkoutSessions", "s1", &body).await.1;
    let id = text(&session["checkoutSessionId"]).to_owned();
    let settled = json!({ "shippingAddress": { "name": "Ada Example", "county": null }, "billingAddress": null,
        "chargeAmount": dollars("100.00"), "totalOrderAmount": dollars("100.00"), "paymentIntent": "Authorize",
        "canHandlePendingAuthorization": false });
    let finalize = |key: &'static str, body: Value| {
        let (amazon, id) = (&amazon, &id);
        async move { amazon.post(&format!("checkoutSessions/{id}/finalize"), key, &body).await }
    };
    assert_eq!(code(&finalize("f1", settled.clone()).await), (422, "InvalidCheckoutSessionStatus"), "nobody is there");
    amazon.visit(&id, None).await;
    for (number, (name, value, expected)) in [
        ("surprise", json!(1), (400, "UnrecognizedField")),
        ("chargeAmount", Value::Null, (400, "MissingParameterValue")),
        ("paymentIntent", json!("Later"), (400, "InvalidParameterValue")),
        ("totalOrderAmount", dollars("99.00"), (400, "InvalidParameterCombination")),
    ]
    .into_iter()
    .enumerate()
    {
        let mut wrong = settled.clone();
        wrong[name] = value;
        assert_eq!(code(&finalize(["w1", "w2", "w3", "w4"][number], wrong).await), expected, "{name}");
    }
    let complete = json!({ "chargeAmount": dollars("100.00") }).to_string();
    let path = format!("checkoutSessions/{id}/complete");
    assert_eq!(code(&amazon.ask("POST", &path, &[], &complete).await), (422, "InvalidCheckoutSessionStatus"), "not before");
    let (status, finalized) = finalize("f2", settled.clone()).await;
    assert_eq!((status, text(&finalized["statusDetails"]["state"])), (200, "Open"), "{finalized}");
    let (status, completed) = amazon.ask("POST", &path, &[], &complete).await;
    assert_eq!((status, text(&completed["statusDetails"]["state"])), (200, "Completed"));
    assert_eq!(code(&finalize("f3", settled).await), (422, "InvalidCheckoutSessionStatus"), "it is over");
}

#[tokio::test]
async fn a_parcel_is_told_of_once_and_by_a_carrier_that_is_known() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    let tell = |number: &str, carrier: &str| {
        let told = json!({ "chargePermissionId": wallet, "deliveryDetails": [{ "trackingNumber": number, "carrierCode": carrier }] });
        let amazon = &amazon;
        async move { amazon.ask("POST", "deliveryTrackers", &[], &told.to_string()).await }
    };
    assert_eq!(code(&tell("1Z", "PIGEON").await), (400, "InvalidParameterValue"));
    assert_eq!(code(&tell("1Z", "ups").await), (400, "InvalidParameterValue"));
    assert_eq!(tell("1Z", "UPS").await.0, 200);
    assert_eq!(code(&tell("1Z", "UPS").await), (400, "InvalidParameterValue"));
    assert_eq!(tell("2Z", "UPS").await.0, 200);
    let lenient = Amazon::with(Settings { strict: false, ..settings() }).await;
    let wallet = lenient.wallet("setup").await;
    let told = json!({ "chargePermissionId": wallet, "deliveryDetails": [{ "trackingNumber": "1Z", "carrierCode": "PIGEON" }] });
    assert_eq!(lenient.ask("POST", "deliveryTrackers", &[], &told.to_string()).await.0, 200);
}

#[tokio::test]
async fn who_the_buyer_of_a_wallet_is_shows_until_thirty_days_after_its_end() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    let shown = || async { amazon.ask("GET", &format!("chargePermissions/{wallet}"), &[], "").await.1["buyer"]["name"].clone() };
    amazon.ahead(400 * Time::DAY).await;
    assert_eq!(shown().await, "Ada Example");
    let close = json!({ "closureReason": "over" }).to_string();
    assert_eq!(amazon.ask("DELETE", &format!("chargePermissions/{wallet}/close"), &[], &close).await.0, 200);
    amazon.ahead(30 * Time::DAY - 1).await;
    assert_eq!(shown().await, "Ada Example");
    amazon.ahead(1).await;
    assert_eq!(shown().await, Value::Null);
}
