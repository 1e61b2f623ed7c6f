//! The shop of the tests: the skill over a store of its own, and the purchases that are made in it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use voicetill::adapters::alexa::verify::ApplicationId;
use voicetill::adapters::dynamodb::{DynamoStore, local::Local};
use voicetill::config::Config;
use voicetill::domain::ids::OrderId;
use voicetill::domain::order::Order;
use voicetill::entry::skill::Skill;
use voicetill::ports::Store;
use voicetill::simulator::alexa::Reply;
use voicetill::simulator::amazon_pay::Effect;

use crate::alexa::{Bank, Device, SKILL, attempt, claims_paid, config, order, speech};
use crate::meter::{self, Count, Meter};

/// How often an envelope comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delivered {
    Once,
    TwiceInARow,
    TwiceAtOnce,
}

/// A skill over a store of its own, and everything that it was asked.
pub struct Shop {
    pub skill: Skill<DynamoStore>,
    pub meter: Meter,
    pub delivered: Delivered,
    /// Every turn so far: what it was, the envelope, and what it cost.
    pub turns: Vec<(&'static str, Value, Count)>,
    /// Keeps the store running.
    engine: Local,
}

pub fn skill<S>(config: Config, store: S) -> Skill<S> {
    Skill::new(config, ApplicationId::parse(SKILL).unwrap(), store).unwrap()
}

impl Shop {
    pub async fn open() -> Self {
        let (engine, store, meter) = meter::store().await;
        Self { skill: skill(config(), store), meter, delivered: Delivered::Once, turns: Vec::new(), engine }
    }

    pub async fn ask(&self, envelope: &Value) -> Value {
        self.skill.answer(envelope.clone()).await.unwrap()
    }

    /// One turn, delivered as this shop gets its turns.
    pub async fn turn(&mut self, what: &'static str, device: &mut Device, envelope: Value) -> Reply {
        self.meter.take();
        let (first, second) = match self.delivered {
            Delivered::Once => (self.ask(&envelope).await, None),
            Delivered::TwiceInARow => (self.ask(&envelope).await, Some(self.ask(&envelope).await)),
            Delivered::TwiceAtOnce => {
                let (first, second) = tokio::join!(self.ask(&envelope), self.ask(&envelope));
                (first, Some(second))
            }
        };
        if let Some(second) = second {
            assert_eq!(first.to_string(), second.to_string(), "{what} came {:?}", self.delivered);
        }
        self.turns.push((what, envelope, self.meter.take()));
        device.hear(&first)
    }

    /// Where other programs reach the store.
    pub fn endpoint(&self) -> &str {
        self.engine.endpoint()
    }

    /// Everything in the table, in an order of its own.
    pub async fn contents(&self) -> Vec<String> {
        contents(&self.skill.store).await
    }

    pub async fn order(&self, id: &OrderId) -> Order {
        self.skill.store.order(id).await.unwrap().unwrap()
    }
}

pub async fn contents(store: &DynamoStore) -> Vec<String> {
    let scanned = store.scan(ScanInput::builder().consistent_read(true)).await.unwrap();
    let shown = |item: &std::collections::HashMap<String, AttributeValue>| format!("{:?}", item.iter().collect::<BTreeMap<_, _>>());
    let mut items: Vec<_> = scanned.iter().map(shown).collect();
    items.sort();
    items
}

/// Launch, two products, check out: Setup leaves. The reply that carries it.
pub async fn check_out(shop: &mut Shop, device: &mut Device) -> Reply {
    let envelope = device.launch();
    shop.turn("launch", device, envelope).await;
    let envelope = device.buy("2", "roses");
    shop.turn("buy", device, envelope).await;
    let envelope = device.buy("1", "glass vase");
    shop.turn("buy", device, envelope).await;
    let envelope = device.intent("CheckOutIntent", &[]);
    let sent = shop.turn("check out, Setup leaves", device, envelope).await;
    assert_eq!(sent.send.as_ref().unwrap().name, "Setup");
    sent
}

/// From the launch to the read-back, Setup included.
pub async fn first_read_back(shop: &mut Shop, device: &mut Device, bank: &mut Bank) -> Reply {
    let sent = check_out(shop, device).await;
    let envelope = bank.carry_out(device, &sent, Effect::Ordinary);
    let heard = shop.turn("Setup answer, read-back", device, envelope).await;
    assert!(speech(&heard).ends_with("Shall I place the order?"), "{heard:?}");
    heard
}

/// The yes: Charge leaves.
pub async fn say_yes(shop: &mut Shop, device: &mut Device) -> Reply {
    let envelope = device.yes();
    let sent = shop.turn("yes, Charge leaves", device, envelope).await;
    assert!(attempt(&sent).is_some(), "{sent:?}");
    sent
}

pub async fn charge(shop: &mut Shop, device: &mut Device, bank: &mut Bank) -> Reply {
    let sent = say_yes(shop, device).await;
    let envelope = bank.carry_out(device, &sent, Effect::Ordinary);
    let heard = shop.turn("Charge answer", device, envelope).await;
    assert!(claims_paid(speech(&heard)), "{heard:?}");
    sent
}

pub async fn first_purchase(shop: &mut Shop, device: &mut Device, bank: &mut Bank) -> OrderId {
    first_read_back(shop, device, bank).await;
    order(&charge(shop, device, bank).await)
}

pub async fn repeat_read_back(shop: &mut Shop, device: &mut Device) {
    let envelope = device.launch();
    shop.turn("launch", device, envelope).await;
    let envelope = device.buy("2", "roses");
    let heard = shop.turn("buy, read-back", device, envelope).await;
    assert!(speech(&heard).ends_with("Shall I place the order?"), "{heard:?}");
}

pub async fn repeat_purchase(shop: &mut Shop, device: &mut Device, bank: &mut Bank) -> OrderId {
    repeat_read_back(shop, device).await;
    order(&charge(shop, device, bank).await)
}

/// Envelopes of a whole first purchase, and the store after it, for tests that break them.
pub async fn after_a_purchase() -> (Local, Skill<DynamoStore>, Vec<Value>) {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_purchase(&mut shop, &mut device, &mut bank).await;
    let envelopes = shop.turns.into_iter().map(|(_, envelope, _)| envelope).collect();
    (shop.engine, shop.skill, envelopes)
}
