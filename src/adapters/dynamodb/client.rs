//! The one connection to DynamoDB, with ring as its only cryptography and everything decided up front.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// Where the table is and who asks.
#[derive(Clone, Debug)]
pub enum Access {
    /// As Lambda sets it: region and credentials from the environment, read when they are needed, because they change.
    Aws { region: String, endpoint: Option<String> },
    /// An endpoint on this machine, which takes any credentials.
    Local { endpoint: String },
}

/// One try must leave room for another within a turn; a connection that died while the function was frozen shows at once.
const ATTEMPT_MAX: Duration = Duration::from_millis(1_200);
/// A turn answers within six seconds, apology included.
const CALL_MAX: Duration = Duration::from_millis(3_500);
const TRIES: u32 = 3;

/// The client's settings; tests add interceptors to them.
#[must_use]
pub fn settings(access: &Access) -> Builder {
    let timeouts = TimeoutConfig::builder().connect_timeout(ATTEMPT_MAX).operation_attempt_timeout(ATTEMPT_MAX).operation_timeout(CALL_MAX);
    let retries = RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(Duration::from_millis(50));
    let http = aws_smithy_http_client::Builder::new();
    let base = Builder::new().behavior_version(BehaviorVersion::latest()).timeout_config(timeouts.build()).retry_config(retries);
    match access {
        Access::Aws { region, endpoint } => {
            let base = base
                .region(Region::new(region.clone()))
                .credentials_provider(EnvironmentVariableCredentialsProvider::new())
                .http_client(http.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https());
            match endpoint {
                Some(endpoint) => base.endpoint_url(endpoint),
                None => base,
            }
        }
        // Loopback speaks plain HTTP: no certificates are read for it.
        Access::Local { endpoint } => base
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .http_client(http.build_http())
            .endpoint_url(endpoint),
    }
}

/// A client with these settings.
#[must_use]
pub fn connect(access: &Access) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(settings(access).build())
}
