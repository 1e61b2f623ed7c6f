//! Wishes: what buyers and merchants ask for. A wish may be refused, and a refusal changes nothing.

use super::{Attention, Capture, Hold, Outcome, Paid, Parcel, Standing, State, parts, renewal};
use crate::domain::ids::CheckoutId;
use crate::domain::money::Money;
use crate::domain::payment::{ATTEMPTS_MAX, Attempt, CaptureMode, Timing};

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
        /// Where the yes was given, if that was on Amazon's page.
        checkout: Option<CheckoutId>,
    },
    Cancel,
    /// Take the authorized money, or a part of it and give up the rest: the goods leave.
    Capture {
        /// Everything, where none is named.
        amount: Option<Money>,
    },
    /// Hold what a capture has given up, by a new attempt on the same consent; or what is held and would end, once that is given back.
    HoldRest,
    /// Give back what was taken, or a part of it.
    Refund {
        amount: Money,
    },
    /// The same, and it may come to more than was taken, as far as Amazon lets it: for postage, or for the trouble.
    Goodwill {
        amount: Money,
    },
    /// The goods have left.
    Ship {
        /// Amazon is to be told of it.
        parcel: Option<Parcel>,
    },
    /// End the buyer's consent: nothing more is to be charged.
    CloseAgreement,
    /// A person goes by what Amazon Pay says now, having looked.
    Resolve {
        found: Outcome,
    },
    /// A person has seen to it and wants nothing more done.
    PutAside,
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
    #[error("a capture is under way; its outcome must be known first")]
    CaptureOpen,
    #[error("more than is authorized, or nothing at all")]
    CaptureAmount,
    #[error("nothing was captured in part, or nothing of what the buyer agreed to is left")]
    NothingLeft,
    #[error("a capture of what is held was refused, so it is not renewed: capture it, or cancel the order")]
    CaptureWasRefused,
    #[error("a number has room for 99 attempts, captures and refunds of an order")]
    TooMany,
    #[error("goods leave when their money has been taken")]
    NotPaid,
    #[error("money of this order is still to move; the consent must stay until it has come to rest")]
    MoneyMoving,
    #[error("nothing has been captured that could be refunded")]
    NothingCaptured,
    #[error("a refund is under way; its outcome must be known first")]
    RefundOpen,
    #[error("more than is left of the payment, or nothing at all")]
    RefundAmount,
    #[error("more than Amazon Pay lets go back, or nothing at all")]
    OverAllowance,
    #[error("the order needs a person's attention first")]
    NeedsAttention,
    #[error("the order needs nobody's attention")]
    NothingToResolve,
    #[error("Amazon's word alone does not settle it: a person has to see to the money and put the matter aside")]
    NotForAmazonToTell,
}

/// The state that grants a wish.
///
/// # Errors
/// [`Refused`] when the order is in no state for it.
pub fn decide(state: &State, command: &Command) -> Result<State, Refused> {
    match command {
        Command::SetUp => set_up(state),
        Command::Charge { amount, capture, timing, checkout } => {
            let attempt = Attempt::after(last_failed(state)?, *amount, *capture, *timing);
            let attempt = Attempt { checkout: checkout.clone(), ..attempt };
            Ok(State::Charging { attempt, standing: Standing::Sent, cancel: false })
        }
        Command::Cancel => cancel(state),
        Command::Capture { amount } => capture(state, *amount),
        Command::HoldRest => hold_rest(state),
        Command::Refund { amount } => refund(state, *amount, Paid::refundable, Refused::RefundAmount),
        Command::Goodwill { amount } => refund(state, *amount, Paid::allowance, Refused::OverAllowance),
        Command::Ship { parcel } => ship(state, parcel.as_ref()),
        Command::CloseAgreement => close_agreement(state),
        Command::Resolve { found } => resolve(state, found),
        Command::PutAside => put_aside(state),
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
        State::Capturing(_) => Err(Refused::CaptureOpen),
        State::Paid(_) => Err(Refused::CapturedRefundInstead),
        State::InParts(parts) => parts.cancel(),
        State::Disputed(_) | State::Expired(_) => Err(Refused::Over),
        State::NeedsAttention { .. } => Err(Refused::NeedsAttention),
    }
}

fn capture(state: &State, amount: Option<Money>) -> Result<State, Refused> {
    match state {
        State::Authorized(hold) => {
            let amount = amount.unwrap_or(hold.attempt.amount);
            let most = hold.attempt.amount;
            if amount.currency() != most.currency() || amount.minor() <= 0 || amount.minor() > most.minor() {
                return Err(Refused::CaptureAmount);
            }
            if hold.refused >= ATTEMPTS_MAX {
                return Err(Refused::TooMany);
            }
            Ok(State::Capturing(Capture { hold: Hold::clone(hold), amount }))
        }
        // The same wish once more; another one would be a second capture.
        State::Capturing(open) if amount.is_none_or(|amount| amount == open.amount) => Ok(state.clone()),
        State::Capturing(_) => Err(Refused::CaptureOpen),
        State::Paid(_) => Err(Refused::AlreadyPaid),
        State::InParts(parts) => parts.rest_to(&Command::Capture { amount }),
        State::Charging { .. } => Err(Refused::ChargeOpen),
        State::NeedsAttention { .. } => Err(Refused::NeedsAttention),
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } => Err(Refused::NothingAuthorized),
        State::Voiding(_) | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => Err(Refused::Over),
    }
}

/// The consent is good for what the buyer agreed to, and no more than that is ever asked for.
fn hold_rest(state: &State) -> Result<State, Refused> {
    match state {
        State::Paid(paid) => parts::hold_rest(vec![paid.clone()], &paid.attempt),
        State::InParts(parts) => parts.hold_again(),
        State::Authorized(hold) => renewal::begin(hold),
        State::Charging { .. } => Err(Refused::ChargeOpen),
        State::Capturing(_) => Err(Refused::CaptureOpen),
        State::NeedsAttention { .. } => Err(Refused::NeedsAttention),
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } => Err(Refused::NothingAuthorized),
        State::Voiding(_) | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => Err(Refused::Over),
    }
}

/// Nothing leaves unpaid, and not once the money is on its way back.
fn ship(state: &State, parcel: Option<&Parcel>) -> Result<State, Refused> {
    match (state, parcel) {
        (State::Paid(paid), Some(parcel)) if paid.refundable().minor() > 0 => paid.shipping(parcel).map(State::Paid),
        (State::InParts(parts), Some(parcel)) if parts.keeps_something() => parts.shipping(parcel),
        (_, Some(_) | None) => may_ship(state),
    }
}

fn may_ship(state: &State) -> Result<State, Refused> {
    match state {
        State::Paid(paid) if paid.refundable().minor() > 0 => Ok(state.clone()),
        State::InParts(parts) if parts.keeps_something() => Ok(state.clone()),
        State::InParts(parts) if parts.is_renewal() => Err(Refused::NotPaid),
        State::Authorized(_) | State::Capturing(_) | State::Charging { .. } => Err(Refused::NotPaid),
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } => Err(Refused::NotPaid),
        State::NeedsAttention { .. } => Err(Refused::NeedsAttention),
        State::Paid(_) | State::InParts(_) | State::Voiding(_) | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => {
            Err(Refused::Over)
        }
    }
}

/// Refunds of what was taken need no consent, so a payment may stand behind it.
fn close_agreement(state: &State) -> Result<State, Refused> {
    match state {
        State::Paid(paid) if paid.open_refund().is_none() => Ok(state.clone()),
        State::InParts(parts) if !parts.moves() => Ok(state.clone()),
        State::Declined { .. } | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => Ok(state.clone()),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Authorized(_)
        | State::Capturing(_)
        | State::Voiding(_)
        | State::InParts(_)
        | State::Paid(_) => Err(Refused::MoneyMoving),
        State::NeedsAttention { .. } => Err(Refused::NeedsAttention),
    }
}

/// What Amazon says of the charge settles doubt about the charge. It settles nothing where money has moved that should not have.
fn resolve(state: &State, found: &Outcome) -> Result<State, Refused> {
    let State::NeedsAttention { reason, was } = state else { return Err(Refused::NothingToResolve) };
    match (reason, was.as_ref(), found) {
        (Attention::AmountDiffers | Attention::UnexpectedCharge, ..) => Err(Refused::NotForAmazonToTell),
        (_, State::InParts(parts), _) => parts.matter(*reason, &Command::Resolve { found: found.clone() }),
        // The hold has outlived the refusal: it can be captured again, or given back.
        (Attention::CaptureFailed, State::Authorized(hold), Outcome::Authorized { .. }) => Ok(State::Authorized(Hold::clone(hold))),
        // It has not, and nothing was taken.
        (Attention::CaptureFailed, State::Authorized(hold), Outcome::Declined { .. }) => Ok(State::Expired(Hold::clone(hold))),
        (Attention::ClosedUnexpectedly, State::Expired(_), Outcome::Closed { .. } | Outcome::Declined { .. }) => Ok(was.as_ref().clone()),
        // Any other word is news, which `apply` takes in by itself.
        (Attention::OutcomeUnknown | Attention::CaptureFailed | Attention::ClosedUnexpectedly, ..) => Err(Refused::NotForAmazonToTell),
    }
}

/// The order goes on as what it was. A charge that nobody could find counts as not made; should it turn up after all, it is refunded.
fn put_aside(state: &State) -> Result<State, Refused> {
    let State::NeedsAttention { reason, was } = state else { return Err(Refused::NothingToResolve) };
    match (reason, was.as_ref()) {
        (Attention::OutcomeUnknown, State::InParts(parts)) => parts.matter(*reason, &Command::PutAside),
        (Attention::OutcomeUnknown, State::Charging { attempt, .. }) => Ok(State::Cancelled { last: Some(attempt.clone()) }),
        (_, was) => Ok(was.clone()),
    }
}

/// `most` is what may still go back, and `over` what is said when it is more.
fn refund(state: &State, amount: Money, most: fn(&Paid) -> Money, over: Refused) -> Result<State, Refused> {
    let paid = match state {
        State::Paid(paid) => paid,
        State::InParts(parts) => return parts.refund(amount, most, over),
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
    let last = paid.refunds.last().map_or(0, |last| last.number);
    paid.refunding(amount, last, most, over).map(State::Paid)
}

/// Why an order in this state cannot be bought.
fn not_a_cart(state: &State) -> Refused {
    match state {
        State::Draft | State::SettingUp | State::Ready | State::Charging { .. } | State::Capturing(_) => Refused::ChargeOpen,
        State::Declined { .. } => Refused::DeclinedForGood,
        State::Authorized(_) | State::Paid(_) | State::InParts(_) => Refused::AlreadyPaid,
        State::Voiding(_) | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => Refused::Over,
        State::NeedsAttention { .. } => Refused::NeedsAttention,
    }
}
