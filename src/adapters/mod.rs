//! The outside world's formats and services, and the conversions to and from the domain.

pub mod alexa;
pub mod amazon_pay;
#[cfg(feature = "dynamodb")]
pub mod aws;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "cli")]
pub mod failures;
pub mod fingerprint;
mod json;
pub mod link;
#[cfg(feature = "notify")]
pub mod mail;
#[cfg(feature = "notify")]
pub mod proactive;
#[cfg(feature = "cli")]
pub mod profile;
pub mod record;
#[cfg(feature = "cli")]
pub mod redrive;
#[cfg(any(feature = "dynamodb", feature = "notice"))]
mod roots;
#[cfg(feature = "account")]
pub mod secrets;
#[cfg(feature = "notice")]
pub mod sns;
pub mod system;
#[cfg(any(feature = "link", feature = "notify"))]
pub mod words;
