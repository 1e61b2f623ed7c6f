//! The SDK's own client, for what is not the store's: making the table and looking at it. The function does without.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector, http_client_fn};

use crate::adapters::aws::{Access, open};

/// A client over a connection of its own.
#[must_use]
pub fn connect(access: &Access) -> Client {
    connect_over(access, open(access))
}

/// A client with another way to the service.
#[must_use]
pub fn connect_over(access: &Access, connector: impl HttpConnector + 'static) -> Client {
    let connector = SharedHttpConnector::new(connector);
    let base = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(access.region().to_owned()))
        .endpoint_url(access.endpoint())
        .http_client(http_client_fn(move |_, _| connector.clone()));
    let settings = match access {
        Access::Aws { .. } => base.credentials_provider(EnvironmentVariableCredentialsProvider::new()),
        Access::Local { .. } => base.credentials_provider(Credentials::new("local", "local", None, None, "local")),
    };
    Client::from_conf(settings.build())
}
