//! The secrets of a function, which are kept in Secrets Manager. Each is read once by whoever needs it.

use aws_sdk_secretsmanager::operation::get_secret_value::{self, GetSecretValue, GetSecretValueInput};

use super::amazon_pay::api::key::{KeyError, PrivateKey};
use super::aws::operation::operations;
use super::aws::{Access, Line, Service};
use super::link::secrets::{Secrets, SecretsError};

operations! {
    get_secret_value::GetSecretValue(GetSecretValueInput) -> Result<GetSecretValueOutput, GetSecretValueError>;
}

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
        // A line for one call: what it has connected to would be gone by the next.
        let answer = Line::to(&self.access()).call::<GetSecretValue>(GetSecretValueInput::builder().secret_id(id).build()).await;
        let secret = answer.map_err(|source| SecretError::Unreadable { id: id.to_owned(), source })?;
        secret.secret_string.ok_or_else(|| SecretError::NoText(id.to_owned()))
    }

    fn access(&self) -> Access {
        match &self.endpoint {
            // On this machine, where no right has to be shown; nor is one, over a line that others may read.
            Some(here) if here.starts_with("http://") => Access::Local { endpoint: here.clone() },
            endpoint => Access::Aws { service: Service::SecretsManager, region: self.region.clone(), endpoint: endpoint.clone() },
        }
    }
}
