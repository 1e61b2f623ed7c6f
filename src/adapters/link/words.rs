//! The words of the pages, one file of `pages/` per locale.

use crate::adapters::words::{self, Files, Filling, WordsError};
use crate::domain::ids::Locale;
use crate::domain::money::Money;
use crate::domain::shop::World;

/// The languages of the pages, with their files.
pub const FILES: Files = Files { folder: "pages", files: &[("en-US", include_str!("../../../pages/en-US.ftl"))] };

/// The words of all languages of a shop.
pub struct Words {
    first: Language,
    others: Vec<Language>,
}

/// The words of one language.
pub struct Language {
    words: words::Words,
    shop: String,
    world: World,
}

impl Words {
    /// # Errors
    /// [`WordsError`].
    pub fn new(locales: &[Locale], shop: &str, world: World) -> Result<Self, WordsError> {
        let (first, others) = locales.split_first().ok_or(WordsError::NoLanguage)?;
        let others = others.iter().map(|locale| Language::read(locale, shop, world)).collect::<Result<_, _>>()?;
        Ok(Self { first: Language::read(first, shop, world)?, others })
    }

    /// The first language of an `Accept-Language` header that the shop speaks, if need be from another region; or else the shop's first.
    /// Weights are taken for sorted, as every browser sends them.
    #[must_use]
    pub fn accepted(&self, header: Option<&str>) -> &Language {
        let wished = header.unwrap_or_default().split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
        let speaks = |wished: &str| {
            let spoken = |own: &&Language| own.locale().as_str().eq_ignore_ascii_case(wished);
            let related = |own: &&Language| {
                let language = |text: &str| text.split('-').next().unwrap_or_default().to_ascii_lowercase();
                language(own.locale().as_str()) == language(wished)
            };
            self.all().find(spoken).or_else(|| self.all().find(related))
        };
        wished.into_iter().find_map(speaks).unwrap_or(&self.first)
    }

    fn all(&self) -> impl Iterator<Item = &Language> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all().map(Language::locale)).finish()
    }
}

impl Language {
    fn read(locale: &Locale, shop: &str, world: World) -> Result<Self, WordsError> {
        Ok(Self { words: FILES.read(locale)?, shop: shop.to_owned(), world })
    }

    #[must_use]
    pub const fn locale(&self) -> &Locale {
        self.words.locale()
    }

    /// Which money moves, where none does.
    #[must_use]
    pub fn world(&self) -> Option<String> {
        match self.world {
            World::Simulated => Some(self.say("world-simulated")),
            World::Sandbox => Some(self.say("world-sandbox")),
            World::Live => None,
        }
    }

    /// A text, in which `$shop` is the shop's name.
    #[must_use]
    pub fn say(&self, id: &str) -> String {
        self.words.say(id, &Filling::from([("shop", self.shop.clone())]))
    }

    /// A sum of money. Templates have nothing but references.
    #[must_use]
    pub fn money(&self, money: &Money) -> String {
        self.words.money("cart-money", *money)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_asks_for_or_the_shops_first() {
        let words = Words::new(&[Locale::parse("en-US").unwrap()], "Petal and Stem", World::Live).unwrap();
        for header in [None, Some(""), Some("en-GB,en;q=0.8"), Some("de-DE,de;q=0.9"), Some("EN-us"), Some(";;,,*")] {
            assert_eq!(words.accepted(header).locale().as_str(), "en-US");
        }
        assert!(words.accepted(None).say("link-title").contains("Petal and Stem"));
    }
}
