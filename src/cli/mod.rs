//! The `voicetill` tool.

pub mod model;
pub mod orders;
