//! The merchant's files and the environment → [`Config`], once, at start.
//!
//! Owns what keys there are, what fits into them, and how to put right what does not. Never reads secrets, and never goes on with a
//! configuration that is wrong in any place.

mod catalog;
mod env;
mod file;
mod invocation;
mod mail;
mod money;
mod pay;
mod problem;
mod shop;

use std::path::Path;

use tracing::level_filters::LevelFilter;

use crate::adapters::amazon_pay::settings::Settings;
use crate::domain::catalog::Catalog;
use crate::domain::ids::Locale;
use crate::domain::money::Currency;
use crate::domain::shop::{Mailboxes, Shop, World};
pub use env::Env;
use file::File;
pub use problem::{ConfigError, Problem};

/// The shop that is built in, so that a program works without files.
pub const EMBEDDED_SHOP: &str = include_str!(concat!(env!("OUT_DIR"), "/shop.toml"));
pub const EMBEDDED_CATALOG: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.toml"));

/// The catalogue of the built-in shop as it was prepared when the program was built; empty when something is wrong with it.
pub const PREPARED_CATALOG: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));
/// What is wrong with it, a problem per line.
pub const CATALOG_PROBLEMS: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog-problems.txt"));

const SHOP_FILE: &str = "shop.toml";
const CATALOG_FILE: &str = "catalog.toml";
const TABLE: &str = "voicetill";

/// Everything that a program needs to know before the first request; complete and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub shop: Shop,
    pub pay: Settings,
    /// One for each of the shop's locales, in their order.
    pub invocations: Vec<(Locale, String)>,
    /// Who writes mail about orders, and who is told of them; without it nobody is.
    pub mail: Option<Mailboxes>,
    /// The only skill whose requests are served; `None` serves any.
    pub skill_id: Option<String>,
    /// Where browsers find account linking, as `https://pay.shop.example`.
    pub link_origin: Option<String>,
    /// The `DynamoDB` table.
    pub table: String,
    pub log: LevelFilter,
}

impl Config {
    /// Reads the two files.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem of both files and of the environment.
    pub fn load(shop_toml: &str, catalog_toml: &str, env: &Env) -> Result<Self, ConfigError> {
        Self::read((SHOP_FILE, shop_toml), Source::File(CATALOG_FILE, catalog_toml), env)
    }

    /// The built-in shop.
    ///
    /// # Errors
    /// [`ConfigError`] when the environment or the built-in files do not fit.
    pub fn embedded(env: &Env) -> Result<Self, ConfigError> {
        Self::load(EMBEDDED_SHOP, EMBEDDED_CATALOG, env)
    }

    /// The built-in shop with its prepared catalogue, so that nothing of that is read at start.
    ///
    /// # Errors
    /// [`ConfigError`] when the environment or the built-in files do not fit.
    pub fn prepared(env: &Env) -> Result<Self, ConfigError> {
        Self::read((SHOP_FILE, EMBEDDED_SHOP), Source::Prepared(PREPARED_CATALOG), env)
    }

    /// The shop in a folder with `shop.toml` and `catalog.toml`.
    ///
    /// # Errors
    /// [`ConfigError`] when a file cannot be read, and as for [`Config::load`].
    pub fn from_dir(dir: &Path, env: &Env) -> Result<Self, ConfigError> {
        let read = |name: &str| {
            let path = dir.join(name);
            let file = path.display().to_string();
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok((file, text)),
                Err(error) => Err(Problem {
                    file,
                    line: None,
                    key: String::new(),
                    wrong: format!("cannot be read: {error}"),
                    remedy: "check the folder and the file's permissions".to_owned(),
                }),
            }
        };
        match (read(SHOP_FILE), read(CATALOG_FILE)) {
            (Ok(shop), Ok(catalog)) => Self::read((&shop.0, &shop.1), Source::File(&catalog.0, &catalog.1), env),
            (shop, catalog) => Err(ConfigError::new([shop.err(), catalog.err()].into_iter().flatten().collect())),
        }
    }

    fn read(shop: (&str, &str), catalog: Source<'_>, env: &Env) -> Result<Self, ConfigError> {
        let mut surroundings = Surroundings::default();
        let world = env.world.as_deref().and_then(|text| surroundings.world(text));
        let log = env.log.as_deref().map_or(LevelFilter::INFO, |text| surroundings.log(text));
        let table = env.table.as_deref().map_or(TABLE, |text| surroundings.table(text));
        let skill_id = env.skill_id.as_deref().map(|text| surroundings.skill_id(text));
        let link_origin = env.link_origin.as_deref().map(|text| surroundings.link_origin(text).to_owned());

        let (shop_file, shop_table) = File::parse(shop.0, shop.1);
        let draft = shop_table.as_ref().map(|table| shop::read(&shop_file.root(table), world));
        let locales = draft.as_ref().map_or(&[][..], |draft| &draft.locales);
        let currency = draft.as_ref().and_then(shop::Draft::currency);
        let (catalog, catalog_problems) = catalog.read(locales, currency);
        let parts = draft.zip(catalog).and_then(|(draft, catalog)| draft.assemble(catalog));
        drop(shop_table);

        let mut problems = shop_file.into_problems();
        problems.extend(catalog_problems);
        problems.extend(surroundings.0);
        match parts {
            Some(parts) if problems.is_empty() => Ok(Self {
                // Buyers type it from a card, and find their payment there.
                shop: Shop { payment_page: link_origin.clone(), ..parts.shop },
                pay: parts.pay,
                invocations: parts.invocations,
                mail: parts.mail,
                skill_id: skill_id.map(str::to_owned),
                link_origin,
                table: table.to_owned(),
                log,
            }),
            _ => Err(ConfigError::new(problems)),
        }
    }
}

/// Where a catalogue comes from.
#[derive(Clone, Copy)]
enum Source<'t> {
    /// The merchant's file, by name and text.
    File(&'t str, &'t str),
    /// Prepared from it when the program was built.
    Prepared(&'static [u8]),
}

impl Source<'_> {
    /// The catalogue, and what is wrong with it.
    fn read(self, locales: &[Locale], currency: Option<Currency>) -> (Option<Catalog>, Vec<Problem>) {
        match self {
            Self::File(name, text) => {
                let (file, table) = File::parse(name, text);
                let catalog = table.as_ref().and_then(|table| catalog::read(&file.root(table), locales, currency));
                drop(table);
                (catalog, file.into_problems())
            }
            Self::Prepared(bytes) => {
                let catalog = Catalog::from_bytes(bytes);
                let fits = catalog.as_ref().is_some_and(|catalog| catalog.locales().eq(locales.iter().map(Locale::as_str)));
                let problem = Problem {
                    file: CATALOG_FILE.to_owned(),
                    line: None,
                    key: String::new(),
                    wrong: "was not prepared for the shop's languages when this program was built".to_owned(),
                    remedy: "correct shop.toml and catalog.toml, and build again".to_owned(),
                };
                // Without a language there is a problem with the other file.
                (catalog, if fits || locales.is_empty() { Vec::new() } else { vec![problem] })
            }
        }
    }
}

/// What is wrong with the environment.
#[derive(Default)]
struct Surroundings(Vec<Problem>);

impl Surroundings {
    fn wrong(&mut self, key: &str, text: &str, remedy: &str) {
        self.0.push(Problem {
            file: "environment".to_owned(),
            line: None,
            key: key.to_owned(),
            wrong: format!("\"{text}\" does not fit"),
            remedy: remedy.to_owned(),
        });
    }

    fn world(&mut self, text: &str) -> Option<World> {
        let world = World::parse(text);
        if world.is_none() {
            self.wrong("VOICETILL_WORLD", text, "set it to simulated, sandbox or live, or not at all");
        }
        world
    }

    fn log(&mut self, text: &str) -> LevelFilter {
        text.parse().unwrap_or_else(|_| {
            self.wrong("VOICETILL_LOG", text, "set it to off, error, warn, info, debug or trace, or not at all");
            LevelFilter::INFO
        })
    }

    fn table<'t>(&mut self, text: &'t str) -> &'t str {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(3..=255).contains(&text.len()) || !text.bytes().all(fits) {
            self.wrong("VOICETILL_TABLE", text, "set it to the table's name: 3 to 255 of a-z A-Z 0-9 - _ .");
        }
        text
    }

    fn skill_id<'t>(&mut self, text: &'t str) -> &'t str {
        if !text.starts_with("amzn1.ask.skill.") || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.wrong("VOICETILL_SKILL_ID", text, "copy the skill id from the developer console: amzn1.ask.skill.…");
        }
        text
    }

    /// Without the slash that ends an address of Lambda's.
    fn link_origin<'t>(&mut self, text: &'t str) -> &'t str {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://127.0.0.1:")).map(|host| host.trim_end_matches('/'));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
        if !host.is_some_and(|host| !host.is_empty() && host.bytes().all(fits)) {
            self.wrong("VOICETILL_LINK_ORIGIN", text, "set it to https:// and a host name, without a path");
        }
        text.trim_end_matches('/')
    }
}

#[cfg(test)]
mod tests;
