//! The round over open orders on Lambda, by a schedule: wiring only.

use std::process::ExitCode;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::aws::{Access, Line};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::{fingerprint, system};
use voicetill::app::{Desk, Round, Scope};
use voicetill::config::{CATALOG_PROBLEMS, Config, Env};
use voicetill::domain::time::Time;
use voicetill::entry::account;
use voicetill::telemetry;

// The function is not built with a catalogue that it could not sell from.
const _: () = assert!(CATALOG_PROBLEMS.is_empty(), "{}", CATALOG_PROBLEMS);

/// What one more order may take: several calls to Amazon Pay, and their storing.
const ORDER_SECONDS: i64 = 60;

#[tokio::main(flavor = "local")]
async fn main() -> Result<ExitCode, Error> {
    let env = Env::from_process();
    telemetry::json(env.log.as_deref().unwrap_or("info"));
    let (config, account, store) = match start(&env).await {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(error = telemetry::chain(error.as_ref()), "open orders cannot be reconciled");
            return Ok(ExitCode::FAILURE);
        }
    };
    let (run, scope) = (system::run_id(), Scope::from(&config.shop));
    let mark = |text: &str| fingerprint::mark(&format!("{run} {text}"));
    let (account, store, mark) = (&account, &store, &mark);
    Runtime::new(service_fn(async |event: LambdaEvent<Value>| {
        let ends = Time::from_unix(i64::try_from(event.context.deadline / 1_000).unwrap_or(i64::MAX));
        let desk = Desk { store, payments: account, now: system::now(), mark };
        // What everything behind it remembers is too much for a stack.
        let round = Box::pin(desk.round(scope, || ends.since(system::now()) > ORDER_SECONDS)).await;
        round.map(|round| report(&round)).map_err(|error| {
            // The runtime logs it.
            Diagnostic { error_type: "Store".to_owned(), error_message: telemetry::chain(&error) }
        })
    }))
    .run()
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn start(env: &Env) -> Result<(Config, Account, DynamoStore), Error> {
    let config = Config::prepared(env)?;
    let account = account::open(&config, env).await?;
    let access = Access::aws(env.region.clone(), env.endpoint.clone())?;
    let store = DynamoStore::new(Line::to(&access), config.table.clone());
    Ok((config, account, store))
}

/// The template makes metrics of this line.
fn report(round: &Round) {
    let Round { looked, changed, open, failed, oldest_seconds, unreconciled_minor, warned, left } = *round;
    tracing::info!(looked, changed, open, failed, oldest_seconds, unreconciled_minor, warned, left, "a round over open orders");
}
