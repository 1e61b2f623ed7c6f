//! Holds each response to Alexa's rules. A response that breaks one is refused as a whole, as the service refuses it.
//!
//! Sections are those of `reference/alexa-skill.md` unless another page is named.

use serde_json::{Map, Value};

use super::ssml;

const SPEECH_CHARS_MAX: usize = 8_000;
const CARD_CHARS_MAX: usize = 8_000;
const CARD_URL_CHARS_MAX: usize = 2_000;
const RESPONSE_BYTES_MAX: usize = 24 * 1024;

/// A response that keeps the rules, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    pub speech: Option<String>,
    pub reprompt: Option<String>,
    pub card: Option<Card>,
    /// The one `Connections.SendRequest`.
    pub send: Option<SendRequest>,
    /// The types of other directives.
    pub directives: Vec<String>,
    pub ends: bool,
    pub attributes: Option<Value>,
}

/// What the Alexa app shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Card {
    Text { title: String, text: String },
    Consent { permissions: Vec<String> },
    LinkAccount,
}

/// A task for another service.
#[derive(Clone, Debug, PartialEq)]
pub struct SendRequest {
    pub name: String,
    pub payload: Value,
    pub token: String,
}

/// A response that Alexa would not accept: which rule it breaks and where the rule is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule} ({section})")]
pub struct Refused {
    pub rule: String,
    pub section: &'static str,
}

const RESPONSE: &str = "alexa-skill.md section 3";
const REQUESTS: &str = "alexa-skill.md section 2";
const CARDS: &str = "alexa-skill.md section 4";
const DIALOG: &str = "alexa-skill.md section 5";
const WORKFLOW: &str = "alexa-amazon-pay.md section 12";
const ENVELOPE: &str = "alexa-amazon-pay.md section 2";

fn refused<T>(section: &'static str, rule: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { rule: rule.into(), section })
}

/// Takes the response to a request that may be answered with speech.
///
/// # Errors
/// The first rule that the response breaks.
pub fn reply(response: &Value) -> Result<Reply, Refused> {
    let body = body(response)?;
    let mut reply = Reply { attributes: attributes(response)?, ..Reply::default() };
    if let Some(speech) = present(body, "outputSpeech") {
        reply.speech = Some(spoken(speech, "outputSpeech")?);
    }
    if let Some(reprompt) = present(body, "reprompt") {
        known(reprompt, "reprompt", &["outputSpeech", "directives"])?;
        if let Some(speech) = present_in(reprompt, "outputSpeech") {
            reply.reprompt = Some(spoken(speech, "reprompt")?);
        }
    }
    if let Some(given) = present(body, "card") {
        reply.card = Some(card(given)?);
    }
    if let Some(directives) = present(body, "directives") {
        let Value::Array(directives) = directives else { return refused(RESPONSE, "directives must be a list") };
        for directive in directives {
            take_directive(&mut reply, directive)?;
        }
    }
    reply.ends = match body.get("shouldEndSession") {
        Some(Value::Bool(ends)) => *ends,
        None | Some(Value::Null) => return refused(RESPONSE, "shouldEndSession must be sent explicitly"),
        Some(_) => return refused(RESPONSE, "shouldEndSession must be true or false"),
    };
    if reply.send.is_some() && present(body, "reprompt").is_some() {
        return refused(WORKFLOW, "a reprompt cannot go with Connections.SendRequest: the session is gone");
    }
    if reply.send.is_some() && !reply.ends {
        return refused(RESPONSE, "shouldEndSession must be true with Connections.SendRequest");
    }
    if reply.ends && present(body, "reprompt").is_some() {
        return refused(RESPONSE, "a reprompt needs an open session: shouldEndSession is true");
    }
    Ok(reply)
}

/// Takes the response to a request that cannot be answered with speech (section 2: `SessionEndedRequest` and others).
///
/// # Errors
/// The first rule that the response breaks.
pub fn silent_reply(response: &Value) -> Result<(), Refused> {
    let body = body(response)?;
    for field in ["outputSpeech", "reprompt", "card", "directives"] {
        if present(body, field).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty())) {
            return refused(REQUESTS, format!("this request is answered with an empty response, not with {field}"));
        }
    }
    Ok(())
}

fn body(response: &Value) -> Result<&Map<String, Value>, Refused> {
    let size = response.to_string().len();
    if size > RESPONSE_BYTES_MAX {
        return refused(RESPONSE, format!("the response has {size} bytes; at most {RESPONSE_BYTES_MAX} are allowed"));
    }
    known(response, "the envelope", &["version", "sessionAttributes", "userAgent", "response"])?;
    if response.get("version").and_then(Value::as_str) != Some("1.0") {
        return refused(RESPONSE, "version must be \"1.0\"");
    }
    let Some(body) = response.get("response") else { return refused(RESPONSE, "there is no response object") };
    known(
        body,
        "response",
        &["outputSpeech", "card", "reprompt", "directives", "shouldEndSession", "canFulfillIntent", "apiResponse", "experimentation"],
    )
}

fn attributes(response: &Value) -> Result<Option<Value>, Refused> {
    match response.get("sessionAttributes") {
        None | Some(Value::Null) => Ok(None),
        Some(map @ Value::Object(_)) => Ok(Some(map.clone())),
        Some(_) => refused(RESPONSE, "sessionAttributes must be an object"),
    }
}

fn present<'a>(object: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    object.get(field).filter(|value| !value.is_null())
}

fn present_in<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    value.get(field).filter(|value| !value.is_null())
}

fn known<'a>(value: &'a Value, what: &str, fields: &[&str]) -> Result<&'a Map<String, Value>, Refused> {
    let Value::Object(object) = value else { return refused(RESPONSE, format!("{what} must be an object")) };
    match object.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(key) => refused(RESPONSE, format!("{what} has an unknown field {key:?}")),
        None => Ok(object),
    }
}

fn spoken(speech: &Value, what: &str) -> Result<String, Refused> {
    let text = |field: &str| match speech.get(field) {
        Some(Value::String(text)) => Ok(text.as_str()),
        _ => refused(RESPONSE, format!("{what} has no {field} text")),
    };
    let (raw, heard) = match speech.get("type").and_then(Value::as_str) {
        Some("SSML") => {
            let raw = text("ssml")?;
            (raw, ssml::plain(raw).map_err(|rule| Refused { rule: format!("{what}: {rule}"), section: RESPONSE })?)
        }
        Some("PlainText") => (text("text")?, text("text")?.to_owned()),
        _ => return refused(RESPONSE, format!("{what} must be of type SSML or PlainText")),
    };
    known(speech, what, &["type", "ssml", "text", "playBehavior"])?;
    let count = raw.chars().count();
    if count > SPEECH_CHARS_MAX {
        return refused(RESPONSE, format!("{what} has {count} characters; at most {SPEECH_CHARS_MAX} are allowed"));
    }
    Ok(heard)
}

fn card(card: &Value) -> Result<Card, Refused> {
    let text = |field: &str| match card.get(field) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => refused(CARDS, format!("the card's {field} must be a text")),
    };
    let shaped = |fields: &[&str]| known(card, "card", fields).map_err(|Refused { rule, .. }| Refused { rule, section: CARDS });
    let taken = match card.get("type").and_then(Value::as_str) {
        Some("Simple") => {
            shaped(&["type", "title", "content"])?;
            Card::Text { title: text("title")?, text: text("content")? }
        }
        Some("Standard") => {
            shaped(&["type", "title", "text", "image"])?;
            let urls: Vec<&Value> = card.get("image").and_then(Value::as_object).into_iter().flat_map(Map::values).collect();
            if urls
                .iter()
                .any(|url| url.as_str().is_none_or(|url| url.chars().count() > CARD_URL_CHARS_MAX || !url.starts_with("https://")))
            {
                return refused(CARDS, format!("an image needs an https address of at most {CARD_URL_CHARS_MAX} characters"));
            }
            Card::Text { title: text("title")?, text: text("text")? }
        }
        Some("LinkAccount") => {
            shaped(&["type"])?;
            Card::LinkAccount
        }
        Some("AskForPermissionsConsent") => {
            shaped(&["type", "permissions"])?;
            let scopes = card.get("permissions").and_then(Value::as_array).filter(|scopes| !scopes.is_empty());
            let permissions = scopes.and_then(|scopes| scopes.iter().map(|scope| scope.as_str().map(str::to_owned)).collect());
            let Some(permissions) = permissions else { return refused(CARDS, "the card must list the permissions that it asks for") };
            Card::Consent { permissions }
        }
        _ => return refused(CARDS, "the card's type must be Simple, Standard, LinkAccount or AskForPermissionsConsent"),
    };
    let count = card.to_string().chars().count();
    if count > CARD_CHARS_MAX {
        refused(CARDS, format!("the card has {count} characters; at most {CARD_CHARS_MAX} are allowed"))
    } else {
        Ok(taken)
    }
}

fn take_directive(reply: &mut Reply, directive: &Value) -> Result<(), Refused> {
    let Some(kind) = directive.get("type").and_then(Value::as_str) else { return refused(RESPONSE, "a directive has no type") };
    match kind {
        "Connections.SendRequest" => {
            if reply.send.is_some() {
                return refused(WORKFLOW, "at most one Connections.SendRequest is allowed in a response");
            }
            known(directive, "Connections.SendRequest", &["type", "name", "payload", "token"])
                .map_err(|Refused { rule, .. }| Refused { rule, section: ENVELOPE })?;
            let text = |field: &str| match directive.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()) {
                Some(text) => Ok(text.to_owned()),
                None => refused(ENVELOPE, format!("Connections.SendRequest needs a {field}")),
            };
            let payload = directive.get("payload").cloned().unwrap_or(Value::Null);
            if !payload.is_object() {
                return refused(ENVELOPE, "the payload of Connections.SendRequest must be an object");
            }
            reply.send = Some(SendRequest { name: text("name")?, payload, token: text("token")? });
        }
        // The device of this world is voice only: it lists no interface, so anything that draws or plays is refused.
        "Dialog.UpdateDynamicEntities" => reply.directives.push(kind.to_owned()),
        dialog if dialog.starts_with("Dialog.") => {
            return refused(DIALOG, format!("{dialog} is not simulated: this world carries out Connections.SendRequest only"));
        }
        other => {
            return refused(RESPONSE, format!("the device does not support the interface of {other}: check supportedInterfaces first"));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
