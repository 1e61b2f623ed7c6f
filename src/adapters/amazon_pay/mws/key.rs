//! Who calls: the merchant's older pair of keys, from Seller Central, Integration, MWS Access Key.

use std::fmt;

use ring::hmac;

use crate::domain::ids::SellerId;

/// The half of the pair that is sent along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey(String);

/// Why a text is no key, and what to do. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("is empty: copy the key from Seller Central, Integration, MWS Access Key")]
    Empty,
    #[error("holds more than one word: give the key alone, without its name and without the other half")]
    SeveralWords,
    #[error("holds a character that no key has: copy it again from Seller Central, Integration, MWS Access Key")]
    Unprintable,
}

/// One word, as keys are; a file with it may end in a line break.
fn word(text: &str) -> Result<&str, KeyError> {
    match text.trim() {
        "" => Err(KeyError::Empty),
        text if text.contains(char::is_whitespace) => Err(KeyError::SeveralWords),
        text if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(KeyError::Unprintable),
        text => Ok(text),
    }
}

impl AccessKey {
    /// Takes a text that can be one.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        word(text).map(|text| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The half that signs. It goes in as text and never comes out again.
#[derive(Clone)]
pub struct SecretKey(hmac::Key);

impl SecretKey {
    /// Takes a text that can be one, such as the content of a file.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        word(text).map(|text| Self(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes())))
    }

    pub(super) fn sign(&self, text: &str) -> hmac::Tag {
        hmac::sign(&self.0, text.as_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Another seller's leave to act in its name.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthToken(String);

impl AuthToken {
    /// Takes a text that can be one.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        word(text).map(|text| Self(text.to_owned()))
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A merchant with its keys.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// Whose money it is.
    pub seller: SellerId,
    pub access_key: AccessKey,
    pub secret_key: SecretKey,
    /// When the keys are a provider's and not the seller's own.
    pub auth_token: Option<AuthToken>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_and_what_is_secret_is_not_shown() {
        for (text, error) in [
            ("", KeyError::Empty),
            (" \n", KeyError::Empty),
            ("Secret Key: abc", KeyError::SeveralWords),
            ("AKIA\nabc", KeyError::SeveralWords),
            ("abcé", KeyError::Unprintable),
        ] {
            assert_eq!(SecretKey::parse(text).unwrap_err(), error, "{text}");
            assert_eq!(AccessKey::parse(text), Err(error), "{text}");
            assert!(!error.to_string().contains("abc"));
        }
        let merchant = Merchant {
            seller: SellerId::parse("A1SELLER").unwrap(),
            access_key: AccessKey::parse("AKIAEXAMPLE").unwrap(),
            secret_key: SecretKey::parse("hidden/key+\r\n").unwrap(),
            auth_token: Some(AuthToken::parse("amzn.mws.hidden").unwrap()),
        };
        let shown = format!("{merchant:?}");
        assert!(shown.contains("AKIAEXAMPLE") && !shown.contains("hidden"), "{shown}");
    }
}
