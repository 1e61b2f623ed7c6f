//! The record of what happened to an order: append only.

use super::State;
use crate::domain::ids::WriteId;
use crate::domain::time::Time;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Time,
    pub who: Actor,
    pub what: Event,
    /// What the change led to; what it came from is the entry before.
    pub to: &'static str,
    /// The write that made it.
    pub write: WriteId,
    /// What else is worth keeping; see [`Note`].
    pub note: Option<Note>,
}

/// Amazon's id of the call that an entry is about, with its code where it was turned down, a parcel's number, or a person's reason: for
/// whoever asks later, never for a program to go by, and nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note(String);

/// A text that is no note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 96 printable characters of ASCII")]
pub struct NoteError;

impl Note {
    /// Room for both of the longest that Amazon sends: an id of 36 and a code of 33.
    const CHARS_MAX: usize = 96;

    /// Takes a short text.
    ///
    /// # Errors
    /// [`NoteError`] when it is empty, too long or not printable.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let text = text.trim();
        let fits = (1..=Self::CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(NoteError) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who caused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    Buyer,
    Amazon,
    Merchant,
    /// The shop itself, by the clock.
    Shop,
}

/// What a change was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    CheckedOut,
    SetupAnswered,
    SetupFailed,
    SaidYes,
    ChargeAnswered,
    DirectiveLost,
    AskedToCancel,
    AskedToCapture,
    AskedToRefund,
    /// What a capture gave up, or what was given back to be renewed, is held anew: another attempt begins.
    AskedToHoldRest,
    /// What is held and would end is given back, to be held anew.
    AskedToRenew,
    RefundAnswered,
    Disputed,
    TimePassed,
    /// The goods have left; the note names carrier and parcel.
    Shipped,
    /// Somebody has looked at Amazon Pay, and the order goes by what was found.
    LookedUp,
    /// Amazon Pay has taken in what it was asked, and carries it out later; or it has been told of a parcel.
    Accepted,
    /// Amazon Pay would not hear of a parcel.
    ParcelRefused,
    /// Amazon Pay has not answered, or would not, so that what was asked for is still owed.
    NotAnswered,
    AskedToClose,
    CloseAnswered,
    /// A person has seen to it; the note says why.
    PutAside,
    /// A notification has made us look at Amazon Pay, and the order goes by what was found.
    Notified,
    /// The orders department is warned of something that time brings; see [`Warning`](super::Warning).
    HeldAWeek,
    HoldEnds,
    ConsentEnds,
    Stuck,
}

macro_rules! letters {
    ($name:ident { $($variant:ident = $letter:literal, $words:literal;)* }) => {
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// One character for the stored record.
            #[must_use]
            pub const fn letter(self) -> char {
                match self { $(Self::$variant => $letter),* }
            }

            /// The value of a stored character.
            #[must_use]
            pub fn of_letter(letter: char) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.letter() == letter)
            }

            /// Words for a merchant.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words),* }
            }
        }
    };
}

letters!(Actor {
    Buyer = 'b', "buyer";
    Amazon = 'a', "Amazon Pay";
    Merchant = 'm', "merchant";
    Shop = 's', "shop";
});

letters!(Event {
    CheckedOut = 'c', "checked out";
    SetupAnswered = 's', "set-up answered";
    SetupFailed = 'f', "set-up failed";
    SaidYes = 'y', "said yes to the total";
    ChargeAnswered = 'p', "charge answered";
    DirectiveLost = 'l', "directive did not arrive";
    AskedToCancel = 'x', "asked to cancel";
    AskedToCapture = 'k', "asked to capture";
    AskedToRefund = 'r', "asked to refund";
    AskedToHoldRest = 'w', "asked to hold anew";
    AskedToRenew = 'm', "asked to renew the authorization";
    RefundAnswered = 'a', "refund answered";
    Disputed = 'd', "disputed by the bank";
    TimePassed = 't', "waited too long";
    Shipped = 'h', "shipped";
    LookedUp = 'u', "looked up";
    Accepted = 'q', "accepted";
    ParcelRefused = 'P', "delivery notice refused";
    NotAnswered = 'n', "not answered";
    AskedToClose = 'e', "asked to end the agreement";
    CloseAnswered = 'z', "agreement ended";
    PutAside = 'o', "put aside";
    Notified = 'i', "notified";
    HeldAWeek = 'g', "held for a week";
    HoldEnds = 'j', "authorization about to end";
    ConsentEnds = 'v', "consent about to end";
    Stuck = 'b', "unanswered for a day";
});

impl Event {
    /// Whether an attempt to charge or to hold begins with it.
    #[must_use]
    pub const fn begins_attempt(self) -> bool {
        matches!(self, Self::SaidYes | Self::AskedToHoldRest)
    }
}

/// Every name that [`State::name`] gives.
const NAMES: [&str; 22] = [
    "Draft",
    "SettingUp",
    "Ready",
    "Charging",
    "Declined",
    "Authorized",
    "Capturing",
    "Voiding",
    "Paid",
    "Disputed",
    "Cancelled",
    "Expired",
    "NeedsAttention",
    "InParts",
    "RestCharging",
    "RestDeclined",
    "RestAuthorized",
    "RestCapturing",
    "RestVoiding",
    "RestPaid",
    "RestExpired",
    "Renewing",
];

impl State {
    /// The variant's name, as the history keeps it; of a payment in parts, how the rest stands.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::SettingUp => "SettingUp",
            Self::Ready => "Ready",
            Self::Charging { .. } => "Charging",
            Self::Declined { .. } => "Declined",
            Self::Authorized(_) => "Authorized",
            Self::Capturing(_) => "Capturing",
            Self::Voiding(_) => "Voiding",
            Self::Paid(_) => "Paid",
            Self::InParts(parts) if parts.is_renewal() => "Renewing",
            Self::InParts(parts) => match *parts.rest {
                Self::Charging { .. } => "RestCharging",
                Self::Declined { .. } => "RestDeclined",
                Self::Authorized(_) => "RestAuthorized",
                Self::Capturing(_) => "RestCapturing",
                Self::Voiding(_) => "RestVoiding",
                Self::Paid(_) => "RestPaid",
                Self::Expired(_) => "RestExpired",
                Self::Draft
                | Self::SettingUp
                | Self::Ready
                | Self::InParts(_)
                | Self::Disputed(_)
                | Self::Cancelled { .. }
                | Self::NeedsAttention { .. } => "InParts",
            },
            Self::Disputed(_) => "Disputed",
            Self::Cancelled { .. } => "Cancelled",
            Self::Expired(_) => "Expired",
            Self::NeedsAttention { .. } => "NeedsAttention",
        }
    }

    /// The stored name as one of ours.
    #[must_use]
    pub fn known_name(name: &str) -> Option<&'static str> {
        NAMES.into_iter().find(|known| *known == name)
    }
}
