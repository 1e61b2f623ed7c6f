//! Where the table is, who asks, and how long anybody waits.

use std::time::Duration;

/// Where the table is and who asks.
#[derive(Clone, Debug)]
pub enum Access {
    /// As Lambda sets it: region and credentials from the environment.
    Aws { region: String, endpoint: Option<String> },
    /// An endpoint on this machine, which takes any credentials.
    Local { endpoint: String },
}

/// The environment names no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region: set AWS_REGION to the region of the table")]
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
        Ok(Self::Aws { region: region.ok_or(NoRegion)?, endpoint })
    }

    /// What requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        match self {
            Self::Aws { region, .. } => region,
            Self::Local { .. } => "local",
        }
    }

    /// The one place that every call goes to. The SDK would work it out anew, with rules for everything that DynamoDB can be.
    #[must_use]
    pub fn endpoint(&self) -> String {
        match self {
            Self::Aws { endpoint: Some(endpoint), .. } | Self::Local { endpoint } => endpoint.clone(),
            Self::Aws { region, endpoint: None } => {
                let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://dynamodb.{region}.{domain}")
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
    use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Endpoint, Params, ResolveEndpoint};

    use super::*;

    #[tokio::test]
    async fn the_fixed_endpoint_is_the_one_of_the_sdks_rules() {
        for region in ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "us-gov-west-1", "cn-north-1"] {
            let params = Params::builder().region(region).build().unwrap();
            let ruled = DefaultResolver::new().resolve_endpoint(&params).await.unwrap();
            let fixed = Access::aws(Some(region.to_owned()), None).unwrap().endpoint();
            assert_eq!(Endpoint::builder().url(fixed).build(), ruled, "{region}");
        }
    }
}
