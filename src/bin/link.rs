//! Account linking and "my payment" on Lambda, behind a function URL: wiring only.

use std::process::ExitCode;

use lambda_http::Error;
use voicetill::adapters::aws::{Access, Line};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::link::consents::AmazonConsents;
use voicetill::config::{CATALOG_PROBLEMS, Config, Env};
use voicetill::entry::link::{Link, function, router};
use voicetill::telemetry;

// The function is not built with a catalogue that it could not sell from.
const _: () = assert!(CATALOG_PROBLEMS.is_empty(), "{}", CATALOG_PROBLEMS);

#[tokio::main(flavor = "local")]
async fn main() -> Result<ExitCode, Error> {
    let env = Env::from_process();
    telemetry::json(env.log.as_deref().unwrap_or("info"));
    match start(&env).await {
        Ok(link) => lambda_http::run(router(link)).await.map(|()| ExitCode::SUCCESS),
        Err(error) => {
            tracing::error!(error = telemetry::chain(error.as_ref()), "account linking cannot be served");
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn start(env: &Env) -> Result<Link<DynamoStore, AmazonConsents>, Error> {
    let config = Config::prepared(env)?;
    let access = Access::aws(env.region.clone(), env.endpoint.clone())?;
    let store = DynamoStore::new(Line::to(&access), config.table.clone());
    Ok(function::open(&config, env, store).await?)
}
