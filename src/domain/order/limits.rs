//! What time brings to an order whose money has not come to rest (`reference/order-management.md`, rules 11 and 14), and who has been warned
//! of it already. A warning is an entry of the history, so that it is stored before it is told, and given once.

use super::{Event, Order, State};
use crate::domain::time::Time;

/// Captures of authorizations older than this are asynchronous and may fail (`reference/order-management.md`, rule 11).
pub(super) const CAPTURE_WARNING_DAYS: i64 = 7;

/// How long Amazon holds money.
pub const HOLD_DAYS: i64 = 30;

/// From here on it is pressing.
const HOLD_ENDING_DAYS: i64 = 25;

/// How long consent to a single purchase lasts.
const CONSENT_DAYS: i64 = 180;

/// A week is left.
const CONSENT_ENDING_DAYS: i64 = CONSENT_DAYS - 7;

/// An answer that has not come by then will need a person.
const STUCK_SECONDS: i64 = Time::DAY;

/// Something that a person should do before time runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Warning {
    /// A capture is not certain any more.
    HeldAWeek,
    /// The held money will be let go.
    HoldEnds,
    /// What has not moved by then never will.
    ConsentEnds,
    /// What Amazon Pay was asked for is unanswered.
    Stuck,
}

impl Warning {
    pub const ALL: [Self; 4] = [Self::HeldAWeek, Self::HoldEnds, Self::ConsentEnds, Self::Stuck];

    /// The entry that says that it was given.
    #[must_use]
    pub const fn event(self) -> Event {
        match self {
            Self::HeldAWeek => Event::HeldAWeek,
            Self::HoldEnds => Event::HoldEnds,
            Self::ConsentEnds => Event::ConsentEnds,
            Self::Stuck => Event::Stuck,
        }
    }

    /// The warning that an entry is.
    #[must_use]
    pub fn of(event: Event) -> Option<Self> {
        Self::ALL.into_iter().find(|warning| warning.event() == event)
    }
}

impl Order {
    /// What somebody has to be warned of now, and was not: the most pressing first.
    #[must_use]
    pub fn warning(&self, now: Time) -> Option<Warning> {
        let days = |since: Time| now.since(since) / Time::DAY;
        let held = held_since(&self.state);
        let due = |warning: Warning| match warning {
            Warning::HoldEnds => held.filter(|since| days(*since) >= HOLD_ENDING_DAYS),
            // Whoever hears that it ends need not hear that it has become old.
            Warning::HeldAWeek => held.filter(|since| (CAPTURE_WARNING_DAYS..HOLD_ENDING_DAYS).contains(&days(*since))),
            Warning::ConsentEnds => self.agreed().filter(|agreed| self.state.due(now).is_some() && days(*agreed) >= CONSENT_ENDING_DAYS),
            Warning::Stuck => self.asked_since().filter(|since| now.since(*since) >= STUCK_SECONDS),
        };
        let given = |warning: Warning, since: Time| self.history.iter().any(|entry| entry.what == warning.event() && entry.at >= since);
        let pressing = [Warning::HoldEnds, Warning::ConsentEnds, Warning::Stuck, Warning::HeldAWeek];
        pressing.into_iter().find(|warning| due(*warning).is_some_and(|since| !given(*warning, since)))
    }

    /// When the buyer said yes.
    fn agreed(&self) -> Option<Time> {
        self.history.iter().find(|entry| entry.what == Event::SaidYes).map(|entry| entry.at)
    }

    /// Since when an answer is missing to what a person has asked for. That of a charge is watched by [`apply`](super::apply).
    fn asked_since(&self) -> Option<Time> {
        let waits = match &self.state {
            State::Capturing(_) | State::Voiding(_) => true,
            State::InParts(parts) => {
                matches!(*parts.rest, State::Capturing(_) | State::Voiding(_))
                    || parts.payments().iter().any(|paid| paid.open_refund().is_some())
            }
            State::Paid(paid) | State::Disputed(paid) => paid.open_refund().is_some(),
            State::Draft
            | State::SettingUp
            | State::Ready
            | State::Charging { .. }
            | State::Declined { .. }
            | State::Authorized(_)
            | State::Cancelled { .. }
            | State::Expired(_)
            | State::NeedsAttention { .. } => false,
        };
        if waits { self.moved() } else { None }
    }

    /// When its money was last decided about: what only notes how a call went, or that somebody was warned, is no step on its way.
    #[must_use]
    pub fn moved(&self) -> Option<Time> {
        self.history.iter().rev().find(|entry| is_step(entry.what)).map(|entry| entry.at)
    }
}

fn held_since(state: &State) -> Option<Time> {
    match state {
        State::Authorized(hold) => Some(hold.since),
        State::InParts(parts) => held_since(&parts.rest),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Paid(_)
        | State::Disputed(_)
        | State::Cancelled { .. }
        | State::Expired(_)
        | State::NeedsAttention { .. } => None,
    }
}

const fn is_step(event: Event) -> bool {
    match event {
        Event::CheckedOut
        | Event::SetupAnswered
        | Event::SetupFailed
        | Event::SaidYes
        | Event::ChargeAnswered
        | Event::DirectiveLost
        | Event::AskedToCancel
        | Event::AskedToCapture
        | Event::AskedToRefund
        | Event::AskedToHoldRest
        | Event::RefundAnswered
        | Event::Disputed
        | Event::TimePassed
        | Event::LookedUp
        | Event::PutAside
        | Event::Notified => true,
        Event::Shipped
        | Event::Accepted
        | Event::NotAnswered
        | Event::AskedToClose
        | Event::CloseAnswered
        | Event::HeldAWeek
        | Event::HoldEnds
        | Event::ConsentEnds
        | Event::Stuck => false,
    }
}
