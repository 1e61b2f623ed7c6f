use serde_json::{Value, json};

use super::*;

fn good() -> Value {
    json!({"version": "1.0", "sessionAttributes": {"a": 1}, "response": {
        "outputSpeech": {"type": "SSML", "ssml": "<speak>Hello &amp; welcome.</speak>"},
        "reprompt": {"outputSpeech": {"type": "PlainText", "text": "Still there?"}},
        "card": {"type": "Simple", "title": "Petal and Stem", "content": "Two roses"},
        "shouldEndSession": false}})
}

fn payment() -> Value {
    json!({"version": "1.0", "response": {"shouldEndSession": true,
        "directives": [{"type": "Connections.SendRequest", "name": "Setup", "payload": {}, "token": "t"}]}})
}

#[test]
fn a_good_response_is_taken_apart() {
    let reply = reply(&good()).unwrap();
    assert_eq!(reply.speech.as_deref(), Some("Hello & welcome."));
    assert_eq!(reply.reprompt.as_deref(), Some("Still there?"));
    assert_eq!(reply.card, Some(Card::Text { title: "Petal and Stem".to_owned(), text: "Two roses".to_owned() }));
    assert_eq!(reply.attributes, Some(json!({"a": 1})));
    assert!(!reply.ends);
    assert_eq!(super::reply(&payment()).unwrap().send.unwrap().name, "Setup");
}

#[test]
fn each_broken_rule_is_refused_with_its_section() {
    let long = format!("<speak>{}</speak>", "a".repeat(8_000));
    let changes: &[(&str, Value, &str)] = &[
        ("/version", json!("1"), "version"),
        ("/response/outputSpeech/ssml", json!("<speak>A & B</speak>"), "&amp;"),
        ("/response/outputSpeech/ssml", json!(long), "8000"),
        ("/response/outputSpeech/type", json!("Html"), "type"),
        ("/response/shouldEndSession", Value::Null, "explicitly"),
        ("/response/shouldEndSession", json!("false"), "true or false"),
        ("/response/shouldEndSession", json!(true), "open session"),
        ("/response/card/type", json!("Fancy"), "card"),
        ("/response/card", json!({"type": "AskForPermissionsConsent"}), "permissions"),
        ("/response/card", json!({"type": "Standard", "image": {"smallImageUrl": "http://x"}}), "https"),
        ("/response/card", json!({"type": "Simple", "content": "x".repeat(8_001)}), "8000"),
        ("/response/card", json!({"type": "Simple", "text": "x"}), "unknown field"),
        ("/sessionAttributes", json!({"a": "x".repeat(25_000)}), "bytes"),
        ("/sessionAttributes", json!([]), "object"),
        ("/response", json!({"speech": 1, "shouldEndSession": true}), "unknown field"),
        ("/response", json!({"shouldEndSession": false, "directives": [{"type": "AudioPlayer.Play"}]}), "supportedInterfaces"),
        ("/response", json!({"shouldEndSession": false, "directives": [{"type": "Dialog.Delegate"}]}), "not simulated"),
        ("/response", Value::Null, "object"),
    ];
    for (place, value, rule) in changes {
        let mut response = good();
        *response.pointer_mut(place).unwrap() = value.clone();
        let refused = reply(&response).expect_err(place);
        assert!(refused.to_string().contains(rule), "{place}: {refused}");
        assert!(refused.section.contains("section"));
    }
}

#[test]
fn a_payment_directive_goes_alone() {
    let mut twice = payment();
    let directive = twice["response"]["directives"][0].clone();
    twice["response"]["directives"].as_array_mut().unwrap().push(directive);
    let mut open = payment();
    open["response"]["shouldEndSession"] = json!(false);
    let mut reprompting = payment();
    reprompting["response"]["reprompt"] = json!({"outputSpeech": {"type": "PlainText", "text": "?"}});
    let mut nameless = payment();
    nameless["response"]["directives"][0]["token"] = Value::Null;
    for response in [twice, open, reprompting, nameless] {
        assert!(reply(&response).is_err(), "{response}");
    }
}

#[test]
fn the_end_of_a_session_is_answered_with_silence() {
    assert_eq!(silent_reply(&json!({"version": "1.0", "response": {}})), Ok(()));
    assert!(silent_reply(&good()).is_err());
}
