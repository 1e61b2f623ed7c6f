//! A round over the orders whose money has not come to rest, the longest due first.
//!
//! Each is looked at and put off, so that a round that ends early is gone on with by the next one, and what cannot be settled does not keep
//! others from being looked at.

use super::desk::{Desk, DeskError, Saved};
use super::reconcile::Asks;
use super::renew::Renewed;
use crate::domain::order::{Actor, Effect, Note, Order, Paid, State, Warning};
use crate::domain::shop::{Shop, World};
use crate::domain::time::Time;
use crate::ports::{Payments, Queue, Store, StoreError};
use crate::telemetry::chain;

/// How many orders are held in memory at a time.
const PAGE: usize = 100;

/// Which orders a round is over, and what it does for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub world: World,
    /// Whether held money is held anew before it is let go.
    pub reauthorize: bool,
}

impl From<&Shop> for Scope {
    fn from(shop: &Shop) -> Self {
        Self { world: shop.world, reauthorize: shop.reauthorize }
    }
}

/// What a round has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub looked: u64,
    pub changed: u64,
    /// Those whose money is still not at rest.
    pub open: u64,
    /// Those that Amazon Pay did not answer about, or that could not be stored.
    pub failed: u64,
    /// Seconds since the money of the longest silent one of them last moved.
    pub oldest_seconds: i64,
    /// What they come to, in the smallest unit of the shop's currency.
    pub unreconciled_minor: i64,
    /// Warnings that were given for the first time.
    pub warned: u64,
    /// Whether time has run out before the last of them.
    pub left: bool,
}

impl<S: Store + Queue, P: Payments> Desk<'_, S, P> {
    /// Looks at what is due, as long as `more` says that there is time.
    ///
    /// # Errors
    /// [`StoreError`] when the queue cannot be read; what was settled before is stored.
    pub async fn round(&self, scope: Scope, more: impl Fn() -> bool) -> Result<Round, StoreError> {
        let mut round = Round::default();
        loop {
            let due = self.store.due(self.now, PAGE).await?;
            for next in &due {
                if !more() {
                    return Ok(Round { left: true, ..round });
                }
                // What the index says may be old.
                if let Some(order) = self.store.order(&next.order).await? {
                    self.take_up(order, scope, &mut round).await?;
                }
            }
            if due.len() < PAGE {
                return Ok(round);
            }
        }
    }

    async fn take_up(&self, order: Order, scope: Scope, round: &mut Round) -> Result<(), StoreError> {
        if order.world != scope.world {
            return self.store.put_off(&order, self.now.plus(Time::DAY)).await;
        }
        round.looked += 1;
        let before = order.clone();
        let (after, hold) = match self.brought_up(order, Asks::Nobody).await {
            Ok(after) if scope.reauthorize => self.renewed_in(after, round).await,
            Ok(after) => (after, Hold::Ends(None)),
            Err(error) => (unsettled(&before, error, round), Hold::Ends(None)),
        };
        round.changed += u64::from(after.version() != before.version());
        let Some(next) = next_look(&after, self.now) else { return Ok(()) };
        // Money at rest, of which Amazon only has to hear that the goods have left.
        let only_ships = matches!(after.state.owed(), Some(Effect::Track(_))) && at_stake(&after.state) == 0;
        if !matches!(after.state, State::Authorized(_)) && !only_ships {
            round.open += 1;
            round.oldest_seconds = round.oldest_seconds.max(self.now.since(after.moved().unwrap_or(after.changed())));
            round.unreconciled_minor = round.unreconciled_minor.saturating_add(at_stake(&after.state));
        }
        let after = self.warned(after, hold, round).await?;
        if matches!(after.state, State::NeedsAttention { .. }) {
            tracing::error!(order = after.id.as_str(), "an order needs a person: `voicetill orders list --stuck` says what to do");
        }
        self.store.put_off(&after, next).await
    }

    async fn renewed_in(&self, order: Order, round: &mut Round) -> (Order, Hold) {
        match self.renewed(&order).await {
            Ok(Renewed::Not) => (order, Hold::Ends(None)),
            Ok(Renewed::Promised) => (order, Hold::IsRenewed),
            Ok(Renewed::Done(after)) => (*after, Hold::IsRenewed),
            Ok(Renewed::Failed(error)) => {
                tracing::error!(order = order.id.as_str(), error = chain(&error), "held money cannot be held anew");
                let why = if let DeskError::ConsentEnded { why, .. } = &error { Note::parse(why).ok() } else { None };
                (order, Hold::Ends(why))
            }
            Err(error) => (unsettled(&order, error, round), Hold::Ends(None)),
        }
    }

    /// Stores the warning that is due, which the orders department is then told of. An order that was changed meanwhile is warned of by
    /// the next round.
    async fn warned(&self, order: Order, hold: Hold, round: &mut Round) -> Result<Order, StoreError> {
        let (seen_to, why) = match hold {
            Hold::Ends(why) => (None, why),
            Hold::IsRenewed => (Some(Warning::HoldEnds), None),
        };
        let Some(warning) = order.warning(self.now, seen_to) else { return Ok(order) };
        let why = why.filter(|_| warning == Warning::HoldEnds);
        let id = order.id.as_str();
        let what = match warning {
            Warning::HoldEnds => "held money will be let go: ship the order or cancel it",
            Warning::HeldAWeek => "money has been held for a week: from now on a capture may fail",
            Warning::ConsentEnds => "the consent that pays for an order ends soon, and its money has not come to rest",
            Warning::Stuck => "Amazon Pay has not answered for a day: `voicetill orders list --stuck` says what to do",
        };
        if warning == Warning::HeldAWeek {
            tracing::warn!(order = id, "{what}");
        } else {
            tracing::error!(order = id, "{what}");
        }
        match self.save(&order, order.state.clone(), Actor::Shop, warning.event(), why).await? {
            Saved::Done(order) => {
                round.warned += 1;
                Ok(order)
            }
            Saved::Overtaken(order) => Ok(order),
        }
    }
}

/// What becomes of held money when its time is up.
enum Hold {
    /// It is let go; maybe because it cannot be renewed, for this reason of Amazon's.
    Ends(Option<Note>),
    IsRenewed,
}

/// The order as it is after something about it has failed.
fn unsettled(before: &Order, error: DeskError, round: &mut Round) -> Order {
    round.failed += 1;
    tracing::warn!(order = before.id.as_str(), error = chain(&error), "an order is not settled");
    // A change that was made on the way has put it off, too.
    if let DeskError::Owed { order, .. } | DeskError::Unseen { order, .. } = error { *order } else { before.clone() }
}

/// How much money is neither here nor there: of a charge all of it, of a refund what is to go back.
fn at_stake(state: &State) -> i64 {
    let open = |paid: &Paid| paid.open_refund().map_or(0, |refund| refund.amount.minor());
    match state {
        State::Charging { attempt, .. } => attempt.amount.minor(),
        State::Capturing(capture) => capture.amount.minor(),
        State::Voiding(hold) => hold.attempt.amount.minor(),
        State::Paid(paid) | State::Disputed(paid) => open(paid),
        State::InParts(parts) => parts.taken.iter().map(open).sum::<i64>().saturating_add(at_stake(&parts.rest)),
        State::NeedsAttention { was, .. } => was.attempt().map_or(0, |attempt| attempt.amount.minor()),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Declined { .. }
        | State::Authorized(_)
        | State::Cancelled { .. }
        | State::Expired(_) => 0,
    }
}

/// When to look again at an order that is as it was; `None` when its money is at rest. The longer it has been silent, the longer it may stay
/// so, up to the hour that Amazon advises (`reference/amazon-pay-v2.md`, section 12).
fn next_look(order: &Order, now: Time) -> Option<Time> {
    let usual = order.state.due(now)?;
    let pause = if matches!(order.state, State::Authorized(_)) {
        Time::DAY
    } else {
        (now.since(order.changed()) / 4).clamp(10 * Time::MINUTE, Time::HOUR)
    };
    Some(usual.max(now.plus(pause)))
}
