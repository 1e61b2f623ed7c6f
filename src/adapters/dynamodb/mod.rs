//! The store on DynamoDB: one table, one item per order, and one conditional write per change.
//!
//! Locally and in tests the same code talks to the embedded engine that [`local`] starts.

mod client;
mod error;
mod item;
pub mod keys;
#[cfg(feature = "local")]
pub mod local;
#[cfg(feature = "cli")]
pub mod profile;
mod store;
pub mod table;
mod wallet;

pub use client::{ATTEMPT_MAX, Access, BACKOFF_FIRST, CALL_MAX, NoRegion, TRIES, connect, https, settings};
pub use store::{DynamoStore, RECENT};
