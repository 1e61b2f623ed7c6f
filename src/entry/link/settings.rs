//! What account linking needs to know, put together from the shop and from what only whoever starts it can say.

use crate::adapters::amazon_pay::api::place::{Environment, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::adapters::link::buttons::{self, Buttons};
use crate::adapters::link::key::{CodeKey, LinkKey};
use crate::adapters::link::oauth::{Client, ClientError};
use crate::adapters::link::secrets::{Secrets, SecretsError};
use crate::adapters::link::words::Words;
use crate::adapters::system;
use crate::adapters::words::WordsError;
use crate::config::Config;
use crate::domain::shop::Shop;
use crate::domain::time::Time;

/// Everything that account linking needs to know.
#[derive(Debug)]
pub struct Settings {
    /// Where browsers find it, as `https://pay.shop.example`; without one, where the request says it went.
    pub origin: Option<String>,
    /// What is sold, for the carts that are finished here.
    pub shop: Shop,
    pub client: Client,
    pub key: LinkKey,
    pub codes: CodeKey,
    pub words: Words,
    pub buttons: Buttons,
    pub now: fn() -> Time,
}

/// What the shop's files do not say.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Where browsers find it, if the request does not say so.
    pub origin: Option<String>,
    pub secrets: &'a Secrets,
    /// The client id of the skill's account linking.
    pub client_id: &'a str,
    /// Where buyers are sent back to.
    pub redirects: Vec<String>,
    /// The application's id at Login with Amazon.
    pub store_id: String,
    pub signer: Signer,
    /// What stands in for Amazon Pay, and serves the button's script then.
    pub pay_endpoint: Option<&'a str>,
}

/// Why account linking cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Words(#[from] WordsError),
}

impl Settings {
    /// Settings for this shop.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn new(config: &Config, parts: Parts<'_>) -> Result<Self, SettingsError> {
        let Parts { origin, secrets, client_id, redirects, store_id, signer, pay_endpoint } = parts;
        let (shop, pay) = (&config.shop, &config.pay);
        let script = match pay_endpoint {
            Some(address) => format!("{}/checkout.js", address.trim_end_matches('/')),
            None => buttons::script(Region::of(pay.ledger_currency)),
        };
        Ok(Self {
            origin,
            shop: shop.clone(),
            client: Client::new(client_id, secrets.client(), redirects)?,
            key: secrets.link_key()?,
            codes: secrets.code_key()?,
            words: Words::new(&shop.locales, &shop.name, shop.world)?,
            buttons: Buttons {
                signer,
                store_id,
                merchant: pay.seller_id.clone(),
                ledger: pay.ledger_currency,
                environment: Environment::of(shop.world),
                script,
            },
            now: system::now,
        })
    }
}
