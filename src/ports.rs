//! What the application needs from outside: a store.

use std::future::Future;

use crate::domain::dialog::{Amend, LeftCart, Opening};
use crate::domain::ids::{BuyerId, OrderId, WriteId};
use crate::domain::order::Order;

/// Where orders and carts are kept. Each call is one call of the service behind it.
pub trait Store: Sync {
    /// What the first turn of a session needs; strongly consistent.
    fn opening(&self, buyer: &BuyerId) -> impl Future<Output = Result<Opening, StoreError>> + Send;

    /// One order, strongly consistent.
    fn order(&self, id: &OrderId) -> impl Future<Output = Result<Option<Order>, StoreError>> + Send;

    /// Stores an order unless there is one of its id.
    fn create(&self, order: &Order) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Changes an order if it still is what the change was decided on.
    fn amend(&self, amend: &Amend) -> impl Future<Output = Result<Written, StoreError>> + Send;

    /// Keeps a cart for the buyer's next session, unless a newer one is kept.
    fn keep(&self, buyer: &BuyerId, cart: &LeftCart, write: &WriteId) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// How a conditional write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is stored; this is the order now. Also when an earlier delivery of the same write stored it.
    Done(Box<Order>),
    /// The order is not what the write was decided on; nothing was written.
    Overtaken(Box<Order>),
    /// There is no such order; nothing was written.
    Missing,
}

/// Why the store could not serve.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store did not answer {operation} in time, or could not be reached: check region, endpoint and table name")]
    Unavailable {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the store refused {operation}: check the table's name and keys, and the function's permissions")]
    Rejected {
        operation: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the stored item {key} cannot be read")]
    Corrupt {
        key: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Rejected { .. } | Self::Corrupt { .. } => false,
        }
    }
}
