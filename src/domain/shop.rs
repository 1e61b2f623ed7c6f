//! The merchant's settings, as far as decisions depend on them.

use super::cart::Limits;
use super::catalog::Catalog;
use super::ids::{Locale, OrderPrefix};
use super::money::Money;
use super::order::Rail;
use super::payment::{CaptureMode, Timing};
use super::place::Zone;
use super::quote::Rates;
use super::wallet::Email;

/// Where money is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// Everything local; no service is called.
    Simulated,
    /// Amazon's sandbox with its test buyers.
    Sandbox,
    Live,
}

impl World {
    pub const ALL: [Self; 3] = [Self::Simulated, Self::Sandbox, Self::Live];

    /// The word used in configuration, logs and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Sandbox => "sandbox",
            Self::Live => "live",
        }
    }

    /// The world of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|world| world.as_str() == word)
    }
}

/// A shop: what it sells, for whom and on which terms. Built once, at start, from checked configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The seller's name as buyers hear it; also the skill's invocation name.
    pub name: String,
    pub world: World,
    /// The first one speaks for requests in any other.
    pub locales: Vec<Locale>,
    pub order_prefix: OrderPrefix,
    /// How buyers may pay, in order of preference.
    pub rails: Vec<Rail>,
    pub capture: CaptureMode,
    /// Whether money that is held for goods that have not left is held anew before its time is up.
    pub reauthorize: bool,
    pub timing: Timing,
    pub limits: Limits,
    pub rates: Rates,
    /// The zone of an order that is not delivered anywhere, such as tickets; `None` for a shop that delivers.
    pub undelivered: Option<Zone>,
    /// Linked buyers who have set a voice code say it for orders of this much or more.
    pub voice_code_from: Option<Money>,
    pub contact: Contact,
    /// Where buyers look after what they pay with, as it is printed on cards; a shop with saved wallets has one.
    pub payment_page: Option<String>,
    pub catalog: Catalog,
}

/// Where a buyer reaches a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub email: String,
    pub phone: String,
    pub hours: String,
}

/// Addresses for mail about orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailboxes {
    /// Where it comes from.
    pub from: Email,
    /// Where news of orders is read.
    pub orders_department: Email,
}
