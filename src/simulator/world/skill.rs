//! The skill as the world sees it: something that answers envelopes.

use std::future::Future;

use serde_json::Value;

use crate::domain::time::Time;
use crate::simulator::alexa::ErrorType;
use crate::simulator::amazon_pay::Buyer;

/// A skill, in this process or behind an address.
pub trait Skill {
    /// Answers one request envelope with one response envelope.
    fn invoke(&self, envelope: Value) -> impl Future<Output = Result<Value, SkillError>> + Send;

    /// Links the account of a buyer, who agrees to pay with a saved wallet; gives the access token that Alexa sends from then on.
    ///
    /// # Errors
    /// Why that cannot be, for the tester.
    fn link(&self, buyer: Buyer, now: Time) -> impl Future<Output = Result<String, String>> + Send {
        let _ = (buyer, now);
        async { Err("Accounts are linked where the skill runs: open its link page.".to_owned()) }
    }

    /// Whether a buyer has linked the account where the skill runs, in a browser.
    fn linked(&self, buyer: Buyer) -> impl Future<Output = Option<Linked>> + Send {
        let _ = buyer;
        async { None }
    }

    /// A linked buyer sets a voice code of four digits on the payment page, or takes it away; `always` has it asked for at every purchase.
    ///
    /// # Errors
    /// Why that cannot be, for the tester.
    fn set_code(&self, buyer: Buyer, code: Option<&str>, always: bool, now: Time) -> impl Future<Output = Result<(), String>> + Send {
        let _ = (buyer, code, always, now);
        async { Err("Voice codes are set where the skill runs: open its payment page.".to_owned()) }
    }

    /// Answers a dot-command that is not the world's, such as a look into the shop's orders at `now`; `None` when it is not the skill's either.
    fn aside(&self, command: &str, now: Time) -> impl Future<Output = Option<String>> + Send {
        let _ = (command, now);
        async { None }
    }

    /// The mail that has gone out since this was last asked, a line for each.
    fn mail(&self, now: Time) -> impl Future<Output = Vec<String>> + Send {
        let _ = now;
        async { Vec::new() }
    }
}

/// An account that was linked in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// What Alexa sends from then on; another one after the account was linked anew.
    pub access_token: String,
    /// Alexa has not told the skill yet.
    pub news: bool,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum SkillError {
    #[error("the skill failed on this request: its log says why")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the skill took longer than {seconds} s: answer within 6 s, or answer that the work goes on")]
    TimedOut { seconds: u64 },
    #[error("nothing answers at {endpoint}: start the skill there, or leave out --endpoint")]
    Unreachable {
        endpoint: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{endpoint} answers with status {status}: {body}")]
    Status { endpoint: String, status: u16, body: String },
    #[error("{endpoint} does not answer with JSON: is it a skill's address?")]
    NotJson {
        endpoint: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SkillError {
    /// What Alexa calls it (`reference/alexa-skill.md` section 2).
    #[must_use]
    pub const fn error_type(&self) -> ErrorType {
        match self {
            Self::TimedOut { .. } => ErrorType::EndpointTimeout,
            Self::Failed(_) | Self::Unreachable { .. } | Self::Status { .. } | Self::NotJson { .. } => ErrorType::InvalidResponse,
        }
    }
}
