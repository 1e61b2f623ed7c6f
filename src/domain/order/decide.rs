//! Wishes: what buyers and merchants ask for. A wish may be refused, and a refusal changes nothing.

use super::{Hold, Refund, RefundStanding, Standing, State};
use crate::domain::money::Money;
use crate::domain::payment::{Attempt, CaptureMode, Timing};

/// What somebody wants done with an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask Amazon for a billing agreement.
    SetUp,
    /// The buyer has said yes to this amount.
    Charge {
        amount: Money,
        capture: CaptureMode,
        timing: Timing,
    },
    Cancel,
    /// Take the authorized money: the goods leave.
    Capture,
    Refund {
        amount: Money,
    },
}

/// Why a wish is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("a charge is under way; its outcome must be known first")]
    ChargeOpen,
    #[error("the order has been paid")]
    AlreadyPaid,
    #[error("the money has been taken; it can be refunded, not cancelled")]
    CapturedRefundInstead,
    #[error("the payment was declined for good; the buyer must change the payment method")]
    DeclinedForGood,
    #[error("the order is over")]
    Over,
    #[error("nothing is authorized that could be captured")]
    NothingAuthorized,
    #[error("nothing has been captured that could be refunded")]
    NothingCaptured,
    #[error("a refund is under way; its outcome must be known first")]
    RefundOpen,
    #[error("more than is left of the payment, or nothing at all")]
    RefundAmount,
    #[error("the order needs a person's attention first")]
    NeedsAttention,
}

/// The state that grants a wish.
///
/// # Errors
/// [`Refused`] when the order is in no state for it.
pub fn decide(state: &State, command: &Command) -> Result<State, Refused> {
    match command {
        Command::SetUp => set_up(state),
        Command::Charge { amount, capture, timing } => {
            let attempt = Attempt::after(last_failed(state)?, *amount, *capture, *timing);
            Ok(State::Charging { attempt, standing: Standing::Sent, cancel: false })
        }
        Command::Cancel => cancel(state),
        Command::Capture => capture(state),
        Command::Refund { amount } => refund(state, *amount),
    }
}

fn set_up(state: &State) -> Result<State, Refused> {
    if state.is_cart() { Ok(State::SettingUp) } else { Err(not_a_cart(state)) }
}

/// The attempt that a new one may follow; `None` before the first. The one place that lets a new attempt begin.
fn last_failed(state: &State) -> Result<Option<&Attempt>, Refused> {
    if let State::Declined { attempt, decline } = state
        && decline.may_follow(attempt.number)
    {
        return Ok(Some(attempt));
    }
    // Whether there is an agreement to charge is not the state's to tell: an earlier order may have brought it.
    if state.is_cart() { Ok(None) } else { Err(not_a_cart(state)) }
}

fn cancel(state: &State) -> Result<State, Refused> {
    match state {
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } | State::Cancelled { .. } => {
            Ok(State::Cancelled { last: state.attempt().cloned() })
        }
        State::Charging { attempt, standing, .. } => {
            Ok(State::Charging { attempt: attempt.clone(), standing: standing.clone(), cancel: true })
        }
        State::Authorized(hold) | State::Voiding(hold) => Ok(State::Voiding(hold.clone())),
        State::Capturing(_) => Err(Refused::ChargeOpen),
        State::Paid(_) => Err(Refused::CapturedRefundInstead),
        State::Disputed(_) | State::Expired(_) => Err(Refused::Over),
        State::NeedsAttention { .. } => Err(Refused::NeedsAttention),
    }
}

fn capture(state: &State) -> Result<State, Refused> {
    match state {
        State::Authorized(hold) | State::Capturing(hold) => Ok(State::Capturing(Hold::clone(hold))),
        State::Paid(_) => Err(Refused::AlreadyPaid),
        State::Charging { .. } => Err(Refused::ChargeOpen),
        State::NeedsAttention { .. } => Err(Refused::NeedsAttention),
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } => Err(Refused::NothingAuthorized),
        State::Voiding(_) | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => Err(Refused::Over),
    }
}

fn refund(state: &State, amount: Money) -> Result<State, Refused> {
    let paid = match state {
        State::Paid(paid) => paid,
        State::Disputed(_) => return Err(Refused::Over),
        State::NeedsAttention { .. } => return Err(Refused::NeedsAttention),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Authorized(_)
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Cancelled { .. }
        | State::Expired(_) => return Err(Refused::NothingCaptured),
    };
    if paid.open_refund().is_some() {
        return Err(Refused::RefundOpen);
    }
    let left = paid.refundable();
    if amount.currency() != left.currency() || amount.minor() <= 0 || amount.minor() > left.minor() {
        return Err(Refused::RefundAmount);
    }
    let number = paid.refunds.last().map_or(1, |last| last.number.saturating_add(1));
    let mut paid = paid.clone();
    paid.refunds.push(Refund { number, amount, standing: RefundStanding::Open });
    Ok(State::Paid(paid))
}

/// Why an order in this state cannot be bought.
fn not_a_cart(state: &State) -> Refused {
    match state {
        State::Draft | State::SettingUp | State::Ready | State::Charging { .. } | State::Capturing(_) => Refused::ChargeOpen,
        State::Declined { .. } => Refused::DeclinedForGood,
        State::Authorized(_) | State::Paid(_) => Refused::AlreadyPaid,
        State::Voiding(_) | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => Refused::Over,
        State::NeedsAttention { .. } => Refused::NeedsAttention,
    }
}
