//! The store on DynamoDB: one table, one item per order, and one conditional write per change.
//!
//! Locally and in tests the same code talks to the embedded engine that [`local`] starts.

mod client;
mod error;
mod grants;
mod item;
pub mod keys;
#[cfg(feature = "local")]
pub mod local;
mod marks;
#[cfg(feature = "cli")]
pub mod profile;
mod queue;
mod store;
#[cfg(feature = "notify")]
pub mod stream;
pub mod table;
#[cfg(feature = "cli")]
pub mod tail;
mod topics;
mod wallet;

pub use client::{ATTEMPT_MAX, Access, BACKOFF_FIRST, CALL_MAX, NoRegion, TRIES, connect, https, settings};
pub use store::{DynamoStore, RECENT};
