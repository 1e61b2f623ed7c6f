//! What the shop of a run stands on: the store in memory, or the real adapter on the embedded engine.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::scan::ScanInput;

use super::chance::Shared;
use super::engine::{Engine, EngineError};
use super::memory::Memory;
use crate::adapters::dynamodb::{DynamoStore, keys};
use crate::domain::dialog::{Amend, LeftCart, Opening};
use crate::domain::ids::{BuyerId, OrderId, WriteId};
use crate::domain::order::Order;
use crate::domain::wallet::SavedWallet;
use crate::ports::{Addressees, Saved, Store, StoreError, Wallets, Written};

/// Which store the runs use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Engine,
}

/// The store of a run, and a window on it through which the auditor looks.
#[derive(Clone, Debug)]
pub enum Ground {
    Memory(Memory),
    Engine { engine: Engine, store: DynamoStore, window: DynamoStore },
}

impl Ground {
    #[must_use]
    pub fn new(kind: Kind, chance: Shared) -> Self {
        match kind {
            Kind::Memory => Self::Memory(Memory::new(chance)),
            Kind::Engine => {
                let engine = Engine::new(chance);
                Self::Engine { store: engine.store(), window: engine.window(), engine }
            }
        }
    }

    /// Empties the store.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn clear(&self) -> Result<(), EngineError> {
        match self {
            Self::Memory(memory) => {
                memory.clear();
                Ok(())
            }
            Self::Engine { engine, .. } => engine.clear().await,
        }
    }

    /// Every order as it is stored.
    ///
    /// # Errors
    /// [`StoreError`] when an order cannot be read any more.
    pub async fn orders(&self) -> Result<Vec<Order>, StoreError> {
        match self {
            Self::Memory(memory) => Ok(memory.orders()),
            Self::Engine { window, .. } => {
                let mut orders = window.all_orders().await?;
                // A scan has no order of its own, and the same seed has to give the same run.
                orders.sort_by(|one, other| (one.id.buyer().as_str(), one.id.stamp()).cmp(&(other.id.buyer().as_str(), other.id.stamp())));
                Ok(orders)
            }
        }
    }

    /// A number that changes whenever an order may have.
    #[must_use]
    pub fn version(&self) -> u64 {
        match self {
            Self::Memory(memory) => memory.version(),
            Self::Engine { engine, .. } => engine.version(),
        }
    }

    /// The orders that whoever looks for open payments would find; `None` where there is no index to look into.
    ///
    /// # Errors
    /// [`StoreError`] when the index cannot be read.
    pub async fn found_open(&self) -> Result<Option<BTreeSet<String>>, StoreError> {
        let Self::Engine { window, .. } = self else { return Ok(None) };
        let mut found = BTreeSet::new();
        for item in window.scan(ScanInput::builder().index_name(keys::OPEN_INDEX)).await? {
            let text = |key| item.get(key).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
            found.insert(format!("{} {}", text(keys::PARTITION), text(keys::SORT)));
        }
        Ok(Some(found))
    }
}

/// How the index names an order.
#[must_use]
pub fn index_name(id: &OrderId) -> String {
    format!("B#{} {}{}", id.buyer(), keys::ORDER_MARK, id.stamp())
}

impl Wallets for Ground {
    async fn wallet(&self, buyer: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        match self {
            Self::Memory(memory) => memory.wallet(buyer).await,
            Self::Engine { store, .. } => store.wallet(buyer).await,
        }
    }

    async fn save_wallet(&self, buyer: &BuyerId, wallet: &SavedWallet, expected: Option<&WriteId>) -> Result<Saved, StoreError> {
        match self {
            Self::Memory(memory) => memory.save_wallet(buyer, wallet, expected).await,
            Self::Engine { store, .. } => store.save_wallet(buyer, wallet, expected).await,
        }
    }
}

impl Addressees for Ground {}

impl Store for Ground {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        match self {
            Self::Memory(memory) => memory.opening(buyer).await,
            Self::Engine { store, .. } => store.opening(buyer).await,
        }
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        match self {
            Self::Memory(memory) => memory.order(id).await,
            Self::Engine { store, .. } => store.order(id).await,
        }
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        match self {
            Self::Memory(memory) => memory.create(order).await,
            Self::Engine { store, .. } => store.create(order).await,
        }
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        match self {
            Self::Memory(memory) => memory.amend(amend).await,
            Self::Engine { store, .. } => store.amend(amend).await,
        }
    }

    async fn keep(&self, buyer: &BuyerId, cart: &LeftCart, write: &WriteId) -> Result<(), StoreError> {
        match self {
            Self::Memory(memory) => memory.keep(buyer, cart, write).await,
            Self::Engine { store, .. } => store.keep(buyer, cart, write).await,
        }
    }
}
