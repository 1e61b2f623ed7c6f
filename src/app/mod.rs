//! The shell around the domain: it sequences what is read, decided, stored and said, and decides nothing itself.

mod apology;
mod desk;
mod reconcile;
mod turn;

pub use apology::apology;
pub use desk::{Desk, DeskError};
pub use turn::{Request, Till, TurnError};
