//! The skill on Lambda: wiring only.

use std::process::ExitCode;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use voicetill::adapters::alexa::verify::ApplicationId;
use voicetill::adapters::alexa::wire::Envelope;
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::aws::{Access, Line};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::config::{CATALOG_PROBLEMS, Config, Env};
use voicetill::entry::late::Late;
use voicetill::entry::skill::Skill;
use voicetill::entry::wallets::wallets;
use voicetill::telemetry;

type Shop = Skill<DynamoStore, Option<Late<Account>>>;

/// A turn is some hundred small allocations; this one takes a fifth off its instructions. See docs/performance.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// The function is not built with a catalogue that it could not sell from.
const _: () = assert!(CATALOG_PROBLEMS.is_empty(), "{}", CATALOG_PROBLEMS);

// Not "current_thread", which links the scheduler for many threads as well, and with it the library of mathematics.
#[tokio::main(flavor = "local")]
async fn main() -> Result<ExitCode, Error> {
    let env = Env::from_process();
    telemetry::json(env.log.as_deref().unwrap_or("info"));
    let skill = match start(&env).await {
        Ok(skill) => skill,
        Err(error) => {
            // Returned, it would be printed once more, and not as JSON.
            tracing::error!(error = telemetry::chain(error.as_ref()), "the skill cannot start");
            return Ok(ExitCode::FAILURE);
        }
    };
    let skill = &skill;
    // Not lambda_runtime::run: that wraps every turn in a span, which no line of ours shows.
    Runtime::new(service_fn(async |event: LambdaEvent<Envelope>| {
        skill.answer_envelope(event.payload).await.map_err(|refusal| {
            // The runtime logs it.
            Diagnostic { error_type: "Refused".to_owned(), error_message: telemetry::chain(&refusal) }
        })
    }))
    .run()
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn start(env: &Env) -> Result<Shop, Error> {
    let config = Config::prepared(env)?;
    let application = config.skill_id.as_deref().ok_or("no skill to serve: set VOICETILL_SKILL_ID to the id from the developer console")?;
    let application = ApplicationId::parse(application)?;
    let access = Access::aws(env.region.clone(), env.endpoint.clone())?;
    let store = DynamoStore::new(Line::to(&access), config.table.clone());
    let (account, keys) = wallets(&config, env)?.unzip();
    let skill = Skill::new(config, application, store)?.with_wallets(account, keys);
    warm(&skill).await;
    Ok(skill)
}

/// Initialisation runs at full speed, the first turn does not. What is not there yet, the turn that needs it asks for again.
async fn warm(skill: &Shop) {
    let keys = async {
        match &skill.keys {
            Some(keys) => keys.get().await.map(|_| ()),
            None => Ok(()),
        }
    };
    let (store, keys) = tokio::join!(skill.rehearse(), keys);
    if let Err(error) = store {
        tracing::warn!(error = telemetry::chain(&error), "the store does not answer yet");
    }
    if let Err(error) = keys {
        tracing::warn!(error = telemetry::chain(&error), "linked buyers cannot be served yet");
    }
}
