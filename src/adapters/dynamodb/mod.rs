//! The store on DynamoDB: one table, one item per order, and one conditional write per change.
//!
//! Locally and in tests the same code talks to the embedded engine that [`local`] starts.

mod client;
mod error;
mod item;
pub mod keys;
#[cfg(feature = "local")]
pub mod local;
mod store;
pub mod table;

pub use client::{Access, NoRegion, connect, https, settings};
pub use store::DynamoStore;
