//! The shell around the domain: it sequences what is read, decided, stored and said, and decides nothing itself.

mod apology;
mod desk;
pub mod finish;
pub mod link;
mod notice;
mod reconcile;
mod renew;
mod round;
mod tell;
mod topics;
mod turn;

pub use apology::apology;
pub use desk::{Desk, DeskError};
pub use finish::Finished;
pub use notice::{Heard, NotOurs, Unheard};
pub use round::{Round, Scope};
pub use tell::{Done, Teller, Telling, Untold};
pub use topics::{Asked, HELD_MAX, standing, subscription};
pub use turn::{Request, Till, TurnError};
