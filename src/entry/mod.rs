//! Where requests arrive: wire in, application, wire out.

pub mod skill;
