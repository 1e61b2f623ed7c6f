//! The tool itself at the order desk, against the sandbox: a voice purchase and its story, and every way in which Amazon Pay cannot be asked.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use voicetill::adapters::amazon_pay::api::key::PublicKeyId;
use voicetill::adapters::system;
use voicetill::config::{Config, EMBEDDED_CATALOG, EMBEDDED_SHOP, Env};
use voicetill::domain::ids::OrderId;
use voicetill::domain::order::{State, Status};
use voicetill::domain::time::Time;
use voicetill::sandbox::{PublicKey, Settings};
use voicetill::simulator::amazon_pay::Effect;
use voicetill::simulator::amazon_pay::books::{self, Books};

use crate::alexa::{Bank, Device, order};
use crate::sandbox::{Amazon, settings};
use crate::shop::{Shop, first_read_back, say_yes, skill};
use crate::stand_in::{KEY_ID, PRIVATE_KEY};

const ANOTHER_KEY: &str = include_str!("../fixtures/amazon-pay/signing/unit-test-public-key.pem");

/// A sandbox order that is authorized, the sandbox that it is at, and the tool beside them.
pub struct Counter {
    pub shop: Shop,
    pub amazon: Amazon,
    pub id: OrderId,
    folder: TempDir,
    pub env: Vec<(&'static str, String)>,
}

/// What the tool has said.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Told {
    #[track_caller]
    pub fn ends_with(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let all = format!("{}{}", self.out, self.err);
        for part in parts {
            assert!(all.contains(part), "{part} is not in {all}");
        }
    }
}

/// The example shop in Amazon's sandbox, where the money is taken when the goods leave.
fn on_ship() -> Config {
    let shop = EMBEDDED_SHOP.replace("accept_retired_directive_rail = false", "accept_retired_directive_rail = true");
    let shop = shop.replace("capture = \"immediate\"", "capture = \"on-ship\"");
    Config::load(&shop, EMBEDDED_CATALOG, &Env { world: Some("sandbox".to_owned()), ..Env::default() }).unwrap()
}

impl Counter {
    /// `bent` changes the sandbox from what it should be.
    pub async fn open(bent: impl FnOnce(Settings) -> Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let book = folder.path().join(books::FILE);
        let (mut shop, mut device) = (Shop::open().await, Device::new("ada"));
        // The tool goes by the real time.
        let clock = device.clock();
        clock.advance(system::now().since(clock.now()));
        let mut bank = Bank { books: Books::at(&book), charges: Vec::new() };
        shop.skill = skill(on_ship(), shop.skill.store.clone());
        first_read_back(&mut shop, &mut device, &mut bank).await;
        let sent = say_yes(&mut shop, &mut device).await;
        let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
        shop.turn("Charge answer", &mut device, envelope).await;
        let id = order(&sent);
        assert_eq!(shop.order(&id).await.state.status(), Some(Status::Authorized));
        let amazon = Amazon::with(bent(Settings { books: Books::at(&book), wall: system::now, ..settings() })).await;
        let key = folder.path().join("pay.pem");
        std::fs::write(&key, PRIVATE_KEY).unwrap();
        let env = vec![
            ("VOICETILL_PAY_KEY_FILE", key.display().to_string()),
            ("VOICETILL_PAY_KEY_ID", KEY_ID.to_owned()),
            ("VOICETILL_PAY_ENDPOINT", format!("http://{}", amazon.address)),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("VOICETILL_STORE", folder.path().display().to_string()),
        ];
        Self { shop, amazon, id, folder, env }
    }

    pub async fn usual() -> Self {
        Self::open(|settings| settings).await
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the tool to its end.
    pub async fn tool(&self, args: &[&str]) -> Told {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_voicetill"));
        tool.args(args).env_clear().envs(self.env.iter().map(|(name, value)| (*name, value))).current_dir(self.folder.path());
        let done = tokio::task::spawn_blocking(move || tool.output()).await.unwrap().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Told { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
    }

    /// The same for a command of the order desk about the order, at its table.
    pub async fn desk(&self, command: &str, more: &[&str]) -> Told {
        let place = ["--endpoint-url", self.shop.endpoint(), "--region", "us-east-1"];
        self.tool(&[&["orders", command, self.id.as_str()], more, &place].concat()).await
    }

    pub async fn state(&self) -> State {
        self.shop.order(&self.id).await.state
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_purchase_is_shipped_refunded_in_part_and_tells_its_story() {
    let counter = Counter::usual().await;
    let shipped = counter.desk("ship", &["--carrier", "UPS", "--tracking", "1Z999AA10123456784", "--yes"]).await;
    shipped.ends_with(0, &["80.38 USD is captured. The order is shipped.", "Processed (sandbox)"]);
    // Refunds take their time, which nobody calls done before they are.
    counter.desk("refund", &["--amount", "20.00", "--yes"]).await.ends_with(0, &["accepted the refund of 20.00 USD", "Processed"]);
    counter.desk("refund", &["--amount", "1.00", "--yes"]).await.ends_with(1, &["refused: a refund is under way"]);
    counter.amazon.ahead(30).await;
    counter.desk("reconcile", &[]).await.ends_with(0, &["PartiallyRefunded (sandbox)"]);

    let refused = counter.desk("refund", &["--amount", "60.39", "--yes"]).await;
    refused.ends_with(1, &["refunds stay within what was taken", "80.38 USD was taken, 20.00 USD is given back", "Up to 60.38 USD"]);
    let refused = counter.desk("refund", &["--amount", "72.44", "--goodwill", "--yes"]).await;
    refused.ends_with(1, &["at most 15 % more than was taken, and no more than 75", "Up to 72.43 USD can go back"]);
    let before = counter.state().await;
    counter.desk("refund", &["--amount", "72.43", "--goodwill"]).await.ends_with(2, &["nobody is there to confirm"]);
    assert_eq!(counter.state().await, before);

    let shown = counter.desk("show", &["--live"]).await;
    shown.ends_with(0, &["c1 80.38 USD", "UPS 1Z999AA10123456784", "r1 20.00 USD", "Amazon Pay now: captured 80.38 USD"]);
    let told = |what: &str| {
        let mut lines = shown.out.lines().filter(|line| line.contains(what));
        lines.next().unwrap_or_else(|| panic!("{what} is not in {}", shown.out)).to_owned()
    };
    // Each answer of Amazon's has its id.
    for what in ["charge answered  Paid", "refund answered"] {
        let (what, led_to) = what.split_once("  ").unwrap_or((what, ""));
        let line = shown.out.lines().rfind(|line| line.contains(what) && line.contains(led_to)).unwrap_or_default();
        let id = line.split_whitespace().find(|word| word.len() == 36 && word.matches('-').count() == 4);
        assert!(id.is_some(), "{what}: {line} in {}", shown.out);
    }
    let story = ["said yes", "asked to capture", "shipped", "asked to refund", "refund answered"].map(told);
    let at = story.map(|line| shown.out.find(&line));
    assert!(at.is_sorted(), "{}", shown.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goodwill_goes_beyond_what_was_taken_as_far_as_amazon_lets_it() {
    let counter = Counter::usual().await;
    counter.desk("capture", &["--yes"]).await.ends_with(0, &["80.38 USD is captured"]);
    let given = counter.desk("refund", &["--amount", "92.43", "--goodwill", "--yes"]).await;
    given.ends_with(0, &["accepted the refund of 92.43 USD"]);
    counter.amazon.ahead(30).await;
    counter.desk("reconcile", &[]).await.ends_with(0, &["Refunded (sandbox)"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_clock_is_told_with_its_remedy_and_put_right() {
    let mut counter = Counter::open(|settings| Settings { wall: || system::now().plus(Time::HOUR), ..settings }).await;
    let parts = ["the request's date is not accepted", "ahead of this machine's", "set this machine's clock"];
    let told = counter.desk("capture", &["--yes"]).await;
    told.ends_with(2, &parts);
    told.ends_with(2, &["do not do it in Seller Central", "`orders reconcile` goes on with it"]);
    counter.tool(&["doctor", "--online"]).await.ends_with(1, &parts);
    assert!(matches!(counter.state().await, State::Capturing(_)), "it is owed");
    counter.desk("show", &["--live"]).await.ends_with(2, &parts);

    // With the clock put right, what is owed is done.
    let book = counter.folder.path().join(books::FILE);
    counter.amazon = Amazon::with(Settings { books: Books::at(book), wall: system::now, ..settings() }).await;
    let endpoint = format!("http://{}", counter.amazon.address);
    counter.env.iter_mut().filter(|(name, _)| *name == "VOICETILL_PAY_ENDPOINT").for_each(|(_, value)| value.clone_from(&endpoint));
    counter.desk("reconcile", &[]).await.ends_with(0, &["Processed (sandbox), was Authorized"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_told_with_its_remedy() {
    let another = PublicKey::from_pem(ANOTHER_KEY).unwrap();
    let counter = Counter::open(|settings| Settings { key: another, ..settings }).await;
    let parts = ["the signature is not accepted", &format!("the key file and the key id {KEY_ID} do not belong together"), "(request "];
    counter.desk("capture", &["--yes"]).await.ends_with(2, &parts);
    counter.tool(&["doctor", "--online"]).await.ends_with(1, &parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_region_is_told_with_its_remedy() {
    // What was made in another region is not known in this one.
    let counter = Counter::open(|settings| Settings { key_id: PublicKeyId::parse("SANDBOX-AFOTHER").ok(), ..settings }).await;
    let parts = [&format!("the key id {KEY_ID} is not known for sandbox in region na"), "country_of_establishment, which sets the region"];
    counter.desk("capture", &["--yes"]).await.ends_with(2, &parts);
    counter.tool(&["doctor", "--online"]).await.ends_with(1, &parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_that_has_ended_is_told_with_its_remedy() {
    let counter = Counter::usual().await;
    counter.amazon.control("next", json!({ "operation": "Capture Charge", "reasonCode": "InvalidChargePermissionStatus" })).await;
    let told = counter.desk("capture", &["--yes"]).await;
    told.ends_with(
        1,
        &["Amazon refused the capture", "InvalidChargePermissionStatus", "the consent has ended", "let the buyer order again"],
    );
    assert_eq!(counter.state().await.status(), Some(Status::NeedsAttention));
    // The hold has outlived it, and can be given back.
    counter.desk("reconcile", &[]).await.ends_with(0, &["Authorized (sandbox), was NeedsAttention"]);
    counter.desk("cancel", &["--yes"]).await.ends_with(0, &["The order is cancelled."]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authorization_of_thirty_days_is_told_to_have_ended() {
    let counter = Counter::usual().await;
    // The buyer's clock may be some seconds ahead.
    counter.amazon.ahead(30 * Time::DAY + Time::MINUTE).await;
    let told = counter.desk("capture", &["--yes"]).await;
    told.ends_with(1, &["nothing was captured; the order is Expired now", "Do not ship", "Tell the buyer", "after 30 days"]);
    assert!(matches!(counter.state().await, State::Expired(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_network_is_told_with_its_remedy() {
    let mut counter = Counter::usual().await;
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    counter.env.iter_mut().filter(|(name, _)| *name == "VOICETILL_PAY_ENDPOINT").for_each(|(_, value)| *value = format!("http://{free}"));
    let parts = [&format!("{free} cannot be reached"), "check the network, the firewall, and a proxy in HTTPS_PROXY"];
    let told = counter.desk("capture", &["--yes"]).await;
    told.ends_with(2, &parts);
    told.ends_with(2, &["is not known to be done", "`orders reconcile` goes on with it, under the same id"]);
    counter.tool(&["doctor", "--online"]).await.ends_with(1, &parts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_is_shipped_and_the_rest_is_held_for_the_next_parcel() {
    let counter = Counter::usual().await;
    let shipped = counter.desk("ship", &["--amount", "20.00", "--reauthorize", "--carrier", "UPS", "--tracking", "1Z1", "--yes"]).await;
    shipped.ends_with(0, &["20.00 USD is captured. 60.38 USD is held anew, for the rest. The order is shipped.", "Authorized (sandbox)"]);
    counter
        .desk("show", &[])
        .await
        .ends_with(0, &["20.00 USD is taken; the rest of 60.38 USD is held anew", "a2 60.38 USD", "RestAuthorized"]);
    let again = counter.desk("capture", &["--amount", "60.39", "--yes"]).await;
    again.ends_with(1, &["more than is authorized"]);
    counter
        .desk("ship", &["--carrier", "UPS", "--tracking", "1Z2", "--yes"])
        .await
        .ends_with(0, &["60.38 USD is captured. The order is shipped."]);
    let shown = counter.desk("show", &["--live"]).await;
    shown.ends_with(0, &["c2 60.38 USD", "UPS 1Z1", "UPS 1Z2", "Processed  (sandbox)", "Amazon Pay now: captured 60.38 USD"]);
    // A refund goes to one of the payments, the newest that has so much left.
    counter.desk("refund", &["--amount", "60.00", "--yes"]).await.ends_with(0, &["accepted the refund of 60.00 USD"]);
    counter.amazon.ahead(30).await;
    counter.desk("reconcile", &[]).await.ends_with(0, &["PartiallyRefunded"]);
    counter.desk("refund", &["--amount", "20.01", "--yes"]).await.ends_with(1, &["20.00 USD was taken, 0.00 USD is given back; 60.38 USD"]);
    counter.desk("refund", &["--amount", "20.00", "--yes"]).await.ends_with(0, &["accepted the refund of 20.00 USD"]);
    let taken: Vec<_> = counter.state().await.payments().iter().map(|paid| paid.captured.minor()).collect();
    assert_eq!(taken, [2_000, 6_038]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_is_not_held_on_consent_that_has_ended() {
    let counter = Counter::usual().await;
    counter.desk("capture", &["--amount", "20.00", "--yes"]).await.ends_with(0, &["20.00 USD is captured."]);
    counter.desk("capture", &["--reauthorize"]).await.ends_with(2, &["nobody is there to confirm"]);
    let agreement = counter.shop.order(&counter.id).await.agreement.unwrap();
    let end = json!({ "chargePermissionId": agreement.as_str(), "state": "Closed", "reason": "Expired" });
    counter.amazon.control("permission", end).await;
    let told = counter.desk("capture", &["--reauthorize", "--yes"]).await;
    told.ends_with(1, &["the buyer's consent C01-", "cannot be charged any more (Closed, Expired)", "let the buyer order again"]);
    assert!(matches!(counter.state().await, State::Paid(_)));
}
