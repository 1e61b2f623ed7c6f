//! A local Amazon Pay behind HTTP: API v2 as `reference/amazon-pay-v2.md` has it (its sections are cited by number), on the account that
//! the simulator keeps. Beside it the older interface (MWS) and the profile of Login with Amazon, by `reference/amazon-pay-mws.md`. Its strictness is its worth: what passes here should pass there.
//!
//! It moves no money and never leaves this machine. Rules that no source confirms say so, and `lenient` switches them off.

mod call;
mod control;
mod fields;
mod forced;
mod http;
mod lwa;
mod mws;
mod notify;
mod operation;
mod perform;
mod requests;
mod signature;
mod throttle;
mod view;
mod wallet_pages;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use mws::MwsKey;
pub use notify::{NoNotifier, Notifier, TOPIC};
pub use signature::{NoPublicKey, PublicKey};

use crate::adapters::amazon_pay::api::key::PublicKeyId;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::Buyer;
use crate::simulator::amazon_pay::books::Books;
use crate::simulator::clock::Clock;
use crate::telemetry::chain;
use forced::Forced;
use throttle::Buckets;

/// What a sandbox is made of.
#[derive(Debug)]
pub struct Settings {
    pub books: Books,
    /// What signatures are checked with.
    pub key: PublicKey,
    /// The only id that the key is known by; without one any is taken.
    pub key_id: Option<PublicKeyId>,
    /// What signs requests of the older interface; without it they are refused.
    pub mws: Option<MwsKey>,
    /// The application that tokens of Login with Amazon are made for.
    pub client_id: String,
    /// Who comes to the checkout page when nobody else is named.
    pub buyer: Buyer,
    /// The time that requests are dated by; the account's own time can be moved ahead of it.
    pub wall: fn() -> Time,
    /// Whether rules are kept that no source confirms.
    pub strict: bool,
    /// Whether calls are counted (section 9).
    pub throttled: bool,
}

/// A running sandbox.
#[derive(Debug)]
pub struct Sandbox {
    settings: Settings,
    clock: Clock,
    /// Where it listens, for the addresses in answers.
    origin: String,
    buckets: Mutex<Buckets>,
    /// The older interface's.
    quotas: Mutex<mws::Quotas>,
    forced: Mutex<Vec<Forced>>,
    notifier: Option<Notifier>,
}

impl Sandbox {
    /// A sandbox that answers at this address.
    #[must_use]
    pub fn new(settings: Settings, address: SocketAddr) -> Self {
        let clock = Clock::following(settings.wall);
        Self {
            clock,
            origin: format!("http://{address}"),
            settings,
            buckets: Mutex::default(),
            quotas: Mutex::default(),
            forced: Mutex::default(),
            notifier: None,
        }
    }

    /// The same, which also tells a listener of what changes.
    #[must_use]
    pub fn notifying(self, notifier: Notifier) -> Self {
        Self { notifier: Some(notifier), ..self }
    }

    /// Answers until the task is dropped.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        let sandbox = Arc::new(self);
        let answering = axum::serve(listener, http::router(Arc::clone(&sandbox)));
        tokio::select! {
            ended = answering => ended,
            never = sandbox.notify_for_ever() => match never {},
        }
    }

    async fn notify_for_ever(&self) -> Infallible {
        loop {
            tokio::time::sleep(notify::ROUND).await;
            if let Err(error) = self.notify().await {
                tracing::warn!(error = chain(&error), "nobody is notified");
            }
        }
    }

    fn now(&self) -> Time {
        self.clock.now()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
