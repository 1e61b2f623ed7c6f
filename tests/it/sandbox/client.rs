//! Every operation and every documented refusal, as our own client sees them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use voicetill::adapters::amazon_pay::api::client::Cause;
use voicetill::adapters::amazon_pay::api::errors::{Outcome, ReasonCode};
use voicetill::adapters::amazon_pay::api::wire::answers::{ChargeReason, ChargeState, PermissionState, RefundState, SessionState};
use voicetill::adapters::amazon_pay::api::wire::requests::{
    CancelCharge, CaptureCharge, Channel, ChargeInitiator, ChargePermissionType, CloseChargePermission, CompleteCheckoutSession,
    CreateCharge, CreateCheckoutSession, CreateRefund, MerchantMetadata, PaymentDetails, PaymentIntent, PaymentMethodOnFileMetadata,
    UpdateChargePermission, UpdateCheckoutSession, WebCheckoutDetails,
};
use voicetill::adapters::amazon_pay::api::wire::{ObjectId, Price};
use voicetill::cli::doctor::{self, DoctorArgs};
use voicetill::config::{Config, Env};
use voicetill::domain::ids::AttemptId;
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::payment::Decline;
use voicetill::domain::time::Time;
use voicetill::simulator::amazon_pay::account::REASON_CODES;

use super::{Amazon, WITHIN};
use crate::stand_in::{KEY_ID, NOW, PRIVATE_KEY};

fn key(text: &str) -> AttemptId {
    AttemptId::parse(text).unwrap()
}

fn usd(minor: i64) -> Price {
    Price(Money::new(minor, Currency::Usd))
}

fn wanted(permission: &str, minor: i64, capture_now: bool) -> CreateCharge {
    CreateCharge {
        charge_permission_id: ObjectId::parse(permission).unwrap(),
        charge_amount: usd(minor),
        capture_now,
        soft_descriptor: None,
        can_handle_pending_authorization: false,
        merchant_metadata: None,
        platform_id: None,
        charge_initiator: Some(ChargeInitiator::Citu),
        channel: Some(Channel::Alexa),
    }
}

#[tokio::test]
async fn our_client_goes_all_the_way_from_set_up_to_refund() {
    let amazon = Amazon::start().await;
    let client = amazon.client();
    let create = CreateCheckoutSession {
        store_id: "amzn1.application-oa2-client.0".to_owned(),
        web_checkout_details: WebCheckoutDetails {
            checkout_review_return_url: Some("https://shop.example/look".to_owned()),
            ..WebCheckoutDetails::default()
        },
        charge_permission_type: ChargePermissionType::PaymentMethodOnFile,
        payment_method_on_file_metadata: Some(PaymentMethodOnFileMetadata { setup_only: true }),
        payment_details: Some(PaymentDetails {
            payment_intent: PaymentIntent::Confirm,
            can_handle_pending_authorization: false,
            charge_amount: None,
            soft_descriptor: None,
        }),
        ..CreateCheckoutSession::default()
    };
    let session = client.create_checkout_session(&create, &key("setup-1"), WITHIN).await.unwrap().value;
    assert_eq!(session.state, SessionState::Open);
    assert_eq!(session.constraints, ["BuyerNotAssociated", "CheckoutResultReturnUrlNotSet"]);
    assert_eq!(session.redirect_url, None);
    let early =
        client.complete_checkout_session(&session.id, &CompleteCheckoutSession::default(), &key("early"), WITHIN).await.unwrap_err();
    assert!(matches!(&early.cause, Cause::Refused(refusal) if refusal.code == ReasonCode::InvalidCheckoutSessionStatus), "{early:?}");
    let pages =
        WebCheckoutDetails { checkout_result_return_url: Some("https://shop.example/done".to_owned()), ..WebCheckoutDetails::default() };
    let update = UpdateCheckoutSession { web_checkout_details: Some(pages), ..UpdateCheckoutSession::default() };
    let session = client.update_checkout_session(&session.id, &update, WITHIN).await.unwrap().value;
    assert!(session.redirect_url.is_some(), "nothing but the buyer is missing");
    let back = amazon.visit(session.id.as_str(), None).await;
    assert_eq!(back, format!("https://shop.example/done?amazonCheckoutSessionId={}", session.id));
    let done =
        client.complete_checkout_session(&session.id, &CompleteCheckoutSession::default(), &key("done"), WITHIN).await.unwrap().value;
    assert_eq!((done.state, done.charge), (SessionState::Completed, None));
    let wallet = done.charge_permission.unwrap();
    assert!(wallet.as_str().starts_with("C01-"), "{wallet}");
    assert_eq!(client.checkout_session(&session.id, WITHIN).await.unwrap().value.state, SessionState::Completed);

    let charge = client.create_charge(&wanted(wallet.as_str(), 4_998, false), &key("a1"), WITHIN).await.unwrap().value;
    assert_eq!((charge.state, charge.amount), (ChargeState::Authorized, Some(usd(4_998).0)));
    let capture = CaptureCharge { capture_amount: usd(4_000), soft_descriptor: None };
    let captured = client.capture_charge(&charge.id, &capture, &key("c1"), WITHIN).await.unwrap().value;
    assert_eq!((captured.state, captured.captured), (ChargeState::Captured, Some(usd(4_000).0)));
    let refund = CreateRefund { charge_id: charge.id.clone(), refund_amount: usd(1_000), soft_descriptor: None };
    let refund = client.create_refund(&refund, &key("r1"), WITHIN).await.unwrap().value;
    assert_eq!((refund.state, &refund.charge), (RefundState::RefundInitiated, &Some(charge.id.clone())));
    amazon.ahead(30).await;
    assert_eq!(client.refund(&refund.id, WITHIN).await.unwrap().value.state, RefundState::Refunded);
    assert_eq!(client.charge(&charge.id, WITHIN).await.unwrap().value.refunded, Some(usd(1_000).0));

    let other = client.create_charge(&wanted(wallet.as_str(), 500, false), &key("a2"), WITHIN).await.unwrap().value;
    let cancel = CancelCharge { cancellation_reason: "sold out".to_owned() };
    let canceled = client.cancel_charge(&other.id, &cancel, WITHIN).await.unwrap().value;
    assert_eq!((canceled.state, canceled.reason), (ChargeState::Canceled, Some(ChargeReason::MerchantCanceled)));
    let words = MerchantMetadata { merchant_store_name: Some("Petal".to_owned()), ..MerchantMetadata::default() };
    client.update_charge_permission(&wallet, &UpdateChargePermission { merchant_metadata: words }, WITHIN).await.unwrap();
    assert_eq!(client.charge_permission(&wallet, WITHIN).await.unwrap().value.state, PermissionState::Chargeable);
    let close = CloseChargePermission { closure_reason: "over".to_owned(), cancel_pending_charges: false };
    assert_eq!(client.close_charge_permission(&wallet, &close, WITHIN).await.unwrap().value.state, PermissionState::Closed);
    let refused = client.create_charge(&wanted(wallet.as_str(), 500, true), &key("a3"), WITHIN).await.unwrap_err();
    assert_eq!(refused.outcome(), Outcome::NotDone);
}

/// The words of the tester's control are the table's own; the client has to know each, and what it says of the money.
#[tokio::test]
async fn every_documented_refusal_means_to_the_client_what_it_means() {
    let unknown = [
        "RequestTimeout",
        "InternalServerError",
        "ServiceUnavailable",
        "DuplicateIdempotencyKey",
        "InvalidCheckoutSessionStatus",
        "InvalidChargeStatus",
    ];
    let again = ["RequestTimeout", "TooManyRequests", "RequestThrottled", "InternalServerError", "ServiceUnavailable"];
    let declined = [
        "SoftDeclined",
        "HardDeclined",
        "AmazonRejected",
        "PaymentMethodNotAllowed",
        "MFANotCompleted",
        "TransactionTimedOut",
        "ProcessingFailure",
    ];
    // All at once, because some wait a second or two between tries, and with time enough for every try on a machine that has much to do.
    let mut codes: JoinSet<()> = JoinSet::new();
    for (code, status) in REASON_CODES.into_iter().filter(|(code, _)| *code != "InvalidInputFormat") {
        codes.spawn(async move {
            let amazon = Amazon::start().await;
            let wallet = amazon.wallet("setup").await;
            for _ in 0..3 {
                amazon.control("next", json!({ "operation": "Create Charge", "reasonCode": code })).await;
            }
            let error = amazon.client().create_charge(&wanted(&wallet, 500, true), &key("a1"), Duration::from_mins(1)).await.unwrap_err();
            let Cause::Refused(refusal) = &error.cause else { panic!("{code}: {error:?}") };
            assert_eq!((refusal.status, refusal.code.as_str()), (status, code));
            assert!(!matches!(refusal.code, ReasonCode::Unknown(_)) && refusal.seen.request_id.is_some(), "{code}");
            assert_eq!(error.retryable(), again.contains(&code), "{code}");
            assert_eq!(error.tries, if again.contains(&code) { 3 } else { 1 }, "{code}");
            match error.outcome() {
                Outcome::Declined(_) => assert!(declined.contains(&code), "{code}"),
                Outcome::Unknown => assert!(unknown.contains(&code), "{code}"),
                Outcome::NotDone => assert!(!declined.contains(&code) && !unknown.contains(&code), "{code}"),
            }
            assert_eq!(amazon.state().await["account"]["charges"], json!([]), "{code}");
        });
    }
    while let Some(done) = codes.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_breaks_charges_once() {
    for broken in ["before", "after"] {
        let amazon = Amazon::start().await;
        let wallet = amazon.wallet("setup").await;
        amazon.control("next", json!({ "operation": "Create Charge", "broken": broken })).await;
        let charge = amazon.client().create_charge(&wanted(&wallet, 500, true), &key("a1"), WITHIN).await.unwrap().value;
        assert_eq!(charge.state, ChargeState::Captured);
        assert_eq!(amazon.state().await["account"]["charges"].as_array().unwrap().len(), 1, "{broken}");
    }
}

#[tokio::test]
async fn a_delay_longer_than_the_client_waits_leaves_the_outcome_open() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    amazon.control("next", json!({ "operation": "Create Charge", "delayMs": 400 })).await;
    let error = amazon.client().create_charge(&wanted(&wallet, 500, true), &key("a1"), Duration::from_millis(150)).await.unwrap_err();
    assert!(matches!(error.cause, Cause::TimedOut) && error.outcome() == Outcome::Unknown, "{error:?}");
}

#[tokio::test]
async fn the_doctor_is_content_with_it() {
    let amazon = Amazon::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("pay.pem");
    std::fs::write(&key_file, PRIVATE_KEY).unwrap();
    let args = DoctorArgs {
        online: true,
        json: true,
        key_file: Some(key_file),
        key_id: Some(KEY_ID.to_owned()),
        store_id: Some("amzn1.application-oa2-client.8b5e45312b5248b69eea".to_owned()),
        pay_endpoint: Some(format!("http://{}", amazon.address)),
        dir: env!("CARGO_MANIFEST_DIR").into(),
        ..DoctorArgs::default()
    };
    let mut out = Vec::new();
    doctor::run(&args, Config::embedded(&Env::default()), &Env::default(), || Time::from_unix(NOW), &mut out).await.unwrap();
    let report: Value = serde_json::from_slice(&out).unwrap();
    for name in ["Amazon Pay", "clocks", "store at Amazon"] {
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).unwrap();
        assert_eq!(check["health"], "ok", "{check}");
    }
}

#[tokio::test]
async fn what_is_pending_settles_on_the_clock() {
    for (card, end, standing) in
        [("0701", ChargeState::Captured, PermissionState::Chargeable), ("4354", ChargeState::Declined, PermissionState::NonChargeable)]
    {
        let amazon = Amazon::start().await;
        let wallet = amazon.wallet_with("setup", Some(card)).await;
        let client = amazon.client();
        let wish = CreateCharge { can_handle_pending_authorization: true, ..wanted(&wallet, 500, true) };
        let charge = client.create_charge(&wish, &key("a1"), WITHIN).await.unwrap().value;
        assert_eq!(charge.state, ChargeState::AuthorizationInitiated);
        amazon.ahead(29).await;
        assert_eq!(client.charge(&charge.id, WITHIN).await.unwrap().value.state, ChargeState::AuthorizationInitiated);
        amazon.ahead(1).await;
        assert_eq!(client.charge(&charge.id, WITHIN).await.unwrap().value.state, end);
        let permission = client.charge_permission(&ObjectId::parse(&wallet).unwrap(), WITHIN).await.unwrap().value;
        assert_eq!(permission.state, standing);
    }
}

/// Our client sends no simulation code: the tester plans one.
#[tokio::test]
async fn a_planned_simulation_declines_the_next_charge_and_no_other() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    amazon.control("next", json!({ "operation": "Create Charge", "simulationCode": "SoftDeclined" })).await;
    let declined = amazon.client().create_charge(&wanted(&wallet, 500, true), &key("a1"), WITHIN).await.unwrap_err();
    assert_eq!(declined.outcome(), Outcome::Declined(Decline::InvalidPaymentMethodSoft));
    let charge = amazon.client().create_charge(&wanted(&wallet, 500, true), &key("a2"), WITHIN).await.unwrap().value;
    assert_eq!(charge.state, ChargeState::Captured);
}

#[tokio::test]
async fn what_was_planned_and_no_call_has_met_can_be_forgotten() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    for planned in [1, 2] {
        let plan = json!({ "operation": "Create Charge", "simulationCode": "SoftDeclined" });
        assert_eq!(amazon.control("next", plan).await["planned"], planned);
    }
    assert_eq!(amazon.state().await["planned"], 2);
    let next = format!("http://{}/_voicetill/next", amazon.address);
    let forgotten: Value = amazon.http.delete(next).send().await.unwrap().json().await.unwrap();
    assert_eq!((forgotten, amazon.state().await["planned"].clone()), (json!({ "planned": 0 }), json!(0)));
    let charge = amazon.client().create_charge(&wanted(&wallet, 500, true), &key("a1"), WITHIN).await.unwrap().value;
    assert_eq!(charge.state, ChargeState::Captured);
}

#[tokio::test]
async fn an_authorization_expires_after_thirty_days() {
    let amazon = Amazon::start().await;
    let wallet = amazon.wallet("setup").await;
    let client = amazon.client();
    let charge = client.create_charge(&wanted(&wallet, 500, false), &key("a1"), WITHIN).await.unwrap().value;
    amazon.ahead(30 * Time::DAY - 1).await;
    assert_eq!(client.charge(&charge.id, WITHIN).await.unwrap().value.state, ChargeState::Authorized);
    amazon.ahead(1).await;
    let charge = client.charge(&charge.id, WITHIN).await.unwrap().value;
    assert_eq!((charge.state, charge.reason), (ChargeState::Canceled, Some(ChargeReason::ExpiredUnused)));
}
