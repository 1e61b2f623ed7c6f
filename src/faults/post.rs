//! Brings requests to the skill and its responses back, by a way on which both get lost, come twice, or find nobody alive.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep, timeout};

use super::auditor::{Auditor, Given, Invariant, Words, Yes, broken};
use super::chance::{Chance, Fault};
use super::speech::{asks_for_code, read_back};
use super::town::{Device, OpenSession, Town};
use crate::adapters::fingerprint;
use crate::domain::ids::{BuyerId, OrderId, Token};
use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::simulator::alexa::{self, ErrorType, Reason, Reply, SendRequest, Session};
use crate::simulator::amazon_pay::{ERROR_CODES, Effect, OUTCOMES, Outcome, Party, Step};
use crate::telemetry::chain;

/// The skill answers within this, whatever the store does.
const ANSWER_MAX: Duration = Duration::from_secs(4);
/// And within this where Amazon Pay has to answer our server first.
const CHARGING_ANSWER_MAX: Duration = Duration::from_millis(6_500);

/// How long Alexa waits.
const ALEXA_WAITS: Duration = Duration::from_secs(8);

/// A request on its way, and what it belongs to.
pub struct Letter {
    pub request: Value,
    pub session: Session,
    /// The token of an answer of Amazon Pay.
    pub token: Option<Token>,
    /// When it was said.
    pub at: Time,
    /// What the buyer has agreed to with this or before it, as long as the shop only waits for a code.
    pub agreed: Option<Agreement>,
    /// Whether it is the right voice code, if it is one.
    pub code: Option<bool>,
}

/// A yes to a read-back: its total, and its words.
pub type Agreement = (Money, String);

/// A directive on its way.
#[derive(Clone)]
struct Errand {
    send: SendRequest,
    /// The request whose response it came with, and the session that it ended.
    cause: String,
    session: Session,
}

impl Town {
    /// Brings a request that may be answered with speech, and lets the device go on with the answer.
    pub async fn bring(self: &Rc<Self>, device: &Rc<Device>, letter: Letter) {
        self.under_way.set(self.under_way.get() + 1);
        // From here on until its turn is over, a right code may have been taken.
        let right = device.person.id().filter(|_| letter.code == Some(true));
        if let Some(buyer) = &right {
            self.auditor.borrow_mut().codes.taken(buyer, self.now());
        }
        let mut heard = self.answered(device, &letter).await;
        if heard.is_none() && self.chance.draw().strikes(Fault::RequestAgain) {
            let pause = self.chance.draw().millis(1..=5_000);
            sleep(pause).await;
            self.note(&device.label(), "the request that was not answered comes once more");
            heard = self.answered(device, &letter).await;
        }
        match heard {
            Some((reply, asker)) => self.hear(device, &letter, reply, asker).await,
            None => self.missed(device, &letter).await,
        }
        if let Some(buyer) = &right {
            self.auditor.borrow_mut().codes.taken(buyer, self.now());
        }
        self.under_way.set(self.under_way.get() - 1);
    }

    /// The response, if one comes, and who has asked: before it is there, the person may have become another user.
    async fn answered(self: &Rc<Self>, device: &Rc<Device>, letter: &Letter) -> Option<(Reply, Option<BuyerId>)> {
        let asker = device.person.id();
        let envelope = self.alexa.borrow().envelope(&device.person.caller(device.name), Some(&letter.session), letter.request.clone());
        let (lost, at_once, later, crash, unheard) = {
            let mut chance = self.chance.draw();
            let [lost, at_once, later, crash, unheard] =
                [Fault::RequestLost, Fault::RequestTwiceAtOnce, Fault::RequestTwiceLater, Fault::Crash, Fault::ResponseLost]
                    .map(|fault| chance.strikes(fault));
            let later = later.then(|| chance.lull());
            (lost, at_once, later, crash.then(|| chance.millis(0..=40)), unheard)
        };
        if lost {
            self.note(&device.label(), "the request is lost");
            return None;
        }
        if let Some(after) = later {
            let (town, envelope) = (self.clone(), envelope.clone());
            self.under_way.set(self.under_way.get() + 1);
            spawn_local(async move {
                sleep(after).await;
                town.note("alexa", "an earlier request comes once more");
                drop(town.clone().invoke(envelope).await);
                town.look(|_, _| Ok(())).await;
                town.under_way.set(town.under_way.get() - 1);
            });
        }
        let waits = crash.unwrap_or(ALEXA_WAITS);
        let before = self.disturbances();
        let response = if at_once {
            let both = async { tokio::join!(self.clone().invoke(envelope.clone()), self.clone().invoke(envelope)) };
            let (first, second) = timeout(waits, both).await.unwrap_or_default();
            if before.is_some() && before == self.disturbances() && first != second {
                self.fail(broken(Invariant::SameAnswer, format!("first {}, then {}", shown(first.as_ref()), shown(second.as_ref()))));
            }
            first
        } else {
            timeout(waits, self.clone().invoke(envelope)).await.unwrap_or_default()
        };
        if crash.is_some() && response.is_none() {
            self.note(&device.label(), "the skill dies in the middle of the turn");
        }
        let reply = response.and_then(|response| match alexa::reply(&response) {
            Ok(reply) => Some(reply),
            Err(refused) => {
                self.fail(broken(Invariant::Accepted, refused.to_string()));
                None
            }
        });
        self.look(|_, _| Ok(())).await;
        if unheard && reply.is_some() {
            self.note(&device.label(), "the response is lost");
            return None;
        }
        reply.map(|reply| (reply, asker))
    }

    /// The skill, as it is deployed now.
    async fn invoke(self: Rc<Self>, envelope: Value) -> Option<Value> {
        let began = Instant::now();
        let linked = envelope["context"]["System"]["user"]["accessToken"].is_string();
        let answer_max = if linked { CHARGING_ANSWER_MAX } else { ANSWER_MAX };
        let answered = Box::pin(self.shops[self.deployed.get()].answer(envelope)).await;
        if began.elapsed() > answer_max {
            self.fail(broken(Invariant::InTime, format!("it took {} ms", began.elapsed().as_millis())));
        }
        match answered {
            Ok(response) => Some(response),
            Err(refusal) => {
                self.fail(broken(Invariant::Accepted, format!("refused: {}", chain(&refusal))));
                None
            }
        }
    }

    /// The device speaks, shows, sends and listens.
    async fn hear(self: &Rc<Self>, device: &Rc<Device>, letter: &Letter, reply: Reply, asker: Option<BuyerId>) {
        let speech = reply.speech.clone().unwrap_or_default();
        self.note(&device.label(), &format!("hears: {speech}"));
        let world = self.shops[self.deployed.get()].shop.world;
        if let Some(buyer) = asker {
            let first = letter.session.new && letter.token.is_none();
            let about = letter.token.as_ref().map(|token| &token.order);
            let words = Words { buyer: &buyer, world, speech: &speech, about, asked: letter.at, coded: letter.code.is_some(), first };
            let send = reply.send.clone();
            self.look(|auditor, view| {
                if !words.speech.is_empty() {
                    auditor.heard(words, view)?;
                }
                send.map_or(Ok(()), |send| Auditor::sent(&send, view))
            })
            .await;
        }
        device.last.replace(speech.clone());
        device.spoken.set(device.spoken.get() + 1);
        if let Some(send) = reply.send {
            device.open.take();
            let id = letter.request["requestId"].as_str().unwrap_or_default().to_owned();
            self.note(&device.label(), &format!("sends {}", told(&send)));
            self.under_way.set(self.under_way.get() + 1);
            let errand = Errand { send, cause: id, session: letter.session.clone() };
            spawn_local(self.clone().pay(device.clone(), errand));
        } else if reply.ends {
            device.open.take();
        } else {
            let session = Session { new: false, attributes: Some(reply.attributes.unwrap_or_else(|| json!({}))), ..letter.session.clone() };
            let agreed = letter.agreed.clone().filter(|_| asks_for_code(&speech));
            device.open.replace(Some(OpenSession { session, read_back: read_back(&speech), agreed, heard: speech }));
        }
    }

    /// Alexa apologises; it may tell the skill.
    async fn missed(self: &Rc<Self>, device: &Rc<Device>, letter: &Letter) {
        device.open.take();
        device.last.replace(String::new());
        device.spoken.set(device.spoken.get() + 1);
        if self.chance.draw().happens(500) {
            let request = self.alexa.borrow_mut().session_ended(Reason::Error, Some((ErrorType::InvalidResponse, "no response")));
            self.bring_silently(device, request, Some(Session { new: false, ..letter.session.clone() })).await;
        }
    }

    /// A request that is answered with nothing.
    pub async fn bring_silently(self: &Rc<Self>, device: &Rc<Device>, request: Value, session: Option<Session>) {
        if self.chance.draw().strikes(Fault::RequestLost) {
            return;
        }
        self.note(&device.label(), request["type"].as_str().unwrap_or_default());
        let envelope = self.alexa.borrow().envelope(&device.person.caller(device.name), session.as_ref(), request);
        if let Ok(Some(response)) = timeout(ALEXA_WAITS, self.clone().invoke(envelope)).await
            && let Err(refused) = alexa::silent_reply(&response)
        {
            self.fail(broken(Invariant::Accepted, refused.to_string()));
        }
        self.look(|_, _| Ok(())).await;
    }

    /// What becomes of a directive.
    async fn pay(self: Rc<Self>, device: Rc<Device>, errand: Errand) {
        self.directive(&device, errand).await;
        self.under_way.set(self.under_way.get() - 1);
    }

    async fn directive(self: &Rc<Self>, device: &Rc<Device>, errand: Errand) {
        let Errand { send, cause, session, .. } = &errand;
        let pause = self.chance.draw().millis(5..=3_000);
        sleep(pause).await;
        if self.chance.draw().strikes(Fault::DirectiveLost) {
            return self.note("amazon", "the directive is lost");
        }
        if self.chance.draw().strikes(Fault::DirectiveException) {
            return self.exception(device, cause).await;
        }
        if self.chance.draw().strikes(Fault::DirectiveSessionError) {
            let request = self.alexa.borrow_mut().session_ended(Reason::Error, Some((ErrorType::InternalServiceError, "lost")));
            return self.bring_silently(device, request, Some(Session { new: false, ..session.clone() })).await;
        }
        if self.chance.draw().strikes(Fault::DirectiveLate) {
            let pause = self.chance.draw().lull();
            sleep(pause).await;
        }
        let step = if send.name == "Setup" { Step::Setup } else { Step::Charge };
        let effect = effect(&mut self.chance.draw(), step);
        let party = Party { buyer: device.person.buyer, permission: device.person.permission.get() };
        let answer = self.amazon.with(|pay| pay.carry_out(step, &send.payload, party, self.now(), effect));
        self.note("amazon", &answer.summary);
        self.look(|_, _| Ok(())).await;
        if self.chance.draw().strikes(Fault::AnswerLost) {
            return self.note("amazon", "the answer is lost");
        }
        if self.chance.draw().strikes(Fault::AnswerException) {
            return self.exception(device, cause).await;
        }
        let (way, again) = {
            let mut chance = self.chance.draw();
            let way = if chance.strikes(Fault::AnswerDaysLate) {
                chance.millis(3_600_000..=4 * 86_400_000)
            } else if chance.strikes(Fault::AnswerLate) {
                chance.millis(20_000..=1_200_000)
            } else {
                chance.millis(5..=2_000)
            };
            (way, chance.strikes(Fault::AnswerTwice).then(|| chance.lull()))
        };
        if let Some(after) = again {
            let (town, device, errand, fields) = (self.clone(), device.clone(), errand.clone(), answer.fields.clone());
            self.under_way.set(self.under_way.get() + 1);
            spawn_local(async move {
                sleep(way + after).await;
                town.answer(&device, &errand, &fields).await;
                town.under_way.set(town.under_way.get() - 1);
            });
        }
        sleep(way).await;
        self.answer(device, &errand, &answer.fields).await;
    }

    async fn exception(self: &Rc<Self>, device: &Rc<Device>, cause: &str) {
        let request = self.alexa.borrow_mut().exception(ErrorType::InternalServiceError, "lost", cause);
        self.bring_silently(device, request, None).await;
    }

    /// Amazon Pay's answer, in a new session that displaces the one at the device.
    async fn answer(self: &Rc<Self>, device: &Rc<Device>, Errand { send, .. }: &Errand, fields: &Value) {
        if self.is_over() {
            return;
        }
        self.note(&device.label(), &format!("the answer to {} arrives", told(send)));
        let mut all = json!({ "name": send.name, "token": send.token });
        if let (Some(all), Some(fields)) = (all.as_object_mut(), fields.as_object()) {
            all.extend(fields.clone());
        }
        let (request, session) = {
            let mut alexa = self.alexa.borrow_mut();
            (alexa.request("Connections.Response", all), alexa.new_session())
        };
        device.open.take();
        let token = Token::parse(&send.token);
        let letter = Letter { request, session, token, at: self.now(), agreed: None, code: None };
        self.bring(device, letter).await;
    }

    /// A buyer's request agrees to a total, for the auditor's books.
    pub fn agreed(&self, device: &Device, request: &Value, (total, words): &Agreement) {
        let Some(buyer) = device.person.id() else { return };
        if let Ok(write) = fingerprint::write(request["requestId"].as_str().unwrap_or_default()) {
            self.auditor
                .borrow_mut()
                .said_yes(write, Yes { buyer, total: *total, words: words.clone(), at: self.now(), given: Given::Aloud });
        }
    }

    /// A buyer's request is a code.
    pub fn coded(&self, request: &Value, right: bool) {
        if let Ok(write) = fingerprint::write(request["requestId"].as_str().unwrap_or_default()) {
            self.auditor.borrow_mut().codes.said(write, right, self.now());
        }
    }
}

/// What Amazon Pay makes of a step.
pub(super) fn effect(chance: &mut Chance, step: Step) -> Effect {
    if !chance.strikes(Fault::AmazonUnwilling) {
        return Effect::Ordinary;
    }
    let fits = |outcome: &&Outcome| outcome.step.is_none_or(|only| only == step) && !matches!(outcome.effect, Effect::Delivery(_));
    if chance.happens(250) {
        let codes: Vec<_> = ERROR_CODES.iter().filter(|code| code.step.is_none_or(|only| only == step)).collect();
        return Effect::Error(chance.pick(&codes).code);
    }
    let usual = chance.happens(600);
    let unusual = |outcome: &&Outcome| !matches!(outcome.effect, Effect::Authorization(_) | Effect::Ordinary);
    let outcomes: Vec<_> = OUTCOMES.iter().filter(fits).filter(|outcome| unusual(outcome) != usual || step == Step::Setup).collect();
    chance.pick(&outcomes).effect
}

fn shown(response: Option<&Value>) -> String {
    response.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// A directive in a trace.
fn told(send: &SendRequest) -> String {
    let reference = send.payload["authorizeAttributes"]["authorizationReferenceId"].as_str();
    let order = send.token.split('.').next().and_then(|id| OrderId::parse(id).ok());
    match (reference, order) {
        (Some(reference), _) => format!("{} {reference}", send.name),
        (None, Some(order)) => format!("{} for {order}", send.name),
        (None, None) => send.name.clone(),
    }
}
