//! The local Amazon Pay behind HTTP: our own client drives it, and raw requests try every rule.

mod client;
mod corners;
mod older;
mod orders;
mod rules;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use voicetill::adapters::amazon_pay::api::client::Client;
use voicetill::adapters::amazon_pay::api::key::{PrivateKey, PublicKeyId};
use voicetill::adapters::amazon_pay::api::place::{Environment, Place, Region};
use voicetill::adapters::amazon_pay::api::sign::{Signable, Signer};
use voicetill::domain::time::Time;
use voicetill::sandbox::{MwsKey, PublicKey, Sandbox, Settings};
use voicetill::simulator::amazon_pay::Buyer;
use voicetill::simulator::amazon_pay::books::Books;

use crate::stand_in::{KEY_ID, NOW, PRIVATE_KEY};

/// The same moment as [`NOW`], as requests have it.
const DATE: &str = "20261122T020000Z";

/// A sandbox on a port of its own.
pub struct Amazon {
    pub address: SocketAddr,
    http: reqwest::Client,
    server: JoinHandle<()>,
}

impl Drop for Amazon {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub fn settings() -> Settings {
    Settings {
        books: Books::in_memory(),
        key: PublicKey::from_pem(PRIVATE_KEY).unwrap(),
        key_id: None,
        mws: Some(MwsKey::new("AKIDEXAMPLE".to_owned(), "a secret")),
        client_id: "amzn1.application-oa2-client.0".to_owned(),
        buyer: Buyer::named("ada").unwrap(),
        wall: || Time::from_unix(NOW),
        strict: true,
        throttled: false,
    }
}

impl Amazon {
    async fn start() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sandbox = Sandbox::new(settings, address);
        let server = tokio::spawn(async move { sandbox.serve(listener).await.unwrap() });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { address, http, server }
    }

    fn client(&self) -> Client {
        let place = Place::amazon(Region::NorthAmerica, Environment::Sandbox, signer().id()).unwrap();
        Client::new(signer(), place.instead_at(&format!("http://{}", self.address)).unwrap()).with_clock(|| Time::from_unix(NOW))
    }

    pub async fn control(&self, what: &str, body: Value) -> Value {
        let answer = self.http.post(format!("http://{}/_voicetill/{what}", self.address)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
        answer.json().await.unwrap()
    }

    pub async fn ahead(&self, seconds: i64) {
        self.control("clock", json!({ "seconds": seconds })).await;
    }

    pub async fn state(&self) -> Value {
        self.http.get(format!("http://{}/_voicetill/state", self.address)).send().await.unwrap().json().await.unwrap()
    }

    /// The buyer comes to the page of a session, with a test card if one is named; the answer is where the buyer goes then.
    async fn visit(&self, session: &str, card: Option<&str>) -> String {
        let card = card.map(|card| format!("&card={card}")).unwrap_or_default();
        let page = format!("http://{}/checkout?amazonCheckoutSessionId={session}{card}", self.address);
        let answer = self.http.get(page).send().await.unwrap();
        assert_eq!(answer.status(), 303);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// A signed request. Headers beyond the usual ones replace those, or are left out when they are empty.
    pub async fn ask(&self, method: &str, resource: &str, more: &[(&str, &str)], body: &str) -> (u16, Value) {
        self.ask_at(KEY_ID, method, &format!("/v2/{resource}"), more, body).await
    }

    /// The same with another key id, at another path.
    async fn ask_at(&self, key_id: &str, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> (u16, Value) {
        let host = self.address.to_string();
        let mut headers = vec![
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("x-amz-pay-date", DATE),
            ("x-amz-pay-host", host.as_str()),
            ("x-amz-pay-region", "na"),
        ];
        headers.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        headers.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        let signable = Signable { method, path, query: &[], headers: &headers, body: body.as_bytes() };
        let signer = Signer::new(PublicKeyId::parse(key_id).unwrap(), PrivateKey::from_pem(PRIVATE_KEY).unwrap());
        let authorization = signer.authorization(&signable).unwrap();
        let method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("http://{host}{path}")).header("authorization", authorization);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    /// A POST with a key.
    async fn post(&self, resource: &str, key: &str, body: &Value) -> (u16, Value) {
        self.ask("POST", resource, &[("x-amz-pay-idempotency-key", key)], &body.to_string()).await
    }

    /// A saved wallet.
    async fn wallet(&self, key: &str) -> String {
        self.wallet_with(key, None).await
    }

    /// A saved wallet with a test card in it.
    async fn wallet_with(&self, key: &str, card: Option<&str>) -> String {
        let (status, session) = self.post("checkoutSessions", key, &wallet_session()).await;
        assert_eq!(status, 201, "{session}");
        let id = session["checkoutSessionId"].as_str().unwrap();
        self.visit(id, card).await;
        let (status, completed) = self.ask("POST", &format!("checkoutSessions/{id}/complete"), &[], "{}").await;
        assert_eq!(status, 200, "{completed}");
        completed["chargePermissionId"].as_str().unwrap().to_owned()
    }
}

fn signer() -> Signer {
    Signer::new(PublicKeyId::parse(KEY_ID).unwrap(), PrivateKey::from_pem(PRIVATE_KEY).unwrap())
}

fn wallet_session() -> Value {
    json!({
        "storeId": "amzn1.application-oa2-client.0", "webCheckoutDetails": { "checkoutResultReturnUrl": "https://shop.example/done" },
        "chargePermissionType": "PaymentMethodOnFile", "paymentMethodOnFileMetadata": { "setupOnly": true },
        "paymentDetails": { "paymentIntent": "Confirm", "canHandlePendingAuthorization": false },
    })
}

/// A one-time session for 100 dollars.
fn order_session(intent: &str, pending: bool) -> Value {
    json!({
        "storeId": "amzn1.application-oa2-client.0",
        "webCheckoutDetails": { "checkoutReviewReturnUrl": "https://shop.example/look", "checkoutResultReturnUrl": "https://shop.example/done" },
        "paymentDetails": { "paymentIntent": intent, "canHandlePendingAuthorization": pending, "chargeAmount": dollars("100.00") },
    })
}

fn dollars(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "USD" })
}

fn charge_of(permission: &str, amount: &str) -> Value {
    json!({ "chargePermissionId": permission, "chargeAmount": dollars(amount), "captureNow": true, "chargeInitiator": "CITU", "channel": "Alexa" })
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["reasonCode"].as_str().unwrap_or("none"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

const WITHIN: Duration = Duration::from_secs(5);
