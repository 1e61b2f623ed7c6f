//! The intents and slot types that Amazon brings along, with what customers usually say for them in English.

/// A built-in intent and its customary utterances (`reference/alexa-skill.md` section 15). A model may add samples of its own.
const INTENTS: [(&str, &[&str]); 19] = [
    ("AMAZON.CancelIntent", &["cancel", "never mind", "nevermind", "forget it"]),
    ("AMAZON.FallbackIntent", &[]),
    ("AMAZON.HelpIntent", &["help", "help me", "can you help me", "i need help"]),
    ("AMAZON.LoopOffIntent", &["loop off"]),
    ("AMAZON.LoopOnIntent", &["loop", "loop on"]),
    ("AMAZON.MoreIntent", &["more", "tell me more", "show more"]),
    ("AMAZON.NavigateHomeIntent", &["go home", "navigate home", "home"]),
    ("AMAZON.NextIntent", &["next", "skip"]),
    ("AMAZON.NoIntent", &["no", "nope", "no thanks", "no thank you", "nah", "not now"]),
    ("AMAZON.PauseIntent", &["pause"]),
    ("AMAZON.PreviousIntent", &["previous", "go back"]),
    ("AMAZON.RepeatIntent", &["repeat", "repeat that", "say that again", "say it again", "what did you say", "pardon"]),
    ("AMAZON.ResumeIntent", &["resume", "continue"]),
    ("AMAZON.SelectIntent", &["select"]),
    ("AMAZON.ShuffleOffIntent", &["shuffle off"]),
    ("AMAZON.ShuffleOnIntent", &["shuffle", "shuffle on"]),
    ("AMAZON.StartOverIntent", &["start over", "restart", "start again"]),
    ("AMAZON.StopIntent", &["stop", "quit", "exit", "off", "shut up", "goodbye", "bye"]),
    ("AMAZON.YesIntent", &["yes", "yeah", "yep", "yup", "sure", "ok", "okay", "yes please", "of course", "sounds good"]),
];

/// The intent that hears what no other does.
pub const FALLBACK: &str = "AMAZON.FallbackIntent";

/// What customers usually say for a built-in intent; `None` when Amazon has no such intent.
#[must_use]
pub fn utterances(intent: &str) -> Option<&'static [&'static str]> {
    INTENTS.iter().find(|(name, _)| *name == intent).map(|(_, utterances)| *utterances)
}

/// The built-in slot types that the simulated Alexa can hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// `AMAZON.NUMBER`: digits or number words.
    Number,
    /// `AMAZON.FOUR_DIGIT_NUMBER`: a voice code, digit by digit.
    FourDigits,
    /// `AMAZON.SearchQuery`: any words.
    Anything,
}

/// What kind a built-in slot type is; `None` for one that is not simulated.
#[must_use]
pub fn slot_kind(name: &str) -> Option<SlotKind> {
    match name {
        "AMAZON.NUMBER" => Some(SlotKind::Number),
        "AMAZON.FOUR_DIGIT_NUMBER" => Some(SlotKind::FourDigits),
        "AMAZON.SearchQuery" => Some(SlotKind::Anything),
        _ => None,
    }
}
