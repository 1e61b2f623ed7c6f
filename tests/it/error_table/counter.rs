//! One shop and one merchant, to whom everything that can go wrong happens once, each time to another order.

use serde_json::Value;
use uuid::Uuid;
use voicetill::adapters::amazon_pay::api::place::Region;
use voicetill::adapters::system;
use voicetill::cli::orders::{
    self, CancelArgs, CaptureArgs, Office, OrdersCommand, PartArgs, PayArgs, ReconcileArgs, RefundArgs, ShowArgs, Talk,
};
use voicetill::domain::ids::OrderId;
use voicetill::domain::payment::CaptureMode;
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::sandbox::Settings;
use voicetill::simulator::amazon_pay::Effect;
use voicetill::simulator::amazon_pay::books::{self, Books};
use voicetill::simulator::clock::REPLAY_START;
use voicetill::telemetry::chain;

use crate::alexa::{Bank, Device, attempt, config, order, speech};
use crate::sandbox::{Amazon, settings};
use crate::shop::{Shop, check_out, first_read_back, say_yes, skill};
use crate::stand_in::{KEY_ID, PRIVATE_KEY};

/// Stands for Amazon's name of a call, and is as long.
const REQUEST: &str = "00000000-0000-0000-0000-000000000000";

/// What the merchant looks at again has not come to an end by itself.
const LATER: i64 = 11 * Time::MINUTE;

/// What the merchant wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Capture,
    Cancel,
    Refund,
}

impl Wish {
    pub const ALL: [Self; 3] = [Self::Capture, Self::Cancel, Self::Refund];

    /// The operation of API v2 behind it.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Capture => "Capture Charge",
            Self::Cancel => "Cancel Charge",
            Self::Refund => "Create Refund",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Capture => "Capture",
            Self::Cancel => "Cancel",
            Self::Refund => "Refund",
        }
    }

    fn command(self, id: &OrderId) -> OrdersCommand {
        let (order, yes, json) = (id.to_string(), true, false);
        match self {
            Self::Capture => OrdersCommand::Capture(CaptureArgs { order, part: PartArgs::default(), yes, json }),
            Self::Cancel => OrdersCommand::Cancel(CancelArgs { order, yes, json }),
            Self::Refund => {
                OrdersCommand::Refund(RefundArgs { order, amount: Some("20.00".to_owned()), all: false, goodwill: false, yes, json })
            }
        }
    }
}

/// What both ends have of something that went wrong, with names in place of what is of one order or one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// What the desk said, with its exit code; nothing where the buyer alone was there.
    pub said: Option<(u8, String)>,
    /// What the shop said to the buyer at once.
    pub heard: Option<String>,
    pub status: String,
    pub to_do: Option<String>,
    /// What the buyer hears when the next session begins.
    pub hears: String,
    /// What `orders reconcile` makes of it once Amazon Pay answers as ever, with its exit code.
    pub reconciled: Option<(u8, String)>,
}

/// How Amazon Pay is reached.
pub struct Access {
    pub pay: PayArgs,
}

pub struct Counter {
    shop: Shop,
    folder: tempfile::TempDir,
    buyers: u32,
    /// Amazon Pay as it is on other days.
    pub usual: Amazon,
}

impl Counter {
    pub async fn open() -> Self {
        let mut shop = Shop::open().await;
        let mut config = config();
        (config.shop.capture, config.shop.world) = (CaptureMode::OnShip, World::Sandbox);
        shop.skill = skill(config, shop.skill.store.clone());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pay.pem"), PRIVATE_KEY).unwrap();
        let usual = Amazon::with(Settings { books: Books::at(folder.path().join(books::FILE)), wall: system::now, ..settings() }).await;
        Self { shop, folder, buyers: 0, usual }
    }

    pub fn books(&self) -> Books {
        Books::at(self.folder.path().join(books::FILE))
    }

    /// Amazon Pay with the same books, and something that is not as usual.
    pub async fn amazon(&self, change: impl FnOnce(&mut Settings)) -> Amazon {
        let mut settings = Settings { books: self.books(), wall: system::now, ..settings() };
        change(&mut settings);
        Amazon::with(settings).await
    }

    pub fn access(&self, amazon: &Amazon) -> Access {
        let (key_file, key_id) = (Some(self.folder.path().join("pay.pem")), Some(KEY_ID.to_owned()));
        Access { pay: PayArgs { key_file, key_id, pay_endpoint: Some(format!("http://{}", amazon.address)), ..PayArgs::default() } }
    }

    fn buyer(&mut self) -> (Device, Bank) {
        // One shop's books would grow with every order.
        self.books().clear().unwrap();
        self.buyers += 1;
        let device = Device::new(&format!("household {}", self.buyers));
        device.clock().advance(system::now().since(REPLAY_START));
        (device, Bank { books: self.books(), charges: Vec::new() })
    }

    /// An order whose money is held, or is taken.
    pub async fn order(&mut self, wish: Wish) -> (Device, OrderId) {
        let (mut device, mut bank) = self.buyer();
        first_read_back(&mut self.shop, &mut device, &mut bank).await;
        let sent = say_yes(&mut self.shop, &mut device).await;
        let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
        self.shop.turn("Charge answer", &mut device, envelope).await;
        let id = order(&sent);
        if wish == Wish::Refund {
            let (code, said) = self.desk(&self.access(&self.usual), &device, Wish::Capture.command(&id)).await;
            assert_eq!(code, 0, "{said}");
        }
        (device, id)
    }

    /// Runs a command of the desk: its exit code, and what it wrote.
    async fn desk(&self, access: &Access, device: &Device, command: OrdersCommand) -> (u8, String) {
        let (books, mut out) = (Books::in_memory(), Vec::new());
        let now = device.clock().now();
        let office = Office { store: &self.shop.skill.store, books: &books, pay: &access.pay, region: Region::NorthAmerica, now };
        match orders::run(&command, &office, &mut Talk::to(&mut out)).await {
            Ok(()) => (0, String::from_utf8(out).unwrap()),
            Err(no) if no.is_no() => (1, chain(&no)),
            Err(error) => (2, format!("{}{}", String::from_utf8(out).unwrap(), chain(&error))),
        }
    }

    async fn shown(&self, access: &Access, device: &Device, id: &OrderId) -> Value {
        let show = OrdersCommand::Show(ShowArgs { order: id.to_string(), live: false, json: true });
        serde_json::from_str(&self.desk(access, device, show).await.1).unwrap()
    }

    /// The merchant asks for something of an order, in a bad hour; then everything is as ever.
    pub async fn wish(&mut self, wish: Wish, order: (Device, OrderId), access: &Access) -> Ends {
        let (mut device, id) = order;
        let said = self.desk(access, &device, wish.command(&id)).await;
        // What is pending there has come to its end.
        self.usual.ahead(Time::MINUTE).await;
        let usual = self.access(&self.usual);
        let mut ends = self.then(&mut device, &id, &usual).await;
        ends.said = Some((said.0, named(&said.1, &id)));
        ends
    }

    /// The merchant comes only so many seconds after the purchase.
    pub async fn late(&mut self, wish: Wish, order: (Device, OrderId), seconds: i64) -> Ends {
        let (mut device, id) = order;
        let amazon = self.amazon(|_| ()).await;
        let access = self.access(&amazon);
        device.clock().advance(seconds);
        amazon.ahead(seconds).await;
        let said = self.desk(&access, &device, wish.command(&id)).await;
        amazon.ahead(LATER).await;
        let mut ends = self.then(&mut device, &id, &access).await;
        ends.said = Some((said.0, named(&said.1, &id)));
        ends
    }

    /// What the merchant and the buyer find some time later.
    async fn then(&mut self, device: &mut Device, id: &OrderId, access: &Access) -> Ends {
        device.clock().advance(LATER);
        let shown = self.shown(access, device, id).await;
        let envelope = device.launch();
        let hears = self.shop.turn("launch", device, envelope).await;
        let asks = if attempt(&hears).is_some() { " The charge is sent again, under its own id." } else { "" };
        let hears = format!("{}{asks}", speech(&hears));
        let reconcile = ReconcileArgs { orders: vec![id.to_string()], ..ReconcileArgs::default() };
        let reconciled = self.desk(access, device, OrdersCommand::Reconcile(reconcile)).await;
        Ends {
            status: shown["status"].as_str().unwrap_or("not placed").to_owned(),
            to_do: shown["suggested_action"].as_str().map(|action| named(action, id)),
            hears,
            reconciled: Some((reconciled.0, named(&reconciled.1, id))),
            ..Ends::default()
        }
    }

    /// The buyer says yes, and Amazon Pay answers the Charge like this.
    pub async fn charge(&mut self, effect: Effect) -> Ends {
        let (mut device, mut bank) = self.buyer();
        first_read_back(&mut self.shop, &mut device, &mut bank).await;
        let sent = say_yes(&mut self.shop, &mut device).await;
        self.answered(device, bank, &sent, effect).await
    }

    /// The same for the Setup before it.
    pub async fn set_up(&mut self, effect: Effect) -> Ends {
        let (mut device, bank) = self.buyer();
        let sent = check_out(&mut self.shop, &mut device).await;
        self.answered(device, bank, &sent, effect).await
    }

    async fn answered(&mut self, mut device: Device, mut bank: Bank, sent: &voicetill::simulator::alexa::Reply, effect: Effect) -> Ends {
        let envelope = bank.carry_out(&mut device, sent, effect);
        let heard = self.shop.turn("answer", &mut device, envelope).await;
        let id = order(sent);
        self.usual.ahead(Time::MINUTE).await;
        let usual = self.access(&self.usual);
        let mut ends = self.then(&mut device, &id, &usual).await;
        ends.heard = Some(speech(&heard).to_owned());
        ends
    }
}

/// A text with names in place of what is of one order, one request, one moment or one machine.
fn named(text: &str, id: &OrderId) -> String {
    let mut text = text.trim().replace(id.as_str(), "NUMBER");
    while let Some((before, rest)) = text.split_once("(request ") {
        let (_, after) = rest.split_once(')').unwrap();
        text = format!("{}{after}", before.trim_end());
    }
    // How a connection goes wrong is for the system to say.
    for told in ["127.0.0.1:9 cannot be reached", "the connection broke before the answer was complete"] {
        if let Some((before, _)) = text.split_once(told) {
            text = format!("{before}{told}");
        }
    }
    if let Some((before, broke)) = text.split_once("the connection to 127.0.0.1:") {
        let advice = broke.find(". To do").map_or("", |at| &broke[at..]);
        text = format!("{before}the connection to Amazon Pay broke{advice}");
    }
    let word = |letter: char| letter.is_ascii_alphanumeric() || ":-".contains(letter);
    let moment = |word: &str| word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
    let hash = |word: &str| word.len() >= 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words: Vec<_> = text.split(|letter| !word(letter)).map(|word| word.trim_matches(':').to_owned()).collect();
    for word in words {
        // Amazon's name of a call is another one each time.
        if Uuid::parse_str(&word).is_ok() && word.contains('-') {
            text = text.replace(&word, REQUEST);
            continue;
        }
        let name = if moment(&word) { "MOMENT" } else { "HASH" };
        if moment(&word) || hash(word.strip_prefix('n').unwrap_or(&word)) {
            text = text.replace(word.strip_prefix('n').unwrap_or(&word), name);
        }
    }
    text
}
