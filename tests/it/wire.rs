//! Every sample of a request is read, and none of them can be broken so that reading it fails badly or finds money that is not there.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use voicetill::adapters::alexa::from_wire::{Turn, turn};
use voicetill::adapters::alexa::session;
use voicetill::adapters::alexa::verify::{ApplicationId, Verified, VerifyError, verify};
use voicetill::adapters::alexa::wire::{AnswerStyle, BODY_BYTES_MAX, Ended, Incoming, Kind, Operation, Payment, Request, WireError};
use voicetill::adapters::amazon_pay::answers;
use voicetill::domain::dialog::{Answer, Input, Trouble};
use voicetill::domain::ids::OrderId;
use voicetill::domain::order::{Hindrance, Outcome};
use voicetill::domain::payment::{AgreementStatus, Decline};
use voicetill::domain::shop::World;

const ORDER: &str = "PS0123456789ABCDEF1NFV1A0ZZ";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alexa")
}

pub fn bytes(name: &str) -> Vec<u8> {
    fs::read(directory().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn value(name: &str) -> Value {
    let bytes = bytes(name);
    serde_json::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes)).unwrap()
}

/// Every request among the samples.
pub fn requests() -> Vec<String> {
    let in_folder = |folder: &str| {
        let entries = fs::read_dir(directory().join(folder)).unwrap();
        entries.map(|entry| format!("{folder}{}", entry.unwrap().file_name().to_string_lossy())).collect::<Vec<_>>()
    };
    let files = [in_folder(""), in_folder("derived/")].concat();
    let mut requests: Vec<_> = files
        .into_iter()
        .filter(|name| {
            Path::new(name).extension().is_some_and(|end| end == "json") && !name.contains("fragment") && !name.contains("directive")
        })
        .collect();
    requests.sort();
    assert!(requests.len() > 20, "{requests:?}");
    requests
}

/// The skill a sample is for; the Amazon Pay captures were published without their context and get one.
fn with_application(mut envelope: Value) -> (Value, ApplicationId) {
    let places = [&envelope["context"]["System"], &envelope["session"]];
    let claimed = places.into_iter().find_map(|place| place["application"]["applicationId"].as_str());
    // A sample that was broken on purpose may name something that is no skill.
    let id = claimed.and_then(|claimed| ApplicationId::parse(claimed).ok());
    let id = id.unwrap_or_else(|| ApplicationId::parse("amzn1.ask.skill.cut-off").unwrap());
    if claimed.is_none() {
        envelope["session"] = json!({ "new": true, "application": { "applicationId": id.as_str() }, "user": { "userId": "U" } });
    }
    (envelope, id)
}

fn request(name: &str) -> Verified<Request> {
    let (envelope, id) = with_application(value(name));
    verify(Incoming::from_value(envelope).unwrap(), &[id]).unwrap()
}

fn order() -> OrderId {
    OrderId::parse(ORDER).unwrap()
}

/// A sample answer of Amazon Pay as the answer for `ORDER`'s first attempt.
fn ours(name: &str) -> Value {
    let mut envelope = value(name);
    if let Some(reference) = envelope.pointer_mut("/request/payload/authorizationDetails/authorizationReferenceId") {
        *reference = json!(format!("{ORDER}a1"));
    }
    with_application(envelope).0
}

fn answer_to(envelope: Value) -> Option<Answer> {
    let (envelope, id) = with_application(envelope);
    let request = verify(Incoming::from_value(envelope).ok()?, &[id]).ok()?;
    match turn(&request) {
        Turn::Payment(payment) => Some(answers::read(payment, World::Sandbox, Some(&order()))),
        Turn::Dialog(_) | Turn::CanFulfill(_) | Turn::Event(_) | Turn::Subscribed { .. } | Turn::Nothing => None,
    }
}

/// Everything that reading a request involves.
fn exercise(incoming: Result<Incoming, WireError>, id: &ApplicationId) {
    let Ok(incoming) = incoming else { return };
    let Ok(request) = verify(incoming, std::slice::from_ref(id)) else { return };
    let _ = session::session(request.attributes.as_ref(), World::Simulated);
    if let Turn::Payment(payment) = turn(&request) {
        for world in [World::Simulated, World::Sandbox, World::Live] {
            let _ = answers::read(payment, world, Some(&order()));
            let _ = answers::read(payment, world, None);
        }
    }
    let shown = format!("{:?}", *request);
    assert!(!shown.contains("REDACTED") && !shown.contains("UNIQUE-TOKEN") && !shown.contains("Example Street"), "{shown}");
}

#[test]
fn every_sample_is_read() {
    for name in requests() {
        let request = request(&name);
        assert!(request.locale.is_some() || ["bom", "skill-event", "messaging"].iter().any(|odd| name.contains(odd)), "{name}");
        assert!(request.at.is_some() || name.contains("skill-event"), "{name}");
        assert!(!matches!(request.kind, Kind::Unknown(_)), "{name}");
        assert_eq!(request.id, request.id.trim(), "{name}");
    }
}

#[test]
fn samples_are_what_they_are() {
    let style = |name: &str| request(name).kind.answer_style();
    assert_eq!(style("launch-no-context-bom.json"), AnswerStyle::Speak);
    assert_eq!(style("can-fulfill-empty-interfaces.json"), AnswerStyle::CanFulfill);
    for silent in [
        "session-ended-user-initiated.json",
        "system-exception-de-DE-no-session.json",
        "skill-event-disabled.json",
        "messaging-received.json",
    ] {
        assert_eq!(style(silent), AnswerStyle::Empty, "{silent}");
    }
    assert_eq!(request("connections-response-buy-new-session.json").kind, Kind::OtherConnection);
    assert_eq!(request("apl-user-event.json").kind, Kind::AplUserEvent);
    assert_eq!(request("skill-event-account-linked-timeStamp.json").kind, Kind::SkillEvent("SkillAccountLinked".to_owned()));
    assert!(matches!(
        request("derived/session-ended-exceeded-reprompts.json").kind,
        Kind::SessionEnded { reason: Ended::ExceededMaxReprompts, error: None }
    ));
    assert!(matches!(turn(&request("session-ended-with-error-bom.json")), Turn::Dialog(Input::Ended { failed: true })));
    assert!(matches!(turn(&request("session-ended-user-initiated.json")), Turn::Dialog(Input::Ended { failed: false })));
    assert!(matches!(turn(&request("system-exception-de-DE-no-session.json")), Turn::Dialog(Input::Exception { cause: Some(_) })));
    let Kind::Payment(payment) = &request("pay-charge-200-ja-JP-closed.json").kind else { panic!() };
    assert_eq!((payment.operation, payment.status, payment.token.as_deref()), (Operation::Charge, Some(200), Some("UNIQUE-TOKEN")));
}

#[test]
fn consent_is_granted_only_where_it_says_so() {
    assert!(request("derived/intent-ja-JP-order.json").consent);
    assert!(!request("derived/launch-permission-denied.json").consent);
    assert!(!request("launch-en-US.json").consent);
    assert!(!request("intent-null-fields-bom.json").consent);
}

#[test]
fn fragments_and_requests_for_others_are_refused() {
    for name in ["fragment-connections-response-askfor-denied.json", "fragment-session-resumed-numeric-code.json"] {
        let id = ApplicationId::parse("amzn1.ask.skill.1").unwrap();
        assert!(matches!(Incoming::from_value(value(name)), Err(WireError::Missing { field: "request.type" })), "{name}");
        let incoming = Incoming::from_value(json!({ "request": value(name) })).unwrap();
        assert_eq!(verify(incoming, &[id]), Err(VerifyError::NoApplication), "{name}");
    }
    let other = ApplicationId::parse("amzn1.ask.skill.another").unwrap();
    for name in requests() {
        let (envelope, id) = with_application(value(&name));
        let incoming = Incoming::from_value(envelope.clone()).unwrap();
        assert_eq!(verify(incoming.clone(), &[]), Err(VerifyError::OtherApplication), "{name}");
        assert_eq!(verify(incoming.clone(), std::slice::from_ref(&other)), Err(VerifyError::OtherApplication), "{name}");
        assert!(verify(incoming, &[other.clone(), id.clone()]).is_ok(), "{name}");
        let mut two = envelope;
        let place = if two["session"].is_object() { &mut two["session"] } else { &mut two["context"]["System"] };
        place["application"]["applicationId"] = json!("amzn1.ask.skill.two");
        assert!(verify(Incoming::from_value(two).unwrap(), &[id]).is_err(), "{name}");
    }
}

#[test]
fn times_and_codes_come_in_many_forms() {
    let at = |timestamp: Value| {
        let mut envelope = value("launch-en-US.json");
        envelope["request"]["timestamp"] = timestamp;
        let (envelope, id) = with_application(envelope);
        verify(Incoming::from_value(envelope).unwrap(), &[id]).unwrap().at.map(voicetill::domain::time::Time::unix)
    };
    for same in [
        json!("2019-11-14T19:02:09Z"),
        json!("2019-11-14T19:02:09.123Z"),
        json!("2019-11-14T20:02:09+01:00"),
        json!("2019-11-14T19:02:09"),
        json!("2019-11-14T19:02:09.5"),
        json!(1_573_758_129),
        json!(1_573_758_129_123_i64),
        json!("1573758129"),
    ] {
        assert_eq!(at(same.clone()), Some(1_573_758_129), "{same}");
    }
    for none in
        [json!("now"), json!(null), json!({}), json!(1.5), json!(""), json!("2019-11-14T19:02:09 Moon"), json!("2019-11-14T19:02:0é")]
    {
        assert_eq!(at(none.clone()), None, "{none}");
    }
    for code in [json!(200), json!("200"), json!(" 200 ")] {
        let mut envelope = ours("pay-charge-200-ja-JP-closed.json");
        envelope["request"]["status"]["code"] = code;
        assert!(matches!(answer_to(envelope), Some(Answer::Charge { outcome: Outcome::Captured { .. }, .. })));
    }
}

#[test]
fn answers_of_amazon_pay_are_read_as_documented() {
    let captured = answer_to(ours("pay-charge-200-ja-JP-closed.json")).unwrap();
    let Answer::Charge { attempt: Some(1), amount: Some(amount), outcome: Outcome::Captured { amount: Some(taken), names } } = captured
    else {
        panic!("{captured:?}")
    };
    assert_eq!((amount.to_string(), taken.to_string()), ("300 JPY".to_owned(), "300 JPY".to_owned()));
    assert_eq!(names.capture.unwrap().as_str(), "S03-XXXXXXX-YYYYYYY-CZZZZZZ");
    assert_eq!(names.order_reference.unwrap().as_str(), "S03-XXXXXXX-YYYYYYY");
    assert_eq!(names.authorization.unwrap().as_str(), "S03-XXXXXXX-YYYYYYY-AZZZZZZ");

    let outcome = |name: &str| match answer_to(ours(name)) {
        Some(Answer::Charge { outcome, .. }) => outcome,
        other => panic!("{name}: {other:?}"),
    };
    let declined = |decline| Outcome::Declined { decline };
    assert_eq!(outcome("derived/pay-charge-200-declined-amazon-rejected.json"), declined(Decline::AmazonRejected));
    assert_eq!(outcome("derived/pay-charge-200-declined-invalid-payment-hard.json"), declined(Decline::InvalidPaymentMethodHard));
    assert!(matches!(outcome("derived/pay-charge-200-open-authorize-only.json"), Outcome::Authorized { .. }));

    let set_up = answer_to(value("pay-setup-200-ja-JP.json")).unwrap();
    assert!(matches!(set_up, Answer::SetUp { status: AgreementStatus::Open, agreement: Some(_), address: None }), "{set_up:?}");
    let Some(Answer::SetUp { address: Some(address), .. }) = answer_to(value("derived/pay-setup-200-open-with-destination-en-US.json"))
    else {
        panic!()
    };
    assert_eq!(address.spoken(), "Test Buyer, 1 Example Street, Seattle");
    assert_eq!((address.zone().country, address.zone().region), ("US".to_owned(), "WA".to_owned()));
    assert_eq!(answer_to(value("derived/pay-setup-400-error.json")), Some(Answer::SetupFailed(Trouble::Shop)));

    let mut fragment = json!({ "request": value("fragment-pay-charge-403-unsupported-client.json") });
    fragment["request"]["requestId"] = json!("amzn1.echo-api.request.1");
    assert_eq!(
        answer_to(fragment),
        Some(Answer::ChargeFailed { outcome: Outcome::NotTried { because: Hindrance::Request }, trouble: Trouble::Spoken })
    );
}

/// Every place in a document that can be changed.
pub fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    let mut below = |key: &str, inner: &Value| {
        let place = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
        places(inner, &place, all);
        all.push(place);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| below(key, inner)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| below(&index.to_string(), inner)),
        _ => {}
    }
}

/// The document with each of its places removed or turned into something else, one at a time.
pub fn broken(whole: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    places(whole, "", &mut all);
    let junk = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!(u64::MAX),
        json!(""),
        json!(" \u{0}é\u{FFFF}"),
        json!("x".repeat(5_000)),
        json!([]),
        json!([[{}], null]),
        json!({}),
        json!({ "status": { "code": 200 } }),
    ];
    let mut broken = Vec::new();
    for place in all {
        let (parent, key) = place.rsplit_once('/').unwrap();
        let mut removed = whole.clone();
        match removed.pointer_mut(parent).unwrap() {
            Value::Object(fields) => {
                fields.remove(&key.replace("~1", "/").replace("~0", "~"));
            }
            Value::Array(items) => {
                items.remove(key.parse().unwrap());
            }
            _ => unreachable!(),
        }
        broken.push((format!("{place} removed"), removed));
        let wrapped = json!([whole.pointer(&place).unwrap()]);
        for other in junk.iter().chain([&wrapped]) {
            let mut retyped = whole.clone();
            *retyped.pointer_mut(&place).unwrap() = other.clone();
            broken.push((format!("{place} = {other:.60}"), retyped));
        }
    }
    broken
}

/// The request, or why there is none.
fn judged(incoming: Result<Incoming, WireError>, id: &ApplicationId) -> Result<Verified<Request>, String> {
    verify(incoming.map_err(|error| error.to_string())?, std::slice::from_ref(id)).map_err(|error| error.to_string())
}

#[test]
fn broken_samples_are_read_or_refused() {
    for name in requests() {
        let (whole, id) = with_application(value(&name));
        for (what, envelope) in broken(&whole) {
            let text = envelope.to_string();
            exercise(Incoming::from_value(envelope.clone()), &id);
            // What is passed over while parsing is nothing that anybody reads.
            assert_eq!(judged(Incoming::parse(text.as_bytes()), &id), judged(Incoming::from_value(envelope), &id), "{name}: {what}");
        }
        let text = bytes(&name);
        let text = text.trim_ascii_end();
        for end in (0..text.len()).step_by(11) {
            assert!(matches!(Incoming::parse(&text[..end]), Err(WireError::NotJson { .. })), "{name} cut at {end}");
        }
    }
}

/// The samples that say that nothing was taken, each with what it may turn into when one field of it is lost.
#[test]
fn no_broken_answer_becomes_a_sale() {
    let not_a_sale = [
        "derived/pay-charge-200-declined-amazon-rejected.json",
        "derived/pay-charge-200-declined-invalid-payment-hard.json",
        "derived/pay-charge-200-open-authorize-only.json",
    ];
    for name in not_a_sale {
        for (what, envelope) in broken(&ours(name)) {
            let Some(answer) = answer_to(envelope) else { continue };
            let Answer::Charge { outcome, .. } = &answer else {
                assert!(matches!(answer, Answer::ChargeFailed { outcome: Outcome::Unclear, .. }), "{name}: {what}: {answer:?}");
                continue;
            };
            let sold = match outcome {
                Outcome::Captured { .. } => true,
                Outcome::Authorized { .. } => name.contains("declined"),
                _ => false,
            };
            assert!(!sold, "{name}: {what}: {answer:?}");
        }
    }
    for (what, envelope) in broken(&ours("pay-charge-200-ja-JP-closed.json")) {
        let Some(answer) = answer_to(envelope) else { continue };
        match &answer {
            Answer::Charge { outcome: Outcome::Captured { amount, .. }, .. } => {
                assert!(amount.is_none_or(|amount| amount.minor() == 300), "{what}: {answer:?}");
            }
            Answer::Charge { outcome: Outcome::Unclear, .. } | Answer::ChargeFailed { outcome: Outcome::Unclear, .. } => {}
            _ => panic!("{what}: {answer:?}"),
        }
    }
}

/// The document as text, with one key of one object written twice, the first time with something else.
pub fn doubled(value: &Value, here: &str, place: &str) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, inner)| {
                let there = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
                let written = format!("{}:{}", json!(key), doubled(inner, &there, place));
                if there == place { format!("{}:[\"first\"],{written}", json!(key)) } else { written }
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items = items.iter().enumerate().map(|(index, inner)| doubled(inner, &format!("{here}/{index}"), place));
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn of_doubled_keys_the_last_counts() {
    for name in requests() {
        let (whole, id) = with_application(value(&name));
        let plain = verify(Incoming::from_value(whole.clone()).unwrap(), std::slice::from_ref(&id)).unwrap();
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        for place in all {
            let text = doubled(&whole, "", &place);
            let twice = verify(Incoming::parse(text.as_bytes()).unwrap(), std::slice::from_ref(&id)).unwrap();
            assert_eq!(twice, plain, "{name}{place}");
        }
    }
}

#[test]
fn noise_is_refused() {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for body in [&b""[..], b"\xEF\xBB\xBF", b"\0\0\0\0", b"\xFF\xFE{}", b"nonsense", deep.as_bytes()] {
        assert!(matches!(Incoming::parse(body), Err(WireError::NotJson { .. })));
    }
    for body in ["null", "[]", "{}", "1", "\"text\"", r#"{"request":{}}"#, r#"{"request":{"type":7}}"#] {
        assert!(matches!(Incoming::parse(body.as_bytes()), Err(WireError::Missing { .. })), "{body}");
    }
    let megabyte = vec![b'{'; 1 << 20];
    assert!(matches!(Incoming::parse(&megabyte), Err(WireError::TooLarge { max: BODY_BYTES_MAX, .. })));
    let long = json!({ "request": { "type": "LaunchRequest", "requestId": "1" }, "session": { "user": { "userId": "u".repeat(256) } } });
    assert!(matches!(Incoming::from_value(long), Err(WireError::TooLong { field: "user.userId", .. })));
}

#[test]
fn foreign_attributes_begin_a_new_conversation() {
    let request = request("intent-null-fields-bom.json");
    assert!(request.attributes.is_some() && !request.new);
    assert_eq!(session::session(request.attributes.as_ref(), World::Simulated), None);
}

/// Any small JSON document, its keys mostly those of a request.
fn documents() -> impl Strategy<Value = Value> {
    let keys = "request|session|context|System|type|requestId|intent|slots|name|value|resolutions|status|code|payload|attributes|n|cart|ask|[a-z]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "LaunchRequest|IntentRequest|Connections.Response|SessionEndedRequest|Setup|Charge|OK|200".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(keys, inner, 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let id = ApplicationId::parse("amzn1.ask.skill.1").unwrap();
        exercise(Incoming::parse(&body), &id);
    }

    #[test]
    fn any_document_is_read_or_refused(request in documents(), attributes in documents(), kind in "LaunchRequest|IntentRequest|Connections.Response|SessionEndedRequest") {
        let mut request = if request.is_object() { request } else { json!({ "payload": request }) };
        request["type"] = json!(kind);
        request["requestId"] = json!("1");
        let session = json!({ "application": { "applicationId": "amzn1.ask.skill.1" }, "attributes": attributes });
        let id = ApplicationId::parse("amzn1.ask.skill.1").unwrap();
        exercise(Incoming::from_value(json!({ "request": request, "session": session })), &id);
    }

    #[test]
    fn any_payload_is_an_answer_and_none_of_them_a_sale(payload in documents(), status in any::<Option<u16>>(), setup in any::<bool>()) {
        let operation = if setup { Operation::Setup } else { Operation::Charge };
        let payment = Payment { operation, status, message: None, payload, token: None };
        if let Answer::Charge { outcome, .. } = answers::read(&payment, World::Sandbox, Some(&order())) {
            prop_assert_eq!(outcome, Outcome::Unclear);
        }
    }
}
