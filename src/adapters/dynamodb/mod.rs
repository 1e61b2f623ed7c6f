//! The store on DynamoDB: one table, one item per order, and one conditional write per change.
//!
//! Locally and in tests the same code talks to the embedded engine that [`local`] starts.

mod access;
mod again;
#[cfg(feature = "local")]
mod client;
mod connection;
mod error;
mod grants;
mod item;
pub mod keys;
mod line;
#[cfg(feature = "local")]
pub mod local;
mod marks;
mod operation;
#[cfg(feature = "cli")]
pub mod profile;
mod queue;
mod sign;
mod skew;
mod store;
#[cfg(feature = "notify")]
pub mod stream;
#[cfg(feature = "local")]
pub mod table;
#[cfg(feature = "cli")]
pub mod tail;
mod topics;
mod wallet;

pub use access::{ATTEMPT_MAX, Access, BACKOFF_FIRST, CALL_MAX, NoRegion, TRIES};
#[cfg(feature = "local")]
pub use client::{connect, connect_over};
pub use connection::{Connections, open};
pub use line::Line;
pub use store::{DynamoStore, RECENT};
