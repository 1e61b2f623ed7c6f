//! A round over many open orders: what it costs the store, and that it takes no more memory for more of them.

use voicetill::adapters::aws::{Access, Line};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, Round, Scope};
use voicetill::domain::ids::{AmazonId, BuyerId, Locale, OrderId, OrderPrefix};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{Actor, Command, Entry, Event, Goods, Order, Outcome, Rail, Report, State, apply, decide};
use voicetill::domain::payment::{CaptureMode, Names, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::ports::Store;

use super::heard::Dead;
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

async fn fill(store: &DynamoStore, orders: u64) {
    for number in 0..orders {
        store.create(&pending(number)).await.unwrap();
    }
}

/// A round in which nothing is settled, so that every order stays open and is put off.
async fn round(store: &DynamoStore, more: impl Fn() -> bool) -> Round {
    let (now, mark) = (NOW.plus(Time::HOUR), |text: &str| fingerprint::mark(text));
    Desk { store, payments: &Dead, now, mark: &mark }.round(Scope { world: World::Simulated, reauthorize: false }, more).await.unwrap()
}

#[tokio::test]
async fn an_order_in_a_round_costs_a_read_and_a_write_and_a_hundred_of_them_eight_queries() {
    let (_engine, store, meter) = meter::store().await;
    fill(&store, 250).await;
    meter.take();
    let done = round(&store, || true).await;
    assert_eq!((done.looked, done.failed, done.open), (250, 250, 250));
    assert_eq!(done.unreconciled_minor, 250 * 5_961);
    let cost = meter.take();
    // Pages of 100, 100 and 50, each from all eight parts of the index.
    assert_eq!((cost.reads, cost.writes), (3 * 8 + 250, 250));
}

/// What a round costs the store must not depend on how many orders wait for it.
#[tokio::test]
async fn an_order_costs_the_same_in_a_round_over_two_hundred_and_over_a_thousand() {
    for orders in [200, 1_000] {
        let (_engine, store, meter) = meter::store().await;
        fill(&store, orders).await;
        meter.take();
        assert_eq!(round(&store, || true).await.looked, orders);
        let (cost, orders) = (meter.take(), u32::try_from(orders).unwrap());
        // The last page, which is empty, says that there are no more.
        let pages = orders / 100 + 1;
        assert_eq!((cost.reads, cost.writes), (pages * 8 + orders, orders), "{orders} orders");
    }
}

/// Where the store is that a process of its own works on.
const STORE: &str = "VOICETILL_TEST_STORE";

/// The most memory that this process has ever used, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
#[ignore = "ten_thousand_open_orders_take_no_more_memory_than_a_thousand runs it as a process"]
#[allow(clippy::disallowed_methods, reason = "it is how a process is told; the program reads its own in config")]
async fn a_round_in_a_process_of_its_own() {
    let Ok(endpoint) = std::env::var(STORE) else { return };
    let store = DynamoStore::new(Line::to(&Access::Local { endpoint }), "voicetill".to_owned());
    let done = round(&store, || true).await;
    println!("looked {} peak {}", done.looked, peak());
}

/// How much memory a round takes that is all its process does. The store is in this process, whose memory does not count.
async fn peak_of_a_round_over(orders: u64) -> u64 {
    let (engine, store, _meter) = meter::store().await;
    fill(&store, orders).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["notices::many::a_round_in_a_process_of_its_own", "--exact", "--ignored", "--nocapture"]).env(STORE, engine.endpoint());
    let ended = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    let told = String::from_utf8(ended.stdout).unwrap();
    let mut words = told.lines().find_map(|line| line.split_once("looked ")).unwrap_or_else(|| panic!("{told}")).1.split(' ');
    assert_eq!(words.next(), Some(orders.to_string().as_str()), "{told}");
    words.nth(1).unwrap().parse().unwrap()
}

/// docs/notifications.md has what this prints.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo test --test it ten_thousand_open_orders -- --ignored --nocapture"]
async fn ten_thousand_open_orders_take_no_more_memory_than_a_thousand() {
    let thousand = peak_of_a_round_over(1_000).await;
    let ten_thousand = peak_of_a_round_over(10_000).await;
    println!("at most {thousand} KiB over a thousand orders, {ten_thousand} KiB over ten thousand");
    assert!(
        ten_thousand.saturating_sub(thousand) < 4 * 1_024,
        "{thousand} KiB over a thousand orders, {ten_thousand} KiB over ten thousand"
    );
}
