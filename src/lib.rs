//! Voicetill: the back end of a voice shop.

pub mod adapters;
pub mod app;
pub mod domain;
pub mod ports;
