//! The skill package against the shop: what Alexa would be given. `.ci/run` looks at more of it.

use std::path::Path;

use serde_json::Value;

use super::check::Check;
use crate::cli::model::{self, ModelError};
use crate::config::Config;
use crate::domain::order::Rail;
use crate::domain::shop::World;
use crate::telemetry::chain;

const PACKAGE: &str = "skill package";

/// Without this the directive rail is refused (`reference/alexa-amazon-pay.md`, section 5).
const CONSENT: &str = "payments:autopay_consent";

pub fn checks(dir: &Path, config: &Config) -> Vec<Check> {
    let file = dir.join("skill-package/skill.json");
    let manifest = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str::<Value>(&text).map_err(|error| format!("{} is not JSON: {error}", file.display())),
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
    };
    let mut checks = vec![models(dir, config)];
    match manifest {
        Ok(manifest) => {
            let problems = problems(dir, &manifest["manifest"], config);
            if problems.is_empty() {
                checks.push(Check::ok(PACKAGE, format!("{} fits the shop", file.display())));
            }
            checks.extend(problems);
        }
        Err(found) => checks.push(Check::failed(PACKAGE, found, "run this where skill-package/ is, or name that folder with --dir")),
    }
    checks
}

fn models(dir: &Path, config: &Config) -> Check {
    let name = "interaction models";
    let args = model::Args { check: true, dir: dir.to_owned() };
    match model::run(&args, config, &mut std::io::sink()) {
        Ok(()) => Check::ok(name, "they are what the catalogue and the dialogue make them"),
        Err(ModelError::Differs { path, difference }) => Check::failed(
            name,
            format!("{path} is not what the catalogue makes it: {difference}"),
            "run `voicetill model`, then `ask deploy`",
        ),
        Err(error @ ModelError::File { .. }) => {
            Check::failed(name, chain(&error), "run `voicetill model`, or name the folder with skill-package/ with --dir")
        }
        Err(error @ (ModelError::NoFile(_) | ModelError::Broken { .. } | ModelError::Terminal(_))) => {
            Check::failed(name, chain(&error), "correct speech/ for this language, or take the language out of shop.toml")
        }
    }
}

/// What in the manifest does not fit the shop.
fn problems(dir: &Path, manifest: &Value, config: &Config) -> Vec<Check> {
    let mut problems = Vec::new();
    let published = &manifest["publishingInformation"]["locales"];
    for locale in &config.shop.locales {
        let words = &published[locale.as_str()];
        if words.is_null() {
            let found = format!("the shop speaks {locale}, and skill.json does not publish it");
            problems.push(Check::failed(PACKAGE, found, format!("add publishingInformation.locales.{locale}")));
        }
        for icon in ["smallIconUri", "largeIconUri"].into_iter().filter_map(|icon| words[icon].as_str()) {
            let gone = icon.strip_prefix("file://").filter(|file| !dir.join("skill-package").join(file).is_file());
            if let Some(file) = gone {
                problems.push(Check::failed(PACKAGE, format!("{file} is named in skill.json and is not there"), "put the icon there"));
            }
        }
    }
    let consent = manifest["permissions"].as_array().into_iter().flatten().any(|one| one["name"] == CONSENT);
    if config.shop.rails.contains(&Rail::Directive) && !consent {
        let found = format!("skill.json does not ask for {CONSENT}, so buyers cannot allow the payment");
        problems.push(Check::failed(PACKAGE, found, format!("add {{ \"name\": \"{CONSENT}\" }} to permissions")));
    }
    // Nothing leaves this machine in the simulated world, so there the example may stay.
    if config.shop.world != World::Simulated && manifest["apis"].to_string().contains("REPLACE-WITH") {
        let remedy = "write the function's ARN, which `sam deploy` prints, under apis.custom and under events";
        problems.push(Check::warning(PACKAGE, "skill.json does not name the function yet", remedy));
    }
    problems
}
