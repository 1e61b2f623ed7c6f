//! Words: turns what the dialogue says into the buyer's language, from the files in top-level `speech/`.
//!
//! Owns every word that is spoken or shown. Never decides anything, never makes markup, never speaks ids, codes or causes.

mod card;
mod id;
mod voice;
mod words;

use fluent_bundle::FluentResource;
use unic_langid::LanguageIdentifier;

use super::to_wire::Rendered;
use crate::domain::dialog::{Question, Reply, Said, Say};
use crate::domain::ids::Locale;
use crate::domain::shop::Shop;
use voice::{Bundle, Voice};

/// The languages that this program speaks, with their files.
const FILES: &[(&str, &str)] = &[("en-US", include_str!("../../../speech/en-US.ftl"))];

/// The locales that have a speech file.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(locale, _)| *locale)
}

/// The words of the languages that a shop speaks; read once, at start.
pub struct Speech(Vec<(Locale, Bundle)>);

impl std::fmt::Debug for Speech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(locale, _)| locale)).finish()
    }
}

/// Why there are no words for a language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeechError {
    #[error("no language is configured")]
    NoLanguage,
    #[error("there is no speech/{0}.ftl: add it, or take the locale out of shop.toml")]
    NoFile(Locale),
    #[error("speech/{locale}.ftl cannot be read: {cause}")]
    Broken { locale: Locale, cause: String },
    #[error("speech/{locale}.ftl lacks the message \"{message}\"")]
    Missing { locale: Locale, message: &'static str },
}

impl Speech {
    /// The words for these languages; the first one speaks when a request is in none of them.
    ///
    /// # Errors
    /// [`SpeechError`] when a file is missing, broken or incomplete.
    pub fn new(locales: &[Locale]) -> Result<Self, SpeechError> {
        if locales.is_empty() {
            return Err(SpeechError::NoLanguage);
        }
        let language = |locale: &Locale| Ok((locale.clone(), read(locale)?));
        locales.iter().map(language).collect::<Result<_, _>>().map(Self)
    }

    /// The words of a reply: what is said, then the question that is open.
    #[must_use]
    pub fn render(&self, shop: &Shop, locale: &Locale, reply: &Reply) -> Rendered {
        let Some((_, bundle)) = self.0.iter().find(|(own, _)| own == locale).or_else(|| self.0.first()) else {
            return Rendered::default();
        };
        let voice = Voice { bundle, shop, locale };
        let mut parts: Vec<_> = reply.says.iter().map(|say| words::say(&voice, reply, say)).collect();
        let prompt = reply.session.as_ref().map(|session| words::prompt(&voice, session));
        if let (Some(session), Some(prompt)) = (&reply.session, &prompt) {
            let placing = matches!(session.question, Some(Question::PlaceOrder { .. }));
            let told = reply.says.iter().any(|say| matches!(say, Say::ReadBack { .. }));
            let short = voice.plain(id::ASK_PLACE_ORDER);
            // The read-back has just named the total; what is repeated ends with its question already.
            let asked =
                matches!(reply.says.last(), Some(Say::Again(Said(text))) if text.ends_with(prompt) || placing && text.ends_with(&short));
            if !asked {
                parts.push(if placing && told { short } else { prompt.clone() });
            }
        }
        Rendered { speech: voice.sentences(parts), reprompt: prompt, card: reply.says.iter().find_map(|say| card::of(&voice, say)) }
    }
}

fn read(locale: &Locale) -> Result<Bundle, SpeechError> {
    let no_file = || SpeechError::NoFile(locale.clone());
    let broken = |cause: String| SpeechError::Broken { locale: locale.clone(), cause };
    let (_, text) = FILES.iter().find(|(own, _)| *own == locale.as_str()).ok_or_else(no_file)?;
    let language: LanguageIdentifier = locale.as_str().parse().map_err(|_| no_file())?;
    let resource = FluentResource::try_new((*text).to_owned()).map_err(|(_, errors)| broken(voice::list(&errors)))?;
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // The marks would be read aloud, or break the markup that is made later.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| broken(voice::list(&errors)))?;
    match id::ALL.iter().find(|id| !bundle.has_message(id.0)) {
        Some(id) => Err(SpeechError::Missing { locale: locale.clone(), message: id.0 }),
        None => Ok(bundle),
    }
}

#[cfg(test)]
mod tests;
