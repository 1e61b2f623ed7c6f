//! Which product a spoken name means.

use std::ops::Range;

use super::table::Part;
use super::{Catalog, Product};
use crate::domain::ids::Locale;

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
pub enum Found<'c> {
    One(Product<'c>),
    /// Several fit: ask which.
    Several(Vec<Product<'c>>),
    /// None fits; these sound nearest.
    Nearest(Vec<Product<'c>>),
}

/// How many products are offered when the buyer must choose.
const CHOICES_MAX: usize = 3;
const NEAREST_MAX: usize = 2;

impl Catalog {
    /// The product a buyer means: what Alexa resolved, else the same name, else names that contain the words, else the nearest sounding two.
    #[must_use]
    pub fn find(&self, locale: &Locale, spoken: &Spoken) -> Found<'_> {
        let resolved = spoken.resolved.iter().filter_map(|id| self.by_sku(id));
        if let Some(found) = self.decide(resolved) {
            return found;
        }
        let (locale, said) = (self.place_of(locale), normal(&spoken.text));
        if let Some(found) = self.decide(self.called(locale, &said)) {
            return found;
        }
        if let Some(found) = self.decide(self.holding(locale, &said)) {
            return found;
        }
        Found::Nearest(self.nearest(locale, &said).into_iter().filter_map(|at| self.at(at)).collect())
    }

    /// Where the product of that sku is.
    pub(super) fn by_sku(&self, sku: &str) -> Option<usize> {
        let product = |at| self.0.number(Part::BySku, at, 0);
        let text = |at| product(at).and_then(|product| self.0.text(Part::Products, product, 0));
        let at = first(0..self.0.count(Part::BySku), |at| text(at) >= Some(sku));
        product(at).filter(|_| text(at) == Some(sku))
    }

    /// What the products that fit come to; one that fits twice counts once.
    fn decide(&self, fitting: impl Iterator<Item = usize>) -> Option<Found<'_>> {
        let mut kept: Vec<usize> = Vec::new();
        for product in fitting {
            if !kept.contains(&product) {
                kept.push(product);
            }
            if kept.len() == CHOICES_MAX {
                break;
            }
        }
        let mut products: Vec<_> = kept.into_iter().filter_map(|at| self.at(at)).collect();
        match products.len() {
            0 => None,
            1 => products.pop().map(Found::One),
            _ => Some(Found::Several(products)),
        }
    }

    /// The products that are called exactly this.
    fn called(&self, locale: usize, said: &str) -> impl Iterator<Item = usize> {
        // The names of a language lie in one place, and its part of the order by text in the same.
        let names = self.names(locale);
        let name = |at| self.0.number(Part::ByName, at, 0);
        let text = move |at| name(at).and_then(|name| self.0.text(Part::Names, name, 0));
        let begin = first(names.clone(), |at| text(at) >= Some(said));
        let said = said.to_owned();
        (begin..names.end).take_while(move |at| text(*at) == Some(&said)).filter_map(move |at| self.product_of(name(at)?))
    }

    /// The products with a name in which every word that was said occurs, in the merchant's order.
    fn holding(&self, locale: usize, said: &str) -> impl Iterator<Item = usize> {
        let words = said.split(' ').filter(|word| !word.is_empty());
        let mut lists: Vec<_> = words.map(|word| self.names_with(locale, word)).collect();
        lists.sort_by_key(ExactSizeIterator::len);
        let name = |at| self.0.number(Part::ByWord, at, 3);
        let mut lists = lists.into_iter();
        // The rarest word goes first; each of its names is looked up among those of the others.
        let rarest = lists.next().unwrap_or(0..0);
        let others: Vec<_> = lists.collect();
        rarest
            .filter_map(name)
            .filter(move |wanted| {
                others.iter().all(|list| {
                    let at = first(list.clone(), |at| name(at) >= Some(*wanted));
                    list.contains(&at) && name(at) == Some(*wanted)
                })
            })
            .filter_map(|name| self.product_of(name))
    }

    /// Where the names with a word stand in the index of words.
    fn names_with(&self, locale: usize, word: &str) -> Range<usize> {
        let key = |at| (self.0.number(Part::ByWord, at, 2), self.0.text(Part::ByWord, at, 0));
        let (all, wanted) = (0..self.0.count(Part::ByWord), (Some(locale), Some(word)));
        let begin = first(all.clone(), |at| key(at) >= wanted);
        begin..first(begin..all.end, |at| key(at) > wanted)
    }

    /// The products that sound nearest, by the edits between what was said and any of their names; the merchant's order settles ties.
    fn nearest(&self, locale: usize, said: &str) -> Vec<usize> {
        let length = said.chars().count();
        let mut best: Vec<(usize, usize)> = Vec::new();
        for at in self.names(locale) {
            let (Some(name), Some(product)) = (self.0.text(Part::Names, at, 0), self.product_of(at)) else { continue };
            // A name that is so much longer or shorter cannot be nearer.
            let least = name.chars().count().abs_diff(length);
            if best.len() == NEAREST_MAX && best.iter().all(|(distance, _)| *distance <= least) {
                continue;
            }
            let distance = strsim::damerau_levenshtein(name, said);
            match best.iter_mut().find(|(_, own)| *own == product) {
                Some(own) => own.0 = own.0.min(distance),
                None => best.push((distance, product)),
            }
            best.sort_by_key(|(distance, _)| *distance);
            best.truncate(NEAREST_MAX);
        }
        best.into_iter().map(|(_, product)| product).collect()
    }

    /// Where the names of a language are.
    fn names(&self, locale: usize) -> Range<usize> {
        let number = |field| self.0.number(Part::Spans, locale, field).unwrap_or(0);
        number(0)..number(0) + number(1)
    }

    fn product_of(&self, name: usize) -> Option<usize> {
        self.0.number(Part::Names, name, 2)
    }
}

/// The first place in a sorted range from which on something holds; the end when it holds nowhere.
fn first(range: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let Range { start: mut low, end: mut high } = range;
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

/// A name as names are compared: lower case, letters and digits only, single blanks.
#[must_use]
pub fn normal(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.enumerate().flat_map(|(at, word)| (at > 0).then_some(' ').into_iter().chain(word.chars().flat_map(char::to_lowercase))).collect()
}
