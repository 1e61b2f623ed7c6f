//! The words of the pages, one file of `pages/` per locale. They are plain text; the templates escape them.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::ids::Locale;
use crate::domain::money::Money;
use crate::domain::shop::World;

/// The languages of the pages, with their files.
const FILES: &[(&str, &str)] = &[("en-US", include_str!("../../../pages/en-US.ftl"))];

/// The locales that have a file of words for the pages.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(locale, _)| *locale)
}

/// Why there are no words for a language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    #[error("there is no pages/{0}.ftl: add it, or take the locale out of shop.toml")]
    NoFile(Locale),
    #[error("pages/{0}.ftl cannot be read")]
    Broken(Locale),
    #[error("no language is configured")]
    NoLanguage,
}

/// The words of all languages of a shop.
pub struct Words {
    first: Language,
    others: Vec<Language>,
}

/// The words of one language.
pub struct Language {
    locale: Locale,
    shop: String,
    world: World,
    bundle: FluentBundle<FluentResource>,
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
            let spoken = |own: &&Language| own.locale.as_str().eq_ignore_ascii_case(wished);
            let related = |own: &&Language| {
                let language = |text: &str| text.split('-').next().unwrap_or_default().to_ascii_lowercase();
                language(own.locale.as_str()) == language(wished)
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
        f.debug_list().entries(self.all().map(|language| &language.locale)).finish()
    }
}

impl Language {
    fn read(locale: &Locale, shop: &str, world: World) -> Result<Self, WordsError> {
        let (_, text) = FILES.iter().find(|(own, _)| *own == locale.as_str()).ok_or_else(|| WordsError::NoFile(locale.clone()))?;
        let broken = || WordsError::Broken(locale.clone());
        let language: LanguageIdentifier = locale.as_str().parse().map_err(|_| broken())?;
        let resource = FluentResource::try_new((*text).to_owned()).map_err(|_| broken())?;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|_| broken())?;
        Ok(Self { locale: locale.clone(), shop: shop.to_owned(), world, bundle })
    }

    #[must_use]
    pub const fn locale(&self) -> &Locale {
        &self.locale
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

    /// A text, in which `$shop` is the shop's name; empty where there is none. A test holds that there is every one that a page asks for.
    #[must_use]
    pub fn say(&self, id: &str) -> String {
        self.fill(id, [])
    }

    /// A sum of money. Templates have nothing but references.
    #[must_use]
    pub fn money(&self, money: &Money) -> String {
        let decimal = money.decimal();
        let (whole, cents) = decimal.split_once('.').unwrap_or((&decimal, ""));
        let filling = [("currency", money.currency().code()), ("whole", whole), ("cents", cents)];
        self.fill("cart-money", filling.map(|(name, value)| (name, value.to_owned())))
    }

    fn fill<const N: usize>(&self, id: &str, filling: [(&'static str, String); N]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            tracing::error!(id, "a page lacks words");
            return String::new();
        };
        let mut args: FluentArgs<'_> = [("shop", self.shop.as_str())].into_iter().collect();
        for (name, value) in filling {
            args.set(name, value);
        }
        self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
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
        assert_eq!(words.accepted(None).say("no-such"), "");
    }
}
