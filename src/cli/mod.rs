//! The `voicetill` tool.

pub mod local;
pub mod orders;
