//! From the local Amazon Pay to the order without leaving this machine: signed, posted, verified, taken in.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use voicetill::adapters::sns::Web;
use voicetill::cli::ipn::{self, IpnCommand, ListArgs, Post, TopicArgs};
use voicetill::domain::ids::{OrderId, SellerId};
use voicetill::domain::order::Status;
use voicetill::domain::payment::{CaptureMode, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::sandbox::{Notifier, PublicKey, Sandbox, Settings, TOPIC};
use voicetill::simulator::amazon_pay::Buyer;
use voicetill::simulator::amazon_pay::Outcome;
use voicetill::simulator::amazon_pay::books::Books;
use voicetill::simulator::clock::REPLAY_START;

use crate::alexa::{Bank, Device, config, order};
use crate::shop::{Shop, first_read_back, say_yes, skill};
use crate::stand_in::PRIVATE_KEY;

struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn port() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A control of the sandbox's.
async fn control(address: SocketAddr, what: &str, body: Value) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.post(format!("http://{address}/_voicetill/{what}")).json(&body).send().await.unwrap().json().await.unwrap()
}

async fn operator(shop: &Shop, sns: &str, command: IpnCommand) -> String {
    let (web, seller, mut out) = (Web::instead_at(sns).unwrap(), SellerId::parse("A1").unwrap(), Vec::new());
    let post = Post { store: &shop.skill.store, fetch: &web, seller: &seller, now: REPLAY_START };
    ipn::run(&command, &post, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn buy(shop: &mut Shop, books: Books, household: &str, capture: CaptureMode, outcome: &str) -> OrderId {
    let (mut device, mut bank) = (Device::new(household), Bank { books, charges: Vec::new() });
    let mut config = config();
    (config.shop.timing, config.shop.capture) = (Timing::Asynchronous, capture);
    shop.skill = skill(config, shop.skill.store.clone());
    first_read_back(shop, &mut device, &mut bank).await;
    let sent = say_yes(shop, &mut device).await;
    let envelope = bank.carry_out(&mut device, &sent, Outcome::named(outcome).unwrap().effect);
    shop.turn("Charge answer", &mut device, envelope).await;
    order(&sent)
}

#[tokio::test]
async fn the_sandbox_notifies_the_function_once_its_topic_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let books = || Books::at(folder.path().join("amazon-pay.json"));
    let (at_sandbox, sandbox) = port().await;
    let (at_ipn, listener) = port().await;
    let settings = Settings {
        books: books(),
        key: PublicKey::from_pem(PRIVATE_KEY).unwrap(),
        key_id: None,
        mws: None,
        client_id: "amzn1.application-oa2-client.0".to_owned(),
        buyer: Buyer::named("ada").unwrap(),
        wall: || REPLAY_START,
        strict: true,
        throttled: false,
    };
    let notifier = Notifier::new(&format!("http://{listener}/"), REPLAY_START).unwrap();
    let server = Sandbox::new(settings, sandbox).notifying(notifier);
    let _sandbox = Running(tokio::spawn(async move { server.serve(at_sandbox).await.unwrap() }));

    let mut shop = Shop::open().await;
    let sns = format!("http://{sandbox}");
    // Half a minute later, when Amazon has decided.
    let now = || REPLAY_START.plus(2 * Time::MINUTE);
    let behind = ipn::Shop { store: shop.skill.store.clone(), world: World::Simulated, books: books(), account: None, now };
    let router = ipn::router(&sns, behind).await.unwrap();
    let _ipn = Running(tokio::spawn(async move { axum::serve(at_ipn, router).await.unwrap() }));

    // The question is held, and nothing is told before it is answered.
    control(sandbox, "notify", json!({})).await;
    let held = operator(&shop, &sns, IpnCommand::List(ListArgs { json: false })).await;
    assert!(held.starts_with("held") && held.contains(TOPIC), "{held}");
    let rows = [
        ("ada", CaptureMode::OnShip, "pending", Status::Authorized),
        ("ben", CaptureMode::OnShip, "pending-declined", Status::Declined),
        ("cid", CaptureMode::Immediate, "pending", Status::Processed),
        ("dan", CaptureMode::Immediate, "pending-declined", Status::Declined),
    ];
    let mut orders = Vec::new();
    for (household, capture, outcome, end) in rows {
        let id = buy(&mut shop, books(), household, capture, outcome).await;
        assert_eq!(shop.order(&id).await.state.status(), Some(Status::Queued));
        orders.push((id, end));
    }
    control(sandbox, "clock", json!({ "seconds": 120 })).await;
    control(sandbox, "notify", json!({})).await;
    assert_eq!(shop.order(&orders[0].0).await.state.status(), Some(Status::Queued), "nobody has confirmed");
    let args = TopicArgs { topic: TOPIC.to_owned(), sns: Some(sns.clone()), json: true };
    let trusted: Value = serde_json::from_str(&operator(&shop, &sns, IpnCommand::Trust(args)).await).unwrap();
    assert_eq!(trusted, json!({ "topic": TOPIC, "standing": "trusted", "confirmed": true }));

    // The sandbox also posts by itself, so a round of ours may find that everything has been told.
    control(sandbox, "notify", json!({})).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    for (id, end) in &orders {
        while shop.order(id).await.state.status() != Some(*end) {
            assert!(std::time::Instant::now() < deadline, "{:?}", shop.order(id).await.state);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    let listed: Value = serde_json::from_str(&operator(&shop, &sns, IpnCommand::List(ListArgs { json: true })).await).unwrap();
    assert_eq!((listed[0]["standing"].as_str(), listed[0]["names_seller"].as_bool()), (Some("trusted"), Some(false)));
    let args = TopicArgs { topic: TOPIC.to_owned(), sns: None, json: false };
    assert!(operator(&shop, &sns, IpnCommand::Forget(args)).await.contains("is forgotten"));
    assert!(operator(&shop, &sns, IpnCommand::List(ListArgs { json: false })).await.contains("No topic has asked yet"));
}
