//! Where to call (section 1).

use crate::adapters::amazon_pay::api::place::{Environment, Region};
use crate::adapters::amazon_pay::call::origin::{AddressError, Origin};

/// The service's version, in paths and parameters.
pub const VERSION: &str = "2013-01-01";

/// A place that answers as the older API does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub environment: Environment,
    pub origin: Origin,
}

impl Place {
    /// Amazon itself.
    #[must_use]
    pub fn amazon(region: Region, environment: Environment) -> Self {
        let host = match region {
            Region::NorthAmerica => "mws.amazonservices.com",
            Region::Europe => "mws-eu.amazonservices.com",
            Region::Japan => "mws.amazonservices.jp",
        };
        Self { environment, origin: Origin::of(host) }
    }

    /// The same at another address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn instead_at(self, address: &str) -> Result<Self, AddressError> {
        Ok(Self { origin: Origin::parse(address)?, ..self })
    }

    #[must_use]
    pub fn path(&self) -> String {
        let section = match self.environment {
            Environment::Live => "OffAmazonPayments",
            Environment::Sandbox => "OffAmazonPayments_Sandbox",
        };
        format!("/{section}/{VERSION}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_its_host_and_every_environment_its_path() {
        let url = |region, environment| {
            let place = Place::amazon(region, environment);
            place.origin.url(&place.path())
        };
        for (region, host) in [
            (Region::NorthAmerica, "mws.amazonservices.com"),
            (Region::Europe, "mws-eu.amazonservices.com"),
            (Region::Japan, "mws.amazonservices.jp"),
        ] {
            assert_eq!(url(region, Environment::Live), format!("https://{host}/OffAmazonPayments/2013-01-01"));
            assert_eq!(url(region, Environment::Sandbox), format!("https://{host}/OffAmazonPayments_Sandbox/2013-01-01"));
        }
    }
}
