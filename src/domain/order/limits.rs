//! What time brings to an order whose money has not come to rest (`reference/order-management.md`, rules 11 and 14), and who has been warned
//! of it already. A warning is an entry of the history, so that it is stored before it is told, and given once.

use super::{Event, Order, State};
use crate::domain::time::Time;

/// Captures of authorizations older than this are asynchronous and may fail (`reference/order-management.md`, rule 11).
pub(super) const CAPTURE_WARNING_DAYS: i64 = 7;

/// Amazon lets held money go after thirty days; from here on it is pressing.
const HOLD_ENDING_DAYS: i64 = 25;

/// So old is held money that is renewed: not sooner, because the rest of its time is lost if the new hold is declined, and not later, because
/// Amazon may be out of reach for a day.
const RENEWAL_DAYS: i64 = 28;

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

/// Whether held money is to be held anew, where the shop wants that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Nothing is held, or it has time; or it may not be renewed any more.
    No,
    /// It will be, so it is time to see whether it can.
    Soon,
    Now,
}

impl Order {
    /// Whether what is held nears its end. It may be renewed as long as consent to a single purchase lasts, counted from the buyer's yes:
    /// nobody's money is held for ever.
    #[must_use]
    pub fn renewal(&self, now: Time) -> Renewal {
        let State::Authorized(hold) = &self.state else { return Renewal::No };
        let days = |since: Time| now.since(since) / Time::DAY;
        if self.agreement.is_none() || self.agreed().is_none_or(|agreed| days(agreed) >= CONSENT_DAYS) {
            return Renewal::No;
        }
        // The shop may have learned of it long after it was made.
        let made = self.attempted().map_or(hold.since, |attempted| attempted.min(hold.since));
        match days(made) {
            RENEWAL_DAYS.. => Renewal::Now,
            HOLD_ENDING_DAYS.. => Renewal::Soon,
            _ => Renewal::No,
        }
    }

    /// What somebody has to be warned of now, and was not: the most pressing first, `except` what is seen to already.
    #[must_use]
    pub fn warning(&self, now: Time, except: Option<Warning>) -> Option<Warning> {
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
        let mut pressing = pressing.into_iter().filter(|warning| Some(*warning) != except);
        pressing.find(|warning| due(*warning).is_some_and(|since| !given(*warning, since)))
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
        | Event::AskedToRenew
        | Event::RefundAnswered
        | Event::Disputed
        | Event::TimePassed
        | Event::LookedUp
        | Event::PutAside
        | Event::Notified => true,
        Event::Shipped
        | Event::Accepted
        | Event::ParcelRefused
        | Event::NotAnswered
        | Event::AskedToClose
        | Event::CloseAnswered
        | Event::HeldAWeek
        | Event::HoldEnds
        | Event::ConsentEnds
        | Event::Stuck => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, authorized, captured, charge_as, dollars, hears};
    use super::super::{Actor, Command, Entry, Goods, Rail, Report, apply, decide};
    use super::*;
    use crate::domain::cart::Cart;
    use crate::domain::ids::{BuyerId, Locale, OrderId, OrderPrefix, WriteId};
    use crate::domain::payment::{CaptureMode, Timing};
    use crate::domain::shop::World;

    fn entry(days: i64, what: Event) -> Entry {
        Entry { at: NOW.plus(days * Time::DAY), who: Actor::Shop, what, to: "Ready", write: WriteId::of_bits(1), note: None }
    }

    fn order(state: State, history: Vec<Entry>) -> Order {
        let buyer = BuyerId::parse("0123456789ABCDEF").unwrap();
        Order {
            id: OrderId::begin(&OrderPrefix::parse("").unwrap(), &buyer, NOW, &WriteId::of_bits(1)),
            rail: Rail::SavedWallet,
            world: World::Simulated,
            locale: Locale::parse("en-US").unwrap(),
            goods: Goods::Cart(Cart::default()),
            agreement: None,
            address: None,
            state,
            history,
        }
    }

    fn held() -> State {
        hears(&decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap(), authorized())
    }

    fn day(days: i64) -> Time {
        NOW.plus(days * Time::DAY)
    }

    #[test]
    fn held_money_is_warned_of_after_a_week_and_before_it_is_let_go_and_once_each() {
        let mut order = order(held(), vec![entry(0, Event::SaidYes), entry(0, Event::ChargeAnswered)]);
        assert_eq!(order.warning(day(7).plus(-1), None), None);
        assert_eq!(order.warning(day(7), None), Some(Warning::HeldAWeek));
        order.history.push(entry(7, Event::HeldAWeek));
        assert_eq!(order.warning(day(24), None), None);
        assert_eq!(order.warning(day(25), None), Some(Warning::HoldEnds));
        order.history.push(entry(25, Event::HoldEnds));
        assert_eq!(order.warning(day(29), None), None);
    }

    #[test]
    fn a_hold_that_is_old_when_it_is_first_looked_at_is_warned_of_as_ending_alone() {
        let order = order(held(), vec![entry(0, Event::SaidYes), entry(26, Event::HoldEnds)]);
        assert_eq!(order.warning(day(27), None), None);
    }

    #[test]
    fn a_new_hold_is_warned_of_anew() {
        let part = decide(&held(), &Command::Capture { amount: Some(dollars(1_000)) }).unwrap();
        let State::InParts(mut parts) = decide(&hears(&part, captured_part()), &Command::HoldRest).unwrap() else { panic!() };
        let rest = super::super::Outcome::Authorized { amount: None, names: super::super::tests::names("A2") };
        let rest = Report::Charge { attempt: Some(2), outcome: rest };
        *parts.rest = apply(&parts.rest, &rest, day(10));
        let order = order(State::InParts(parts), vec![entry(0, Event::SaidYes), entry(7, Event::HeldAWeek)]);
        assert_eq!(order.warning(day(16), None), None);
        assert_eq!(order.warning(day(17), None), Some(Warning::HeldAWeek));
    }

    fn captured_part() -> super::super::Outcome {
        super::super::Outcome::Captured { amount: Some(dollars(1_000)), names: super::super::tests::names("A1") }
    }

    #[test]
    fn what_has_had_no_answer_for_a_day_is_stuck_and_a_note_of_that_is_no_answer() {
        let paid = hears(&decide(&State::Ready, &charge_as(CaptureMode::Immediate, Timing::Synchronous)).unwrap(), captured());
        let refunding = decide(&paid, &Command::Refund { amount: dollars(1_000) }).unwrap();
        let capturing = decide(&held(), &Command::Capture { amount: None }).unwrap();
        let voiding = decide(&held(), &Command::Cancel).unwrap();
        for (state, asked) in [(refunding, Event::AskedToRefund), (capturing, Event::AskedToCapture), (voiding, Event::AskedToCancel)] {
            let mut order = order(state, vec![entry(0, Event::SaidYes), entry(3, asked)]);
            order.history.push(Entry { at: day(3).plus(Time::HOUR), ..entry(3, Event::NotAnswered) });
            assert_eq!(order.warning(day(4).plus(-1), None), None, "{asked:?}");
            assert_eq!(order.warning(day(4), None), Some(Warning::Stuck), "{asked:?}");
            order.history.push(entry(4, Event::Stuck));
            assert_eq!((order.warning(day(9), None), order.moved()), (None, Some(day(3))), "{asked:?}");
        }
        assert_eq!(order(paid, vec![entry(0, Event::SaidYes)]).warning(day(400), None), None, "its money is at rest");
    }

    #[test]
    fn an_open_order_is_warned_of_before_its_consent_ends() {
        let paid = hears(&decide(&State::Ready, &charge_as(CaptureMode::Immediate, Timing::Synchronous)).unwrap(), captured());
        let refunding = decide(&paid, &Command::Refund { amount: dollars(1_000) }).unwrap();
        let failed = apply(&refunding, &Report::RefundFailed { number: 1 }, NOW);
        let mut order = order(failed, vec![entry(0, Event::SaidYes), entry(1, Event::RefundAnswered)]);
        assert_eq!(order.warning(day(172), None), None);
        assert_eq!(order.warning(day(173), None), Some(Warning::ConsentEnds));
        order.history.push(entry(173, Event::ConsentEnds));
        assert_eq!(order.warning(day(179), None), None);
    }

    #[test]
    fn every_warning_is_an_entry_of_its_own() {
        for warning in Warning::ALL {
            assert_eq!(Warning::of(warning.event()), Some(warning));
        }
        assert_eq!(Warning::of(Event::Notified), None);
    }
}
