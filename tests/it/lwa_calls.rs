//! Login with Amazon: whose token it is comes before whose profile.

use std::time::Duration;

use serde_json::{Value, json};
use voicetill::adapters::amazon_pay::api::place::Environment;
use voicetill::adapters::amazon_pay::call::Answer;
use voicetill::adapters::amazon_pay::lwa::{AccessToken, Client, Profile, ProfileError, Site};
use voicetill::telemetry::chain;

use crate::stand_in::{Asked, Reply, StandIn};

const TOKEN_INFO: &str = include_str!("../fixtures/amazon-pay/lwa/tokeninfo-ok.json");
const PROFILE: &str = include_str!("../fixtures/amazon-pay/lwa/profile-ok.json");

fn judge(asked: &Asked) -> Result<(), String> {
    let fine = asked.header("x-amz-access-token") == "Atza|secret" && !asked.line.contains("secret");
    if fine { Ok(()) } else { Err(asked.line.clone()) }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn with(text: &str, key: &str, new: Value) -> Reply {
    let mut body = value(text);
    body[key] = new;
    Reply::Json(200, body)
}

fn ok(text: &str) -> Reply {
    Reply::Json(200, value(text))
}

async fn ask(stand_in: &StandIn) -> Result<Answer<Profile>, ProfileError> {
    let client = Client::new("TEST_CLIENT_ID", Site::Germany, Environment::Sandbox).instead_at(&stand_in.address).unwrap();
    client.profile(&AccessToken::parse("Atza%7Csecret").unwrap(), Duration::from_secs(4)).await
}

#[tokio::test]
async fn a_profile_is_read_for_a_token_that_is_ours() {
    let stand_in = StandIn::judging(judge, [ok(TOKEN_INFO), with(PROFILE, "postal_code", "98101".into())]).await;
    let profile = ask(&stand_in).await.unwrap().value;
    let name = profile.name().unwrap();
    assert_eq!((name.first.as_str(), name.last.as_deref()), ("Test", Some("Buyer")));
    assert_eq!((profile.person.email.as_deref(), profile.postal_code.as_deref()), (Some("buyer@sandbox.example"), Some("98101")));
    assert_eq!(format!("{profile:?}"), "Profile([redacted])");
    let lines: Vec<_> = stand_in.asked().into_iter().map(|asked| asked.line).collect();
    assert_eq!(lines, ["GET /auth/o2/tokeninfo", "GET /user/profile"]);
}

#[tokio::test]
async fn a_token_of_another_application_opens_nothing() {
    for (reply, told) in [
        (with(TOKEN_INFO, "aud", "OTHER_CLIENT_ID".into()), "another application"),
        (with(TOKEN_INFO, "aud", "test_client_id".into()), "another application"),
        (with(TOKEN_INFO, "exp", 0.into()), "has expired"),
        (with(TOKEN_INFO, "aud", Value::Null), "not what the call has for an answer"),
        (Reply::Text(200, "<html>welcome</html>".to_owned()), "no whole JSON"),
    ] {
        let stand_in = StandIn::judging(judge, [reply, ok(PROFILE)]).await;
        let failed = ask(&stand_in).await.unwrap_err();
        assert!(chain(&failed).contains(told) && !failed.retryable(), "{}", chain(&failed));
        assert_eq!(stand_in.asked().len(), 1, "the profile is not asked for");
    }
    let stand_in = StandIn::judging(judge, [ok(TOKEN_INFO), with(PROFILE, "user_id", "amzn1.account.OTHER".into())]).await;
    assert!(matches!(ask(&stand_in).await, Err(ProfileError::OtherBuyer)));
}

#[tokio::test]
async fn a_refused_token_is_told_from_trouble_and_never_shown() {
    let invalid = Reply::Json(400, json!({ "error": "invalid_token", "error_description": "The token has expired." }));
    let stand_in = StandIn::judging(judge, [invalid]).await;
    let failed = ask(&stand_in).await.unwrap_err();
    assert!(matches!(failed, ProfileError::TokenRefused(_)) && !failed.retryable());
    assert!(chain(&failed).ends_with("Login with Amazon answered 400 invalid_token: The token has expired."), "{}", chain(&failed));
    assert_eq!(stand_in.asked().len(), 1);

    let stand_in = StandIn::judging(judge, [Reply::Json(500, json!({})), ok(TOKEN_INFO), Reply::HangUp, ok(PROFILE)]).await;
    assert!(ask(&stand_in).await.is_ok(), "what passes is asked again");
    for reply in [Reply::HangUp, Reply::Json(503, json!({}))] {
        let stand_in = StandIn::judging(judge, [reply]).await;
        let failed = ask(&stand_in).await.unwrap_err();
        let told = format!("{} {failed:?}", chain(&failed));
        assert!(failed.retryable() && !told.contains("secret"), "{told}");
    }
}
