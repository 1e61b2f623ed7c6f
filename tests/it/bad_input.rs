//! Requests that are broken, or not for this skill: refused or answered, and nothing changes.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use voicetill::adapters::alexa::verify::{ApplicationId, VerifyError};
use voicetill::domain::dialog::{Amend, LeftCart, Opening};
use voicetill::domain::ids::{BuyerId, OrderId, WriteId};
use voicetill::domain::order::Order;
use voicetill::domain::wallet::SavedWallet;
use voicetill::entry::skill::{Refusal, Skill};
use voicetill::ports::{Addressees, Saved, Store, StoreError, Wallets, Written};

use crate::alexa::{SKILL, acceptable, config};
use crate::shop::{after_a_purchase, contents};
use crate::wire::{broken, bytes, doubled, places, requests, value};

/// A store that holds what is given to it, answers as the table would, and counts. It is quick, so that every way to break a request
/// can be tried.
struct Still {
    orders: Vec<Order>,
    calls: AtomicU32,
    /// Orders that would have been changed, or made for more than a cart.
    changes: AtomicU32,
    /// Carts kept for the next session.
    kept: AtomicU32,
}

impl Still {
    fn holding(orders: Vec<Order>) -> Skill<Self> {
        let store = Self { orders, calls: AtomicU32::new(0), changes: AtomicU32::new(0), kept: AtomicU32::new(0) };
        Skill::new(config(), ApplicationId::parse(SKILL).unwrap(), store).unwrap()
    }

    fn find(&self, id: &OrderId) -> Option<Order> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.orders.iter().find(|order| order.id == *id).cloned()
    }

    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Addressees for Still {}

impl Store for Still {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let orders = self.orders.iter().filter(|order| order.id.buyer() == *buyer).cloned().collect();
        Ok(Opening { orders, ..Opening::default() })
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.find(id))
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        Ok(match self.find(&order.id) {
            Some(found) if found.version() == order.version() => Written::Before(Box::new(found)),
            Some(found) => Written::Overtaken(Box::new(found)),
            None => {
                if !order.state.is_cart() {
                    self.changed();
                }
                Written::Done(Box::new(order.clone()))
            }
        })
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        let Some(found) = self.find(&amend.order) else { return Ok(Written::Missing) };
        let guessed = amend.guess.as_ref().is_none_or(|guess| *guess == found.state);
        if found.version() == Some(&amend.version) && guessed {
            self.changed();
        }
        let done = found.version() == Some(&amend.entry.write);
        Ok(if done { Written::Before(Box::new(found)) } else { Written::Overtaken(Box::new(found)) })
    }

    async fn keep(&self, _: &BuyerId, _: &LeftCart, _: &WriteId) -> Result<(), StoreError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.kept.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Wallets for Still {
    async fn wallet(&self, _: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        Ok(None)
    }

    async fn save_wallet(&self, _: &BuyerId, _: &SavedWallet, _: Option<&WriteId>) -> Result<Saved, StoreError> {
        panic!("nobody is linked here")
    }
}

/// The sample as it would come for our skill.
fn for_us(name: &str) -> Value {
    let mut envelope = value(name);
    let application = json!({ "applicationId": SKILL });
    if envelope["context"]["System"].is_object() {
        envelope["context"]["System"]["application"] = application.clone();
    }
    if envelope["session"].is_object() {
        envelope["session"]["application"] = application.clone();
    }
    if envelope["context"].is_null() && envelope["session"].is_null() {
        envelope["session"] = json!({ "new": true, "application": application, "user": { "userId": "U" } });
    }
    envelope
}

/// Sends a body; whether it was answered. An answer must be one that Alexa takes.
async fn sent<S: Store + Wallets + Addressees>(skill: &Skill<S>, body: &[u8], what: &str) -> bool {
    match skill.answer_bytes(body).await {
        Ok(response) => {
            // A question of the search engine, which has an answer of its own.
            let can_fulfill = response["response"]["canFulfillIntent"].is_object();
            assert!(can_fulfill || acceptable(&response), "{what}: {response:#}");
            true
        }
        Err(Refusal::Wire(_) | Refusal::Verify(_) | Refusal::Id(_)) => false,
    }
}

/// How many of these are answered.
async fn all_sent<S: Store + Wallets + Addressees>(skill: &Skill<S>, envelopes: impl Iterator<Item = (String, Value)>) -> u32 {
    let mut answered = 0;
    for (what, envelope) in envelopes {
        answered += u32::from(sent(skill, envelope.to_string().as_bytes(), &what).await);
    }
    answered
}

/// Whether something is missing that decides what the request means.
fn tells(what: &str) -> bool {
    what.ends_with("removed") && ["/request/", "/session/new", "/session/attributes"].iter().any(|place| what.starts_with(place))
}

/// One in four, which is no divisor of the number of ways to break a place, so that all of them occur. `wire` tries every one.
fn some(all: Vec<(String, Value)>) -> impl Iterator<Item = (String, Value)> {
    all.into_iter().step_by(4)
}

/// Every way in which a body can be cut short.
fn cuts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..text.len()).step_by(13).map(|end| &text[..end])
}

#[tokio::test]
async fn broken_samples_change_nothing() {
    let skill = Still::holding(Vec::new());
    for name in requests() {
        let whole = for_us(&name);
        assert!(sent(&skill, whole.to_string().as_bytes(), &name).await, "{name}");
        all_sent(&skill, some(broken(&whole)).map(|(what, envelope)| (format!("{name}{what}"), envelope))).await;
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        for place in all.into_iter().step_by(4) {
            sent(&skill, doubled(&whole, "", &place).as_bytes(), &format!("{name}{place} doubled")).await;
        }
    }
    assert_eq!((skill.store.changes.into_inner(), skill.store.kept.into_inner()), (0, 0));
    assert!(skill.store.calls.into_inner() > 500, "the samples reach the store");
}

#[tokio::test]
async fn what_is_cut_short_or_noise_is_refused_before_the_store_is_asked() {
    let skill = Still::holding(Vec::new());
    for name in requests() {
        for (end, part) in cuts(bytes(&name).trim_ascii_end()).enumerate() {
            assert!(!sent(&skill, part, &name).await, "{name} cut at {end}");
        }
        for part in cuts(for_us(&name).to_string().as_bytes()) {
            assert!(!sent(&skill, part, &name).await, "{name}");
        }
    }
    let megabyte = 1 << 20;
    let noise = (0..megabyte).scan(1_u32, |state, _| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_be_bytes()[0])
    });
    let mut padded = for_us("launch-en-US.json").to_string().into_bytes();
    padded.resize(megabyte, b' ');
    for body in [noise.collect(), vec![b'{'; megabyte], vec![0; megabyte], padded, b"[".repeat(100_000), Vec::new()] {
        assert!(!sent(&skill, &body, "noise").await);
    }
    assert_eq!(skill.store.calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_request_that_is_not_for_this_skill_is_refused_before_the_store_is_asked() {
    let skill = Still::holding(Vec::new());
    for name in requests() {
        let foreign = skill.answer(value(&name)).await;
        assert!(matches!(foreign, Err(Refusal::Verify(_))), "{name}: {foreign:?}");
        for id in [json!(null), json!(""), json!("amzn1.ask.skill.another"), json!(SKILL.to_uppercase()), json!([SKILL])] {
            let mut envelope = for_us(&name);
            for place in ["/context/System/application", "/session/application"] {
                if let Some(application) = envelope.pointer_mut(place) {
                    *application = json!({ "applicationId": id });
                }
            }
            let refused = skill.answer(envelope).await;
            let expected =
                if id.as_str().is_some_and(|id| !id.is_empty()) { VerifyError::OtherApplication } else { VerifyError::NoApplication };
            assert!(matches!(refused, Err(Refusal::Verify(why)) if why == expected), "{name}, {id}: {refused:?}");
        }
    }
    assert_eq!(skill.store.calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn broken_turns_of_a_finished_purchase_charge_nothing_and_leave_it_as_it_is() {
    let (_engine, real, envelopes) = after_a_purchase().await;
    let orders = real.store.all_orders().await.unwrap();
    let still = Still::holding(orders.clone());
    for envelope in &envelopes {
        for (what, broken) in some(broken(envelope)) {
            let Ok(response) = still.answer(broken).await else { continue };
            assert!(acceptable(&response), "{what}: {response:#}");
            let sends_charge = response["response"]["directives"].as_array().into_iter().flatten().any(|sent| sent["name"] == "Charge");
            assert!(!sends_charge, "{what}: {response:#}");
            let changes = still.store.changes.swap(0, Ordering::Relaxed);
            assert_eq!(changes, 0, "{what}: {response:#}");
        }
        // The real store sees less of it, because it is slower.
        let answered = all_sent(&real, broken(envelope).into_iter().filter(|(what, _)| tells(what))).await;
        assert!(answered > 0);
    }
    // Checking out a cart that has lost its order begins a new one, which is no more than a cart.
    let after = real.store.all_orders().await.unwrap();
    assert!(orders.iter().all(|order| after.contains(order)));
    assert!(after.iter().all(|order| orders.contains(order) || order.state.is_cart()), "{after:?}");
}

#[tokio::test]
async fn samples_change_nothing_in_a_real_store() {
    let (_engine, skill, _) = after_a_purchase().await;
    let before = contents(&skill.store).await;
    for name in requests() {
        let whole = for_us(&name);
        assert!(sent(&skill, whole.to_string().as_bytes(), &name).await, "{name}");
        all_sent(&skill, broken(&whole).into_iter().filter(|(what, _)| tells(what))).await;
    }
    assert_eq!(contents(&skill.store).await, before);
}
