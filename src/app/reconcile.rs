//! One order, brought to what Amazon Pay says: what is owed is asked for under the same ids, and what is in doubt is looked at.

use super::desk::{Desk, DeskError, Granted, Saved};
use crate::domain::ids::{AmazonId, OrderId};
use crate::domain::order::{Actor, Command, Effect, Event, Note, Order, Outcome, Paid, Rail, Refund, Report, State, apply, decide};
use crate::domain::payment::Names;
use crate::ports::{Answered, Payments, PaymentsError, Store};

/// One look may lead to a call, whose answer leads to another: a charge that turns up on a cancelled order is refunded.
const STEPS_MAX: u8 = 4;

/// Who is there to go by what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// A person, who has seen how the order stood before.
    Person,
    Nobody,
}

impl<S: Store, P: Payments> Desk<'_, S, P> {
    /// Asks for everything that is owed and looks at everything that is in doubt. Nothing is sent under another id than before, and what
    /// a person has to see to is left to one.
    ///
    /// # Errors
    /// [`DeskError`]; what was learned before it is stored.
    pub async fn reconcile(&self, id: &OrderId) -> Result<Order, DeskError> {
        let order = self.load(id).await?;
        self.brought_up(order, Asks::Nobody).await
    }

    /// The same for an order that a person names, who knows what it needs attention for: Amazon's word now may settle that. What comes to
    /// need attention in the course of it is for the person to see first.
    ///
    /// # Errors
    /// [`DeskError`]; what was learned before it is stored.
    pub async fn reconcile_named(&self, id: &OrderId) -> Result<Order, DeskError> {
        let order = self.load(id).await?;
        self.brought_up(order, Asks::Person).await
    }

    pub(super) async fn brought_up(&self, mut order: Order, mut who: Asks) -> Result<Order, DeskError> {
        for _ in 0..STEPS_MAX {
            let (before, needed) = (order.version().cloned(), needs_attention(&order.state));
            order = if owes_a_call(&order.state) {
                self.settle(Granted { order, anew: false }).await?
            } else {
                self.looked(order, who).await?
            };
            if order.version().cloned() == before || (needs_attention(&order.state) && !needed) {
                break;
            }
            who = Asks::Nobody;
        }
        Ok(order)
    }

    /// The same for a charge that a person has found at Amazon under a name that was never told here.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::OtherCharge`] when it cannot be the order's.
    pub async fn reconcile_with(&self, id: &OrderId, authorization: &AmazonId) -> Result<Order, DeskError> {
        let order = self.load(id).await?;
        let other = || DeskError::OtherCharge(authorization.clone());
        let known = order.state.names().cloned().unwrap_or_default();
        if known.authorization.as_ref().is_some_and(|known| known != authorization) {
            return Err(other());
        }
        let names = Names { authorization: Some(authorization.clone()), ..Names::default() }.or(&known);
        let seen = self.payments.look(&order, &names).await;
        let Answered { report, request } = seen.map_err(|source| DeskError::Unseen { order: Box::new(order.clone()), source })?;
        let asked = order.state.attempt().map(|attempt| attempt.amount);
        let plausible = match &report {
            // A part of it may have been captured.
            Some(Report::Charge { outcome: Outcome::Captured { amount: Some(amount), .. }, .. }) => {
                asked.is_some_and(|asked| asked.currency() == amount.currency() && amount.minor() <= asked.minor())
            }
            Some(Report::Charge { outcome: Outcome::Authorized { amount, .. }, .. }) => *amount == asked,
            Some(_) | None => true,
        };
        match report.filter(|_| plausible) {
            Some(report) => {
                let order = self.go_by(order, &report, request, Asks::Person).await?;
                self.brought_up(order, Asks::Nobody).await
            }
            None => Err(other()),
        }
    }

    /// Nobody asks for a refund once more that the bank may make itself. Whether it was done before is told by what has gone back.
    async fn disputed(&self, order: Order, paid: &Paid, open: &Refund) -> Result<Order, DeskError> {
        let back = self.payments.refunded(&order.id, paid).await;
        let back = back.map_err(|source| DeskError::Unseen { order: Box::new(order.clone()), source })?;
        let (Some(back), Ok(with_it)) = (back, paid.refunded().plus(open.amount)) else { return Ok(order) };
        if back.minor() < with_it.minor() {
            return Ok(order);
        }
        self.learn(order, &Report::RefundDone { number: open.number }, Event::LookedUp, None).await
    }

    /// Looks at the charge, and goes by what is found.
    async fn looked(&self, order: Order, who: Asks) -> Result<Order, DeskError> {
        if let State::Disputed(paid) = &order.state
            && let Some(open) = paid.open_refund()
        {
            let (paid, open) = (paid.clone(), open.clone());
            return self.disputed(order, &paid, &open).await;
        }
        if order.state.attempt().is_none() || is_known(&order.state) {
            return Ok(order);
        }
        let names = order.state.names().cloned().unwrap_or_default();
        // What is pending is not owed: Amazon has answered, and asking again would tell nothing.
        let unheard = names.authorization.is_none() && matches!(order.state.owed(), Some(Effect::Charge(_)));
        if order.rail == Rail::SavedWallet && unheard {
            return self.asked_again(order).await;
        }
        match self.payments.look(&order, &names).await {
            Ok(Answered { report: Some(report), request }) => self.go_by(order, &report, request, who).await,
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

    /// The charge of a saved wallet whose answer nobody has heard. Nothing finds it without Amazon's name for it; but asked for once more
    /// under its id, Amazon tells what has become of it, or does what the buyer has agreed to. After a day it does not any more.
    async fn asked_again(&self, order: Order) -> Result<Order, DeskError> {
        if order.state.due(order.changed()).is_some_and(|due| due > self.now) {
            // The turn may be at work.
            return Ok(order);
        }
        let order = self.doubted(order).await?;
        let Some(Effect::Charge(attempt)) = order.state.owed() else { return Ok(order) };
        let answer = self.payments.charge_again(&order, &attempt).await;
        if let Ok(Answered { report: Some(report), request }) = answer {
            // No buyer is there to hear it.
            return self.learn(order, &report, Event::LookedUp, request).await;
        }
        let order = self.noted(order, &answer, Event::Accepted).await;
        answer.map(|_| order.clone()).map_err(|source| DeskError::Unseen { order: Box::new(order), source })
    }

    /// Takes in what was found. Where it is no news, but a person was waited for, and is here now, the person goes by it.
    async fn go_by(&self, order: Order, report: &Report, request: Option<Note>, who: Asks) -> Result<Order, DeskError> {
        let before = order.version().cloned();
        let order = self.learn(order, report, Event::LookedUp, request.clone()).await?;
        match (who, report) {
            (Asks::Person, Report::Charge { outcome: found, .. }) if order.version().cloned() == before => {
                self.resolved(order, found, request).await
            }
            (Asks::Person | Asks::Nobody, _) => Ok(order),
        }
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

/// Whether Amazon has said the last word about the charge.
fn is_known(state: &State) -> bool {
    if let State::InParts(parts) = state { parts.is_at_rest() } else { matches!(state, State::Paid(_) | State::Disputed(_)) }
}

const fn needs_attention(state: &State) -> bool {
    matches!(state, State::NeedsAttention { .. })
}

/// Whether a server can carry out what is owed.
fn owes_a_call(state: &State) -> bool {
    if state.awaits_new_hold() {
        return true;
    }
    match state.owed() {
        Some(Effect::HoldRest(_) | Effect::Capture(_) | Effect::Void(_) | Effect::Refund { .. } | Effect::Track(_)) => true,
        Some(Effect::Setup | Effect::Charge(_)) | None => false,
    }
}
