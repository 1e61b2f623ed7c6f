//! Notifications: who has sent them, what they say, and what becomes of orders.

mod forged;
pub mod heard;
mod many;
mod mint;
mod offline;
mod post;
mod renewals;
mod rounds;
mod storm;
mod vectors;
