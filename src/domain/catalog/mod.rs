//! What is for sale, and which product a spoken name means.

mod find;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use find::{Found, Spoken, normal};
use table::{Part, Table};

use super::ids::{Locale, Sku};
use super::money::{Currency, Money};

/// One product, as the merchant lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub sku: Sku,
    pub price: Money,
    /// In every language of the shop, in the same order for every product.
    pub words: Vec<(Locale, Words)>,
}

/// How one language speaks of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One of it: "bouquet of roses".
    pub one: String,
    /// Several: "bouquets of roses".
    pub many: String,
    pub description: String,
    /// What buyers also call it: "roses".
    pub synonyms: Vec<String>,
}

/// Products in the merchant's order; never empty, and every product has words in every language of the catalogue.
#[derive(Clone, PartialEq, Eq)]
pub struct Catalog(Table);

impl Catalog {
    /// The catalogue of a list, unless that is empty, or its products have words in different languages.
    #[must_use]
    pub fn new(list: &[Listed]) -> Option<Self> {
        Table::make(list).map(Self)
    }

    /// The catalogue that [`Catalog::bytes`] were taken from; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &'static [u8]) -> Option<Self> {
        Table::read(Cow::Borrowed(bytes)).map(Self)
    }

    /// The catalogue as it can be kept.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// How many products there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.count(Part::Products)
    }

    /// All products, in the merchant's order.
    pub fn products(&self) -> impl Iterator<Item = Product<'_>> {
        (0..self.count()).filter_map(|at| self.at(at))
    }

    /// The languages that the products have words in.
    pub fn locales(&self) -> impl Iterator<Item = &str> {
        (0..self.0.count(Part::Locales)).filter_map(|at| self.0.text(Part::Locales, at, 0))
    }

    #[must_use]
    pub fn get(&self, sku: &str) -> Option<Product<'_>> {
        self.at(self.by_sku(sku)?)
    }

    fn at(&self, at: usize) -> Option<Product<'_>> {
        let number = |field| self.0.number(Part::Products, at, field);
        let currency = *Currency::ALL.get(number(4)?)?;
        let price = Money::new(table::whole(number(2)?, number(3)?)?, currency);
        Some(Product { sku: Sku::parse(self.0.text(Part::Products, at, 0)?).ok()?, price, table: &self.0, at })
    }

    /// The place of a language, or the first when there are no words in it.
    fn place_of(&self, locale: &Locale) -> usize {
        self.locales().position(|own| own == locale.as_str()).unwrap_or(0)
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.products().map(|product| product.sku)).finish()
    }
}

/// One product of a catalogue.
#[derive(Clone)]
pub struct Product<'c> {
    pub sku: Sku,
    pub price: Money,
    table: &'c Table,
    at: usize,
}

impl<'c> Product<'c> {
    /// What one of it is called.
    #[must_use]
    pub fn one(&self, locale: &Locale) -> &'c str {
        self.text(locale, 0)
    }

    /// What several are called.
    #[must_use]
    pub fn many(&self, locale: &Locale) -> &'c str {
        self.text(locale, 2)
    }

    #[must_use]
    pub fn description(&self, locale: &Locale) -> &'c str {
        self.text(locale, 4)
    }

    /// What buyers also call it.
    pub fn synonyms(&self, locale: &Locale) -> impl Iterator<Item = &'c str> {
        let number = |field| self.table.number(Part::Words, self.words(locale), field).unwrap_or(0);
        let (begin, count, table) = (number(6), number(7), self.table);
        (begin..begin.saturating_add(count)).filter_map(|at| table.text(Part::Synonyms, at, 0))
    }

    /// The name to use for so many.
    #[must_use]
    pub fn name(&self, locale: &Locale, quantity: u32) -> &'c str {
        if quantity == 1 { self.one(locale) } else { self.many(locale) }
    }

    fn text(&self, locale: &Locale, field: usize) -> &'c str {
        self.table.text(Part::Words, self.words(locale), field).unwrap_or_default()
    }

    /// The entry with the words of a language, or of the first when there are none in it.
    fn words(&self, locale: &Locale) -> usize {
        let count = self.table.count(Part::Locales);
        let own = (0..count).find(|at| self.table.text(Part::Locales, *at, 0) == Some(locale.as_str()));
        self.at * count + own.unwrap_or(0)
    }
}

impl PartialEq for Product<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.sku == other.sku && self.price == other.price
    }
}

impl Eq for Product<'_> {}

impl std::fmt::Debug for Product<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Product").field(&self.sku).field(&self.price).finish()
    }
}
