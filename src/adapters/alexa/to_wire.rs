//! From words to the response that Alexa accepts (`reference/alexa-skill.md`, sections 3, 4 and 7). Chooses no words.
//!
//! A response over a limit fails as a whole, and the buyer hears nothing. So each text is cut to its limit, and a response that is
//! still too large gives up, in this order: the card (never the consent card, which is small), what was said last, the reprompt,
//! the end of the speech, and as a last resort the session. A directive is never touched.

use std::{fmt, io};

use serde::{Serialize, Serializer};
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

/// A response as it is sent. Written out, the texts get their escapes; in here they are plain.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    version: Version,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_attributes: Option<Value>,
    #[serde(rename = "response")]
    content: Content,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    #[serde(skip_serializing_if = "Option::is_none")]
    should_end_session: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_speech: Option<Speech>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reprompt: Option<Reprompt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directives: Option<[Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_fulfill_intent: Option<Value>,
}

#[derive(Debug, Default, Serialize)]
enum Version {
    #[default]
    #[serde(rename = "1.0")]
    One,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reprompt {
    output_speech: Speech,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "SSML")]
struct Speech {
    ssml: Ssml,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Shown {
    Simple { title: String, content: String },
    AskForPermissionsConsent { permissions: [&'static str; 1] },
    LinkAccount {},
}

/// A response. No `attributes` end the session, and so does a directive to Amazon Pay: its answer opens a new one.
#[must_use]
pub fn response(rendered: Rendered, attributes: Option<Value>, directive: Option<Value>) -> Response {
    let session_attributes = attributes.filter(|_| directive.is_none());
    let ends = session_attributes.is_none();
    let reprompt = rendered.reprompt.filter(|_| !ends).and_then(Speech::new);
    let mut response = Response {
        version: Version::One,
        session_attributes,
        content: Content {
            should_end_session: Some(ends),
            output_speech: Speech::new(rendered.speech),
            reprompt: reprompt.map(|output_speech| Reprompt { output_speech }),
            card: rendered.card.and_then(Shown::new),
            directives: directive.map(|directive| [directive]),
            can_fulfill_intent: None,
        },
    };
    while let Some(excess) = response.excess()
        && response.shrink(excess)
    {}
    response
}

/// The response to what nobody listens to.
#[must_use]
pub fn empty() -> Response {
    Response::default()
}

/// No: buyers reach this shop by its name, because a purchase has to name its seller.
#[must_use]
pub fn can_fulfill(intent: &Intent) -> Response {
    let slots: Map<_, _> = intent.slots.keys().map(|name| (name.clone(), json!({ "canUnderstand": "NO", "canFulfill": "NO" }))).collect();
    let mut answer = json!({ "canFulfill": "NO" });
    if !slots.is_empty() {
        answer["slots"] = Value::Object(slots);
    }
    Response { content: Content { can_fulfill_intent: Some(answer), ..Content::default() }, ..Response::default() }
}

impl Response {
    /// By how many bytes it is too large.
    fn excess(&self) -> Option<usize> {
        let mut bytes = Counted(0);
        // Nothing can go wrong with counting.
        let _ = serde_json::to_writer(&mut bytes, self);
        bytes.0.checked_sub(RESPONSE_BYTES_MAX).filter(|excess| *excess > 0)
    }

    /// Gives up the next thing; false when there is nothing left.
    fn shrink(&mut self, excess: usize) -> bool {
        let content = &mut self.content;
        if content.card.take_if(|card| matches!(card, Shown::Simple { .. })).is_some() {
            return true;
        }
        if self.session_attributes.as_mut().and_then(Value::as_object_mut).is_some_and(|attributes| attributes.remove(SAID).is_some()) {
            return true;
        }
        if content.reprompt.take().is_some() {
            return true;
        }
        if let Some(Speech { ssml: Ssml(text) }) = content.output_speech.take() {
            let keep = text.floor_char_boundary(text.len().saturating_sub(excess));
            content.output_speech = Speech::new(at_word(&text, keep).to_owned());
            return true;
        }
        content.should_end_session = Some(true);
        self.session_attributes.take().is_some()
    }
}

impl From<Response> for Value {
    fn from(response: Response) -> Self {
        // Nothing in it can fail to become JSON.
        serde_json::to_value(response).unwrap_or_default()
    }
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

/// Plain text, which is written as markup.
#[derive(Debug)]
struct Ssml(String);

impl Speech {
    /// The text as far as it fits; nothing where there is nothing to say.
    fn new(mut text: String) -> Option<Self> {
        purge(&mut text);
        text.truncate(fitting(&text, SSML_MAX - OPEN.len() - CLOSE.len()));
        (!text.trim().is_empty()).then_some(Self { ssml: Ssml(text) })
    }
}

impl Serialize for Ssml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Ssml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OPEN)?;
        let (mut written, text) = (0, self.0.as_str());
        for (at, byte) in text.bytes().enumerate() {
            if let Some(entity) = entity(byte) {
                f.write_str(&text[written..at])?;
                f.write_str(entity)?;
                written = at + 1;
            }
        }
        f.write_str(&text[written..])?;
        f.write_str(CLOSE)
    }
}

impl Shown {
    fn new(card: Card) -> Option<Self> {
        match card {
            Card::Simple { title, text } => {
                let title = plain(title, CARD_MAX);
                let content = plain(text, CARD_MAX - units(&title));
                (!title.is_empty() || !content.is_empty()).then_some(Self::Simple { title, content })
            }
            Card::LinkAccount => Some(Self::LinkAccount {}),
            Card::Consent => Some(Self::AskForPermissionsConsent { permissions: ["payments:autopay_consent"] }),
        }
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

/// Takes out what no response may carry. Most texts are printable ASCII, and the bytes tell so at a glance.
fn purge(text: &mut String) {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        text.retain(in_xml);
    }
}

/// The beginning of a text that fits, without what no response may carry.
fn plain(mut text: String, max: usize) -> String {
    purge(&mut text);
    if text.len() > max {
        let mut used = 0;
        let end = text.char_indices().find(|(_, letter)| {
            used += letter.len_utf16();
            used > max
        });
        text.truncate(end.map_or(text.len(), |(end, _)| at_word(&text, end).len()));
    }
    text.trim().to_owned()
}

/// Where the beginning of a text ends whose escaped form fits.
fn fitting(text: &str, max: usize) -> usize {
    if text.len() <= max / ENTITY_MAX {
        return text.len();
    }
    let mut used = 0;
    let end = text.char_indices().find(|(at, letter)| {
        used += entity(text.as_bytes()[*at]).map_or(letter.len_utf16(), str::len);
        used > max
    });
    end.map_or(text.len(), |(end, _)| at_word(text, end).len())
}

/// The length of the longest [`entity`].
const ENTITY_MAX: usize = 6;

/// What stands for a byte in SSML, unless it stands for itself. No byte of a longer character is one of these.
const fn entity(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&apos;"),
        _ => None,
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

    fn response(rendered: &Rendered, attributes: Option<Value>, directive: Option<Value>) -> Value {
        super::response(rendered.clone(), attributes, directive).into()
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
        assert_eq!((fitting("one two", 5), fitting("one two", 3), fitting("onetwo", 4)), (3, 3, 4));
        assert_eq!(fitting("はい。いいえ", 4), "はい。".len());
        assert_eq!((fitting("a'b", 7), fitting("a'b", 8)), (2, 3));
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
        assert_eq!(Value::from(can_fulfill(&intent)), json!({ "version": "1.0", "response": { "canFulfillIntent": answer } }));
    }
}
