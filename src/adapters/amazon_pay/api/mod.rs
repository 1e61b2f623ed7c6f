//! Amazon Pay API v2, called from our server (`reference/amazon-pay-v2.md`; its sections are cited by number).
//!
//! [`key`] and [`place`] say who calls and where, [`sign`] signs, [`wire`] and [`buyers`] have what is asked and answered, [`operations`]
//! how often, [`errors`] what a refusal means and [`trouble`] what to do about it; [`client`] puts them together; [`payments`] and
//! [`charges`] are the ports over it, `checkouts` what both know of purchases that are finished on a page. [`button`] is for the merchant's web page, [`wallet`] for saved wallets.

pub mod button;
pub mod buyers;
pub mod charges;
mod checkouts;
pub mod client;
pub mod errors;
pub mod key;
pub mod operations;
pub mod payments;
pub mod place;
pub mod sign;
pub mod trouble;
pub mod wallet;
pub mod wire;

pub use crate::adapters::amazon_pay::call::Seen;

#[cfg(test)]
pub(super) mod testing;
