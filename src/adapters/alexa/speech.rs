//! Words: turns what the dialogue says into the buyer's language, from the files in top-level `speech/`.
//!
//! Owns every word that is spoken or shown. Never decides anything, never makes markup, never speaks ids, codes or causes.

mod book;
mod card;
mod id;
mod voice;
mod words;

use super::to_wire::Rendered;
use crate::domain::dialog::{Question, Reply, Said, Say};
use crate::domain::ids::Locale;
use crate::domain::shop::Shop;
use book::Book;
use voice::Voice;

/// The languages that this program speaks, with their files.
const FILES: &[(&str, &str)] = &[("en-US", include_str!("../../../speech/en-US.ftl"))];

/// The locales that have a speech file.
pub fn languages() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(locale, _)| *locale)
}

/// The words of the languages that a shop speaks.
pub struct Speech(Vec<(Locale, Book)>);

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
}

impl Speech {
    /// The words for these languages; the first one speaks when a request is in none of them.
    ///
    /// # Errors
    /// [`SpeechError`] when a language has no file.
    pub fn new(locales: &[Locale]) -> Result<Self, SpeechError> {
        if locales.is_empty() {
            return Err(SpeechError::NoLanguage);
        }
        let language = |locale: &Locale| Ok((locale.clone(), book(locale)?));
        locales.iter().map(language).collect::<Result<_, _>>().map(Self)
    }

    /// The words of a reply: what is said, then the question that is open.
    #[must_use]
    pub fn render(&self, shop: &Shop, locale: &Locale, reply: &Reply) -> Rendered {
        let Some((_, book)) = self.0.iter().find(|(own, _)| own == locale).or_else(|| self.0.first()) else {
            return Rendered::default();
        };
        let voice = Voice { book, shop, locale };
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
        Rendered { speech: voice.sentences(parts), reprompt: prompt, card: reply.says.iter().find_map(|say| card::of(&voice, reply, say)) }
    }
}

fn book(locale: &Locale) -> Result<Book, SpeechError> {
    let no_file = || SpeechError::NoFile(locale.clone());
    let (_, file) = FILES.iter().find(|(own, _)| *own == locale.as_str()).ok_or_else(no_file)?;
    Ok(Book::new(locale.as_str().parse().map_err(|_| no_file())?, file))
}

#[cfg(test)]
mod tests;
