//! Who a buyer is, from Login with Amazon (`reference/amazon-pay-mws.md`, section 13). First the token is checked: one that was given to
//! another application would let that one pass its users off as ours.

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::api::place::Environment;
use super::call::failure::{self, Again, Outcome, Refused, Unread};
use super::call::line::{Line, Plan};
use super::call::origin::{AddressError, Origin};
use super::call::{Answer, Seen};
use super::person::{Person, SplitName};
use crate::adapters::json::{printable, text, whole};

/// A buyer's leave to read the profile. It is a key to personal data, so it is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

/// A text that is no access token; it is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an access token: expected what stands behind access_token= in the address that the buyer came back to")]
pub struct NoAccessToken;

const TOKEN_MAX: usize = 4_096;

impl AccessToken {
    /// Takes a token as it is, or as it stands in an address, where `|` is `%7C`.
    ///
    /// # Errors
    /// [`NoAccessToken`].
    pub fn parse(token: &str) -> Result<Self, NoAccessToken> {
        let decoded = percent_decode_str(token.trim()).decode_utf8().map_err(|_| NoAccessToken)?;
        let fits = (1..=TOKEN_MAX).contains(&decoded.len()) && decoded.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(decoded.into_owned())) } else { Err(NoAccessToken) }
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Where buyers' accounts are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    UnitedStates,
    UnitedKingdom,
    Germany,
    Japan,
}

impl Site {
    const fn domain(self) -> &'static str {
        match self {
            Self::UnitedStates => "amazon.com",
            Self::UnitedKingdom => "amazon.co.uk",
            Self::Germany => "amazon.de",
            Self::Japan => "amazon.co.jp",
        }
    }
}

/// As much as the buyer has agreed to tell. Personal data, so nothing of it has a Debug form.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// The same for every visit of this buyer to this merchant, as `amzn1.account.…`.
    pub user_id: String,
    pub person: Person,
    pub postal_code: Option<String>,
}

impl Profile {
    /// First and last name.
    #[must_use]
    pub fn name(&self) -> Option<SplitName> {
        SplitName::of(self.person.name.as_deref()?)
    }

    fn read(body: &Value) -> Option<Self> {
        let part = |key: &str| text(&body[key]).map(str::to_owned);
        let person = Person { name: part("name"), email: part("email"), phone: None };
        Some(Self { user_id: part("user_id")?, person, postal_code: part("postal_code") })
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile([redacted])")
    }
}

/// What Amazon says of a token.
struct TokenInfo {
    audience: String,
    user_id: String,
    seconds_left: Option<i64>,
}

impl TokenInfo {
    fn read(body: &Value) -> Option<Self> {
        let part = |key: &str| text(&body[key]).map(str::to_owned);
        Some(Self { audience: part("aud")?, user_id: part("user_id")?, seconds_left: whole(&body["exp"]) })
    }
}

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Login with Amazon answered {status} {error}: {description}")]
pub struct Refusal {
    pub status: u16,
    /// As `invalid_token`.
    pub error: String,
    pub description: String,
    pub seen: Seen,
}

impl Refusal {
    fn read(status: u16, body: &[u8], seen: Seen) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let part = |key: &str, max| printable(text(&body[key]).unwrap_or_default(), max);
        Self { status, error: part("error", 64), description: part("error_description", 200), seen }
    }
}

/// Nothing is changed by reading, so nothing can have been done.
impl Refused for Refusal {
    fn outcome(&self) -> Outcome {
        Outcome::NotDone
    }

    fn retryable(&self) -> bool {
        self.throttled() || self.status >= 500
    }

    fn throttled(&self) -> bool {
        self.status == 429
    }

    fn advised_pause(&self, _tries: u32) -> Duration {
        Duration::ZERO
    }

    fn seen(&self) -> &Seen {
        &self.seen
    }
}

type Cause = failure::Cause<Refusal>;

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("the buyer has to sign in again: the token is not accepted any more")]
    TokenRefused(#[source] failure::CallError<Refusal>),
    #[error("the buyer has to sign in again: the token has expired")]
    Expired,
    #[error("the token was given to another application, so it says nothing about who is here: refuse it")]
    OtherApplication,
    #[error("the token and the profile are of two different buyers: refuse them")]
    OtherBuyer,
    #[error(transparent)]
    Call(failure::CallError<Refusal>),
}

impl ProfileError {
    fn of(error: failure::CallError<Refusal>) -> Self {
        let refused = error.cause.refusal().is_some_and(|refusal| refusal.error == "invalid_token");
        if refused { Self::TokenRefused(error) } else { Self::Call(error) }
    }

    /// Whether the same token may be good in a moment.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Call(error) => error.retryable(),
            Self::TokenRefused(_) | Self::Expired | Self::OtherApplication | Self::OtherBuyer => false,
        }
    }
}

/// A merchant's view of Login with Amazon.
#[derive(Debug)]
pub struct Client {
    /// The client id that tokens must have been given to; Amazon Pay's store id is one.
    application: String,
    origin: Origin,
    line: Line,
}

impl Client {
    /// Prepares to ask; nothing is sent yet.
    #[must_use]
    pub fn new(application: &str, site: Site, environment: Environment) -> Self {
        let host = match environment {
            Environment::Live => format!("api.{}", site.domain()),
            Environment::Sandbox => format!("api.sandbox.{}", site.domain()),
        };
        Self { application: application.to_owned(), origin: Origin::of(&host), line: Line::new() }
    }

    /// The same at another address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn instead_at(self, address: &str) -> Result<Self, AddressError> {
        Ok(Self { origin: Origin::parse(address)?, ..self })
    }

    /// The profile of the buyer who gave this token to us.
    ///
    /// # Errors
    /// [`ProfileError`]; nothing of the profile is read before the token is known to be ours.
    pub async fn profile(&self, token: &AccessToken, within: Duration) -> Result<Answer<Profile>, ProfileError> {
        let began = tokio::time::Instant::now();
        let info = self.get("Token Info", "/auth/o2/tokeninfo", token, within, TokenInfo::read).await?.value;
        if info.audience != self.application {
            return Err(ProfileError::OtherApplication);
        }
        if info.seconds_left.is_some_and(|left| left <= 0) {
            return Err(ProfileError::Expired);
        }
        let answer = self.get("Profile", "/user/profile", token, within.saturating_sub(began.elapsed()), Profile::read).await?;
        if answer.value.user_id == info.user_id { Ok(answer) } else { Err(ProfileError::OtherBuyer) }
    }

    async fn get<T>(
        &self,
        operation: &'static str,
        path: &'static str,
        token: &AccessToken,
        within: Duration,
        read: fn(&Value) -> Option<T>,
    ) -> Result<Answer<T>, ProfileError> {
        let plan = Plan { operation, quota: None, again: Again::Harmless };
        self.line.call(plan, within, || self.send(operation, path, token, read)).await.map_err(ProfileError::of)
    }

    /// One try. The token goes in a header, because addresses end up in logs.
    async fn send<T>(
        &self,
        operation: &'static str,
        path: &'static str,
        token: &AccessToken,
        read: fn(&Value) -> Option<T>,
    ) -> Result<Answer<T>, Cause> {
        let build = |http: &reqwest::Client| http.get(self.origin.url(path)).header("x-amz-access-token", token.secret());
        let reply = self.line.send(operation, &self.origin, &[token.secret()], build).await?;
        if !reply.is_success() {
            return Err(Cause::Refused(Refusal::read(reply.status, &reply.body, reply.seen)));
        }
        let body = serde_json::from_slice::<Value>(&reply.body).map_err(|_| Unread::NotJson);
        match body.and_then(|body| read(&body).ok_or(Unread::Incomplete)) {
            Ok(value) => Ok(Answer { value, seen: reply.seen }),
            Err(why) => Err(Cause::Unreadable { status: reply.status, seen: reply.seen, why }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_as_it_is_or_as_an_address_has_it_and_is_not_shown() {
        let token = AccessToken::parse("Atza|IwEBIexample").unwrap();
        assert_eq!(AccessToken::parse(" Atza%7CIwEBIexample\n"), Ok(token.clone()));
        assert_eq!((token.secret(), format!("{token:?}").as_str()), ("Atza|IwEBIexample", "[redacted]"));
        for wrong in ["", " ", "Atza| two", "Atza%0AHost: x", "Atza|é", "%ff", &"a".repeat(4_097)] {
            assert_eq!(AccessToken::parse(wrong), Err(NoAccessToken), "{wrong}");
        }
    }

    #[test]
    fn every_site_has_its_hosts() {
        let host = |site, environment| Client::new("id", site, environment).origin.host().to_owned();
        for (site, domain) in [
            (Site::UnitedStates, "amazon.com"),
            (Site::UnitedKingdom, "amazon.co.uk"),
            (Site::Germany, "amazon.de"),
            (Site::Japan, "amazon.co.jp"),
        ] {
            assert_eq!(host(site, Environment::Live), format!("api.{domain}"));
            assert_eq!(host(site, Environment::Sandbox), format!("api.sandbox.{domain}"));
        }
    }
}
