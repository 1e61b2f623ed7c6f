//! One buyer at one device, and Amazon Pay behind it: envelopes as Alexa makes them, one at a time, so that a test can send any of them
//! twice, late, or not at all.

use serde_json::{Value, json};
use voicetill::config::{Config, Env};
use voicetill::domain::ids::OrderId;
use voicetill::simulator::alexa::{Alexa, Caller, Permission, Reply, Session, reply, silent_reply};
use voicetill::simulator::amazon_pay::books::Books;
use voicetill::simulator::amazon_pay::{self, BUYERS, Effect, Moved, Party, Step};
use voicetill::simulator::clock::{Clock, REPLAY_START};
use voicetill::simulator::ids::{Ids, letters};

/// The only skill that the tests serve.
pub const SKILL: &str = "amzn1.ask.skill.00000000-0000-0000-0000-00000000000a";

/// The example shop.
pub fn config() -> Config {
    Config::embedded(&Env::default()).unwrap()
}

/// A buyer at a device, and what Alexa keeps between requests.
#[derive(Clone)]
pub struct Device {
    pub caller: Caller,
    alexa: Alexa,
    session: Session,
}

impl Device {
    /// A device in a household of its own, in which consent to Amazon Pay has been given.
    pub fn new(household: &str) -> Self {
        let clock = Clock::standing(REPLAY_START);
        let alexa = Alexa { skill_id: SKILL.to_owned(), locale: "en-US".to_owned(), clock, ids: Ids::seeded(1) };
        let user_id = format!("amzn1.ask.account.{}", letters(household, 207));
        let caller = Caller { user_id, device_id: "kitchen".to_owned(), permission: Permission::Granted, access_token: None };
        Self { caller, session: alexa.clone().new_session(), alexa }
    }

    /// Another device of the same buyer, whose clock is this one's.
    pub fn beside(&self) -> Self {
        self.beside_with(2)
    }

    /// One of several other devices; each has request ids of its own.
    pub fn beside_with(&self, ids: u64) -> Self {
        let caller = Caller { device_id: format!("bedroom {ids}"), ..self.caller.clone() };
        let alexa = Alexa { ids: Ids::seeded(ids), ..self.alexa.clone() };
        Self { caller, alexa, session: self.session.clone() }
    }

    pub fn clock(&self) -> &Clock {
        &self.alexa.clock
    }

    /// "Alexa, open petal and stem."
    pub fn launch(&mut self) -> Value {
        self.session = Session { attributes: Some(json!({})), ..self.alexa.new_session() };
        let request = self.alexa.request("LaunchRequest", Value::Null);
        self.envelope(request)
    }

    /// An intent with the words of its slots, in the session that is open.
    pub fn intent(&mut self, name: &str, slots: &[(&str, &str)]) -> Value {
        let slots: Value = slots.iter().map(|(slot, words)| ((*slot).to_owned(), json!({ "name": slot, "value": words }))).collect();
        let intent = json!({ "name": name, "confirmationStatus": "NONE", "slots": slots });
        let request = self.alexa.request("IntentRequest", json!({ "intent": intent }));
        self.envelope(request)
    }

    pub fn buy(&mut self, quantity: &str, product: &str) -> Value {
        self.intent("BuyIntent", &[("product", product), ("quantity", quantity)])
    }

    pub fn yes(&mut self) -> Value {
        self.intent("AMAZON.YesIntent", &[])
    }

    /// The session is over without a word.
    pub fn end(&mut self, error: bool) -> Value {
        let fields = if error {
            json!({ "reason": "ERROR", "error": { "type": "INVALID_RESPONSE", "message": "asked for by a test" } })
        } else {
            json!({ "reason": "USER_INITIATED" })
        };
        let request = self.alexa.request("SessionEndedRequest", fields);
        self.envelope(request)
    }

    /// Amazon Pay's answer to a directive, in a session of its own.
    pub fn answer(&mut self, name: &str, token: &str, fields: Value) -> Value {
        self.session = self.alexa.new_session();
        let mut request = self.alexa.request("Connections.Response", fields);
        request["name"] = json!(name);
        request["token"] = json!(token);
        self.envelope(request)
    }

    /// Takes the skill's response as Alexa would, if it is one that Alexa would take at all.
    pub fn hear(&mut self, response: &Value) -> Reply {
        let reply = valid(response);
        self.session.new = false;
        self.session.attributes.clone_from(&reply.attributes);
        reply
    }

    fn envelope(&self, request: Value) -> Value {
        self.alexa.envelope(&self.caller, Some(&self.session), request)
    }
}

/// A response to a request that is spoken to, taken apart; every rule of Alexa's holds.
pub fn valid(response: &Value) -> Reply {
    reply(response).unwrap_or_else(|refused| panic!("{refused}\n{response:#}"))
}

/// Whether Alexa would take the response, to whatever it answers.
pub fn acceptable(response: &Value) -> bool {
    reply(response).is_ok() || silent_reply(response).is_ok()
}

/// Amazon Pay, as far as tests need it.
pub struct Bank {
    pub books: Books,
    /// The reference of every Charge that has arrived here.
    pub charges: Vec<String>,
}

impl Default for Bank {
    fn default() -> Self {
        Self { books: Books::in_memory(), charges: Vec::new() }
    }
}

impl Bank {
    /// Carries out what the skill has sent, and gives Alexa's request with the answer.
    pub fn carry_out(&mut self, device: &mut Device, reply: &Reply, effect: Effect) -> Value {
        let send = reply.send.as_ref().unwrap_or_else(|| panic!("nothing was sent: {reply:?}"));
        let step = if send.name == "Setup" { Step::Setup } else { Step::Charge };
        self.charges.extend(attempt(reply));
        let party = Party { buyer: BUYERS[0], permission: device.caller.permission };
        let carried_out = self.books.with(|pay| pay.carry_out(step, &send.payload, party, device.clock().now(), effect));
        let amazon_pay::Answer { fields, .. } = carried_out.unwrap();
        device.answer(&send.name, &send.token, fields)
    }

    /// Everything that was taken.
    pub fn captured(&self, device: &Device) -> Vec<Moved> {
        self.books.with(|pay| pay.moved(device.clock().now()).filter(|moved| moved.captured).collect()).unwrap()
    }
}

/// The id of the attempt that a reply charges, if it charges one.
pub fn attempt(reply: &Reply) -> Option<String> {
    let send = reply.send.as_ref().filter(|send| send.name == "Charge")?;
    Some(send.payload["authorizeAttributes"]["authorizationReferenceId"].as_str().unwrap().to_owned())
}

/// The order that a directive is about.
pub fn order(reply: &Reply) -> OrderId {
    let token = &reply.send.as_ref().unwrap().token;
    OrderId::parse(token.split_once('.').unwrap().0).unwrap()
}

/// What is said, or nothing.
pub fn speech(reply: &Reply) -> &str {
    reply.speech.as_deref().unwrap_or_default()
}

/// Whether a buyer who hears this takes the order for paid. "Whether the payment went through" says the opposite.
pub fn claims_paid(speech: &str) -> bool {
    let speech = speech.to_lowercase().replace("whether the payment went through", "");
    ["went through", "paid", "complete", "thank you"].iter().any(|claim| speech.contains(claim))
}
