//! The authorization request (RFC 6749, 4.1.1): what a browser brings from Alexa, and how it goes back.

use serde::{Deserialize, Serialize};

use super::Client;
use super::params::Params;
use super::pkce;

/// A request that may be answered: everything in it is in order, and the address is one of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Exactly as it was registered.
    pub redirect: String,
    /// Comes back unchanged.
    pub state: String,
    pub challenge: String,
}

/// Why a request is not answered with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// Nobody is sent anywhere: the address is not to be trusted (4.1.2.1).
    Untrusted(Untrusted),
    /// Alexa is told, at this address.
    Tell(String),
}

/// Why nobody is sent anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    #[error("the client id is missing, or none that this shop knows: compare it with the skill's account linking")]
    Client,
    #[error("the redirect address is missing, or none that was registered: compare the addresses of the skill's account linking")]
    Redirect,
}

/// What Alexa is told instead of a code (4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    InvalidRequest(&'static str),
    UnsupportedResponseType,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
}

impl Error {
    const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(what) => what,
            Self::UnsupportedResponseType => "only the response type code is served",
            Self::AccessDenied => "the buyer did not agree",
            Self::ServerError => "the shop could not finish",
            Self::TemporarilyUnavailable => "the shop cannot be served at the moment",
        }
    }
}

/// More than any state of Alexa's, and little enough to be carried along.
const STATE_MAX: usize = 2_048;

impl Asked {
    /// # Errors
    /// [`NotAsked`].
    pub fn read(params: &Params, client: &Client) -> Result<Self, NotAsked> {
        if params.once("client_id") != Some(client.id()) {
            return Err(NotAsked::Untrusted(Untrusted::Client));
        }
        let redirect = params.once("redirect_uri").filter(|address| client.redirects().iter().any(|own| own == address));
        let redirect = redirect.ok_or(NotAsked::Untrusted(Untrusted::Redirect))?;
        let state = params.once("state");
        let tell = |error: Error| NotAsked::Tell(back(redirect, state, &Answer::Error(error)));
        if params.any_repeated() {
            return Err(tell(Error::InvalidRequest("a parameter came more than once")));
        }
        match params.once("response_type") {
            Some("code") => {}
            Some(_) => return Err(tell(Error::UnsupportedResponseType)),
            None => return Err(tell(Error::InvalidRequest("response_type is missing"))),
        }
        // Alexa always sends one; without it anybody could send a buyer back with another's code (10.12).
        let Some(state) = state else { return Err(tell(Error::InvalidRequest("state is missing"))) };
        if state.len() > STATE_MAX {
            return Err(tell(Error::InvalidRequest("state is too long")));
        }
        let Some(challenge) = params.once("code_challenge") else {
            return Err(tell(Error::InvalidRequest("code_challenge is missing: switch PKCE on in the skill's account linking")));
        };
        if params.once("code_challenge_method") != Some("S256") {
            return Err(tell(Error::InvalidRequest("code_challenge_method has to be S256")));
        }
        if !pkce::is_challenge(challenge) {
            return Err(tell(Error::InvalidRequest("code_challenge is no SHA-256 in base64url")));
        }
        Ok(Self { redirect: redirect.to_owned(), state: state.to_owned(), challenge: challenge.to_owned() })
    }

    /// Where the browser goes with the code (4.1.2).
    #[must_use]
    pub fn with_code(&self, code: &str) -> String {
        back(&self.redirect, Some(&self.state), &Answer::Code(code))
    }

    /// Where the browser goes without one.
    #[must_use]
    pub fn with_error(&self, error: Error) -> String {
        back(&self.redirect, Some(&self.state), &Answer::Error(error))
    }
}

enum Answer<'a> {
    Code(&'a str),
    Error(Error),
}

fn back(redirect: &str, state: Option<&str>, answer: &Answer<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    match answer {
        Answer::Code(code) => query.append_pair("code", code),
        Answer::Error(error) => query.append_pair("error", error.code()).append_pair("error_description", error.description()),
    };
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    let joint = if redirect.contains('?') { '&' } else { '?' };
    format!("{redirect}{joint}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::super::testing::client;
    use super::*;

    const BACK: &str = "https://layla.amazon.com/api/skill/link/M1EXAMPLE";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    /// The request of an Alexa app, with one parameter as the test wants it.
    fn asked(name: &str, value: Option<&str>) -> Result<Asked, NotAsked> {
        let usual = [
            ("response_type", "code"),
            ("client_id", "alexa-skill"),
            ("redirect_uri", BACK),
            ("scope", "buy"),
            ("state", "A2 B&c=d"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(usual.iter().filter(|(own, _)| *own != name));
        query.extend_pairs(value.map(|value| (name, value)));
        Asked::read(&Params::parse(query.finish().as_bytes()), &client())
    }

    #[test]
    fn a_request_in_order_goes_back_with_code_and_state() {
        let asked = asked("", None).unwrap();
        assert_eq!((asked.redirect.as_str(), asked.state.as_str()), (BACK, "A2 B&c=d"));
        assert_eq!(asked.with_code("xyz"), format!("{BACK}?code=xyz&state=A2+B%26c%3Dd"));
        assert!(asked.with_error(Error::AccessDenied).starts_with(&format!("{BACK}?error=access_denied&")));
    }

    #[test]
    fn nobody_is_sent_to_an_address_that_was_not_registered() {
        for wrong in [
            None,
            Some("https://evil.example/api/skill/link/M1EXAMPLE"),
            Some("https://layla.amazon.com/api/skill/link/M1EXAMPLE/"),
            Some("https://layla.amazon.com/api/skill/link/M1EXAMPLE?x=1"),
            Some("https://LAYLA.amazon.com/api/skill/link/M1EXAMPLE"),
            Some("https://layla.amazon.com/api/skill/link/OTHER"),
        ] {
            assert_eq!(asked("redirect_uri", wrong), Err(NotAsked::Untrusted(Untrusted::Redirect)), "{wrong:?}");
        }
        for wrong in [None, Some("other")] {
            assert_eq!(asked("client_id", wrong), Err(NotAsked::Untrusted(Untrusted::Client)));
        }
        let twice = format!("client_id=alexa-skill&redirect_uri={BACK}&redirect_uri={BACK}");
        assert_eq!(Asked::read(&Params::parse(twice.as_bytes()), &client()), Err(NotAsked::Untrusted(Untrusted::Redirect)));
    }

    #[test]
    fn every_other_refusal_is_told_to_alexa_in_the_words_of_the_standard() {
        let long = "s".repeat(STATE_MAX + 1);
        for (name, value, error) in [
            ("response_type", None, "invalid_request"),
            ("response_type", Some("token"), "unsupported_response_type"),
            ("state", None, "invalid_request"),
            ("state", Some(long.as_str()), "invalid_request"),
            ("code_challenge", None, "invalid_request"),
            ("code_challenge", Some("short"), "invalid_request"),
            ("code_challenge_method", None, "invalid_request"),
            ("code_challenge_method", Some("plain"), "invalid_request"),
        ] {
            let Err(NotAsked::Tell(address)) = asked(name, value) else { panic!("{name} {value:?}") };
            assert!(address.starts_with(&format!("{BACK}?error={error}&error_description=")), "{name}: {address}");
            assert_eq!(address.contains("&state="), name != "state" || value.is_some());
        }
    }
}
