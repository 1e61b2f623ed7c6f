//! Amazon is told of every parcel: again and again until it has heard of it, or would not.

use serde_json::json;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, DeskError, Round, Scope};
use voicetill::domain::ids::OrderId;
use voicetill::domain::order::{Command, Effect, Event, Order, Parcel, Report, State, apply};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::ports::{Payments, Queue};
use voicetill::simulated::LocalPay;

use crate::alexa::{Bank, Device};
use crate::desk::{account, authorized};
use crate::notices::heard::Dead;
use crate::shop::Shop;
use crate::stand_in::{Reply, StandIn};

fn parcel() -> Parcel {
    Parcel::parse("UPS", "1Z999AA10123456784").unwrap()
}

/// An order whose money is taken.
async fn taken() -> (Shop, Device, Bank, OrderId) {
    let (shop, device, bank, id) = authorized().await;
    let pay = LocalPay { books: &bank.books, now: device.clock().now() };
    let mark = |text: &str| fingerprint::mark(&format!("before {text}"));
    let desk = Desk { store: &shop.skill.store, payments: &pay, now: pay.now, mark: &mark };
    desk.wish(&id, &Command::Capture { amount: None }).await.unwrap();
    (shop, device, bank, id)
}

async fn ship(shop: &Shop, id: &OrderId, payments: &impl Payments, now: Time) -> Result<Order, DeskError> {
    let mark = |text: &str| fingerprint::mark(&format!("ship {} {text}", now.unix()));
    Desk { store: &shop.skill.store, payments, now, mark: &mark }.ship(id, Some(&parcel())).await
}

async fn round(shop: &Shop, payments: &impl Payments, now: Time) -> Round {
    let mark = |text: &str| fingerprint::mark(&format!("round {} {text}", now.unix()));
    let scope = Scope { world: World::Simulated, reauthorize: false };
    Desk { store: &shop.skill.store, payments, now, mark: &mark }.round(scope, || true).await.unwrap()
}

fn count(order: &Order, event: Event) -> usize {
    order.history.iter().filter(|entry| entry.what == event).count()
}

fn took() -> Reply {
    let details = json!([{ "trackingNumber": parcel().number(), "carrierCode": parcel().carrier() }]);
    Reply::Json(200, json!({ "chargePermissionId": "C01-0055070-1396412", "deliveryDetails": details }))
}

#[tokio::test]
async fn a_notice_that_got_lost_is_repeated_by_rounds_under_its_key_until_amazon_has_it() {
    let (shop, device, _, id) = taken().await;
    let now = device.clock().now();
    let stand_in = StandIn::start([Reply::Text(501, "<html>".to_owned()), Reply::refuse(401, "UnauthorizedAccess"), took()]).await;
    let pay = account(&stand_in);
    let owed = ship(&shop, &id, &pay, now).await.unwrap_err();
    assert!(matches!(owed, DeskError::Owed { asked: "the delivery notice", .. }), "{owed:?}");
    assert!(owed.to_string().contains("orders reconcile"), "{owed}");
    assert!(matches!(shop.order(&id).await.state.owed(), Some(Effect::Track(owed)) if owed == parcel()));

    let (later, latest) = (now.plus(Time::HOUR), now.plus(3 * Time::HOUR));
    assert_eq!(shop.skill.store.due(later, 10).await.unwrap().len(), 1, "it waits in the queue");
    let failed = round(&shop, &pay, later).await;
    // No money is in doubt, so nobody is alarmed.
    assert_eq!((failed.looked, failed.failed, failed.open, failed.oldest_seconds), (1, 1, 0, 0), "{failed:?}");
    let done = round(&shop, &pay, latest).await;
    assert_eq!((done.looked, done.changed, done.failed), (1, 1, 0), "{done:?}");
    let order = shop.order(&id).await;
    assert_eq!((order.state.owed(), order.state.due(latest)), (None, None), "{order:?}");
    assert_eq!((count(&order, Event::Shipped), order.history.last().unwrap().what), (1, Event::Accepted));

    let asked = stand_in.asked();
    let keys: Vec<_> = asked.iter().map(|asked| asked.header("x-amz-pay-idempotency-key")).collect();
    assert!(asked.len() == 3 && keys.iter().all(|key| *key == keys[0] && key.starts_with(id.as_str())), "{keys:?}");
    assert_eq!(round(&shop, &pay, latest.plus(Time::DAY)).await, Round::default());
}

#[tokio::test]
async fn a_notice_that_is_refused_for_good_is_not_repeated_and_the_history_has_the_code() {
    let (shop, device, _, id) = taken().await;
    let stand_in = StandIn::start([Reply::refuse(400, "InvalidParameterValue")]).await;
    let no = ship(&shop, &id, &account(&stand_in), device.clock().now()).await.unwrap_err();
    assert!(no.to_string().contains("InvalidParameterValue") && no.to_string().contains("the rest is done"), "{no}");
    let order = shop.order(&id).await;
    let last = order.history.last().unwrap();
    assert_eq!((last.what, last.note.as_ref().unwrap().as_str()), (Event::ParcelRefused, "R-400 InvalidParameterValue"));
    assert_eq!(order.state.owed(), None);
    assert_eq!(round(&shop, &Dead, device.clock().now().plus(Time::DAY)).await, Round::default());
}

#[tokio::test]
async fn a_carrier_that_amazon_does_not_know_is_refused_for_good_without_a_call() {
    let (shop, device, _, id) = taken().await;
    let stand_in = StandIn::start([took()]).await;
    let (pay, now) = (account(&stand_in), device.clock().now());
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store: &shop.skill.store, payments: &pay, now, mark: &mark };
    let no = desk.ship(&id, Parcel::parse("PIGEON", "1").ok().as_ref()).await.unwrap_err();
    assert!(matches!(&no, DeskError::ParcelRefused { why: Some(_), .. }), "{no:?}");
    assert_eq!((stand_in.asked().len(), shop.order(&id).await.state.owed()), (0, None));
}

#[tokio::test]
async fn who_ships_the_same_parcel_again_tells_of_it_once() {
    let (shop, device, bank, id) = taken().await;
    let now = device.clock().now();
    ship(&shop, &id, &Dead, now).await.unwrap_err();
    ship(&shop, &id, &Dead, now.plus(Time::MINUTE)).await.unwrap_err();
    let pay = LocalPay { books: &bank.books, now: now.plus(2 * Time::MINUTE) };
    let order = ship(&shop, &id, &pay, pay.now).await.unwrap();
    assert_eq!((count(&order, Event::Shipped), count(&order, Event::Accepted), order.state.owed()), (1, 1, None));
}

#[tokio::test]
async fn a_parcel_is_told_of_whatever_becomes_of_the_money() {
    let (shop, device, bank, id) = taken().await;
    let now = device.clock().now();
    ship(&shop, &id, &Dead, now).await.unwrap_err();
    let owed = shop.order(&id).await.state;
    let disputed = apply(&owed, &Report::Chargeback, now);
    assert!(matches!(disputed, State::Disputed(_)) && matches!(disputed.owed(), Some(Effect::Track(_))) && disputed.due(now).is_some());
    // What is to be given back comes first.
    let pay = LocalPay { books: &bank.books, now };
    let mark = |text: &str| fingerprint::mark(&format!("refund {text}"));
    let desk = Desk { store: &shop.skill.store, payments: &pay, now, mark: &mark };
    let all = shop.order(&id).await.total().unwrap();
    let order = desk.wish(&id, &Command::Refund { amount: all }).await.unwrap();
    assert_eq!((order.state.owed(), order.state.payments()[0].refunded()), (None, all));
}
