//! Every refusal that the standards name, and what comes of a stolen code or token.

use serde_json::{Value, json};
use voicetill::domain::link::{Code, Family};

use super::browser::Browser;
use super::{AHEAD, BACK, CLIENT, SECRET, Town, encoded, query};

fn refused(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or("none"))
}

const INVALID_GRANT: (u16, &str) = (400, "invalid_grant");

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_alexas() {
    let town = Town::start().await;
    let usual = town.ask().url;
    let evil = usual.replace("layla.amazon.com", "evil.example");
    let foreign = usual.replace(CLIENT, "another-skill");
    for address in [evil, foreign, format!("{}/authorize", town.origin)] {
        let page = town.browser().get(&address).await;
        assert_eq!((page.status, page.headers.get("location")), (400, None), "{address}");
        assert!(page.headers.get("set-cookie").is_none());
    }
    let plain = town.browser().get(&usual.replace("code_challenge_method=S256", "code_challenge_method=plain")).await;
    assert!(plain.location().starts_with(&format!("{BACK}?error=invalid_request")), "{}", plain.location());
}

#[tokio::test]
async fn a_code_counts_once_and_its_second_use_ends_what_came_of_the_first() {
    let town = Town::start().await;
    let asked = town.ask();
    let code = town.code(&asked).await;
    let (status, tokens) = town.redeem(&code, asked.verifier.secret()).await;
    assert_eq!(status, 200);
    assert_eq!(refused(&town.redeem(&code, asked.verifier.secret()).await), INVALID_GRANT);
    assert_eq!(refused(&town.refresh(tokens["refresh_token"].as_str().unwrap()).await), INVALID_GRANT);
}

#[tokio::test]
async fn a_code_is_bound_to_verifier_address_and_time() {
    let town = Town::start().await;
    let verifier = "v".repeat(43);
    let asked = town.ask();
    let code = town.code(&asked).await;
    assert_eq!(refused(&town.redeem(&code, &verifier).await), INVALID_GRANT);
    assert_eq!(refused(&town.redeem(&code, asked.verifier.secret()).await), INVALID_GRANT, "it was tried out");

    let asked = town.ask();
    let code = town.code(&asked).await;
    let elsewhere = BACK.replace("layla", "pitangui");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", elsewhere.as_str()),
        ("code_verifier", asked.verifier.secret()),
    ];
    assert_eq!(refused(&town.token(&fields).await), INVALID_GRANT);

    let asked = town.ask();
    let code = town.code(&asked).await;
    AHEAD.set(Code::LIFE);
    assert_eq!(refused(&town.redeem(&code, asked.verifier.secret()).await), INVALID_GRANT);
    assert_eq!(refused(&town.redeem("no-such-code", &verifier).await), INVALID_GRANT);
}

#[tokio::test]
async fn another_client_gets_nothing_and_spends_nothing() {
    let town = Town::start().await;
    let asked = town.ask();
    let code = town.code(&asked).await;
    let fields =
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK), ("code_verifier", asked.verifier.secret())];
    let post = || town.http.post(format!("{}/token", town.origin)).header("content-type", "application/x-www-form-urlencoded");
    let wrong = post().basic_auth(CLIENT, Some("wrong")).body(encoded(&fields)).send().await.unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.headers()["www-authenticate"].to_str().unwrap()), (401, "Basic realm=\"account linking\""));
    assert_eq!(wrong.json::<Value>().await.unwrap()["error"], "invalid_client");
    let nobody = post().body(encoded(&fields)).send().await.unwrap();
    assert_eq!((nobody.status().as_u16(), nobody.headers().get("www-authenticate")), (401, None));
    assert_eq!(town.redeem(&code, asked.verifier.secret()).await.0, 200);
}

#[tokio::test]
async fn what_is_no_token_request_is_refused_in_the_words_of_the_standard() {
    let town = Town::start().await;
    assert_eq!(refused(&town.token(&[]).await), (400, "invalid_request"));
    assert_eq!(refused(&town.token(&[("grant_type", "client_credentials")]).await), (400, "unsupported_grant_type"));
    assert_eq!(refused(&town.token(&[("grant_type", "authorization_code")]).await), (400, "invalid_request"));
    assert_eq!(refused(&town.token(&[("grant_type", "refresh_token"), ("grant_type", "refresh_token")]).await), (400, "invalid_request"));
    let body = json!({ "grant_type": "refresh_token", "client_id": CLIENT, "client_secret": SECRET }).to_string();
    let post = town.http.post(format!("{}/token", town.origin));
    let answer = post.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let got = town.http.get(format!("{}/token", town.origin)).send().await.unwrap();
    assert_eq!(got.status(), 405);
    let long = town.http.post(format!("{}/token", town.origin)).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(long.body("a=".to_owned() + &"b".repeat(20_000)).send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_family_and_a_forged_one_does_not() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let first = tokens["refresh_token"].as_str().unwrap().to_owned();
    let mut forged = first.clone();
    forged.replace_range(forged.len() - 1.., if forged.ends_with('0') { "1" } else { "0" });
    for wrong in [forged.as_str(), "", "x", tokens["access_token"].as_str().unwrap()] {
        let answer = town.refresh(wrong).await;
        assert_eq!(answer.0, 400, "{wrong}");
    }
    let (_, second) = town.refresh(&first).await;
    let (status, third) = town.refresh(second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(refused(&town.refresh(&first).await), INVALID_GRANT);
    assert_eq!(refused(&town.refresh(third["refresh_token"].as_str().unwrap()).await), INVALID_GRANT, "the family is over");

    let tokens = town.linked().await;
    let first = tokens["refresh_token"].as_str().unwrap();
    town.refresh(first).await;
    AHEAD.set(Family::GRACE + 1);
    assert_eq!(refused(&town.refresh(first).await), INVALID_GRANT, "too late for a lost answer");
}

#[tokio::test]
async fn a_refresh_token_that_lay_unused_for_too_long_has_expired() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    AHEAD.set(Family::LIFE);
    let (status, next) = town.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200, "{next}");
    AHEAD.set(AHEAD.get() + Family::LIFE + 1);
    assert_eq!(refused(&town.refresh(next["refresh_token"].as_str().unwrap()).await), INVALID_GRANT);
}

#[tokio::test]
async fn a_session_of_somebody_else_links_nobody() {
    let town = Town::start().await;
    // The victim agrees in their own browser; the thief brings the session to the thief's.
    let (victim, asked) = (town.browser(), town.ask());
    let page = victim.get(&asked.url).await;
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "ada")]).await;
    let session = query(&way)["amazonCheckoutSessionId"].clone();
    let (thief, own) = (town.browser(), town.ask());
    let page = thief.get(&own.url).await;
    let own_way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "ben")]).await;
    let own_session = query(&own_way)["amazonCheckoutSessionId"].clone();
    let stolen = thief.get(&own_way.replace(&own_session, &session)).await;
    assert_eq!((stolen.status, stolen.headers.get("location")), (400, None));
    // Nor does the way of one browser lead anywhere in another, or a session that there is not.
    for (browser, way) in
        [(&thief, way.clone()), (&victim, way.replace(&session, "no-such")), (&victim, way.replace(&session, "%2E%2E%2Fx"))]
    {
        let answer = browser.get(&way).await;
        assert_eq!((answer.status, answer.headers.get("location")), (400, None), "{way}");
    }
    assert_eq!(victim.get(&way).await.status, 302, "nothing of this was in the victim's way");
}

#[tokio::test]
async fn what_was_begun_is_forgotten_after_an_hour_and_cannot_be_made_up() {
    let town = Town::start().await;
    let (browser, asked) = (town.browser(), town.ask());
    let page = browser.get(&asked.url).await;
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree")]).await;
    let made_up = town.browser();
    let mut cookies = browser.cookies.borrow().clone();
    for value in cookies.values_mut() {
        let middle = value.len() / 2;
        value.replace_range(middle..=middle, if &value[middle..=middle] == "0" { "1" } else { "0" });
    }
    made_up.cookies.replace(cookies);
    assert_eq!(made_up.get(&way).await.status, 400);
    AHEAD.set(3_600);
    assert_eq!(browser.get(&way).await.status, 400);
}

#[tokio::test]
async fn while_amazon_pay_cannot_be_reached_the_buyer_is_told_so_and_can_load_the_page_again() {
    let town = Town::start().await;
    let (browser, asked) = (town.browser(), town.ask());
    let page = browser.get(&asked.url).await;
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree")]).await;
    for _ in 0..3 {
        town.control("next", &json!({ "operation": "Get Charge Permission", "reasonCode": "InternalServerError" })).await;
    }
    let answer = browser.get(&way).await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("Nothing is lost"), "{}", answer.body);
    assert_eq!(browser.get(&way).await.status, 302);
}

#[tokio::test]
async fn a_button_that_was_tampered_with_is_refused_at_amazon() {
    let town = Town::start().await;
    let page = town.browser().get(&town.ask().url).await;
    let pressed = async |place: &str, name: &str, value: Option<&str>| {
        let mut fields = page.button(place);
        let path = fields.remove("path").unwrap();
        match value {
            Some(value) => assert!(fields.insert(name.to_owned(), value.to_owned()).is_some(), "{name}"),
            None => assert!(fields.remove(name).is_some(), "{name}"),
        }
        let fields: Vec<(String, String)> = fields.into_iter().collect();
        let answer = Browser::new(&town.http, &town.amazon).post(&format!("{}{path}", town.amazon), &fields).await;
        (answer.status, serde_json::from_str::<Value>(&answer.body).unwrap()["reasonCode"].as_str().unwrap().to_owned())
    };
    let wrong = (403, "InvalidRequestSignature".to_owned());
    for place in ["set-up", "sign-in"] {
        let payload = page.button(place)["payloadJSON"].clone();
        // The same meaning in other bytes is not what was signed.
        assert_eq!(pressed(place, "payloadJSON", Some(&format!(" {payload}"))).await, wrong);
        assert_eq!(pressed(place, "payloadJSON", Some(&payload.replace(&town.origin, "https://evil.example"))).await, wrong);
        assert_eq!(pressed(place, "signature", Some("AAAA")).await, wrong);
        assert_eq!(pressed(place, "algorithm", None).await, wrong, "the older algorithm has another salt");
        assert_eq!(pressed(place, "publicKeyId", Some("not a key")).await, (403, "InvalidAuthentication".to_owned()));
    }
}

#[tokio::test]
async fn the_page_that_changes_a_wallet_is_its_buyers_only() {
    let town = Town::start().await;
    let tokens = town.linked().await;
    let before = town.wallet(&tokens).await;
    let browser = town.browser();
    let page = browser.get("/payment").await;
    let way = town.at_amazon(&page, "sign-in", &[("answer", "agree"), ("buyer", "ada")]).await;
    browser.get(&way).await;
    let page = browser.get("/payment").await;
    let way = town.at_amazon(&page, "set-up", &[("answer", "agree"), ("buyer", "ben")]).await;
    let back = browser.get(&way).await;
    assert_eq!(back.location(), "/payment?note=cancelled");
    assert_eq!(town.wallet(&tokens).await.permission, before.permission);
}
