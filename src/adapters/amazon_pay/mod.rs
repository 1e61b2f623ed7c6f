//! Amazon Pay's formats on the directive rail (`reference/alexa-amazon-pay.md`), and its services for a server: `api`,
//! the older `mws`, and `lwa` for a buyer's profile. Decides nothing.
//!
//! Out: [`send`] makes [`directives`] from an order that has been stored, under the merchant's [`settings`]. In: [`answers`], with [`errors`].

#[cfg(feature = "pay")]
#[macro_use]
mod names;

pub mod answers;
#[cfg(feature = "pay")]
pub mod api;
mod authorization;
#[cfg(feature = "pay")]
pub mod call;
pub mod directives;
pub mod errors;
mod limits;
#[cfg(feature = "pay")]
pub mod lwa;
#[cfg(feature = "pay")]
pub mod mws;
#[cfg(feature = "notice")]
pub mod notice;
#[cfg(feature = "pay")]
pub mod person;
pub mod send;
pub mod settings;
