//! What the shop stands on: this machine's clock, and the table.

use super::check::Check;
use crate::adapters::aws::Access;
use crate::adapters::dynamodb::connect;
use crate::adapters::dynamodb::table::{self, TableError};
use crate::adapters::failures::Failures;
use crate::adapters::system::rfc3339;
use crate::config::Config;
use crate::domain::time::Time;
use crate::telemetry::chain;

/// 2026-11-01: no clock that is right is earlier.
const RELEASED: Time = Time::from_unix(1_793_491_200);

/// Whether the clock can be right at all. How right it is, only another clock can tell.
pub fn clock(now: Time) -> Check {
    let found = format!("this machine has {}", rfc3339(now));
    if now < RELEASED {
        return Check::failed("clock", found, "set the clock: requests with a wrong date are refused");
    }
    Check::ok("clock", found)
}

/// Whether the table is there and is ours.
pub async fn table(access: &Access, name: &str) -> Check {
    let place = match access {
        Access::Aws { region, endpoint: None, .. } => region.clone(),
        Access::Aws { endpoint: Some(endpoint), .. } | Access::Local { endpoint } => endpoint.clone(),
    };
    match table::check(&connect(access), name).await {
        Ok(()) => Check::ok("table", format!("{name} in {place} answers and has the keys that orders need")),
        Err(TableError::Missing) => Check::failed(
            "table",
            format!("there is no {name} in {place}"),
            "`sam deploy` makes it and prints its name for VOICETILL_TABLE; check AWS_REGION",
        ),
        Err(TableError::Foreign(wrong)) => Check::failed(
            "table",
            format!("{name} in {place} belongs to something else: {wrong}"),
            "set VOICETILL_TABLE to the TableName that `sam deploy` prints",
        ),
        Err(TableError::Store(error)) => {
            let found = chain(&error);
            let remedy = if found.to_lowercase().contains("credential") {
                "put AWS credentials into the environment: eval \"$(aws configure export-credentials --format env)\""
            } else {
                "check AWS_REGION, the network, and that you may call dynamodb:DescribeTable"
            };
            Check::failed("table", format!("{name} in {place} cannot be looked at: {found}"), remedy)
        }
    }
}

/// Whether anybody is told of orders.
pub fn mail(config: &Config) -> Check {
    match &config.mail {
        Some(boxes) => Check::ok("mail", format!("comes from {}; orders go to {}", boxes.from.as_str(), boxes.orders_department.as_str())),
        None => Check::warning("mail", "nobody is told of orders", "add the section [mail] to shop.toml"),
    }
}

/// Whether there is something that a function could not do.
pub async fn dead_letters(url: &str) -> Check {
    const NAME: &str = "dead letters";
    let count = match Failures::at(url, None).await {
        Ok(queue) => queue.count().await,
        Err(error) => Err(error),
    };
    match count {
        Ok(0) => Check::ok(NAME, format!("none in {url}")),
        Ok(count) => Check::warning(NAME, format!("{count} in {url}"), "`voicetill orders dead-letters` shows them"),
        Err(error) => Check::failed(NAME, chain(&error), "check the address and the credentials, and that they may use SQS"),
    }
}
