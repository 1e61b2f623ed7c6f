//! Account linking as its function has it: settings from the environment, secrets from Secrets Manager.

use super::{Link, Parts, Settings, SettingsError};
use crate::adapters::amazon_pay::api::client::Client;
use crate::adapters::link::consents::AmazonConsents;
use crate::adapters::link::oauth;
use crate::adapters::secrets::SecretError;
use crate::config::{Config, Env};
use crate::entry::account::{AccountError, Closed, set};

/// Why account linking cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// Puts account linking together. Every page needs both secrets, so they are fetched at start, side by side.
///
/// # Errors
/// [`OpenError`].
pub async fn open<S>(config: &Config, env: &Env, store: S) -> Result<Link<S, AmazonConsents>, OpenError> {
    let closed = Closed::read(config, env)?;
    let secret = set(env.link_secret.as_deref(), "VOICETILL_LINK_SECRET, the secret that holds the secrets of account linking")?;
    let client_id = set(env.link_client_id.as_deref(), "VOICETILL_LINK_CLIENT_ID, the client id of the skill's account linking")?;
    let vendor = set(env.link_vendor.as_deref(), "VOICETILL_LINK_VENDOR, the vendor id of the skill's developer account")?;
    let store_id = set(env.pay_store_id.as_deref(), "VOICETILL_PAY_STORE_ID, the store id from Integration Central")?;
    let (signer, secrets) = tokio::try_join!(closed.signer(), closed.vault.link_secrets(secret))?;
    let parts = Parts {
        origin: config.link_origin.clone(),
        secrets: &secrets,
        client_id,
        redirects: oauth::Client::alexa_redirects(vendor),
        store_id: store_id.to_owned(),
        signer: signer.clone(),
        pay_endpoint: env.pay_endpoint.as_deref(),
    };
    let settings = Settings::new(config, parts)?;
    Ok(Link { store, consents: AmazonConsents::new(Client::new(signer, closed.place)), settings })
}
