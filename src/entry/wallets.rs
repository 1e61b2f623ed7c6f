//! What the skill's function needs for saved wallets: what linked buyers are known by, and the account that charges.
//!
//! They are two secrets, for they are not everybody's: notifications and reconciliation ask Amazon Pay, and have no business with tokens and voice codes.
//! Every turn of a linked buyer needs the first, so it is fetched while the function starts, beside the first word with the table. The
//! second is needed by the yes that charges, and is fetched with the first of those; most processes never get that far. A shop without
//! saved wallets fetches neither.

use super::account::{AccountError, Closed, set};
use super::late::Late;
use super::skill::Keys;
use crate::adapters::amazon_pay::api::payments::Account;
use crate::adapters::secrets::SecretError;
use crate::config::{Config, Env};
use crate::domain::order::Rail;
use crate::domain::shop::World;

/// Neither is there before it is needed.
type Wallets = (Late<Account>, Late<Keys>);

/// What this shop needs; `None` for one without saved wallets, and for a simulated one, whose wallets are on no account. What is wrong
/// with the settings shows here, before the first buyer comes.
///
/// # Errors
/// [`AccountError`].
pub fn wallets(config: &Config, env: &Env) -> Result<Option<Wallets>, AccountError> {
    if !config.shop.rails.contains(&Rail::SavedWallet) || config.shop.world == World::Simulated {
        return Ok(None);
    }
    let closed = Closed::read(config, env)?;
    let id = set(env.link_secret.as_deref(), "VOICETILL_LINK_SECRET, the secret that holds the secrets of account linking")?.to_owned();
    let vault = closed.vault.clone();
    let keys = Late::fetched("what linked buyers are known by", move || {
        let (vault, id) = (vault.clone(), id.clone());
        async move {
            let secrets = vault.link_secrets(&id).await?;
            Keys::of(&secrets).map_err(|source| SecretError::Link { id, source })
        }
    });
    let account = Late::fetched("the account at Amazon Pay", move || {
        let closed = closed.clone();
        async move { closed.open().await }
    });
    Ok(Some((account, keys)))
}
