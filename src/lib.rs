//! Voicetill: the back end of a voice shop.

pub mod domain;
pub mod ports;
