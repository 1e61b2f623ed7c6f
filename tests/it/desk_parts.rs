//! A part is taken and the rest is held anew: once, under its own id, whatever gets lost on the way.

use serde_json::{Value, json};
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, DeskError};
use voicetill::domain::ids::OrderId;
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{Command, Effect, Event, Order, Parts, Standing, State, Status};
use voicetill::domain::payment::Decline;
use voicetill::domain::time::Time;
use voicetill::simulated::LocalPay;

use crate::alexa::{Bank, Device};
use crate::desk::{account, authorized};
use crate::shop::Shop;
use crate::stand_in::{Reply, StandIn};

/// 20.00 of 80.38 is captured.
async fn in_part() -> (Shop, Device, Bank, OrderId) {
    let (shop, device, bank, id) = authorized().await;
    let pay = LocalPay { books: &bank.books, now: device.clock().now() };
    let mark = |text: &str| fingerprint::mark(&format!("before {text}"));
    let desk = Desk { store: &shop.skill.store, payments: &pay, now: pay.now, mark: &mark };
    desk.wish(&id, &Command::Capture { amount: Some(Money::new(2_000, Currency::Usd)) }).await.unwrap();
    (shop, device, bank, id)
}

fn rest(order: &Order) -> &State {
    if let State::InParts(Parts { rest, .. }) = &order.state { rest } else { panic!("{order:?}") }
}

fn chargeable() -> Reply {
    Reply::Json(200, json!({ "chargePermissionId": "C01-0055070-1396412", "statusDetails": { "state": "Chargeable" } }))
}

fn held(status: u16) -> Reply {
    let amount = json!({ "amount": "60.38", "currencyCode": "USD" });
    let charge = json!({ "chargeId": "S01-1111111-2222222-C333333", "chargeAmount": amount, "statusDetails": { "state": "Authorized" } });
    Reply::Json(status, charge)
}

#[tokio::test]
async fn the_rest_is_asked_for_on_the_orders_consent_and_captured_by_the_name_that_it_was_given() {
    let (shop, device, _, id) = in_part().await;
    let captured = json!({ "chargeId": "S01-1111111-2222222-C333333", "captureAmount": { "amount": "60.38", "currencyCode": "USD" },
        "statusDetails": { "state": "Captured" } });
    let stand_in = StandIn::start([chargeable(), held(201), held(200), Reply::Json(200, captured)]).await;
    let (payments, mark) = (account(&stand_in), |text: &str| fingerprint::mark(text));
    let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
    let order = desk.wish(&id, &Command::HoldRest).await.unwrap();
    assert!(matches!(rest(&order), State::Authorized(hold) if hold.attempt.number == 2), "{order:?}");
    let asked = desk.wish(&id, &Command::Capture { amount: None }).await.unwrap();
    assert_eq!(asked.state.payments().iter().map(|paid| paid.captured.minor()).collect::<Vec<_>>(), [2_000, 6_038]);
    let asked = stand_in.asked();
    let agreement = order.agreement.unwrap();
    let lines: Vec<_> = asked.iter().map(|asked| asked.line.as_str()).collect();
    let permission = format!("GET /v2/chargePermissions/{agreement}");
    let charge = "/v2/charges/S01-1111111-2222222-C333333";
    assert_eq!(lines, [&permission, "POST /v2/charges", &format!("GET {charge}"), &format!("POST {charge}/capture")]);
    let keys = [asked[1].header("x-amz-pay-idempotency-key"), asked[3].header("x-amz-pay-idempotency-key")];
    assert_eq!(keys, [format!("{id}a2"), format!("{id}c2")]);
    let body: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!(
        body,
        json!({ "chargePermissionId": agreement.as_str(), "chargeAmount": { "amount": "60.38", "currencyCode": "USD" }, "captureNow": false,
            "canHandlePendingAuthorization": false, "merchantMetadata": { "merchantReferenceId": id.as_str() }, "chargeInitiator": "MITU", "channel": "Alexa" })
    );
}

#[tokio::test]
async fn a_rest_that_may_have_been_held_is_in_doubt_before_it_is_asked_for_again() {
    let (shop, device, _, id) = in_part().await;
    let now = device.clock().now();
    let mark = |text: &str| fingerprint::mark(text);
    // The consent lasts; what comes of the charge is not told.
    let stand_in = StandIn::start([chargeable(), Reply::Text(501, "<html>".to_owned())]).await;
    let payments = account(&stand_in);
    let desk = Desk { store: &shop.skill.store, payments: &payments, now, mark: &mark };
    let owed = desk.wish(&id, &Command::HoldRest).await.unwrap_err();
    assert!(matches!(owed, DeskError::Owed { asked: "the new authorization", .. }), "{owed:?}");
    assert!(matches!(rest(&shop.order(&id).await), State::Charging { standing: Standing::Sent, .. }));

    // A refusal of the repetition says nothing of the first time.
    let stand_in = StandIn::start([Reply::refuse(422, "InvalidChargePermissionStatus")]).await;
    let payments = account(&stand_in);
    let mark = |text: &str| fingerprint::mark(&format!("again {text}"));
    let desk = Desk { store: &shop.skill.store, payments: &payments, now, mark: &mark };
    assert!(matches!(desk.reconcile(&id).await, Err(DeskError::Owed { .. })));
    let order = shop.order(&id).await;
    assert!(matches!(rest(&order), State::Charging { standing: Standing::Unknown { .. }, .. }), "{order:?}");
    assert!(order.history.iter().any(|entry| entry.what == Event::TimePassed));

    // The answer to the same id does, and so does a day without one.
    let later = Desk { now: now.plus(2 * Time::DAY), ..desk };
    assert_eq!(later.reconcile(&id).await.unwrap().state.status(), Some(Status::NeedsAttention));
    assert_eq!(stand_in.asked().len(), 1, "after a day nothing is asked for by itself");
}

#[tokio::test]
async fn what_is_turned_down_the_first_time_is_over_and_consent_is_looked_at_before() {
    let (shop, device, _, id) = in_part().await;
    let mark = |text: &str| fingerprint::mark(text);
    let before = shop.order(&id).await;
    let closed = json!({ "chargePermissionId": "C01-0055070-1396412",
        "statusDetails": { "state": "Closed", "reasons": [{ "reasonCode": "Expired" }] } });
    let stand_in = StandIn::start([Reply::Json(200, closed), chargeable(), Reply::refuse(422, "InvalidChargePermissionStatus")]).await;
    let payments = account(&stand_in);
    let desk = Desk { store: &shop.skill.store, payments: &payments, now: device.clock().now(), mark: &mark };
    let ended = desk.wish(&id, &Command::HoldRest).await.unwrap_err();
    assert!(ended.to_string().contains("Closed, Expired") && ended.to_string().contains("let the buyer order again"), "{ended}");
    assert_eq!(shop.order(&id).await, before, "nothing was sent, so nothing was changed");

    let order = desk.wish(&id, &Command::HoldRest).await.unwrap();
    assert!(matches!(rest(&order), State::Declined { decline: Decline::AgreementNotOpen, .. }), "{order:?}");
    assert_eq!(order.history.last().unwrap().note.as_ref().unwrap().as_str(), "R-422 InvalidChargePermissionStatus");
    assert_eq!(order.state.payments().len(), 1, "what was taken stays");
    assert!(matches!(desk.wish(&id, &Command::HoldRest).await, Err(DeskError::Refused { .. })));
}

#[tokio::test]
async fn an_interrupted_desk_leaves_what_the_next_one_goes_on_with_under_the_same_id() {
    let (shop, device, bank, id) = in_part().await;
    let pay = LocalPay { books: &bank.books, now: device.clock().now() };
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store: &shop.skill.store, payments: &pay, now: pay.now, mark: &mark };
    let stand_in = StandIn::start([chargeable(), Reply::refuse(401, "UnauthorizedAccess")]).await;
    let payments = account(&stand_in);
    let dead = Desk { store: &shop.skill.store, payments: &payments, now: pay.now, mark: &mark };
    dead.wish(&id, &Command::HoldRest).await.unwrap_err();
    let owed = shop.order(&id).await;
    assert!(matches!(owed.state.owed(), Some(Effect::HoldRest(attempt)) if attempt.number == 2), "{owed:?}");
    assert!(owed.history.iter().any(|entry| entry.note.as_ref().is_some_and(|note| note.as_str() == "a2 60.38 USD")));
    for _ in 0..2 {
        let order = desk.reconcile(&id).await.unwrap();
        assert!(matches!(rest(&order), State::Authorized(_)), "{order:?}");
    }
    let there = bank.books.with(|pay| pay.references()).unwrap();
    assert_eq!(there, [id.attempt(1).to_string(), id.attempt(2).to_string()]);
}
