//! The table as a person at a terminal reaches it: with the profiles of the AWS CLI. The function does without.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_sdk_dynamodb::config::Region;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::access::{Access, NoRegion};
use super::connection;
use super::line::Line;

/// A line with the rights of a profile. Without one, credentials in the environment come first, and then the default profile, as for
/// the AWS CLI. Profiles with keys, and those that assume a role with them, are served; single sign-on is not: `aws configure
/// export-credentials --format env` turns its session into credentials in the environment.
///
/// # Errors
/// [`NoRegion`] when neither `region` nor the profile names one.
pub async fn connect_as(profile: Option<&str>, region: Option<String>, endpoint: Option<String>) -> Result<Line, NoRegion> {
    let mut regions = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        regions = regions.profile_name(profile);
    }
    let region = match region {
        Some(region) => Some(region),
        None => ProvideRegion::region(&regions.build()).await.map(|region| region.to_string()),
    };
    let access = Access::aws(region.clone(), endpoint)?;
    // Assuming a role is a call of its own, over the same TLS.
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = ProviderConfig::without_region().with_region(region.map(Region::new)).with_http_client(http);
    let profiles = ProfileFileCredentialsProvider::builder().configure(&config);
    let connector = connection::open(&access);
    if let Some(profile) = profile {
        return Ok(Line::with(&access, profiles.profile_name(profile).build(), connector));
    }
    let chain = CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new());
    Ok(Line::with(&access, chain.or_else("profile", profiles.build()), connector))
}
