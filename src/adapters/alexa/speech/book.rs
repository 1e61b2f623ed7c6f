//! The messages of one language. Each is read when it is first said: reading all of them would be a tenth of a function's start.
//!
//! That the file as a whole can be read, and that nothing is lost by reading it message by message, is held by tests.

use std::sync::{Mutex, PoisonError};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};
use unic_langid::LanguageIdentifier;

use super::id::Id;

/// A speech file, and what has been read of it so far.
pub(super) struct Book {
    /// Each message's name and lines.
    messages: Vec<(&'static str, &'static str)>,
    read: Mutex<FluentBundle<FluentResource>>,
}

impl Book {
    pub fn new(language: LanguageIdentifier, file: &'static str) -> Self {
        let mut read = FluentBundle::new_concurrent(vec![language]);
        // The marks would be read aloud, or break the markup that is made later.
        read.set_use_isolating(false);
        Self { messages: messages(file).collect(), read: Mutex::new(read) }
    }

    /// A message with its variables; `None` when there is no such message.
    pub fn say(&self, id: Id, variables: &FluentArgs<'_>, errors: &mut Vec<FluentError>) -> Option<String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !read.has_message(id.0) {
            let message = FluentResource::try_new(self.lines(id)?.to_owned()).ok()?;
            read.add_resource(message).ok()?;
        }
        let pattern = read.get_message(id.0)?.value()?;
        Some(read.format_pattern(pattern, Some(variables), errors).into_owned())
    }

    fn lines(&self, id: Id) -> Option<&'static str> {
        self.messages.iter().find(|(name, _)| *name == id.0).map(|(_, lines)| *lines)
    }
}

/// The messages of a file. One begins with its name at the beginning of a line, and ends where another or a comment begins.
fn messages(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let begins = |line: &str| line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '#');
    let mut rest = file;
    let pieces = std::iter::from_fn(move || {
        let after_first = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let more = rest[after_first..].split_inclusive('\n').take_while(|line| !begins(line)).map(str::len).sum::<usize>();
        let (piece, later) = rest.split_at_checked(after_first + more)?;
        rest = later;
        (!piece.is_empty()).then_some(piece)
    });
    pieces.filter_map(|piece| Some((piece.split_once(" =")?.0, piece))).filter(|(name, _)| !name.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::super::{FILES, id};
    use super::*;

    #[test]
    fn a_message_alone_is_the_one_in_the_whole_file() {
        for (locale, file) in FILES {
            let language = || locale.parse::<LanguageIdentifier>().unwrap();
            let mut whole = FluentBundle::new_concurrent(vec![language()]);
            whole.add_resource(FluentResource::try_new((*file).to_owned()).unwrap()).unwrap();
            for id in id::ALL {
                let book = Book::new(language(), file);
                book.say(*id, &FluentArgs::new(), &mut Vec::new()).unwrap_or_else(|| panic!("{locale} lacks {}", id.0));
                let alone = book.read.lock().unwrap();
                let value = |bundle: &FluentBundle<FluentResource>| format!("{:?}", bundle.get_message(id.0).unwrap().value().unwrap());
                assert_eq!(value(&alone), value(&whole), "{locale}: {}", id.0);
            }
        }
    }

    #[test]
    fn no_message_leans_on_another() {
        for (locale, file) in FILES {
            let placeables = file.split('{').skip(1).map(str::trim_start);
            let others: Vec<_> =
                placeables.filter(|inside| inside.starts_with(|first: char| first.is_ascii_lowercase() || first == '-')).collect();
            assert!(others.is_empty(), "{locale}: {others:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_said() {
        let book = Book::new("en-US".parse().unwrap(), "hello = Hello\nhello-there = There\n  you are\n# Comment\nbroken = { $\n");
        let say = |name| book.say(Id(name), &FluentArgs::new(), &mut Vec::new());
        assert_eq!(say("hello").as_deref(), Some("Hello"));
        assert_eq!(say("hello-there").as_deref(), Some("There\nyou are"));
        assert_eq!((say("hell"), say("broken")), (None, None));
    }
}
