//! A shop small enough to be read at a glance, for tests that need some skill.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Plans, Setting, Skill, SkillError};
use crate::domain::time::Time;
use crate::simulator::amazon_pay::books::Books;
use crate::simulator::clock::{Clock, REPLAY_START};
use crate::simulator::ids::Ids;
use crate::simulator::model::Model;

pub const MODEL: &str = r#"{"interactionModel":{"languageModel":{"invocationName":"petal and stem","intents":[
  {"name":"AMAZON.FallbackIntent"},{"name":"AMAZON.YesIntent"},{"name":"AMAZON.StopIntent"},{"name":"AMAZON.HelpIntent"},
  {"name":"BuyIntent","slots":[{"name":"product","type":"PRODUCT"},{"name":"quantity","type":"AMAZON.NUMBER"}],
   "samples":["buy {quantity} {product}","buy {product}"]}],
  "types":[{"name":"PRODUCT","values":[{"id":"rose","name":{"value":"red roses","synonyms":["roses"]}}]}]}}}"#;

/// What a test lets the skill answer to a request; `None` leaves it to the little shop.
type Script = Box<dyn Fn(&Value) -> Option<Value> + Send + Sync>;

/// The little shop: "buy" sets up, "yes" charges.
#[derive(Clone)]
pub struct LittleShop {
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Value>>>,
    agreement: Arc<Mutex<String>>,
}

impl LittleShop {
    pub fn new() -> Self {
        Self::scripted(|_| None)
    }

    pub fn scripted(script: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static) -> Self {
        Self { script: Arc::new(Box::new(script)), seen: Arc::default(), agreement: Arc::default() }
    }

    /// Every envelope so far.
    pub fn seen(&self) -> Vec<Value> {
        self.seen.lock().unwrap().clone()
    }

    /// The types of the requests so far.
    pub fn seen_types(&self) -> Vec<String> {
        self.seen().iter().map(|envelope| envelope["request"]["type"].as_str().unwrap().to_owned()).collect()
    }

    fn answer(&self, envelope: &Value) -> Value {
        let request = &envelope["request"];
        match (request["type"].as_str().unwrap(), request["intent"]["name"].as_str().unwrap_or_default()) {
            ("LaunchRequest", _) => ask("Welcome to Petal and Stem.", "What would you like?"),
            ("IntentRequest", "BuyIntent") => send("Setup", &setup()),
            ("IntentRequest", "AMAZON.YesIntent") => send("Charge", &charge(&self.agreement.lock().unwrap())),
            ("IntentRequest", "AMAZON.StopIntent") => say("Goodbye."),
            ("IntentRequest", _) => ask("Say buy roses.", "Say buy roses."),
            ("Connections.Response", _) if request["status"]["code"] != "200" => {
                let mut response = say("That did not work.");
                response["response"]["card"] = json!({"type": "AskForPermissionsConsent", "permissions": ["payments:autopay_consent"]});
                response
            }
            ("Connections.Response", _) if request["name"] == "Setup" => {
                let id = request["payload"]["billingAgreementDetails"]["billingAgreementId"].as_str().unwrap_or_default();
                *self.agreement.lock().unwrap() = id.to_owned();
                ask("Red roses, 19.99 dollars. Shall I charge it?", "Shall I charge it?")
            }
            ("Connections.Response", _) => {
                let state = request["payload"]["authorizationDetails"]["authorizationStatus"]["state"].as_str().unwrap_or("unknown");
                let mut response = say(&format!("The charge is {state}."));
                response["response"]["card"] = json!({"type": "Simple", "title": "Petal and Stem", "content": "Red roses\nUSD 19.99"});
                response
            }
            _ => json!({"version": "1.0", "response": {}}),
        }
    }
}

impl Skill for LittleShop {
    async fn invoke(&self, envelope: Value) -> Result<Value, SkillError> {
        self.seen.lock().unwrap().push(envelope.clone());
        match (self.script)(&envelope) {
            Some(Value::Null) => Err(SkillError::Failed("out of roses".into())),
            Some(response) => Ok(response),
            None => Ok(self.answer(&envelope)),
        }
    }

    async fn aside(&self, command: &str, _: Time) -> Option<String> {
        (command == ".orders").then(|| "no orders".to_owned())
    }
}

pub fn setting() -> Setting {
    Setting {
        plans: Plans::default(),
        books: Arc::new(Books::in_memory()),
        model: Model::parse(MODEL).unwrap(),
        locale: "en-US".to_owned(),
        skill_id: "amzn1.ask.skill.test".to_owned(),
        clock: Clock::standing(REPLAY_START),
        ids: Ids::seeded(1),
        household: "test".to_owned(),
    }
}

pub fn say(text: &str) -> Value {
    json!({"version": "1.0", "response": {"outputSpeech": {"type": "SSML", "ssml": format!("<speak>{text}</speak>")}, "shouldEndSession": true}})
}

pub fn ask(text: &str, reprompt: &str) -> Value {
    let mut response = say(text);
    response["response"]["shouldEndSession"] = json!(false);
    response["response"]["reprompt"] = json!({"outputSpeech": {"type": "PlainText", "text": reprompt}});
    response["sessionAttributes"] = json!({"asked": text});
    response
}

pub fn send(name: &str, payload: &Value) -> Value {
    json!({"version": "1.0", "response": {"shouldEndSession": true,
        "directives": [{"type": "Connections.SendRequest", "name": name, "payload": payload, "token": "token-1"}]}})
}

fn setup() -> Value {
    json!({"@type": "SetupAmazonPayRequest", "@version": "2", "sellerId": "A1SELLER", "countryOfEstablishment": "US", "ledgerCurrency": "USD",
        "needAmazonShippingAddress": true, "sandboxMode": true, "sandboxCustomerEmailId": "buyer@sandbox.example"})
}

fn charge(agreement: &str) -> Value {
    json!({"@type": "ChargeAmazonPayRequest", "@version": "2", "sellerId": "A1SELLER", "billingAgreementId": agreement,
        "paymentAction": "AuthorizeAndCapture", "authorizeAttributes": {"@type": "AuthorizeAttributes", "@version": "2",
        "authorizationReferenceId": "order1a1", "authorizationAmount": {"@type": "Price", "@version": "2", "amount": "19.99", "currencyCode": "USD"}}})
}
