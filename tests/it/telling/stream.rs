//! The function over the stream of a real table: purchases, and what is told of them.

use serde_json::{Value, json};
use voicetill::adapters::dynamodb::tail::Tail;
use voicetill::adapters::fingerprint;
use voicetill::app::Desk;
use voicetill::domain::ids::AmazonId;
use voicetill::domain::message::{Channel, Listener, LooseChargeback, Ring, Subject};
use voicetill::domain::order::{Command, Note};
use voicetill::domain::payment::CaptureMode;
use voicetill::domain::time::Time;
use voicetill::ports::{Addressees, Chargebacks, Ended, SendError, Told};
use voicetill::simulated::LocalPay;
use voicetill::simulator::clock::REPLAY_START;

use super::{Known, function};
use crate::alexa::{Bank, Device, SKILL, config};
use crate::shop::{Shop, first_purchase, skill};

const DESK: &str = "orders@petalandstem.example";
const ADA: &str = "ada@example.com";

fn records(event: &Value) -> usize {
    event["Records"].as_array().unwrap().len()
}

async fn everything(shop: &Shop) -> Value {
    Tail::new(shop.endpoint(), "voicetill").unwrap().after(None).await.unwrap()
}

/// A shop in which one order was bought, and its stream.
pub async fn bought() -> (Shop, Bank, voicetill::domain::ids::OrderId) {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let mut config = config();
    config.shop.capture = CaptureMode::OnShip;
    shop.skill = skill(config, shop.skill.store.clone());
    let id = first_purchase(&mut shop, &mut device, &mut bank).await;
    (shop, bank, id)
}

pub fn clock() -> Time {
    REPLAY_START.plus(Time::HOUR)
}

pub fn hour() -> Time {
    clock().plus(Time::HOUR)
}

#[tokio::test]
async fn the_same_stream_told_of_twice_by_two_runs_tells_everybody_once() {
    let (shop, bank, id) = bought().await;
    let (store, mark) = (&shop.skill.store, |text: &str| fingerprint::mark(text));
    let pay = LocalPay { books: &bank.books, now: clock() };
    let desk = Desk { store, payments: &pay, now: clock(), mark: &mark };
    desk.wish(&id, &Command::Capture { amount: None }).await.unwrap();
    desk.ship(&id, None).await.unwrap();

    let event = everything(&shop).await;
    assert!(records(&event) >= 6, "{event:#}");
    let first = function(store, "first");
    let report = first.tell(&event, clock, hour()).await.unwrap();
    assert_eq!(report.response(), json!({ "batchItemFailures": [] }));
    let told = first.mail.carrier.take();
    let of = |to: &str, what: &str| told.iter().filter(|(own, subject)| own == to && subject.contains(what)).count();
    for (to, what) in [
        (ADA, "is confirmed"),
        (DESK, "New order, payment authorized"),
        (ADA, "has charged"),
        (DESK, "Payment captured"),
        (ADA, "is on its way"),
        (DESK, "Shipped"),
    ] {
        assert_eq!(of(to, what), 1, "{to} {what}: {told:?}");
    }
    assert_eq!(told.len(), 6, "{told:?}");

    for run in ["first", "second"] {
        let again = function(store, run);
        let report = again.tell(&event, clock, hour()).await.unwrap();
        assert!(report.done.is_empty() && report.again.is_empty(), "{report:?}");
        assert_eq!(again.mail.carrier.take(), []);
    }
    // What the claims have stored is in the stream too, and nobody is told of it.
    let after = everything(&shop).await;
    assert!(records(&after) > records(&event));
    assert!(function(store, "third").tell(&after, clock, hour()).await.unwrap().done.is_empty());
}

#[tokio::test]
async fn a_buyer_without_an_address_is_not_written_to_and_the_table_says_so() {
    let (shop, _bank, id) = bought().await;
    let nobody = super::Function { buyers: Known(None), ..function(&shop.skill.store, "run") };
    nobody.tell(&everything(&shop).await, clock, hour()).await.unwrap();
    let told = nobody.mail.carrier.take();
    assert!(told.iter().all(|(to, _)| to == DESK) && !told.is_empty(), "{told:?}");
    let kept = shop.skill.store.told(&Subject::Order(id)).await.unwrap();
    let ended: Vec<_> = kept.into_iter().map(|telling| (telling.id.channel, telling.ended)).collect();
    assert!(ended.contains(&(Channel::Buyer, Some(Ended::NoAddress))), "{ended:?}");
    assert!(ended.contains(&(Channel::Office, Some(Ended::Sent))), "{ended:?}");
}

#[tokio::test]
async fn a_mail_that_does_not_go_out_comes_again_and_the_others_do_not() {
    let (shop, _bank, id) = bought().await;
    let event = everything(&shop).await;
    let function = function(&shop.skill.store, "run");
    function.mail.carrier.failing.lock().unwrap().push_back(SendError::NotNow("no".into()));
    let report = function.tell(&event, clock, hour()).await.unwrap();
    assert_eq!(report.again.len(), 1, "{report:?}");
    let sequence = &report.again[0];
    assert!(event["Records"].as_array().unwrap().iter().any(|record| record["dynamodb"]["SequenceNumber"] == **sequence));
    assert_eq!(function.mail.carrier.take().into_iter().map(|(to, _)| to).collect::<Vec<_>>(), [DESK]);
    let report = function.tell(&event, clock, hour()).await.unwrap();
    assert!(report.again.is_empty());
    assert_eq!(function.mail.carrier.take().into_iter().map(|(to, _)| to).collect::<Vec<_>>(), [ADA]);
    let kept = shop.skill.store.told(&Subject::Order(id)).await.unwrap();
    assert!(kept.iter().all(|telling| telling.ended == Some(Ended::Sent)), "{kept:?}");
}

#[tokio::test]
async fn what_is_refused_for_good_is_kept_as_that_and_not_tried_again() {
    let (shop, _bank, id) = bought().await;
    let event = everything(&shop).await;
    let function = function(&shop.skill.store, "run");
    let why = Note::parse("MessageRejected").unwrap();
    function.mail.carrier.failing.lock().unwrap().push_back(SendError::Refused(why.clone()));
    assert!(function.tell(&event, clock, hour()).await.unwrap().again.is_empty());
    assert!(function.tell(&event, clock, hour()).await.unwrap().done.is_empty());
    assert_eq!(function.mail.carrier.take().len(), 1);
    let kept = shop.skill.store.told(&Subject::Order(id)).await.unwrap();
    assert!(kept.iter().any(|telling| telling.ended == Some(Ended::Refused(why.clone()))), "{kept:?}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_comes_again_and_keeps_no_other_from_being_told() {
    let (shop, _bank, _) = bought().await;
    let mut event = everything(&shop).await;
    let whole = records(&event);
    let mut bent = event["Records"][whole - 1].clone();
    bent["dynamodb"]["SequenceNumber"] = "bent".into();
    bent["dynamodb"]["NewImage"]["n"]["N"] = "999".into();
    event["Records"].as_array_mut().unwrap().insert(0, bent);
    let function = function(&shop.skill.store, "run");
    let report = function.tell(&event, clock, hour()).await.unwrap();
    assert_eq!(report.response(), json!({ "batchItemFailures": [{ "itemIdentifier": "bent" }] }));
    assert_eq!(function.mail.carrier.take().len(), 2);
    assert!(function.tell(&json!({}), clock, hour()).await.is_err());
}

#[tokio::test]
async fn without_time_nothing_is_begun_and_everything_comes_again() {
    let (shop, _bank, _) = bought().await;
    let event = everything(&shop).await;
    let function = function(&shop.skill.store, "run");
    let report = function.tell(&event, clock, clock().plus(10)).await.unwrap();
    assert_eq!(report.again.len(), records(&event));
    assert_eq!(function.mail.carrier.take(), []);
}

#[tokio::test]
async fn orders_of_another_world_are_not_told_of() {
    let (shop, _bank, _) = bought().await;
    let live = super::Function { world: voicetill::domain::shop::World::Live, ..function(&shop.skill.store, "run") };
    let report = live.tell(&everything(&shop).await, clock, hour()).await.unwrap();
    assert!(report.done.is_empty() && report.again.is_empty());
}

#[tokio::test]
async fn a_parcel_rings_where_the_buyer_wants_to_hear_of_it() {
    let (shop, bank, id) = bought().await;
    let (store, mark) = (&shop.skill.store, |text: &str| fingerprint::mark(text));
    let listener = Listener::parse("amzn1.ask.account.X").unwrap();
    store.keep_listener(&id.buyer(), Some(&listener)).await.unwrap();
    let pay = LocalPay { books: &bank.books, now: clock() };
    let desk = Desk { store, payments: &pay, now: clock(), mark: &mark };
    desk.wish(&id, &Command::Capture { amount: None }).await.unwrap();
    desk.ship(&id, None).await.unwrap();
    let function = function(store, "run");
    function.tell(&everything(&shop).await, clock, hour()).await.unwrap();
    let rung: Vec<_> = function.devices.0.lock().unwrap().iter().map(|(_, ring)| *ring).collect();
    assert_eq!(rung, [Ring::OrderShipped]);
    store.keep_listener(&id.buyer(), None).await.unwrap();
    assert_eq!(store.listener(&id.buyer()).await.unwrap(), None);
}

#[tokio::test]
async fn a_buyer_who_wants_to_hear_of_orders_is_kept_until_the_buyer_does_not() {
    let shop = Shop::open().await;
    let device = Device::new("ada");
    let user = &device.caller.user_id;
    let (store, buyer) = (&shop.skill.store, fingerprint::buyer(user).unwrap());
    let event = |kind: &str, body: Value| {
        let system = json!({ "application": { "applicationId": SKILL }, "user": { "userId": user } });
        let request =
            json!({ "type": format!("AlexaSkillEvent.{kind}"), "requestId": kind, "timestamp": "2026-11-22T10:00:00Z", "body": body });
        json!({ "version": "1.0", "context": { "System": system }, "request": request })
    };
    let wanted =
        || json!({ "subscriptions": [{ "eventName": "AMAZON.WeatherAlert.Activated" }, { "eventName": "AMAZON.OrderStatus.Updated" }] });
    for (kind, body, listens) in [
        ("SkillDisabled", Value::Null, false),
        ("ProactiveSubscriptionChanged", wanted(), true),
        ("ProactiveSubscriptionChanged", json!({ "subscriptions": [] }), false),
        ("ProactiveSubscriptionChanged", wanted(), true),
        ("ProactiveSubscriptionChanged", json!({}), false),
        ("ProactiveSubscriptionChanged", wanted(), true),
        ("SkillDisabled", Value::Null, false),
    ] {
        shop.ask(&event(kind, body)).await;
        let kept = store.listener(&buyer).await.unwrap();
        assert_eq!(kept, Listener::parse(user).filter(|_| listens), "{kind}");
    }
}

#[tokio::test]
async fn a_chargeback_that_names_only_a_consent_is_told_to_the_department_once() {
    let shop = Shop::open().await;
    let store = &shop.skill.store;
    let chargeback = |mark: &str| LooseChargeback {
        id: AmazonId::parse("S01-1234567-1234567-B1").unwrap(),
        consent: Some(AmazonId::parse("C01-1234567-1234567").unwrap()),
        said: None,
        write: fingerprint::mark(mark),
    };
    // The notice comes twice.
    store.keep_chargeback(&chargeback("one"), clock()).await.unwrap();
    store.keep_chargeback(&chargeback("two"), clock()).await.unwrap();
    let function = function(store, "run");
    for _ in 0..2 {
        function.tell(&everything(&shop).await, clock, hour()).await.unwrap();
    }
    let told = function.mail.carrier.take();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0 == DESK && told[0].1.contains("S01-1234567-1234567-B1"), "{told:?}");
}
