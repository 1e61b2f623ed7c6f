//! Messages on Lambda, from the table's stream: wiring only.

use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::aws::{Access, Line, NoRegion};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::mail::ses::Ses;
use voicetill::adapters::mail::{Mailroom, Writer};
use voicetill::adapters::system;
use voicetill::config::{CATALOG_PROBLEMS, Config, Env};
use voicetill::domain::time::Time;
use voicetill::entry::notify::Notify;
use voicetill::entry::{account, ringing};
use voicetill::telemetry;

// The function is not built with a catalogue that it could not sell from.
const _: () = assert!(CATALOG_PROBLEMS.is_empty(), "{}", CATALOG_PROBLEMS);

/// How long what could not be told is left alone before it comes again.
const PAUSE_SECONDS: i64 = 10;

type Teller = Notify<DynamoStore, Account, Mailroom<Ses>, ringing::Bell>;

#[tokio::main(flavor = "local")]
async fn main() -> Result<ExitCode, Error> {
    let env = Env::from_process();
    telemetry::json(env.log.as_deref().unwrap_or("info"));
    let notify = match start(&env).await {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(error = telemetry::chain(error.as_ref()), "nobody can be told of orders");
            return Ok(ExitCode::FAILURE);
        }
    };
    let notify = &notify;
    Runtime::new(service_fn(async |event: LambdaEvent<Value>| {
        let ends = Time::from_unix(i64::try_from(event.context.deadline / 1_000).unwrap_or(i64::MAX));
        let told = notify.tell(&event.payload, system::now, ends).await;
        if told.as_ref().is_ok_and(|report| !report.again.is_empty() && ends.since(system::now()) > PAUSE_SECONDS) {
            // Lambda counts how often it comes again, and whatever is down needs a while.
            tokio::time::sleep(Duration::from_secs(PAUSE_SECONDS.unsigned_abs())).await;
        }
        told.map(|report| report.response()).map_err(|error| {
            // The runtime logs it.
            Diagnostic { error_type: "Stream".to_owned(), error_message: telemetry::chain(&error) }
        })
    }))
    .run()
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn start(env: &Env) -> Result<Teller, Error> {
    let config = Config::prepared(env)?;
    let mail = config.mail.clone().ok_or("nobody is told by mail: add the section [mail] to shop.toml, and build again")?;
    let region = env.region.clone().ok_or(NoRegion)?;
    let access = Access::aws(env.region.clone(), env.endpoint.clone())?;
    Ok(Notify {
        store: DynamoStore::new(Line::to(&access), config.table.clone()),
        buyers: account::open(&config, env).await?,
        mail: Mailroom { writer: Writer::new(&config.shop, mail)?, carrier: Ses::new(&region) },
        devices: ringing::open(&config, env).await?,
        world: config.shop.world,
        run: system::run_id(),
    })
}
