//! Signature Version 2 (section 2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::{MwsError, Parameters};
use crate::adapters::amazon_pay::call::percent;
use crate::sandbox::call::Call;

/// The merchant's key for the older interface.
#[derive(Clone)]
pub struct MwsKey {
    pub access_key: String,
    secret: hmac::Key,
}

impl MwsKey {
    #[must_use]
    pub fn new(access_key: String, secret_key: &str) -> Self {
        Self { access_key, secret: hmac::Key::new(hmac::HMAC_SHA256, secret_key.as_bytes()) }
    }
}

impl std::fmt::Debug for MwsKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MwsKey {{ access_key: {:?}, secret: [redacted] }}", self.access_key)
    }
}

/// Checks a request, and takes its parameters out of it. How long a `Timestamp` is good for is unconfirmed, so that is not looked at.
pub fn check(call: &Call, key: &MwsKey) -> Result<Parameters, MwsError> {
    let invalid = |message: &str| MwsError::new("InvalidParameterValue", message);
    let body = std::str::from_utf8(&call.body).map_err(|_| invalid("the body is not UTF-8"))?;
    let form = reqwest::Url::parse(&format!("http://form/?{body}")).map_err(|_| invalid("the body is not a form"))?;
    let mut parameters: Parameters = form.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let signature = parameters.remove("Signature").ok_or_else(|| MwsError::new("MissingAuthenticationToken", "Signature is missing"))?;
    for (name, expected) in [("SignatureMethod", "HmacSHA256"), ("SignatureVersion", "2"), ("AWSAccessKeyId", key.access_key.as_str())] {
        if parameters.get(name).map(String::as_str) != Some(expected) {
            return Err(MwsError::new("UnauthorizedAccess", format!("{name} is missing or not the merchant's")));
        }
    }
    let joined = parameters.iter().map(|(name, value)| format!("{}={}", percent::value(name), percent::value(value)));
    let host = call.header("host").unwrap_or_default().to_lowercase();
    let joined = joined.collect::<Vec<_>>().join("&");
    // Whether a port belongs to the host is not written; Amazon's hosts have none.
    let bare = host.split(':').next().unwrap_or_default();
    let signature = STANDARD.decode(signature).unwrap_or_default();
    let right = [host.as_str(), bare].iter().any(|host| {
        let text = format!("{}\n{host}\n{}\n{joined}", call.method, call.path);
        hmac::verify(&key.secret, text.as_bytes(), &signature).is_ok()
    });
    let wrong = || MwsError::new("SignatureDoesNotMatch", "the signature does not match what was sent (this code is unconfirmed)");
    if right { Ok(parameters) } else { Err(wrong()) }
}
