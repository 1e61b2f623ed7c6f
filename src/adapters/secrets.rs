//! The secrets of a function: kept in Secrets Manager, and read once, at start.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, Region};

use super::amazon_pay::api::key::{KeyError, PrivateKey};
use super::roots;

/// A function has ten seconds to start.
const READ_MAX: Duration = Duration::from_secs(6);

/// Why there is no key. The secret itself is in none of these.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the secret {id} could not be read: check its name, its region, and that the function may read it")]
    Unreadable {
        id: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "the secret {0} holds no text: store the private key in it as the .pem file has it, or the client secret as the console shows it"
    )]
    NoText(String),
    #[error("the secret {id}")]
    Key {
        id: String,
        #[source]
        source: KeyError,
    },
}

/// Reads a private key.
///
/// # Errors
/// [`SecretError`].
pub async fn private_key(region: &str, id: &str) -> Result<PrivateKey, SecretError> {
    let pem = text(region, id).await?;
    PrivateKey::from_pem(&pem).map_err(|source| SecretError::Key { id: id.to_owned(), source })
}

/// Reads a secret that is a text.
///
/// # Errors
/// [`SecretError`].
pub async fn text(region: &str, id: &str) -> Result<String, SecretError> {
    let settings = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .timeout_config(TimeoutConfig::builder().operation_timeout(READ_MAX).build())
        .http_client(roots::https());
    let answer = Client::from_conf(settings.build()).get_secret_value().secret_id(id).send().await;
    let secret = answer.map_err(|source| SecretError::Unreadable { id: id.to_owned(), source: Box::new(source) })?;
    secret.secret_string().map(str::to_owned).ok_or_else(|| SecretError::NoText(id.to_owned()))
}
