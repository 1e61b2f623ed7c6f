//! Notifications on Lambda: wiring only.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::aws::{Access, Line};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::sns::{Roots, Verifier, Web};
use voicetill::adapters::system;
use voicetill::config::{CATALOG_PROBLEMS, Config, Env};
use voicetill::entry::account;
use voicetill::entry::function_url::{Posted, respond};
use voicetill::entry::ipn::Ipn;
use voicetill::telemetry;

// The function is not built with a catalogue that it could not sell from.
const _: () = assert!(CATALOG_PROBLEMS.is_empty(), "{}", CATALOG_PROBLEMS);

#[tokio::main(flavor = "local")]
async fn main() -> Result<ExitCode, Error> {
    let env = Env::from_process();
    telemetry::json(env.log.as_deref().unwrap_or("info"));
    let (ipn, account) = match start(&env).await {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(error = telemetry::chain(error.as_ref()), "notifications cannot be taken in");
            return Ok(ExitCode::FAILURE);
        }
    };
    let (ipn, account) = (&ipn, &account);
    Runtime::new(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Infallible>(match Posted::read(event.payload) {
            Ok(posted) => {
                let answer = ipn.answer(account, system::now(), |name| posted.header(name), &posted.body).await;
                respond(answer.status, answer.word)
            }
            Err(error) => respond(400, &error.to_string()),
        })
    }))
    .run()
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn start(env: &Env) -> Result<(Ipn<DynamoStore, Web>, Account), Error> {
    let config = Config::prepared(env)?;
    let account = account::open(&config, env).await?;
    let access = Access::aws(env.region.clone(), env.endpoint.clone())?;
    let store = DynamoStore::new(Line::to(&access), config.table);
    let verifier = Verifier::new(Web::default(), Roots::amazon()?);
    Ok((Ipn::new(store, verifier, config.shop.world, system::run_id()), account))
}
