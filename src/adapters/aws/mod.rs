//! Calls to the services of AWS that a function uses in a turn: their requests, answers and errors are the SDK's, the way there is ours.

mod access;
mod again;
mod connection;
mod line;
pub mod operation;
mod sign;
mod skew;

pub use access::{ATTEMPT_MAX, Access, BACKOFF_FIRST, CALL_MAX, NoRegion, Service, TRIES};
pub use connection::{Connections, open};
pub use line::Line;
