//! What can become of a payment step, by the names under which a tester asks for it.

use serde::{Deserialize, Serialize};

use super::errors::{ERROR_CODES, Step};

/// One thing that can become of a payment step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub name: &'static str,
    pub about: &'static str,
    /// The only step to which it applies; `None` for both.
    pub step: Option<Step>,
    pub effect: Effect,
}

/// What an outcome does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Everything goes well.
    Ordinary,
    /// An authorization ends like this (section 8).
    Authorization(End),
    /// The billing agreement is in this state from now on (section 7).
    Agreement(Status),
    /// The step is refused with a documented code (section 9).
    Error(&'static str),
    /// The step is carried out, but the answer is not of the expected shape.
    Odd(Odd),
    /// The step is carried out, or not, and the answer takes another way than usual.
    Delivery(Delivery),
}

/// How an authorization ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Captured if the request asked for it, authorized otherwise.
    AsAsked,
    /// Authorized, and not captured although the request may have asked for it.
    Authorized,
    Declined {
        reason: &'static str,
        soft: bool,
    },
    /// Pending now; final after half a minute.
    Pending {
        declined: bool,
    },
    /// Closed without a sale.
    Closed {
        reason: &'static str,
    },
}

/// The state of a billing agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Status {
    Open,
    Draft,
    Suspended,
    Closed,
    Canceled,
}

impl Status {
    /// The capitals of the answers.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Draft => "DRAFT",
            Self::Suspended => "SUSPENDED",
            Self::Closed => "CLOSED",
            Self::Canceled => "CANCELED",
        }
    }

    /// The state of that name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Open, Self::Draft, Self::Suspended, Self::Closed, Self::Canceled]
            .into_iter()
            .find(|status| status.code().eq_ignore_ascii_case(name))
    }
}

/// Answers that are not of the expected shape; the documents or captures show that each can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    UnknownState,
    UnknownReason,
    MissingStatus,
    NullPayload,
    MissingPayload,
    NoStatus,
    NumericStatus,
    /// An error that says nothing but its code (fixture `fragment-pay-charge-403-unsupported-client.json`); nothing is carried out.
    BareError,
    /// Version 1 (section 5): no billingAddress, and the state `Completed`.
    VersionOne,
}

/// How an answer reaches the skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Once,
    Twice,
    /// It arrives once, and what the skill says to it is lost on the way to the device.
    Unheard,
    /// Held until it is delivered by command.
    Late,
    /// The step was carried out; its answer is lost.
    Lost,
    /// The request was lost; nothing was carried out.
    NeverArrived,
    /// `System.ExceptionEncountered` comes instead of the answer; nothing was carried out.
    Exception,
    /// The step was carried out, and `System.ExceptionEncountered` comes instead of the answer.
    ExceptionAfter,
    /// `SessionEndedRequest` with an error comes instead of the answer; nothing was carried out.
    SessionError,
}

const fn on(step: Option<Step>, name: &'static str, about: &'static str, effect: Effect) -> Outcome {
    Outcome { name, about, step, effect }
}

const fn charge(name: &'static str, about: &'static str, end: End) -> Outcome {
    on(Some(Step::Charge), name, about, Effect::Authorization(end))
}

const fn declined(name: &'static str, about: &'static str, reason: &'static str, soft: bool) -> Outcome {
    charge(name, about, End::Declined { reason, soft })
}

const fn agreement(name: &'static str, about: &'static str, status: Status) -> Outcome {
    on(None, name, about, Effect::Agreement(status))
}

const fn odd(step: Option<Step>, name: &'static str, about: &'static str, odd: Odd) -> Outcome {
    on(step, name, about, Effect::Odd(odd))
}

const fn delivery(name: &'static str, about: &'static str, delivery: Delivery) -> Outcome {
    on(None, name, about, Effect::Delivery(delivery))
}

/// The outcome when none is asked for.
pub const PAID: Outcome = on(None, "paid", "all goes well: the agreement is open, the money is captured if asked for", Effect::Ordinary);

/// Every outcome but the error codes, which are outcomes by their own names.
pub const OUTCOMES: [Outcome; 32] = [
    PAID,
    charge("authorized", "authorized, not captured", End::Authorized),
    declined("declined-soft", "InvalidPaymentMethod that may pass; one more try is allowed", "InvalidPaymentMethod", true),
    declined("declined-hard", "InvalidPaymentMethod; the agreement is suspended", "InvalidPaymentMethod", false),
    declined("rejected", "AmazonRejected; no retry", "AmazonRejected", false),
    declined("processing-failure", "ProcessingFailure inside Amazon", "ProcessingFailure", false),
    declined("timed-out", "TransactionTimedOut", "TransactionTimedOut", false),
    charge("pending", "Pending; paid half a minute later", End::Pending { declined: false }),
    charge("pending-declined", "Pending; declined half a minute later", End::Pending { declined: true }),
    charge("expired-unused", "Closed, ExpiredUnused: no sale", End::Closed { reason: "ExpiredUnused" }),
    charge("amazon-closed", "Closed, AmazonClosed: no sale", End::Closed { reason: "AmazonClosed" }),
    agreement("draft", "the agreement is a draft", Status::Draft),
    agreement("suspended", "the agreement is suspended", Status::Suspended),
    agreement("closed", "the agreement is closed", Status::Closed),
    agreement("canceled", "the agreement is canceled", Status::Canceled),
    odd(None, "unknown-state", "a state that no document names", Odd::UnknownState),
    odd(Some(Step::Charge), "unknown-reason", "Closed for a reason that no document names, though captured", Odd::UnknownReason),
    odd(None, "missing-status", "carried out, but the answer does not say the state", Odd::MissingStatus),
    odd(None, "null-payload", "200 with a null payload", Odd::NullPayload),
    odd(None, "missing-payload", "200 without a payload", Odd::MissingPayload),
    odd(None, "no-status", "an answer without a status", Odd::NoStatus),
    odd(None, "numeric-status", "all goes well; the status code is a number", Odd::NumericStatus),
    odd(None, "bare-error", "UnsupportedClientPlatform with an empty payload; not carried out", Odd::BareError),
    odd(None, "v1", "all goes well; the answer is of version 1", Odd::VersionOne),
    delivery("silence", "carried out, and no answer arrives", Delivery::Lost),
    delivery("silence-before", "not carried out, and no answer arrives", Delivery::NeverArrived),
    delivery("unheard", "carried out; the answer arrives, but nobody hears what the skill says to it", Delivery::Unheard),
    delivery("late", "carried out; the answer waits for .answers deliver", Delivery::Late),
    delivery("duplicate", "carried out; the answer arrives twice", Delivery::Twice),
    delivery("exception", "not carried out; System.ExceptionEncountered arrives", Delivery::Exception),
    delivery("exception-after", "carried out; System.ExceptionEncountered arrives", Delivery::ExceptionAfter),
    delivery("session-error", "not carried out; the session ends with an error", Delivery::SessionError),
];

impl Outcome {
    /// The outcome of that name; error codes are outcomes too, in any case of letters.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let error = |name: &str| {
            let code = ERROR_CODES.iter().find(|error| error.code.eq_ignore_ascii_case(name))?;
            Some(on(code.step, code.code, "a documented error", Effect::Error(code.code)))
        };
        OUTCOMES.into_iter().find(|outcome| outcome.name.eq_ignore_ascii_case(name)).or_else(|| error(name))
    }

    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OUTCOMES.iter().map(|outcome| outcome.name).chain(ERROR_CODES.iter().map(|error| error.code))
    }
}
