//! The `voicetill` tool.

pub mod orders;
