//! Hearing: which intent an utterance is, and what its slots hold.

use std::cmp::Reverse;

use super::builtin::{FALLBACK, SlotKind};
use super::words::{four_digits, number, words};
use super::{Intent, Kind, Model, Part, Slot};

/// A catalogue value that a slot stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub id: String,
}

/// What entity resolution made of a custom slot (`reference/alexa-skill.md` section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// `ER_SUCCESS_MATCH`; several values may share a spoken form.
    Match(Vec<Candidate>),
    /// `ER_SUCCESS_NO_MATCH`.
    NoMatch,
}

/// A slot of the intent that was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardSlot {
    pub name: String,
    pub type_name: String,
    /// What was said for it; `None` when nothing was.
    pub value: Option<String>,
    /// Only custom types are resolved.
    pub resolution: Option<Resolution>,
}

/// An intent as heard, with every slot that the intent has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub intent: String,
    pub slots: Vec<HeardSlot>,
}

/// What Alexa does with an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Opens the skill.
    Launch,
    /// Sends the skill an intent in the open session.
    Intent(Heard),
    /// Sends the skill an intent in a session of its own: "ask … to …".
    OneShot(Heard),
    /// Keeps it from the skill: no session is open and the utterance does not name the skill.
    NotForTheSkill,
    /// Nothing in the model fits, and the model has no `AMAZON.FallbackIntent`.
    Nothing,
}

const OPENERS: [&[&str]; 11] = [
    &["open"],
    &["launch"],
    &["start"],
    &["begin"],
    &["play"],
    &["load"],
    &["run"],
    &["use"],
    &["talk", "to"],
    &["speak", "to"],
    &["speak", "with"],
];
const ASKERS: [&[&str]; 2] = [&["ask"], &["tell"]];
const LINKS: [&str; 7] = ["to", "for", "about", "that", "if", "whether", "and"];
const TAILS: [&str; 6] = ["from", "with", "using", "on", "at", "in"];

/// How well a sample fits: first the fewer words that no list knows, then the more literal words, then the more slots that are filled
/// from a list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    unknown_words: Reverse<usize>,
    literal_words: usize,
    resolved: usize,
}

impl Model {
    /// What Alexa does with an utterance, by whether a session with the skill is open.
    #[must_use]
    pub fn hear(&self, utterance: &str, session_open: bool) -> Hearing {
        let mut said = words(utterance);
        if said.first().is_some_and(|word| word == "alexa") {
            said.remove(0);
        }
        if let Some(rest) = self.invocation(&said) {
            return if rest.is_empty() { Hearing::Launch } else { self.intent_of(&rest).map_or(Hearing::Nothing, Hearing::OneShot) };
        }
        if session_open { self.intent_of(&said).map_or(Hearing::Nothing, Hearing::Intent) } else { Hearing::NotForTheSkill }
    }

    /// The intent that an utterance inside the skill is.
    #[must_use]
    pub fn understand(&self, utterance: &str) -> Option<Heard> {
        self.intent_of(&words(utterance))
    }

    fn intent_of(&self, said: &[String]) -> Option<Heard> {
        let plain = self.best(said);
        let polite = self.best(&without_courtesy(said));
        let better = match (plain, polite) {
            (Some(plain), Some(polite)) if polite.0 > plain.0 => Some(polite),
            (plain, polite) => plain.or(polite),
        };
        better.map(|(_, heard)| heard).or_else(|| {
            let fallback = self.intents.iter().find(|intent| intent.name == FALLBACK)?;
            Some(Heard { intent: fallback.name.clone(), slots: Vec::new() })
        })
    }

    fn best(&self, said: &[String]) -> Option<(Fit, Heard)> {
        let mut best: Option<(Fit, Heard)> = None;
        for intent in &self.intents {
            for sample in &intent.samples {
                let literal_words = sample.iter().filter(|part| matches!(part, Part::Word(_))).count();
                let mut fitting = Fitting { intent, literal_words, held: vec![None; intent.slots.len()], found: Vec::new() };
                fitting.walk(sample, said);
                for (fit, heard) in fitting.found {
                    // The first of equals wins, so the order of the model decides and stays the same.
                    if best.as_ref().is_none_or(|(other, _)| fit > *other) {
                        best = Some((fit, heard));
                    }
                }
            }
        }
        best
    }

    /// What is left when the utterance calls the skill by name; `None` when it does not.
    fn invocation(&self, said: &[String]) -> Option<Vec<String>> {
        let name = &self.invocation_words;
        let after_verb = |verbs: &[&[&str]]| {
            verbs.iter().find_map(|verb| {
                let rest = said.get(verb.len()..)?;
                (said.iter().zip(verb.iter()).all(|(said, verb)| said == verb)).then(|| rest.strip_prefix(name.as_slice())).flatten()
            })
        };
        if let Some(rest) = after_verb(&OPENERS) {
            return match rest {
                [] => Some(Vec::new()),
                [link, rest @ ..] if LINKS.contains(&link.as_str()) && !rest.is_empty() => Some(rest.to_vec()),
                _ => None,
            };
        }
        if let Some(rest) = after_verb(&ASKERS) {
            // "ask … to buy roses" loses its link; "ask … what is in my cart" keeps its question word.
            return Some(match rest {
                [link, rest @ ..] if LINKS.contains(&link.as_str()) => rest.to_vec(),
                rest => rest.to_vec(),
            });
        }
        let before = said.strip_suffix(name.as_slice())?;
        let (tail, before) = before.split_last()?;
        (TAILS.contains(&tail.as_str()) && !before.is_empty()).then(|| before.to_vec())
    }
}

/// What people add out of courtesy or hesitation and Alexa does not mind.
fn without_courtesy(said: &[String]) -> Vec<String> {
    let mut rest = said;
    while let [first, tail @ ..] = rest
        && ["please", "um", "uh", "hm", "well"].contains(&first.as_str())
    {
        rest = tail;
    }
    while let [head @ .., last] = rest
        && last == "please"
    {
        rest = head;
    }
    rest.to_vec()
}

type Held = Option<(String, Option<Resolution>)>;

/// One sample held against an utterance.
struct Fitting<'a> {
    intent: &'a Intent,
    literal_words: usize,
    held: Vec<Held>,
    found: Vec<(Fit, Heard)>,
}

impl Fitting<'_> {
    /// Tries every way in which the rest of a sample can stand for the rest of an utterance.
    fn walk(&mut self, parts: &[Part], said: &[String]) {
        match parts {
            [] if said.is_empty() => self.found.extend(self.finish()),
            [] => {}
            [Part::Word(word), parts @ ..] => {
                if let Some((first, said)) = said.split_first()
                    && first == word
                {
                    self.walk(parts, said);
                }
            }
            [Part::Slot { at, possessive }, parts @ ..] => {
                for count in 1..=said.len() {
                    let (mine, said) = said.split_at(count);
                    if let Some(value) = owned(mine, *possessive).and_then(|mine| hold(&self.intent.slots[*at], &mine)) {
                        self.held[*at] = Some(value);
                        self.walk(parts, said);
                        self.held[*at] = None;
                    }
                }
            }
        }
    }

    /// The intent with what its slots hold, unless the sample is bare slots and a word is in no list: then anything at all would fit.
    fn finish(&self) -> Option<(Fit, Heard)> {
        let unknown = |held: &Held| matches!(held, Some((_, Some(Resolution::NoMatch))));
        let unknown_words: usize = self.held.iter().filter(|held| unknown(held)).flatten().map(|(value, _)| value.split(' ').count()).sum();
        if unknown_words > 0 && self.literal_words == 0 {
            return None;
        }
        let slot = |(slot, held): (&Slot, &Held)| HeardSlot {
            name: slot.name.clone(),
            type_name: slot.type_name.clone(),
            value: held.as_ref().map(|(value, _)| value.clone()),
            resolution: held.as_ref().and_then(|(_, resolution)| resolution.clone()),
        };
        let slots = self.intent.slots.iter().zip(&self.held).map(slot).collect();
        let fit = Fit {
            unknown_words: Reverse(unknown_words),
            literal_words: self.literal_words,
            resolved: self.held.iter().filter(|held| held.is_some() && !unknown(held)).count(),
        };
        Some((fit, Heard { intent: self.intent.name.clone(), slots }))
    }
}

/// The words of a slot, without the `'s` of a possessive one.
fn owned(said: &[String], possessive: bool) -> Option<Vec<String>> {
    let mut said = said.to_vec();
    if possessive && let Some(last) = said.last_mut() {
        *last = last.strip_suffix("'s")?.to_owned();
    }
    Some(said)
}

/// What a slot makes of some words; `None` when its type cannot hear them.
fn hold(slot: &Slot, said: &[String]) -> Option<(String, Option<Resolution>)> {
    match &slot.kind {
        Kind::BuiltIn(SlotKind::Number) => Some((number(said)?.to_string(), None)),
        Kind::BuiltIn(SlotKind::FourDigits) => Some((four_digits(said)?, None)),
        Kind::BuiltIn(SlotKind::Anything) => Some((said.join(" "), None)),
        Kind::Custom(forms) => {
            let matches = |text: &str| -> Vec<Candidate> {
                forms.iter().filter(|(form, _)| form == text).map(|(_, candidate)| candidate.clone()).collect()
            };
            let whole = said.join(" ");
            let mut candidates = matches(&whole);
            // "the red roses" is heard as the red roses.
            if candidates.is_empty()
                && let Some((_, bare)) = said.split_first().filter(|(first, _)| ["the", "a", "an", "some", "my"].contains(&first.as_str()))
            {
                candidates = matches(&bare.join(" "));
            }
            let resolution = if candidates.is_empty() { Resolution::NoMatch } else { Resolution::Match(candidates) };
            Some((whole, Some(resolution)))
        }
    }
}
