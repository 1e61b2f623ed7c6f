//! What buyers do: mostly what the shop asks of them, and now and then anything else.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::chance::Chance;
use super::post::Letter;
use super::speech::asks_for_code;
use super::town::{Device, OpenSession, Town};
use crate::simulator::alexa::{Reason, Session};

/// Something to say: the intent, and the words of its slots.
type Saying = (&'static str, &'static [(&'static str, &'static str)]);

const YES: Saying = ("AMAZON.YesIntent", &[]);
/// Everybody has the same one, and the same wrong one comes to everybody's mind.
pub(super) const CODE: &str = "4711";
const RIGHT: Saying = ("VoiceCodeIntent", &[("code", CODE)]);
const WRONG: Saying = ("VoiceCodeIntent", &[("code", "0815")]);
const NO: Saying = ("AMAZON.NoIntent", &[]);
const CHECK_OUT: Saying = ("CheckOutIntent", &[]);
const STATUS: Saying = ("OrderStatusIntent", &[]);
const BUY: [Saying; 5] = [
    ("BuyIntent", &[("product", "red roses"), ("quantity", "2")]),
    ("BuyIntent", &[("product", "tulips"), ("quantity", "1")]),
    ("BuyIntent", &[("product", "glass vase"), ("quantity", "3")]),
    ("BuyOneIntent", &[("product", "white roses")]),
    ("BuyIntent", &[("product", "roses"), ("quantity", "2")]),
];
const ANYTHING: [Saying; 16] = [
    ("ReadCartIntent", &[]),
    ("EmptyCartIntent", &[]),
    ("BrowseIntent", &[]),
    ("RemoveIntent", &[("product", "tulips")]),
    ("ChangeIntent", &[("product", "red roses"), ("quantity", "4")]),
    ("QuantityIntent", &[("quantity", "3")]),
    ("ProductIntent", &[("product", "lilies")]),
    ("CancelOrderIntent", &[]),
    ("RefundOrderIntent", &[]),
    ("ContactIntent", &[]),
    ("AMAZON.RepeatIntent", &[]),
    ("AMAZON.HelpIntent", &[]),
    ("AMAZON.FallbackIntent", &[]),
    ("AMAZON.CancelIntent", &[]),
    ("AMAZON.StopIntent", &[]),
    STATUS,
];

/// More is not said in one visit.
const SAYINGS_MAX: u32 = 9;

/// How long a buyer waits for the device to speak after a payment step has left.
const PATIENCE: Duration = Duration::from_secs(20);

impl Town {
    /// Visits the shop a few times, in a hurry or in the course of days.
    pub(super) async fn days_of(self: Rc<Self>, device: Rc<Device>) {
        let (visits, hasty) = {
            let mut chance = self.chance.draw();
            (1 + chance.below(4), chance.happens(300))
        };
        for visit in 0..visits {
            let pause = {
                let mut chance = self.chance.draw();
                match (hasty, chance.below(10)) {
                    (true, _) => chance.millis(0..=300),
                    (false, 0..5) if visit == 0 => chance.millis(0..=3_000),
                    (false, 0..6) => chance.millis(1_000..=200_000),
                    (false, 6..9) => chance.millis(200_000..=9_000_000),
                    (false, _) => chance.millis(20_000_000..=200_000_000),
                }
            };
            sleep(pause).await;
            self.visit(&device, hasty).await;
            if self.is_over() {
                return;
            }
        }
    }

    async fn visit(self: &Rc<Self>, device: &Rc<Device>, hasty: bool) {
        let first = {
            let mut chance = self.chance.draw();
            match chance.below(10) {
                0..7 => None,
                7 => Some(*chance.pick(&BUY)),
                8 => Some(STATUS),
                _ => Some(*chance.pick(&[CHECK_OUT, YES, ANYTHING[0], ANYTHING[4]])),
            }
        };
        self.say(device, first, true).await;
        for _ in 0..SAYINGS_MAX {
            if self.is_over() {
                return;
            }
            let think = self.chance.draw().millis(if hasty { 0..=15 } else { 1_000..=6_000 });
            sleep(think).await;
            if device.open.borrow().is_none() && !self.comes_back(device).await {
                return;
            }
            if self.chance.draw().happens(25) {
                return self.leave(device).await;
            }
            let last = device.last.borrow().clone();
            let saying = next(&mut self.chance.draw(), &last);
            self.say(device, Some(saying), false).await;
        }
        if device.open.borrow().is_some() {
            self.leave(device).await;
        }
    }

    /// Opens the shop once more, asks after the order, and goes.
    pub(super) async fn look_in(self: &Rc<Self>, device: &Rc<Device>) {
        for opening in [None, Some(STATUS)] {
            self.say(device, opening, true).await;
            if device.open.borrow().is_none() {
                self.comes_back(device).await;
            }
            if device.open.borrow().is_some() {
                self.leave(device).await;
            }
        }
    }

    /// Whether the device listens again before the buyer loses patience.
    async fn comes_back(&self, device: &Device) -> bool {
        let spoken = device.spoken.get();
        let mut waited = Duration::ZERO;
        while waited < PATIENCE && device.spoken.get() == spoken {
            sleep(Duration::from_millis(200)).await;
            waited += Duration::from_millis(200);
        }
        device.open.borrow().is_some()
    }

    /// Says something, in the open session or as the first words of a new one.
    async fn say(self: &Rc<Self>, device: &Rc<Device>, saying: Option<Saying>, anew: bool) {
        let open = device.open.take().filter(|_| !anew);
        let open = open.unwrap_or_else(|| {
            let session = Session { attributes: Some(json!({})), ..self.alexa.borrow_mut().new_session() };
            OpenSession { session, read_back: None, agreed: None, heard: String::new() }
        });
        let (kind, fields) = match saying {
            None => ("LaunchRequest", Value::Null),
            Some((name, slots)) => {
                // Other quantities, other totals: so that no order passes for another one.
                let many = (1 + self.chance.draw().below(8)).to_string();
                let words = |slot: &str, words: &str| if slot == "quantity" { many.clone() } else { words.to_owned() };
                let slots = slots.iter().map(|(slot, said)| ((*slot).to_owned(), json!({ "name": slot, "value": words(slot, said) })));
                let slots: Value = slots.collect();
                ("IntentRequest", json!({ "intent": { "name": name, "confirmationStatus": "NONE", "slots": slots } }))
            }
        };
        let request = self.alexa.borrow_mut().request(kind, fields);
        self.note(
            &device.label(),
            &format!("says: {}", saying.map_or_else(|| "open the shop".to_owned(), |(name, slots)| format!("{name} {slots:?}"))),
        );
        let OpenSession { session, read_back, agreed, heard } = open;
        let agreed = match saying {
            Some(YES) => read_back.map(|total| (total, heard)).or(agreed),
            _ => agreed,
        };
        let code = saying.filter(|saying| [RIGHT, WRONG].contains(saying)).map(|code| code == RIGHT);
        if let Some(right) = code {
            self.coded(&request, right);
        }
        if let Some(agreement) = agreed.as_ref().filter(|_| (saying == Some(YES) && read_back.is_some()) || code.is_some()) {
            self.agreed(device, &request, agreement);
        }
        // While the request is away the device is deaf, but an answer of Amazon Pay may come in between.
        let letter = Letter { request, session, token: None, at: self.now(), agreed, code };
        self.bring(device, letter).await;
    }

    /// Walks away.
    async fn leave(self: &Rc<Self>, device: &Rc<Device>) {
        let Some(open) = device.open.take() else { return };
        let request = self.alexa.borrow_mut().session_ended(Reason::UserInitiated, None);
        self.bring_silently(device, request, Some(open.session)).await;
    }
}

/// What a buyer says to this.
fn next(chance: &mut Chance, heard: &str) -> Saying {
    if chance.happens(120) {
        return *chance.pick(&ANYTHING);
    }
    let roll = chance.below(100);
    if heard.ends_with("Shall I place the order?") {
        match roll {
            0..85 => YES,
            85..90 => NO,
            _ => *chance.pick(&BUY),
        }
    } else if asks_for_code(heard) {
        match roll {
            0..65 => RIGHT,
            65..95 => WRONG,
            _ => YES,
        }
    } else if heard.ends_with("Would you like to check out?") {
        match roll {
            0..55 => YES,
            55..80 => CHECK_OUT,
            80..95 => *chance.pick(&BUY),
            _ => NO,
        }
    } else if heard.ends_with("Would you like to keep that cart?") {
        match roll {
            0..70 => YES,
            70..85 => NO,
            _ => CHECK_OUT,
        }
    } else {
        match roll {
            0..65 => *chance.pick(&BUY),
            65..90 => CHECK_OUT,
            90..95 => YES,
            _ => STATUS,
        }
    }
}
