//! Alexa's events over a real connection: what is sent, and how each answer is taken.

use serde_json::{Value, json};
use voicetill::adapters::amazon_pay::api::place::Region;
use voicetill::adapters::proactive::{Credentials, Proactive};
use voicetill::domain::ids::{Locale, OrderId, WriteId};
use voicetill::domain::message::{Channel, Listener, MessageId, Ring, Subject};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::ports::{Devices, SendError};

use crate::stand_in::{Asked, Reply, StandIn};

const NOW: Time = Time::from_unix(1_795_000_000);

/// Login with Amazon and Alexa at one address; either refuses what its page does not have.
fn judge(asked: &Asked) -> Result<(), String> {
    match asked.line.as_str() {
        "POST /auth/o2/token" => {
            let form = "grant_type=client_credentials&client_id=skill&client_secret=hu%20sh&scope=alexa%3A%3Aproactive_events";
            if asked.body == form { Ok(()) } else { Err(asked.body.clone()) }
        }
        "POST /v1/proactiveEvents/stages/development" => {
            let event: Value = serde_json::from_str(&asked.body).map_err(|error| error.to_string())?;
            let signed_in = asked.header("authorization") == "Bearer Atc|token";
            if signed_in && event["event"]["name"] == "AMAZON.OrderStatus.Updated" { Ok(()) } else { Err(asked.body.clone()) }
        }
        other => Err(other.to_owned()),
    }
}

fn token() -> Reply {
    Reply::Json(
        200,
        json!({ "access_token": "Atc|token", "expires_in": 3_600, "scope": "alexa::proactive_events", "token_type": "bearer" }),
    )
}

fn answer(status: u16) -> Reply {
    Reply::Json(status, json!({ "message": "such" }))
}

async fn open(replies: Vec<Reply>) -> (StandIn, Proactive) {
    let amazon = StandIn::judging(judge, replies).await;
    let credentials = Credentials { client_id: "skill".to_owned(), client_secret: "hu sh".to_owned() };
    let locales = [Locale::parse("en-US").unwrap()];
    let proactive = Proactive::new(credentials, Region::NorthAmerica, World::Sandbox, "Petal and Stem", &locales, || NOW);
    let proactive = proactive.instead_at(&amazon.address).unwrap();
    (amazon, proactive)
}

async fn ring(proactive: &Proactive) -> Result<(), SendError> {
    let order = OrderId::parse("PS0123456789ABCDEF1NK5T4700").unwrap();
    let id = MessageId { subject: Subject::Order(order), write: WriteId::of_bits(7), channel: Channel::Device };
    proactive.ring(&id, Ring::OrderShipped, &Listener::parse("amzn1.ask.account.X").unwrap()).await
}

#[tokio::test]
async fn one_token_serves_many_events_and_one_that_was_told_before_is_told() {
    let (amazon, proactive) = open(vec![token(), answer(202), answer(409)]).await;
    ring(&proactive).await.unwrap();
    ring(&proactive).await.unwrap();
    let asked: Vec<_> = amazon.asked().into_iter().map(|asked| asked.line).collect();
    let event = "POST /v1/proactiveEvents/stages/development";
    assert_eq!(asked, ["POST /auth/o2/token", event, event]);
}

#[tokio::test]
async fn what_passes_is_told_apart_from_what_does_not() {
    for status in [400, 403] {
        let (_amazon, proactive) = open(vec![token(), answer(status)]).await;
        let refused = ring(&proactive).await.unwrap_err();
        assert!(matches!(&refused, SendError::Refused(why) if why.as_str() == status.to_string()), "{refused:?}");
    }
    for reply in [answer(429), answer(500), Reply::HangUp] {
        let (_amazon, proactive) = open(vec![token(), reply.clone(), answer(202)]).await;
        assert!(matches!(ring(&proactive).await, Err(SendError::NotNow(_))), "{reply:?}");
        ring(&proactive).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_thrown_away_and_no_token_is_no_event() {
    let (amazon, proactive) = open(vec![token(), answer(401), token(), answer(202)]).await;
    assert!(matches!(ring(&proactive).await, Err(SendError::NotNow(_))));
    ring(&proactive).await.unwrap();
    assert_eq!(amazon.asked().iter().filter(|asked| asked.line.ends_with("/token")).count(), 2);

    let (amazon, proactive) = open(vec![Reply::Json(401, json!({ "error": "invalid_client", "error_description": "hu sh" }))]).await;
    let error = ring(&proactive).await.unwrap_err();
    let told = voicetill::telemetry::chain(&error);
    assert!(told.contains("401") && !told.contains("hu sh") && amazon.asked().len() == 1, "{told}");
}
