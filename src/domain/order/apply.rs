//! Facts: what a rail says has happened. Every fact is taken in every state; repeats and late arrivals change nothing.

use super::{Attention, Capture, Hold, Paid, Parcel, Refund, RefundStanding, Standing, State};
use crate::domain::money::Money;
use crate::domain::payment::{AgreementStatus, Attempt, CaptureMode, Decline, Names};
use crate::domain::time::Time;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Setup was answered with an agreement in this status.
    SetUp(AgreementStatus),
    /// Setup was answered with an error.
    SetupFailed,
    /// News of a charge. `attempt` is its number; `None` when the news does not name one, which means the latest.
    Charge {
        attempt: Option<u8>,
        outcome: Outcome,
    },
    /// Alexa could not carry out the directive, or does not say whether it did.
    DirectiveLost,
    /// Amazon has refused the order's capture of this number, and the hold stands.
    CaptureRefused {
        number: u8,
    },
    RefundDone {
        number: u8,
    },
    RefundFailed {
        number: u8,
    },
    Chargeback,
    /// Amazon has been told of a parcel, or would not hear of it: it need not be told any more.
    Parcel(Parcel),
    /// Nothing has been heard since.
    Silence {
        since: Time,
    },
}

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Money was taken; `amount` where the report names it.
    Captured {
        amount: Option<Money>,
        names: Names,
    },
    /// Money is held; `amount` where the report names it.
    Authorized {
        amount: Option<Money>,
        names: Names,
    },
    /// Amazon decides later.
    Pending {
        names: Names,
    },
    Declined {
        decline: Decline,
    },
    /// Amazon did not try: an error before any charge could happen. It says nothing of an earlier call for the same attempt.
    NotTried {
        because: Hindrance,
    },
    /// The authorization is closed and nothing was taken.
    Closed {
        why: Closed,
        names: Names,
    },
    /// The report cannot be read as any of these: nobody can tell whether money moved.
    Unclear,
}

/// What stood in the way of a charge that was not tried, as far as the error tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hindrance {
    /// How it was asked for, or when, or whatever else it was.
    Request,
    /// The buyer must change the payment method at Amazon first.
    PaymentMethod,
    /// The agreement cannot be charged any more.
    Agreement,
}

/// Why an authorization was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closed {
    /// Not captured in time.
    ExpiredUnused,
    /// We gave it back.
    SellerClosed,
    /// By Amazon, or for a reason that this version does not know.
    Otherwise,
}

impl Hindrance {
    /// What it is called where the attempt is over by it.
    const fn decline(self) -> Decline {
        match self {
            Self::Request => Decline::NotTried,
            Self::PaymentMethod => Decline::InvalidPaymentMethodHard,
            Self::Agreement => Decline::AgreementNotOpen,
        }
    }
}

/// How long an outcome may be outstanding before a person has to look (design.md, section 5).
const OUTSTANDING_MAX: i64 = Time::DAY;

/// The state after a fact. Equal to `state` when the fact is no news.
#[must_use]
pub fn apply(state: &State, report: &Report, now: Time) -> State {
    // It settles nothing about money.
    if let Report::Parcel(parcel) = report {
        return shipped(state, parcel);
    }
    if let State::NeedsAttention { reason, was } = state {
        return in_need(*reason, was, report, now);
    }
    if let State::InParts(parts) = state {
        return parts.hear(report, now);
    }
    let state = &named(state, report);
    match report {
        Report::SetUp(status) => set_up(state, *status),
        Report::SetupFailed | Report::DirectiveLost if *state == State::SettingUp => State::Draft,
        Report::SetupFailed => state.clone(),
        Report::Charge { attempt, outcome } => charge(state, *attempt, outcome, now),
        Report::DirectiveLost => charge(state, None, &Outcome::Unclear, now),
        Report::CaptureRefused { number } => capture_refused(state, *number),
        Report::RefundDone { number } => refund(state, *number, RefundStanding::Done),
        Report::RefundFailed { number } => refund(state, *number, RefundStanding::Failed),
        Report::Chargeback => chargeback(state),
        Report::Parcel(parcel) => shipped(state, parcel),
        Report::Silence { since } => silence(state, *since, now),
    }
}

/// News for an order that waits for a person. Doubt ends when Amazon says what happened; money that moved wrongly is not put right by
/// any news, so the person is still needed, for what has become of the order since.
fn in_need(reason: Attention, was: &State, report: &Report, now: Time) -> State {
    // The refusal of the capture once more: the hold may still be there.
    let told = matches!(report, Report::Charge { outcome: Outcome::Declined { .. }, .. });
    if reason == Attention::CaptureFailed && told {
        return State::NeedsAttention { reason, was: Box::new(was.clone()) };
    }
    // A name is worth keeping, and settles nothing.
    let was = named(was, report);
    // Waiting longer does not help.
    let settled = if matches!(report, Report::Silence { .. }) { was.clone() } else { apply(&was, report, now) };
    match reason {
        Attention::OutcomeUnknown | Attention::ClosedUnexpectedly | Attention::CaptureFailed if settled != was => settled,
        Attention::OutcomeUnknown | Attention::ClosedUnexpectedly | Attention::CaptureFailed => {
            State::NeedsAttention { reason, was: Box::new(settled) }
        }
        Attention::AmountDiffers | Attention::UnexpectedCharge => {
            let was = if let State::NeedsAttention { was, .. } = settled { was } else { Box::new(settled) };
            State::NeedsAttention { reason, was }
        }
    }
}

/// The state in which a parcel is no secret to Amazon any more.
pub(super) fn shipped(state: &State, parcel: &Parcel) -> State {
    match state {
        State::Paid(paid) => State::Paid(paid.shipped(parcel)),
        State::Disputed(paid) => State::Disputed(paid.shipped(parcel)),
        State::InParts(parts) => State::InParts(parts.shipped(parcel)),
        State::NeedsAttention { reason, was } => State::NeedsAttention { reason: *reason, was: Box::new(shipped(was, parcel)) },
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Authorized(_)
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Cancelled { .. }
        | State::Expired(_) => state.clone(),
    }
}

/// The state with what a report names of its money, where that was never told before: without a name no server can ask for it.
fn named(state: &State, report: &Report) -> State {
    let Report::Charge { attempt, outcome: Outcome::Authorized { names, .. } | Outcome::Captured { names, .. } } = report else {
        return state.clone();
    };
    if attempt.is_some_and(|number| state.attempt().is_none_or(|current| current.number != number)) {
        return state.clone();
    }
    let mut state = state.clone();
    match &mut state {
        State::Authorized(hold) | State::Voiding(hold) | State::Capturing(Capture { hold, .. }) => {
            hold.names = hold.names.clone().or(names);
        }
        State::Paid(paid) | State::Disputed(paid) => paid.names = paid.names.clone().or(names),
        State::InParts(parts) => *parts.rest = named(&parts.rest, report),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Cancelled { .. }
        | State::Expired(_)
        | State::NeedsAttention { .. } => {}
    }
    state
}

/// An error about the directive may come before the answer; the agreement is open all the same.
fn set_up(state: &State, status: AgreementStatus) -> State {
    match (state, status) {
        (State::SettingUp | State::Draft, AgreementStatus::Open) => State::Ready,
        (State::SettingUp, _) => State::Draft,
        _ => state.clone(),
    }
}

fn charge(state: &State, number: Option<u8>, outcome: &Outcome, now: Time) -> State {
    let current = state.attempt().map(|attempt| attempt.number);
    if let (Some(number), Some(current)) = (number, current)
        && number != current
    {
        return other_attempt(state, number, outcome);
    }
    match state {
        State::Charging { attempt, standing, cancel } => open_attempt(state, attempt, standing, *cancel, outcome, now),
        State::Authorized(hold) | State::Capturing(Capture { hold, .. }) | State::Voiding(hold) | State::Expired(hold) => {
            held(state, hold, outcome)
        }
        // A decline is final for its attempt, unless Amazon says that money moved after all.
        State::Declined { attempt, .. } => moved_after_all(attempt, outcome, now).unwrap_or_else(|| state.clone()),
        State::Cancelled { last: Some(attempt) } => {
            if let Outcome::Authorized { names, .. } = outcome {
                State::Voiding(Hold { attempt: attempt.clone(), names: names.clone(), since: now, refused: 0 })
            } else {
                moved_after_all(attempt, outcome, now).map_or_else(|| state.clone(), give_back)
            }
        }
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Paid(_)
        | State::InParts(_)
        | State::Disputed(_)
        | State::Cancelled { last: None }
        | State::NeedsAttention { .. } => state.clone(),
    }
}

/// News of the open attempt.
fn open_attempt(state: &State, attempt: &Attempt, standing: &Standing, cancel: bool, outcome: &Outcome, now: Time) -> State {
    let charging = |standing| State::Charging { attempt: attempt.clone(), standing, cancel };
    let hold = |names: &Names| {
        let known = if let Standing::Pending(known) = standing { known } else { &Names::default() };
        Hold { attempt: attempt.clone(), names: names.clone().or(known), since: now, refused: 0 }
    };
    match outcome {
        Outcome::Captured { amount, names } => {
            let state = paid(hold(names), *amount);
            if cancel { give_back(state) } else { state }
        }
        Outcome::Authorized { names, .. } if cancel => State::Voiding(hold(names)),
        Outcome::Authorized { amount, names } => authorized(hold(names), *amount),
        Outcome::Pending { names } => charging(Standing::Pending(hold(names).names)),
        Outcome::Declined { .. } if cancel => cancelled(attempt),
        Outcome::Declined { decline } => State::Declined { attempt: attempt.clone(), decline: *decline },
        Outcome::Closed { why: Closed::ExpiredUnused, names } => State::Expired(hold(names)),
        Outcome::Closed { why: Closed::SellerClosed, .. } => cancelled(attempt),
        Outcome::Closed { why: Closed::Otherwise, names } => closed_unexpectedly(hold(names)),
        Outcome::NotTried { .. } | Outcome::Unclear if *standing != Standing::Sent => {
            // The message that was not carried out, or not understood, repeats an earlier one: what became of that is as open as before.
            state.clone()
        }
        Outcome::NotTried { .. } if cancel => cancelled(attempt),
        Outcome::NotTried { because } => State::Declined { attempt: attempt.clone(), decline: because.decline() },
        Outcome::Unclear => charging(Standing::Unknown { since: now }),
    }
}

/// News that contradicts what was known: the attempt was over, and yet money moved. `None` when it did not.
fn moved_after_all(attempt: &Attempt, outcome: &Outcome, now: Time) -> Option<State> {
    let hold = |names: &Names| Hold { attempt: attempt.clone(), names: names.clone(), since: now, refused: 0 };
    match outcome {
        Outcome::Captured { amount, names } => Some(paid(hold(names), *amount)),
        Outcome::Authorized { amount, names } => Some(authorized(hold(names), *amount)),
        Outcome::Pending { .. } | Outcome::Declined { .. } | Outcome::NotTried { .. } | Outcome::Closed { .. } | Outcome::Unclear => None,
    }
}

fn cancelled(attempt: &Attempt) -> State {
    State::Cancelled { last: Some(attempt.clone()) }
}

fn closed_unexpectedly(hold: Hold) -> State {
    State::NeedsAttention { reason: Attention::ClosedUnexpectedly, was: Box::new(State::Expired(hold)) }
}

/// News of money that is held already.
fn held(state: &State, hold: &Hold, outcome: &Outcome) -> State {
    let named = |names: &Names| Hold { names: names.clone().or(&hold.names), ..hold.clone() };
    match (outcome, state) {
        (Outcome::Captured { amount, names }, State::Voiding(_)) => give_back(paid(named(names), *amount)),
        // What was asked for is what the merchant wanted taken, be it a part of what was agreed.
        (Outcome::Captured { amount, names }, State::Capturing(capture)) => {
            // Its own id is used up, too.
            taken(Hold { refused: capture.number(), ..named(names) }, capture.amount, *amount)
        }
        (Outcome::Captured { amount, names }, _) => paid(named(names), *amount),
        // Whether the authorization has gone with the capture is not said. A new attempt could hold the money twice.
        (Outcome::Declined { .. }, State::Capturing(_)) => capture_failed(hold),
        // The hold is gone, and nobody here has tried to capture it, as far as the order tells.
        (Outcome::Declined { .. }, State::Authorized(_)) => closed_unexpectedly(hold.clone()),
        // Also by a person at Amazon itself, while the desk asks for the money.
        (Outcome::Closed { why: Closed::SellerClosed, .. }, State::Voiding(_) | State::Authorized(_) | State::Capturing(_)) => {
            cancelled(&hold.attempt)
        }
        (Outcome::Closed { .. } | Outcome::Declined { .. }, State::Voiding(_)) => cancelled(&hold.attempt),
        (Outcome::Closed { why: Closed::ExpiredUnused, names }, State::Authorized(_) | State::Capturing(_)) => State::Expired(named(names)),
        (Outcome::Closed { why: Closed::Otherwise, names }, State::Authorized(_) | State::Capturing(_)) => {
            closed_unexpectedly(named(names))
        }
        _ => state.clone(),
    }
}

/// Late news of a capture that was refused before says nothing about the hold, nor about the capture that came after it.
fn capture_refused(state: &State, number: u8) -> State {
    if let State::Capturing(capture) = state
        && capture.number() == number
    {
        capture_failed(&capture.hold)
    } else {
        state.clone()
    }
}

/// The next capture of the hold, should it still stand, needs an id of its own.
fn capture_failed(hold: &Hold) -> State {
    let hold = Hold { refused: hold.refused.saturating_add(1), ..hold.clone() };
    State::NeedsAttention { reason: Attention::CaptureFailed, was: Box::new(State::Authorized(hold)) }
}

/// News of an attempt that is not the latest one. It was known to have failed, or there would be no later one.
fn other_attempt(state: &State, number: u8, outcome: &Outcome) -> State {
    let money_moved = matches!(outcome, Outcome::Captured { .. } | Outcome::Authorized { .. });
    let earlier = state.attempt().is_some_and(|attempt| number < attempt.number);
    if money_moved && earlier {
        State::NeedsAttention { reason: Attention::UnexpectedCharge, was: Box::new(state.clone()) }
    } else {
        state.clone()
    }
}

/// Money is held. Where it was to be taken at once, that is still to come, so the attempt is not over.
fn authorized(hold: Hold, amount: Option<Money>) -> State {
    let differs = amount.is_some_and(|amount| amount != hold.attempt.amount);
    let state = match hold.attempt.capture {
        CaptureMode::OnShip => State::Authorized(hold),
        CaptureMode::Immediate => State::Charging { attempt: hold.attempt, standing: Standing::Pending(hold.names), cancel: false },
    };
    if differs { State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(state) } } else { state }
}

fn paid(hold: Hold, amount: Option<Money>) -> State {
    let asked = hold.attempt.amount;
    taken(hold, asked, amount)
}

/// Money was taken: `asked` is what should have been, `amount` what the report names.
fn taken(hold: Hold, asked: Money, amount: Option<Money>) -> State {
    let captured = amount.unwrap_or(asked);
    let differs = captured != asked;
    let state = State::Paid(Paid {
        attempt: hold.attempt,
        names: hold.names,
        captured,
        refunds: Vec::new(),
        captures: hold.refused,
        parcels: Vec::new(),
    });
    if differs { State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(state) } } else { state }
}

/// A payment that nobody wants any more: all of it is to be refunded.
fn give_back(state: State) -> State {
    let State::Paid(paid) = &state else { return state };
    super::decide(&state, &super::Command::Refund { amount: paid.captured }).unwrap_or(state)
}

fn refund(state: &State, number: u8, standing: RefundStanding) -> State {
    if let State::Paid(paid) = state {
        let (paid, too_much) = settled(paid, number, standing);
        let state = State::Paid(paid);
        if too_much { State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(state) } } else { state }
    } else if let State::Disputed(paid) = state {
        State::Disputed(settled(paid, number, standing).0)
    } else {
        state.clone()
    }
}

/// The payment after news of one of its refunds, and whether more goes back than anybody wanted: one that had failed was done after all,
/// and another has taken its place. What a person has put aside is not raised again.
pub(super) fn settled(paid: &Paid, number: u8, standing: RefundStanding) -> (Paid, bool) {
    let mut settled = paid.clone();
    // What is done stays done: a later failure notice does not bring the money back.
    for refund in settled.refunds.iter_mut().filter(|refund| refund.number == number && refund.standing != RefundStanding::Done) {
        refund.standing = standing;
    }
    let failed = |refund: &Refund| refund.number == number && refund.standing == RefundStanding::Failed;
    let too_much = settled.gives_too_much() && settled != *paid && paid.refunds.iter().any(failed);
    (settled, too_much)
}

/// The bank takes back what must have been taken, whatever Amazon has said of it so far.
fn chargeback(state: &State) -> State {
    let taken = |attempt: &Attempt, names: &Names, captured| {
        State::Disputed(Paid {
            attempt: attempt.clone(),
            names: names.clone(),
            captured,
            refunds: Vec::new(),
            captures: 0,
            parcels: Vec::new(),
        })
    };
    match state {
        State::Paid(paid) => State::Disputed(paid.clone()),
        State::Charging { attempt, standing: Standing::Pending(names), .. } => taken(attempt, names, attempt.amount),
        State::Charging { attempt, standing: Standing::Sent | Standing::Unknown { .. }, .. } => {
            taken(attempt, &Names::default(), attempt.amount)
        }
        State::Authorized(hold) | State::Voiding(hold) => taken(&hold.attempt, &hold.names, hold.attempt.amount),
        State::Capturing(Capture { hold, amount }) => taken(&hold.attempt, &hold.names, *amount),
        State::Declined { .. } | State::Cancelled { last: Some(_) } | State::Expired(_) => {
            State::NeedsAttention { reason: Attention::UnexpectedCharge, was: Box::new(state.clone()) }
        }
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::InParts(_)
        | State::Disputed(_)
        | State::Cancelled { last: None }
        | State::NeedsAttention { .. } => state.clone(),
    }
}

/// `since` is when the attempt was sent, or last heard of.
fn silence(state: &State, since: Time, now: Time) -> State {
    let State::Charging { attempt, standing, cancel } = state else { return state.clone() };
    let unknown = |since| State::Charging { attempt: attempt.clone(), standing: Standing::Unknown { since }, cancel: *cancel };
    let (since, waiting) = match standing {
        Standing::Sent => (since, unknown(since)),
        Standing::Unknown { since } => (*since, state.clone()),
        Standing::Pending(_) => (since, state.clone()),
    };
    if now.since(since) >= OUTSTANDING_MAX {
        State::NeedsAttention { reason: Attention::OutcomeUnknown, was: Box::new(waiting) }
    } else {
        waiting
    }
}
