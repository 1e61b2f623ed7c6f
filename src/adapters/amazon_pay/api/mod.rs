//! Amazon Pay API v2, called from our server (`reference/amazon-pay-v2.md`; its sections are cited by number).
//!
//! [`key`] and [`place`] say who calls and where, [`sign`] signs, [`wire`] has what is asked and answered, [`errors`] what a refusal
//! means; [`client`] puts them together, and [`payments`] is the application's port over it.

#[macro_use]
mod names;

pub mod client;
pub mod errors;
pub mod key;
pub mod payments;
pub mod place;
pub mod sign;
pub mod wire;

use crate::domain::time::Time;

/// What every answer tells beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Amazon's name for the call, which its support asks for.
    pub request_id: Option<String>,
    /// Amazon's clock.
    pub date: Option<Time>,
}

#[cfg(test)]
mod testing;
