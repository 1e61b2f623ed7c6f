//! The secrets of account linking. They go in as text and never come out again.

use std::fmt;

use ring::hmac;

/// Fewer characters could be guessed.
const SECRET_MIN: usize = 32;

/// A text that is no secret to sign with; it is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is too short: write at least {SECRET_MIN} random characters, such as those of `openssl rand -hex 32`")]
pub struct WeakSecret;

/// What a signature is for, so that none is taken for one of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What Alexa sends with every request of a linked buyer.
    AccessToken,
    /// What Alexa gets the next access token with.
    RefreshToken,
    /// What a browser carries from the authorization request to its answer.
    Request,
    /// What a browser carries while a buyer is signed in.
    Visit,
    /// What a form of ours brings, and no other page's.
    Form,
    /// What a buyer's spoken code is hashed with.
    VoiceCode,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::AccessToken => b"voicetill access token\n",
            Self::RefreshToken => b"voicetill refresh token\n",
            Self::Request => b"voicetill request\n",
            Self::Visit => b"voicetill visit\n",
            Self::Form => b"voicetill form\n",
            Self::VoiceCode => b"voicetill voice code\n",
        }
    }
}

/// Signs tokens. While a secret is being replaced, the one before is taken too.
pub struct LinkKey {
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

impl LinkKey {
    /// # Errors
    /// [`WeakSecret`].
    pub fn new(secret: &str, previous: Option<&str>) -> Result<Self, WeakSecret> {
        Ok(Self { current: key(secret)?, previous: previous.map(key).transpose()? })
    }

    /// The signature under these bytes.
    pub(super) fn sign(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        sign(&self.current, purpose, message)
    }

    /// Whether one of the secrets has signed this, in constant time.
    pub(super) fn verifies(&self, purpose: Purpose, message: &[u8], signature: &[u8]) -> bool {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().any(|key| verifies(key, purpose, message, signature))
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey([redacted])")
    }
}

/// Hashes voice codes. It is a secret of its own because it is not replaced as others are: codes that were set under another fit no more.
pub struct CodeKey(hmac::Key);

impl CodeKey {
    /// # Errors
    /// [`WeakSecret`].
    pub fn new(secret: &str) -> Result<Self, WeakSecret> {
        Ok(Self(key(secret)?))
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 32] {
        sign(&self.0, Purpose::VoiceCode, message)
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        verifies(&self.0, Purpose::VoiceCode, message, signature)
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey([redacted])")
    }
}

fn key(secret: &str) -> Result<hmac::Key, WeakSecret> {
    let secret = secret.trim().as_bytes();
    if secret.len() < SECRET_MIN {
        return Err(WeakSecret);
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret))
}

fn sign(key: &hmac::Key, purpose: Purpose, message: &[u8]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(purpose.label());
    context.update(message);
    let mut signature = [0; 32];
    signature.copy_from_slice(context.sign().as_ref());
    signature
}

fn verifies(key: &hmac::Key, purpose: Purpose, message: &[u8], signature: &[u8]) -> bool {
    hmac::verify(key, &[purpose.label(), message].concat(), signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_is_refused_and_none_is_shown() {
        assert_eq!(LinkKey::new(&"a".repeat(32), None).map(|_| ()).err(), None);
        assert_eq!(LinkKey::new(&format!(" {} ", "a".repeat(31)), None).map(|_| ()).err(), Some(WeakSecret));
        assert_eq!(LinkKey::new(&"a".repeat(32), Some("short")).map(|_| ()).err(), Some(WeakSecret));
        let key = LinkKey::new(&"a".repeat(32), Some(&"b".repeat(32))).unwrap();
        let code = CodeKey::new(&"a".repeat(32)).unwrap();
        assert_eq!(format!("{key:?} {code:?}"), "LinkKey([redacted]) CodeKey([redacted])");
    }

    #[test]
    fn a_signature_for_one_purpose_is_none_for_another() {
        let (key, code) = (LinkKey::new(&"a".repeat(32), None).unwrap(), CodeKey::new(&"a".repeat(32)).unwrap());
        let signed = key.sign(Purpose::AccessToken, b"text");
        assert!(key.verifies(Purpose::AccessToken, b"text", &signed));
        assert!(!key.verifies(Purpose::VoiceCode, b"text", &signed) && !code.verifies(b"text", &signed));
        assert!(!key.verifies(Purpose::AccessToken, b"text", &signed[..31]) && !key.verifies(Purpose::AccessToken, b"text", b""));
    }
}
