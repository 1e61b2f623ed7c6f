//! `voicetill ipn serve`: what runs on Lambda behind a function URL, on this machine.

use std::io::{self, Write};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use clap::Args;

use crate::adapters::amazon_pay::api::payments::Account;
use crate::adapters::amazon_pay::call::origin::AddressError;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::sns::{BODY_MAX, Fetch, FetchError, Roots, RootsError, Verifier, Web};
use crate::adapters::system;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::entry::ipn::Ipn;
use crate::simulated::LocalPay;
use crate::simulator::amazon_pay::books::Books;

/// Take in notifications on this machine until interrupted: the same as on Lambda, over the orders of this machine.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Listen on this port; 0 takes a free one.
    #[arg(long, default_value_t = 8090, env = "VOICETILL_IPN_PORT")]
    pub port: u16,
    /// The SNS that sends: the address of `voicetill sandbox --notify`. Its own root is trusted for its messages, and no other.
    #[arg(long, value_name = "URL")]
    pub sns: String,
}

/// Why notifications are not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on port {port} of this machine: choose another one with --port")]
    Port {
        port: u16,
        #[source]
        source: io::Error,
    },
    #[error("--sns")]
    Address(#[from] AddressError),
    #[error("the SNS does not serve its root: is `voicetill sandbox --notify` running there?")]
    Root(#[from] FetchError),
    #[error("the root of the SNS")]
    NoRoot(#[from] RootsError),
    #[error("the output could not be written, or the interrupt not awaited")]
    Io(#[from] io::Error),
}

/// Where a local SNS keeps the root of its certificates.
pub const ROOT: &str = "/_voicetill/sns-root.pem";

/// Where orders are, and the Amazon Pay that has their money.
pub struct Shop {
    pub store: DynamoStore,
    pub world: World,
    /// The local Amazon Pay's, for simulated orders.
    pub books: Books,
    /// The merchant's, for others.
    pub account: Option<Account>,
    pub now: fn() -> Time,
}

struct Served {
    ipn: Ipn<DynamoStore, Web>,
    books: Books,
    account: Option<Account>,
    now: fn() -> Time,
}

/// Everything that is answered, for messages of the SNS at this address.
///
/// # Errors
/// [`ServeError`].
pub async fn router(sns: &str, shop: Shop) -> Result<Router, ServeError> {
    let Shop { store, world, books, account, now } = shop;
    let web = Web::instead_at(sns)?;
    let root = web.fetch(&format!("https://sns.local{ROOT}")).await?;
    let roots = Roots::from_pem(&String::from_utf8_lossy(&root))?;
    let ipn = Ipn::new(store, Verifier::new(web, roots), world, system::run_id());
    let served = Arc::new(Served { ipn, books, account, now });
    Ok(Router::new().route("/", post(taken_in)).layer(DefaultBodyLimit::max(BODY_MAX)).with_state(served))
}

/// Takes in notifications until Ctrl-C.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(args: &ServeArgs, shop: Shop, out: &mut impl Write) -> Result<(), ServeError> {
    let router = router(&args.sns, shop).await?;
    let port = args.port;
    let taken = |source| ServeError::Port { port, source };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(taken)?;
    writeln!(out, "Notifications are taken in at http://{} until you press Ctrl-C.", listener.local_addr().map_err(taken)?)?;
    out.flush()?;
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

async fn taken_in(State(served): State<Arc<Served>>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let now = (served.now)();
    let answer = match &served.account {
        Some(account) => served.ipn.answer(account, now, header, &body).await,
        None => served.ipn.answer(&LocalPay { books: &served.books, now }, now, header, &body).await,
    };
    (StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), answer.word)
}
