//! The secrets of a function, which are kept in Secrets Manager. Each is read once by whoever needs it.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::amazon_pay::api::key::{KeyError, PrivateKey};
use super::link::secrets::{Secrets, SecretsError};
use super::roots;

const RING: Provider = Provider::Rustls(CryptoMode::Ring);

/// A function has ten seconds to start.
const READ_MAX: Duration = Duration::from_secs(6);

/// Secrets Manager in one region.
#[derive(Clone, Debug)]
pub struct Vault {
    pub region: String,
    /// What stands in for it, such as another program on this machine.
    pub endpoint: Option<String>,
}

/// Why a secret is not to be had. The secret itself is in none of these.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the secret {id} could not be read: check its name, its region, and that the function may read it")]
    Unreadable {
        id: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the secret {0} holds no text: store it as text, as the README shows")]
    NoText(String),
    #[error("the secret {id}")]
    Key {
        id: String,
        #[source]
        source: KeyError,
    },
    #[error("the secret {id}")]
    Link {
        id: String,
        #[source]
        source: SecretsError,
    },
}

impl Vault {
    /// The payment key: a .pem file as text.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn private_key(&self, id: &str) -> Result<PrivateKey, SecretError> {
        PrivateKey::from_pem(&self.text(id).await?).map_err(|source| SecretError::Key { id: id.to_owned(), source })
    }

    /// The secrets of account linking.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn link_secrets(&self, id: &str) -> Result<Secrets, SecretError> {
        Secrets::read(&self.text(id).await?).map_err(|source| SecretError::Link { id: id.to_owned(), source })
    }

    /// Any secret that is a text.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn text(&self, id: &str) -> Result<String, SecretError> {
        let answer = self.client().get_secret_value().secret_id(id).send().await;
        let secret = answer.map_err(|source| SecretError::Unreadable { id: id.to_owned(), source: Box::new(source) })?;
        secret.secret_string.ok_or_else(|| SecretError::NoText(id.to_owned()))
    }

    /// A client for one call: what it has connected to would be gone by the next.
    fn client(&self) -> Client {
        let settings = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .timeout_config(TimeoutConfig::builder().operation_timeout(READ_MAX).build());
        let http = aws_smithy_http_client::Builder::new();
        let settings = match &self.endpoint {
            // On this machine, where no right has to be shown; nor is one, over a line that others may read.
            Some(here) if here.starts_with("http://") => settings
                .endpoint_url(here)
                .credentials_provider(Credentials::new("local", "local", None, None, "local"))
                .http_client(http.build_http()),
            // Its certificate is one that the system may know.
            Some(elsewhere) => settings.endpoint_url(elsewhere).http_client(http.tls_provider(RING).build_https()),
            None => settings.http_client(roots::https()),
        };
        Client::from_conf(settings.build())
    }
}
