//! Whether a request is for this skill. The only way from [`Incoming`] to something that may be read.

use std::fmt;
use std::ops::Deref;

use super::wire::{Incoming, Request};

/// The id of a skill, `amzn1.ask.skill.…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationId(String);

/// A text that is no skill id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a skill id: copy it from the developer console, it looks like amzn1.ask.skill.12345678-...")]
pub struct NotAnApplicationId;

/// Something whose sender has been checked. Only [`verify`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<T>(T);

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("the request names no skill: only requests from Alexa are answered")]
    NoApplication,
    #[error("the request names two different skills")]
    TwoApplications,
    #[error("the request is for another skill: check the configured skill id and the trigger of the function")]
    OtherApplication,
}

impl ApplicationId {
    /// Takes an id as the developer console shows it.
    ///
    /// # Errors
    /// [`NotAnApplicationId`] unless it is 1 to 255 printable characters.
    pub fn parse(text: &str) -> Result<Self, NotAnApplicationId> {
        let text = text.trim();
        let valid = !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { Ok(Self(text.to_owned())) } else { Err(NotAnApplicationId) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Verified<T> {
    /// What was verified.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// The request, if it is for one of these skills.
///
/// # Errors
/// [`VerifyError`] when it is for another one, for two at once, or does not say.
pub fn verify(incoming: Incoming, skills: &[ApplicationId]) -> Result<Verified<Request>, VerifyError> {
    let Incoming { claimed, request } = incoming;
    let id = match (claimed.context, claimed.session) {
        (Some(context), Some(session)) if context != session => return Err(VerifyError::TwoApplications),
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => return Err(VerifyError::NoApplication),
    };
    if skills.iter().any(|skill| skill.0 == id) { Ok(Verified(request)) } else { Err(VerifyError::OtherApplication) }
}
