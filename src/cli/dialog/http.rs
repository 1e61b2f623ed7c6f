//! A skill behind an address: posts each envelope and reads the response.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::world::{Skill, SkillError};

/// As long as Alexa waits (`reference/alexa-skill.md` section 3).
const TIMEOUT_SECONDS: u64 = 8;

/// How much of an unexpected answer is shown.
const BODY_CHARS_MAX: usize = 300;

/// A skill at an HTTP or HTTPS address: a local Lambda emulator or a web service.
#[derive(Clone, Debug)]
pub struct HttpSkill {
    client: reqwest::Client,
    endpoint: reqwest::Url,
}

impl HttpSkill {
    /// Prepares to talk to a skill; nothing is sent yet.
    ///
    /// # Errors
    /// [`SkillError::Unreachable`] when the address is none or TLS cannot be set up.
    pub fn new(endpoint: &str) -> Result<Self, SkillError> {
        let unreachable = |source| SkillError::Unreachable { endpoint: endpoint.to_owned(), source };
        let url = reqwest::Url::parse(endpoint).map_err(|error| unreachable(error.into()))?;
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder =
            reqwest::Client::builder().timeout(Duration::from_secs(TIMEOUT_SECONDS)).redirect(reqwest::redirect::Policy::none());
        if url.scheme() == "http" {
            // A local emulator is never behind a proxy.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| unreachable(error.into()))?;
        Ok(Self { client, endpoint: url })
    }

    async fn post(&self, envelope: Value) -> Result<Value, SkillError> {
        let endpoint = || self.endpoint.to_string();
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                SkillError::TimedOut { seconds: TIMEOUT_SECONDS }
            } else {
                SkillError::Unreachable { endpoint: endpoint(), source: error.into() }
            }
        };
        let response = self.client.post(self.endpoint.clone()).json(&envelope).send().await.map_err(failed)?;
        let status = response.status();
        let body = response.text().await.map_err(failed)?;
        if !status.is_success() {
            let body = body.chars().take(BODY_CHARS_MAX).collect();
            return Err(SkillError::Status { endpoint: endpoint(), status: status.as_u16(), body });
        }
        let response: Value =
            serde_json::from_str(&body).map_err(|error| SkillError::NotJson { endpoint: endpoint(), source: error.into() })?;
        // A Lambda emulator answers 200 to a failed function, with the error as the body.
        match response.get("errorMessage").and_then(Value::as_str) {
            Some(message) if response.get("version").is_none() => Err(SkillError::Failed(message.into())),
            _ => Ok(response),
        }
    }
}

impl Skill for HttpSkill {
    async fn invoke(&self, envelope: Value) -> Result<Value, SkillError> {
        self.post(envelope).await
    }
}
