//! What the shop knows and decides. Pure: no I/O, no clock, no randomness; time and identifiers come in with the request.

pub mod cart;
pub mod catalog;
pub mod dialog;
pub mod ids;
pub mod link;
pub mod message;
pub mod money;
pub mod notice;
pub mod order;
pub mod payment;
pub mod place;
pub mod quote;
pub mod shop;
pub mod time;
pub mod wallet;
