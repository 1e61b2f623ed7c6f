//! The merchant's account at Amazon Pay, for a function.

use crate::adapters::amazon_pay::api::client::Client;
use crate::adapters::amazon_pay::api::key::{NoKeyId, PublicKeyId};
use crate::adapters::amazon_pay::api::payments::Account;
use crate::adapters::amazon_pay::api::place::{Environment, Place, PlaceError, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::adapters::dynamodb::NoRegion;
use crate::adapters::secrets::{SecretError, private_key};
use crate::config::{Config, Env};
use crate::domain::shop::World;

/// Why Amazon Pay cannot be asked, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the shop is simulated, and its money is at no account: set VOICETILL_WORLD to sandbox or live")]
    Simulated,
    #[error("there is no payment key: set {0}")]
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

/// Opens the account, with the key from Secrets Manager.
///
/// # Errors
/// [`AccountError`].
pub async fn open(config: &Config, env: &Env) -> Result<Account, AccountError> {
    if config.shop.world == World::Simulated {
        return Err(AccountError::Simulated);
    }
    let id = env.pay_key_id.as_deref().ok_or(AccountError::Unset("VOICETILL_PAY_KEY_ID, the id of the public key from Seller Central"))?;
    let id = PublicKeyId::parse(id)?;
    let secret = env.pay_key_secret.as_deref();
    let secret = secret.ok_or(AccountError::Unset("VOICETILL_PAY_KEY_SECRET, the secret that holds the private key"))?;
    let key = private_key(env.region.as_deref().ok_or(NoRegion)?, secret).await?;
    let place = Place::amazon(Region::of(config.pay.ledger_currency), Environment::of(config.shop.world), &id)?;
    Ok(Account::new(Client::new(Signer::new(id, key), place)))
}
