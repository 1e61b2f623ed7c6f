//! `voicetill sandbox`: a local Amazon Pay with real HTTP, for the client of this shop or any other.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::adapters::amazon_pay::api::key::{NoKeyId, PublicKeyId};
use crate::adapters::system;
use crate::sandbox::{MwsKey, NoNotifier, NoPublicKey, Notifier, PublicKey, Sandbox, Settings, TOPIC};
use crate::simulator::amazon_pay::books::{self, Books, BooksError};
use crate::simulator::amazon_pay::{BUYERS, Buyer};

/// Play Amazon Pay API v2 on this machine until interrupted. It checks signatures with the public half of your key and moves no money.
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct SandboxArgs {
    /// Listen on this port; 0 takes a free one.
    #[arg(long, default_value_t = 8080, env = "VOICETILL_SANDBOX_PORT")]
    pub port: u16,
    /// The merchant's key, private or public, a .pem file.
    #[arg(long, value_name = "FILE", env = "VOICETILL_PAY_KEY_FILE")]
    pub key: Option<PathBuf>,
    /// The only public key id to take; without it any.
    #[arg(long, value_name = "ID", env = "VOICETILL_PAY_KEY_ID")]
    pub key_id: Option<String>,
    /// The access key that requests of the older interface (MWS) are signed with.
    #[arg(long, value_name = "KEY", env = "VOICETILL_MWS_ACCESS_KEY", requires = "mws_secret_key_file")]
    pub mws_access_key: Option<String>,
    /// A file with nothing but its secret.
    #[arg(long, value_name = "FILE", env = "VOICETILL_MWS_SECRET_KEY_FILE")]
    pub mws_secret_key_file: Option<PathBuf>,
    /// The client id that tokens of Login with Amazon are made for.
    #[arg(long, value_name = "ID", default_value = "amzn1.application-oa2-client.voicetill-sandbox", env = "VOICETILL_PAY_STORE_ID")]
    pub client_id: String,
    /// The buyer who comes to the checkout page.
    #[arg(long, value_name = "NAME", default_value = BUYERS[0].name)]
    pub buyer: String,
    /// Post signed notifications of what changes to this address: that of `voicetill ipn serve`.
    #[arg(long, value_name = "URL")]
    pub notify: Option<String>,
    /// Do not keep rules that no source confirms.
    #[arg(long)]
    pub lenient: bool,
    /// Do not count calls.
    #[arg(long)]
    pub no_throttling: bool,
    /// Begin with empty books.
    #[arg(long)]
    pub fresh: bool,
    /// Write JSON.
    #[arg(long)]
    pub json: bool,
}

/// Why the sandbox does not come up.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error(
        "there is no key to check signatures with: make one with `openssl genrsa -out pay.pem 2048`, sign your requests with it, and give it with --key or VOICETILL_PAY_KEY_FILE"
    )]
    NoKey,
    #[error("{} cannot be read: correct --key or VOICETILL_PAY_KEY_FILE", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} cannot be read: correct --mws-secret-key-file or VOICETILL_MWS_SECRET_KEY_FILE", path.display())]
    Secret {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}", path.display())]
    Key {
        path: PathBuf,
        #[source]
        source: NoPublicKey,
    },
    #[error("--key-id: {0}")]
    KeyId(#[from] NoKeyId),
    #[error("there is no buyer {name} here: take one of {known}", known = BUYERS.map(|buyer| buyer.name).join(", "))]
    Buyer { name: String },
    #[error("cannot listen on port {port} of this machine: choose another one with --port")]
    Port {
        port: u16,
        #[source]
        source: io::Error,
    },
    #[error("--notify")]
    Notify(#[from] NoNotifier),
    #[error(transparent)]
    Books(#[from] BooksError),
    #[error("the output could not be written, or the interrupt not awaited")]
    Io(#[from] io::Error),
}

/// Answers until Ctrl-C.
///
/// # Errors
/// [`SandboxError`].
pub async fn run(args: &SandboxArgs, dir: &Path, out: &mut impl Write) -> Result<(), SandboxError> {
    let settings = settings(args, dir)?;
    let port = args.port;
    let taken = |source| SandboxError::Port { port, source };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    tell(args, &format!("http://{address}"), out)?;
    out.flush()?;
    let sandbox = Sandbox::new(settings, address);
    let sandbox = match &args.notify {
        Some(listener) => sandbox.notifying(Notifier::new(listener, system::now())?),
        None => sandbox,
    };
    tokio::select! {
        served = sandbox.serve(listener) => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

fn settings(args: &SandboxArgs, dir: &Path) -> Result<Settings, SandboxError> {
    let path = args.key.clone().filter(|file| !file.as_os_str().is_empty()).ok_or(SandboxError::NoKey)?;
    let text = std::fs::read_to_string(&path).map_err(|source| SandboxError::Unreadable { path: path.clone(), source })?;
    let key = PublicKey::from_pem(&text).map_err(|source| SandboxError::Key { path, source })?;
    let key_id = args.key_id.as_deref().filter(|id| !id.is_empty()).map(PublicKeyId::parse).transpose()?;
    let mws = args.mws_access_key.clone().zip(args.mws_secret_key_file.as_ref());
    let mws = mws.map(|(access, file)| {
        let secret = std::fs::read_to_string(file).map_err(|source| SandboxError::Secret { path: file.clone(), source })?;
        Ok::<_, SandboxError>(MwsKey::new(access, secret.trim()))
    });
    let mws = mws.transpose()?;
    let buyer = Buyer::named(&args.buyer).ok_or_else(|| SandboxError::Buyer { name: args.buyer.clone() })?;
    let books = Books::at(dir.join(books::FILE));
    if args.fresh {
        books.clear()?;
    }
    let client_id = args.client_id.clone();
    let (strict, throttled) = (!args.lenient, !args.no_throttling);
    Ok(Settings { books, key, key_id, mws, client_id, buyer, wall: system::now, strict, throttled })
}

fn tell(args: &SandboxArgs, address: &str, out: &mut impl Write) -> io::Result<()> {
    let control = ["state", "clock", "next", "permission"].map(|name| format!("{address}/_voicetill/{name}"));
    if args.json {
        let [state, clock, next, permission] = &control;
        return writeln!(out, "{}", json!({ "address": address, "state": state, "clock": clock, "next": next, "permission": permission }));
    }
    writeln!(out, "# Amazon Pay API v2, simulated, until you press Ctrl-C. In another terminal:")?;
    writeln!(out, "export VOICETILL_PAY_ENDPOINT={address}")?;
    if let Some(key) = &args.key {
        writeln!(out, "export VOICETILL_PAY_KEY_FILE={}", std::path::absolute(key)?.display())?;
    }
    let id = args.key_id.as_deref().filter(|id| !id.is_empty()).unwrap_or("SANDBOX-LOCAL");
    writeln!(out, "export VOICETILL_PAY_KEY_ID={id}")?;
    if args.notify.is_some() {
        writeln!(out, "# Notifications come from the topic {TOPIC}. Its listener:")?;
        writeln!(out, "#   voicetill ipn serve --sns {address}")?;
        writeln!(out, "#   voicetill ipn trust {TOPIC} --sns {address}")?;
    }
    let [state, clock, next, permission] = control;
    writeln!(out, "# What lies here:      curl {state}")?;
    writeln!(out, "# Move its clock:      curl --json '{{\"seconds\":86400}}' {clock}")?;
    writeln!(out, "# Bend the next call:  curl --json '{{\"operation\":\"Create Charge\",\"reasonCode\":\"ProcessingFailure\"}}' {next}")?;
    writeln!(
        out,
        "# Change a permission: curl --json '{{\"chargePermissionId\":\"C01-…\",\"state\":\"Closed\",\"reason\":\"BuyerClosed\"}}' {permission}"
    )
}
