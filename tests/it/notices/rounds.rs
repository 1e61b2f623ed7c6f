//! Rounds over open orders: what they settle, in which order, and how they end.

use std::cell::Cell;

use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::dynamodb::tail::Tail;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, Round, Scope};
use voicetill::domain::ids::OrderId;
use voicetill::domain::order::{Event, State, Status};
use voicetill::domain::payment::{CaptureMode, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::ports::{Payments, Queue};
use voicetill::simulated::LocalPay;
use voicetill::simulator::amazon_pay::{Delivery, Effect, Outcome};
use voicetill::simulator::clock::REPLAY_START;

use super::heard::Dead;
use crate::alexa::{Bank, Device, config, order};
use crate::shop::{Shop, first_purchase, first_read_back, say_yes, skill};
use crate::telling::function;

/// Orders whose outcome is outstanding, one after the other by a minute.
async fn waiting(outcomes: &[&str]) -> (Shop, Bank, Vec<OrderId>) {
    let (mut shop, mut bank, mut orders) = (Shop::open().await, Bank::default(), Vec::new());
    let mut config = config();
    (config.shop.timing, config.shop.capture) = (Timing::Asynchronous, CaptureMode::Immediate);
    shop.skill = skill(config, shop.skill.store.clone());
    for (number, outcome) in outcomes.iter().enumerate() {
        let mut device = Device::new(&format!("household {number}"));
        device.clock().advance(i64::try_from(number).unwrap() * Time::MINUTE);
        first_read_back(&mut shop, &mut device, &mut bank).await;
        let sent = say_yes(&mut shop, &mut device).await;
        let envelope = bank.carry_out(&mut device, &sent, Outcome::named(outcome).unwrap().effect);
        if Outcome::named(outcome).unwrap().effect != Effect::Delivery(Delivery::Lost) {
            shop.turn("Charge answer", &mut device, envelope).await;
        }
        orders.push(order(&sent));
    }
    shop.meter.take();
    (shop, bank, orders)
}

async fn round(store: &DynamoStore, payments: &impl Payments, now: Time, more: impl Fn() -> bool) -> Round {
    let mark = |text: &str| fingerprint::mark(&format!("{} {text}", now.unix()));
    Desk { store, payments, now, mark: &mark }.round(Scope { world: World::Simulated, reauthorize: false }, more).await.unwrap()
}

#[tokio::test]
async fn a_round_settles_what_notifications_have_not_brought_and_leaves_the_queue_empty() {
    let (shop, bank, orders) = waiting(&["pending", "pending-declined", "silence"]).await;
    let now = REPLAY_START.plus(Time::HOUR);
    let pay = LocalPay { books: &bank.books, now };
    let done = round(&shop.skill.store, &pay, now, || true).await;
    assert_eq!(done, Round { looked: 3, changed: 3, ..Round::default() });
    let cost = shop.meter.take();
    // One query for each part of the index; and for each order, the order and its change, and a look at what is still owed.
    assert_eq!((cost.reads, cost.writes), (8 + 3, 3));
    for (id, end) in orders.iter().zip([Status::Processed, Status::Declined, Status::Processed]) {
        assert_eq!(shop.order(id).await.state.status(), Some(end));
    }
    assert_eq!(round(&shop.skill.store, &pay, now.plus(Time::DAY), || true).await, Round::default());
}

#[tokio::test]
async fn what_cannot_be_settled_is_put_off_and_keeps_nobody_else_waiting() {
    let (shop, _bank, orders) = waiting(&["pending", "pending"]).await;
    let (store, now) = (&shop.skill.store, REPLAY_START.plus(Time::HOUR));
    let before = shop.order(&orders[0]).await;
    let failed = round(store, &Dead, now, || true).await;
    assert_eq!((failed.looked, failed.failed, failed.open, failed.left), (2, 2, 2, false));
    assert!((55 * Time::MINUTE..=Time::HOUR).contains(&failed.oldest_seconds), "{failed:?}");
    assert_eq!(shop.order(&orders[0]).await, before, "it is put off, and nothing else");
    assert_eq!(store.due(now, 10).await.unwrap(), []);
    // A quarter of the time that it has been silent.
    assert_eq!(store.due(now.plus(14 * Time::MINUTE), 10).await.unwrap(), []);
    assert_eq!(store.due(now.plus(16 * Time::MINUTE), 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_round_without_time_begins_with_the_oldest_and_the_next_one_goes_on() {
    let (shop, bank, orders) = waiting(&["pending", "pending", "pending"]).await;
    let (store, now) = (&shop.skill.store, REPLAY_START.plus(Time::HOUR));
    let due: Vec<_> = store.due(now, 10).await.unwrap().iter().map(|due| due.order.stamp().to_owned()).collect();
    assert_eq!(due, orders.iter().map(|order| order.stamp().to_owned()).collect::<Vec<_>>());
    assert_eq!(store.due(now, 2).await.unwrap().len(), 2);
    let pay = LocalPay { books: &bank.books, now };
    let left = Cell::new(1);
    let first = round(store, &pay, now, || left.replace(left.get() - 1) > 0).await;
    assert!(first.left && first.looked == 1, "{first:?}");
    assert!(matches!(shop.order(&orders[0]).await.state, State::Paid(_)));
    assert!(matches!(shop.order(&orders[1]).await.state, State::Charging { .. }));
    let second = round(store, &pay, now, || true).await;
    assert_eq!((second.looked, second.changed, second.left), (2, 2, false));
}

#[tokio::test]
async fn an_order_that_changes_meanwhile_is_not_put_off_and_another_worlds_is_left_alone() {
    let (shop, bank, orders) = waiting(&["pending"]).await;
    let (store, now) = (&shop.skill.store, REPLAY_START.plus(Time::HOUR));
    let old = shop.order(&orders[0]).await;
    let mark = |text: &str| fingerprint::mark(text);
    let elsewhere =
        Desk { store, payments: &Dead, now, mark: &mark }.round(Scope { world: World::Live, reauthorize: false }, || true).await.unwrap();
    assert_eq!(elsewhere, Round::default());
    assert_eq!(shop.order(&orders[0]).await, old);
    let later = now.plus(Time::DAY);
    let pay = LocalPay { books: &bank.books, now: later };
    assert_eq!(round(store, &pay, later, || true).await.changed, 1);
    store.put_off(&old, later.plus(Time::DAY)).await.unwrap();
    assert_eq!(store.due(later.plus(9 * Time::DAY), 10).await.unwrap(), [], "a paid order does not come back");
}

#[tokio::test]
async fn held_money_is_warned_of_once_each_time_and_the_orders_department_is_told() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let mut config = config();
    config.shop.capture = CaptureMode::OnShip;
    shop.skill = skill(config, shop.skill.store.clone());
    let id = first_purchase(&mut shop, &mut device, &mut bank).await;
    let store = &shop.skill.store;
    let mut warned = Vec::new();
    for day in 0..30 {
        let now = device.clock().now().plus(day * Time::DAY).plus(Time::HOUR);
        let pay = LocalPay { books: &bank.books, now };
        let done = round(store, &pay, now, || true).await;
        warned.extend((0..done.warned).map(|_| day));
    }
    assert_eq!(warned, [7, 25]);
    let order = shop.order(&id).await;
    let entries = order.history.iter().filter(|entry| matches!(entry.what, Event::HeldAWeek | Event::HoldEnds)).count();
    assert_eq!((entries, order.state.status()), (2, Some(Status::Authorized)));
    let event = Tail::new(shop.endpoint(), "voicetill").unwrap().after(None).await.unwrap();
    let function = function(store, "run");
    let now = device.clock().now();
    function.tell(&event, || now, now.plus(Time::HOUR)).await.unwrap();
    let told = function.mail.carrier.take();
    for what in ["Held for a week", "Authorization about to end"] {
        assert_eq!(told.iter().filter(|(_, subject)| subject.contains(what)).count(), 1, "{what}: {told:?}");
    }
}
