//! The OAuth 2.0 authorization server's side of the wire (RFC 6749, PKCE by RFC 7636), as Alexa account linking uses it
//! (`reference/alexa-skill.md`, section 11): the authorization code grant with PKCE, and refresh tokens.

pub mod authorize;
pub mod params;
pub mod pkce;
pub mod token;

use std::fmt;

use ring::hmac;

/// The one client there is: the skill's account linking, as it is registered in the developer console.
#[derive(Clone)]
pub struct Client {
    id: String,
    secret: hmac::Key,
    redirects: Vec<String>,
}

/// Why there is no client to serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    #[error("the client id is empty or not printable: write the one from the skill's account linking")]
    Id,
    #[error(
        "the client secret has fewer than 16 characters: make one with `openssl rand -hex 32`, here and in the skill's account linking"
    )]
    Secret,
    #[error("there is no address to send buyers back to: copy those that the developer console shows under account linking")]
    NoRedirect,
    #[error("{0} is no address to send buyers back to: it has to be https, without a fragment")]
    Redirect(String),
}

const SAME: &[u8] = b"client secret";

impl Client {
    /// # Errors
    /// [`ClientError`].
    pub fn new(id: &str, secret: &str, redirects: Vec<String>) -> Result<Self, ClientError> {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClientError::Id);
        }
        let secret = secret.trim();
        if secret.len() < 16 {
            return Err(ClientError::Secret);
        }
        if redirects.is_empty() {
            return Err(ClientError::NoRedirect);
        }
        if let Some(wrong) = redirects.iter().find(|address| !is_redirect(address)) {
            return Err(ClientError::Redirect(wrong.clone()));
        }
        Ok(Self { id: id.to_owned(), secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), redirects })
    }

    /// The addresses of Alexa's account linking for a vendor: one for each part of the world, and the buyer comes from any.
    #[must_use]
    pub fn alexa_redirects(vendor: &str) -> Vec<String> {
        ["pitangui.amazon.com", "layla.amazon.com", "alexa.amazon.co.jp"]
            .map(|host| format!("https://{host}/api/skill/link/{vendor}"))
            .into()
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    #[must_use]
    pub fn redirects(&self) -> &[String] {
        &self.redirects
    }

    /// Whether id and secret are this client's. What time it takes says nothing about the secret.
    fn is(&self, id: &str, secret: &str) -> bool {
        let given = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), SAME);
        let same = hmac::verify(&self.secret, SAME, given.as_ref()).is_ok();
        same && id == self.id
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("redirects", &self.redirects).finish_non_exhaustive()
    }
}

/// Safe, or on this machine.
fn is_redirect(address: &str) -> bool {
    reqwest::Url::parse(address).is_ok_and(|url| {
        let local = url.host_str().is_some_and(|host| ["127.0.0.1", "localhost"].contains(&host));
        url.fragment().is_none() && url.has_host() && (url.scheme() == "https" || url.scheme() == "http" && local)
    })
}

#[cfg(test)]
pub(super) mod testing {
    use super::Client;

    pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

    pub fn client() -> Client {
        Client::new("alexa-skill", SECRET, Client::alexa_redirects("M1EXAMPLE")).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{SECRET, client};
    use super::*;

    #[test]
    fn only_id_and_secret_together_are_the_client_and_the_secret_is_not_shown() {
        let client = client();
        assert!(client.is("alexa-skill", SECRET));
        assert!(!client.is("alexa-skill", "") && !client.is("alexa-skill", &SECRET[1..]) && !client.is("other", SECRET));
        assert!(!format!("{client:?}").contains(SECRET));
    }

    #[test]
    fn a_client_that_cannot_be_served_is_told_why() {
        let new = |id: &str, secret: &str, redirect: &str| {
            let redirects = if redirect.is_empty() { Vec::new() } else { vec![redirect.to_owned()] };
            Client::new(id, secret, redirects).map(|_| ()).err()
        };
        let fine = "https://pitangui.amazon.com/api/skill/link/M1EXAMPLE";
        assert_eq!(new("a", SECRET, fine), None);
        assert_eq!(new("a", SECRET, "http://127.0.0.1:9/back"), None);
        assert_eq!(new("", SECRET, fine), Some(ClientError::Id));
        assert_eq!(new("a", "short", fine), Some(ClientError::Secret));
        assert_eq!(new("a", SECRET, ""), Some(ClientError::NoRedirect));
        for wrong in ["http://pitangui.amazon.com/x", "https://a.example/#part", "pitangui", "javascript:alert(1)"] {
            assert_eq!(new("a", SECRET, wrong), Some(ClientError::Redirect(wrong.to_owned())));
        }
    }
}
