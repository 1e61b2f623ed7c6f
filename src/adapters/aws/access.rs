//! Where a service is, who asks, and how long anybody waits.

use std::time::Duration;

/// A service of AWS that takes a POST to `/` with a JSON body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    DynamoDb,
    SecretsManager,
}

impl Service {
    /// What addresses and signatures call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::SecretsManager => "secretsmanager",
        }
    }
}

/// Where a service is and who asks.
#[derive(Clone, Debug)]
pub enum Access {
    /// As Lambda sets it: region and credentials from the environment.
    Aws { service: Service, region: String, endpoint: Option<String> },
    /// An endpoint on this machine, which takes any credentials.
    Local { endpoint: String },
}

/// The environment names no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region: set AWS_REGION to the region that you deploy to")]
pub struct NoRegion;

/// One try must leave room for another within a turn; a connection that died while the function was frozen shows at once.
pub const ATTEMPT_MAX: Duration = Duration::from_millis(1_200);
/// Three tries that hang, and the pauses between them, still end before a turn does.
pub const CALL_MAX: Duration = Duration::from_millis(3_500);
pub const TRIES: u32 = 3;
pub const BACKOFF_FIRST: Duration = Duration::from_millis(50);

impl Access {
    /// Access to a table on AWS, or on what stands in for it at `endpoint`.
    ///
    /// # Errors
    /// [`NoRegion`]: requests are signed for a region, even where an endpoint is given.
    pub fn aws(region: Option<String>, endpoint: Option<String>) -> Result<Self, NoRegion> {
        Ok(Self::Aws { service: Service::DynamoDb, region: region.ok_or(NoRegion)?, endpoint })
    }

    /// Which service requests are signed for.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        match self {
            Self::Aws { service, .. } => service.name(),
            Self::Local { .. } => "local",
        }
    }

    /// What requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        match self {
            Self::Aws { region, .. } => region,
            Self::Local { .. } => "local",
        }
    }

    /// The one place that every call goes to. The SDK would work it out anew, with rules for everything that a service can be.
    #[must_use]
    pub fn endpoint(&self) -> String {
        match self {
            Self::Aws { endpoint: Some(endpoint), .. } | Self::Local { endpoint } => endpoint.clone(),
            Self::Aws { service, region, endpoint: None } => {
                let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://{}.{region}.{domain}", service.name())
            }
        }
    }

    /// The service's name, as requests carry it.
    #[must_use]
    pub fn host(&self) -> String {
        let endpoint = self.endpoint();
        let (_, rest) = endpoint.split_once("://").unwrap_or_default();
        rest.split('/').next().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::endpoint::Endpoint;

    use super::*;

    const REGIONS: [&str; 6] = ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "us-gov-west-1", "cn-north-1"];

    fn fixed(service: Service, region: &str) -> Endpoint {
        let access = Access::Aws { service, region: region.to_owned(), endpoint: None };
        Endpoint::builder().url(access.endpoint()).build()
    }

    #[tokio::test]
    async fn the_fixed_endpoint_of_the_table_is_the_one_of_the_sdks_rules() {
        use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        for region in REGIONS {
            let params = Params::builder().region(region).build().unwrap();
            assert_eq!(fixed(Service::DynamoDb, region), DefaultResolver::new().resolve_endpoint(&params).await.unwrap(), "{region}");
        }
    }

    #[cfg(feature = "account")]
    #[tokio::test]
    async fn the_fixed_endpoint_of_secrets_is_the_one_of_the_sdks_rules() {
        use aws_sdk_secretsmanager::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        for region in REGIONS {
            let params = Params::builder().region(region).build().unwrap();
            assert_eq!(fixed(Service::SecretsManager, region), DefaultResolver::new().resolve_endpoint(&params).await.unwrap(), "{region}");
        }
    }
}
