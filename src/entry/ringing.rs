//! The way to buyers' devices, for a function: there is one where the skill's credentials are.

use crate::adapters::amazon_pay::api::place::Region;
use crate::adapters::aws::NoRegion;
use crate::adapters::proactive::{Credentials, Proactive};
use crate::adapters::secrets::{SecretError, Vault};
use crate::adapters::system;
use crate::config::{Config, Env};
use crate::domain::message::{Listener, MessageId, Ring};
use crate::ports::{Devices, SendError};

/// Alexa's events, if the skill may send any.
#[derive(Debug)]
pub struct Bell(Option<Proactive>);

impl Devices for Bell {
    fn are_reached(&self) -> bool {
        self.0.is_some()
    }

    async fn ring(&self, id: &MessageId, ring: Ring, listener: &Listener) -> Result<(), SendError> {
        match &self.0 {
            Some(proactive) => proactive.ring(id, ring, listener).await,
            None => Ok(()),
        }
    }
}

/// Why the skill cannot send events.
#[derive(Debug, thiserror::Error)]
pub enum BellError {
    #[error(transparent)]
    Region(#[from] NoRegion),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// Opens it, with the secret from Secrets Manager; a skill without credentials rings nobody.
///
/// # Errors
/// [`BellError`].
pub async fn open(config: &Config, env: &Env) -> Result<Bell, BellError> {
    let (Some(client_id), Some(secret)) = (&env.alexa_client_id, &env.alexa_client_secret) else { return Ok(Bell(None)) };
    let vault = Vault { region: env.region.clone().ok_or(NoRegion)?, endpoint: env.secrets_endpoint.clone() };
    let client_secret = vault.text(secret).await?;
    let credentials = Credentials { client_id: client_id.clone(), client_secret: client_secret.trim().to_owned() };
    let (shop, region) = (&config.shop, Region::of(config.pay.ledger_currency));
    Ok(Bell(Some(Proactive::new(credentials, region, shop.world, &shop.name, &shop.locales, system::now))))
}
