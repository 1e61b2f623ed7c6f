//! Requests against those of Amazon's SDK, answers against those that were published.

use serde_json::Value;

use super::answers::*;
use super::requests::*;
use super::*;
use crate::adapters::amazon_pay::api::testing::{cases, json};
use crate::domain::money::Currency;
use crate::domain::place::Address;

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

fn price(minor: i64, currency: Currency) -> Price {
    Price(Money::new(minor, currency))
}

/// A body as the SDK sends it, with its amounts as texts, which is how the documentation writes them.
fn published(case: &str) -> Value {
    fn written(value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value.as_f64() {
                Some(amount) if name == "amount" => *value = format!("{amount:.2}").into(),
                _ => written(value),
            }),
            Value::Array(list) => list.iter_mut().for_each(written),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let all = cases("requests/request-bodies.json");
    let mut body = all.iter().find(|one| one["id"] == case).unwrap_or_else(|| panic!("{case}"))["body"].clone();
    written(&mut body);
    body
}

fn sent(body: &impl Body) -> Value {
    assert_eq!(body.check(), []);
    serde_json::to_value(body).unwrap()
}

fn charge() -> CreateCharge {
    CreateCharge {
        charge_permission_id: id("S02-7331650-8246451"),
        charge_amount: price(1_299, Currency::Eur),
        capture_now: true,
        soft_descriptor: Some("foo".to_owned()),
        can_handle_pending_authorization: true,
        merchant_metadata: None,
        platform_id: Some("My Platform Id".to_owned()),
        charge_initiator: Some(ChargeInitiator::Citr),
        channel: Some(Channel::Web),
    }
}

fn session() -> CreateCheckoutSession {
    CreateCheckoutSession {
        store_id: "amzn1.application-oa2-client.000000000000000000000000000000000".to_owned(),
        web_checkout_details: WebCheckoutDetails {
            checkout_review_return_url: Some("https://example.com/review.html".to_owned()),
            ..WebCheckoutDetails::default()
        },
        ..CreateCheckoutSession::default()
    }
}

/// Leaves out what the SDK leaves to Amazon's defaults, as the reference has them.
fn without(mut body: Value, fields: &[&str]) -> Value {
    for field in fields {
        assert!(body.as_object_mut().unwrap().remove(*field).is_some(), "{field}");
    }
    body
}

#[test]
fn bodies_are_those_of_amazons_sdk() {
    let mut theirs = published("CreateChargeRequest.CanConvertToJsonPaymentMethodOnFile");
    theirs.as_object_mut().unwrap().remove("providerMetadata");
    assert_eq!(sent(&charge()), theirs);
    let alexa = CreateCharge { channel: Some(Channel::Alexa), charge_initiator: Some(ChargeInitiator::Citu), ..charge() };
    assert_eq!((sent(&alexa)["channel"].as_str(), sent(&alexa)["chargeInitiator"].as_str()), (Some("Alexa"), Some("CITU")));

    let capture = CaptureCharge { capture_amount: price(1_299, Currency::Eur), soft_descriptor: Some("foo".to_owned()) };
    assert_eq!(sent(&capture), published("CaptureChargeRequest.CanConvertToJsonFull"));
    assert_eq!(sent(&CaptureCharge { soft_descriptor: None, ..capture }), published("CaptureChargeRequest.CanConvertToJsonMinimal"));
    let cancel = CancelCharge { cancellation_reason: "foo".to_owned() };
    assert_eq!(sent(&cancel), published("CancelChargeRequest.CanConvertToJson"));
    let refund = CreateRefund {
        charge_id: id("S02-7331650-8246451"),
        refund_amount: price(1_299, Currency::Eur),
        soft_descriptor: Some("foo".to_owned()),
    };
    assert_eq!(sent(&refund), published("CreateRefundRequest.CanConvertToJsonFull"));
    let close = CloseChargePermission { closure_reason: "foo".to_owned(), cancel_pending_charges: false };
    let theirs = published("CloseChargePermissionRequest.CanConvertToJsonMinimal");
    assert_eq!(without(sent(&close), &["cancelPendingCharges"]), theirs);
    let complete = CompleteCheckoutSession { charge_amount: Some(price(9_900, Currency::Eur)) };
    assert_eq!(sent(&complete), published("CompleteCheckoutSessionRequest.CanConvertToJsonMinimal"));
    assert_eq!(sent(&CompleteCheckoutSession::default()), serde_json::json!({}));
    let theirs = published("CreateCheckoutSessionRequest.CanConvertToJsonMinimal");
    assert_eq!(without(sent(&session()), &["chargePermissionType"]), theirs);
}

#[test]
fn the_end_of_a_checkout_is_that_of_amazons_sdk() {
    let text = |text: &str| Some(text.to_owned());
    let address = Address {
        name: text("Paul Smith"),
        lines: vec!["9999 First Avenue".to_owned()],
        city: text("New York"),
        district: text("Manhattan"),
        region: text("NY"),
        postal_code: text("10016"),
        country: text("US"),
        phone: text("212555555"),
        ..Address::default()
    };
    let body = CreateCheckoutSession {
        web_checkout_details: WebCheckoutDetails { checkout_mode: Some(CheckoutMode::ProcessOrder), ..session().web_checkout_details },
        payment_details: Some(PaymentDetails {
            payment_intent: PaymentIntent::AuthorizeWithCapture,
            can_handle_pending_authorization: false,
            charge_amount: Some(price(1_000, Currency::Usd)),
            soft_descriptor: None,
        }),
        merchant_metadata: Some(MerchantMetadata {
            merchant_reference_id: text("Merchant Ref ID"),
            merchant_store_name: text("Store Name"),
            note_to_buyer: text("Buyer Note"),
            custom_information: None,
        }),
        address_details: AddressDetails::of(&address),
        ..session()
    };
    let mut theirs = published("CreateCheckoutSessionRequest.AdditionalPaymentButton");
    theirs["paymentDetails"].as_object_mut().unwrap().remove("presentmentCurrency");
    theirs["paymentDetails"]["canHandlePendingAuthorization"] = false.into();
    assert_eq!(without(sent(&body), &["chargePermissionType"]), theirs);
    assert_eq!(told(&CreateCheckoutSession { payment_details: None, ..body.clone() }), ["paymentDetails is missing"]);
    let elsewhere = CreateCheckoutSession { web_checkout_details: session().web_checkout_details, ..body };
    assert_eq!(told(&elsewhere), ["addressDetails goes only with the mode that processes the order at once"]);
    assert_eq!(AddressDetails::of(&Address { city: None, ..address }), None);
}

#[test]
fn updates_are_those_of_amazons_sdk() {
    let update = UpdateCheckoutSession {
        web_checkout_details: Some(WebCheckoutDetails {
            checkout_result_return_url: Some("https://example.com/thankyou.html".to_owned()),
            ..session().web_checkout_details
        }),
        ..UpdateCheckoutSession::default()
    };
    assert_eq!(sent(&update), published("UpdateCheckoutSessionRequest.CanConvertToJsonWebCheckoutDetails"));
    let details = PaymentDetails {
        payment_intent: PaymentIntent::Authorize,
        can_handle_pending_authorization: false,
        charge_amount: Some(price(108_000, Currency::Eur)),
        soft_descriptor: None,
    };
    let update = UpdateCheckoutSession { payment_details: Some(details), ..UpdateCheckoutSession::default() };
    let mut theirs = published("UpdateCheckoutSessionRequest.CanConvertToJsonPaymentDetails");
    theirs["paymentDetails"]["canHandlePendingAuthorization"] = false.into();
    assert_eq!(sent(&update), theirs);
    let metadata = MerchantMetadata { merchant_reference_id: Some("123".to_owned()), ..MerchantMetadata::default() };
    let update = UpdateChargePermission { merchant_metadata: metadata };
    assert_eq!(sent(&update), serde_json::json!({ "merchantMetadata": { "merchantReferenceId": "123" } }));
}

fn told(body: &impl Body) -> Vec<String> {
    body.check().iter().map(ToString::to_string).collect()
}

#[test]
fn what_amazon_would_refuse_is_refused_before() {
    let long = "0123456789ABCDEFG".to_owned();
    let wrong = CreateCharge {
        charge_amount: price(15_000_001, Currency::Usd),
        capture_now: false,
        soft_descriptor: Some(long.clone()),
        platform_id: Some("a\nb".to_owned()),
        ..charge()
    };
    assert_eq!(
        told(&wrong),
        [
            "chargeAmount must be more than nothing and no more than one charge may be",
            "softDescriptor has more than 16 characters: shorten it",
            "softDescriptor goes only with an immediate capture",
            "platformId holds a character that cannot be printed",
        ]
    );
    for (minor, currency, fits) in [
        (0, Currency::Usd, false),
        (1, Currency::Usd, true),
        (15_000_000, Currency::Gbp, true),
        (10_000_000, Currency::Jpy, true),
        (10_000_001, Currency::Jpy, false),
    ] {
        let body = CaptureCharge { capture_amount: price(minor, currency), soft_descriptor: None };
        assert_eq!(body.check().is_empty(), fits, "{minor} {currency}");
    }
    assert_eq!(told(&CancelCharge { cancellation_reason: " ".to_owned() }), ["cancellationReason is missing"]);
    let close = CloseChargePermission { closure_reason: "a".repeat(256), cancel_pending_charges: true };
    assert_eq!(told(&close), ["closureReason has more than 255 characters: shorten it"]);
}

#[test]
fn a_session_is_whole_or_refused() {
    let wallet = CreateCheckoutSession {
        charge_permission_type: ChargePermissionType::PaymentMethodOnFile,
        payment_method_on_file_metadata: Some(PaymentMethodOnFileMetadata { setup_only: true }),
        ..session()
    };
    assert_eq!(wallet.check(), []);
    let incomplete = CreateCheckoutSession {
        store_id: String::new(),
        web_checkout_details: WebCheckoutDetails::default(),
        payment_method_on_file_metadata: None,
        ..wallet.clone()
    };
    assert_eq!(told(&incomplete), ["storeId is missing", "webCheckoutDetails is missing", "paymentMethodOnFileMetadata is missing"]);
    let mixed = CreateCheckoutSession { charge_permission_type: ChargePermissionType::OneTime, ..wallet.clone() };
    assert_eq!(told(&mixed), ["paymentMethodOnFileMetadata goes only with a saved wallet"]);
    let due = PaymentDetails {
        payment_intent: PaymentIntent::Authorize,
        can_handle_pending_authorization: false,
        charge_amount: None,
        soft_descriptor: None,
    };
    let charged = CreateCheckoutSession { payment_details: Some(due), ..wallet };
    assert_eq!(told(&charged), ["paymentDetails must not charge when a wallet is only set up"]);
    let page = WebCheckoutDetails { checkout_result_return_url: Some("http://example.com".to_owned()), ..WebCheckoutDetails::default() };
    assert_eq!(told(&CreateCheckoutSession { web_checkout_details: page, ..session() }), ["checkoutResultReturnUrl is no https address"]);
}

#[test]
fn published_answers_are_read() {
    let open = CheckoutSession::read(&json("answers/dotnet-checkout-session-open.json")).unwrap();
    assert_eq!((open.state, open.reason, open.charge_permission), (SessionState::Open, None, None));
    assert!(open.redirect_url.unwrap().starts_with("https://apay-us.amazon.com/checkout/processing?"));
    let missing = CheckoutSession::read(&json("answers/wrapper-session-2.json")).unwrap();
    assert_eq!(missing.constraints, ["ChargeAmountNotSet", "CheckoutResultReturnUrlNotSet", "PaymentIntentNotSet"]);
    assert_eq!(missing.expires, Some(Time::from_unix(1_571_258_593)));
    let completed = CheckoutSession::read(&json("answers/woo-issue-123-complete-session.json")["body"]).unwrap();
    assert_eq!((completed.state, completed.charge_permission), (SessionState::Completed, Some(id("S02-2971556-0051905"))));

    for name in ["onetime", "pmof"] {
        let permission = ChargePermission::read(&json(&format!("answers/dotnet-charge-permission-{name}.json"))).unwrap();
        assert_eq!((permission.state, permission.reasons, permission.balance), (PermissionState::Chargeable, vec![], None));
        assert_eq!(permission.expires, None);
    }
    let mut older = json("answers/v1-order-permission-status.json");
    older["chargePermissionId"] = "S02-0000000-0000000".into();
    let older = ChargePermission::read(&older).unwrap();
    assert_eq!((older.state, older.reasons), (PermissionState::Unknown(String::new()), vec![PermissionReason::TransactionAmountExceeded]));

    let yen = Charge::read(&json("answers/wrapper-charge-authorized-jp.json")).unwrap();
    assert_eq!((yen.state, yen.amount), (ChargeState::Authorized, Some(Money::new(500, Currency::Jpy))));
    assert_eq!((yen.captured, yen.expires), (None, Some(Time::from_unix(1_700_893_707))));
    let captured = Charge::read(&json("answers/wrapper-charge-captured.json")).unwrap();
    assert_eq!(captured.state, ChargeState::Captured);
    assert_eq!(captured.captured, Some(Money::new(1_400, Currency::Usd)));
    assert_eq!(captured.refunded, Some(Money::zero(Currency::Usd)));
}

#[test]
fn whatever_else_is_answered_is_read_as_far_as_it_goes() {
    let charge = serde_json::json!({
        "chargeId": "S01-5105180-3221187-C056351",
        "chargePermissionId": 7,
        "chargeAmount": { "amount": 14.5, "currencyCode": "USD" },
        "captureAmount": { "amount": "1", "currencyCode": "SEK" },
        "statusDetails": { "state": "Thinking\n", "reasonCode": "SoftDeclined" },
        "expirationTimestamp": "tomorrow",
        "somethingNew": {},
    });
    let read = Charge::read(&charge).unwrap();
    assert_eq!((read.state, read.reason), (ChargeState::Unknown("Thinking".to_owned()), Some(ChargeReason::SoftDeclined)));
    assert_eq!((read.amount, read.captured), (Some(Money::new(1_450, Currency::Usd)), None));
    assert_eq!((read.charge_permission, read.expires), (None, None));
    let refund = serde_json::json!({
        "refundId": "S01-5105180-3221187-R022311",
        "chargeId": "S01-5105180-3221187-C056351",
        "refundAmount": { "amount": "14.00", "currencyCode": "USD" },
        "statusDetails": { "state": "Declined", "reasonCode": "AmazonRejected" },
    });
    let refund = Refund::read(&refund).unwrap();
    assert_eq!((refund.state, refund.reason), (RefundState::Declined, Some(RefundReason::AmazonRejected)));
    assert_eq!(refund.amount, Some(Money::new(1_400, Currency::Usd)));
    // Without its own id, or with one that would lead elsewhere, it is no answer.
    for body in [Value::Null, serde_json::json!([]), serde_json::json!({ "chargeId": null }), serde_json::json!({ "chargeId": "../x" })] {
        assert_eq!(Charge::read(&body), None, "{body}");
    }
}

#[test]
fn a_moment_is_written_as_it_is_signed() {
    assert_eq!(stamp(Time::from_unix(1_705_313_730)).as_deref(), Some("20240115T101530Z"));
    assert_eq!(moment(&"20240115T101530Z".into()), Some(Time::from_unix(1_705_313_730)));
    assert_eq!(stamp(Time::from_unix(i64::MAX)), None);
}
