//! The envelope of a request, read leniently (`reference/alexa-skill.md`, sections 1 and 2). Decides nothing.
//!
//! Whatever is missing, null, or of another type than documented is absent; only a body that is no request at all is an error.

mod envelope;
mod read;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::domain::ids::Locale;
use crate::domain::time::Time;

pub use envelope::Envelope;

/// Requests stay far below this; a larger body is noise.
pub const BODY_BYTES_MAX: usize = 128 * 1024;

/// A body that is no request.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the body has {bytes} bytes, more than {max}: it cannot come from Alexa")]
    TooLarge { bytes: usize, max: usize },
    #[error("the body is not JSON: check that the function is invoked by the Alexa trigger and not by a test event")]
    NotJson {
        #[source]
        source: serde_json::Error,
    },
    #[error("the request has no {field}: check that the whole envelope is passed on, not a part of it")]
    Missing { field: &'static str },
    #[error("{field} is longer than {max} characters: it cannot come from Alexa")]
    TooLong { field: &'static str, max: usize },
}

/// A request whose sender nobody has checked yet. Only [`super::verify::verify`] opens it.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub(super) claimed: Claimed,
    pub(super) request: Request,
}

/// The skill that a request says it is for, in the two places where it can say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub context: Option<String>,
    pub session: Option<String>,
}

/// One request. Its Debug form leaves out whatever is personal or secret.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// Without blanks around it. Empty only for requests that are not spoken to; some of those come without.
    pub id: String,
    pub at: Option<Time>,
    pub locale: Option<Locale>,
    /// Alexa's id of the account: 255 characters at most.
    pub user: Option<String>,
    /// What account linking has given Alexa for this buyer, if they have linked.
    pub access_token: Option<String>,
    /// Whether the buyer lets the skill use Amazon Pay; what is not said is not granted.
    pub consent: bool,
    /// Whether a session begins with this request.
    pub new: bool,
    /// What the skill asked Alexa to remember.
    pub attributes: Option<Value>,
    pub kind: Kind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Launch,
    Intent(Intent),
    CanFulfill(Intent),
    SessionEnded {
        reason: Ended,
        error: Option<Failure>,
    },
    /// Alexa could not use a response.
    Exception {
        error: Option<Failure>,
        cause_request_id: Option<String>,
    },
    /// Amazon Pay's answer to a directive.
    Payment(Payment),
    /// The answer to another directive, or a request of another skill.
    OtherConnection,
    Resumed,
    /// The part of the type behind `AlexaSkillEvent.`.
    SkillEvent(String),
    /// The buyer has changed what Alexa may tell of; these events remain.
    Subscribed(Vec<String>),
    Message,
    AplUserEvent,
    /// A type that this version does not know.
    Unknown(String),
}

/// How a request wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerStyle {
    Speak,
    /// Nobody listens; an empty response.
    Empty,
    CanFulfill,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    UserInitiated,
    Error,
    ExceededMaxReprompts,
    Unknown,
}

/// An error that Alexa reports about our side. The only notice of it, so the message is for the log in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: String,
    pub message: Option<String>,
}

/// What Alexa understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub name: String,
    pub slots: BTreeMap<String, Slot>,
    /// The buyer said no to a question that Alexa asked on its own.
    pub denied: bool,
}

/// A slot that was filled or could have been.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// The words; several values in one text, as they were said.
    pub value: Option<String>,
    /// What entity resolution took them for, best first.
    pub ids: Vec<String>,
}

/// Amazon Pay's answer (`reference/alexa-amazon-pay.md`, section 6). `amazon_pay::answers` reads its payload.
#[derive(Clone, PartialEq)]
pub struct Payment {
    pub operation: Operation,
    pub status: Option<u16>,
    pub message: Option<String>,
    pub payload: Value,
    pub token: Option<String>,
}

/// The two operations of Amazon Pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Setup,
    Charge,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("at", &self.at)
            .field("locale", &self.locale)
            .field("consent", &self.consent)
            .field("new", &self.new)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

impl Kind {
    /// How it wants to be answered (`reference/alexa-skill.md`, section 2).
    #[must_use]
    pub const fn answer_style(&self) -> AnswerStyle {
        match self {
            Self::Launch | Self::Intent(_) | Self::Payment(_) | Self::OtherConnection | Self::Resumed | Self::AplUserEvent => {
                AnswerStyle::Speak
            }
            Self::CanFulfill(_) => AnswerStyle::CanFulfill,
            Self::SessionEnded { .. }
            | Self::Exception { .. }
            | Self::SkillEvent(_)
            | Self::Subscribed(_)
            | Self::Message
            | Self::Unknown(_) => AnswerStyle::Empty,
        }
    }

    /// One word for logs.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Launch => "LaunchRequest",
            Self::Intent(intent) | Self::CanFulfill(intent) => &intent.name,
            Self::SessionEnded { .. } => "SessionEndedRequest",
            Self::Exception { .. } => "System.ExceptionEncountered",
            Self::Payment(Payment { operation: Operation::Setup, .. }) => "Setup",
            Self::Payment(Payment { operation: Operation::Charge, .. }) => "Charge",
            Self::OtherConnection => "Connections",
            Self::Resumed => "SessionResumedRequest",
            Self::SkillEvent(name) | Self::Unknown(name) => name,
            Self::Subscribed(_) => "ProactiveSubscriptionChanged",
            Self::Message => "Messaging.MessageReceived",
            Self::AplUserEvent => "Alexa.Presentation.APL.UserEvent",
        }
    }
}
