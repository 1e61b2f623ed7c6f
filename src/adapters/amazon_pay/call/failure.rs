//! Why a call did not succeed, and what that says about what was asked for.

use std::time::Duration;

use super::Seen;
use super::unfit::Unfit;
use crate::domain::payment::Decline;

/// What is known of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not happened, and nothing was tried at the buyer's bank.
    NotDone,
    /// It was tried and turned down. Another try needs a new idempotency key.
    Declined(Decline),
    /// It may have happened. Only the same call with the same key, or a look at the object, can tell.
    Unknown,
}

/// A service's answer that it did not do what it was asked.
pub trait Refused: std::error::Error + 'static {
    /// What it says of the call that it answers.
    fn outcome(&self) -> Outcome;

    /// Whether the same call, with the same key, may succeed in a moment.
    fn retryable(&self) -> bool;

    /// Whether it is the number of calls that was refused.
    fn throttled(&self) -> bool;

    /// The pause that the service's pages advise after this many tries.
    fn advised_pause(&self, tries: u32) -> Duration;

    /// What came with it.
    fn seen(&self) -> &Seen;
}

/// A signature could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request could not be signed: the system gives no random numbers")]
pub struct SignError;

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} did not succeed (tries: {tries})")]
pub struct CallError<R: Refused> {
    pub operation: &'static str,
    /// How often something was sent, or was to be.
    pub tries: u32,
    #[source]
    pub cause: Cause<R>,
    /// Whether an earlier try may have got through.
    pub(super) doubt: bool,
    pub(super) again: Again,
}

/// What repeating a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Nothing more: the service knows it by its key, or it changes nothing, or the same thing a second time is the same thing.
    Harmless,
    /// It would happen once more, so it is not repeated when it may have happened.
    Doubles,
}

/// What went wrong on the last try.
#[derive(Debug, thiserror::Error)]
pub enum Cause<R: Refused> {
    #[error("it was not sent, because Amazon Pay would not take it: {}", list(.0))]
    Unfit(Vec<Unfit>),
    #[error(transparent)]
    Unsigned(#[from] SignError),
    #[error("no date can be put on the request: set this machine's clock")]
    NoDate,
    #[error("HTTPS cannot be set up on this machine")]
    NoClient(#[source] reqwest::Error),
    #[error(transparent)]
    Refused(R),
    #[error("{host} cannot be reached")]
    NoConnection {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("the connection broke before the answer was complete")]
    Interrupted(#[source] reqwest::Error),
    #[error("there was no answer in time")]
    TimedOut,
    #[error("the answer {status} is not what the call has for an answer: {why}")]
    Unreadable { status: u16, seen: Seen, why: Unread },
}

/// Why an answer cannot be read. Nothing of the answer itself is told, because what it holds is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("it has more than {} KiB", super::line::BODY_MAX / 1024)]
    TooLong,
    #[error("it is no whole JSON")]
    NotJson,
    #[error("it is no whole XML")]
    NotXml,
    #[error("it brings entities of its own, which no honest answer does")]
    Entities,
    #[error("it has more parts than any answer")]
    TooMany,
    #[error("it answers another call")]
    OtherCall,
    #[error("what was asked for is not in it, or without its id")]
    Incomplete,
}

fn list(problems: &[Unfit]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl<R: Refused> Cause<R> {
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Unfit(_) | Self::Unsigned(_) | Self::NoDate | Self::NoClient(_) | Self::NoConnection { .. } => Outcome::NotDone,
            Self::Refused(refusal) => refusal.outcome(),
            Self::Interrupted(_) | Self::TimedOut | Self::Unreadable { .. } => Outcome::Unknown,
        }
    }

    pub(super) fn retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.retryable(),
            Self::NoConnection { .. } | Self::Interrupted(_) => true,
            // Time is up, or it would be the same again.
            Self::TimedOut | Self::Unreadable { .. } | Self::Unfit(_) | Self::Unsigned(_) | Self::NoDate | Self::NoClient(_) => false,
        }
    }

    /// The answer, when there was one and it was no success.
    #[must_use]
    pub fn refusal(&self) -> Option<&R> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Unfit(_)
            | Self::Unsigned(_)
            | Self::NoDate
            | Self::NoClient(_)
            | Self::NoConnection { .. }
            | Self::Interrupted(_)
            | Self::TimedOut
            | Self::Unreadable { .. } => None,
        }
    }
}

impl<R: Refused> CallError<R> {
    /// A call that was not sent, because of what is in it.
    pub(in crate::adapters::amazon_pay) const fn unfit(operation: &'static str, problems: Vec<Unfit>) -> Self {
        Self { operation, tries: 0, cause: Cause::Unfit(problems), doubt: false, again: Again::Harmless }
    }

    /// What is known of what was asked for. Once a try may have got through, a later one that was not done settles nothing; only a
    /// decline does, because it is the answer to this key.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.cause.outcome() {
            Outcome::NotDone if self.doubt => Outcome::Unknown,
            outcome @ (Outcome::NotDone | Outcome::Declined(_) | Outcome::Unknown) => outcome,
        }
    }

    /// Whether an earlier try may have got through.
    #[must_use]
    pub const fn follows_doubt(&self) -> bool {
        self.doubt
    }

    /// Whether the same call, with the same key, may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        let passing = self.cause.retryable() || matches!(self.cause, Cause::TimedOut);
        passing && (self.again == Again::Harmless || self.outcome() == Outcome::NotDone)
    }

    /// What came with the last answer, if there was one.
    #[must_use]
    pub fn seen(&self) -> Option<&Seen> {
        match &self.cause {
            Cause::Refused(refusal) => Some(refusal.seen()),
            Cause::Unreadable { seen, .. } => Some(seen),
            Cause::Unfit(_)
            | Cause::Unsigned(_)
            | Cause::NoDate
            | Cause::NoClient(_)
            | Cause::NoConnection { .. }
            | Cause::Interrupted(_)
            | Cause::TimedOut => None,
        }
    }
}
