//! Whom AWS is trusted by.

/// Amazon's own roots, and no others. Reading the system's whole list takes longer than the rest of a function's start.
pub const AMAZON: &str = include_str!("amazon-roots.pem");
