//! The words of the pages: all that are asked for, no others, in every language that the shop speaks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use voicetill::adapters::alexa::speech;
use voicetill::adapters::link::words::FILES;

fn texts(folder: &str, end: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let all: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(end)).map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(!all.is_empty(), "{}", folder.display());
    all.concat()
}

/// The texts between quotation marks that can be names of messages.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('"')
        .filter(|part| part.contains('-') && part.bytes().all(|byte| byte.is_ascii_lowercase() || b"-1234".contains(&byte)))
        .collect()
}

#[test]
fn the_pages_have_all_their_words_and_no_others() {
    let (pages, code) = (texts("pages", ".html"), texts("src/entry/link", ".rs") + &texts("src/adapters/link", "words.rs"));
    let asked: BTreeSet<&str> =
        pages.match_indices("say(\"").map(|(at, head)| pages[at + head.len()..].split('"').next().unwrap()).collect();
    let named = quoted(&code);
    for locale in FILES.languages() {
        let file = texts("pages", &format!("{locale}.ftl"));
        let known: BTreeSet<&str> = file
            .lines()
            .filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()))
            .map(|line| line.split(" = ").next().unwrap())
            .collect();
        let missing: Vec<_> = asked.difference(&known).collect();
        assert!(missing.is_empty(), "{locale} lacks {missing:?}");
        let unused: Vec<_> = known.iter().filter(|id| !asked.contains(*id) && !named.contains(*id)).collect();
        assert!(unused.is_empty(), "{locale}: nothing says {unused:?}");
        // What the code names is a message where it looks like one.
        let groups = ["cart-", "link-", "note-", "payment-", "trouble-"];
        let lacking: Vec<_> = named.iter().filter(|id| groups.iter().any(|group| id.starts_with(group)) && !known.contains(*id)).collect();
        assert!(lacking.is_empty(), "{locale} lacks {lacking:?}");
    }
}

#[test]
fn the_pages_speak_every_language_of_the_skill() {
    assert_eq!(FILES.languages().collect::<Vec<_>>(), speech::languages().collect::<Vec<_>>());
}
