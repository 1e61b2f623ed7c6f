//! Held money that is about to be let go is held anew, where the shop wants that and the consent still lasts.

use super::desk::{Desk, DeskError, Granted};
use crate::domain::order::{Actor, Command, Order, Renewal};
use crate::ports::{Payments, Store};

/// What has become of it.
pub(super) enum Renewed {
    /// Nothing was due.
    Not,
    /// It will be done in time, as far as anybody can tell.
    Promised,
    Done(Box<Order>),
    /// The orders department has to know, because nothing was changed and time runs out.
    Failed(DeskError),
}

impl<S: Store, P: Payments> Desk<'_, S, P> {
    /// Sees to it that what is held now is held when the goods leave. A few days before it is done, the consent is looked at, so that the
    /// department has these days if it cannot be.
    ///
    /// # Errors
    /// [`DeskError`], once what was held may be given back: what is owed then is stored, and the next round goes on with it.
    pub(super) async fn renewed(&self, order: &Order) -> Result<Renewed, DeskError> {
        let soon = match order.renewal(self.now) {
            Renewal::No => return Ok(Renewed::Not),
            Renewal::Soon => true,
            Renewal::Now => false,
        };
        match self.consent_lasts(order).await {
            // There is time to ask again.
            Ok(()) | Err(DeskError::Unseen { .. }) if soon => return Ok(Renewed::Promised),
            Ok(()) => {}
            Err(error) => return Ok(Renewed::Failed(error)),
        }
        let granted = match self.decided(&order.id, &Command::HoldRest, Actor::Shop, None).await {
            Ok(Granted { order, anew: true }) => Granted { order, anew: true },
            // Somebody else is at it, or has taken the money meanwhile.
            Ok(Granted { order, anew: false }) => return Ok(Renewed::Done(Box::new(order))),
            Err(error) => return Ok(Renewed::Failed(error)),
        };
        self.settle(granted).await.map(|order| Renewed::Done(Box::new(order)))
    }
}
