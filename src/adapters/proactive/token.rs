//! The token that Alexa's events are sent with, from Login with Amazon (`reference/alexa-skill.md`, section 10). Kept until shortly before it
//! ends, and never logged.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::Trouble;
use crate::adapters::json;
use crate::domain::time::Time;

/// A token is renewed this long before it ends, as Amazon's own client does.
const EARLY_SECONDS: i64 = Time::MINUTE;

/// The skill's id and secret at Login with Amazon. Without a Debug form.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([redacted])")
    }
}

/// A token, and until when it is good.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub secret: String,
    until: Time,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

impl Token {
    /// Reads the answer of Login with Amazon.
    pub(super) fn read(body: &Value, now: Time) -> Result<Self, Trouble> {
        let secret = json::text(&body["access_token"]).filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
        let seconds = json::whole(&body["expires_in"]).filter(|seconds| *seconds > 0);
        match (secret, seconds) {
            (Some(secret), Some(seconds)) => Ok(Self { secret: secret.to_owned(), until: now.plus(seconds) }),
            _ => Err(Trouble::NoToken),
        }
    }
}

/// The newest token.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<Token>>);

impl Kept {
    pub(super) fn get(&self, now: Time) -> Option<Token> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone().filter(|token| now.plus(EARLY_SECONDS) < token.until)
    }

    pub(super) fn put(&self, token: Option<Token>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}
