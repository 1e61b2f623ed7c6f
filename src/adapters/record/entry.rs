//! The stored shape of a history entry: a line of text, because there are many of them.

use super::RecordError;
use crate::domain::ids::WriteId;
use crate::domain::order::{Actor, Entry, Event, Note, State};
use crate::domain::time::Time;

/// One history entry: `seconds.who.what.to.write`, and `.note` where there is one.
#[must_use]
pub fn write_entry(entry: &Entry) -> String {
    let text = format!("{}.{}{}.{}.{}", entry.at.unix(), entry.who.letter(), entry.what.letter(), entry.to, entry.write);
    entry.note.iter().fold(text, |text, note| format!("{text}.{note}"))
}

/// The entry behind a stored text.
///
/// # Errors
/// [`RecordError`].
pub fn read_entry(text: &str) -> Result<Entry, RecordError> {
    let bad = || RecordError::Unknown("history entry");
    // The note is last and may hold dots.
    let mut parts = text.splitn(5, '.');
    let (Some(at), Some(kind), Some(to), Some(write)) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(bad());
    };
    let mut letters = kind.chars();
    Ok(Entry {
        at: Time::from_unix(at.parse().map_err(|_| bad())?),
        who: letters.next().and_then(Actor::of_letter).ok_or_else(bad)?,
        what: letters.next().and_then(Event::of_letter).ok_or_else(bad)?,
        to: State::known_name(to).ok_or_else(bad)?,
        write: WriteId::parse(write)?,
        note: parts.next().map(Note::parse).transpose().map_err(|_| bad())?,
    })
}
