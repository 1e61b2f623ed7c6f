//! The words of mail, one file of `pages/mail/` per locale. They are plain text; the templates escape them.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::ids::Locale;
use crate::domain::money::Money;

/// The languages of mail, with their files.
const FILES: &[(&str, &str)] = &[("en-US", include_str!("../../../pages/mail/en-US.ftl"))];

/// The locales that have a file of words for mail.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(locale, _)| *locale)
}

/// Why there are no words for a language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    #[error("there is no pages/mail/{0}.ftl: add it, or take the locale out of shop.toml")]
    NoFile(Locale),
    #[error("pages/mail/{0}.ftl cannot be read")]
    Broken(Locale),
    #[error("no language is configured")]
    NoLanguage,
}

/// What a message is filled with.
pub type Filling = Vec<(&'static str, String)>;

/// The words of one language.
pub struct Language {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl Language {
    /// # Errors
    /// [`WordsError`].
    pub fn read(locale: &Locale) -> Result<Self, WordsError> {
        let (_, text) = FILES.iter().find(|(own, _)| *own == locale.as_str()).ok_or_else(|| WordsError::NoFile(locale.clone()))?;
        let broken = || WordsError::Broken(locale.clone());
        let language: LanguageIdentifier = locale.as_str().parse().map_err(|_| broken())?;
        let resource = FluentResource::try_new((*text).to_owned()).map_err(|_| broken())?;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|_| broken())?;
        Ok(Self { locale: locale.clone(), bundle })
    }

    #[must_use]
    pub const fn locale(&self) -> &Locale {
        &self.locale
    }

    /// A text; empty where there is none, or none of its value. A test holds that there is every one that a mail asks for, whole.
    #[must_use]
    pub fn say(&self, id: &str, filling: &Filling) -> String {
        let mut errors = Vec::new();
        let args: FluentArgs<'_> = filling.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        let text = pattern.map(|pattern| self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned());
        if text.is_none() || !errors.is_empty() {
            tracing::error!(id, "a mail lacks words");
            debug_assert!(false, "{id} does not fit: {errors:?}");
        }
        text.unwrap_or_default()
    }

    #[must_use]
    pub fn money(&self, money: Money) -> String {
        let decimal = money.decimal();
        let (whole, cents) = decimal.split_once('.').unwrap_or((&decimal, ""));
        let filling = vec![("currency", money.currency().code().to_owned()), ("whole", whole.to_owned()), ("cents", cents.to_owned())];
        self.say("money", &filling)
    }
}
