//! The merchant's account at Amazon Pay, for a function.

use crate::adapters::amazon_pay::api::client::Client;
use crate::adapters::amazon_pay::api::key::{NoKeyId, PublicKeyId};
use crate::adapters::amazon_pay::api::payments::Account;
use crate::adapters::amazon_pay::api::place::{Environment, Place, PlaceError, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::adapters::aws::NoRegion;
use crate::adapters::secrets::{SecretError, Vault};
use crate::config::{Config, Env};
use crate::domain::shop::World;

/// Why Amazon Pay cannot be asked, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the shop is simulated, and its money is at no account: set VOICETILL_WORLD to sandbox or live")]
    Simulated,
    #[error("this function lacks a setting: set {0}")]
    Unset(&'static str),
    #[error("VOICETILL_PAY_KEY_ID: {0}")]
    KeyId(#[from] NoKeyId),
    #[error(transparent)]
    Region(#[from] NoRegion),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// Everything about the account but its key, which is still in Secrets Manager.
#[derive(Clone, Debug)]
pub struct Closed {
    pub vault: Vault,
    pub key_id: PublicKeyId,
    key_secret: String,
    pub place: Place,
}

impl Closed {
    /// What configuration and environment say, checked; nothing is asked for yet.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn read(config: &Config, env: &Env) -> Result<Self, AccountError> {
        if config.shop.world == World::Simulated {
            return Err(AccountError::Simulated);
        }
        let key_id = set(env.pay_key_id.as_deref(), "VOICETILL_PAY_KEY_ID, the id of the public key from Seller Central")?;
        let key_id = PublicKeyId::parse(key_id)?;
        let key_secret = set(env.pay_key_secret.as_deref(), "VOICETILL_PAY_KEY_SECRET, the secret that holds the private key")?.to_owned();
        let vault = Vault { region: env.region.clone().ok_or(NoRegion)?, endpoint: env.secrets_endpoint.clone() };
        let place = Place::amazon(Region::of(config.pay.ledger_currency), Environment::of(config.shop.world), &key_id)?;
        let place = match &env.pay_endpoint {
            Some(address) => place.instead_at(address)?,
            None => place,
        };
        Ok(Self { vault, key_id, key_secret, place })
    }

    /// Who signs.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn signer(&self) -> Result<Signer, SecretError> {
        Ok(Signer::new(self.key_id.clone(), self.vault.private_key(&self.key_secret).await?))
    }

    /// Opens the account.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn open(&self) -> Result<Account, SecretError> {
        Ok(Account::new(Client::new(self.signer().await?, self.place.clone())))
    }
}

/// Opens the account, with the key from Secrets Manager.
///
/// # Errors
/// [`AccountError`].
pub async fn open(config: &Config, env: &Env) -> Result<Account, AccountError> {
    Ok(Closed::read(config, env)?.open().await?)
}

/// What the environment has to say; `what` names it and says what it is.
///
/// # Errors
/// [`AccountError::Unset`].
pub fn set<'e>(value: Option<&'e str>, what: &'static str) -> Result<&'e str, AccountError> {
    value.ok_or(AccountError::Unset(what))
}
