//! Voicetill: the back end of a voice shop. `ARCHITECTURE.md` is the map.

pub mod adapters;
pub mod app;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod domain;
#[cfg(feature = "dynamodb")]
pub mod entry;
#[cfg(feature = "faults")]
pub mod faults;
pub mod ports;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "simulator")]
pub mod simulated;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod telemetry;
