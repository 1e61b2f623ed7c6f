//! Who a person at a terminal is to AWS: a profile of the AWS CLI. Functions do without.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_sdk_dynamodb::config::{Region, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Where calls go, and by whose right.
#[derive(Debug)]
pub struct Identity {
    /// `None` when nobody names one.
    pub region: Option<String>,
    pub credentials: SharedCredentialsProvider,
    pub http: SharedHttpClient,
}

/// The identity of a profile. Without one, credentials in the environment come first, and then the default profile, as for the AWS CLI.
/// Profiles with keys, and those that assume a role with them, are served; single sign-on is not: `aws configure export-credentials
/// --format env` turns its session into credentials in the environment.
pub async fn identity(profile: Option<&str>, region: Option<String>) -> Identity {
    let mut regions = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        regions = regions.profile_name(profile);
    }
    let region = match region {
        Some(region) => Some(region),
        None => ProvideRegion::region(&regions.build()).await.map(|region| region.to_string()),
    };
    // Assuming a role is a call of its own, over the same TLS.
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = ProviderConfig::without_region().with_region(region.clone().map(Region::new)).with_http_client(http.clone());
    let profiles = ProfileFileCredentialsProvider::builder().configure(&config);
    let credentials = if let Some(profile) = profile {
        SharedCredentialsProvider::new(profiles.profile_name(profile).build())
    } else {
        let chain = CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new());
        SharedCredentialsProvider::new(chain.or_else("profile", profiles.build()))
    };
    Identity { region, credentials, http }
}
