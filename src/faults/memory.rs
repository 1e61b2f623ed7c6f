//! A store in memory that keeps every promise of [`Store`], for the many runs that a real engine would be too slow for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::{sleep, timeout};

use super::chance::Shared;
use super::wire::{Broken, carry};
use crate::adapters::aws::{ATTEMPT_MAX, BACKOFF_FIRST, CALL_MAX, TRIES};
use crate::adapters::dynamodb::RECENT;
use crate::domain::dialog::{Amend, LeftCart, Opening};
use crate::domain::ids::{AmazonId, BuyerId, OrderId, WriteId};
use crate::domain::message::{Change, LooseChargeback};
use crate::domain::order::Order;
use crate::domain::time::Time;
use crate::domain::wallet::SavedWallet;
use crate::ports::{Addressees, Chargebacks, Saved, Store, StoreError, Wallets, Written};

/// The store. Clones share what is in it.
#[derive(Clone, Debug)]
pub struct Memory {
    shelves: Arc<Mutex<Shelves>>,
    chance: Shared,
}

#[derive(Debug, Default)]
struct Shelves {
    /// By buyer and stamp, as the table has them.
    orders: BTreeMap<(String, String), Order>,
    left: BTreeMap<String, LeftCart>,
    wallets: BTreeMap<String, SavedWallet>,
    /// How many writes there were.
    writes: u64,
    /// What every write has changed, as the table's stream shows it, where somebody reads that.
    stream: Option<Vec<Change>>,
    chargebacks: BTreeMap<AmazonId, LooseChargeback>,
}

impl Shelves {
    /// Puts an order on its shelf.
    fn put(&mut self, order: &Order) {
        let before = self.orders.insert(key(&order.id), order.clone());
        if let Some(stream) = &mut self.stream {
            stream.push(Change { before, after: order.clone() });
        }
    }
}

impl Memory {
    /// An empty store, reached by a way on which `chance` rules.
    #[must_use]
    pub fn new(chance: Shared) -> Self {
        Self { shelves: Arc::default(), chance }
    }

    /// The same with a stream.
    #[must_use]
    pub fn streaming(self) -> Self {
        locked(&self.shelves).stream = Some(Vec::new());
        self
    }

    /// What was changed behind so many changes.
    #[must_use]
    pub fn changes_after(&self, seen: usize) -> Vec<Change> {
        locked(&self.shelves).stream.as_ref().map(|stream| stream[seen.min(stream.len())..].to_vec()).unwrap_or_default()
    }

    /// Throws everything away.
    pub fn clear(&self) {
        let mut shelves = locked(&self.shelves);
        *shelves = Shelves { writes: shelves.writes + 1, ..Shelves::default() };
    }

    /// A number that changes whenever an order may have.
    #[must_use]
    pub fn version(&self) -> u64 {
        locked(&self.shelves).writes
    }

    /// Every order, seen past all faults.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        locked(&self.shelves).orders.values().cloned().collect()
    }

    /// One call with the patience and the repetitions that the real client has.
    async fn call<T, W>(&self, operation: &'static str, write: bool, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Fn(&mut Shelves) -> T + Clone + Send + 'static,
    {
        let tries = async {
            let mut pause = BACKOFF_FIRST;
            for tried in 1.. {
                let (work, shelves) = (work.clone(), self.shelves.clone());
                let attempt = carry(&self.chance, write, move || {
                    let mut shelves = locked(&shelves);
                    shelves.writes += u64::from(write);
                    work(&mut shelves)
                });
                let broken = match timeout(ATTEMPT_MAX, attempt).await {
                    Ok(Ok(done)) => return Ok(done),
                    Ok(Err(broken)) => broken,
                    Err(_) => Broken::Gone,
                };
                if tried >= TRIES {
                    return Err(broken);
                }
                sleep(pause).await;
                pause *= 2;
            }
            Err(Broken::Gone)
        };
        let unavailable = |broken: Broken| StoreError::Unavailable { operation, source: Box::new(broken) };
        timeout(CALL_MAX, tries).await.unwrap_or(Err(Broken::Gone)).map_err(unavailable)
    }
}

impl Addressees for Memory {}

impl Store for Memory {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        let buyer = buyer.as_str().to_owned();
        self.call("Query", false, move |shelves| {
            let from = (buyer.clone(), String::new());
            let mine = shelves.orders.range(from..).take_while(|((owner, _), _)| *owner == buyer);
            let mine: Vec<_> = mine.map(|(_, order)| order.clone()).collect();
            Opening {
                orders: mine.into_iter().rev().take(RECENT).collect(),
                left: shelves.left.get(&buyer).cloned(),
                wallet: shelves.wallets.get(&buyer).cloned().map(Box::new),
                asked: None,
                code_fits: None,
            }
        })
        .await
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        let key = key(id);
        self.call("GetItem", false, move |shelves| shelves.orders.get(&key).cloned()).await
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        let order = order.clone();
        self.call("PutItem", true, move |shelves| {
            if let Some(found) = shelves.orders.get(&key(&order.id)) {
                return found_instead(found, order.version());
            }
            shelves.put(&order);
            Written::Done(Box::new(order.clone()))
        })
        .await
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        let amend = amend.clone();
        self.call("UpdateItem", true, move |shelves| {
            let Some(order) = shelves.orders.get_mut(&key(&amend.order)) else { return Written::Missing };
            let expected = order.version() == Some(&amend.version) && amend.guess.as_ref().is_none_or(|guess| order.state == *guess);
            if !expected {
                return found_instead(order, Some(&amend.entry.write));
            }
            let before = shelves.stream.as_ref().map(|_| order.clone());
            order.state = amend.state.clone();
            order.history.push(amend.entry.clone());
            if let Some(goods) = &amend.goods {
                order.goods = goods.clone();
            }
            if let Some(agreement) = &amend.agreement {
                order.agreement = Some(agreement.clone());
            }
            if let Some(address) = &amend.address {
                order.address.clone_from(address);
            }
            if let Some(stream) = &mut shelves.stream {
                stream.push(Change { before, after: order.clone() });
            }
            Written::Done(Box::new(order.clone()))
        })
        .await
    }

    async fn keep(&self, buyer: &BuyerId, cart: &LeftCart, _: &WriteId) -> Result<(), StoreError> {
        let (buyer, cart) = (buyer.as_str().to_owned(), cart.clone());
        self.call("UpdateItem", true, move |shelves| {
            if shelves.left.get(&buyer).is_none_or(|left| left.at < cart.at) {
                shelves.left.insert(buyer.clone(), cart.clone());
            }
        })
        .await
    }
}

impl Chargebacks for Memory {
    async fn keep_chargeback(&self, chargeback: &LooseChargeback, _: Time) -> Result<(), StoreError> {
        let chargeback = chargeback.clone();
        self.call("PutItem", true, move |shelves| {
            shelves.chargebacks.entry(chargeback.id.clone()).or_insert_with(|| chargeback.clone());
        })
        .await
    }
}

impl Wallets for Memory {
    async fn wallet(&self, buyer: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        let buyer = buyer.as_str().to_owned();
        self.call("GetItem", false, move |shelves| shelves.wallets.get(&buyer).cloned()).await
    }

    async fn save_wallet(&self, buyer: &BuyerId, wallet: &SavedWallet, expected: Option<&WriteId>) -> Result<Saved, StoreError> {
        let (buyer, wallet, expected) = (buyer.as_str().to_owned(), wallet.clone(), expected.cloned());
        self.call("UpdateItem", true, move |shelves| {
            let found = shelves.wallets.get(&buyer);
            let version = found.map(|found| &found.version);
            if version == Some(&wallet.version) {
                return Saved::Done;
            }
            if version != expected.as_ref() {
                return Saved::Overtaken(found.cloned().map(Box::new));
            }
            shelves.wallets.insert(buyer.clone(), wallet.clone());
            Saved::Done
        })
        .await
    }
}

fn key(id: &OrderId) -> (String, String) {
    (id.buyer().as_str().to_owned(), id.stamp().to_owned())
}

fn locked(shelves: &Mutex<Shelves>) -> MutexGuard<'_, Shelves> {
    shelves.lock().unwrap_or_else(PoisonError::into_inner)
}

fn found_instead(found: &Order, write: Option<&WriteId>) -> Written {
    let order = Box::new(found.clone());
    if found.version() == write { Written::Before(order) } else { Written::Overtaken(order) }
}
