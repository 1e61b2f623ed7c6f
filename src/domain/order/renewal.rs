//! A hold that would end before the goods leave, renewed: it is given back, and the same is held anew by an attempt of its own, which a server
//! asks for. Until that is known to be held, this is a payment in parts of which nothing is taken.
//!
//! The old hold goes first. Were the new one made before, a crash or a lost answer would leave two that can both be taken, and more of the
//! buyer's money tied up than the buyer said yes to; as it is, one attempt at most is ever open. The price is that a new hold which is
//! declined leaves none, so the last days of the old one are lost. Therefore it is done as late as is safe, and only while Amazon says that
//! the consent can be charged: see [`Order::renewal`](super::Order::renewal).

use super::apply::apply;
use super::decide::Refused;
use super::parts::Parts;
use super::{Attempt, Hold, Outcome, Report, Standing, State};
use crate::domain::payment::{ATTEMPTS_MAX, CaptureMode, Timing};
use crate::domain::time::Time;

/// The hold is to be given back, for a new one.
///
/// # Errors
/// [`Refused`] when there can be no new one.
pub(super) fn begin(hold: &Hold) -> Result<State, Refused> {
    // The next capture needs an id that no earlier one had, and it is the hold that knows of those.
    if hold.refused > 0 {
        return Err(Refused::CaptureWasRefused);
    }
    if hold.attempt.number >= ATTEMPTS_MAX {
        return Err(Refused::TooMany);
    }
    Ok(under_way(State::Voiding(hold.clone())))
}

/// The same sum once more, after the hold is known to be gone.
pub(super) fn held_anew(gone: &Hold) -> State {
    let attempt = Attempt::after(Some(&gone.attempt), gone.attempt.amount, CaptureMode::OnShip, Timing::Synchronous);
    under_way(State::Charging { attempt, standing: Standing::Sent, cancel: false })
}

/// Nothing is to be held any more. What may be held already has to be known first.
pub(super) fn cancel(rest: &State) -> Result<State, Refused> {
    match rest {
        State::Voiding(hold) => Ok(State::Voiding(hold.clone())),
        State::Expired(hold) => Ok(State::Cancelled { last: Some(hold.attempt.clone()) }),
        State::Charging { .. }
        | State::Draft
        | State::SettingUp
        | State::Ready
        | State::Declined { .. }
        | State::Authorized(_)
        | State::Capturing(_)
        | State::Paid(_)
        | State::InParts(_)
        | State::Disputed(_)
        | State::Cancelled { .. }
        | State::NeedsAttention { .. } => Err(Refused::ChargeOpen),
    }
}

/// News of the hold that is replaced; `None` where it is of the new one, or of none. The goods are still wanted: money that turns out to be
/// taken is kept.
pub(super) fn hear(rest: &State, report: &Report, now: Time) -> Option<State> {
    // A directive has brought the old one, and is never about the new.
    if let (State::Charging { attempt, .. }, Report::Charge { attempt: None, outcome: outcome @ Outcome::Captured { .. } }) = (rest, report)
    {
        let old = Report::Charge { attempt: Some(attempt.number.saturating_sub(1)), outcome: outcome.clone() };
        return Some(apply(&under_way(rest.clone()), &old, now));
    }
    let (State::Voiding(hold) | State::Expired(hold)) = rest else { return None };
    let after = apply(&State::Authorized(hold.clone()), report, now);
    if let (State::Authorized(named), State::Voiding(_)) = (&after, rest) {
        return Some(under_way(State::Voiding(named.clone())));
    }
    if let State::Authorized(gone) | State::Expired(gone) = after {
        return Some(under_way(State::Expired(gone)));
    }
    Some(if matches!(after, State::Cancelled { .. }) { under_way(State::Expired(hold.clone())) } else { after })
}

fn under_way(rest: State) -> State {
    State::InParts(Parts { taken: Vec::new(), rest: Box::new(rest) })
}

impl Parts {
    /// Whether nothing is taken, and a hold is being replaced by a new one.
    #[must_use]
    pub fn is_renewal(&self) -> bool {
        self.taken.is_empty()
    }
}

impl State {
    /// Whether what was held is given back, and the attempt to hold it anew has not begun.
    #[must_use]
    pub fn awaits_new_hold(&self) -> bool {
        matches!(self, Self::InParts(parts) if parts.is_renewal() && matches!(*parts.rest, Self::Expired(_)))
    }
}
