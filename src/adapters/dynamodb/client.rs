//! The one connection to DynamoDB, with ring as its only cryptography and everything decided up front.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, ConfigBag, Credentials, IdentityCache, Intercept, Region};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::interceptors::{disable_interceptor, dyn_dispatch_hint};
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
        let error = context.output_or_error().and_then(Result::err).and_then(OrchestratorError::as_operation_error);
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

/// Whom an endpoint of AWS is trusted by: Amazon's own roots. Reading the system's whole list takes longer than the rest of the start.
pub const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// The client's settings; tests add interceptors to them.
#[must_use]
pub fn settings(access: &Access) -> Builder {
    let timeouts = TimeoutConfig::builder().connect_timeout(ATTEMPT_MAX).operation_attempt_timeout(ATTEMPT_MAX).operation_timeout(CALL_MAX);
    let retries = RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(BACKOFF_FIRST);
    let base = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .timeout_config(timeouts.build())
        .retry_config(retries)
        .retry_classifier(Conflicts)
        // Answers are small and arrive whole, and every attempt has its time limit.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .interceptor(FewHeaders);
    match access {
        Access::Aws { region, endpoint } => {
            // Whatever stands in for AWS has a certificate of its own, which the system may know.
            let trust = if endpoint.is_some() { TlsContext::default() } else { amazon() };
            base.region(Region::new(region.clone()))
                // Lambda's credentials do not change while a process lives; reading them is cheaper than asking a cache.
                .credentials_provider(EnvironmentVariableCredentialsProvider::new())
                .identity_cache(IdentityCache::no_cache())
                .endpoint_resolver(Fixed::at(endpoint.clone().unwrap_or_else(|| aws_endpoint(region))))
                .http_client(https(trust))
        }
        // Loopback speaks plain HTTP: no certificates are read for it.
        Access::Local { endpoint } => base
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_resolver(Fixed::at(endpoint.clone()))
            .http_client(aws_smithy_http_client::Builder::new().build_http()),
    }
}

fn amazon() -> TlsContext {
    // Without a single server name to add, nothing can be wrong with a context.
    TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)).build().unwrap_or_default()
}

/// Where a region's tables are.
#[must_use]
pub fn aws_endpoint(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://dynamodb.{region}.{domain}")
}

/// Leaves out the headers that only AWS's statistics read. Making, signing and sending them takes a tenth of a call.
#[derive(Debug)]
struct FewHeaders;

#[dyn_dispatch_hint]
impl Intercept for FewHeaders {
    fn name(&self) -> &'static str {
        "FewHeaders"
    }

    fn read_before_execution(&self, _: &BeforeSerializationInterceptorContextRef<'_>, config: &mut ConfigBag) -> Result<(), BoxError> {
        const WHY: &str = "nothing depends on it";
        let state = config.interceptor_state();
        state.store_put(disable_interceptor::<UserAgentInterceptor>(WHY));
        state.store_put(disable_interceptor::<InvocationIdInterceptor>(WHY));
        state.store_put(disable_interceptor::<RequestInfoInterceptor>(WHY));
        Ok(())
    }
}

/// One place for every call. The SDK would work it out anew, with rules for everything that DynamoDB can be.
#[derive(Debug)]
struct Fixed(Endpoint);

impl Fixed {
    fn at(url: String) -> Self {
        Self(Endpoint::builder().url(url).build())
    }
}

impl ResolveEndpoint for Fixed {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(self.0.clone()))
    }
}

/// A client with these settings.
#[must_use]
pub fn connect(access: &Access) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(settings(access).build())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_dynamodb::config::RuntimeComponents;
    use aws_sdk_dynamodb::config::endpoint::DefaultResolver;
    use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
    use rustls::RootCertStore;
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    use super::*;

    #[tokio::test]
    async fn the_fixed_endpoint_is_the_one_of_the_sdks_rules() {
        for region in ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "us-gov-west-1", "cn-north-1"] {
            let params = Params::builder().region(region).build().unwrap();
            let ruled = DefaultResolver::new().resolve_endpoint(&params).await.unwrap();
            let fixed = Fixed::at(aws_endpoint(region)).resolve_endpoint(&params).await.unwrap();
            assert_eq!(fixed, ruled, "{region}");
        }
    }

    #[test]
    fn amazons_five_roots_are_certificates_that_can_be_trusted() {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(AMAZON_ROOTS.as_bytes()) {
            roots.add(certificate.unwrap()).unwrap();
        }
        assert_eq!(roots.len(), 5);
        assert_ne!(format!("{:?}", amazon()), format!("{:?}", TlsContext::default()));
    }

    /// Notes the names of the headers that leave.
    #[derive(Clone, Debug, Default)]
    struct Sent(Arc<Mutex<Vec<String>>>);

    #[dyn_dispatch_hint]
    impl Intercept for Sent {
        fn name(&self) -> &'static str {
            "Sent"
        }

        fn read_before_transmit(
            &self,
            context: &BeforeTransmitInterceptorContextRef<'_>,
            _: &RuntimeComponents,
            _: &mut ConfigBag,
        ) -> Result<(), BoxError> {
            *self.0.lock().unwrap() = context.request().headers().iter().map(|(name, _)| name.to_owned()).collect();
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_call_has_the_headers_that_it_needs_and_no_others() {
        let sent = Sent::default();
        let nowhere = Access::Local { endpoint: "http://127.0.0.1:9".to_owned() };
        let client = aws_sdk_dynamodb::Client::from_conf(settings(&nowhere).interceptor(sent.clone()).build());
        client.list_tables().send().await.unwrap_err();
        let mut names = sent.0.lock().unwrap().clone();
        names.sort();
        assert_eq!(names, ["authorization", "content-length", "content-type", "x-amz-date", "x-amz-target"]);
    }
}
