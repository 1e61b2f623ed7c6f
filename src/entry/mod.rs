//! Where requests arrive: wire in, application, wire out.

#[cfg(feature = "link")]
pub mod link;
pub mod skill;
