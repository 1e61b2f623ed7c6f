//! Prepares the catalogue when the program is built: `shop/catalog.toml`, checked, as the bytes that [`Catalog::from_bytes`] reads in
//! place. The modules are the program's own, so what is prepared is what would be read.
//!
//! The shop that is built in is the one in `shop/`, or in the folder that `VOICETILL_EMBED_SHOP` names.
//!
//! A catalogue that is wrong does not keep the tool from being built, because the tool says best what to correct; the function refuses to
//! be built with it.
#![allow(dead_code, unused_imports, reason = "the modules serve the program; the build needs a part of each")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

mod domain {
    pub mod catalog;
    pub mod ids;
    pub mod money;
    pub mod time;
}

mod config {
    mod catalog;
    mod file;
    mod money;
    mod problem;

    pub use problem::Problem;

    use crate::domain::catalog::Catalog;
    use crate::domain::ids::Locale;
    use crate::domain::money::Currency;

    /// The catalogue of a file, and what is wrong with it.
    pub fn catalog(name: &str, text: &str, locales: &[Locale], currency: Option<Currency>) -> (Option<Catalog>, Vec<Problem>) {
        let (file, table) = file::File::parse(name, text);
        let catalog = table.as_ref().and_then(|table| catalog::read(&file.root(table), locales, currency));
        drop(table);
        (catalog, file.into_problems())
    }
}

use config::Problem;
use domain::ids::Locale;
use domain::money::Currency;

/// Another folder with the shop's files.
const ELSEWHERE: &str = "VOICETILL_EMBED_SHOP";
const FOLDER: &str = "shop";
const SHOP: &str = "shop.toml";
const CATALOG: &str = "catalog.toml";
/// What the program is told of the catalogue.
const BYTES: &str = "catalog.bin";
const PROBLEMS: &str = "catalog-problems.txt";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={ELSEWHERE}");
    let folder = env::var_os(ELSEWHERE).map_or_else(|| PathBuf::from(FOLDER), PathBuf::from);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    for watched in ["src/build.rs", "src/config", "src/domain/catalog", "src/domain/ids.rs", "src/domain/money.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let read = |name: &str| {
        let path = folder.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    let (shop, catalog) = (read(SHOP)?, read(CATALOG)?);
    let (bytes, problems) = prepare(&shop, &catalog);
    let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    fs::write(out.join(SHOP), shop)?;
    fs::write(out.join(CATALOG), catalog)?;
    fs::write(out.join(BYTES), bytes)?;
    fs::write(out.join(PROBLEMS), told)?;
    Ok(())
}

/// The catalogue's bytes, or what is wrong with it.
fn prepare(shop: &str, catalog: &str) -> (Vec<u8>, Vec<Problem>) {
    let (locales, currency) = terms(shop);
    let (made, problems) = config::catalog(CATALOG, catalog, &locales, currency);
    // The rest of the shop's file is read by the program at start, which says what is wrong with it.
    let bytes = made.filter(|_| problems.is_empty()).map_or_else(Vec::new, |catalog| catalog.bytes().to_vec());
    (bytes, problems)
}

/// The languages and the currency that the shop's file names, as far as it can be read.
fn terms(shop: &str) -> (Vec<Locale>, Option<Currency>) {
    let Ok(shop) = shop.parse::<toml::Table>() else { return (Vec::new(), None) };
    let locales = shop.get("locales").and_then(toml::Value::as_array).into_iter().flatten();
    let locales = locales.filter_map(|locale| Locale::parse(locale.as_str()?).ok()).collect();
    let currency = shop.get("amazon_pay").and_then(|pay| pay.get("ledger_currency")).and_then(toml::Value::as_str);
    (locales, currency.and_then(|code| Currency::ALL.into_iter().find(|own| own.code() == code)))
}
