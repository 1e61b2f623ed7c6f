//! What buyers say to open the skill, and Alexa's rules for it (`reference/alexa-skill.md`, section 15).

use super::file::{Item, Section};
use crate::domain::ids::Locale;

const CHARS: std::ops::RangeInclusive<usize> = 2..=50;

/// Words that wake a device.
const WAKE: [&str; 4] = ["alexa", "amazon", "echo", "computer"];

/// Words that open a skill.
const LAUNCH: [&str; 15] =
    ["ask", "tell", "open", "launch", "load", "start", "begin", "enable", "run", "play", "resume", "use", "talk", "skill", "app"];

/// The invocation name per locale: what `[invocation]` says, else the shop's name.
pub(super) fn read(root: &Section, name: Option<&str>, locales: &[Locale]) -> Vec<(Locale, String)> {
    let section = root.optional("invocation").and_then(|item| item.section());
    if let Some(section) = &section {
        // Other languages may be prepared before the shop speaks them.
        for (key, _) in section.entries().filter(|(key, _)| Locale::parse(key).is_ok()) {
            section.know(key);
        }
        section.finish();
    }
    let read = |locale: &Locale| {
        let own = section.as_ref().and_then(|section| section.entries().find(|(key, _)| *key == locale.as_str()));
        let said = match own {
            Some((_, item)) => checked(&item, name)?,
            None => derive(root, name, locale)?,
        };
        Some((locale.clone(), said))
    };
    locales.iter().filter_map(read).collect()
}

/// The seller's name as it is said.
fn seller(name: &str) -> String {
    name.to_lowercase().replace('&', "and").replace('’', "'").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn derive(root: &Section, name: Option<&str>, locale: &Locale) -> Option<String> {
    let said = seller(name?);
    match fault(&said, name) {
        None => Some(said),
        Some(fault) => {
            let wrong = format!("the shop's name cannot be the invocation name \"{said}\": {fault}");
            root.wrong(&format!("invocation.{locale}"), wrong, "write in [invocation] how the name is said");
            None
        }
    }
}

fn checked(item: &Item, name: Option<&str>) -> Option<String> {
    let said = item.text()?;
    if let Some(fault) = fault(said, name) {
        item.wrong(
            format!("\"{said}\" cannot be an invocation name: {fault}"),
            "write the seller's name in lower-case words, as \"petal and stem\"",
        );
        return None;
    }
    if let Some(seller) = name.map(seller).filter(|seller| seller != said && seller.chars().all(sayable)) {
        item.wrong(format!("\"{said}\" is not the seller's name"), format!("a shop is opened by its name: write \"{seller}\""));
        return None;
    }
    Some(said.to_owned())
}

fn sayable(letter: char) -> bool {
    letter.is_alphabetic() && !letter.is_uppercase() || matches!(letter, ' ' | '\'' | '.')
}

fn fault(said: &str, name: Option<&str>) -> Option<String> {
    let words: Vec<_> = said.split(' ').collect();
    let brand = name.is_some_and(|name| seller(name) == said);
    if !said.chars().all(sayable) {
        return Some("only lower-case letters, blanks, apostrophes and periods; numbers are spelled out".to_owned());
    }
    if !CHARS.contains(&said.chars().count()) || words.contains(&"") {
        return Some("2 to 50 characters, with single blanks".to_owned());
    }
    if words.len() < 2 && !brand {
        return Some("two words or more, unless it is the brand".to_owned());
    }
    let taken = words.iter().find(|word| WAKE.contains(word) || LAUNCH.contains(word))?;
    Some(format!("\"{taken}\" is a word that Alexa listens for"))
}
