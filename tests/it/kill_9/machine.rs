//! What runs on the machine that is played with: the store, the books of Amazon Pay in a folder, its server, the gate, and the desk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use voicetill::adapters::system;
use voicetill::domain::ids::OrderId;
use voicetill::domain::payment::CaptureMode;
use voicetill::domain::shop::World;
use voicetill::simulator::amazon_pay::books::{self, Books};
use voicetill::simulator::clock::REPLAY_START;

use super::gate::{Fate, Gate, When};
use super::processes::{self, Ended, Process, voicetill};
use crate::alexa::{Bank, Device, config};
use crate::shop::{Shop, skill};
use crate::stand_in::{KEY_ID, PRIVATE_KEY};

/// How long the slowest machine may take for one command.
const COMMAND_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(3);

pub struct Machine {
    pub folder: tempfile::TempDir,
    pub gate: Arc<Gate>,
    /// The shop as buyers reach it, in this process.
    pub shop: Shop,
    pub rng: fastrand::Rng,
    http: reqwest::Client,
    /// How far the sandbox's clock is ahead, which it forgets when it dies.
    ahead: i64,
    buyers: u32,
    /// How often each command has been given.
    given: BTreeMap<String, u32>,
}

impl Machine {
    pub async fn new(seed: u64) -> Self {
        let mut shop = Shop::open().await;
        let mut config = config();
        (config.shop.capture, config.shop.world) = (CaptureMode::OnShip, World::Sandbox);
        shop.skill = skill(config, shop.skill.store.clone());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pay.pem"), PRIVATE_KEY).unwrap();
        let gate = Arc::new(Gate::before(shop.endpoint()).await);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (rng, given) = (fastrand::Rng::with_seed(seed), BTreeMap::new());
        Self { folder, gate, shop, rng, http, ahead: 0, buyers: 0, given }
    }

    /// A new buyer at this moment, and Amazon Pay as Alexa reaches it.
    pub fn buyer(&mut self) -> (Device, Bank) {
        self.buyers += 1;
        let device = Device::new(&format!("household {}", self.buyers));
        device.clock().advance(system::now().since(REPLAY_START));
        (device, Bank { books: Books::at(self.folder.path().join(books::FILE)), charges: Vec::new() })
    }

    /// Sees to it that Amazon Pay answers.
    pub async fn open_pay(&self) {
        if self.gate.pay_at().is_none() {
            let (address, pay) = processes::sandbox(self.folder.path());
            self.gate.opens(address, pay);
            self.move_clock(self.ahead).await;
        }
    }

    async fn move_clock(&self, seconds: i64) {
        let address = self.gate.pay_at().unwrap();
        let moved = self.http.post(format!("http://{address}/_voicetill/clock")).json(&json!({ "seconds": seconds })).send().await.unwrap();
        assert!(moved.status().is_success());
    }

    /// What is pending at Amazon Pay comes to its end.
    async fn settle(&mut self) {
        self.open_pay().await;
        self.ahead += 31;
        self.move_clock(31).await;
    }

    /// The desk, which may die of its fate; `None` when it has.
    pub async fn desk(&mut self, arguments: &[&str], fate: Option<Fate>) -> Option<Ended> {
        self.open_pay().await;
        let (store, pay) = (format!("http://{}", self.gate.store), format!("http://{}", self.gate.pay));
        let places = ["--endpoint-url", &store, "--pay-endpoint", &pay, "--key-file", "pay.pem", "--key-id", KEY_ID, "--store", "."];
        self.gate.decree(fate);
        let (process, written) = voicetill(self.folder.path(), ["orders"].iter().chain(arguments).chain(&places));
        self.gate.admits(process);
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.gate.caller(Process::ended) {
                break status;
            }
            match fate {
                Some(Fate::Time { after }) if began.elapsed() >= after => self.gate.caller(Process::kill),
                Some(Fate::Pay { back_soon: true, .. }) => self.open_pay().await,
                _ => {}
            }
            assert!(began.elapsed() < COMMAND_MAX, "{arguments:?} does not come to its end");
            tokio::time::sleep(POLL).await;
        };
        self.gate.decree(None);
        let [out, err] = written.all();
        if status.code().is_none() && matches!(fate, Some(Fate::Time { .. })) {
            self.gate.count("at any time");
        }
        // The desk says no, or that it cannot, and never breaks down.
        assert!(!err.contains("panicked"), "{arguments:?}: {err}");
        status.code().map(|_| Ended { status, out, err })
    }

    /// The desk, which does what it is told, and may be told once more where a busy machine was too slow for it.
    async fn told(&mut self, arguments: &[&str]) -> String {
        let mut ended = self.desk(arguments, None).await.unwrap();
        for _ in 0..2 {
            if !ended.status.success() {
                ended = self.desk(arguments, None).await.unwrap();
            }
        }
        assert!(ended.status.success(), "{arguments:?}: {ended:?}");
        ended.out
    }

    /// A fate for the next command of this name, so that each of its moments has its turn.
    pub fn fate(&mut self, command: &str) -> Option<Fate> {
        let given = self.given.entry(command.to_owned()).or_default();
        let turn = *given % 10;
        *given += 1;
        let pay = |when, back_soon| Some(Fate::Pay { when, back_soon });
        let caller = |moments| Some(Fate::Caller { moments });
        match turn {
            // A wish is stored, the call made, and its answer stored; around each of these.
            0 => caller(2),
            1 => caller(3),
            2 => pay(When::During(Duration::from_micros(self.rng.u64(0..6_000))), self.rng.bool()),
            3 => caller(4),
            4 => caller(0),
            5 => pay(When::After, self.rng.bool()),
            6 => caller(1),
            7 => caller(5),
            8 => pay(When::Before, self.rng.bool()),
            _ => Some(Fate::Time { after: Duration::from_millis(self.rng.u64(0..150)) }),
        }
    }

    /// `orders reconcile`, which may die of it, and then once more to its end.
    pub async fn reconcile(&mut self) {
        let fate = self.fate("reconcile");
        self.desk(&["reconcile"], fate).await;
        self.settle().await;
        self.told(&["reconcile"]).await;
    }

    /// What the shop says of the order's money, against what Amazon Pay says; the order.
    pub async fn compare(&mut self, id: &OrderId) -> Value {
        let order: Value = serde_json::from_str(&self.told(&["show", id.as_str(), "--json"]).await).unwrap();
        let state = format!("http://{}/_voicetill/state", self.gate.pay_at().unwrap());
        let state: Value = self.http.get(state).send().await.unwrap().json().await.unwrap();
        let all = |list: &str| state["account"][list].as_array().unwrap().iter();
        let mine = |charge: &&Value| charge["directive"]["reference"].as_str().unwrap().starts_with(id.as_str());
        let charges: Vec<_> = all("charges").filter(mine).collect();
        let charge = charges.first().copied().unwrap_or(&Value::Null);
        let refunds: Vec<_> = all("refunds").filter(|refund| refund["charge"] == charge["id"]).collect();
        let why = || format!("{order:#}\n{charges:#?}\n{refunds:#?}");
        assert!(charges.len() <= 1, "charged more than once: {}", why());

        let captured = order["payment"].as_array().unwrap().iter().find(|row| row["name"] == "captured");
        let captured = captured.map(|row| row["value"].as_str().unwrap().strip_suffix(" USD").unwrap());
        let taken = charge["captured"]["amount"].as_str().filter(|_| charge["state"] == "Captured");
        assert_eq!(captured, taken, "what was taken differs: {}", why());
        assert_eq!(order["state"] == "Authorized", charge["state"] == "Authorized", "what is held differs: {}", why());
        let says = order["refunds"].as_array().unwrap().iter().filter(|refund| refund["standing"] == "done");
        let says: Vec<_> = says.map(|refund| ("Refunded", &refund["amount"]["amount"])).collect();
        let given: Vec<_> = refunds.iter().map(|refund| (refund["state"].as_str().unwrap(), &refund["amount"]["amount"])).collect();
        assert_eq!(says, given, "the refunds differ: {}", why());
        let open = ["Capturing", "Voiding", "NeedsAttention"];
        assert!(!open.contains(&order["state"].as_str().unwrap()), "not settled: {}", why());
        order
    }
}
