//! The older interface (MWS) and Login with Amazon, with signing in code of the test's own.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::json;
use voicetill::domain::time::Time;
use voicetill::sandbox::Settings;
use voicetill::simulator::alexa::Permission;
use voicetill::simulator::amazon_pay::books::{self, Books};
use voicetill::simulator::amazon_pay::{Buyer, Effect, Party, Step};

use super::{Amazon, settings};
use crate::stand_in::NOW;

pub const PATH: &str = "/OffAmazonPayments_Sandbox/2013-01-01";

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

fn signature(secret: &str, host: &str, path: &str, joined: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("POST\n{host}\n{path}\n{joined}").as_bytes()))
}

async fn ask(amazon: &Amazon, secret: &str, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    ask_at(PATH, amazon, secret, action, parameters).await
}

pub async fn ask_at(path: &str, amazon: &Amazon, secret: &str, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
    let common = [
        ("AWSAccessKeyId", "AKIDEXAMPLE"),
        ("Action", action),
        ("SellerId", "A1SELLER"),
        ("SignatureMethod", "HmacSHA256"),
        ("SignatureVersion", "2"),
        ("Timestamp", "2026-11-22T02:00:00Z"),
        ("Version", "2013-01-01"),
    ];
    let all: BTreeMap<_, _> = common.into_iter().chain(parameters.iter().copied()).collect();
    let joined = all.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&");
    let host = amazon.address.to_string();
    let body = format!("{joined}&Signature={}", encoded(&signature(secret, &host, path, &joined)));
    let request =
        amazon.http.post(format!("http://{host}{path}")).header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What stands in an element.
pub fn within<'x>(xml: &'x str, name: &str) -> &'x str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

/// An account in which a Setup directive has made an agreement.
async fn with_agreement(folder: &tempfile::TempDir) -> (Amazon, String) {
    let file = folder.path().join(books::FILE);
    let party = Party { buyer: Buyer::named("ada").unwrap(), permission: Permission::Granted };
    let setup = json!({"@type": "SetupAmazonPayRequest", "@version": "2", "sellerId": "A1SELLER", "countryOfEstablishment": "US",
        "ledgerCurrency": "USD", "sandboxMode": true, "sandboxCustomerEmailId": "buyer@sandbox.example"});
    let done = Books::at(&file).with(|pay| pay.carry_out(Step::Setup, &setup, party, Time::from_unix(NOW), Effect::Ordinary)).unwrap();
    let agreement = done.fields["payload"]["billingAgreementDetails"]["billingAgreementId"].as_str().unwrap().to_owned();
    (Amazon::with(Settings { books: Books::at(&file), ..settings() }).await, agreement)
}

#[tokio::test]
async fn an_agreement_is_charged_captured_refunded_and_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (amazon, agreement) = with_agreement(&folder).await;
    let call = |action: &'static str, parameters: Vec<(&'static str, String)>| {
        let amazon = &amazon;
        async move {
            let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            ask(amazon, "a secret", action, &parameters).await
        }
    };
    let id = ("AmazonBillingAgreementId", agreement.clone());
    let (_, details) = call("GetBillingAgreementDetails", vec![id.clone()]).await;
    assert_eq!((within(&details, "State"), within(&details, "City")), ("Open", "Seattle"));
    let authorize = |amount: &str| {
        vec![
            id.clone(),
            ("AuthorizationReferenceId", "ref-1".to_owned()),
            ("AuthorizationAmount.Amount", amount.to_owned()),
            ("AuthorizationAmount.CurrencyCode", "USD".to_owned()),
            ("SellerAuthorizationNote", "a note: with * and ~ & <signs>".to_owned()),
            ("TransactionTimeout", "0".to_owned()),
        ]
    };
    let (status, xml) = call("AuthorizeOnBillingAgreement", authorize("20.00")).await;
    assert_eq!((status, within(&xml, "State")), (200, "Open"), "{xml}");
    let authorization = within(&xml, "AmazonAuthorizationId").to_owned();
    let (_, again) = call("AuthorizeOnBillingAgreement", authorize("20.00")).await;
    assert_eq!(within(&again, "AmazonAuthorizationId"), authorization);
    let (status, other) = call("AuthorizeOnBillingAgreement", authorize("20.01")).await;
    assert_eq!((status, within(&other, "Code")), (400, "DuplicateRequest"));

    let capture = |amount: &str| {
        vec![
            ("AmazonAuthorizationId", authorization.clone()),
            ("CaptureReferenceId", "cap-1".to_owned()),
            ("CaptureAmount.Amount", amount.to_owned()),
            ("CaptureAmount.CurrencyCode", "USD".to_owned()),
        ]
    };
    let (_, xml) = call("Capture", capture("15.00")).await;
    assert_eq!(within(within(&xml, "CaptureStatus"), "State"), "Completed", "{xml}");
    let captured = within(&xml, "AmazonCaptureId").to_owned();
    let (_, xml) = call("Capture", capture("15.00")).await;
    assert_eq!(within(&xml, "AmazonCaptureId"), captured, "the first answer");
    let (status, xml) = call("Capture", capture("16.00")).await;
    assert_eq!((status, within(&xml, "Code")), (400, "DuplicateRequest"));
    let (status, xml) = call("CloseAuthorization", vec![("AmazonAuthorizationId", authorization.clone())]).await;
    assert_eq!((status, within(&xml, "Code")), (405, "InvalidAuthorizationStatus"));
    let (_, xml) = call("GetAuthorizationDetails", vec![("AmazonAuthorizationId", authorization.clone())]).await;
    assert_eq!((within(&xml, "ReasonCode"), within(&xml, "member")), ("MaxCapturesProcessed", captured.as_str()));

    let refund = vec![
        ("AmazonCaptureId", captured.clone()),
        ("RefundReferenceId", "back-1".to_owned()),
        ("RefundAmount.Amount", "5.00".to_owned()),
        ("RefundAmount.CurrencyCode", "USD".to_owned()),
    ];
    let (_, xml) = call("Refund", refund).await;
    assert_eq!(within(&xml, "State"), "Pending");
    let refunded = within(&xml, "AmazonRefundId").to_owned();
    amazon.ahead(30).await;
    let (_, xml) = call("GetRefundDetails", vec![("AmazonRefundId", refunded)]).await;
    assert_eq!(within(&xml, "State"), "Completed");
    assert_eq!(call("CloseBillingAgreement", vec![id.clone()]).await.0, 200);
    let (_, xml) = call("ValidateBillingAgreement", vec![id.clone()]).await;
    assert_eq!((within(&xml, "ValidationResult"), within(&xml, "State")), ("Failure", "Closed"));
    // The other rail sees the same.
    let shown = amazon.ask("GET", &format!("charges/{captured}"), &[], "").await.1;
    assert_eq!(shown["refundedAmount"]["amount"], "5.00", "{shown}");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_xml() {
    let amazon = Amazon::start().await;
    assert_eq!(ask(&amazon, "a secret", "GetServiceStatus", &[]).await.0, 200);
    let (status, xml) = ask(&amazon, "another", "GetServiceStatus", &[]).await;
    assert_eq!((status, within(&xml, "Type")), (403, "Sender"), "{xml}");
    let (status, xml) = ask(&amazon, "a secret", "ListOrderReference", &[]).await;
    assert_eq!((status, within(&xml, "Code")), (400, "InvalidParameterValue"));
}

#[tokio::test]
async fn a_token_names_its_application_and_its_buyer() {
    let amazon = Amazon::start().await;
    let token = amazon.state().await["buyers"][0]["accessToken"].as_str().unwrap().to_owned();
    let get = |path: &'static str, token: String| {
        let request = amazon.http.get(format!("http://{}{path}", amazon.address)).header("x-amz-access-token", token);
        async move { request.send().await.unwrap().json::<serde_json::Value>().await.unwrap() }
    };
    let info = get("/auth/o2/tokeninfo", token.clone()).await;
    let profile = get("/user/profile", token).await;
    assert_eq!((&info["aud"], &info["user_id"]), (&json!("amzn1.application-oa2-client.0"), &profile["user_id"]));
    assert_eq!(profile["name"], "Ada Example");
    assert_eq!(get("/user/profile", "Atza|other".to_owned()).await["error"], "invalid_token");
}
