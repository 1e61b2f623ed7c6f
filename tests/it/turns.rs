//! Whole turns: envelopes into the skill over a real store, and what leaves it. Who is charged, how often, and at which price in calls.

use std::sync::Mutex;

use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::fingerprint;
use voicetill::config::{Config, EMBEDDED_CATALOG, EMBEDDED_SHOP, Env};
use voicetill::domain::cart::{Cart, Line};
use voicetill::domain::dialog::{Amend, LeftCart, Opening};
use voicetill::domain::ids::{BuyerId, Locale, OrderId, OrderPrefix, Sku, WriteId};
use voicetill::domain::order::{Actor, Entry, Event, Goods, Order, Rail, State, Status};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::domain::wallet::SavedWallet;
use voicetill::entry::skill::Skill;
use voicetill::ports::{Addressees, Saved, Store, StoreError, Wallets, Written};
use voicetill::simulator::alexa::{Card, Permission};
use voicetill::simulator::amazon_pay::Effect;

use crate::alexa::{Bank, Device, attempt, claims_paid, config, order, speech, valid};
use crate::meter::Count;
use crate::shop::{Delivered, Shop, charge, check_out, first_purchase, first_read_back, repeat_purchase, repeat_read_back, say_yes, skill};

/// Orders from before, none of which left an agreement.
async fn fill(store: &DynamoStore, device: &Device, count: i64) {
    let buyer = fingerprint::buyer(&device.caller.user_id).unwrap();
    for number in 0..count {
        let at = Time::from_unix(1_700_000_000 + number * Time::DAY);
        let write = fingerprint::write(&format!("earlier {number}")).unwrap();
        let state = State::Cancelled { last: None };
        let order = Order {
            id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, at, &write),
            rail: Rail::Directive,
            world: World::Simulated,
            locale: Locale::parse("en-US").unwrap(),
            goods: Goods::Cart(Cart::of([Line { sku: Sku::parse("roses").unwrap(), quantity: 1 }])),
            agreement: None,
            address: None,
            history: vec![Entry { at, who: Actor::Buyer, what: Event::CheckedOut, to: state.name(), write: write.clone(), note: None }],
            state,
        };
        store.create(&order).await.unwrap();
    }
}

/// Bytes as DynamoDB counts them.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::L(values) => values.iter().map(|value| size(value) + 1).sum::<usize>() + 3,
        other => panic!("{other:?}"),
    }
}

async fn order_bytes(store: &DynamoStore, id: &OrderId) -> usize {
    let key = voicetill::adapters::dynamodb::keys::order(id);
    let all = store.scan(ScanInput::builder()).await.unwrap();
    let found = all.iter().find(|item| key.iter().all(|(name, value)| item.get(name) == Some(value)));
    found.unwrap().iter().map(|(name, value)| name.len() + size(value)).sum()
}

/// Adds up the turns since the last call, and prints them.
fn spent(shop: &mut Shop, title: &str) -> Count {
    println!("\n{title:<44}  reads writes  table  index");
    let line = |what: &str, count: &Count| {
        println!("{what:<44} {:>6} {:>6} {:>6.1} {:>6.1}", count.reads, count.writes, count.table_units, count.index_units);
    };
    let mut sum = Count::default();
    for (what, _, count) in shop.turns.drain(..) {
        line(what, &count);
        assert!(count.reads <= 1 && count.writes <= 1, "{what}: {count:?}");
        sum = Count {
            reads: sum.reads + count.reads,
            writes: sum.writes + count.writes,
            table_units: sum.table_units + count.table_units,
            index_units: sum.index_units + count.index_units,
        };
    }
    line("sum", &sum);
    sum
}

#[tokio::test]
async fn a_purchase_stays_within_its_budget_however_many_came_before() {
    for earlier in [0, 200] {
        let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
        fill(&shop.skill.store, &device, earlier).await;
        let id = first_purchase(&mut shop, &mut device, &mut bank).await;
        let first = spent(&mut shop, &format!("first purchase, {earlier} earlier orders"));
        assert_eq!(first, Count { reads: 2, writes: 4, table_units: 6.0, index_units: 2.0 });
        let bytes = order_bytes(&shop.skill.store, &id).await;
        println!("the order of two lines: {bytes} bytes");
        assert!(bytes <= 1024, "{bytes}");

        device.clock().advance(Time::DAY);
        let id = repeat_purchase(&mut shop, &mut device, &mut bank).await;
        let repeat = spent(&mut shop, &format!("repeat purchase, {earlier} earlier orders"));
        assert_eq!(repeat, Count { reads: 2, writes: 2, table_units: 4.0, index_units: 2.0 });
        println!("the order of one line: {} bytes", order_bytes(&shop.skill.store, &id).await);
        assert_eq!(bank.captured(&device).len(), 2);
    }
}

#[tokio::test]
async fn a_turn_that_comes_twice_is_answered_twice_the_same_and_charges_once() {
    for delivered in [Delivered::TwiceInARow, Delivered::TwiceAtOnce] {
        let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
        shop.delivered = delivered;
        let first = first_purchase(&mut shop, &mut device, &mut bank).await;
        device.clock().advance(Time::DAY);
        let second = repeat_purchase(&mut shop, &mut device, &mut bank).await;
        assert_eq!(bank.charges, [first.attempt(1).to_string(), second.attempt(1).to_string()]);
        assert_eq!(bank.captured(&device).len(), 2);
        assert_eq!(shop.order(&first).await.history.len(), 4);

        let before = shop.contents().await;
        for (what, envelope, _) in &shop.turns {
            let late = valid(&shop.ask(envelope).await);
            assert!(late.send.is_none(), "{what}: {late:?}");
            assert!(late.speech.is_some(), "{what}");
        }
        assert_eq!(shop.contents().await, before);
    }
}

#[tokio::test]
async fn an_earlier_turn_that_comes_again_at_any_later_moment_changes_nothing() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let mut moments = Vec::new();
    let sent = check_out(&mut shop, &mut device).await;
    moments.push(again(&shop).await);
    let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    shop.turn("Setup answer", &mut device, envelope).await;
    moments.push(again(&shop).await);
    let sent = say_yes(&mut shop, &mut device).await;
    moments.push(again(&shop).await);
    let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    shop.turn("Charge answer", &mut device, envelope).await;
    moments.push(again(&shop).await);
    // Only the turn that came last, and only as long as nothing has answered it, gives its directive again.
    let charge = format!("Charge {}", attempt(&sent).unwrap());
    assert_eq!(moments, [vec!["Setup".to_owned()], vec![], vec![charge], vec![]]);
}

/// Sends every turn so far once more; the directives that leave.
async fn again(shop: &Shop) -> Vec<String> {
    let before = shop.contents().await;
    let mut directives = Vec::new();
    for (_, envelope, _) in &shop.turns {
        let reply = valid(&shop.ask(envelope).await);
        directives.extend(reply.send.as_ref().map(|send| match attempt(&reply) {
            Some(attempt) => format!("Charge {attempt}"),
            None => send.name.clone(),
        }));
    }
    assert_eq!(shop.contents().await, before);
    directives
}

/// Goes on with the cart that was left, up to the read-back.
async fn take_up(shop: &mut Shop, device: &mut Device) {
    let envelope = device.launch();
    shop.turn("launch", device, envelope).await;
    for what in ["keep the cart", "check out, read-back"] {
        let envelope = device.yes();
        shop.turn(what, device, envelope).await;
    }
}

#[tokio::test]
async fn of_two_devices_with_the_same_left_cart_one_charges() {
    for at_once in [false, true] {
        let (mut shop, mut kitchen, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
        first_purchase(&mut shop, &mut kitchen, &mut bank).await;
        kitchen.clock().advance(Time::DAY);
        repeat_read_back(&mut shop, &mut kitchen).await;
        let envelope = kitchen.end(false);
        shop.ask(&envelope).await;
        kitchen.clock().advance(Time::DAY);

        let mut bedroom = kitchen.beside();
        take_up(&mut shop, &mut kitchen).await;
        take_up(&mut shop, &mut bedroom).await;
        let (left, right) = (kitchen.yes(), bedroom.yes());
        let replies = if at_once {
            let (left, right) = tokio::join!(shop.ask(&left), shop.ask(&right));
            [valid(&left), valid(&right)]
        } else {
            [valid(&shop.ask(&left).await), valid(&shop.ask(&right).await)]
        };
        let (winners, losers): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| attempt(reply).is_some());
        assert_eq!((winners.len(), losers.len()), (1, 1), "{replies:?}");
        assert!(losers[0].send.is_none() && !claims_paid(speech(losers[0])), "{losers:?}");
        assert!(speech(losers[0]).contains("isn't settled yet"), "{losers:?}");
        assert_eq!(shop.skill.store.all_orders().await.unwrap().len(), 2);
    }
}

/// `reference/order-management.md`, section 1.1, from the merchant's settings to what the merchant and the buyer see.
#[tokio::test]
async fn capture_mode_and_request_type_decide_what_is_sent_and_what_follows() {
    let rows = [
        ("immediate", "synchronous", "AuthorizeAndCapture", 0, Status::Processed, "went through"),
        ("on-ship", "synchronous", "Authorize", 0, Status::Authorized, "when it ships"),
        ("immediate", "asynchronous", "AuthorizeAndCapture", 1_440, Status::Queued, "still working on your payment"),
        ("on-ship", "asynchronous", "Authorize", 1_440, Status::Queued, "still working on your payment"),
    ];
    for (capture, request_type, action, timeout, status, said) in rows {
        let settings = EMBEDDED_SHOP
            .replace("capture = \"immediate\"", &format!("capture = \"{capture}\""))
            .replace("authorization = \"synchronous\"", &format!("authorization = \"{request_type}\""));
        let config = Config::load(&settings, EMBEDDED_CATALOG, &Env::default()).unwrap();
        let mut shop = Shop::open().await;
        shop.skill = skill(config, shop.skill.store.clone());
        let (mut device, mut bank) = (Device::new("ada"), Bank::default());
        first_read_back(&mut shop, &mut device, &mut bank).await;
        let sent = say_yes(&mut shop, &mut device).await;
        let payload = &sent.send.as_ref().unwrap().payload;
        assert_eq!((&payload["paymentAction"], &payload["authorizeAttributes"]["transactionTimeout"]), (&json!(action), &json!(timeout)));
        let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
        let heard = shop.turn("Charge answer", &mut device, envelope).await;
        assert!(speech(&heard).contains(said), "{capture} {request_type}: {heard:?}");
        assert_eq!(shop.order(&order(&sent)).await.state.status(), Some(status), "{capture} {request_type}");
        if status == Status::Queued {
            // The final answer: half a minute later Amazon has decided, and the next session asks.
            device.clock().advance(2 * Time::MINUTE);
            let envelope = device.launch();
            let asked = shop.turn("launch", &mut device, envelope).await;
            assert_eq!(attempt(&asked), attempt(&sent));
            let envelope = bank.carry_out(&mut device, &asked, Effect::Ordinary);
            shop.turn("Charge answer", &mut device, envelope).await;
            let settled = if capture == "immediate" { Status::Processed } else { Status::Authorized };
            assert_eq!(shop.order(&order(&sent)).await.state.status(), Some(settled), "{capture} {request_type}");
        }
    }
}

#[tokio::test]
async fn whatever_leaves_the_question_open_reads_the_order_back_again() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    for (intent, slots) in [
        ("QuantityIntent", &[("quantity", "?")][..]),
        ("AMAZON.HelpIntent", &[]),
        ("AMAZON.FallbackIntent", &[]),
        ("AMAZON.RepeatIntent", &[]),
    ] {
        let envelope = device.intent(intent, slots);
        let heard = shop.turn("a turn at the read-back", &mut device, envelope).await;
        assert!(speech(&heard).contains("Your order from Petal and Stem is"), "{intent}: {heard:?}");
        assert!(speech(&heard).ends_with("Shall I place the order?"), "{intent}: {heard:?}");
    }
}

#[tokio::test]
async fn yes_is_no_answer_to_how_many_instead() {
    let (mut shop, mut device) = (Shop::open().await, Device::new("ada"));
    let envelope = device.launch();
    shop.turn("launch", &mut device, envelope).await;
    let envelope = device.buy("2", "roses");
    shop.turn("buy", &mut device, envelope).await;
    let envelope = device.intent("ChangeIntent", &[("product", "roses")]);
    shop.turn("change", &mut device, envelope).await;
    let envelope = device.yes();
    let heard = shop.turn("yes", &mut device, envelope).await;
    assert!(speech(&heard).ends_with("How many bouquets of roses would you like?"), "{heard:?}");
    let envelope = device.intent("ReadCartIntent", &[]);
    assert!(speech(&shop.turn("read the cart", &mut device, envelope).await).contains("2 bouquets of roses"));
}

#[tokio::test]
async fn without_permission_the_yes_asks_for_it_and_charges_nothing() {
    for first in [true, false] {
        let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
        if first {
            first_read_back(&mut shop, &mut device, &mut bank).await;
        } else {
            first_purchase(&mut shop, &mut device, &mut bank).await;
            device.clock().advance(Time::DAY);
            repeat_read_back(&mut shop, &mut device).await;
        }
        for withdrawn in [Permission::Denied, Permission::Missing] {
            let before = shop.skill.store.all_orders().await.unwrap();
            let mut device = device.clone();
            device.caller.permission = withdrawn;
            let envelope = device.yes();
            let heard = shop.turn("yes without permission", &mut device, envelope).await;
            assert!(heard.send.is_none() && heard.ends, "{heard:?}");
            assert!(
                matches!(&heard.card, Some(Card::Consent { permissions }) if *permissions == ["payments:autopay_consent"]),
                "{heard:?}"
            );
            assert_eq!(shop.skill.store.all_orders().await.unwrap(), before);
        }
    }
}

#[tokio::test]
async fn a_total_that_has_changed_since_it_was_read_back_is_read_back_again() {
    for (first, items) in [(true, "$71.48"), (false, "$51.98")] {
        let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
        if first {
            first_read_back(&mut shop, &mut device, &mut bank).await;
        } else {
            first_purchase(&mut shop, &mut device, &mut bank).await;
            device.clock().advance(Time::DAY);
            repeat_read_back(&mut shop, &mut device).await;
        }
        let before = shop.contents().await;
        let dearer = EMBEDDED_CATALOG.replacen("24.99", "25.99", 1);
        assert_ne!(dearer, EMBEDDED_CATALOG);
        let dearer = Config::load(EMBEDDED_SHOP, &dearer, &Env::default()).unwrap();
        shop.skill = skill(dearer, shop.skill.store.clone());

        let envelope = device.yes();
        let heard = shop.turn("yes to the old total", &mut device, envelope).await;
        assert!(heard.send.is_none() && !heard.ends, "{heard:?}");
        assert!(speech(&heard).starts_with("The total has changed") && speech(&heard).contains(items), "{heard:?}");
        assert_eq!(shop.contents().await, before);
        let sent = charge(&mut shop, &mut device, &mut bank).await;
        let total = shop.order(&order(&sent)).await.total().unwrap();
        let asked = &sent.send.unwrap().payload["authorizeAttributes"]["authorizationAmount"]["amount"];
        assert_eq!(asked, &json!(total.decimal()));
    }
}

/// Another request with the same answer and another token.
fn with_token(envelope: &Value, token: &Value) -> Value {
    let mut other = envelope.clone();
    other["request"]["requestId"] = json!(format!("amzn1.echo-api.request.{token}"));
    other["request"]["token"] = token.clone();
    other
}

#[tokio::test]
async fn an_answer_to_what_was_never_asked_changes_nothing_and_claims_nothing() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let set_up = check_out(&mut shop, &mut device).await;
    let answer = bank.carry_out(&mut device, &set_up, Effect::Ordinary);
    let id = order(&set_up);
    let foreign = Device::new("ben").caller.user_id;
    let foreign = OrderId::begin(
        &OrderPrefix::parse("PS").unwrap(),
        &fingerprint::buyer(&foreign).unwrap(),
        device.clock().now(),
        &WriteId::parse("0000000000000000").unwrap(),
    );
    let mark = set_up.send.as_ref().unwrap().token.split_once('.').unwrap().1.to_owned();
    let tokens = [
        json!("UNIQUE-TOKEN"),
        json!(""),
        json!(null),
        json!(7),
        json!(id.as_str()),
        json!(format!("{id}.")),
        json!(format!("{id}.0000000000000000")),
        json!(format!("{foreign}.{mark}")),
    ];
    unheard(&shop, &answer, &tokens).await;
    shop.turn("Setup answer", &mut device, answer).await;

    let charged = say_yes(&mut shop, &mut device).await;
    let answer = bank.carry_out(&mut device, &charged, Effect::Ordinary);
    unheard(&shop, &answer, &tokens).await;
    shop.turn("Charge answer", &mut device, answer.clone()).await;
    assert!(matches!(shop.order(&id).await.state, State::Paid(_)));
    unheard(&shop, &answer, &tokens).await;
}

/// Sends the answer under each of these tokens.
async fn unheard(shop: &Shop, answer: &Value, tokens: &[Value]) {
    let before = shop.contents().await;
    for token in tokens {
        let heard = valid(&shop.ask(&with_token(answer, token)).await);
        assert!(heard.send.is_none() && heard.ends, "{token}: {heard:?}");
        // Of a set-up there is nothing to say about money.
        let told = if answer["request"]["name"] == "Setup" { "can't do that just now" } else { "whether the payment went through" };
        assert!(speech(&heard).contains(told), "{token}: {heard:?}");
        assert!(!claims_paid(speech(&heard)) && heard.card.is_none(), "{token}: {heard:?}");
    }
    assert_eq!(shop.contents().await, before);
}

#[tokio::test]
async fn a_setup_answer_for_a_paid_order_only_tells_the_truth() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let set_up = check_out(&mut shop, &mut device).await;
    let answer = bank.carry_out(&mut device, &set_up, Effect::Ordinary);
    let failed = bank.carry_out(&mut device.clone(), &set_up, Effect::Error("InternalServerError"));
    shop.turn("Setup answer", &mut device, answer.clone()).await;
    let charged = charge(&mut shop, &mut device, &mut bank).await;
    let before = shop.contents().await;
    let newest = json!(shop.order(&order(&charged)).await.token().unwrap().to_string());
    for answer in [&answer, &failed] {
        for answer in [answer.clone(), with_token(answer, &json!(charged.send.as_ref().unwrap().token)), with_token(answer, &newest)] {
            let heard = valid(&shop.ask(&answer).await);
            assert!(heard.send.is_none() && heard.ends && claims_paid(speech(&heard)), "{heard:?}");
        }
    }
    assert_eq!(shop.contents().await, before);
}

/// A store in which something always fails.
struct Failing {
    store: DynamoStore,
    fails: Fails,
    /// The calls that came.
    calls: Mutex<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fails {
    Everything,
    Writes,
    /// Writes are carried out, but nobody hears of it.
    AfterWrites,
}

impl Failing {
    fn down<T>(&self) -> Result<T, StoreError> {
        *self.calls.lock().unwrap() += 1;
        Err(StoreError::Unavailable { operation: "any", source: "the test says so".into() })
    }

    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>> + Send) -> Result<T, StoreError> {
        if self.fails == Fails::AfterWrites {
            write.await?;
        }
        self.down()
    }
}

impl Addressees for Failing {}

impl Store for Failing {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        if self.fails == Fails::Everything { self.down() } else { self.store.opening(buyer).await }
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        if self.fails == Fails::Everything { self.down() } else { self.store.order(id).await }
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        self.write(self.store.create(order)).await
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        self.write(self.store.amend(amend)).await
    }

    async fn keep(&self, buyer: &BuyerId, cart: &LeftCart, write: &WriteId) -> Result<(), StoreError> {
        self.write(self.store.keep(buyer, cart, write)).await
    }
}

impl Wallets for Failing {
    async fn wallet(&self, _: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        Ok(None)
    }

    async fn save_wallet(&self, _: &BuyerId, _: &SavedWallet, _: Option<&WriteId>) -> Result<Saved, StoreError> {
        panic!("nobody is linked here")
    }
}

fn failing(shop: &Shop, fails: Fails) -> Skill<Failing> {
    skill(config(), Failing { store: shop.skill.store.clone(), fails, calls: Mutex::default() })
}

#[tokio::test]
async fn while_the_store_fails_every_turn_is_answered_and_nothing_is_claimed_or_sent() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let (everything, writes) = (failing(&shop, Fails::Everything), failing(&shop, Fails::Writes));
    let mut apologies = 0;
    // Each turn meets the failing stores first, so that they see the state in which it would come.
    for purchase in 0..2 {
        let mut sent = None;
        let names: &[&str] =
            if purchase == 0 { &["launch", "buy", "check out", "Setup", "yes", "Charge"] } else { &["launch", "buy", "yes", "Charge"] };
        for what in names {
            let envelope = match (*what, &sent) {
                ("launch", _) => device.launch(),
                ("buy", _) => device.buy("2", "roses"),
                ("check out", _) => device.intent("CheckOutIntent", &[]),
                ("yes", _) => device.yes(),
                (_, Some(sent)) => bank.carry_out(&mut device, sent, Effect::Ordinary),
                (other, None) => panic!("nothing was sent before {other}"),
            };
            let before = shop.contents().await;
            for skill in [&everything, &writes] {
                let calls = *skill.store.calls.lock().unwrap();
                let heard = valid(&skill.answer(envelope.clone()).await.unwrap());
                assert!(heard.send.is_none() && !claims_paid(speech(&heard)), "{what}: {heard:?}");
                if *skill.store.calls.lock().unwrap() > calls {
                    apologies += 1;
                    let sorry = ["can't do that just now", "whether", "try again later", "didn't work just now"];
                    // Who has a cart keeps it; a session that could not look at the buyer's orders does not begin.
                    assert_eq!(heard.ends, !matches!(*what, "check out" | "yes"), "{what}: {heard:?}");
                    assert!(sorry.iter().any(|sorry| speech(&heard).contains(sorry)), "{what}: {heard:?}");
                }
            }
            assert_eq!(shop.contents().await, before, "{what}");
            sent = Some(shop.turn("", &mut device, envelope).await);
        }
        device.clock().advance(Time::DAY);
    }
    assert_eq!(apologies, (5 + 4) + (3 + 2));
    assert_eq!(bank.captured(&device).len(), 2);

    let envelope = device.intent("OrderStatusIntent", &[]);
    assert!(!claims_paid(speech(&valid(&everything.answer(envelope).await.unwrap()))));
    device.launch();
    for envelope in [device.end(false), device.end(true)] {
        assert!(everything.answer(envelope).await.is_ok());
    }
}

#[tokio::test]
async fn a_write_whose_success_nobody_heard_of_is_recognised_when_the_turn_comes_again() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let deaf = failing(&shop, Fails::AfterWrites);
    let envelope = device.yes();
    let apology = valid(&deaf.answer(envelope.clone()).await.unwrap());
    assert!(apology.send.is_none() && !claims_paid(speech(&apology)), "{apology:?}");
    let sent = shop.turn("yes, again", &mut device, envelope).await;
    assert!(attempt(&sent).is_some(), "{sent:?}");
    let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    let unsure = valid(&deaf.answer(envelope.clone()).await.unwrap());
    assert!(!claims_paid(speech(&unsure)), "{unsure:?}");
    let heard = shop.turn("Charge answer, again", &mut device, envelope).await;
    assert!(claims_paid(speech(&heard)), "{heard:?}");
    assert_eq!(shop.order(&order(&sent)).await.history.len(), 4);
}
