//! The token request (RFC 6749, 4.1.3 and 6), who sends it (2.3.1), and the answers (5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Client;
use super::params::Params;

/// What an authenticated client wants.
#[derive(Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Tokens for a code.
    Redeem { code: String, redirect: String, verifier: String },
    /// New tokens for a refresh token.
    Refresh { token: String },
}

/// Codes and tokens are not shown.
impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Redeem { .. } => "Redeem",
            Self::Refresh { .. } => "Refresh",
        })
    }
}

/// What is answered instead of tokens (5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    InvalidRequest(&'static str),
    /// `basic`: the client tried that scheme, and is told so.
    InvalidClient {
        basic: bool,
    },
    /// The code or the refresh token does not count, or does not fit what came with it.
    InvalidGrant(&'static str),
    UnsupportedGrantType,
    /// Not of the standard, which has no word for it here: nothing was decided, the same request may succeed.
    Unavailable,
}

impl Refused {
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest(_) | Self::InvalidGrant(_) | Self::UnsupportedGrantType => 400,
            Self::InvalidClient { .. } => 401,
            Self::Unavailable => 503,
        }
    }

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Unavailable => "temporarily_unavailable",
        }
    }

    /// For the merchant who looks for the mistake.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(what) | Self::InvalidGrant(what) => what,
            Self::InvalidClient { .. } => "client id or secret is not the one that this shop knows",
            Self::UnsupportedGrantType => "only authorization_code and refresh_token are served",
            Self::Unavailable => "the store does not answer: ask again",
        }
    }
}

/// The tokens (5.1).
#[derive(Serialize)]
pub struct Tokens {
    pub access_token: String,
    pub token_type: &'static str,
    pub expires_in: i64,
    pub refresh_token: String,
}

impl Wanted {
    /// Reads a form and the `Authorization` header that came with it.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn read(params: &Params, authorization: Option<&str>, client: &Client) -> Result<Self, Refused> {
        if params.any_repeated() {
            return Err(Refused::InvalidRequest("a parameter came more than once"));
        }
        authenticate(params, authorization, client)?;
        let needed = |name: &str, missing: &'static str| params.once(name).map(str::to_owned).ok_or(Refused::InvalidRequest(missing));
        match params.once("grant_type") {
            Some("authorization_code") => Ok(Self::Redeem {
                code: needed("code", "code is missing")?,
                redirect: needed("redirect_uri", "redirect_uri is missing")?,
                verifier: needed("code_verifier", "code_verifier is missing: switch PKCE on in the skill's account linking")?,
            }),
            Some("refresh_token") => Ok(Self::Refresh { token: needed("refresh_token", "refresh_token is missing")? }),
            Some(_) => Err(Refused::UnsupportedGrantType),
            None => Err(Refused::InvalidRequest("grant_type is missing")),
        }
    }
}

/// By header or by body, as the skill's account linking is set; never by both (2.3).
fn authenticate(params: &Params, authorization: Option<&str>, client: &Client) -> Result<(), Refused> {
    let (id, secret) = (params.once("client_id"), params.once("client_secret"));
    let Some(authorization) = authorization else {
        let known = id.zip(secret).is_some_and(|(id, secret)| client.is(id, secret));
        return if known { Ok(()) } else { Err(Refused::InvalidClient { basic: false }) };
    };
    if secret.is_some() {
        return Err(Refused::InvalidRequest("the client authenticates itself in two ways at once"));
    }
    let (given_id, given_secret) = basic(authorization).ok_or(Refused::InvalidClient { basic: true })?;
    // An id in the body is no second way, but it may not be another one.
    let same = id.is_none_or(|id| id == given_id);
    if same && client.is(&given_id, &given_secret) { Ok(()) } else { Err(Refused::InvalidClient { basic: true }) }
}

/// Id and secret from the header; each was form-encoded before (2.3.1).
fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, value)| value.into_owned());
    Some((plain(id)?, plain(secret)?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SECRET, client};
    use super::*;

    fn read(form: &str, authorization: Option<&str>) -> Result<Wanted, Refused> {
        Wanted::read(&Params::parse(form.as_bytes()), authorization, &client())
    }

    fn header(id: &str, secret: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
    }

    const REFRESH: &str = "grant_type=refresh_token&refresh_token=r";

    #[test]
    fn a_client_is_known_by_header_or_by_body_and_not_by_both() {
        let wanted = Ok(Wanted::Refresh { token: "r".to_owned() });
        let body = format!("{REFRESH}&client_id=alexa-skill&client_secret={SECRET}");
        assert_eq!(read(&body, None), wanted);
        assert_eq!(read(REFRESH, Some(&header("alexa-skill", SECRET))), wanted);
        assert_eq!(read(&format!("{REFRESH}&client_id=alexa-skill"), Some(&header("alexa-skill", SECRET))), wanted);
        assert_eq!(read(REFRESH, Some(&header("alexa%2Dskill", SECRET))), wanted, "each part is form-encoded");
        assert!(matches!(read(&body, Some(&header("alexa-skill", SECRET))), Err(Refused::InvalidRequest(_))));
    }

    #[test]
    fn another_client_is_refused_before_anything_else_is_looked_at() {
        let in_body = Refused::InvalidClient { basic: false };
        for form in [
            "grant_type=password".to_owned(),
            "client_id=alexa-skill".to_owned(),
            format!("client_id=other&client_secret={SECRET}"),
            "client_id=alexa-skill&client_secret=wrong".to_owned(),
        ] {
            assert_eq!(read(&form, None), Err(in_body), "{form}");
        }
        let in_header = Refused::InvalidClient { basic: true };
        for wrong in ["", "Basic", "Basic ????", &header("alexa-skill", "wrong"), &header("other", SECRET), "Bearer abc"] {
            assert_eq!(read(REFRESH, Some(wrong)), Err(in_header), "{wrong}");
        }
        assert_eq!(read(&format!("{REFRESH}&client_id=other"), Some(&header("alexa-skill", SECRET))), Err(in_header));
    }

    #[test]
    fn what_is_missing_or_not_served_is_said() {
        let header = header("alexa-skill", SECRET);
        let refused = |form: &str| read(form, Some(&header)).map_err(|refused| (refused.status(), refused.code())).unwrap_err();
        for form in [
            "",
            "grant_type=refresh_token",
            "grant_type=authorization_code&redirect_uri=r&code_verifier=v",
            "grant_type=authorization_code&code=c&code_verifier=v",
            "grant_type=authorization_code&code=c&redirect_uri=r",
            "grant_type=refresh_token&refresh_token=a&refresh_token=b",
        ] {
            assert_eq!(refused(form), (400, "invalid_request"), "{form}");
        }
        assert_eq!(refused("grant_type=password&username=a&password=b"), (400, "unsupported_grant_type"));
        assert_eq!(format!("{:?}", read(REFRESH, Some(&header))), "Ok(Refresh)");
    }
}
