//! Notifications: who has sent them, what they say, and what becomes of orders.

mod forged;
mod heard;
mod mint;
mod offline;
mod rounds;
mod storm;
mod vectors;
