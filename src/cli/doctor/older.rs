//! The keys of the older API, and one signed call with them that moves nothing (`reference/amazon-pay-mws.md`, sections 2 and 6).
//!
//! It asks for an authorization that does not exist. Amazon looks for that only after it has accepted the keys.

use std::time::Duration;

use super::DoctorArgs;
use super::check::Check;
use super::credentials::read_by_others;
use crate::adapters::amazon_pay::api::place::{Environment, Region};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::call::trouble::Trouble;
use crate::adapters::amazon_pay::mws::client::{Cause, Client};
use crate::adapters::amazon_pay::mws::errors::ErrorCode;
use crate::adapters::amazon_pay::mws::requests::GetAuthorizationDetails;
use crate::adapters::amazon_pay::mws::trouble;
use crate::config::Config;
use crate::domain::time::Time;
use crate::telemetry::chain;

const KEYS: &str = "older API's keys";
const ONLINE: &str = "Amazon Pay's older API";

/// A person waits, and may be behind a slow line.
const WITHIN: Duration = Duration::from_secs(15);

pub async fn checks(args: &DoctorArgs, config: &Config, now: fn() -> Time) -> Vec<Check> {
    let (region, environment) = (Region::of(config.pay.ledger_currency), Environment::of(config.shop.world));
    let client = match args.older.client(config.pay.seller_id.clone(), region, environment) {
        Ok(client) => client.with_clock(now),
        Err(error) => {
            let told = chain(&error);
            let (found, remedy) =
                told.rsplit_once(": ").unwrap_or((&told, "take both keys from Seller Central, Integration, MWS Access Key"));
            return vec![Check::failed(KEYS, found, remedy)];
        }
    };
    let mut checks = vec![keys(args, &client)];
    if args.online {
        checks.push(called(&client, environment).await);
    }
    checks
}

fn keys(args: &DoctorArgs, client: &Client) -> Check {
    let found = format!("the access key {} and its secret, for {}", client.merchant().access_key.as_str(), client.merchant().seller);
    match args.older.secret_file() {
        Some(file) if read_by_others(file) => {
            let shown = file.display();
            Check::warning(KEYS, format!("{found}; other users of this machine can read {shown}"), format!("chmod 600 {shown}"))
        }
        Some(_) | None => Check::ok(KEYS, found),
    }
}

async fn called(client: &Client, environment: Environment) -> Check {
    let nobodys = match environment {
        Environment::Sandbox => "S01-0000000-0000000-A000000",
        Environment::Live => "P01-0000000-0000000-A000000",
    };
    let Ok(id) = ObjectId::parse(nobodys) else {
        return Check::failed(ONLINE, "not called", "this is a fault of voicetill: please report it");
    };
    let accepted = || Check::ok(ONLINE, format!("{} accepts the keys for {environment}", client.place().origin.host()));
    let Err(error) = client.call(&GetAuthorizationDetails(id), WITHIN).await else { return accepted() };
    if let Cause::Refused(refusal) = &error.cause
        && matches!(refusal.code, ErrorCode::InvalidTransactionId | ErrorCode::InvalidParameterValue)
    {
        return accepted();
    }
    let Trouble { found, remedy, passes } = trouble::of(&error, client);
    if passes { Check::warning(ONLINE, found, remedy) } else { Check::failed(ONLINE, found, remedy) }
}
