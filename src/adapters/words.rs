//! Words in Fluent, one file per locale: those of the pages and those of mail. They are plain text; the templates escape them. Speech has
//! a book of its own, which is read message by message.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::ids::Locale;
use crate::domain::money::Money;

/// The files of a folder, by locale.
pub struct Files {
    pub folder: &'static str,
    pub files: &'static [(&'static str, &'static str)],
}

/// Why there are no words for a language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    #[error("there is no {folder}/{locale}.ftl: add it, or take the locale out of shop.toml")]
    NoFile { folder: &'static str, locale: Locale },
    #[error("{folder}/{locale}.ftl cannot be read")]
    Broken { folder: &'static str, locale: Locale },
    #[error("no language is configured")]
    NoLanguage,
}

/// What a text is filled with.
pub type Filling = Vec<(&'static str, String)>;

/// The words of one language.
pub struct Words {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl Files {
    /// The locales that have a file.
    pub fn languages(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.files.iter().map(|(locale, _)| *locale)
    }

    /// # Errors
    /// [`WordsError`].
    pub fn read(&self, locale: &Locale) -> Result<Words, WordsError> {
        let folder = self.folder;
        let found = self.files.iter().find(|(own, _)| *own == locale.as_str());
        let (_, text) = found.ok_or_else(|| WordsError::NoFile { folder, locale: locale.clone() })?;
        let broken = || WordsError::Broken { folder, locale: locale.clone() };
        let language: LanguageIdentifier = locale.as_str().parse().map_err(|_| broken())?;
        let resource = FluentResource::try_new((*text).to_owned()).map_err(|_| broken())?;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|_| broken())?;
        Ok(Words { locale: locale.clone(), bundle })
    }
}

impl Words {
    #[must_use]
    pub const fn locale(&self) -> &Locale {
        &self.locale
    }

    /// A text; empty where there is none. Tests hold that there is every one that is asked for, whole.
    #[must_use]
    pub fn say(&self, id: &str, filling: &Filling) -> String {
        let mut errors = Vec::new();
        let args: FluentArgs<'_> = filling.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        let text = pattern.map(|pattern| self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned());
        if text.is_none() || !errors.is_empty() {
            tracing::error!(id, "words are missing");
            debug_assert!(false, "{id} does not fit: {errors:?}");
        }
        text.unwrap_or_default()
    }

    /// A sum of money, as the text of this id puts it.
    #[must_use]
    pub fn money(&self, id: &str, money: Money) -> String {
        let decimal = money.decimal();
        let (whole, cents) = decimal.split_once('.').unwrap_or((&decimal, ""));
        let filling = vec![("currency", money.currency().code().to_owned()), ("whole", whole.to_owned()), ("cents", cents.to_owned())];
        self.say(id, &filling)
    }
}
