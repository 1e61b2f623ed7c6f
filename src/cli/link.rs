//! `voicetill link`: account linking and "my payment" on this machine.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use crate::adapters::amazon_pay::api::client::Client;
use crate::adapters::amazon_pay::api::key::{KeyError, NoKeyId, PrivateKey, PublicKeyId};
use crate::adapters::amazon_pay::api::place::{Environment, Place, PlaceError, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::link::consents::AmazonConsents;
use crate::adapters::link::oauth;
use crate::adapters::link::random::NoRandom;
use crate::adapters::link::secrets::{Secrets, SecretsError};
use crate::config::Config;
use crate::domain::shop::World;
use crate::entry::link::{Link, Parts, Settings, SettingsError, router};

/// The file of secrets in the folder of the local store.
pub const SECRETS: &str = "link.json";

/// Serve account linking and the buyer's page "my payment" on this machine until interrupted.
#[derive(Clone, Debug, Args)]
pub struct LinkArgs {
    /// Listen on this port; 0 takes a free one.
    #[arg(long, default_value_t = 8081, env = "VOICETILL_LINK_PORT")]
    pub port: u16,
    /// Where browsers find it, if that is not this machine: the address of a tunnel with https.
    #[arg(long, value_name = "URL", env = "VOICETILL_LINK_ORIGIN")]
    pub origin: Option<String>,
    /// The client id of the skill's account linking.
    #[arg(long, value_name = "ID", default_value = "voicetill", env = "VOICETILL_LINK_CLIENT_ID")]
    pub client_id: String,
    /// The vendor id, which ends the three addresses that Alexa shows under account linking.
    #[arg(long, value_name = "ID", env = "VOICETILL_LINK_VENDOR")]
    pub vendor: Option<String>,
    /// A further address that buyers are sent back to, such as a client on this machine.
    #[arg(long, value_name = "URL")]
    pub redirect: Vec<String>,
    /// The secrets, as JSON; without it link.json in the folder of the local store, made for a simulated shop when it is missing.
    #[arg(long, value_name = "FILE", env = "VOICETILL_LINK_SECRETS_FILE")]
    pub secrets: Option<PathBuf>,
    /// The private key from Seller Central, a .pem file.
    #[arg(long, value_name = "FILE", env = "VOICETILL_PAY_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// The id of the public key that belongs to it.
    #[arg(long, value_name = "ID", env = "VOICETILL_PAY_KEY_ID")]
    pub key_id: Option<String>,
    /// The store id from Integration Central.
    #[arg(long, value_name = "ID", default_value = "amzn1.application-oa2-client.voicetill-sandbox", env = "VOICETILL_PAY_STORE_ID")]
    pub store_id: String,
    /// Call this address instead of Amazon Pay, and take the button from there.
    #[arg(long, value_name = "URL", env = "VOICETILL_PAY_ENDPOINT")]
    pub pay_endpoint: Option<String>,
}

/// Why account linking is not served.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("there is no key: set VOICETILL_PAY_KEY_FILE and VOICETILL_PAY_KEY_ID, as `voicetill sandbox` prints them")]
    NoKey,
    #[error("a simulated shop needs a simulated Amazon Pay: start `voicetill sandbox`, and set VOICETILL_PAY_ENDPOINT as it prints it")]
    NoSandbox,
    #[error("there is no address to send buyers back to: give --vendor, or --redirect for a client on this machine")]
    NoRedirect,
    #[error("{} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} cannot be written", path.display())]
    Unwritten {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}", path.display())]
    Key {
        path: PathBuf,
        #[source]
        source: KeyError,
    },
    #[error("{}", path.display())]
    Secrets {
        path: PathBuf,
        #[source]
        source: SecretsError,
    },
    #[error(transparent)]
    KeyId(#[from] NoKeyId),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Settings(SettingsError),
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    #[error("cannot listen on port {port} of this machine: choose another one with --port")]
    Port {
        port: u16,
        #[source]
        source: io::Error,
    },
}

/// Answers until Ctrl-C.
///
/// # Errors
/// [`LinkError`], or when the output or the listener fails.
pub async fn run(args: &LinkArgs, config: &Config, dir: &Path, store: DynamoStore, out: &mut impl Write) -> Result<(), Failure> {
    let port = args.port;
    let taken = |source| LinkError::Port { port, source };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(taken)?;
    let here = format!("http://{}", listener.local_addr().map_err(taken)?);
    let origin = args.origin.as_deref().map_or(here, |origin| origin.trim_end_matches('/').to_owned());
    let path = args.secrets.clone().unwrap_or_else(|| dir.join(SECRETS));
    let link = link(args, config, &origin, &secrets(&path, config.shop.world)?, &path, store)?;
    writeln!(out, "# Account linking, {}, until you press Ctrl-C. The secrets are in {}.", config.shop.world.as_str(), path.display())?;
    writeln!(out, "# For the skill's account linking:  {origin}/authorize  {origin}/token  client id {}", args.client_id)?;
    writeln!(out, "# The buyer's page:                 {origin}/payment")?;
    out.flush()?;
    tokio::select! {
        served = axum::serve(listener, router(link)) => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

fn link(
    args: &LinkArgs,
    config: &Config,
    origin: &str,
    secrets: &Secrets,
    path: &Path,
    store: DynamoStore,
) -> Result<Link<DynamoStore, AmazonConsents>, LinkError> {
    let world = config.shop.world;
    let pay_endpoint = args.pay_endpoint.as_deref().filter(|address| !address.is_empty());
    if world == World::Simulated && pay_endpoint.is_none() {
        return Err(LinkError::NoSandbox);
    }
    let (key_file, key_id) = args.key_file.as_deref().zip(args.key_id.as_deref()).ok_or(LinkError::NoKey)?;
    let text = std::fs::read_to_string(key_file).map_err(|source| LinkError::Unreadable { path: key_file.to_owned(), source })?;
    let key = PrivateKey::from_pem(&text).map_err(|source| LinkError::Key { path: key_file.to_owned(), source })?;
    let signer = Signer::new(PublicKeyId::parse(key_id)?, key);
    let place = Place::amazon(Region::of(config.pay.ledger_currency), Environment::of(world), signer.id())?;
    let place = match pay_endpoint {
        Some(address) => place.instead_at(address)?,
        None => place,
    };
    let vendor = args.vendor.as_deref().filter(|vendor| !vendor.is_empty());
    let redirects: Vec<_> = vendor.map(oauth::Client::alexa_redirects).into_iter().flatten().chain(args.redirect.clone()).collect();
    if redirects.is_empty() {
        return Err(LinkError::NoRedirect);
    }
    let parts = Parts {
        origin: Some(origin.to_owned()),
        secrets,
        client_id: &args.client_id,
        redirects,
        store_id: args.store_id.clone(),
        signer: signer.clone(),
        pay_endpoint,
    };
    let settings = Settings::new(config, parts).map_err(|error| match error {
        SettingsError::Secrets(source) => LinkError::Secrets { path: path.to_owned(), source },
        SettingsError::Client(_) | SettingsError::Words(_) => LinkError::Settings(error),
    })?;
    Ok(Link { store, consents: AmazonConsents::new(Client::new(signer, place)), settings })
}

/// The secrets in a file. Where nothing is real, they are made.
fn secrets(path: &Path, world: World) -> Result<Secrets, LinkError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Secrets::read(&text).map_err(|source| LinkError::Secrets { path: path.to_owned(), source }),
        Err(source) if world == World::Simulated && source.kind() == io::ErrorKind::NotFound => {
            let secrets = Secrets::generate()?;
            let write = || {
                path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                std::fs::write(path, secrets.write())
            };
            write().map_err(|source| LinkError::Unwritten { path: path.to_owned(), source })?;
            Ok(secrets)
        }
        Err(source) => Err(LinkError::Unreadable { path: path.to_owned(), source }),
    }
}
