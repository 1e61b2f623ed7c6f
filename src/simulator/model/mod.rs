//! The interaction model: reads the JSON that Alexa is given, refuses what Alexa would refuse, and hears utterances by it.
//!
//! Shapes and rules: `reference/alexa-skill.md` section 15. Hearing is exact: a word that was not said as written is not guessed at, so a
//! dialogue that works here owes nothing to luck. It never changes a model and knows nothing of what the intents mean.

mod builtin;
mod hear;
mod read;
mod words;

pub use hear::{Candidate, Heard, HeardSlot, Hearing, Resolution};
pub use read::ModelError;

use builtin::SlotKind;

/// An interaction model of one locale.
#[derive(Clone, Debug)]
pub struct Model {
    invocation_name: String,
    invocation_words: Vec<String>,
    intents: Vec<Intent>,
    dialog_intents: Vec<String>,
}

#[derive(Clone, Debug)]
struct Intent {
    name: String,
    slots: Vec<Slot>,
    samples: Vec<Vec<Part>>,
}

#[derive(Clone, Debug)]
struct Slot {
    name: String,
    type_name: String,
    kind: Kind,
}

/// What a slot can hear.
#[derive(Clone, Debug)]
enum Kind {
    BuiltIn(SlotKind),
    /// Every spoken form, normalised, with the value it stands for.
    Custom(std::sync::Arc<[(String, Candidate)]>),
}

/// A piece of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Word(String),
    /// A slot by its place in the intent; a possessive one is followed by `'s`.
    Slot {
        at: usize,
        possessive: bool,
    },
}

impl Model {
    /// The name by which customers call the skill.
    #[must_use]
    pub fn invocation_name(&self) -> &str {
        &self.invocation_name
    }

    /// The intents that the skill may be sent.
    pub fn intents(&self) -> impl Iterator<Item = &str> {
        self.intents.iter().map(|intent| intent.name.as_str())
    }

    /// Whether the intent has a dialog model, so that its requests carry a `dialogState`.
    #[must_use]
    pub fn has_dialog(&self, intent: &str) -> bool {
        self.dialog_intents.iter().any(|name| name == intent)
    }
}

#[cfg(test)]
mod tests;
