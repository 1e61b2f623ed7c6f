//! The client of Amazon Pay API v2 against a stand-in that checks every signature.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use voicetill::adapters::amazon_pay::api::buyers::BuyerToken;
use voicetill::adapters::amazon_pay::api::client::{Answer, CallError, Cause, Client, TRIES};
use voicetill::adapters::amazon_pay::api::errors::{Outcome, ReasonCode};
use voicetill::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use voicetill::adapters::amazon_pay::api::place::{Environment, Place, Region};
use voicetill::adapters::amazon_pay::api::sign::Signer;
use voicetill::adapters::amazon_pay::api::wire::answers::{Charge, ChargeState};
use voicetill::adapters::amazon_pay::api::wire::requests::{
    CancelCharge, CaptureCharge, Channel, ChargeInitiator, ChargePermissionType, CloseChargePermission, CompleteCheckoutSession,
    CreateCharge, CreateCheckoutSession, CreateRefund, MerchantMetadata, PaymentMethodOnFileMetadata, UpdateChargePermission,
    UpdateCheckoutSession, WebCheckoutDetails,
};
use voicetill::adapters::amazon_pay::api::wire::trackers::{CarrierCode, CreateDeliveryTracker, DeliveryDetail, Shipped};
use voicetill::adapters::amazon_pay::api::wire::{ObjectId, Price};
use voicetill::domain::ids::AttemptId;
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::payment::Decline;
use voicetill::domain::time::Time;
use voicetill::telemetry::chain;

use crate::stand_in::{KEY_ID, NOW, PRIVATE_KEY, Reply, StandIn, refusal};

const WITHIN: Duration = Duration::from_secs(5);

fn client(stand_in: &StandIn) -> Client {
    let id = PublicKeyId::parse(KEY_ID).unwrap();
    let place = Place::amazon(Region::Europe, Environment::Sandbox, &id).unwrap().instead_at(&stand_in.address).unwrap();
    Client::new(Signer::new(id, PrivateKey::from_pem(PRIVATE_KEY).unwrap()), place).with_clock(|| Time::from_unix(NOW))
}

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).unwrap()
}

fn key() -> AttemptId {
    AttemptId::parse("PS0123456789ABCDEF1NFV1A0ZZa1").unwrap()
}

fn euros(minor: i64) -> Price {
    Price(Money::new(minor, Currency::Eur))
}

fn wanted() -> CreateCharge {
    CreateCharge {
        charge_permission_id: id("C02-1111111-1111111"),
        charge_amount: euros(1_400),
        capture_now: true,
        soft_descriptor: None,
        can_handle_pending_authorization: false,
        merchant_metadata: None,
        platform_id: None,
        charge_initiator: Some(ChargeInitiator::Citu),
        channel: Some(Channel::Alexa),
    }
}

fn captured() -> Reply {
    Reply::Json(201, json!({ "chargeId": "S02-1111111-1111111-C000001", "statusDetails": { "state": "Captured" } }))
}

async fn charge(stand_in: &StandIn, within: Duration) -> Result<Answer<Charge>, CallError> {
    client(stand_in).create_charge(&wanted(), &key(), within).await
}

#[tokio::test]
async fn a_charge_is_signed_sent_and_read_with_amazons_request_id() {
    let stand_in = StandIn::start([captured()]).await;
    let answer = charge(&stand_in, WITHIN).await.unwrap();
    assert_eq!(answer.value.state, ChargeState::Captured);
    assert_eq!((answer.seen.request_id.as_deref(), answer.seen.date), (Some("R-201"), Some(Time::from_unix(NOW))));
    let [asked] = &stand_in.asked()[..] else { panic!("once") };
    assert_eq!(asked.line, "POST /v2/charges");
    assert_eq!(asked.header("x-amz-pay-idempotency-key"), key().as_str());
    assert_eq!((asked.header("x-amz-pay-date"), asked.header("x-amz-pay-region")), ("20261122T020000Z", "eu"));
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["chargeAmount"], json!({ "amount": "14.00", "currencyCode": "EUR" }));
}

/// Each call by its method and path, whether it has a key, and the answer that it takes.
#[tokio::test]
async fn every_call_goes_where_the_reference_says() {
    let session = Reply::Json(200, json!({ "checkoutSessionId": "7efe55c3" }));
    let stand_in = StandIn::start([session]).await;
    let client_ = client(&stand_in);
    let pages =
        WebCheckoutDetails { checkout_result_return_url: Some("https://shop.example/done".to_owned()), ..WebCheckoutDetails::default() };
    let create = CreateCheckoutSession {
        store_id: "amzn1.application-oa2-client.0".to_owned(),
        web_checkout_details: pages.clone(),
        charge_permission_type: ChargePermissionType::PaymentMethodOnFile,
        payment_method_on_file_metadata: Some(PaymentMethodOnFileMetadata { setup_only: true }),
        ..CreateCheckoutSession::default()
    };
    let update = UpdateCheckoutSession { web_checkout_details: Some(pages), ..UpdateCheckoutSession::default() };
    let here = id("7efe55c3");
    client_.create_checkout_session(&create, &key(), WITHIN).await.unwrap();
    client_.checkout_session(&here, WITHIN).await.unwrap();
    client_.update_checkout_session(&here, &update, WITHIN).await.unwrap();
    client_.complete_checkout_session(&here, &CompleteCheckoutSession::default(), &key(), WITHIN).await.unwrap();
    let mut asked = stand_in.asked();

    let stand_in = StandIn::start([Reply::Json(200, json!({ "chargePermissionId": "C02-1" }))]).await;
    let client_ = client(&stand_in);
    let here = id("C02-1");
    client_.charge_permission(&here, WITHIN).await.unwrap();
    let update = UpdateChargePermission { merchant_metadata: MerchantMetadata::default() };
    client_.update_charge_permission(&here, &update, WITHIN).await.unwrap();
    let close = CloseChargePermission { closure_reason: "over".to_owned(), cancel_pending_charges: false };
    client_.close_charge_permission(&here, &close, WITHIN).await.unwrap();
    asked.extend(stand_in.asked());

    let stand_in = StandIn::start([captured()]).await;
    let client_ = client(&stand_in);
    let here = id("S02-1-C1");
    client_.charge(&here, WITHIN).await.unwrap();
    let capture = CaptureCharge { capture_amount: euros(1), soft_descriptor: None };
    client_.capture_charge(&here, &capture, &key(), WITHIN).await.unwrap();
    client_.cancel_charge(&here, &CancelCharge { cancellation_reason: "over".to_owned() }, WITHIN).await.unwrap();
    asked.extend(stand_in.asked());

    let stand_in = StandIn::start([Reply::Json(201, json!({ "refundId": "S02-1-R1" }))]).await;
    let client_ = client(&stand_in);
    let refund = CreateRefund { charge_id: here, refund_amount: euros(1), soft_descriptor: None };
    client_.create_refund(&refund, &key(), WITHIN).await.unwrap();
    client_.refund(&id("S02-1-R1"), WITHIN).await.unwrap();
    asked.extend(stand_in.asked());

    let stand_in = StandIn::start([Reply::Json(200, json!({ "buyerId": "amzn1.account.A", "chargePermissionId": "C02-1" }))]).await;
    let client_ = client(&stand_in);
    client_.buyer(&BuyerToken::parse("token-1").unwrap(), WITHIN).await.unwrap();
    let parcel = DeliveryDetail { tracking_number: "1Z9".to_owned(), carrier_code: CarrierCode::parse("UPS").unwrap() };
    let tracker = CreateDeliveryTracker { shipped: Shipped::ChargePermissionId(id("C02-1")), delivery_details: vec![parcel] };
    client_.create_delivery_tracker(&tracker, &key(), WITHIN).await.unwrap();
    asked.extend(stand_in.asked());

    let keyed = |keyed| if keyed { " keyed" } else { "" };
    let lines: Vec<_> =
        asked.iter().map(|one| format!("{}{}", one.line, keyed(one.headers.contains_key("x-amz-pay-idempotency-key")))).collect();
    assert_eq!(
        lines,
        [
            "POST /v2/checkoutSessions keyed",
            "GET /v2/checkoutSessions/7efe55c3",
            "PATCH /v2/checkoutSessions/7efe55c3",
            "POST /v2/checkoutSessions/7efe55c3/complete keyed",
            "GET /v2/chargePermissions/C02-1",
            "PATCH /v2/chargePermissions/C02-1",
            "DELETE /v2/chargePermissions/C02-1/close",
            "GET /v2/charges/S02-1-C1",
            "POST /v2/charges/S02-1-C1/capture keyed",
            "DELETE /v2/charges/S02-1-C1/cancel",
            "POST /v2/refunds keyed",
            "GET /v2/refunds/S02-1-R1",
            "GET /v2/buyers/token-1",
            "POST /v2/deliveryTrackers keyed",
        ]
    );
}

#[tokio::test]
async fn what_passes_is_tried_again_under_the_same_key() {
    for first in [Reply::refuse(500, "InternalServerError"), Reply::refuse(503, "ServiceUnavailable"), Reply::HangUp, Reply::Half] {
        let stand_in = StandIn::start([first, captured()]).await;
        assert_eq!(charge(&stand_in, WITHIN).await.unwrap().value.state, ChargeState::Captured);
        let asked = stand_in.asked();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0].header("x-amz-pay-idempotency-key"), asked[1].header("x-amz-pay-idempotency-key"));
        assert_eq!(asked[0].body, asked[1].body);
    }
}

#[tokio::test]
async fn tries_are_bounded_and_a_servers_error_stays_unknown() {
    let stand_in = StandIn::start([Reply::refuse(500, "InternalServerError")]).await;
    let failed = charge(&stand_in, WITHIN).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (TRIES, Outcome::Unknown, true));
    assert_eq!(stand_in.asked().len(), 3);
}

#[tokio::test]
async fn a_decline_is_not_tried_again() {
    for (status, code, decline) in [
        (500, "ProcessingFailure", Decline::ProcessingFailure),
        (422, "SoftDeclined", Decline::InvalidPaymentMethodSoft),
        (422, "HardDeclined", Decline::InvalidPaymentMethodHard),
        (422, "AmazonRejected", Decline::AmazonRejected),
    ] {
        let stand_in = StandIn::start([Reply::refuse(status, code), captured()]).await;
        let failed = charge(&stand_in, WITHIN).await.unwrap_err();
        assert_eq!((failed.outcome(), failed.retryable()), (Outcome::Declined(decline), false), "{code}");
        assert_eq!(stand_in.asked().len(), 1, "{code}");
        assert!(chain(&failed).ends_with(&format!("{status} {code} (request R-{status}): about {code}")), "{}", chain(&failed));
    }
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_settles_nothing_but_a_decline_does() {
    let stand_in = StandIn::start([Reply::HangUp, Reply::refuse(403, "InvalidAccountStatus")]).await;
    let failed = charge(&stand_in, WITHIN).await.unwrap_err();
    assert!(matches!(&failed.cause, Cause::Refused(refusal) if refusal.code == ReasonCode::InvalidAccountStatus));
    assert_eq!(failed.outcome(), Outcome::Unknown, "the first try may have charged");

    let stand_in = StandIn::start([Reply::HangUp, Reply::refuse(422, "HardDeclined")]).await;
    assert_eq!(charge(&stand_in, WITHIN).await.unwrap_err().outcome(), Outcome::Declined(Decline::InvalidPaymentMethodHard));
    let stand_in = StandIn::start([Reply::refuse(403, "InvalidAccountStatus")]).await;
    assert_eq!(charge(&stand_in, WITHIN).await.unwrap_err().outcome(), Outcome::NotDone);
}

#[tokio::test]
async fn throttling_waits_for_the_bucket_to_fill_or_gives_up() {
    let stand_in = StandIn::start([Reply::refuse(429, "TooManyRequests"), captured()]).await;
    let began = Instant::now();
    charge(&stand_in, WITHIN).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());

    let stand_in = StandIn::start([Reply::refuse(429, "TooManyRequests")]).await;
    let began = Instant::now();
    let failed = charge(&stand_in, Duration::from_millis(990)).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (1, Outcome::NotDone, true));
    assert!(began.elapsed() < Duration::from_millis(990), "a wait that cannot end in time is not begun");
}

#[tokio::test]
async fn a_wait_that_amazon_asks_for_is_kept_or_the_call_given_up() {
    for (status, code) in [(429, "TooManyRequests"), (503, "ServiceUnavailable")] {
        let stand_in = StandIn::start([Reply::Later(status, refusal(code), 2), captured()]).await;
        let began = Instant::now();
        charge(&stand_in, WITHIN).await.unwrap();
        assert!(began.elapsed() >= Duration::from_secs(2), "{code}: {:?}", began.elapsed());
    }
    let stand_in = StandIn::start([Reply::Later(429, refusal("TooManyRequests"), 3_600), captured()]).await;
    let began = Instant::now();
    let failed = charge(&stand_in, WITHIN).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (1, Outcome::NotDone, true));
    assert_eq!(failed.seen().unwrap().retry_after, Some(Duration::from_hours(1)));
    assert!(began.elapsed() < WITHIN, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_burst_beyond_the_quota_is_spread_out_before_it_is_sent() {
    let stand_in = StandIn::start([captured()]).await;
    let client = client(&stand_in);
    let (wanted, key) = (wanted(), key());
    let began = Instant::now();
    // The sandbox takes two charges at once, and then one a second.
    let call = || client.create_charge(&wanted, &key, WITHIN);
    // Who cannot wait for the second second is not held back: Amazon may still take it.
    let hurried = client.create_charge(&wanted, &key, Duration::from_millis(1_900));
    let (first, second, third, hurried) = tokio::join!(call(), call(), call(), hurried);
    assert!(first.is_ok() && second.is_ok() && third.is_ok() && hurried.is_ok());
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
    assert_eq!(stand_in.asked().len(), 4);
}

#[tokio::test]
async fn a_buyers_token_is_in_no_error() {
    let token = BuyerToken::parse("token-that-is-a-secret").unwrap();
    // A wrong signature is told with the request that was expected.
    let repeated = "Expected GET\n/v2/buyers/token-that-is-a-secret\n\naccept:";
    let repeats = Reply::Json(403, json!({ "reasonCode": "InvalidRequestSignature", "message": repeated }));
    for reply in [Reply::HangUp, Reply::Half, repeats, Reply::Text(200, "{}".to_owned())] {
        let stand_in = StandIn::start([reply]).await;
        let failed = client(&stand_in).buyer(&token, WITHIN).await.unwrap_err();
        let told = format!("{} {failed:?}", chain(&failed));
        assert!(!told.contains("secret"), "{told}");
    }
    let stand_in = StandIn::start([captured()]).await;
    let client = client(&stand_in);
    drop(stand_in);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let failed = client.buyer(&token, WITHIN).await.unwrap_err();
    let told = format!("{} {failed:?}", chain(&failed));
    assert!(told.contains("127.0.0.1") && !told.contains("secret"), "{told}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_taken_in() {
    let stand_in = StandIn::start([Reply::Text(200, " ".repeat(1 << 20))]).await;
    let failed = charge(&stand_in, WITHIN).await.unwrap_err();
    assert_eq!((failed.outcome(), failed.retryable()), (Outcome::Unknown, false));
    assert!(chain(&failed).ends_with("it has more than 512 KiB"), "{}", chain(&failed));
}

#[tokio::test]
async fn a_call_is_over_in_its_time() {
    let stand_in = StandIn::start([Reply::Hang]).await;
    let began = Instant::now();
    let failed = charge(&stand_in, Duration::from_millis(300)).await.unwrap_err();
    assert!(began.elapsed() < WITHIN, "{:?}", began.elapsed());
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (1, Outcome::Unknown, true));
    assert!(matches!(failed.cause, Cause::TimedOut), "{}", chain(&failed));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    let stand_in = StandIn::start([captured()]).await;
    let client = client(&stand_in);
    drop(stand_in);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let failed = client.create_charge(&wanted(), &key(), WITHIN).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome(), failed.retryable()), (TRIES, Outcome::NotDone, true));
    assert!(chain(&failed).contains("127.0.0.1") && chain(&failed).contains("cannot be reached"), "{}", chain(&failed));
}

#[tokio::test]
async fn an_answer_that_is_none_leaves_it_unknown() {
    for reply in [Reply::Text(200, "<html>welcome to the hotel</html>".to_owned()), Reply::Json(201, json!({ "statusDetails": {} }))] {
        let stand_in = StandIn::start([reply]).await;
        let failed = charge(&stand_in, WITHIN).await.unwrap_err();
        assert_eq!((failed.outcome(), failed.retryable()), (Outcome::Unknown, false));
        assert!(failed.seen().unwrap().request_id.is_some());
    }
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent() {
    let stand_in = StandIn::start([captured()]).await;
    let body = CreateCharge { charge_amount: euros(0), ..wanted() };
    let failed = client(&stand_in).create_charge(&body, &key(), WITHIN).await.unwrap_err();
    assert_eq!((failed.tries, failed.outcome()), (0, Outcome::NotDone));
    assert!(chain(&failed).contains("chargeAmount must be more than nothing"), "{}", chain(&failed));
    assert!(stand_in.asked().is_empty());
}

#[tokio::test]
async fn a_signature_by_another_key_id_is_refused() {
    let stand_in = StandIn::start([captured()]).await;
    let other = PublicKeyId::parse("SANDBOX-AFOTHER").unwrap();
    let place = Place::amazon(Region::Europe, Environment::Sandbox, &other).unwrap().instead_at(&stand_in.address).unwrap();
    let client = Client::new(Signer::new(other, PrivateKey::from_pem(PRIVATE_KEY).unwrap()), place);
    let failed = client.charge(&id("S02-1-C1"), WITHIN).await.unwrap_err();
    assert!(matches!(&failed.cause, Cause::Refused(refusal) if refusal.code == ReasonCode::InvalidRequestSignature));
}
