//! Runs in which everything goes wrong that can: a town of buyers and devices, Alexa, Amazon Pay, a merchant and a store, all from a
//! seed, with faults at every boundary; and an auditor who looks for the one broken promise.
//!
//! The shop in it is the real one, envelopes in and responses out. Most runs stand on [`memory`], some on the real adapter and the
//! embedded engine ([`engine`]). Time is virtual.

mod auditor;
mod bank;
mod buyer;
pub mod chance;
mod codes;
pub mod engine;
pub mod ground;
mod history;
pub mod memory;
mod office;
mod pages;
mod phone;
mod post;
pub mod run;
mod speech;
pub mod teller;
mod town;
mod trace;
mod wire;

pub use auditor::{Invariant, Violation};
