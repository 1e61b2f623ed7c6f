//! Reads a model and refuses a wrong one, naming what is wrong and what to do about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::hear::Candidate;
use super::words::words;
use super::{Intent, Kind, Model, Part, Slot, builtin};

/// Words that start a skill and so cannot be in its name (`reference/alexa-skill.md` section 15).
const LAUNCH_WORDS: [&str; 13] =
    ["alexa", "amazon", "echo", "computer", "ask", "tell", "open", "launch", "start", "load", "begin", "enable", "run"];

/// Why a text is no usable interaction model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the interaction model is not of the expected JSON shape: compare it with what `voicetill model` writes")]
    Json(#[source] serde_json::Error),
    #[error("invocation name {name:?}: {rule}")]
    InvocationName { name: String, rule: &'static str },
    #[error("intent name {intent:?}: use letters, underscores and, for Amazon's own intents, the prefix AMAZON.")]
    IntentName { intent: String },
    #[error("intent {intent} is defined twice: merge its samples")]
    DuplicateIntent { intent: String },
    #[error("Amazon has no intent {intent}, or none that can be simulated: check its spelling")]
    UnknownBuiltIn { intent: String },
    #[error("intent {intent} has two slots named {slot}: rename one")]
    DuplicateSlot { intent: String, slot: String },
    #[error(
        "slot {slot} of intent {intent} has the type {type_name}, which the model does not define: define it, or use \
         AMAZON.NUMBER, AMAZON.FOUR_DIGIT_NUMBER or AMAZON.SearchQuery"
    )]
    UnknownSlotType { intent: String, slot: String, type_name: String },
    #[error("sample {sample:?} of intent {intent} names the slot {slot}, which the intent does not have: add the slot")]
    MissingSlot { intent: String, sample: String, slot: String },
    #[error("sample {sample:?} of intent {intent}: {rule}")]
    Sample { intent: String, sample: String, rule: &'static str },
    #[error("slot type {type_name} is defined twice: merge its values")]
    DuplicateType { type_name: String },
    #[error("slot type {type_name} has no values: give it at least one")]
    EmptyType { type_name: String },
    #[error("slot type {type_name} has two values with the id {id:?}: ids are how the skill tells values apart")]
    DuplicateValue { type_name: String, id: String },
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "interactionModel")]
    interaction_model: InteractionModel,
}

#[derive(Deserialize)]
struct InteractionModel {
    #[serde(rename = "languageModel")]
    language_model: LanguageModel,
    dialog: Option<Dialog>,
}

#[derive(Deserialize)]
struct Dialog {
    #[serde(default)]
    intents: Vec<DialogIntent>,
}

#[derive(Deserialize)]
struct DialogIntent {
    name: String,
}

#[derive(Deserialize)]
struct LanguageModel {
    #[serde(rename = "invocationName")]
    invocation_name: String,
    intents: Vec<IntentJson>,
    #[serde(default)]
    types: Vec<TypeJson>,
}

#[derive(Deserialize)]
struct IntentJson {
    name: String,
    #[serde(default)]
    slots: Vec<SlotJson>,
    #[serde(default)]
    samples: Vec<String>,
}

#[derive(Deserialize)]
struct SlotJson {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
}

#[derive(Deserialize)]
struct TypeJson {
    name: String,
    #[serde(default)]
    values: Vec<ValueJson>,
}

#[derive(Deserialize)]
struct ValueJson {
    id: Option<String>,
    name: NameJson,
}

#[derive(Deserialize)]
struct NameJson {
    value: String,
    #[serde(default)]
    synonyms: Vec<String>,
}

impl Model {
    /// Reads an interaction model as the ASK CLI deploys it.
    ///
    /// # Errors
    /// [`ModelError`] for the first thing that Alexa would refuse to build, or that cannot be simulated.
    pub fn parse(json: &str) -> Result<Self, ModelError> {
        let File { interaction_model } = serde_json::from_str(json).map_err(ModelError::Json)?;
        let InteractionModel { language_model, dialog } = interaction_model;
        check_invocation_name(&language_model.invocation_name)?;
        let types = types(language_model.types)?;
        let mut seen = BTreeSet::new();
        let mut intents = Vec::new();
        for json in language_model.intents {
            if !seen.insert(json.name.clone()) {
                return Err(ModelError::DuplicateIntent { intent: json.name });
            }
            intents.push(intent(json, &types)?);
        }
        Ok(Self {
            invocation_words: words(&language_model.invocation_name),
            invocation_name: language_model.invocation_name,
            intents,
            dialog_intents: dialog.map(|dialog| dialog.intents).unwrap_or_default().into_iter().map(|intent| intent.name).collect(),
        })
    }
}

type Types = BTreeMap<String, Arc<[(String, Candidate)]>>;

fn types(types: Vec<TypeJson>) -> Result<Types, ModelError> {
    let mut read = Types::new();
    for TypeJson { name: type_name, values } in types {
        if read.contains_key(&type_name) {
            return Err(ModelError::DuplicateType { type_name });
        }
        if values.is_empty() {
            return Err(ModelError::EmptyType { type_name });
        }
        let mut ids = BTreeSet::new();
        let mut forms = Vec::new();
        for ValueJson { id, name } in values {
            // Alexa invents an id for a value without one; the value itself is as good.
            let id = id.unwrap_or_else(|| name.value.clone());
            if !ids.insert(id.clone()) {
                return Err(ModelError::DuplicateValue { type_name, id });
            }
            let candidate = Candidate { name: name.value.clone(), id };
            let spoken: BTreeSet<String> = std::iter::once(&name.value)
                .chain(&name.synonyms)
                .map(|form| words(form).join(" "))
                .filter(|form| !form.is_empty())
                .collect();
            forms.extend(spoken.into_iter().map(|form| (form, candidate.clone())));
        }
        read.insert(type_name, forms.into());
    }
    Ok(read)
}

fn intent(json: IntentJson, types: &Types) -> Result<Intent, ModelError> {
    let IntentJson { name, slots: slots_json, samples } = json;
    let plain = name.strip_prefix("AMAZON.").unwrap_or(&name);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
        return Err(ModelError::IntentName { intent: name });
    }
    let customary = if name.starts_with("AMAZON.") {
        builtin::utterances(&name).ok_or_else(|| ModelError::UnknownBuiltIn { intent: name.clone() })?
    } else {
        &[]
    };
    let mut slots: Vec<Slot> = Vec::new();
    for SlotJson { name: slot, type_name } in slots_json {
        if slots.iter().any(|other| other.name == slot) {
            return Err(ModelError::DuplicateSlot { intent: name, slot });
        }
        let custom = || types.get(&type_name).map(|forms| Kind::Custom(Arc::clone(forms)));
        let Some(kind) = builtin::slot_kind(&type_name).map(Kind::BuiltIn).or_else(custom) else {
            return Err(ModelError::UnknownSlotType { intent: name, slot, type_name });
        };
        slots.push(Slot { name: slot, type_name, kind });
    }
    let samples = customary
        .iter()
        .copied()
        .chain(samples.iter().map(String::as_str))
        .map(|text| sample(&name, &slots, text))
        .collect::<Result<_, _>>()?;
    Ok(Intent { name, slots, samples })
}

/// Takes a sample such as `add {quantity} {product}` apart.
fn sample(intent: &str, slots: &[Slot], text: &str) -> Result<Vec<Part>, ModelError> {
    let wrong = |rule| ModelError::Sample { intent: intent.to_owned(), sample: text.to_owned(), rule };
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').ok_or_else(|| wrong("close every { with a }"))?;
        parts.extend(literal(before).map_err(wrong)?);
        let slot = slot.trim();
        let at = slots.iter().position(|known| known.name == slot).ok_or_else(|| ModelError::MissingSlot {
            intent: intent.to_owned(),
            sample: text.to_owned(),
            slot: slot.to_owned(),
        })?;
        if parts.iter().any(|part| matches!(part, Part::Slot { at: other, .. } if *other == at)) {
            return Err(wrong("use each slot once"));
        }
        let bare = after.strip_prefix("'s").or_else(|| after.strip_prefix("\u{2019}s"));
        parts.push(Part::Slot { at, possessive: bare.is_some() });
        rest = bare.unwrap_or(after);
    }
    parts.extend(literal(rest).map_err(wrong)?);
    if parts.is_empty() { Err(wrong("write at least one word or slot")) } else { Ok(parts) }
}

fn literal(text: &str) -> Result<Vec<Part>, &'static str> {
    let allowed = |character: char| character.is_alphabetic() || character.is_whitespace() || "'\u{2019}.-_".contains(character);
    if text.contains('}') {
        return Err("open every } with a {");
    }
    if !text.chars().all(allowed) {
        return Err("spell out numbers and leave out punctuation other than apostrophes, periods and hyphens");
    }
    Ok(words(text).into_iter().map(Part::Word).collect())
}

/// `reference/alexa-skill.md` section 15, "Invocation name".
fn check_invocation_name(name: &str) -> Result<(), ModelError> {
    let wrong = |rule| Err(ModelError::InvocationName { name: name.to_owned(), rule });
    if name.chars().any(|character| character.is_ascii_digit()) {
        return wrong("spell numbers out");
    }
    let allowed = |character: char| (character.is_alphabetic() && !character.is_uppercase()) || " '.".contains(character);
    if !name.chars().all(allowed) {
        return wrong("use lower-case letters, spaces, possessive apostrophes and periods in abbreviations only");
    }
    if name.len() < 2 || name.len() > 50 || name.trim() != name || name.contains("  ") {
        return wrong("use 2 to 50 characters with single spaces between words");
    }
    let parts: Vec<&str> = name.split(' ').collect();
    // A single word is for brands; whether this is one cannot be seen here, so it is let through.
    if let Some(word) = parts.iter().find(|word| LAUNCH_WORDS.contains(word)) {
        return wrong(if parts.len() == 1 || ["alexa", "amazon", "echo", "computer"].contains(word) {
            "leave out wake words"
        } else {
            "leave out words that start skills, such as ask, tell, open and enable"
        });
    }
    Ok(())
}
