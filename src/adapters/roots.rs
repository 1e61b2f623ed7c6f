//! Whom AWS is trusted by.

#[cfg(feature = "notify")]
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
#[cfg(feature = "notify")]
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Amazon's own roots, and no others. Reading the system's whole list takes longer than the rest of a function's start.
pub const AMAZON: &str = include_str!("amazon-roots.pem");

/// HTTPS for the SDK's clients, which trusts these and no others.
#[cfg(feature = "notify")]
#[must_use]
pub fn https() -> SharedHttpClient {
    let trust = TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON));
    // Without a single server name to add, nothing can be wrong with a context.
    let context = trust.build().unwrap_or_default();
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build_https()
}
