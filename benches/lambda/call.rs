//! The empty function with one read of the table in every turn, through the SDK as it comes: its own settings, and nothing of the skill's.
//! What a turn of the skill that calls the store could cost at least, on this SDK.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use voicetill::adapters::dynamodb::keys;
use voicetill::config::Env;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let env = Env::from_process();
    let table = env.table.unwrap_or_default();
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut settings = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(env.region.map(Region::new))
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .http_client(http);
    settings.set_endpoint_url(env.endpoint);
    let client = Client::from_conf(settings.build());
    let (client, table) = (&client, &table);
    run(service_fn(async |_: LambdaEvent<Value>| {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let read = client.get_item().table_name(table).key(keys::PARTITION, key("B#0")).key(keys::SORT, key("W")).consistent_read(true);
        let found = read.send().await?.item.is_some();
        Ok::<_, Error>(json!({
            "version": "1.0",
            "response": {
                "shouldEndSession": found,
                "outputSpeech": { "type": "SSML", "ssml": "<speak>Welcome. What would you like?</speak>" },
            },
        }))
    }))
    .await
}
