//! Voicetill: the back end of a voice shop.

pub mod adapters;
pub mod app;
#[cfg(feature = "cli")]
pub mod cli;
pub mod domain;
pub mod ports;
