//! From words to the response that Alexa accepts (`reference/alexa-skill.md`, sections 3, 4 and 7). Chooses no words.
//!
//! A response over a limit fails as a whole, and the buyer hears nothing. So each text is cut to its limit, and a response that is
//! still too large gives up, in this order: the card (never the consent card, which is small), what was said last, the reprompt,
//! the end of the speech, and as a last resort the session. A directive is never touched.

use std::io;

use serde_json::{Map, Value, json};

use super::session::SAID;
use super::wire::Intent;

/// Of the whole `ssml` text.
pub const SSML_MAX: usize = 8_000;
/// Of all texts of a card together.
pub const CARD_MAX: usize = 8_000;
/// Of the whole response; 24 KB, read as the smaller unit.
pub const RESPONSE_BYTES_MAX: usize = 24_000;

const OPEN: &str = "<speak>";
const CLOSE: &str = "</speak>";

/// One reply in words; plain text throughout, no markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    pub speech: String,
    /// What is said when the buyer stays silent.
    pub reprompt: Option<String>,
    pub card: Option<Card>,
}

/// What appears in the Alexa app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Card {
    Simple {
        title: String,
        text: String,
    },
    /// Asks the buyer to let the skill use Amazon Pay.
    Consent,
    /// Leads the buyer to the page where the account is linked, which sets up the wallet.
    LinkAccount,
}

/// A response. No `attributes` end the session, and so does a directive to Amazon Pay: its answer opens a new one.
#[must_use]
pub fn response(rendered: &Rendered, attributes: Option<Value>, directive: Option<Value>) -> Value {
    let mut draft = Draft {
        speech: rendered.speech.clone(),
        reprompt: rendered.reprompt.clone(),
        card: rendered.card.clone(),
        attributes: attributes.filter(|_| directive.is_none()),
        directive,
    };
    let mut response = draft.response();
    while let Some(excess) = excess(&response)
        && draft.shrink(excess)
    {
        response = draft.response();
    }
    response
}

/// The response to what nobody listens to.
#[must_use]
pub fn empty() -> Value {
    json!({ "version": "1.0", "response": {} })
}

/// No: buyers reach this shop by its name, because a purchase has to name its seller.
#[must_use]
pub fn can_fulfill(intent: &Intent) -> Value {
    let slots: Map<_, _> = intent.slots.keys().map(|name| (name.clone(), json!({ "canUnderstand": "NO", "canFulfill": "NO" }))).collect();
    let mut answer = json!({ "canFulfill": "NO" });
    if !slots.is_empty() {
        answer["slots"] = Value::Object(slots);
    }
    json!({ "version": "1.0", "response": { "canFulfillIntent": answer } })
}

struct Draft {
    speech: String,
    reprompt: Option<String>,
    card: Option<Card>,
    attributes: Option<Value>,
    directive: Option<Value>,
}

impl Draft {
    fn response(&self) -> Value {
        let ends = self.attributes.is_none();
        let mut response = json!({ "shouldEndSession": ends });
        if let Some(speech) = output_speech(&self.speech) {
            response["outputSpeech"] = speech;
        }
        if let Some(speech) = self.reprompt.as_deref().filter(|_| !ends).and_then(output_speech) {
            response["reprompt"] = json!({ "outputSpeech": speech });
        }
        if let Some(card) = self.card.as_ref().and_then(card) {
            response["card"] = card;
        }
        if let Some(directive) = &self.directive {
            response["directives"] = json!([directive]);
        }
        let mut envelope = json!({ "version": "1.0", "response": response });
        if let Some(attributes) = &self.attributes {
            envelope["sessionAttributes"] = attributes.clone();
        }
        envelope
    }

    /// Gives up the next thing; false when there is nothing left.
    fn shrink(&mut self, excess: usize) -> bool {
        if matches!(self.card, Some(Card::Simple { .. })) {
            self.card = None;
            return true;
        }
        if self.attributes.as_mut().and_then(Value::as_object_mut).is_some_and(|attributes| attributes.remove(SAID).is_some()) {
            return true;
        }
        if self.reprompt.take().is_some() {
            return true;
        }
        if !self.speech.is_empty() {
            // The limit of the speech may have cut more than this already, so what counts is what is really sent.
            let sent = escaped(&self.speech, SSML_MAX - OPEN.len() - CLOSE.len()).0.to_owned();
            let keep = sent.len().saturating_sub(excess);
            at_word(&sent, sent.floor_char_boundary(keep)).clone_into(&mut self.speech);
            return true;
        }
        self.attributes.take().is_some()
    }
}

/// By how many bytes a response is too large.
fn excess(response: &Value) -> Option<usize> {
    let mut bytes = Counted(0);
    // Nothing can go wrong with counting.
    let _ = serde_json::to_writer(&mut bytes, response);
    bytes.0.checked_sub(RESPONSE_BYTES_MAX).filter(|excess| *excess > 0)
}

/// Counts what is written, and keeps nothing of it.
struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn output_speech(text: &str) -> Option<Value> {
    let (_, escaped) = escaped(text, SSML_MAX - OPEN.len() - CLOSE.len());
    (!escaped.trim().is_empty()).then(|| json!({ "type": "SSML", "ssml": format!("{OPEN}{escaped}{CLOSE}") }))
}

fn card(card: &Card) -> Option<Value> {
    match card {
        Card::Simple { title, text } => {
            let title = plain(title, CARD_MAX);
            let text = plain(text, CARD_MAX - units(&title));
            (!title.is_empty() || !text.is_empty()).then(|| json!({ "type": "Simple", "title": title, "content": text }))
        }
        Card::LinkAccount => Some(json!({ "type": "LinkAccount" })),
        Card::Consent => Some(json!({ "type": "AskForPermissionsConsent", "permissions": ["payments:autopay_consent"] })),
    }
}

/// The length of a text as Alexa's side most likely counts it: never less than characters.
fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Whether XML 1.0 can hold the character at all; escaping would not help it.
const fn in_xml(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The beginning of a text that fits, without what no response may carry.
fn plain(text: &str, max: usize) -> String {
    let clean: String = text.chars().filter(|letter| in_xml(*letter)).collect();
    let mut used = 0;
    let end = clean.char_indices().find(|(_, letter)| {
        used += letter.len_utf16();
        used > max
    });
    end.map_or_else(|| clean.trim().to_owned(), |(end, _)| at_word(&clean, end).trim().to_owned())
}

/// The beginning of a text whose escaped form fits, and that form.
fn escaped(text: &str, max: usize) -> (&str, String) {
    let mut used = 0;
    let end = text.char_indices().find(|(_, letter)| {
        used += escape(*letter).map_or(letter.len_utf16(), str::len);
        used > max
    });
    let kept = end.map_or(text, |(end, _)| at_word(text, end));
    let mut escaped = String::with_capacity(kept.len());
    for letter in kept.chars() {
        match escape(letter) {
            Some(entity) => escaped.push_str(entity),
            None => escaped.push(letter),
        }
    }
    (kept, escaped)
}

/// What stands for a character in SSML, unless it stands for itself.
const fn escape(letter: char) -> Option<&'static str> {
    match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        letter if in_xml(letter) => None,
        _ => Some(""),
    }
}

/// The text up to the last end of a word before `end`; up to `end` when it is one long word.
fn at_word(text: &str, end: usize) -> &str {
    let head = &text[..end];
    if text[end..].starts_with(char::is_whitespace) {
        return head;
    }
    let boundary = head.char_indices().rev().find_map(|(at, letter)| match letter {
        '。' | '、' => Some(at + letter.len_utf8()),
        letter if letter.is_whitespace() => Some(at),
        _ => None,
    });
    boundary.filter(|boundary| *boundary > 0).map_or(head, |boundary| &head[..boundary])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::session::{self, tests::sessions};
    use super::super::wire::Slot;
    use super::*;
    use crate::domain::shop::World;

    fn saying(speech: &str) -> Rendered {
        Rendered { speech: speech.to_owned(), ..Rendered::default() }
    }

    fn ssml(response: &Value) -> &str {
        response["response"]["outputSpeech"]["ssml"].as_str().unwrap_or_default()
    }

    /// The text of a document that is one `speak` element without children; `None` when it is anything else.
    fn text_of(ssml: &str) -> Option<String> {
        let mut rest = ssml.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
        let mut text = String::new();
        while let Some(letter) = rest.chars().next() {
            let entities = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];
            let (length, meant) = match letter {
                '&' => entities.iter().find(|(entity, _)| rest.starts_with(entity)).map(|(entity, meant)| (entity.len(), *meant))?,
                '<' | '>' | '"' | '\'' => return None,
                letter if in_xml(letter) => (letter.len_utf8(), letter),
                _ => return None,
            };
            text.push(meant);
            rest = &rest[length..];
        }
        Some(text)
    }

    fn nasty() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            ".{0,20}",
            "[&<>\"']{1,30}",
            "[\u{0}-\u{20}\u{FFFE}\u{FFFF}\u{1F600}]{0,10}",
            Just("</speak>".to_owned()),
            Just("。".to_owned())
        ];
        (proptest::collection::vec(piece, 0..12), 1..400_usize).prop_map(|(pieces, times)| pieces.concat().repeat(times))
    }

    proptest! {
        #[test]
        fn any_words_make_a_response_within_the_limits(speech in nasty(), reprompt in proptest::option::of(nasty()), title in nasty(), text in nasty(), session in sessions()) {
            let rendered = Rendered { speech: speech.clone(), reprompt, card: Some(Card::Simple { title, text }) };
            let response = response(&rendered, Some(session::attributes(&session, World::Live)), None);
            prop_assert!(response.to_string().len() <= RESPONSE_BYTES_MAX);
            for spoken in [&response["response"]["outputSpeech"], &response["response"]["reprompt"]["outputSpeech"]] {
                if let Some(ssml) = spoken["ssml"].as_str() {
                    prop_assert!(units(ssml) <= SSML_MAX);
                    let meant = text_of(ssml);
                    prop_assert!(meant.is_some(), "{}", ssml);
                    prop_assert!(!meant.unwrap_or_default().trim().is_empty());
                }
            }
            let heard = text_of(ssml(&response)).unwrap_or_default();
            let clean: String = speech.chars().filter(|letter| in_xml(*letter)).collect();
            prop_assert!(clean.starts_with(&heard));
            let card = &response["response"]["card"];
            prop_assert!(units(card["title"].as_str().unwrap_or_default()) + units(card["content"].as_str().unwrap_or_default()) <= CARD_MAX);
            prop_assert!(response["response"]["shouldEndSession"].is_boolean());
        }
    }

    #[test]
    fn a_question_listens_and_an_end_does_not() {
        let rendered = Rendered { reprompt: Some("Still there?".to_owned()), ..saying("Roses & \"tulips\"?") };
        let question = response(&rendered, Some(json!({ "n": 1 })), None);
        assert_eq!(
            question,
            json!({
                "version": "1.0",
                "sessionAttributes": { "n": 1 },
                "response": {
                    "outputSpeech": { "type": "SSML", "ssml": "<speak>Roses &amp; &quot;tulips&quot;?</speak>" },
                    "reprompt": { "outputSpeech": { "type": "SSML", "ssml": "<speak>Still there?</speak>" } },
                    "shouldEndSession": false,
                },
            })
        );
        let end = response(&rendered, None, None);
        assert_eq!(end["response"]["shouldEndSession"], true);
        assert_eq!((&end["response"]["reprompt"], &end["sessionAttributes"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn a_directive_ends_the_session_whatever_else_is_said() {
        let directive = json!({ "type": "Connections.SendRequest" });
        let rendered = Rendered { reprompt: Some("?".to_owned()), ..Rendered::default() };
        let sent = response(&rendered, Some(json!({ "n": 1 })), Some(directive.clone()));
        assert_eq!(sent, json!({ "version": "1.0", "response": { "shouldEndSession": true, "directives": [directive] } }));
    }

    #[test]
    fn consent_is_asked_for_on_a_card() {
        let rendered = Rendered { card: Some(Card::Consent), ..saying("Please look at the Alexa app.") };
        let card = &response(&rendered, None, None)["response"]["card"];
        assert_eq!(*card, json!({ "type": "AskForPermissionsConsent", "permissions": ["payments:autopay_consent"] }));
        // However much there is to say, it stays.
        let rendered = Rendered { speech: "花".repeat(9_000), ..rendered };
        assert_eq!(response(&rendered, None, None)["response"]["card"]["type"], "AskForPermissionsConsent");
    }

    #[test]
    fn speech_is_cut_between_words() {
        let long = "A&B ".repeat(3_000);
        let response = response(&saying(&long), None, None);
        assert!(units(ssml(&response)) > SSML_MAX - 20);
        assert!(ssml(&response).ends_with("A&amp;B</speak>"));
        assert_eq!(escaped("one two", 5), ("one", "one".to_owned()));
        assert_eq!(escaped("one two", 3), ("one", "one".to_owned()));
        assert_eq!(escaped("onetwo", 4), ("onet", "onet".to_owned()));
        assert_eq!(escaped("はい。いいえ", 4), ("はい。", "はい。".to_owned()));
    }

    #[test]
    fn what_was_said_last_goes_before_the_cart() {
        let attributes = json!({ "n": 1, "cart": [["roses", 2]], "said": "花".repeat(6_000) });
        let response = response(&saying(&"花".repeat(6_000)), Some(attributes), None);
        assert_eq!(response["sessionAttributes"], json!({ "n": 1, "cart": [["roses", 2]] }));
        assert_eq!(units(ssml(&response)), 6_000 + OPEN.len() + CLOSE.len());
    }

    #[test]
    fn attributes_that_no_response_can_carry_end_the_session() {
        let response = response(&saying("Hello"), Some(json!({ "n": "x".repeat(30_000) })), None);
        assert_eq!(response["response"]["shouldEndSession"], true);
    }

    #[test]
    fn silence_is_no_speech() {
        for blank in ["", " \n", "\u{0}\u{FFFF}"] {
            let response = response(&saying(blank), None, None);
            assert_eq!(response, json!({ "version": "1.0", "response": { "shouldEndSession": true } }), "{blank:?}");
        }
    }

    #[test]
    fn name_free_requests_are_turned_down_slot_by_slot() {
        let slots = BTreeMap::from([("product".to_owned(), Slot::default())]);
        let intent = Intent { name: "BuyIntent".to_owned(), slots, denied: false };
        let slot = json!({ "canUnderstand": "NO", "canFulfill": "NO" });
        let answer = json!({ "canFulfill": "NO", "slots": { "product": slot } });
        assert_eq!(can_fulfill(&intent), json!({ "version": "1.0", "response": { "canFulfillIntent": answer } }));
    }
}
