//! The older API of Amazon Pay (MWS, `OffAmazonPayments` 2013-01-01), called from our server (`reference/amazon-pay-mws.md`; its sections are
//! cited by number).
//!
//! It holds the agreements and orders that merchants made before API v2, which is what new ones use; whether Amazon still answers here, no
//! page says. [`key`] and [`place`] say who calls and where, [`sign`] signs, [`requests`] and [`orders`] have what is asked on a
//! [`sheet`] of parameters, [`answers`] what is answered in [`xml`], [`action`] how often, [`errors`] what a refusal means and [`trouble`] what to do
//! about it; [`client`] puts them together, and [`payments`] is the application's port over it.

pub mod action;
pub mod answers;
pub mod client;
pub mod errors;
pub mod key;
pub mod orders;
pub mod payments;
pub mod place;
pub mod requests;
pub mod sheet;
pub mod sign;
pub mod trouble;
pub mod xml;
