//! `catalog.toml`: products, prices and names.

use std::collections::BTreeSet;

use super::file::{Item, Section};
use super::money::{Least, money};
use crate::domain::catalog::{Catalog, Listed, Words, normal};
use crate::domain::ids::{Locale, Sku};
use crate::domain::money::Currency;

/// What Alexa takes as a slot value, and a buyer as a name.
const NAME_CHARS_MAX: usize = 140;
/// What can be listened to.
const DESCRIPTION_CHARS_MAX: usize = 500;
/// What has been measured (docs/performance.md).
const PRODUCTS_MAX: usize = 10_000;

/// Reads the whole file. `locales` and `currency` come from the shop file; without them, what depends on them is not checked.
pub(super) fn read(root: &Section, locales: &[Locale], currency: Option<Currency>) -> Option<Catalog> {
    let list = root.required("product", "begin every product with [[product]]").and_then(|item| item.list());
    root.finish();
    let items = list?;
    if items.is_empty() || items.len() > PRODUCTS_MAX {
        root.wrong("product", format!("has {} products", items.len()), format!("list 1 to {PRODUCTS_MAX}"));
        return None;
    }
    let mut products = Vec::with_capacity(items.len());
    let mut names = Names::default();
    let mut skus = BTreeSet::new();
    for item in &items {
        let Some(section) = item.section() else { continue };
        let sku = section.required("sku", "give the product an id of letters, digits, - and _ that never changes");
        let sku = sku.and_then(|item| {
            let sku = item.parse(Sku::parse, "write 1 to 40 letters, digits, - and _")?;
            if !skus.insert(sku.as_str().to_owned()) {
                item.wrong(format!("\"{sku}\" is the sku of another product"), "give every product its own");
            }
            Some(sku)
        });
        let price = section.required("price", "write what one costs, as \"24.99\"");
        let price = price.and_then(|item| money(&item, currency, Least::Something));
        let words = words(&section, locales, &mut names);
        section.finish();
        if let (Some(sku), Some(price)) = (sku, price) {
            products.push(Listed { sku, price, words });
        }
    }
    names.check();
    (products.len() == items.len()).then(|| Catalog::new(&products)).flatten()
}

fn words<'f>(product: &Section<'f>, locales: &[Locale], names: &mut Names<'f>) -> Vec<(Locale, Words)> {
    // Words in a language that the shop does not speak yet do no harm.
    for (key, _) in product.entries() {
        if Locale::parse(key).is_ok() {
            product.know(key);
        }
    }
    names.product += 1;
    let read = |locale: &Locale| {
        let found = product.entries().find(|(key, _)| *key == locale.as_str());
        let Some((_, item)) = found else {
            product.wrong(
                locale.as_str(),
                "is missing",
                format!("say what it is called, with [product.{locale}], one, many and description"),
            );
            return None;
        };
        let section = item.section()?;
        let one = section.required("one", "write what one of it is called, as \"bouquet of roses\"");
        let many = section.required("many", "write what several are called, as \"bouquets of roses\"");
        let description = section.optional("description").and_then(|item| sentence(&item));
        let synonyms = section.optional("synonyms").and_then(|item| item.texts()).unwrap_or_default();
        section.finish();
        for item in [&one, &many].into_iter().flatten() {
            names.add(locale, item, Kind::Name);
        }
        for (item, _) in &synonyms {
            names.add(locale, item, Kind::Synonym);
        }
        let words = Words {
            one: one.and_then(|item| item.line(NAME_CHARS_MAX)).map(str::to_owned)?,
            many: many.and_then(|item| item.line(NAME_CHARS_MAX)).map(str::to_owned)?,
            description: description.unwrap_or_default().to_owned(),
            synonyms: synonyms.iter().filter_map(|(item, _)| item.line(NAME_CHARS_MAX)).map(str::to_owned).collect(),
        };
        Some((locale.clone(), words))
    };
    locales.iter().filter_map(read).collect()
}

/// A description is spoken between other sentences, so it has to end like one.
fn sentence<'f>(item: &Item<'f>) -> Option<&'f str> {
    let text = item.line(DESCRIPTION_CHARS_MAX)?;
    if !text.ends_with(['.', '!', '?', '。', '！', '？']) {
        item.wrong("does not end like a sentence", "end it with a period");
    }
    Some(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Synonym,
}

/// All names of all products, to find those that mean two things.
#[derive(Default)]
struct Names<'f> {
    product: usize,
    all: Vec<(String, usize, Kind, Item<'f>)>,
}

impl<'f> Names<'f> {
    fn add(&mut self, locale: &Locale, item: &Item<'f>, kind: Kind) {
        let Some(name) = item.peek() else { return };
        let said = normal(name);
        if said.is_empty() && !name.trim().is_empty() {
            item.wrong(format!("\"{name}\" cannot be said"), "write words");
        }
        self.all.push((format!("{locale} {said}"), self.product, kind, item.clone()));
    }

    /// A name belongs to one product. Two products may share a synonym: then the buyer is asked which.
    fn check(&mut self) {
        self.all.sort_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
        for same in self.all.chunk_by(|left, right| left.0 == right.0) {
            let Some(owner) = same.iter().find(|(_, _, kind, _)| *kind == Kind::Name) else { continue };
            let mut told = owner.1;
            for (_, product, _, item) in same.iter().filter(|(_, product, ..)| *product != owner.1) {
                if *product != told {
                    let wrong = format!("product {} is called \"{}\" too", owner.1, item.peek().unwrap_or_default());
                    item.wrong(wrong, "call one of them something else");
                    told = *product;
                }
            }
        }
    }
}
