//! The outside world's formats and services, and the conversions to and from the domain.

pub mod alexa;
pub mod amazon_pay;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
pub mod fingerprint;
mod json;
pub mod link;
pub mod record;
pub mod system;
