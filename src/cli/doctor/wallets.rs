//! What a deployment with saved wallets has to be told: `samconfig.toml` names it, and nobody else on this machine knows.

use std::path::Path;

use toml::{Table, Value};

use super::check::Check;
use crate::config::Config;
use crate::domain::order::Rail;
use crate::domain::shop::World;

const WALLETS: &str = "saved wallets";
const PAGE: &str = "payment page";

/// The parameters of the template without which the skill refuses to start, and buyers cannot link.
const NEEDED: [&str; 5] = ["PayKeyId", "PayKeySecretArn", "PayStoreId", "LinkSecretArn", "LinkVendorId"];

/// What stands in samconfig.toml before a person has written something.
const PLACEHOLDER: &str = "REPLACE-WITH-";

pub fn checks(dir: &Path, config: &Config) -> Vec<Check> {
    if !config.shop.rails.contains(&Rail::SavedWallet) {
        return Vec::new();
    }
    let stage = match config.shop.world {
        World::Simulated => {
            return vec![Check::ok(WALLETS, "simulated: `voicetill link` makes its own secrets, and Amazon Pay is played")];
        }
        World::Sandbox => "sandbox",
        World::Live => "production",
    };
    let file = dir.join("samconfig.toml");
    let text = std::fs::read_to_string(&file);
    let settings = text.ok().and_then(|text| text.parse::<Table>().ok());
    let Some(settings) = settings else {
        let found = format!("{} cannot be read, so it is not known what the skill will be told", file.display());
        return vec![Check::warning(WALLETS, found, "run this where samconfig.toml is, or name that folder with --dir")];
    };
    let parameters = parameters(&settings, stage);
    vec![named(stage, &parameters), page(config, stage, &parameters)]
}

/// Names and values under `parameter_overrides`.
fn parameters<'t>(settings: &'t Table, stage: &str) -> Vec<(&'t str, &'t str)> {
    let deploy = settings.get(stage).and_then(|stage| stage.get("deploy")?.get("parameters")?.get("parameter_overrides"));
    let lines = deploy.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    lines.filter_map(|line| line.split_once('=')).collect()
}

fn value<'t>(parameters: &[(&str, &'t str)], name: &str) -> Option<&'t str> {
    let found = parameters.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
    found.filter(|value| !value.is_empty() && !value.starts_with(PLACEHOLDER))
}

fn named(stage: &str, parameters: &[(&str, &str)]) -> Check {
    let missing: Vec<_> = NEEDED.into_iter().filter(|name| value(parameters, name).is_none()).collect();
    if missing.is_empty() {
        return Check::ok(WALLETS, format!("samconfig.toml names key, secrets and account linking for {stage}"));
    }
    let found = format!("samconfig.toml does not say {} for {stage}, and the skill will not start without", missing.join(", "));
    Check::warning(WALLETS, found, "write them there before `sam deploy`: see \"Deploy\" in the README")
}

/// Buyers type the address from a card.
fn page(config: &Config, stage: &str, parameters: &[(&str, &str)]) -> Check {
    match value(parameters, "LinkOrigin").or(config.link_origin.as_deref()) {
        Some(origin) if origin.starts_with("https://") => Check::ok(PAGE, format!("{origin}, as it is printed on cards")),
        Some(origin) => {
            Check::failed(PAGE, format!("{origin} is not https, and Alexa and Amazon take nothing else"), "write it with https://")
        }
        None => Check::warning(
            PAGE,
            format!("LinkOrigin is not set for {stage}, so cards name Lambda's own address, which is long to type"),
            "let a short address of yours lead to the link function, and write it as LinkOrigin; it works without, too",
        ),
    }
}
