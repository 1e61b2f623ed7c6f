//! `voicetill link`: account linking, "my payment" and the left cart on this machine. A simulated shop needs nothing else: Amazon Pay and the Alexa app are
//! played beside the pages.

mod alexa;
mod amazon;
pub mod tokens;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args;

use alexa::Alexa;
use amazon::Amazon;

use super::Failure;
use crate::adapters::amazon_pay::api::client::Client;
use crate::adapters::amazon_pay::api::key::{KeyError, NoKeyId};
use crate::adapters::amazon_pay::api::place::{Environment, Place, PlaceError, Region};
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::link::consents::AmazonConsents;
use crate::adapters::link::oauth;
use crate::adapters::link::random::NoRandom;
use crate::adapters::link::secrets::{Secrets, SecretsError};
use crate::config::Config;
use crate::domain::shop::World;
use crate::entry::link::{Link, Parts, Settings, SettingsError, router};

/// Where the pages are when nothing else is asked for.
pub const HERE: &str = "http://127.0.0.1:8081";

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
    #[error("a simulated shop calls no real Amazon Pay: set VOICETILL_PAY_ENDPOINT as `voicetill sandbox` prints it, or leave out the key")]
    NoSandbox,
    #[error("Amazon Pay could not be played beside the pages")]
    Played(#[source] Box<dyn std::error::Error + Send + Sync>),
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
    let (port, world) = (args.port, config.shop.world);
    let taken = |source| LinkError::Port { port, source };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(taken)?;
    let here = format!("http://{}", listener.local_addr().map_err(taken)?);
    let origin = args.origin.as_deref().map_or(here, |origin| origin.trim_end_matches('/').to_owned());
    let path = args.secrets.clone().unwrap_or_else(|| dir.join(SECRETS));
    // A file that was named is one that is there: new secrets for a slip in its name would end every link and every voice code.
    let secrets = if args.secrets.is_some() { written(&path)? } else { secrets(&path, world)? };
    let amazon = Amazon::of(args, world, dir).await?;
    let link = link(args, config, &origin, &secrets, &path, &amazon, store)?;
    writeln!(out, "# Account linking, {}, until you press Ctrl-C. The secrets are in {}.", world.as_str(), path.display())?;
    let mut pages = router(link);
    if world == World::Simulated {
        pages = pages.merge(alexa::router(Alexa {
            origin: origin.clone(),
            client_id: args.client_id.clone(),
            client_secret: secrets.client().to_owned(),
            dir: dir.to_owned(),
            asked: Mutex::default(),
        }));
        writeln!(out, "# Link an account, as from the card in the Alexa app:  {origin}{}", alexa::APP)?;
    }
    if let Some(endpoint) = &amazon.endpoint {
        writeln!(out, "# Amazon Pay, simulated:           {endpoint}")?;
    }
    writeln!(out, "# For the skill's account linking:  {origin}/authorize  {origin}/token  client id {}", args.client_id)?;
    writeln!(out, "# The buyer's page:                 {origin}/payment")?;
    writeln!(out, "# A cart left at the speaker:       {origin}/cart")?;
    out.flush()?;
    tokio::select! {
        served = axum::serve(listener, pages) => served?,
        served = amazon.serve => served?,
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
    amazon: &Amazon,
    store: DynamoStore,
) -> Result<Link<DynamoStore, AmazonConsents>, LinkError> {
    let world = config.shop.world;
    let Amazon { signer, endpoint, serve: _ } = amazon;
    let place = Place::amazon(Region::of(config.pay.ledger_currency), Environment::of(world), signer.id())?;
    let place = match endpoint {
        Some(address) => place.instead_at(address)?,
        None => place,
    };
    let vendor = args.vendor.as_deref().filter(|vendor| !vendor.is_empty());
    let theirs = vendor.map(oauth::Client::alexa_redirects).into_iter().flatten();
    let app = (world == World::Simulated).then(|| format!("{origin}{}", alexa::BACK));
    let redirects: Vec<_> = theirs.chain(args.redirect.clone()).chain(app).collect();
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
        pay_endpoint: endpoint.as_deref(),
    };
    let settings = Settings::new(config, parts).map_err(|error| match error {
        SettingsError::Secrets(source) => LinkError::Secrets { path: path.to_owned(), source },
        SettingsError::Client(_) | SettingsError::Words(_) => LinkError::Settings(error),
    })?;
    Ok(Link { store, consents: AmazonConsents::new(Client::new(signer.clone(), place)), settings })
}

/// The secrets in a file.
fn written(path: &Path) -> Result<Secrets, LinkError> {
    let text = std::fs::read_to_string(path).map_err(|source| LinkError::Unreadable { path: path.to_owned(), source })?;
    Secrets::read(&text).map_err(|source| LinkError::Secrets { path: path.to_owned(), source })
}

/// The secrets in a file. Where nothing is real, they are made.
///
/// # Errors
/// [`LinkError`].
pub fn secrets(path: &Path, world: World) -> Result<Secrets, LinkError> {
    match written(path) {
        Err(LinkError::Unreadable { source, .. }) if world == World::Simulated && source.kind() == io::ErrorKind::NotFound => {
            let secrets = Secrets::generate()?;
            let write = || {
                path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                std::fs::write(path, secrets.write())
            };
            write().map_err(|source| LinkError::Unwritten { path: path.to_owned(), source })?;
            Ok(secrets)
        }
        read => read,
    }
}
