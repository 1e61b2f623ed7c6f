//! People as Amazon tells of them. Personal data, so nothing of it has a Debug form.

use std::fmt;

/// A buyer's own data, as far as the buyer has agreed to share it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person([redacted])")
    }
}

/// A name in two parts, for systems that want it so. Amazon knows only the whole, so this is a guess: in front of the last blank stands
/// the first name, behind it the last. Where families come first, it is the wrong way round; the whole name never is.
#[derive(Clone, PartialEq, Eq)]
pub struct SplitName {
    pub first: String,
    /// Missing where a name is a single word.
    pub last: Option<String>,
}

impl fmt::Debug for SplitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SplitName([redacted])")
    }
}

impl SplitName {
    /// `None` when there is no name in the text.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let words: Vec<_> = name.split_whitespace().collect();
        let (last, before) = words.split_last()?;
        Some(match before {
            [] => Self { first: (*last).to_owned(), last: None },
            before => Self { first: before.join(" "), last: Some((*last).to_owned()) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_before_its_last_word() {
        let split = |name| SplitName::of(name).map(|name| (name.first, name.last));
        let both = |first: &str, last: &str| Some((first.to_owned(), Some(last.to_owned())));
        assert_eq!(split("Test Buyer"), both("Test", "Buyer"));
        assert_eq!(split("  Ada  King\tLovelace "), both("Ada King", "Lovelace"));
        // With the wide blank that Japanese is written with.
        assert_eq!(split("山田\u{3000}太郎"), both("山田", "太郎"));
        assert_eq!(split("Teller"), Some(("Teller".to_owned(), None)));
        assert_eq!(split(" \u{3000}"), None);
        assert_eq!(format!("{:?}", SplitName::of("Test Buyer")), "Some(SplitName([redacted]))");
    }
}
