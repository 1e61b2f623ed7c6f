//! The connection to DynamoDB, with ring as its only cryptography.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use super::access::Access;

/// Whom an endpoint of AWS is trusted by: Amazon's own roots. Reading the system's whole list takes longer than the rest of the start.
pub const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// HTTPS. The context says whom to trust; its default is the system's list.
#[must_use]
pub fn https(trust: TlsContext) -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(trust).build())
}

/// The connection for an access; it connects with the first call.
#[must_use]
pub fn open(access: &Access) -> SharedHttpConnector {
    match access {
        Access::Aws { endpoint: None, .. } => https(amazon()),
        // Whatever stands in for AWS has a certificate of its own, which the system may know.
        Access::Aws { endpoint: Some(_), .. } => https(TlsContext::default()),
        // Loopback speaks plain HTTP: no certificates are read for it.
        Access::Local { .. } => SharedHttpConnector::new(Connector::builder().build_http()),
    }
}

fn amazon() -> TlsContext {
    // Without a single server name to add, nothing can be wrong with a context.
    TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)).build().unwrap_or_default()
}
