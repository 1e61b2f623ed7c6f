//! `voicetill model`: the interaction models, made from the catalogue and from what buyers say (`speech/<locale>.toml`).
//!
//! The files under `skill-package/` are never edited by hand: `--check` fails when they are not what this makes.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::Config;
use crate::domain::catalog::Product;
use crate::domain::ids::Locale;

/// What buyers say, per language.
const UTTERANCES: &[(&str, &str)] = &[("en-US", include_str!("../../speech/en-US.toml"))];

/// Where the ASK CLI looks for interaction models, from the top of the project.
const DIR: &str = "skill-package/interactionModels/custom";

/// The slot type that is the catalogue.
const PRODUCT: &str = "PRODUCT";

/// Write the interaction models from the catalogue and what buyers say.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Change nothing; fail if a model is not what the catalogue and the dialogue make it.
    #[arg(long)]
    pub check: bool,
    /// The folder with `skill-package/`.
    #[arg(long, default_value = ".")]
    pub dir: PathBuf,
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("there is no speech/{0}.toml: say in it what buyers say in this language")]
    NoFile(Locale),
    #[error("speech/{locale}.toml cannot be read")]
    Broken {
        locale: Locale,
        #[source]
        source: toml::de::Error,
    },
    #[error("{path} cannot be {done}")]
    File {
        path: String,
        done: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not what the catalogue and the dialogue make it: {difference}; run `voicetill model` and commit the result")]
    Differs { path: String, difference: String },
    #[error("the terminal is gone")]
    Terminal(#[from] io::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Utterances {
    intents: BTreeMap<String, Spoken>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoken {
    #[serde(default)]
    slots: BTreeMap<String, String>,
    samples: Vec<String>,
}

/// An intent of the model. Fields are in alphabetical order, so that the file is the same however JSON maps are ordered.
#[derive(Serialize)]
struct Intent {
    name: String,
    samples: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slots: Vec<Slot>,
}

#[derive(Serialize)]
struct Slot {
    name: String,
    r#type: String,
}

/// Writes or checks the model of every locale, and tells `out` about each.
///
/// # Errors
/// [`ModelError`]; for `--check`, the first model that differs.
pub fn run(args: &Args, config: &Config, out: &mut dyn Write) -> Result<(), ModelError> {
    for locale in &config.shop.locales {
        let path = args.dir.join(DIR).join(format!("{locale}.json"));
        let model = generate(config, locale)?;
        let failed = |done| {
            let path = path.display().to_string();
            move |source| ModelError::File { path, done, source }
        };
        if args.check {
            let found = std::fs::read_to_string(&path).map_err(failed("read"))?;
            check(&path, &found, &model)?;
            writeln!(out, "{} is up to date", path.display())?;
        } else {
            std::fs::create_dir_all(args.dir.join(DIR)).map_err(failed("made"))?;
            std::fs::write(&path, text(&model)).map_err(failed("written"))?;
            writeln!(out, "{} is written", path.display())?;
        }
    }
    Ok(())
}

/// The interaction model of one language (`reference/alexa-skill.md`, section 15).
///
/// # Errors
/// [`ModelError`] when nobody has written down what buyers say in this language.
pub fn generate(config: &Config, locale: &Locale) -> Result<Value, ModelError> {
    let (_, spoken) = UTTERANCES.iter().find(|(own, _)| *own == locale.as_str()).ok_or_else(|| ModelError::NoFile(locale.clone()))?;
    let utterances: Utterances = toml::from_str(spoken).map_err(|source| ModelError::Broken { locale: locale.clone(), source })?;
    let intents: Vec<Intent> = utterances.intents.into_iter().map(|(name, spoken)| intent(name, spoken)).collect();
    let values: Vec<Value> = config.shop.catalog.products().map(|product| value(&product, locale)).collect();
    let invocation = config.invocations.iter().find(|(own, _)| own == locale).map(|(_, name)| name.as_str());
    Ok(json!({
        "interactionModel": {
            "languageModel": {
                "intents": intents,
                "invocationName": invocation.unwrap_or_default(),
                "types": [{ "name": PRODUCT, "values": values }],
            }
        }
    }))
}

fn intent(name: String, spoken: Spoken) -> Intent {
    let slots = spoken.slots.into_iter().map(|(name, kind)| Slot { name, r#type: kind }).collect();
    Intent { name, samples: spoken.samples, slots }
}

/// A product as a slot value: what it is called, and whatever else buyers call it.
fn value(product: &Product, locale: &Locale) -> Value {
    let one = product.one(locale);
    let mut synonyms: Vec<&str> = Vec::new();
    for name in std::iter::once(product.many(locale)).chain(product.synonyms(locale)) {
        if name != one && !synonyms.contains(&name) {
            synonyms.push(name);
        }
    }
    json!({ "id": product.sku.as_str(), "name": { "synonyms": synonyms, "value": one } })
}

/// The file's text.
fn text(model: &Value) -> String {
    format!("{model:#}\n")
}

/// Only the content counts, not how it is laid out.
fn check(path: &Path, found: &str, model: &Value) -> Result<(), ModelError> {
    let differs = |difference: String| Err(ModelError::Differs { path: path.display().to_string(), difference });
    match serde_json::from_str::<Value>(found) {
        Err(error) => differs(format!("it is not JSON ({error})")),
        Ok(found) => difference("", &found, model).map_or(Ok(()), differs),
    }
}

/// The first place where two values differ.
fn difference(at: &str, found: &Value, right: &Value) -> Option<String> {
    match (found, right) {
        (Value::Object(found), Value::Object(right)) => {
            let extra = found.keys().find(|key| !right.contains_key(*key)).map(|key| format!("{at}/{key} should not be there"));
            let below = |(key, right): (&String, &Value)| match found.get(key) {
                Some(found) => difference(&format!("{at}/{key}"), found, right),
                None => Some(format!("{at}/{key} is missing")),
            };
            right.iter().find_map(below).or(extra)
        }
        (Value::Array(found), Value::Array(right)) => {
            let named = |(index, (found, right)): (usize, (&Value, &Value))| difference(&step(at, index, right), found, right);
            let counts = |found: usize, right: usize| format!("{at} has {found} entries, not {right}");
            found.iter().zip(right).enumerate().find_map(named).or((found.len() != right.len()).then(|| counts(found.len(), right.len())))
        }
        _ if found == right => None,
        _ => Some(format!("{at} is {}, not {}", brief(found), brief(right))),
    }
}

/// An entry of a list by its name where it has one.
fn step(at: &str, index: usize, entry: &Value) -> String {
    let name = entry.get("name").and_then(Value::as_str).or_else(|| entry.get("id").and_then(Value::as_str));
    name.map_or_else(|| format!("{at}[{index}]"), |name| format!("{at}[{name}]"))
}

fn brief(value: &dyn Display) -> String {
    let text = value.to_string();
    if text.chars().count() > 60 { text.chars().take(60).chain(['…']).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Env;

    const COMMITTED: &str = include_str!("../../skill-package/interactionModels/custom/en-US.json");

    /// Every intent that the Alexa adapter turns into one of the dialogue's.
    const HANDLED: [&str; 25] = [
        "AMAZON.CancelIntent",
        "AMAZON.FallbackIntent",
        "AMAZON.HelpIntent",
        "AMAZON.NavigateHomeIntent",
        "AMAZON.NoIntent",
        "AMAZON.RepeatIntent",
        "AMAZON.StopIntent",
        "AMAZON.YesIntent",
        "BrowseIntent",
        "BuyIntent",
        "BuyOneIntent",
        "CancelOrderIntent",
        "ChangeIntent",
        "CheckOutIntent",
        "ContactIntent",
        "DescribeIntent",
        "EmptyCartIntent",
        "OrderStatusIntent",
        "ProductIntent",
        "QuantityIntent",
        "ReadCartIntent",
        "RefundOrderIntent",
        "RemoveIntent",
        "SetUpPaymentIntent",
        "VoiceCodeIntent",
    ];

    fn config() -> Config {
        Config::embedded(&Env::default()).unwrap()
    }

    fn english() -> Value {
        generate(&config(), &Locale::parse("en-US").unwrap()).unwrap()
    }

    fn intents(model: &Value) -> &Vec<Value> {
        model["interactionModel"]["languageModel"]["intents"].as_array().unwrap()
    }

    #[test]
    fn the_committed_model_is_what_the_catalogue_and_the_dialogue_make_it() {
        assert_eq!(COMMITTED, text(&english()), "run `voicetill model` and commit the result");
    }

    #[test]
    fn the_model_has_exactly_the_intents_that_are_handled() {
        let model = english();
        let mut named: Vec<_> = intents(&model).iter().map(|intent| intent["name"].as_str().unwrap()).collect();
        named.sort_unstable();
        assert_eq!(named, HANDLED);
    }

    #[test]
    fn no_sample_means_two_intents_and_every_slot_is_declared() {
        let model = english();
        let mut heard = BTreeMap::new();
        for intent in intents(&model) {
            let slots: Vec<_> = intent["slots"].as_array().into_iter().flatten().map(|slot| slot["name"].as_str().unwrap()).collect();
            for sample in intent["samples"].as_array().unwrap() {
                let sample = sample.as_str().unwrap();
                let earlier = heard.insert(sample.to_lowercase(), intent["name"].clone());
                assert_eq!(earlier, None, "{sample}");
                let outside = sample.split('{').skip(1).map(|part| part.split_once('}').unwrap().0);
                outside.for_each(|slot| assert!(slots.contains(&slot), "{sample}"));
                let plain = sample.replace(['{', '}'], "");
                assert!(plain.chars().all(|letter| letter.is_ascii_alphabetic() || " '".contains(letter)), "{sample}");
            }
        }
    }

    #[test]
    fn a_check_names_the_file_the_place_and_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let mut out = Vec::new();
        let args = |check| Args { check, dir: dir.path().to_owned() };
        run(&args(false), &config(), &mut out).unwrap();
        run(&args(true), &config(), &mut out).unwrap();
        let path = dir.path().join(DIR).join("en-US.json");
        let changed = std::fs::read_to_string(&path).unwrap().replace("\"petal and stem\"", "\"stem and petal\"");
        std::fs::write(&path, changed).unwrap();
        let told = run(&args(true), &config(), &mut out).unwrap_err().to_string();
        let expected = "en-US.json is not what the catalogue and the dialogue make it: /interactionModel/languageModel/invocationName is \
                        \"stem and petal\", not \"petal and stem\"; run `voicetill model` and commit the result";
        assert!(told.ends_with(expected), "{told}");
    }
}
