//! One signed call that moves nothing, and what each answer to it means (`reference/amazon-pay-v2.md`, sections 1, 3 and 8).
//!
//! It asks for a charge permission that does not exist. Amazon looks for that only after it has accepted clock, key and account.

use std::time::Duration;

use super::check::Check;
use super::credentials::Credentials;
use crate::adapters::amazon_pay::api::Seen;
use crate::adapters::amazon_pay::api::client::{Answer, CallError, Cause, Client};
use crate::adapters::amazon_pay::api::errors::Refusal;
use crate::adapters::amazon_pay::api::place::{Environment, Region};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::api::wire::requests::{CreateCheckoutSession, WebCheckoutDetails};
use crate::adapters::system::rfc3339;
use crate::domain::ids::AttemptId;
use crate::domain::time::Time;
use crate::telemetry::chain;

pub const NAME: &str = "Amazon Pay";
const CLOCKS: &str = "clocks";
const STORE: &str = "store at Amazon";

/// A person waits, and may be behind a slow line.
const WITHIN: Duration = Duration::from_secs(15);

/// How far the clocks may be apart. No page gives Amazon Pay's own bound; five minutes is what AWS allows.
const APART_MAX_SECONDS: i64 = 300;

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
        Err(error) => explain(error, &client, environment, apart),
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

fn request(seen: &Seen) -> String {
    seen.request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default()
}

fn accepted(client: &Client, environment: Environment, seen: &Seen) -> Check {
    let (host, region) = (client.place().host(), client.place().region.as_str());
    let found = format!("{host} accepts the key {} for {environment} in region {region}{}", client.signer().id(), request(seen));
    Check::ok(NAME, found)
}

fn clocks(apart: i64, now: Time) -> Check {
    let found = format!("Amazon's is {} seconds {} this machine's", apart.unsigned_abs(), if apart < 0 { "behind" } else { "ahead of" });
    if apart.abs() > APART_MAX_SECONDS {
        return Check::failed(CLOCKS, format!("{found}, which has {}", rfc3339(now)), SET_CLOCK);
    }
    Check::ok(CLOCKS, found)
}

const SET_CLOCK: &str = "set this machine's clock, best by NTP: the date is part of every signature";

/// What an answer that is no success means. That there is no such permission is the success.
fn explain(error: &CallError, client: &Client, environment: Environment, apart: Option<i64>) -> Result<Check, Check> {
    let host = client.place().host();
    let network = "check the network, the firewall, and a proxy in HTTPS_PROXY";
    let check = match &error.cause {
        Cause::Refused(refusal) => return refused(refusal, client, environment, apart),
        Cause::NoConnection { source, .. } => {
            let told = chain(source);
            let lower = told.to_lowercase();
            let remedy = if lower.contains("certificate") {
                "the certificate is not accepted: set this machine's clock, and look for a proxy that opens HTTPS"
            } else if lower.contains("dns") || lower.contains("lookup") {
                "the name is not found: check the network and its DNS"
            } else {
                network
            };
            Check::failed(NAME, format!("{host} cannot be reached: {told}"), remedy)
        }
        Cause::TimedOut => Check::failed(NAME, format!("{host} did not answer in {} seconds", WITHIN.as_secs()), network),
        Cause::Interrupted(source) => Check::failed(NAME, format!("the connection to {host} broke: {}", chain(source)), network),
        Cause::Unreadable { status, .. } => Check::failed(
            NAME,
            format!("{host} answered {status} with something that is not Amazon Pay's"),
            "look for a proxy in between, and at VOICETILL_PAY_ENDPOINT",
        ),
        Cause::NoDate => Check::failed(NAME, "no date can be put on a request", SET_CLOCK),
        Cause::NoClient(source) => {
            Check::failed(NAME, format!("HTTPS cannot be set up: {}", chain(source)), "install this system's root certificates")
        }
        Cause::Unfit(_) | Cause::Unsigned(_) => Check::failed(NAME, chain(error), "this is a fault of voicetill: please report it"),
    };
    Err(check)
}

fn refused(refusal: &Refusal, client: &Client, environment: Environment, apart: Option<i64>) -> Result<Check, Check> {
    let (id, region) = (client.signer().id(), client.place().region.as_str());
    let answered = format!("Amazon answered {} {}{}", refusal.status, refusal.code, request(&refusal.seen));
    let clock_wrong = apart.is_some_and(|apart| apart.abs() > APART_MAX_SECONDS);
    // The codes that a wrong date may come as: the signature or the date's header is refused.
    let dated = ["InvalidRequestSignature", "InvalidHeaderValue", "InvalidAuthentication"];
    if clock_wrong && dated.contains(&refusal.code.as_str()) {
        return Err(Check::failed(NAME, format!("the request's date is not accepted: {answered}"), SET_CLOCK));
    }
    let (found, remedy) = match refusal.code.as_str() {
        "ResourceNotFound" => return Ok(accepted(client, environment, &refusal.seen)),
        "InvalidRequestSignature" => (
            "the signature is not accepted".to_owned(),
            format!("the key file and the key id {id} do not belong together: take both from the same line in Seller Central"),
        ),
        "InvalidAuthentication" | "UnauthorizedAccess" | "InvalidAuthorizationToken" => (
            format!("the key id {id} is not known for {environment} in region {region}"),
            "check the id; that it was made for this environment and is not deleted; and country_of_establishment, which sets the region"
                .to_owned(),
        ),
        "InvalidAccountStatus" => (
            "the seller account is not active".to_owned(),
            "finish its registration in Seller Central, or ask Amazon Pay's support".to_owned(),
        ),
        "InvalidHeaderValue" | "MissingHeader" | "MissingHeaderValue" => (
            format!("a header is not accepted: {}", refusal.message),
            "check country_of_establishment, which sets the region, and look for a proxy that changes headers".to_owned(),
        ),
        "TLSVersionNotSupported" => (
            "the TLS version is not accepted".to_owned(),
            "look for a proxy that opens HTTPS and closes it again with an old TLS".to_owned(),
        ),
        "TooManyRequests" | "RequestThrottled" => {
            return Err(Check::warning(NAME, format!("too many calls: {answered}"), "try again in a minute"));
        }
        _ if refusal.retryable() => {
            return Err(Check::warning(NAME, format!("Amazon Pay has trouble of its own: {answered}"), "try again later"));
        }
        "" => (
            "something that is not Amazon Pay has answered".to_owned(),
            "look for a proxy in between, and at VOICETILL_PAY_ENDPOINT".to_owned(),
        ),
        _ => (
            format!("an answer that was not expected: {}", refusal.message),
            "ask Amazon Pay's support, with the request's name".to_owned(),
        ),
    };
    Err(Check::failed(NAME, format!("{found}: {answered}"), remedy))
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
