//! Rules about the source itself: what may name what, and what has to say the same in two places.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use voicetill::adapters::alexa::intents::MODELLED;
use voicetill::adapters::dynamodb::keys;
use voicetill::cli::model;

use crate::alexa::config;

const LINES_MAX: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn files_under(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push(path);
        }
    }
}

/// Every source file with its name, such as `src/domain/money.rs`.
fn sources() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    files_under(&root().join("src"), &mut files);
    assert!(files.len() > 80, "{} files", files.len());
    files.into_iter().map(|file| (file.strip_prefix(root()).unwrap().display().to_string(), fs::read_to_string(&file).unwrap())).collect()
}

/// What a program is made of in this part of the source: neither tests nor comments.
fn program(part: &str) -> Vec<(String, String)> {
    let inside = |name: &str| name.starts_with(&format!("src/{part}/")) || name == format!("src/{part}.rs");
    let is_test = |name: &str| ["tests.rs", "testing.rs"].iter().any(|end| name.ends_with(end));
    let found: Vec<_> =
        sources().into_iter().filter(|(name, _)| inside(name) && !is_test(name)).map(|(name, text)| (name, code(&text))).collect();
    assert!(!found.is_empty(), "{part}");
    found
}

fn code(text: &str) -> String {
    let program = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    program.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("//")).collect()
}

/// The first names of all paths in a text: `std`, `crate`, `super`, crates and types.
fn heads(text: &str) -> BTreeSet<&str> {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let before = text.match_indices("::").map(|(at, _)| &text[..at]);
    let names = before.map(|before| &before[before.trim_end_matches(word).len()..]);
    let starts = text.match_indices("::").map(|(at, _)| text[..at].trim_end_matches(word));
    names.zip(starts).filter(|(name, start)| !name.is_empty() && !start.ends_with(':')).map(|(name, _)| name).collect()
}

/// The modules of this crate that a text names.
fn parts(text: &str) -> BTreeSet<&str> {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices("crate::")
        .map(|(at, head)| &text[at + head.len()..])
        .map(|rest| rest.split(|letter| !word(letter)).next().unwrap())
        .collect()
}

/// The crates that the package can use, as the source names them.
fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let all = manifest["dependencies"].as_table().unwrap();
    all.keys().map(|name| if name == "dynoxide-rs" { "dynoxide".to_owned() } else { name.replace('-', "_") }).collect()
}

#[test]
fn a_text_gives_up_the_names_that_it_begins_paths_with() {
    assert_eq!(heads("use std::fmt;\nlet x = serde_json::Value::Null; <Self as a::B>::c()"), ["a", "serde_json", "std"].into());
    assert_eq!(parts("use crate::domain::{ids, money}; crate::ports::Store"), ["domain", "ports"].into());
}

#[test]
fn imports_point_inward() {
    let may_name: [(&str, &[&str]); 7] = [
        ("domain", &["domain"]),
        ("ports", &["domain"]),
        ("app", &["app", "domain", "ports", "telemetry"]),
        ("adapters", &["adapters", "domain", "ports", "telemetry"]),
        ("config", &["adapters", "config", "domain"]),
        // An independent witness: it knows what money and time are, and nothing of how the shop works.
        ("simulator", &["domain", "simulator", "telemetry"]),
        // The witness behind HTTP. Of the client it has only what both sides of a signature must agree on.
        ("sandbox", &["adapters", "domain", "sandbox", "simulator", "telemetry"]),
    ];
    for (part, allowed) in may_name {
        for (name, text) in program(part) {
            let named = parts(&text);
            assert!(named.iter().all(|named| allowed.contains(named)), "{name} names {named:?}");
            // A path through the crate's name, or one that climbs out, would pass unseen.
            assert!(!heads(&text).contains("voicetill") && !text.contains("super::super::super"), "{name}");
        }
    }
    for (name, text) in program("entry") {
        assert!(parts(&text).iter().all(|named| !["cli", "faults", "simulator"].contains(named)), "{name}");
    }
}

#[test]
fn the_simulator_shares_only_plain_notions_with_the_shop() {
    for (name, text) in program("simulator") {
        for used in text.match_indices("crate::domain::").map(|(at, head)| &text[at + head.len()..]) {
            assert!(["ids::BASE32", "money::", "time::"].iter().any(|plain| used.starts_with(plain)), "{name}: {used:.40}");
        }
    }
}

#[test]
fn the_domain_uses_no_crate_but_two() {
    let foreign: BTreeSet<_> = dependencies().into_iter().filter(|name| !["thiserror", "strsim"].contains(&name.as_str())).collect();
    for (name, text) in program("domain") {
        let used: Vec<_> = heads(&text).into_iter().filter(|head| foreign.contains(*head)).collect();
        assert!(used.is_empty(), "{name} uses {used:?}");
        for forbidden in ["std::env", "std::fs", "std::io", "std::net", "std::thread", "std::time", "async ", ".await", "Serialize"] {
            assert!(!text.contains(forbidden), "{name} uses {forbidden}");
        }
    }
    for (name, text) in program("app").into_iter().chain(program("ports")) {
        let used: Vec<_> = heads(&text).into_iter().filter(|head| dependencies().contains(*head)).collect();
        assert!(used.iter().all(|used| ["thiserror", "tracing"].contains(used)), "{name} uses {used:?}");
    }
}

#[test]
fn environment_and_clock_are_read_in_one_place_each() {
    let places = [
        ("std::env", "src/config/env.rs"),
        ("env::var", "src/config/env.rs"),
        ("SystemTime::now", "src/adapters/system.rs"),
        ("now_utc", "src/adapters/system.rs"),
        ("now_local", "src/adapters/system.rs"),
    ];
    // The build script asks cargo where to write; it is no part of the program.
    for (name, text) in sources().into_iter().filter(|(name, _)| name != "src/build.rs") {
        for (what, place) in places {
            assert!(name == place || !code(&text).contains(what), "{name} uses {what}, which is {place}'s");
        }
    }
}

#[test]
fn no_source_file_is_longer_than_can_be_overlooked() {
    for (name, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{name} has {lines} lines: look for the seam");
    }
}

#[test]
fn every_intent_of_the_model_means_something_and_every_meaning_can_be_said() {
    for locale in &config().shop.locales {
        let model: Value = serde_json::from_str(&read(&format!("skill-package/interactionModels/custom/{locale}.json"))).unwrap();
        let intents = model["interactionModel"]["languageModel"]["intents"].as_array().unwrap();
        let names = |slots: &Value| slots.as_array().into_iter().flatten().map(|slot| slot["name"].as_str().unwrap().to_owned()).collect();
        let spoken: BTreeMap<String, BTreeSet<String>> =
            intents.iter().map(|intent| (intent["name"].as_str().unwrap().to_owned(), names(&intent["slots"]))).collect();
        let meant: BTreeMap<String, BTreeSet<String>> = MODELLED
            .iter()
            .map(|modelled| (modelled.name.to_owned(), modelled.slots.iter().map(|slot| (*slot).to_owned()).collect()))
            .collect();
        assert_eq!(spoken, meant, "{locale}");
    }
}

#[test]
fn the_committed_models_are_the_generated_ones() {
    let args = model::Args { check: true, dir: root().to_owned() };
    let mut told = Vec::new();
    model::run(&args, &config(), &mut told).unwrap();
    assert_eq!(String::from_utf8(told).unwrap().lines().count(), config().shop.locales.len());
}

/// The words of ours in a text, such as `VOICETILL_TABLE`.
fn variables(text: &str) -> BTreeSet<&str> {
    let word = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    text.match_indices("VOICETILL_").map(|(at, _)| text[at..].split(|letter| !word(letter)).next().unwrap()).collect()
}

#[test]
fn the_template_sets_the_variables_that_the_function_reads() {
    let template = read("template.yaml");
    let template: String = template.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    let env = read("src/config/env.rs");
    let env = code(&env);
    // What stands in for Amazon Pay is for a laptop.
    let mut deployed = variables(&env);
    assert!(deployed.remove("VOICETILL_PAY_ENDPOINT"));
    assert_eq!(variables(&template), deployed);
    assert!(deployed.len() >= 4);
}

#[test]
fn whoever_names_the_page_of_wallets_to_buyers_knows_its_address() {
    let template = read("template.yaml");
    for function in ["SkillFunction", "LinkFunction", "NotifyFunction"] {
        let (_, from) = template.split_once(&format!("\n  {function}:\n")).unwrap_or_else(|| panic!("{function} is not there"));
        let end = from.match_indices("\n  ").map(|(at, _)| at).find(|at| !from[at + 3..].starts_with([' ', '#'])).unwrap_or(from.len());
        assert!(from[..end].contains("VOICETILL_LINK_ORIGIN:"), "{function}");
    }
}

#[test]
fn the_template_creates_the_table_that_the_store_uses() {
    let template = read("template.yaml");
    let (_, table) = template.split_once("Type: AWS::DynamoDB::Table").unwrap();
    let (attributes, rest) = table.split_once("KeySchema:").unwrap();
    let (keyed, rest) = rest.split_once("GlobalSecondaryIndexes:").unwrap();
    let (index, rest) = rest.split_once("TimeToLiveSpecification:").unwrap();
    for (name, kind) in [(keys::PARTITION, "S"), (keys::SORT, "S"), (keys::OPEN_SHARD, "S"), (keys::OPEN_DUE, "N")] {
        assert!(attributes.contains(&format!("{{AttributeName: {name}, AttributeType: {kind}}}")), "{name}");
    }
    assert_eq!(attributes.matches("AttributeName:").count(), 4);
    let schema = |hash: &str, range: &str| {
        let line = |name: &str, kind: &str| format!("- {{AttributeName: {name}, KeyType: {kind}}}");
        [line(hash, "HASH"), line(range, "RANGE")]
    };
    for line in schema(keys::PARTITION, keys::SORT) {
        assert!(keyed.contains(&line), "{line}");
    }
    for line in schema(keys::OPEN_SHARD, keys::OPEN_DUE) {
        assert!(index.contains(&line), "{line}");
    }
    assert!(index.contains(&format!("IndexName: {}\n", keys::OPEN_INDEX)) && index.contains("ProjectionType: KEYS_ONLY"));
    assert!(rest.trim_start().starts_with(&format!("{{AttributeName: {}, Enabled: true}}", keys::EXPIRY)));
}
