//! The merchant's access to Amazon Pay's older API (MWS), for an account that still has only its keys.
//!
//! The secret comes in a file and never on the command line, where other programs could read it.

use std::path::PathBuf;

use clap::Args;

use crate::adapters::amazon_pay::api::place::{Environment, Region};
use crate::adapters::amazon_pay::mws::client::Client;
use crate::adapters::amazon_pay::mws::key::{AccessKey, KeyError, Merchant, SecretKey};
use crate::adapters::amazon_pay::mws::place::Place;
use crate::domain::ids::SellerId;

/// The older API's keys.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Amazon Pay's older API (MWS)")]
pub struct OlderArgs {
    /// The access key of the older API.
    #[arg(long, global = true, value_name = "KEY", env = "VOICETILL_MWS_ACCESS_KEY")]
    pub mws_access_key: Option<String>,
    /// A file with nothing but the secret key that belongs to it.
    #[arg(long, global = true, value_name = "FILE", env = "VOICETILL_MWS_SECRET_KEY_FILE")]
    pub mws_secret_key_file: Option<PathBuf>,
    /// Call this address instead of the older API.
    #[arg(long, global = true, value_name = "URL", env = "VOICETILL_MWS_ENDPOINT")]
    pub mws_endpoint: Option<String>,
}

/// Why the older API cannot be called, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum NoAccess {
    #[error("there is a secret key of the older API and no access key: set VOICETILL_MWS_ACCESS_KEY")]
    NoAccessKey,
    #[error(
        "there is an access key of the older API and no secret key: write it into a file (chmod 600), and set VOICETILL_MWS_SECRET_KEY_FILE"
    )]
    NoSecretKey,
    #[error("the access key of the older API {0}")]
    AccessKey(#[source] KeyError),
    #[error("{} {source}", file.display())]
    SecretKey {
        file: PathBuf,
        #[source]
        source: KeyError,
    },
    #[error("{} cannot be read: correct VOICETILL_MWS_SECRET_KEY_FILE", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{0}: correct VOICETILL_MWS_ENDPOINT")]
    Endpoint(String),
}

impl OlderArgs {
    /// Whether any of it is given; a variable that is set to nothing is not set.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.access_key().is_some() || self.secret_file().is_some()
    }

    fn access_key(&self) -> Option<&str> {
        self.mws_access_key.as_deref().filter(|key| !key.is_empty())
    }

    /// Where the secret is.
    #[must_use]
    pub fn secret_file(&self) -> Option<&PathBuf> {
        self.mws_secret_key_file.as_ref().filter(|file| !file.as_os_str().is_empty())
    }

    /// The access that these keys give a seller.
    ///
    /// # Errors
    /// [`NoAccess`].
    pub fn client(&self, seller: SellerId, region: Region, environment: Environment) -> Result<Client, NoAccess> {
        let access_key = AccessKey::parse(self.access_key().ok_or(NoAccess::NoAccessKey)?).map_err(NoAccess::AccessKey)?;
        let file = self.secret_file().ok_or(NoAccess::NoSecretKey)?;
        let text = std::fs::read_to_string(file).map_err(|source| NoAccess::Unreadable { file: file.clone(), source })?;
        let secret_key = SecretKey::parse(&text).map_err(|source| NoAccess::SecretKey { file: file.clone(), source })?;
        let place = Place::amazon(region, environment);
        let place = match self.mws_endpoint.as_deref().filter(|address| !address.is_empty()) {
            Some(address) => place.instead_at(address).map_err(|error| NoAccess::Endpoint(error.to_string()))?,
            None => place,
        };
        Ok(Client::new(Merchant { seller, access_key, secret_key, auth_token: None }, place))
    }
}
