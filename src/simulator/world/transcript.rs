//! What happened, and how it is written down: plain text that stays the same from run to run and that a support person can read.
//!
//! Each line begins with who acts, five letters wide as in the ASK CLI; lines that belong to the one before begin with blanks.

use std::fmt::Write as _;

use crate::simulator::alexa::Card;
use crate::simulator::model::{Heard, HeardSlot, Resolution};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The buyer said this.
    Said(String),
    /// The tester moved the world with this dot-command.
    Command(String),
    /// Alexa took it as a call to open the skill.
    Launched,
    /// Alexa took it as this intent.
    Heard(Heard),
    /// Alexa said this.
    Says(String),
    /// The Alexa app shows this.
    Card(Card),
    /// A payment step was carried out; always simulated here.
    Payment { name: String, summary: String },
    /// A mail about an order has gone out; simulated, too.
    Mail(String),
    /// The session is over.
    SessionEnded { why: String },
    /// The skill did something that Alexa does not accept.
    Fault(String),
    /// Something to know that neither the buyer nor the skill says.
    Note(String),
}

impl Event {
    /// Who acts, and what is to be written.
    #[must_use]
    pub fn line(&self) -> (&'static str, String) {
        match self {
            Self::Said(text) => ("User", text.clone()),
            Self::Command(text) => ("World", text.clone()),
            Self::Launched => ("Heard", "LaunchRequest".to_owned()),
            Self::Heard(heard) => ("Heard", told(heard)),
            Self::Says(text) => ("Alexa", text.clone()),
            Self::Card(card) => ("Card", shown(card)),
            Self::Payment { name, summary } => ("Pay", format!("{name}, simulated: {summary}")),
            Self::Mail(text) => ("Mail", text.clone()),
            Self::SessionEnded { why } => ("End", why.clone()),
            Self::Fault(what) => ("Fault", what.clone()),
            Self::Note(text) => ("Note", text.clone()),
        }
    }
}

/// A card as lines of text.
#[must_use]
pub fn shown(card: &Card) -> String {
    match card {
        Card::Text { title, text } if title.is_empty() => text.clone(),
        Card::Text { title, text } if text.is_empty() => title.clone(),
        Card::Text { title, text } => format!("{title}\n{text}"),
        Card::Consent { permissions } => format!("asks for the permission {}", permissions.join(", ")),
        Card::LinkAccount => "asks to link an account".to_owned(),
    }
}

/// An intent and its filled slots: `BuyIntent product="red roses" (rose) quantity="2"`.
fn told(heard: &Heard) -> String {
    let mut told = heard.intent.clone();
    for HeardSlot { name, value, resolution, .. } in &heard.slots {
        let Some(value) = value else { continue };
        let _ = write!(told, " {name}=\"{value}\"");
        match resolution {
            None => {}
            Some(Resolution::NoMatch) => told.push_str(" (no match)"),
            Some(Resolution::Match(all)) => {
                let ids: Vec<&str> = all.iter().map(|candidate| candidate.id.as_str()).collect();
                let _ = write!(told, " ({})", ids.join(", "));
            }
        }
    }
    told
}

/// The events as text. A blank line parts each turn from the one before.
#[must_use]
pub fn transcript(events: &[Event]) -> String {
    let mut text = String::new();
    let mut in_world = true;
    for event in events {
        let moves_world = matches!(event, Event::Command(_));
        if (moves_world || matches!(event, Event::Said(_))) && !in_world {
            text.push('\n');
        }
        in_world = moves_world || (in_world && matches!(event, Event::Note(_)));
        let (who, what) = event.line();
        let mut who = who;
        for line in what.lines() {
            let _ = writeln!(text, "{}", format!("{who:<5} > {line}").trim_end());
            who = "";
        }
        if what.is_empty() {
            let _ = writeln!(text, "{who:<5} >");
        }
    }
    text
}
