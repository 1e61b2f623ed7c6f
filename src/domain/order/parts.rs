//! A payment in parts: one was captured, which gave up what else was held, and what is left is charged by an attempt of its own
//! (`reference/amazon-pay-v2.md`, 5.5).
//!
//! What was taken stays beside it, whatever becomes of the rest. The rest goes the same ways as any other attempt, except that a server
//! asks for it: no directive leaves for it, and nothing that a directive brings is about it.

use super::apply::{apply, settled, shipped};
use super::decide::{Command, Refused, decide};
use super::{Attempt, Attention, Effect, Paid, Parcel, RefundStanding, Report, Standing, State, Status, renewal};
use crate::domain::money::Money;
use crate::domain::payment::{ATTEMPTS_MAX, CaptureMode, Decline, Timing};
use crate::domain::time::Time;

/// What was taken, and how the rest stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parts {
    /// What was taken before, each by an attempt of its own, the oldest first. Empty only while a hold is renewed (`renewal`).
    pub taken: Vec<Paid>,
    /// How the newest attempt stands, which is about what was left.
    pub rest: Box<State>,
}

/// A new attempt for all that is left of what the buyer agreed to, after `last`; it is held, for a capture of its own.
///
/// # Errors
/// [`Refused`] when nothing is left, or is wanted any more.
pub(super) fn hold_rest(taken: Vec<Paid>, last: &Attempt) -> Result<State, Refused> {
    if taken.iter().any(|paid| paid.open_refund().is_some()) {
        return Err(Refused::RefundOpen);
    }
    // What has been given back is not wanted any more, and so is the rest of it.
    if taken.iter().all(|paid| paid.refundable().minor() == 0) {
        return Err(Refused::Over);
    }
    let amount = left(&taken).ok_or(Refused::NothingLeft)?;
    if last.number >= ATTEMPTS_MAX {
        return Err(Refused::TooMany);
    }
    let attempt = Attempt::after(Some(last), amount, CaptureMode::OnShip, Timing::Synchronous);
    Ok(State::InParts(Parts { taken, rest: Box::new(State::Charging { attempt, standing: Standing::Sent, cancel: false }) }))
}

/// What the buyer said yes to and was never charged; also what was given back since counts as charged. The first attempt was for all of it.
fn left(taken: &[Paid]) -> Option<Money> {
    let agreed = &taken.first().filter(|first| first.attempt.capture == CaptureMode::OnShip)?.attempt;
    let left = taken.iter().try_fold(agreed.amount, |left, paid| left.minus(paid.captured).ok())?;
    (left.minor() > 0).then_some(left)
}

impl Parts {
    /// The rest as it is now, beside what was taken. What a person has to look at concerns the whole order.
    fn with(&self, rest: State) -> State {
        Self::state(self.taken.clone(), rest)
    }

    fn state(taken: Vec<Paid>, rest: State) -> State {
        let goes_on = matches!(rest, State::Charging { .. } | State::Voiding(_) | State::NeedsAttention { .. });
        if taken.is_empty() && !goes_on {
            // Whatever has become of the new hold, it is an order like any other again.
            return rest;
        }
        match rest {
            State::NeedsAttention { reason, was } => State::NeedsAttention { reason, was: Box::new(Self::state(taken, *was)) },
            // A capture's id names the order and not the attempt.
            State::Authorized(mut hold) => {
                let used = taken.iter().map(|paid| paid.captures).max().unwrap_or(0);
                hold.refused = hold.refused.max(used);
                State::InParts(Self { taken, rest: Box::new(State::Authorized(hold)) })
            }
            rest @ (State::Draft
            | State::SettingUp
            | State::Ready
            | State::Charging { .. }
            | State::Declined { .. }
            | State::Capturing(_)
            | State::Voiding(_)
            | State::Paid(_)
            | State::InParts(_)
            | State::Disputed(_)
            | State::Cancelled { .. }
            | State::Expired(_)) => State::InParts(Self { taken, rest: Box::new(rest) }),
        }
    }

    pub(super) fn owed(&self) -> Option<Effect> {
        match self.rest.owed() {
            Some(Effect::Charge(attempt)) => Some(Effect::HoldRest(attempt)),
            Some(owed) => Some(owed),
            None => self.taken.iter().find_map(Paid::owed),
        }
    }

    pub(super) fn status(&self) -> Option<Status> {
        if self.is_renewal() {
            let held = matches!(*self.rest, State::Voiding(_));
            return Some(if held { Status::Authorized } else { Status::Queued });
        }
        match self.rest.status() {
            under_way @ Some(Status::Queued | Status::Authorized | Status::Disputed) => under_way,
            Some(
                Status::Processed
                | Status::Declined
                | Status::Cancelled
                | Status::Expired
                | Status::PartiallyRefunded
                | Status::Refunded
                | Status::NeedsAttention,
            )
            | None => {
                let sum = |of: fn(&Paid) -> Money| self.payments().into_iter().map(|paid| of(paid).minor()).sum::<i64>();
                Some(Status::of(sum(Paid::refunded), sum(|paid| paid.captured)))
            }
        }
    }

    pub(super) fn due(&self, now: Time) -> Option<Time> {
        if self.is_renewal() {
            return Some(now.plus(10 * Time::MINUTE));
        }
        self.taken.iter().filter_map(|paid| paid.due(now)).chain(self.rest.due(now)).min()
    }

    pub(super) fn payments(&self) -> Vec<&Paid> {
        self.taken.iter().chain(self.rest.payments()).collect()
    }

    /// A wish that is about the rest.
    pub(super) fn rest_to(&self, command: &Command) -> Result<State, Refused> {
        if self.is_renewal() {
            return Err(Refused::ChargeOpen);
        }
        decide(&self.rest, command).map(|rest| self.with(rest))
    }

    /// What is held goes back, and what was taken stays.
    pub(super) fn cancel(&self) -> Result<State, Refused> {
        if self.is_renewal() {
            return renewal::cancel(&self.rest);
        }
        match &*self.rest {
            State::Authorized(_) | State::Voiding(_) => self.rest_to(&Command::Cancel),
            State::Charging { .. } => Err(Refused::ChargeOpen),
            State::Capturing(_) => Err(Refused::CaptureOpen),
            State::Draft
            | State::SettingUp
            | State::Ready
            | State::Declined { .. }
            | State::Paid(_)
            | State::InParts(_)
            | State::Disputed(_)
            | State::Cancelled { .. }
            | State::Expired(_)
            | State::NeedsAttention { .. } => Err(Refused::CapturedRefundInstead),
        }
    }

    /// The rest once more, when it was not held, or was held for too long, or was taken in part itself.
    pub(super) fn hold_again(&self) -> Result<State, Refused> {
        match &*self.rest {
            // The same wish once more.
            State::Charging { .. } | State::Authorized(_) => Ok(State::InParts(self.clone())),
            State::Voiding(_) if self.is_renewal() => Ok(State::InParts(self.clone())),
            State::Expired(gone) if self.is_renewal() => Ok(renewal::held_anew(gone)),
            State::Capturing(_) => Err(Refused::CaptureOpen),
            State::Declined { attempt, decline } if may_follow(*decline) => hold_rest(self.taken.clone(), attempt),
            State::Declined { .. } => Err(Refused::DeclinedForGood),
            State::Expired(hold) => hold_rest(self.taken.clone(), &hold.attempt),
            State::Paid(paid) => hold_rest(self.taken.iter().chain([paid]).cloned().collect(), &paid.attempt),
            State::Draft
            | State::SettingUp
            | State::Ready
            | State::Voiding(_)
            | State::InParts(_)
            | State::Disputed(_)
            | State::Cancelled { .. }
            | State::NeedsAttention { .. } => Err(Refused::Over),
        }
    }

    /// The newest payment that has so much left gives it back.
    pub(super) fn refund(&self, amount: Money, most: fn(&Paid) -> Money, over: Refused) -> Result<State, Refused> {
        if self.is_renewal() {
            return Err(Refused::NothingCaptured);
        }
        if matches!(*self.rest, State::Charging { .. }) {
            return Err(Refused::ChargeOpen);
        }
        if matches!(*self.rest, State::Capturing(_)) {
            return Err(Refused::CaptureOpen);
        }
        let payments = self.payments();
        if payments.iter().any(|paid| paid.open_refund().is_some()) {
            return Err(Refused::RefundOpen);
        }
        // An id of a refund names the order and not the payment.
        let last = payments.iter().flat_map(|paid| &paid.refunds).map(|refund| refund.number).max().unwrap_or(0);
        if let State::Paid(paid) = &*self.rest
            && let Ok(paid) = paid.refunding(amount, last, most, over)
        {
            return Ok(self.with(State::Paid(paid)));
        }
        let mut taken = self.taken.clone();
        let mut no = Err(over);
        for paid in taken.iter_mut().rev() {
            match paid.refunding(amount, last, most, over) {
                Ok(refunding) => {
                    *paid = refunding;
                    no = Ok(());
                    break;
                }
                Err(refused) => no = Err(refused),
            }
        }
        no.map(|()| Self::state(taken, (*self.rest).clone()))
    }

    /// Whether some of what was taken is not given back.
    pub(super) fn keeps_something(&self) -> bool {
        self.payments().into_iter().any(|paid| paid.refundable().minor() > 0)
    }

    /// The newest payment is told of with the parcel: a parcel leaves once its part is taken.
    pub(super) fn shipping(&self, parcel: &Parcel) -> Result<State, Refused> {
        if let State::Paid(paid) = &*self.rest {
            return paid.shipping(parcel).map(|paid| self.with(State::Paid(paid)));
        }
        let mut taken = self.taken.clone();
        if let Some(last) = taken.last_mut() {
            *last = last.shipping(parcel)?;
        }
        Ok(Self::state(taken, (*self.rest).clone()))
    }

    /// After Amazon has been told of a parcel, or would not hear of it.
    pub(super) fn shipped(&self, parcel: &Parcel) -> Self {
        Self { taken: self.taken.iter().map(|paid| paid.shipped(parcel)).collect(), rest: Box::new(shipped(&self.rest, parcel)) }
    }

    /// Whether some of its money is still to move.
    pub(super) fn moves(&self) -> bool {
        let rest = matches!(*self.rest, State::Charging { .. } | State::Authorized(_) | State::Capturing(_) | State::Voiding(_));
        rest || self.is_renewal() || self.payments().into_iter().any(|paid| paid.open_refund().is_some())
    }

    /// News. A directive's, which may name no attempt, is never about the rest; and what was taken is known.
    pub(super) fn hear(&self, report: &Report, now: Time) -> State {
        let same = || State::InParts(self.clone());
        if self.is_renewal()
            && let Some(heard) = renewal::hear(&self.rest, report, now)
        {
            return heard;
        }
        match report {
            Report::SetUp(_) | Report::SetupFailed | Report::DirectiveLost | Report::Charge { attempt: None, .. } => same(),
            Report::Parcel(parcel) => State::InParts(self.shipped(parcel)),
            Report::Charge { attempt: Some(number), .. } if self.taken.iter().any(|paid| paid.attempt.number == *number) => same(),
            Report::Charge { .. } | Report::CaptureRefused { .. } | Report::Silence { .. } => self.with(apply(&self.rest, report, now)),
            Report::RefundDone { number } => self.refunded(report, *number, RefundStanding::Done, now),
            Report::RefundFailed { number } => self.refunded(report, *number, RefundStanding::Failed, now),
            // Which of the payments the bank means is not said.
            Report::Chargeback => State::NeedsAttention { reason: Attention::UnexpectedCharge, was: Box::new(same()) },
        }
    }

    fn refunded(&self, report: &Report, number: u8, standing: RefundStanding, now: Time) -> State {
        let has = |paid: &Paid| paid.refunds.iter().any(|refund| refund.number == number);
        let Some(at) = self.taken.iter().position(has) else { return self.with(apply(&self.rest, report, now)) };
        let (paid, too_much) = settled(&self.taken[at], number, standing);
        let mut taken = self.taken.clone();
        taken[at] = paid;
        let state = Self::state(taken, (*self.rest).clone());
        if too_much { State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(state) } } else { state }
    }

    /// The matter of a person, as that of the rest alone.
    pub(super) fn matter(&self, reason: Attention, command: &Command) -> Result<State, Refused> {
        let matter = State::NeedsAttention { reason, was: self.rest.clone() };
        decide(&matter, command).map(|rest| self.with(rest))
    }

    /// Whether a look at Amazon could bring news.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        matches!(*self.rest, State::Paid(_) | State::Declined { .. } | State::Cancelled { .. })
    }
}

/// Whether a person may have the rest tried once more after this. A program never does.
const fn may_follow(decline: Decline) -> bool {
    match decline {
        Decline::InvalidPaymentMethodSoft | Decline::ProcessingFailure | Decline::TransactionTimedOut | Decline::NotTried => true,
        Decline::InvalidPaymentMethodHard | Decline::AmazonRejected | Decline::AgreementNotOpen => false,
    }
}
