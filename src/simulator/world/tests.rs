use serde_json::{Value, json};

use super::testing::{LittleShop, ask, say, send, setting};
use super::*;
use crate::simulator::amazon_pay::Outcome;

fn world(shop: LittleShop) -> World<LittleShop> {
    World::new(setting(), shop)
}

fn speech(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|event| if let Event::Says(text) = event { Some(text.as_str()) } else { None }).collect()
}

fn faults(events: &[Event]) -> String {
    events.iter().filter_map(|event| if let Event::Fault(what) = event { Some(what.as_str()) } else { None }).collect()
}

async fn buy(world: &mut World<LittleShop>) -> Vec<Event> {
    let mut events = world.say("open petal and stem").await;
    events.extend(world.say("buy two roses").await);
    events.extend(world.say("yes").await);
    events
}

#[tokio::test]
async fn a_purchase_runs_from_launch_to_card_and_reads_like_this() {
    let shop = LittleShop::new();
    let mut world = world(shop.clone());
    let text = transcript(&buy(&mut world).await);
    assert_eq!(
        text,
        "\
User  > open petal and stem
Heard > LaunchRequest
Alexa > Welcome to Petal and Stem.

User  > buy two roses
Heard > BuyIntent product=\"roses\" (rose) quantity=\"2\"
Pay   > Setup, simulated: billing agreement C01-4696601-2456904 of ada is OPEN, ships to Seattle
Alexa > Red roses, 19.99 dollars. Shall I charge it?

User  > yes
Heard > AMAZON.YesIntent
Pay   > Charge, simulated: USD 19.99 captured, reference order1a1
Alexa > The charge is Closed.
Card  > Petal and Stem
      > Red roses
      > USD 19.99
End   > the skill ended it
"
    );
    assert_eq!(world.moved().unwrap().len(), 1);
    assert_eq!(shop.seen_types(), ["LaunchRequest", "IntentRequest", "Connections.Response", "IntentRequest", "Connections.Response"]);
}

#[tokio::test]
async fn envelopes_have_the_shape_of_the_captured_ones() {
    let shop = LittleShop::new();
    buy(&mut world(shop.clone())).await;
    let [launch, intent, setup, _, charge] = <[Value; 5]>::try_from(shop.seen()).unwrap();
    assert_eq!(launch["session"]["new"], true);
    assert_eq!(launch["session"]["attributes"], json!({}));
    assert_eq!(launch["request"]["timestamp"], "2026-11-02T10:00:02Z");
    assert!(launch["request"]["requestId"].as_str().unwrap().starts_with("amzn1.echo-api.request."));
    assert_eq!(launch["context"]["System"]["apiEndpoint"], "https://api.amazonalexa.com");
    assert_eq!(launch["session"]["user"], launch["context"]["System"]["user"]);
    assert_eq!(launch["session"]["user"]["permissions"]["scopes"]["payments:autopay_consent"]["status"], "GRANTED");
    assert!(launch["session"]["user"]["userId"].as_str().unwrap().len() > 200);

    assert_eq!(intent["session"]["new"], false);
    assert_eq!(intent["session"]["sessionId"], launch["session"]["sessionId"]);
    assert_eq!(intent["session"]["attributes"], json!({"asked": "Welcome to Petal and Stem."}));
    assert_eq!(intent["request"]["timestamp"], "2026-11-02T10:00:04Z");
    let slots = &intent["request"]["intent"]["slots"];
    assert_eq!(slots["quantity"], json!({"name": "quantity", "value": "2", "confirmationStatus": "NONE", "source": "USER"}));
    assert_eq!(
        slots["product"]["resolutions"]["resolutionsPerAuthority"],
        json!([{"authority": "amzn1.er-authority.echo-sdk.amzn1.ask.skill.test.PRODUCT", "status": {"code": "ER_SUCCESS_MATCH"},
            "values": [{"value": {"name": "red roses", "id": "rose"}}]}])
    );

    assert_eq!(setup["session"]["new"], true);
    assert_ne!(setup["session"]["sessionId"], intent["session"]["sessionId"]);
    assert!(setup["session"].get("attributes").is_none());
    assert_eq!(setup["request"]["token"], "token-1");
    assert_eq!(charge["request"]["status"], json!({"code": "200", "message": "OK"}));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_requests() {
    let (first, second) = (LittleShop::new(), LittleShop::new());
    buy(&mut world(first.clone())).await;
    buy(&mut world(second.clone())).await;
    assert_eq!(first.seen(), second.seen());
}

#[tokio::test]
async fn an_unopened_skill_hears_nothing() {
    let shop = LittleShop::new();
    let mut world = world(shop.clone());
    let events = world.say("buy roses").await;
    assert!(transcript(&events).contains("Say \"open petal and stem\" first."));
    assert_eq!(shop.seen().len(), 0);
    world.say("ask petal and stem to buy roses").await;
    assert_eq!(shop.seen()[0]["session"]["new"], true);
}

#[tokio::test]
async fn a_refused_response_is_named_and_told_to_the_skill() {
    let bad = |envelope: &Value| (envelope["request"]["type"] == "LaunchRequest").then(|| say("Salt & Straw"));
    let shop = LittleShop::scripted(bad);
    let mut world = world(shop.clone());
    let events = world.say("open petal and stem").await;
    assert!(faults(&events).contains("alexa-skill.md section 3"), "{events:?}");
    assert_eq!(speech(&events), [APOLOGY]);
    let ended = &shop.seen()[1];
    assert_eq!(ended["request"]["type"], "SessionEndedRequest");
    assert_eq!(ended["request"]["error"]["type"], "INVALID_RESPONSE");
    assert_eq!(ended["session"]["new"], false);
    assert!(!world.session_open());
}

#[tokio::test]
async fn a_failing_skill_does_not_end_the_world() {
    let mut world = world(LittleShop::scripted(|envelope| (envelope["request"]["type"] == "LaunchRequest").then_some(Value::Null)));
    let events = world.say("open petal and stem").await;
    assert!(faults(&events).contains("out of roses"));
    assert!(world.take_exchanges()[0].response.is_none());
}

#[tokio::test]
async fn silence_brings_the_reprompt_and_then_the_end() {
    let shop = LittleShop::new();
    let mut world = world(shop.clone());
    assert!(matches!(world.silence().await[..], [Event::Note(_)]));
    world.say("open petal and stem").await;
    assert_eq!(speech(&world.silence().await), ["What would you like?"]);
    world.silence().await;
    assert_eq!(shop.seen()[1]["request"]["reason"], "EXCEEDED_MAX_REPROMPTS");
    world.say("open petal and stem").await;
    world.command(".end").await.unwrap();
    assert_eq!(shop.seen()[3]["request"]["reason"], "USER_INITIATED");
}

#[tokio::test]
async fn every_outcome_plays_to_its_end_and_charges_at_most_once() {
    for name in Outcome::names() {
        for step in ["setup", "charge"] {
            let outcome = Outcome::named(name).unwrap();
            if outcome.step.is_some_and(|only| only.name().to_lowercase() != step) {
                continue;
            }
            let mut world = world(LittleShop::new());
            world.command(&format!(".outcome {name} {step}")).await.unwrap();
            let events = buy(&mut world).await;
            assert_eq!(faults(&events), "", "{name}");
            world.command(".answers deliver").await.unwrap();
            world.command(".answers again").await.unwrap();
            assert!(world.moved().unwrap().len() <= 1, "{name}");
        }
    }
}

#[tokio::test]
async fn lost_late_and_repeated_answers() {
    let shop = LittleShop::new();
    let mut world = world(shop.clone());
    world.command(".outcome late charge").await.unwrap();
    buy(&mut world).await;
    assert!(!world.session_open());
    assert_eq!(world.moved().unwrap().len(), 1, "late is carried out");
    world.command(".clock +10m").await.unwrap();
    let events = world.command(".answers deliver").await.unwrap();
    assert_eq!(speech(&events), ["The charge is Closed."]);
    assert_eq!(shop.seen().last().unwrap()["request"]["timestamp"], "2026-11-02T10:10:10Z");

    let count = shop.seen().len();
    world.command(".answers drop").await.unwrap();
    world.say("open petal and stem").await;
    world.say("buy roses").await;
    assert_eq!(shop.seen().len(), count + 2, "the answer to Setup is lost");
    world.command(".answers twice").await.unwrap();
    world.say("ask petal and stem to buy roses").await;
    assert_eq!(shop.seen().len(), count + 5, "the answer to Setup comes twice");
}

#[tokio::test]
async fn a_directive_that_cannot_be_carried_out_is_reported_with_its_request() {
    let odd = |envelope: &Value| (envelope["request"]["type"] == "LaunchRequest").then(|| send("Refund", &json!({})));
    let shop = LittleShop::scripted(odd);
    let events = world(shop.clone()).say("open petal and stem").await;
    assert!(faults(&events).contains("Refund"));
    let [launch, exception] = <[Value; 2]>::try_from(shop.seen()).unwrap();
    assert_eq!(exception["request"]["type"], "System.ExceptionEncountered");
    assert_eq!(exception["request"]["cause"]["requestId"], launch["request"]["requestId"]);
    assert!(exception.get("session").is_none());
}

#[tokio::test]
async fn buyers_devices_and_enablements_are_kept_apart() {
    let shop = LittleShop::new();
    let mut world = world(shop.clone());
    world.say("open petal and stem").await;
    world.command(".device kitchen").await.unwrap();
    assert!(!world.session_open());
    world.say("open petal and stem").await;
    world.command(".buyer ben").await.unwrap();
    world.say("open petal and stem").await;
    world.command(".reset-skill").await.unwrap();
    world.command(".permission missing").await.unwrap();
    world.say("open petal and stem").await;
    let seen = shop.seen();
    let user = |at: usize| seen[at]["context"]["System"]["user"]["userId"].as_str().unwrap();
    let device = |at: usize| seen[at]["context"]["System"]["device"]["deviceId"].as_str().unwrap();
    assert_eq!(user(0), user(1));
    assert_ne!(device(0), device(1));
    assert_ne!(user(1), user(2));
    assert_eq!(seen[3]["request"]["type"], "AlexaSkillEvent.SkillDisabled");
    assert_eq!(user(2), user(3));
    assert_ne!(user(3), user(5));
    assert!(seen[5]["session"]["user"].get("permissions").is_none());
    world.command(".device living-room").await.unwrap();
    world.command(".buyer ada").await.unwrap();
    assert!(world.session_open(), "Ada's first session is still open");
}

#[tokio::test]
async fn denied_permission_answers_the_step_with_its_code() {
    let mut world = world(LittleShop::new());
    world.command(".permission deny").await.unwrap();
    let text = transcript(&world.say("ask petal and stem to buy roses").await);
    assert!(text.contains("refused: 403 ACCESS_DENIED"), "{text}");
    assert!(text.contains("Card  > asks for the permission payments:autopay_consent"), "{text}");
}

#[tokio::test]
async fn a_skill_that_never_stops_paying_is_stopped() {
    let endless = |envelope: &Value| match envelope["request"]["type"].as_str() {
        Some("LaunchRequest" | "Connections.Response") => Some(send("Setup", &json!({}))),
        _ => None,
    };
    let events = world(LittleShop::scripted(endless)).say("open petal and stem").await;
    assert!(faults(&events).contains("more than 12"));
}

#[tokio::test]
async fn asides_go_to_the_skill_and_nonsense_changes_nothing() {
    let mut world = world(LittleShop::new());
    assert!(transcript(&world.command(".orders").await.unwrap()).contains("no orders"));
    for line in [".dance", ".clock", ".money", ".buyer", ".outcome", ".outcome list", ".help"] {
        assert_eq!(world.command(line).await.is_ok(), line != ".dance", "{line}");
    }
    assert!(world.command(".clock sideways").await.is_err());
}

#[tokio::test]
async fn a_speaking_answer_to_the_end_of_a_session_is_a_fault() {
    let chatty = |envelope: &Value| (envelope["request"]["type"] == "SessionEndedRequest").then(|| ask("Wait!", "Wait!"));
    let mut world = world(LittleShop::scripted(chatty));
    world.say("open petal and stem").await;
    assert!(faults(&world.end().await).contains("empty response"));
}
