//! Skill and account linking as their functions put them together: secrets from Secrets Manager, charges and pages over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use voicetill::adapters::amazon_pay::api::payments::Account;
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::system;
use voicetill::config::{Config, EMBEDDED_CATALOG, EMBEDDED_SHOP, Env};
use voicetill::entry::late::Late;
use voicetill::entry::link::{function, router};
use voicetill::entry::skill::Skill;
use voicetill::entry::wallets::wallets;
use voicetill::telemetry;

use super::{CLIENT, LINK_SECRET, SECRET, Town};
use crate::alexa::{Device, speech};
use crate::shop::{contents, skill};
use crate::stand_in::{KEY_ID, PRIVATE_KEY};

/// Secrets Manager, as far as functions ask it.
struct Vault {
    address: String,
    kept: Kept,
    asked: Asked,
    server: JoinHandle<()>,
}

type Kept = Arc<Mutex<BTreeMap<&'static str, String>>>;
type Asked = Arc<Mutex<Vec<String>>>;

impl Drop for Vault {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Vault {
    async fn start(secrets: &[(&'static str, &str)]) -> Self {
        let kept: Kept = Arc::new(Mutex::new(secrets.iter().map(|(id, text)| (*id, (*text).to_owned())).collect()));
        let asked = Asked::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(read).with_state((Arc::clone(&kept), Arc::clone(&asked)));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, kept, asked, server }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn put(&self, id: &'static str, text: &str) {
        self.kept.lock().unwrap().insert(id, text.to_owned());
    }
}

async fn read(State((kept, asked)): State<(Kept, Asked)>, headers: HeaderMap, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(headers["x-amz-target"], "secretsmanager.GetSecretValue");
    let id = body["SecretId"].as_str().unwrap().to_owned();
    let found = kept.lock().unwrap().get(id.as_str()).cloned();
    asked.lock().unwrap().push(id);
    match found {
        Some(text) => Json(json!({ "SecretString": text })).into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "__type": "ResourceNotFoundException" }))).into_response(),
    }
}

fn link_secrets() -> String {
    json!({ "link": LINK_SECRET, "voiceCode": LINK_SECRET, "client": SECRET }).to_string()
}

fn config(rails: &str) -> Config {
    let before = "rails = [\"saved-wallet\", \"directive\"]";
    assert!(EMBEDDED_SHOP.contains(before));
    let shop = EMBEDDED_SHOP.replace(before, &format!("accept_retired_directive_rail = true\nrails = {rails}"));
    let shop = shop.replace("accept_retired_directive_rail = false\n", "");
    Config::load(&shop, EMBEDDED_CATALOG, &Env { world: Some("sandbox".to_owned()), ..Env::default() }).unwrap()
}

fn env(vault: &str, amazon: &str) -> Env {
    Env {
        region: Some("us-east-1".to_owned()),
        pay_key_id: Some(KEY_ID.to_owned()),
        pay_key_secret: Some("pay".to_owned()),
        link_secret: Some("link".to_owned()),
        pay_endpoint: Some(amazon.to_owned()),
        secrets_endpoint: Some(vault.to_owned()),
        ..Env::default()
    }
}

/// A function with its secrets, and a linked buyer's device.
struct Stage {
    town: Town,
    vault: Vault,
    skill: Skill<DynamoStore, Option<Late<Account>>>,
    device: Device,
}

impl Stage {
    async fn set(secrets: &[(&'static str, &str)]) -> Self {
        let town = Town::dated_by(system::now).await;
        let vault = Vault::start(secrets).await;
        let config = config("[\"saved-wallet\"]");
        let (account, keys) = wallets(&config, &env(&vault.address, &town.amazon)).unwrap().unzip();
        let skill = skill(config, town.store.clone()).with_wallets(account, keys);
        let mut device = Device::new("ada");
        device.caller.access_token = Some(town.linked().await["access_token"].as_str().unwrap().to_owned());
        Self { town, vault, skill, device }
    }

    /// One turn; what is said.
    async fn turn(&mut self, envelope: impl FnOnce(&mut Device) -> Value) -> String {
        let envelope = envelope(&mut self.device);
        let answer = self.skill.answer(envelope).await.unwrap();
        speech(&self.device.hear(&answer)).to_owned()
    }

    /// From the first word to the read-back.
    async fn read_back(&mut self) {
        self.turn(Device::launch).await;
        let asked = self.turn(|device| device.buy("2", "bouquets of roses")).await;
        assert!(asked.contains("$59.61") && asked.contains("Shall I place the order?"), "{asked}");
    }

    async fn charges(&self) -> usize {
        let state: Value = self.town.http.get(format!("{}/_voicetill/state", self.town.amazon)).send().await.unwrap().json().await.unwrap();
        state["account"]["charges"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn a_linked_buyer_is_charged_and_each_secret_is_fetched_once_when_it_is_needed() {
    let mut stage = Stage::set(&[("pay", PRIVATE_KEY), ("link", &link_secrets())]).await;
    assert_eq!(stage.vault.asked(), [""; 0], "nothing is fetched for a function that nobody has called");
    stage.read_back().await;
    assert_eq!(stage.vault.asked(), ["link"], "only the yes that charges needs the key");
    let told = stage.turn(Device::yes).await;
    assert!(told.contains("Your payment of $59.61 went through"), "{told}");
    assert_eq!((stage.vault.asked(), stage.charges().await), (vec!["pay".to_owned()], 1));

    stage.device.clock().advance(60);
    stage.read_back().await;
    let told = stage.turn(Device::yes).await;
    assert!(told.contains("went through"), "{told}");
    assert_eq!((stage.vault.asked(), stage.charges().await), (Vec::new(), 2), "the process has both by now");
}

#[tokio::test]
async fn without_the_payment_key_nothing_is_stored_or_charged_and_the_next_yes_asks_again() {
    let mut stage = Stage::set(&[("link", &link_secrets())]).await;
    stage.read_back().await;
    let before = contents(&stage.town.store).await;
    let told = stage.turn(Device::yes).await;
    assert!(told.contains("didn't work just now") && !told.contains("went through"), "{told}");
    assert_eq!(contents(&stage.town.store).await, before, "an attempt that is stored would be charged later");

    stage.vault.put("pay", PRIVATE_KEY);
    let asked = stage.turn(|device| device.intent("CheckOutIntent", &[])).await;
    assert!(asked.contains("Shall I place the order?"), "{asked}");
    let told = stage.turn(Device::yes).await;
    assert!(told.contains("went through"), "{told}");
    assert_eq!(stage.charges().await, 1);
}

#[tokio::test]
async fn without_the_key_of_tokens_a_linked_buyer_gets_an_apology_and_everybody_else_is_served() {
    let mut stage = Stage::set(&[("pay", PRIVATE_KEY), ("link", "no JSON")]).await;
    let linked = stage.device.caller.access_token.take();
    let welcome = stage.turn(Device::launch).await;
    assert!(welcome.contains("Welcome to Petal and Stem"), "{welcome}");
    stage.device.caller.access_token = linked;
    let told = stage.turn(Device::launch).await;
    assert!(told.contains("in a few minutes"), "not taken for somebody who has to link: {told}");
    stage.vault.put("link", &link_secrets());
    let welcome = stage.turn(Device::launch).await;
    assert!(welcome.contains("Welcome"), "{welcome}");
    assert_eq!(stage.vault.asked(), ["link", "link"]);
}

#[test]
fn what_a_shop_with_saved_wallets_lacks_shows_at_start_and_another_shop_needs_nothing() {
    let complete = env("http://127.0.0.1:9", "http://127.0.0.1:9");
    assert!(wallets(&config("[\"directive\"]"), &Env::default()).unwrap().is_none());
    assert!(wallets(&crate::alexa::config(), &Env::default()).unwrap().is_none(), "a simulated shop has no account");
    let config = config("[\"saved-wallet\", \"directive\"]");
    assert!(wallets(&config, &complete).unwrap().is_some());
    for (env, lacks) in [
        (Env { pay_key_id: None, ..complete.clone() }, "VOICETILL_PAY_KEY_ID"),
        (Env { pay_key_secret: None, ..complete.clone() }, "VOICETILL_PAY_KEY_SECRET"),
        (Env { link_secret: None, ..complete.clone() }, "VOICETILL_LINK_SECRET"),
        (Env { region: None, ..complete.clone() }, "AWS_REGION"),
        (Env { pay_key_id: Some("LIVE-AFTEST".to_owned()), ..complete.clone() }, "LIVE-AFTEST"),
        (Env { pay_endpoint: Some("http://pay.example".to_owned()), ..complete.clone() }, "http://pay.example"),
    ] {
        let told = telemetry::chain(&wallets(&config, &env).map(|_| ()).unwrap_err());
        assert!(told.contains(lacks), "{lacks}: {told}");
    }
}

/// What Lambda makes of a browser's request to a function URL (payload format 2.0).
fn event(method: &str, path: &str, query: &str, body: &str) -> LambdaRequest {
    let host = "abc.lambda-url.us-east-1.on.aws";
    serde_json::from_value(json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": { "host": host, "content-type": "application/x-www-form-urlencoded", "accept-language": "en-US" },
        "requestContext": {
            "accountId": "anonymous", "apiId": "abc", "domainName": host, "domainPrefix": "abc", "requestId": "1", "routeKey": "$default",
            "stage": "$default", "time": "22/Nov/2026:02:00:00 +0000", "timeEpoch": 1_795_312_800_000_i64,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test" },
        },
        "body": body, "isBase64Encoded": false,
    }))
    .unwrap()
}

#[tokio::test]
async fn the_function_url_serves_the_pages_under_the_address_that_it_is_asked_at() {
    let town = Town::start().await;
    let vault = Vault::start(&[("pay", PRIVATE_KEY), ("link", &link_secrets())]).await;
    let env = Env {
        link_client_id: Some(CLIENT.to_owned()),
        link_vendor: Some("M1EXAMPLE".to_owned()),
        pay_store_id: Some("amzn1.application-oa2-client.0".to_owned()),
        ..env(&vault.address, &town.amazon)
    };
    let link = function::open(&config("[\"saved-wallet\"]"), &env, town.store.clone()).await.unwrap();
    let mut function = Adapter::from(router(link));
    let mut answer = async |request| {
        let answer = function.call(LambdaEvent::new(request, Context::default())).await.unwrap();
        serde_json::to_value(answer).unwrap()
    };

    let page = answer(event("GET", "/authorize", town.ask().url.split_once('?').unwrap().1, "")).await;
    assert_eq!(page["statusCode"], 200, "{page}");
    let markup = page["body"].as_str().unwrap();
    assert!(markup.contains("https://abc.lambda-url.us-east-1.on.aws/return/"), "Amazon would send the buyer elsewhere");
    assert!(page["cookies"][0].as_str().unwrap().starts_with("__Host-begun-link="), "{}", page["cookies"]);

    let refused =
        answer(event("POST", "/token", "", "grant_type=refresh_token&refresh_token=x&client_id=alexa-skill&client_secret=x")).await;
    assert_eq!((&refused["statusCode"], refused["body"].as_str().unwrap().contains("invalid_client")), (&json!(401), true), "{refused}");

    let lacks = function::open(&config("[\"saved-wallet\"]"), &Env { link_vendor: None, ..env }, town.store.clone()).await;
    assert!(lacks.unwrap_err().to_string().contains("VOICETILL_LINK_VENDOR"));
}
