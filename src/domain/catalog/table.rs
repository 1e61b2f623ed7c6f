//! A catalogue as one run of bytes: made once, from the merchant's list, and read in place.
//!
//! The function carries its catalogue in this form, made when it was built. Nothing of it is parsed or copied at start, pages that no turn
//! needs are never loaded, and ten thousand products are searched like ten. All numbers are `u32`, least byte first; a text is a place in
//! the bytes and a length. What does not fit reads as missing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Listed, normal};
use crate::domain::ids::Locale;
use crate::domain::money::Currency;

/// The first bytes: what this is, and its version.
const MAGIC: &[u8; 8] = b"VTCATLG1";
const NUMBER: usize = 4;

/// The parts, in the order in which they stand, with how many numbers one entry of each has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text.
    Locales,
    /// Sku, price (two halves), currency.
    Products,
    /// One, many and description, where the synonyms begin and how many there are, where the names begin and how many there are. One
    /// entry for each locale of the first product, then of the second, and so on.
    Words,
    /// Text.
    Synonyms,
    /// A product's names as names are compared, by locale, then by product: text and product.
    Names,
    /// For each locale, where its names begin, and how many there are.
    Spans,
    /// Products by sku.
    BySku,
    /// Names by locale and text.
    ByName,
    /// For each word of a name: text, locale and name; by locale, text and name.
    ByWord,
}

impl Part {
    const ALL: [(Self, usize); 9] = [
        (Self::Locales, 2),
        (Self::Products, 5),
        (Self::Words, 10),
        (Self::Synonyms, 2),
        (Self::Names, 3),
        (Self::Spans, 2),
        (Self::BySku, 1),
        (Self::ByName, 1),
        (Self::ByWord, 4),
    ];
}

/// The bytes, and where each part stands in them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Table {
    bytes: Cow<'static, [u8]>,
    /// Where the part begins, and how many entries it has; in the order of [`Part::ALL`].
    parts: [(usize, usize); Part::ALL.len()],
}

impl Table {
    /// Takes bytes that [`Table::make`] has made; `None` when they are something else.
    pub fn read(bytes: Cow<'static, [u8]>) -> Option<Self> {
        if bytes.get(..MAGIC.len())? != MAGIC {
            return None;
        }
        let mut parts = [(0, 0); Part::ALL.len()];
        for (at, part) in parts.iter_mut().enumerate() {
            let place = MAGIC.len() + at * 2 * NUMBER;
            *part = (number(&bytes, place)?, number(&bytes, place + NUMBER)?);
        }
        let whole = parts.iter().zip(Part::ALL).all(|((begin, count), (_, width))| {
            let end = count.checked_mul(width * NUMBER).and_then(|size| size.checked_add(*begin));
            end.is_some_and(|end| end <= bytes.len())
        });
        whole.then_some(Self { bytes, parts })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many entries a part has.
    pub fn count(&self, part: Part) -> usize {
        self.place(part).1
    }

    /// A number of an entry.
    pub fn number(&self, part: Part, entry: usize, field: usize) -> Option<usize> {
        let (begin, count, width) = self.place(part);
        if entry >= count || field >= width {
            return None;
        }
        number(&self.bytes, begin + (entry * width + field) * NUMBER)
    }

    /// A text of an entry; its place and its length are two numbers.
    pub fn text(&self, part: Part, entry: usize, field: usize) -> Option<&str> {
        let (begin, length) = (self.number(part, entry, field)?, self.number(part, entry, field + 1)?);
        std::str::from_utf8(self.bytes.get(begin..begin.checked_add(length)?)?).ok()
    }

    fn place(&self, part: Part) -> (usize, usize, usize) {
        let found = Part::ALL.iter().zip(self.parts).find(|((own, _), _)| *own == part);
        found.map_or((0, 0, 0), |((_, width), (begin, count))| (begin, count, *width))
    }
}

fn number(bytes: &[u8], place: usize) -> Option<usize> {
    let four: [u8; NUMBER] = bytes.get(place..place.checked_add(NUMBER)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(four)).ok()
}

impl Table {
    /// Makes the table of a list; `None` when the list is empty or too large, or when its products do not have words in the same
    /// languages.
    pub fn make(list: &[Listed]) -> Option<Self> {
        let languages = |product: &Listed| product.words.iter().map(|(locale, _)| locale.clone()).collect::<Vec<_>>();
        let locales = languages(list.first()?);
        if locales.is_empty() || list.iter().any(|product| languages(product) != locales) {
            return None;
        }
        Self::read(Cow::Owned(Maker::default().make(list, &locales)?))
    }
}

/// A table on its way.
#[derive(Default)]
struct Maker<'l> {
    texts: Vec<u8>,
    known: BTreeMap<Cow<'l, str>, [u32; 2]>,
}

impl<'l> Maker<'l> {
    fn make(mut self, list: &'l [Listed], locales: &'l [Locale]) -> Option<Vec<u8>> {
        let mut parts: [Vec<u32>; Part::ALL.len()] = Default::default();
        let [languages, products, words, synonyms, names, spans, by_sku, by_name, by_word] = &mut parts;
        for locale in locales {
            languages.extend(self.text(locale.as_str())?);
        }
        for product in list {
            products.extend(self.text(product.sku.as_str())?);
            products.extend(halves(product.price.minor()));
            products.push(currency_number(product.price.currency())?);
        }
        // The names stand by locale, so that those of one are searched in a row.
        let mut own_names = vec![[0_u32; 2]; list.len() * locales.len()];
        let mut spoken: Vec<(usize, String)> = Vec::new();
        for in_locale in 0..locales.len() {
            let begin = spoken.len();
            for (at, product) in list.iter().enumerate() {
                let own = &product.words.get(in_locale)?.1;
                let first = spoken.len();
                let all = [&own.one, &own.many].into_iter().chain(&own.synonyms);
                spoken.extend(all.map(|name| (in_locale, normal(name))));
                *own_names.get_mut(at * locales.len() + in_locale)? = [small(first)?, small(spoken.len() - first)?];
                for (_, name) in spoken.get(first..)? {
                    names.extend(self.owned(name.clone())?);
                    names.push(small(at)?);
                }
            }
            spans.extend([small(begin)?, small(spoken.len() - begin)?]);
        }
        for (at, product) in list.iter().enumerate() {
            for (in_locale, (_, own)) in product.words.iter().enumerate() {
                for text in [&own.one, &own.many, &own.description] {
                    words.extend(self.text(text)?);
                }
                words.extend([small(synonyms.len() / 2)?, small(own.synonyms.len())?]);
                words.extend(*own_names.get(at * locales.len() + in_locale)?);
                for synonym in &own.synonyms {
                    synonyms.extend(self.text(synonym)?);
                }
            }
        }
        let mut order: Vec<_> = (0..list.len()).collect();
        order.sort_by_key(|at| list[*at].sku.as_str());
        by_sku.extend(order.into_iter().map(small).collect::<Option<Vec<_>>>()?);
        let mut order: Vec<_> = (0..spoken.len()).collect();
        order.sort_by(|left, right| (&spoken[*left], left).cmp(&(&spoken[*right], right)));
        by_name.extend(order.into_iter().map(small).collect::<Option<Vec<_>>>()?);
        let mut order: Vec<_> = spoken
            .iter()
            .enumerate()
            .flat_map(|(at, (locale, name))| name.split(' ').filter(|word| !word.is_empty()).map(move |word| (*locale, word, at)))
            .collect();
        order.sort_unstable();
        order.dedup();
        for (locale, word, at) in order {
            by_word.extend(self.owned(word.to_owned())?);
            by_word.extend([small(locale)?, small(at)?]);
        }
        self.finish(&parts)
    }

    /// Head, texts, parts.
    fn finish(self, parts: &[Vec<u32>; Part::ALL.len()]) -> Option<Vec<u8>> {
        let mut place = texts_begin() + self.texts.len();
        let mut bytes = MAGIC.to_vec();
        for (part, (_, width)) in parts.iter().zip(Part::ALL) {
            bytes.extend(small(place)?.to_le_bytes());
            bytes.extend(small(part.len() / width)?.to_le_bytes());
            place += part.len() * NUMBER;
        }
        bytes.extend(self.texts);
        bytes.extend(parts.iter().flatten().flat_map(|number| number.to_le_bytes()));
        Some(bytes)
    }

    fn text(&mut self, text: &'l str) -> Option<[u32; 2]> {
        self.keep(Cow::Borrowed(text))
    }

    fn owned(&mut self, text: String) -> Option<[u32; 2]> {
        self.keep(Cow::Owned(text))
    }

    /// Where a text stands; the same one stands there once.
    fn keep(&mut self, text: Cow<'l, str>) -> Option<[u32; 2]> {
        if let Some(place) = self.known.get(&text) {
            return Some(*place);
        }
        let place = [small(texts_begin() + self.texts.len())?, small(text.len())?];
        self.texts.extend(text.as_bytes());
        self.known.insert(text, place);
        Some(place)
    }
}

/// Behind the head.
const fn texts_begin() -> usize {
    MAGIC.len() + Part::ALL.len() * 2 * NUMBER
}

fn small(number: usize) -> Option<u32> {
    u32::try_from(number).ok()
}

/// A price in two numbers.
fn halves(minor: i64) -> [u32; 2] {
    let (low, high) = (minor.cast_unsigned() & u64::from(u32::MAX), minor.cast_unsigned() >> 32);
    [low, high].map(|half| u32::try_from(half).unwrap_or(u32::MAX))
}

/// The same back.
pub(super) fn whole(low: usize, high: usize) -> Option<i64> {
    Some((u64::from(small(high)?) << 32 | u64::from(small(low)?)).cast_signed())
}

fn currency_number(currency: Currency) -> Option<u32> {
    Currency::ALL.iter().position(|own| *own == currency).and_then(small)
}
