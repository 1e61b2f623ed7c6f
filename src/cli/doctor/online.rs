//! One signed call that moves nothing, and what each answer to it means (`reference/amazon-pay-v2.md`, sections 1, 3 and 8).
//!
//! It asks for a charge permission that does not exist. Amazon looks for that only after it has accepted clock, key and account.

use std::time::Duration;

use super::check::Check;
use super::credentials::Credentials;
use crate::adapters::amazon_pay::api::Seen;
use crate::adapters::amazon_pay::api::client::{Answer, CallError, Cause, Client};
use crate::adapters::amazon_pay::api::errors::ReasonCode;
use crate::adapters::amazon_pay::api::place::{Environment, Region};
use crate::adapters::amazon_pay::api::trouble::{self, request};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::api::wire::requests::{CreateCheckoutSession, WebCheckoutDetails};
use crate::adapters::amazon_pay::call::trouble::{APART_MAX_SECONDS, SET_CLOCK, Trouble, apart_in_words};
use crate::adapters::system::rfc3339;
use crate::domain::ids::AttemptId;
use crate::domain::time::Time;
use crate::telemetry::chain;

pub const NAME: &str = "Amazon Pay";
const CLOCKS: &str = "clocks";
const STORE: &str = "store at Amazon";

/// A person waits, and may be behind a slow line.
const WITHIN: Duration = Duration::from_secs(15);

/// Calls, and tells what the answers mean.
pub async fn checks(credentials: Credentials, now: fn() -> Time) -> Vec<Check> {
    let Credentials { signer, place, environment, store_id } = credentials;
    let client = Client::new(signer, place).with_clock(now);
    let Ok(nobody) = ObjectId::parse(nobodys(client.place().region, environment)) else { return Vec::new() };
    let called = client.charge_permission(&nobody, WITHIN).await;
    let seen = called.as_ref().map_or_else(CallError::seen, |answer| Some(&answer.seen));
    let apart = seen.and_then(|seen| seen.date).map(|theirs| theirs.since(now()));
    let answered = match &called {
        Ok(Answer { seen, .. }) => Ok(accepted(&client, environment, seen)),
        Err(error) => explain(error, &client, environment),
    };
    let passed = answered.is_ok();
    let mut checks = vec![answered.unwrap_or_else(|check| check)];
    checks.extend(apart.map(|apart| clocks(apart, now())));
    if let Some(store_id) = store_id.filter(|_| passed) {
        checks.push(match environment {
            Environment::Sandbox => store(&client, store_id, now()).await,
            // A live session would be one of the merchant's own.
            Environment::Live => Check::ok(STORE, "not asked about in live; try it with the sandbox's key and world = \"sandbox\""),
        });
    }
    checks
}

/// A permission that does not exist, in the shape of the region's (section 5).
const fn nobodys(region: Region, environment: Environment) -> &'static str {
    match (environment, region) {
        (Environment::Sandbox, Region::NorthAmerica) => "S01-0000000-0000000",
        (Environment::Sandbox, Region::Europe) => "S02-0000000-0000000",
        (Environment::Sandbox, Region::Japan) => "S03-0000000-0000000",
        (Environment::Live, Region::NorthAmerica) => "P01-0000000-0000000",
        (Environment::Live, Region::Europe) => "P02-0000000-0000000",
        (Environment::Live, Region::Japan) => "P03-0000000-0000000",
    }
}

fn accepted(client: &Client, environment: Environment, seen: &Seen) -> Check {
    let (host, region) = (client.place().host(), client.place().region.as_str());
    let found = format!("{host} accepts the key {} for {environment} in region {region}{}", client.signer().id(), request(seen));
    Check::ok(NAME, found)
}

fn clocks(apart: i64, now: Time) -> Check {
    let found = format!("Amazon's is {}", apart_in_words(apart));
    if apart.abs() > APART_MAX_SECONDS {
        return Check::failed(CLOCKS, format!("{found}, which has {}", rfc3339(now)), SET_CLOCK);
    }
    Check::ok(CLOCKS, found)
}

/// What an answer that is no success means. That there is no such permission is the success.
fn explain(error: &CallError, client: &Client, environment: Environment) -> Result<Check, Check> {
    if let Cause::Refused(refusal) = &error.cause
        && refusal.code == ReasonCode::ResourceNotFound
    {
        return Ok(accepted(client, environment, &refusal.seen));
    }
    let Trouble { found, remedy, passes } = trouble::of(error, client);
    Err(if passes { Check::warning(NAME, found, remedy) } else { Check::failed(NAME, found, remedy) })
}

/// Begins a sandbox checkout that nobody will finish; Amazon drops it after a day. No other call names the store.
async fn store(client: &Client, store_id: String, now: Time) -> Check {
    let body = CreateCheckoutSession {
        store_id,
        web_checkout_details: WebCheckoutDetails {
            checkout_review_return_url: Some("https://example.com/voicetill-doctor".to_owned()),
            ..WebCheckoutDetails::default()
        },
        ..CreateCheckoutSession::default()
    };
    let Ok(key) = AttemptId::parse(&format!("doctor-{}", now.unix())) else {
        return Check::failed(STORE, "not asked about", SET_CLOCK);
    };
    match client.create_checkout_session(&body, &key, WITHIN).await {
        Ok(answer) => Check::ok(STORE, format!("a sandbox checkout can be begun for it{}", request(&answer.seen))),
        Err(error) if error.retryable() => Check::warning(STORE, chain(&error), "try again later"),
        Err(error) => Check::failed(STORE, chain(&error), "copy the store id of this seller account from Seller Central"),
    }
}
