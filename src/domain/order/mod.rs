//! An order: what was bought, and everything that has happened to its money.
//!
//! Wishes may be refused ([`decide`]); facts may not ([`apply`]). What a state still owes to Amazon Pay is read off the state itself
//! ([`State::owed`]), so a crash after saving loses nothing: whoever meets the order next performs it again under the same attempt id.

mod apply;
mod decide;
#[cfg(test)]
mod desk_tests;
mod history;
mod limits;
mod paid;
mod parcel;
mod parts;
#[cfg(test)]
mod parts_tests;
mod renewal;
#[cfg(test)]
mod renewal_tests;
#[cfg(test)]
mod tests;

pub use apply::{Closed, Hindrance, Outcome, Report, apply};
pub use decide::{Command, Refused, decide};
pub use history::{Actor, Entry, Event, Note, NoteError};
pub use limits::{Renewal, Warning};
pub use paid::{GOODWILL_MAX, GOODWILL_PERCENT, Paid, Refund, RefundStanding};
pub use parcel::{Parcel, ParcelError};
pub use parts::Parts;

use super::cart::Cart;
use super::ids::{AmazonId, AttemptId, BillingAgreementId, CheckoutId, Locale, OrderId, Token, WriteId};
use super::money::Money;
use super::payment::{Attempt, CaptureMode, Decline, Names};
use super::place::Address;
use super::quote::Quote;
use super::shop::World;
use super::time::Time;

/// How the money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rail {
    /// `Connections.SendRequest` Setup and Charge: what is sent leaves with a reply, and its answer comes in a session of its own.
    Directive,
    /// A consent that the buyer gave once on a page, charged by our server within the turn.
    SavedWallet,
}

/// What is in the order: a cart until the buyer has said yes to a quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goods {
    Cart(Cart),
    Quoted(Quote),
}

/// One order, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub rail: Rail,
    /// Where it was bought: whether its money is real.
    pub world: World,
    pub locale: Locale,
    pub goods: Goods,
    /// The consent that pays for it, once Setup has named one.
    pub agreement: Option<BillingAgreementId>,
    pub address: Option<Address>,
    pub state: State,
    /// Oldest first, never empty; its last entry is the write that made this version.
    pub history: Vec<Entry>,
}

/// What is true of the order's money. Each variant holds exactly the data that is true in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// A cart, kept for later.
    Draft,
    /// Setup has left; its answer is outstanding.
    SettingUp,
    /// There is an open agreement; the buyer has not said yes.
    Ready,
    /// The buyer said yes. The attempt may or may not have reached Amazon.
    Charging {
        attempt: Attempt,
        standing: Standing,
        /// The buyer or the merchant wants out; done as soon as the outcome is known.
        cancel: bool,
    },
    Declined {
        attempt: Attempt,
        decline: Decline,
    },
    Authorized(Hold),
    /// The merchant asked for the money; Amazon's answer is outstanding.
    Capturing(Capture),
    /// The authorization is to be given back.
    Voiding(Hold),
    Paid(Paid),
    /// A part was taken, and what is left is charged by an attempt of its own. Or nothing was, and a hold is renewed.
    InParts(Parts),
    /// The buyer's bank has taken the money back, or is about to.
    Disputed(Paid),
    /// Over, with nothing taken. The last try is kept, because news of it may still arrive.
    Cancelled {
        last: Option<Attempt>,
    },
    /// The authorization ended before it was captured.
    Expired(Hold),
    /// Something that no rule resolves: a person has to look. Facts that arrive later are applied to what it was.
    NeedsAttention {
        reason: Attention,
        was: Box<State>,
    },
}

/// How far an attempt is known to have come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Sent, or about to be: saved before it leaves.
    Sent,
    /// Amazon has it and will decide later.
    Pending(Names),
    /// Nobody can tell: not paid, not failed, to be reconciled.
    Unknown { since: Time },
}

/// Money that Amazon holds for us.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hold {
    pub attempt: Attempt,
    pub names: Names,
    pub since: Time,
    /// How many captures of it Amazon has refused: the next one needs an id of its own.
    pub refused: u8,
}

/// Held money that is being taken: all of it, or a part. There is one capture per authorization, so a part gives up the rest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Capture {
    pub hold: Hold,
    pub amount: Money,
}

/// Why a person has to look at an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attention {
    /// The outcome of the charge has been unknown for too long.
    OutcomeUnknown,
    /// Amazon took another amount than was asked for, or more is given back than was taken.
    AmountDiffers,
    /// An attempt that was over has taken money after all.
    UnexpectedCharge,
    /// The authorization was closed for a reason that is no sale.
    ClosedUnexpectedly,
    /// The money could not be taken when it was asked for, and may still be held.
    CaptureFailed,
}

/// The status that a merchant sees (design.md, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Queued,
    Authorized,
    Processed,
    Declined,
    Cancelled,
    Expired,
    PartiallyRefunded,
    Refunded,
    Disputed,
    NeedsAttention,
}

/// What a state owes to Amazon Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Setup,
    /// By a directive, in the buyer's own session.
    Charge(Attempt),
    /// By a server, on the consent that the order was paid with: a rest, or what is renewed.
    HoldRest(Attempt),
    Capture(Capture),
    Void(Hold),
    Refund {
        paid: Paid,
        refund: Refund,
    },
    /// Amazon is to be told of a parcel. No money moves by it.
    Track(Parcel),
}

impl Effect {
    /// Whether Amazon takes both for one call, whatever else is known of the order meanwhile.
    #[must_use]
    pub fn is_same_call(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Setup, Self::Setup) => true,
            (Self::Charge(one), Self::Charge(other)) | (Self::HoldRest(one), Self::HoldRest(other)) => one.number == other.number,
            (Self::Capture(one), Self::Capture(other)) => one.number() == other.number(),
            (Self::Void(one), Self::Void(other)) => one.attempt.number == other.attempt.number,
            (Self::Refund { refund: one, .. }, Self::Refund { refund: other, .. }) => one.number == other.number,
            (Self::Track(one), Self::Track(other)) => one == other,
            (
                Self::Setup | Self::Charge(_) | Self::HoldRest(_) | Self::Capture(_) | Self::Void(_) | Self::Refund { .. } | Self::Track(_),
                _,
            ) => false,
        }
    }
}

impl State {
    /// What is still to be sent for this state to move on; the same effect, with the same ids, however often it is asked.
    #[must_use]
    pub fn owed(&self) -> Option<Effect> {
        match self {
            Self::SettingUp => Some(Effect::Setup),
            // An order that is to be cancelled is not charged for the sake of an answer.
            Self::Charging { attempt, standing: Standing::Sent | Standing::Unknown { .. }, cancel: false } => {
                Some(Effect::Charge(attempt.clone()))
            }
            Self::Capturing(capture) => Some(Effect::Capture(capture.clone())),
            Self::Voiding(hold) => Some(Effect::Void(hold.clone())),
            Self::Paid(paid) => paid.owed(),
            // Nobody asks for a refund that the bank may make itself.
            Self::Disputed(paid) => paid.owed_notice(),
            Self::InParts(parts) => parts.owed(),
            Self::Charging { .. }
            | Self::Draft
            | Self::Ready
            | Self::Declined { .. }
            | Self::Authorized(_)
            | Self::Cancelled { .. }
            | Self::Expired(_)
            | Self::NeedsAttention { .. } => None,
        }
    }

    /// The merchant's word for this state; `None` while nothing has been ordered.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        Some(match self {
            Self::Draft | Self::SettingUp | Self::Ready => return None,
            Self::Charging { .. } => Status::Queued,
            Self::Declined { .. } => Status::Declined,
            Self::Authorized(_) | Self::Capturing(_) | Self::Voiding(_) => Status::Authorized,
            Self::Paid(paid) => paid.status(),
            Self::InParts(parts) => return parts.status(),
            Self::Disputed(_) => Status::Disputed,
            Self::Cancelled { .. } => Status::Cancelled,
            Self::Expired(_) => Status::Expired,
            Self::NeedsAttention { .. } => Status::NeedsAttention,
        })
    }

    /// When an unfinished payment should be looked at again, counted from `now`; `None` when its money has come to rest.
    #[must_use]
    pub fn due(&self, now: Time) -> Option<Time> {
        match self {
            Self::Charging { .. } | Self::Capturing(_) | Self::Voiding(_) => Some(now.plus(10 * Time::MINUTE)),
            Self::Paid(paid) | Self::Disputed(paid) => paid.due(now),
            Self::InParts(parts) => parts.due(now),
            Self::Authorized(hold) => Some(hold.since.plus(limits::CAPTURE_WARNING_DAYS * Time::DAY)),
            Self::NeedsAttention { .. } => Some(now.plus(Time::DAY)),
            Self::Draft | Self::SettingUp | Self::Ready | Self::Declined { .. } | Self::Cancelled { .. } | Self::Expired(_) => None,
        }
    }

    /// The try that this state is about.
    #[must_use]
    pub fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::Draft | Self::SettingUp | Self::Ready => None,
            Self::Cancelled { last } => last.as_ref(),
            Self::Charging { attempt, .. } | Self::Declined { attempt, .. } => Some(attempt),
            Self::Authorized(hold) | Self::Capturing(Capture { hold, .. }) | Self::Voiding(hold) | Self::Expired(hold) => {
                Some(&hold.attempt)
            }
            Self::Paid(paid) | Self::Disputed(paid) => Some(&paid.attempt),
            Self::InParts(parts) => parts.rest.attempt(),
            Self::NeedsAttention { was, .. } => was.attempt(),
        }
    }

    /// Everything that was taken, the oldest first, also while a person has to look at the order.
    #[must_use]
    pub fn payments(&self) -> Vec<&Paid> {
        match self {
            Self::Paid(paid) | Self::Disputed(paid) => vec![paid],
            Self::InParts(parts) => parts.payments(),
            Self::NeedsAttention { was, .. } => was.payments(),
            Self::Draft
            | Self::SettingUp
            | Self::Ready
            | Self::Charging { .. }
            | Self::Declined { .. }
            | Self::Authorized(_)
            | Self::Capturing(_)
            | Self::Voiding(_)
            | Self::Cancelled { .. }
            | Self::Expired(_) => Vec::new(),
        }
    }

    /// What Amazon has named of that try, as far as it is known.
    #[must_use]
    pub fn names(&self) -> Option<&Names> {
        match self {
            Self::Charging { standing: Standing::Pending(names), .. } => Some(names),
            Self::Authorized(hold) | Self::Capturing(Capture { hold, .. }) | Self::Voiding(hold) | Self::Expired(hold) => Some(&hold.names),
            Self::Paid(paid) | Self::Disputed(paid) => Some(&paid.names),
            Self::InParts(parts) => parts.rest.names(),
            Self::NeedsAttention { was, .. } => was.names(),
            Self::Charging { standing: Standing::Sent | Standing::Unknown { .. }, .. }
            | Self::Draft
            | Self::SettingUp
            | Self::Ready
            | Self::Declined { .. }
            | Self::Cancelled { .. } => None,
        }
    }

    /// Whether the outcome of a charge is outstanding, so that nothing else may be charged.
    #[must_use]
    pub const fn is_unsettled(&self) -> bool {
        matches!(self, Self::Charging { .. })
    }

    /// Whether the buyer can still put things into it, or go on to pay it.
    #[must_use]
    pub fn is_cart(&self) -> bool {
        self.status().is_none()
    }
}

impl Capture {
    /// The id under which Amazon is asked for it; one that was refused is never used again.
    #[must_use]
    pub fn id(&self, order: &OrderId) -> AttemptId {
        order.capture(self.number())
    }

    /// 1 for the first time that the hold is asked for.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.hold.refused.saturating_add(1)
    }

    /// What is given up with it.
    #[must_use]
    pub fn rest(&self) -> Money {
        self.hold.attempt.amount.minus(self.amount).unwrap_or(Money::zero(self.amount.currency()))
    }
}

impl Status {
    /// That of money which was taken.
    const fn of(refunded: i64, captured: i64) -> Self {
        match refunded {
            0 => Self::Processed,
            refunded if refunded >= captured => Self::Refunded,
            _ => Self::PartiallyRefunded,
        }
    }
}

impl Order {
    /// The write that made this version.
    #[must_use]
    pub fn version(&self) -> Option<&WriteId> {
        self.history.last().map(|entry| &entry.write)
    }

    /// Whether a write has left its mark in the history, at whatever time.
    #[must_use]
    pub fn knows(&self, write: &WriteId) -> bool {
        self.history.iter().any(|entry| entry.write == *write)
    }

    /// Whether its latest try is what this checkout comes to.
    #[must_use]
    pub fn is_charged_by(&self, checkout: &CheckoutId) -> bool {
        self.state.attempt().is_some_and(|attempt| attempt.checkout.as_ref() == Some(checkout))
    }

    /// The consent that the checkout has brought which charges it.
    #[must_use]
    pub fn brought(&self) -> Option<&BillingAgreementId> {
        self.state.names()?.consent.as_ref()
    }

    /// The number of the attempt that a write has sent, or sent once more; `None` when it has sent none.
    #[must_use]
    pub fn attempt_sent_by(&self, write: &WriteId) -> Option<u8> {
        let place = self.history.iter().position(|entry| entry.write == *write)?;
        let begun = self.history[..=place].iter().filter(|entry| entry.what.begins_attempt()).count();
        u8::try_from(begun).ok().filter(|number| *number > 0)
    }

    /// The number of the attempt that Amazon calls by this id, where the order can tell. Amazon's answers for a server do not say under which
    /// of our ids a charge was made; but an attempt begins only after the one before is known to have failed, so the time tells them apart.
    #[must_use]
    pub fn attempt_of(&self, charge: &AmazonId, created: Option<Time>) -> Option<u8> {
        let current = self.state.attempt()?.number;
        if current == 1 || self.state.names().and_then(|names| names.are_of(charge)) == Some(true) {
            return Some(current);
        }
        let attempts = self.history.iter().filter(|entry| entry.what.begins_attempt());
        let begun = attempts.filter(|entry| created.is_some_and(|created| entry.at <= created)).count();
        u8::try_from(begun).ok().filter(|number| (1..=current).contains(number))
    }

    /// When the newest attempt began: nothing of it reached Amazon before.
    #[must_use]
    pub fn attempted(&self) -> Option<Time> {
        self.history.iter().rev().find(|entry| entry.what.begins_attempt()).map(|entry| entry.at)
    }

    /// Whether Setup was asked for again after this write.
    #[must_use]
    pub fn checked_out_after(&self, write: &WriteId) -> bool {
        let place = self.history.iter().position(|entry| entry.write == *write).unwrap_or(0);
        self.history[place..].iter().skip(1).any(|entry| entry.what == Event::CheckedOut)
    }

    /// When the buyer last wished something of it; what Amazon answers and what the clock does is no wish.
    #[must_use]
    pub fn wished(&self) -> Time {
        let wish = self.history.iter().rev().find(|entry| entry.who == Actor::Buyer);
        wish.map_or(Time::from_unix(0), |entry| entry.at)
    }

    /// When it was last changed.
    #[must_use]
    pub fn changed(&self) -> Time {
        self.history.last().map_or(Time::from_unix(0), |entry| entry.at)
    }

    /// What goes with a directive of this version, so that its answer finds the order.
    #[must_use]
    pub fn token(&self) -> Option<Token> {
        self.version().map(|write| Token { order: self.id.clone(), sent_by: write.clone() })
    }

    /// What the buyer owes or has paid; nothing until there is a quote.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        match &self.goods {
            Goods::Cart(_) => None,
            Goods::Quoted(quote) => Some(quote.total),
        }
    }

    /// The cart this order is made of.
    #[must_use]
    pub fn cart(&self) -> Cart {
        match &self.goods {
            Goods::Cart(cart) => cart.clone(),
            Goods::Quoted(quote) => {
                Cart::of(quote.lines.iter().map(|line| super::cart::Line { sku: line.sku.clone(), quantity: line.quantity }))
            }
        }
    }
}

impl Attempt {
    /// The first try of an order, or the one after the last.
    #[must_use]
    pub fn after(last: Option<&Self>, amount: Money, capture: CaptureMode, timing: super::payment::Timing) -> Self {
        Self { number: last.map_or(1, |last| last.number.saturating_add(1)), amount, capture, timing, checkout: None }
    }
}
