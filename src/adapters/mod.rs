//! The outside world's formats and services, and the conversions to and from the domain.

#[cfg(feature = "dynamodb")]
pub mod dynamodb;
pub mod fingerprint;
pub mod record;
pub mod system;
