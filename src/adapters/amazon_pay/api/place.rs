//! Where to call: Amazon Pay's hosts, by the account's region and environment (section 1).

use std::fmt;

use super::key::PublicKeyId;
use crate::adapters::amazon_pay::call::origin::{AddressError, Origin};
use crate::domain::money::Currency;
use crate::domain::shop::World;

/// Whether money is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    Sandbox,
    Live,
}

impl Environment {
    /// The environment for a shop in this world; only a live shop touches real money.
    #[must_use]
    pub const fn of(world: World) -> Self {
        match world {
            World::Simulated | World::Sandbox => Self::Sandbox,
            World::Live => Self::Live,
        }
    }

    /// As URLs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a seller account is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    NorthAmerica,
    Europe,
    Japan,
}

impl Region {
    pub const ALL: [Self; 3] = [Self::NorthAmerica, Self::Europe, Self::Japan];

    /// The region of accounts that are kept in this currency. Britain's are Europe's here.
    #[must_use]
    pub const fn of(ledger: Currency) -> Self {
        match ledger {
            Currency::Usd => Self::NorthAmerica,
            Currency::Eur | Currency::Gbp => Self::Europe,
            Currency::Jpy => Self::Japan,
        }
    }

    /// As the header has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NorthAmerica => "na",
            Self::Europe => "eu",
            Self::Japan => "jp",
        }
    }

    #[must_use]
    pub const fn host(self) -> &'static str {
        match self {
            Self::NorthAmerica => "pay-api.amazon.com",
            Self::Europe => "pay-api.amazon.eu",
            Self::Japan => "pay-api.amazon.jp",
        }
    }
}

/// A place that answers as Amazon Pay does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub region: Region,
    pub environment: Environment,
    pub origin: Origin,
    /// What stands before every resource, as `/sandbox/v2`.
    base: String,
}

/// Why calls cannot be made there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    #[error("the key id {id} is for {given}, and the shop's world is {wanted}: take the key made for {wanted}, or change the world")]
    Environment { id: PublicKeyId, given: Environment, wanted: Environment },
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl Place {
    /// Amazon itself. A key made for one environment selects it, and the path then does not name it.
    ///
    /// # Errors
    /// [`PlaceError::Environment`] when the key is for the other environment: real money must not depend on which key was pasted.
    pub fn amazon(region: Region, environment: Environment, id: &PublicKeyId) -> Result<Self, PlaceError> {
        let base = match id.environment() {
            None => format!("/{environment}/v2"),
            Some(given) if given == environment => "/v2".to_owned(),
            Some(given) => return Err(PlaceError::Environment { id: id.clone(), given, wanted: environment }),
        };
        Ok(Self { region, environment, origin: Origin::of(region.host()), base })
    }

    /// The same at another address.
    ///
    /// # Errors
    /// [`PlaceError::Address`].
    pub fn instead_at(self, address: &str) -> Result<Self, PlaceError> {
        Ok(Self { origin: Origin::parse(address)?, ..self })
    }

    /// Host and port, as the request names them.
    #[must_use]
    pub fn host(&self) -> &str {
        self.origin.host()
    }

    /// The path of a resource, such as `charges`.
    #[must_use]
    pub fn path(&self, resource: &str) -> String {
        format!("{}/{resource}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cases, str};
    use super::*;

    fn id(text: &str) -> PublicKeyId {
        PublicKeyId::parse(text).unwrap()
    }

    #[test]
    fn every_published_combination_has_its_address() {
        for case in cases("signing/url-building.json") {
            // What other clients take as aliases.
            let region = match str(&case, "region") {
                "us" | "na" => Region::NorthAmerica,
                "jp" => Region::Japan,
                _ => Region::Europe,
            };
            let id = id(str(&case, "public_key_id"));
            let named = match case["environment"].as_str() {
                Some("live") => Environment::Live,
                Some(_) => Environment::Sandbox,
                None => id.environment().unwrap(),
            };
            let place = Place::amazon(region, named, &id).unwrap();
            assert_eq!(place.origin.url(&place.path(str(&case, "resource"))), str(&case, "url"));
        }
    }

    #[test]
    fn a_key_for_the_other_environment_is_refused_both_ways() {
        for (key, environment) in [("LIVE-AF", Environment::Sandbox), ("SANDBOX-AF", Environment::Live)] {
            let refused = Place::amazon(Region::Europe, environment, &id(key)).unwrap_err();
            assert!(matches!(refused, PlaceError::Environment { wanted, .. } if wanted == environment), "{refused}");
        }
    }

    #[test]
    fn another_address_changes_where_and_not_what() {
        let amazon = || Place::amazon(Region::Japan, Environment::Sandbox, &id("AF")).unwrap();
        let here = amazon().instead_at("http://127.0.0.1:8080").unwrap();
        let url = here.origin.url(&here.path("charges"));
        assert_eq!((here.host(), url.as_str()), ("127.0.0.1:8080", "http://127.0.0.1:8080/sandbox/v2/charges"));
        assert!(matches!(amazon().instead_at("http://pay.example"), Err(PlaceError::Address(_))));
    }
}
