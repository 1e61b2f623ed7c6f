//! One order, brought to what Amazon Pay says: what is owed is asked for under the same ids, and what is in doubt is looked at.

use super::desk::{Desk, DeskError, Saved};
use crate::domain::ids::OrderId;
use crate::domain::order::{Actor, Command, Effect, Event, Note, Order, Outcome, Report, State, apply, decide};
use crate::ports::{Answered, Payments, PaymentsError, Store};

/// One look may lead to a call, whose answer leads to another: a charge that turns up on a cancelled order is refunded.
const STEPS_MAX: u8 = 4;

impl<S: Store, P: Payments> Desk<'_, S, P> {
    /// Asks for everything that is owed and looks at everything that is in doubt. Nothing is sent under another id than before.
    ///
    /// # Errors
    /// [`DeskError`]; what was learned before it is stored.
    pub async fn reconcile(&self, id: &OrderId) -> Result<Order, DeskError> {
        let mut order = self.load(id).await?;
        for _ in 0..STEPS_MAX {
            let before = order.version().cloned();
            order = if owes_a_call(&order.state) { self.settle(order).await? } else { self.looked(order).await? };
            if order.version().cloned() == before {
                break;
            }
        }
        Ok(order)
    }

    /// Looks at the charge, and goes by what is found.
    async fn looked(&self, order: Order) -> Result<Order, DeskError> {
        if order.state.attempt().is_none() || matches!(order.state, State::Paid(_) | State::Disputed(_)) {
            return Ok(order);
        }
        match self.payments.look(&order).await {
            Ok(Answered { report: Some(report), request }) => self.go_by(order, &report, request).await,
            Ok(Answered { report: None, .. }) => self.silent(order).await,
            // A server cannot ask for it, so time has to tell; where nothing is outstanding, there is nothing to ask.
            Err(PaymentsError::Nameless(attempt)) => {
                let outstanding = order.state.due(self.now).is_some();
                let order = self.silent(order).await?;
                if outstanding {
                    Err(DeskError::Unseen { order: Box::new(order), source: PaymentsError::Nameless(attempt) })
                } else {
                    Ok(order)
                }
            }
            Err(source) => Err(DeskError::Unseen { order: Box::new(order), source }),
        }
    }

    /// Takes in what was found. Where it is no news, but a person was waited for, the person is here now and goes by it.
    async fn go_by(&self, order: Order, report: &Report, request: Option<Note>) -> Result<Order, DeskError> {
        let before = order.version().cloned();
        let order = self.learn(order, report, Event::LookedUp, request.clone()).await?;
        let (true, Report::Charge { outcome: found, .. }) = (order.version().cloned() == before, report) else { return Ok(order) };
        self.resolved(order, found, request).await
    }

    async fn resolved(&self, order: Order, found: &Outcome, request: Option<Note>) -> Result<Order, DeskError> {
        let Ok(state) = decide(&order.state, &Command::Resolve { found: found.clone() }) else { return Ok(order) };
        match self.save(&order, state, Actor::Merchant, Event::LookedUp, request).await.map_err(DeskError::Unstored)? {
            Saved::Done(order) | Saved::Overtaken(order) => Ok(order),
        }
    }

    /// Nothing is there. After a while that is worth noting, and after a day a person has to look; before, the charge may be on its way.
    async fn silent(&self, order: Order) -> Result<Order, DeskError> {
        let late = order.state.due(order.changed()).is_some_and(|due| due <= self.now);
        let state = apply(&order.state, &Report::Silence { since: order.changed() }, self.now);
        if !late || state == order.state {
            return Ok(order);
        }
        match self.save(&order, state, Actor::Shop, Event::TimePassed, None).await.map_err(DeskError::Store)? {
            Saved::Done(order) | Saved::Overtaken(order) => Ok(order),
        }
    }
}

/// Whether a server can carry out what is owed.
fn owes_a_call(state: &State) -> bool {
    match state.owed() {
        Some(Effect::Capture(_) | Effect::Void(_) | Effect::Refund { .. }) => true,
        Some(Effect::Setup | Effect::Charge(_)) | None => false,
    }
}
