//! A call that did not succeed, for the person who can do something about it: what is wrong, and what to do.
//!
//! Clock, network and proxies are here, because they are the same for every service; what a service's own refusals mean, it says itself.

use super::failure::{CallError, Cause, Refused};
use crate::domain::time::Time;
use crate::telemetry::chain;

/// How far the clocks may be apart. No page gives Amazon Pay's own bound; five minutes is what AWS allows.
pub const APART_MAX_SECONDS: i64 = 300;

pub const SET_CLOCK: &str = "set this machine's clock, best by NTP: the date is part of every signature";

const NETWORK: &str = "check the network, the firewall, and a proxy in HTTPS_PROXY";

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found}. To do: {remedy}")]
pub struct Trouble {
    pub found: String,
    pub remedy: String,
    /// Whether it may go away by itself.
    pub passes: bool,
}

impl Trouble {
    pub fn new(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { found: found.into(), remedy: remedy.into(), passes: false }
    }

    /// One that waiting may cure.
    pub fn passing(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { passes: true, ..Self::new(found, remedy) }
    }

    /// What a call to this host came to; `refused` knows the service's own refusals.
    pub fn of<R: Refused>(error: &CallError<R>, host: &str, refused: impl FnOnce(&R) -> Self) -> Self {
        match &error.cause {
            Cause::Refused(refusal) => refused(refusal),
            Cause::NoConnection { source, .. } => no_connection(host, &chain(source)),
            Cause::TimedOut => Self::new(format!("{host} did not answer in time"), NETWORK),
            Cause::Interrupted(source) => Self::new(format!("the connection to {host} broke: {}", chain(source)), NETWORK),
            Cause::Unreadable { status, .. } => Self::new(
                format!("{host} answered {status} with something that is not Amazon Pay's"),
                "look for a proxy in between, and at the address that is set to be called instead of Amazon Pay",
            ),
            Cause::NoDate => Self::new("no date can be put on a request", SET_CLOCK),
            Cause::NoClient(source) => {
                Self::new(format!("HTTPS cannot be set up: {}", chain(source)), "install this system's root certificates")
            }
            Cause::Unfit(_) | Cause::Unsigned(_) => Self::new(chain(error), "this is a fault of voicetill: please report it"),
        }
    }
}

/// How many seconds the service's clock is ahead of ours, where that is too far.
#[must_use]
pub fn clocks_apart(date: Option<Time>, now: Time) -> Option<i64> {
    date.map(|theirs| theirs.since(now)).filter(|apart| apart.abs() > APART_MAX_SECONDS)
}

/// "60 seconds ahead of this machine's", of Amazon's clock.
#[must_use]
pub fn apart_in_words(apart: i64) -> String {
    format!("{} seconds {} this machine's", apart.unsigned_abs(), if apart < 0 { "behind" } else { "ahead of" })
}

fn no_connection(host: &str, told: &str) -> Trouble {
    let lower = told.to_lowercase();
    let remedy = if lower.contains("certificate") {
        "the certificate is not accepted: set this machine's clock, and look for a proxy that opens HTTPS"
    } else if lower.contains("dns") || lower.contains("lookup") {
        "the name is not found: check the network and its DNS"
    } else {
        NETWORK
    };
    Trouble::new(format!("{host} cannot be reached: {told}"), remedy)
}
