//! `voicetill doctor`: everything that can be looked at before a buyer comes, and for what is wrong, what to do.
//!
//! It changes nothing here. Only `--online` calls Amazon Pay, and moves no money there.

mod check;
mod credentials;
mod older;
mod online;
mod package;
mod surroundings;
mod wallets;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

pub use check::{Check, Health};

use crate::adapters::amazon_pay::api::place::Region;
use crate::adapters::aws::{Access, NoRegion};
use crate::cli::older::OlderArgs;
use crate::config::{Config, ConfigError, Env};
use crate::domain::order::Rail;
use crate::domain::shop::World;
use crate::domain::time::Time;

/// Check the shop, the skill, this machine and the payment credentials, and say what to fix.
#[derive(Clone, Debug, Default, Args)]
pub struct DoctorArgs {
    /// Make one signed, harmless call to Amazon Pay, and explain the answer.
    #[arg(long)]
    pub online: bool,
    /// Write JSON.
    #[arg(long)]
    pub json: bool,
    /// The private key from Seller Central, a .pem file.
    #[arg(long, value_name = "FILE", env = "VOICETILL_PAY_KEY_FILE")]
    pub key_file: Option<PathBuf>,
    /// The id of the public key that belongs to it.
    #[arg(long, value_name = "ID", env = "VOICETILL_PAY_KEY_ID")]
    pub key_id: Option<String>,
    /// The store id from Seller Central.
    #[arg(long, value_name = "ID", env = "VOICETILL_PAY_STORE_ID")]
    pub store_id: Option<String>,
    /// Call this address instead of Amazon Pay.
    #[arg(long, value_name = "URL", env = "VOICETILL_PAY_ENDPOINT")]
    pub pay_endpoint: Option<String>,
    #[command(flatten)]
    pub older: OlderArgs,
    /// A queue of what the functions on AWS could not do: `MessageFailures` or `RoundFailures` of the stack's outputs.
    #[arg(long, value_name = "URL", env = "VOICETILL_DEAD_LETTERS", value_delimiter = ',')]
    pub queue: Vec<String>,
    /// The folder with `skill-package/`.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
}

/// Runs every check and tells what came of it. Whether nothing has failed.
///
/// # Errors
/// When the output cannot be written.
pub async fn run(
    args: &DoctorArgs,
    config: Result<Config, ConfigError>,
    env: &Env,
    now: fn() -> Time,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let checks = examine(args, config, env, now).await;
    if args.json {
        check::json(&checks, out)?;
    } else {
        check::tell(&checks, out)?;
    }
    Ok(checks.iter().all(|check| check.health != Health::Failed))
}

async fn examine(args: &DoctorArgs, config: Result<Config, ConfigError>, env: &Env, now: fn() -> Time) -> Vec<Check> {
    let mut checks = Vec::new();
    let config = match config {
        Ok(config) => {
            checks.push(sound(&config));
            checks.extend(config.shop.rails.iter().map(|rail| rail_check(*rail, config.shop.world)));
            checks.extend(package::checks(&args.dir, &config));
            checks.extend(wallets::checks(&args.dir, &config));
            Some(config)
        }
        Err(error) => {
            checks.extend(error.problems().iter().map(|problem| {
                let place = problem.line.map_or_else(|| problem.file.clone(), |line| format!("{}:{line}", problem.file));
                let found = [place.as_str(), &problem.key, &problem.wrong].into_iter().filter(|part| !part.is_empty());
                Check::failed("configuration", found.collect::<Vec<_>>().join(": "), problem.remedy.clone())
            }));
            None
        }
    };
    checks.push(surroundings::clock(now()));
    if let Some(config) = &config {
        checks.push(table(config, env).await);
        checks.push(surroundings::mail(config));
    }
    for url in &args.queue {
        checks.push(surroundings::dead_letters(url).await);
    }
    let account = config.as_ref().map(|config| (config.shop.world, Region::of(config.pay.ledger_currency)));
    let only_older = args.older.is_given() && !credentials::are_given(args);
    let (told, credentials) = if only_older { (Vec::new(), None) } else { credentials::checks(args, account) };
    checks.extend(told);
    if let Some(config) = config.as_ref().filter(|_| args.older.is_given()) {
        checks.extend(older::checks(args, config, now).await);
    }
    if args.online && !only_older {
        checks.extend(match credentials {
            Some(credentials) => online::checks(credentials, now).await,
            None => vec![Check::failed(
                online::NAME,
                "not called: there is nothing to sign with, or nowhere to call",
                "put the lines above right first",
            )],
        });
    }
    checks
}

fn sound(config: &Config) -> Check {
    let locales = config.shop.locales.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (name, world, count) = (&config.shop.name, config.shop.world.as_str(), config.shop.catalog.count());
    Check::ok("configuration", format!("{name}, {count} products, {locales}, world {world}"))
}

/// `design.md`, "The truth about the directive rail".
fn rail_check(rail: Rail, world: World) -> Check {
    match (rail, world) {
        (Rail::SavedWallet, _) => {
            Check::ok("rail", "saved-wallet: buyers link their account once, and our server charges what they agree to")
        }
        (Rail::Directive, World::Simulated) => {
            Check::ok("rail", "directive, which is simulated here; Amazon itself switched it off between December 2022 and March 2023")
        }
        (Rail::Directive, World::Sandbox | World::Live) => Check::warning(
            "rail",
            "directive: Amazon switched it off between December 2022 and March 2023, and nothing has confirmed since that it charges",
            "sell to nobody on this rail before a sandbox purchase has gone through; until then use world = \"simulated\"",
        ),
    }
}

async fn table(config: &Config, env: &Env) -> Check {
    let (region, endpoint) = (env.region.clone(), env.endpoint.clone());
    if config.shop.world == World::Simulated && endpoint.is_none() {
        return Check::ok("table", "none is needed: simulated orders are kept on this machine");
    }
    match Access::aws(region, endpoint) {
        Ok(access) => surroundings::table(&access, &config.table).await,
        Err(NoRegion) if config.shop.world == World::Simulated => {
            Check::failed("table", "an endpoint for it is set, but no region", "set AWS_REGION, too; any will do on this machine")
        }
        Err(NoRegion) => Check::warning("table", "not looked at: no AWS region is set", "set AWS_REGION to the region that you deploy to"),
    }
}
