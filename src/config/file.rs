//! Reading a TOML file key by key, so that every problem is found, with its line. Knows nothing of shops.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, nearest};

/// A file and what has been found wrong with it.
pub(super) struct File<'t> {
    name: &'t str,
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> File<'t> {
    /// The file and its top table; `None` when it is no TOML.
    pub fn parse(name: &'t str, text: &'t str) -> (Self, Option<DeTable<'t>>) {
        let file = Self { name, text, problems: RefCell::default() };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let wrong = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            file.report(error.span(), String::new(), format!("is not TOML: {wrong}"), "correct this line".to_owned());
        }
        (file, errors.is_empty().then(|| table.into_inner()))
    }

    /// The problems, by line.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line.unwrap_or(0));
        problems
    }

    pub fn root<'f>(&'f self, table: &'f DeTable<'t>) -> Section<'f> {
        Section { file: self, path: String::new(), span: None, table, asked: RefCell::default() }
    }

    fn report(&self, span: Option<Range<usize>>, key: String, wrong: String, remedy: String) {
        let line = span.map(|span| self.text.bytes().take(span.start).filter(|&byte| byte == b'\n').count() + 1);
        self.problems.borrow_mut().push(Problem { file: self.name.to_owned(), line, key, wrong, remedy });
    }
}

/// A table of a file. Keys that nobody asked for are refused by [`Section::finish`].
pub(super) struct Section<'f> {
    file: &'f File<'f>,
    path: String,
    span: Option<Range<usize>>,
    table: &'f DeTable<'f>,
    asked: RefCell<Vec<&'f str>>,
}

impl<'f> Section<'f> {
    /// A value that may be left out.
    pub fn optional(&self, key: &'f str) -> Option<Item<'f>> {
        self.asked.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some(Item { file: self.file, path: self.path(key), value })
    }

    /// A value that must be there; `remedy` says what to write.
    pub fn required(&self, key: &'f str, remedy: &str) -> Option<Item<'f>> {
        let item = self.optional(key);
        if item.is_none() {
            self.file.report(self.span.clone(), self.path(key), "is missing".to_owned(), remedy.to_owned());
        }
        item
    }

    /// Every key with its value, asked for or not.
    pub fn entries(&self) -> impl Iterator<Item = (&'f str, Item<'f>)> {
        self.table.iter().map(|(key, value)| {
            let key: &'f str = key.get_ref();
            (key, Item { file: self.file, path: self.path(key), value })
        })
    }

    /// Marks a key as known.
    pub fn know(&self, key: &'f str) {
        self.asked.borrow_mut().push(key);
    }

    /// Something is wrong with the section as a whole.
    pub fn wrong(&self, key: &str, wrong: impl Into<String>, remedy: impl Into<String>) {
        self.file.report(self.span.clone(), self.path(key), wrong.into(), remedy.into());
    }

    /// Refuses every key that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if asked.contains(&name) {
                continue;
            }
            let remedy = match nearest(name, asked.iter().copied()) {
                Some(meant) => format!("did you mean {meant}?"),
                None => format!("take it out; known here: {}", asked.join(", ")),
            };
            self.file.report(Some(key.span()), self.path(name), "is not a known key".to_owned(), remedy);
        }
    }

    fn path(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }
}

/// A value of a file.
#[derive(Clone)]
pub(super) struct Item<'f> {
    file: &'f File<'f>,
    path: String,
    value: &'f Spanned<DeValue<'f>>,
}

impl<'f> Item<'f> {
    /// Something is wrong with the value.
    pub fn wrong(&self, wrong: impl Into<String>, remedy: impl Into<String>) {
        self.file.report(Some(self.value.span()), self.path.clone(), wrong.into(), remedy.into());
    }

    pub fn text(&self) -> Option<&'f str> {
        let value = self.value.get_ref();
        if let Some(text) = value.as_str() {
            return Some(text);
        }
        let found = value.type_str();
        match value {
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
                let written = self.file.text.get(self.value.span()).unwrap_or("…");
                self.wrong(format!("is {} {found}, not a text", article(found)), format!("put it in quotes: \"{written}\""));
            }
            DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => {
                self.wrong(format!("is {} {found}, not a text", article(found)), "write one text in quotes");
            }
        }
        None
    }

    /// The text, if it is one; nothing is reported.
    pub fn peek(&self) -> Option<&'f str> {
        self.value.get_ref().as_str()
    }

    /// One line of at most `chars_max` characters.
    pub fn line(&self, chars_max: usize) -> Option<&'f str> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.wrong("is empty", "write something, or take the line out if it is optional");
        } else if text.chars().any(char::is_control) || text.trim() != text {
            self.wrong("has line breaks, control characters, or blanks at an end", "write plain text on one line");
        } else if text.chars().count() > chars_max {
            self.wrong(format!("has {} characters", text.chars().count()), format!("shorten it to {chars_max} at most"));
        } else {
            return Some(text);
        }
        None
    }

    /// A text that means something else.
    pub fn parse<T, E>(&self, read: impl FnOnce(&str) -> Result<T, E>, remedy: &str) -> Option<T> {
        let text = self.text()?;
        read(text).map_err(|_| self.wrong(format!("\"{text}\" does not fit"), remedy)).ok()
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known = words.iter().map(|(word, _)| *word);
            let remedy = match nearest(text, known.clone()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("write one of {}", known.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")),
            };
            self.wrong(format!("\"{text}\" is not known"), remedy);
        }
        found
    }

    pub fn flag(&self) -> Option<bool> {
        let flag = self.value.get_ref().as_bool();
        if flag.is_none() {
            let found = self.value.get_ref().type_str();
            self.wrong(format!("is {} {found}", article(found)), "write true or false, without quotes");
        }
        flag
    }

    /// A whole number within bounds.
    pub fn whole(&self, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let value = self.value.get_ref();
        let remedy = format!("write a whole number from {} to {}, without quotes", bounds.start(), bounds.end());
        let Some(integer) = value.as_integer() else {
            let found = value.type_str();
            self.wrong(format!("is {} {found}", article(found)), remedy);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            self.wrong(format!("{} is out of bounds", integer.as_str()), remedy);
        }
        number
    }

    /// The values of a list, or the tables of `[[…]]`.
    pub fn list(&self) -> Option<Vec<Item<'f>>> {
        let Some(items) = self.value.get_ref().as_array() else {
            let found = self.value.get_ref().type_str();
            self.wrong(
                format!("is {} {found}, not a list", article(found)),
                "write a list in [brackets], or [[double brackets]] around a block",
            );
            return None;
        };
        let item = |(at, value)| Item { file: self.file, path: format!("{}[{}]", self.path, at + 1), value };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// Whether it is a list without anything in it; nothing is reported.
    pub fn peek_list_is_empty(&self) -> bool {
        self.value.get_ref().as_array().is_some_and(|items| items.is_empty())
    }

    /// The list of texts.
    pub fn texts(&self) -> Option<Vec<(Item<'f>, &'f str)>> {
        let items = self.list()?;
        items.into_iter().map(|item| item.text().map(|text| (item, text))).collect()
    }

    pub fn section(&self) -> Option<Section<'f>> {
        let Some(table) = self.value.get_ref().as_table() else {
            let found = self.value.get_ref().type_str();
            self.wrong(format!("is {} {found}, not a table", article(found)), format!("begin it with [{}]", self.path));
            return None;
        };
        Some(Section { file: self.file, path: self.path.clone(), span: Some(self.value.span()), table, asked: RefCell::default() })
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'i', 'o']) { "an" } else { "a" }
}
