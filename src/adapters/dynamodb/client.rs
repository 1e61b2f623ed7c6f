//! The one connection to DynamoDB, with ring as its only cryptography and everything decided up front.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Where the table is and who asks.
#[derive(Clone, Debug)]
pub enum Access {
    /// As Lambda sets it: region and credentials from the environment, read when they are needed, because they change.
    Aws { region: String, endpoint: Option<String> },
    /// An endpoint on this machine, which takes any credentials.
    Local { endpoint: String },
}

/// The environment names no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region: set AWS_REGION to the region of the table")]
pub struct NoRegion;

impl Access {
    /// Access to a table on AWS, or on what stands in for it at `endpoint`.
    ///
    /// # Errors
    /// [`NoRegion`]: requests are signed for a region, even where an endpoint is given.
    pub fn aws(region: Option<String>, endpoint: Option<String>) -> Result<Self, NoRegion> {
        Ok(Self::Aws { region: region.ok_or(NoRegion)?, endpoint })
    }
}

/// One try must leave room for another within a turn; a connection that died while the function was frozen shows at once.
pub const ATTEMPT_MAX: Duration = Duration::from_millis(1_200);
/// Three tries that hang, and the pauses between them, still end before a turn does.
pub const CALL_MAX: Duration = Duration::from_millis(3_500);
pub const TRIES: u32 = 3;
pub const BACKOFF_FIRST: Duration = Duration::from_millis(50);

/// HTTPS. The context says whom to trust; its default is the system's list.
#[must_use]
pub fn https(trust: TlsContext) -> SharedHttpClient {
    let ring = Provider::Rustls(CryptoMode::Ring);
    aws_smithy_http_client::Builder::new().tls_provider(ring).tls_context(trust).build_https()
}

/// A write that met another one on the same item: it passes at once, which the SDK's own list does not have.
#[derive(Debug)]
struct Conflicts;

impl ClassifyRetry for Conflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(|result| result.err()).and_then(OrchestratorError::as_operation_error);
        let code = error.and_then(|error| {
            let put = error.downcast_ref::<PutItemError>().and_then(ProvideErrorMetadata::code);
            put.or_else(|| error.downcast_ref::<UpdateItemError>().and_then(ProvideErrorMetadata::code))
        });
        if code == Some("TransactionConflictException") { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "Conflicts"
    }
}

/// The client's settings; tests add interceptors to them.
#[must_use]
pub fn settings(access: &Access) -> Builder {
    let timeouts = TimeoutConfig::builder().connect_timeout(ATTEMPT_MAX).operation_attempt_timeout(ATTEMPT_MAX).operation_timeout(CALL_MAX);
    let retries = RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(BACKOFF_FIRST);
    let base = Builder::new()
        .retry_classifier(Conflicts)
        .behavior_version(BehaviorVersion::latest())
        .timeout_config(timeouts.build())
        .retry_config(retries);
    match access {
        Access::Aws { region, endpoint } => {
            let base = base
                .region(Region::new(region.clone()))
                .credentials_provider(EnvironmentVariableCredentialsProvider::new())
                .http_client(https(TlsContext::default()));
            match endpoint {
                Some(endpoint) => base.endpoint_url(endpoint),
                None => base,
            }
        }
        // Loopback speaks plain HTTP: no certificates are read for it.
        Access::Local { endpoint } => base
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(endpoint),
    }
}

/// A client with these settings.
#[must_use]
pub fn connect(access: &Access) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(settings(access).build())
}
