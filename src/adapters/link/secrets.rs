//! The secrets of account linking as they are kept: one JSON text, in a file on a laptop and in a secret store on AWS.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::key::{CodeKey, LinkKey, WeakSecret};
use super::random::{self, NoRandom};

/// What is secret about account linking.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Secrets {
    /// Signs tokens and cookies.
    link: String,
    /// The one before, while it is being replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_link: Option<String>,
    /// Hashes voice codes; replaced, it takes all of them away.
    voice_code: String,
    /// What Alexa shows to the token endpoint: the client secret of the skill's account linking.
    client: String,
}

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The place only: what stands there is secret.
    #[error("the secrets are no JSON with link, voiceCode and client, from line {line}, column {column} on")]
    Shape { line: usize, column: usize },
    #[error("{name}: {cause}")]
    Weak { name: &'static str, cause: WeakSecret },
}

impl Secrets {
    /// # Errors
    /// [`SecretsError::Shape`].
    pub fn read(json: &str) -> Result<Self, SecretsError> {
        serde_json::from_str(json).map_err(|error| SecretsError::Shape { line: error.line(), column: error.column() })
    }

    /// New ones.
    ///
    /// # Errors
    /// [`NoRandom`].
    pub fn generate() -> Result<Self, NoRandom> {
        let secret = || random::bytes::<32>().map(hex::encode);
        Ok(Self { link: secret()?, previous_link: None, voice_code: secret()?, client: secret()? })
    }

    /// As they are kept.
    #[must_use]
    pub fn write(&self) -> String {
        // Text under text, which always can be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// # Errors
    /// [`SecretsError::Weak`].
    pub fn link_key(&self) -> Result<LinkKey, SecretsError> {
        LinkKey::new(&self.link, self.previous_link.as_deref()).map_err(|cause| SecretsError::Weak { name: "link", cause })
    }

    /// # Errors
    /// [`SecretsError::Weak`].
    pub fn code_key(&self) -> Result<CodeKey, SecretsError> {
        CodeKey::new(&self.voice_code).map_err(|cause| SecretsError::Weak { name: "voiceCode", cause })
    }

    /// The client secret, to be compared and never shown.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_secrets_survive_their_file_and_differ() {
        let made = Secrets::generate().unwrap();
        let read = Secrets::read(&made.write()).unwrap();
        assert_eq!(read.client(), made.client());
        assert!(read.link_key().is_ok() && read.code_key().is_ok() && made.client() != made.link && made.link != made.voice_code);
        assert_eq!(format!("{made:?}"), "Secrets([redacted])");
    }

    #[test]
    fn what_is_wrong_with_secrets_is_told_without_them() {
        for text in ["", "{}", r#"{"link":"hidden","voiceCode":"hidden","client":"hidden","clinet":"hidden"}"#] {
            assert!(!Secrets::read(text).unwrap_err().to_string().contains("hidden"));
        }
        let weak = Secrets::read(r#"{"link":"hidden","voiceCode":"hidden","client":"hidden"}"#).unwrap();
        let told = weak.code_key().unwrap_err().to_string();
        assert!(told.starts_with("voiceCode: the secret is too short") && !told.contains("hidden"), "{told}");
    }
}
