//! Amazon Pay API v2, called from our server (`reference/amazon-pay-v2.md`; its sections are cited by number).
//!
//! [`key`] and [`place`] say who calls and where, [`sign`] signs.

pub mod key;
pub mod place;
pub mod sign;

#[cfg(test)]
mod testing;
