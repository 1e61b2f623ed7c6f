//! The store on DynamoDB: one table, one item per order, and one conditional write per change.
//!
//! Locally and in tests the same code talks to the embedded engine that [`local`] starts.

#[cfg(feature = "local")]
mod client;
mod error;
mod grants;
mod item;
pub mod keys;
#[cfg(feature = "local")]
pub mod local;
mod marks;
mod operations;
#[cfg(feature = "cli")]
pub mod profile;
mod queue;
mod store;
#[cfg(feature = "notify")]
pub mod stream;
#[cfg(feature = "local")]
pub mod table;
#[cfg(feature = "cli")]
pub mod tail;
mod topics;
mod wallet;

#[cfg(feature = "local")]
pub use client::{connect, connect_over};
pub use store::{DynamoStore, RECENT};
