//! A round over many open orders: what it costs the store, and that it takes no more memory for more of them.

use std::cell::Cell;

use voicetill::adapters::dynamodb::{Access, DynamoStore, Line};
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, Round};
use voicetill::domain::ids::{AmazonId, BuyerId, Locale, OrderId, OrderPrefix};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{Actor, Command, Entry, Event, Goods, Order, Outcome, Rail, Report, State, apply, decide};
use voicetill::domain::payment::{CaptureMode, Names, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::ports::Store;

use super::heard::Dead;
use crate::kill_9::processes;
use crate::meter;

const NOW: Time = Time::from_unix(1_795_000_000);

/// An order whose outcome is outstanding.
fn pending(number: u64) -> Order {
    let write = fingerprint::mark(&format!("write {number}"));
    let buyer = BuyerId::parse(fingerprint::mark(&format!("buyer {number}")).as_str()).unwrap();
    let charge = Command::Charge {
        amount: Money::new(5_961, Currency::Usd),
        capture: CaptureMode::Immediate,
        timing: Timing::Asynchronous,
        checkout: None,
    };
    let sent = decide(&State::Ready, &charge).unwrap();
    let heard = Report::Charge {
        attempt: Some(1),
        outcome: Outcome::Pending {
            names: Names { authorization: AmazonId::parse("S01-0000000-0000000-A000001").ok(), ..Names::default() },
        },
    };
    let state = apply(&sent, &heard, NOW);
    Order {
        id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, NOW, &write),
        rail: Rail::SavedWallet,
        world: World::Simulated,
        locale: Locale::parse("en-US").unwrap(),
        goods: Goods::Cart(voicetill::domain::cart::Cart::default()),
        agreement: None,
        address: None,
        history: vec![Entry { at: NOW, who: Actor::Amazon, what: Event::ChargeAnswered, to: state.name(), write, note: None }],
        state,
    }
}

/// A round in which nothing is settled, so that every order stays open and is put off.
async fn round(store: &DynamoStore, more: impl Fn() -> bool) -> Round {
    let (now, mark) = (NOW.plus(Time::HOUR), |text: &str| fingerprint::mark(text));
    Desk { store, payments: &Dead, now, mark: &mark }.round(World::Simulated, more).await.unwrap()
}

#[tokio::test]
async fn an_order_in_a_round_costs_a_read_and_a_write_and_a_hundred_of_them_eight_queries() {
    let (_engine, store, meter) = meter::store().await;
    for number in 0..250 {
        store.create(&pending(number)).await.unwrap();
    }
    meter.take();
    let done = round(&store, || true).await;
    assert_eq!((done.looked, done.failed, done.open), (250, 250, 250));
    assert_eq!(done.unreconciled_minor, 250 * 5_961);
    let cost = meter.take();
    // Pages of 100, 100 and 50, each from all eight parts of the index.
    assert_eq!((cost.reads, cost.writes), (3 * 8 + 250, 250));
}

/// The memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// docs/notifications.md has what this prints. The store is in another process, whose memory does not count.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test it ten_thousand_open_orders -- --ignored --nocapture"]
async fn ten_thousand_open_orders_take_no_more_memory_than_a_thousand() {
    const ORDERS: u64 = 10_000;
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, _store) = processes::local(folder.path());
    let store = DynamoStore::new(Line::to(&Access::Local { endpoint }), "voicetill".to_owned());
    for number in 0..ORDERS {
        store.create(&pending(number)).await.unwrap();
    }
    let (seen, at_a_thousand, most) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let done = round(&store, || {
        seen.set(seen.get() + 1);
        if seen.get() == ORDERS / 10 {
            at_a_thousand.set(resident());
        }
        most.set(most.get().max(resident()));
        true
    })
    .await;
    assert_eq!((done.looked, done.left), (ORDERS, false));
    let (thousand, most) = (at_a_thousand.get(), most.get());
    println!("resident after a thousand orders: {thousand} KiB; at most: {most} KiB, {} KiB more", most.saturating_sub(thousand));
    assert!(most.saturating_sub(thousand) < 4 * 1_024, "{thousand} KiB after a thousand orders, {most} KiB at most");
}
