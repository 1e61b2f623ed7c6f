//! What is for sale, and which product a spoken name means.

use super::ids::{Locale, Sku};
use super::money::Money;

/// One product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub sku: Sku,
    pub price: Money,
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

impl Product {
    /// The words of a language, or those of the first one when the catalogue has none in it.
    #[must_use]
    pub fn words(&self, locale: &Locale) -> &Words {
        let own = self.words.iter().find(|(language, _)| language == locale);
        &own.unwrap_or(&self.words[0]).1
    }

    /// The name to use for so many.
    #[must_use]
    pub fn name(&self, locale: &Locale, quantity: u32) -> &str {
        let words = self.words(locale);
        if quantity == 1 { &words.one } else { &words.many }
    }
}

/// A product as the buyer named it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// The words themselves.
    pub text: String,
    /// What Alexa's entity resolution took them for, best first; several when it could not decide.
    pub resolved: Vec<String>,
}

/// What a spoken name can mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    One(&'a Product),
    /// Several fit: ask which.
    Several(Vec<&'a Product>),
    /// None fits; these sound nearest.
    Nearest(Vec<&'a Product>),
}

/// Products in the merchant's order; never empty, and every product has words in at least one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    products: Vec<Product>,
    /// Their places in the order of their skus, so that a large catalogue is searched as fast as a small one.
    by_sku: Vec<usize>,
}

/// How many products are offered when the buyer must choose.
const CHOICES_MAX: usize = 3;
const NEAREST_MAX: usize = 2;

impl Catalog {
    /// A catalogue, unless a product is missing or has no words.
    #[must_use]
    pub fn new(products: Vec<Product>) -> Option<Self> {
        let speakable = products.iter().all(|product| !product.words.is_empty());
        let mut by_sku: Vec<_> = (0..products.len()).collect();
        by_sku.sort_by_key(|at| products[*at].sku.as_str());
        (speakable && !products.is_empty()).then_some(Self { products, by_sku })
    }

    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    #[must_use]
    pub fn get(&self, sku: &str) -> Option<&Product> {
        let found = self.by_sku.binary_search_by_key(&sku, |at| self.products[*at].sku.as_str()).ok()?;
        Some(&self.products[self.by_sku[found]])
    }

    /// The product a buyer means: what Alexa resolved, else the same name, else names that contain the words, else the nearest sounding two.
    #[must_use]
    pub fn find(&self, locale: &Locale, spoken: &Spoken) -> Found<'_> {
        let mut resolved: Vec<_> = spoken.resolved.iter().filter_map(|id| self.get(id)).collect();
        resolved.dedup_by(|left, right| left.sku == right.sku);
        if let Some(found) = Self::decide(resolved) {
            return found;
        }
        let named = self.products.iter().filter(|product| names(product.words(locale)).any(|name| letters(name).eq(letters(&spoken.text))));
        if let Some(found) = Self::decide(named.collect()) {
            return found;
        }
        let said = normal(&spoken.text);
        let within = self.products.iter().filter(|product| names(product.words(locale)).any(|name| holds(&normal(name), &said)));
        if let Some(found) = Self::decide(within.collect()) {
            return found;
        }
        let mut by_sound: Vec<_> = self.products.iter().map(|product| (distance(product.words(locale), &said), product)).collect();
        by_sound.sort_by_key(|(distance, _)| *distance);
        Found::Nearest(by_sound.into_iter().take(NEAREST_MAX).map(|(_, product)| product).collect())
    }

    fn decide(mut fitting: Vec<&Product>) -> Option<Found<'_>> {
        match fitting.as_slice() {
            [] => None,
            [one] => Some(Found::One(one)),
            _ => {
                fitting.truncate(CHOICES_MAX);
                Some(Found::Several(fitting))
            }
        }
    }
}

fn names(words: &Words) -> impl Iterator<Item = &str> {
    [words.one.as_str(), words.many.as_str()].into_iter().chain(words.synonyms.iter().map(String::as_str))
}

/// A name as names are compared: lower case, letters and digits only, single blanks.
#[must_use]
pub fn normal(text: &str) -> String {
    letters(text).collect()
}

/// The same letter by letter: most names differ in the first.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.enumerate().flat_map(|(at, word)| (at > 0).then_some(' ').into_iter().chain(word.chars().flat_map(char::to_lowercase)))
}

/// Whether every word that was said occurs in the name.
fn holds(name: &str, said: &str) -> bool {
    !said.is_empty() && said.split(' ').all(|word| name.split(' ').any(|part| part == word))
}

/// Edits between what was said and the nearest name of a product.
fn distance(words: &Words, said: &str) -> usize {
    names(words).map(|name| strsim::damerau_levenshtein(&normal(name), said)).min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn catalog() -> Catalog {
        let product = |sku: &str, one: &str, many: &str, synonyms: &[&str]| Product {
            sku: Sku::parse(sku).unwrap(),
            price: Money::new(2_499, Currency::Usd),
            words: vec![(
                Locale::parse("en-US").unwrap(),
                Words {
                    one: one.into(),
                    many: many.into(),
                    description: String::new(),
                    synonyms: synonyms.iter().map(ToString::to_string).collect(),
                },
            )],
        };
        Catalog::new(vec![
            product("roses", "bouquet of roses", "bouquets of roses", &["roses"]),
            product("white-roses", "bouquet of white roses", "bouquets of white roses", &[]),
            product("tulips", "bunch of tulips", "bunches of tulips", &["tulips"]),
            product("vase", "glass vase", "glass vases", &[]),
        ])
        .unwrap()
    }

    fn found(text: &str, resolved: &[&str]) -> String {
        let catalog = catalog();
        let spoken = Spoken { text: text.into(), resolved: resolved.iter().map(ToString::to_string).collect() };
        let skus = |products: Vec<&Product>| products.iter().map(|product| product.sku.as_str()).collect::<Vec<_>>().join(" ");
        match catalog.find(&Locale::parse("en-US").unwrap(), &spoken) {
            Found::One(product) => format!("one {}", product.sku),
            Found::Several(products) => format!("several {}", skus(products)),
            Found::Nearest(products) => format!("nearest {}", skus(products)),
        }
    }

    #[test]
    fn a_spoken_name_finds_its_product() {
        assert_eq!(found("whatever", &["tulips"]), "one tulips");
        assert_eq!(found("Roses", &[]), "one roses");
        assert_eq!(found(" glass-VASE ", &[]), "one vase");
        assert_eq!(found("white", &[]), "one white-roses");
        assert_eq!(found("bouquet", &[]), "several roses white-roses");
        assert_eq!(found("x", &["roses", "white-roses"]), "several roses white-roses");
        assert_eq!(found("too lips", &[]), "nearest tulips roses");
        assert_eq!(found("", &["gone"]), "nearest roses tulips");
    }
}
