//! The local world: buyers, devices, Alexa and Amazon Pay around one skill. It plays whole turns, payment steps included, and tells
//! what happened as [`Event`]s. It prints nothing and reads no file.
//!
//! Sessions follow `reference/alexa-skill.md` sections 1 to 3; payment steps `reference/alexa-amazon-pay.md` sections 2, 6 and 12: the
//! session of a directive is over, and the answer comes in a new one without attributes.

mod command;
mod commands;
mod payment;
mod plans;
mod skill;
mod transcript;

pub use command::{CommandError, HELP};
pub use plans::Plans;
pub use skill::{Linked, Skill, SkillError};
pub use transcript::{Event, shown, transcript};

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::command::Answers;
use self::payment::Held;
use super::alexa::{self, Alexa, Caller, ErrorType, Permission, Reason, Session};
use super::amazon_pay::books::{Books, BooksError};
use super::amazon_pay::{BUYERS, Buyer, Moved};
use super::clock::Clock;
use super::ids::{Ids, letters};
use super::model::{Hearing, Model};
use crate::telemetry::chain;

/// How long Alexa waits for an answer (`reference/alexa-skill.md` section 3).
const ANSWER_SECONDS_MAX: u64 = 8;

/// More payment steps in one turn than any dialogue needs; a skill that goes on has lost its way.
const ROUNDS_MAX: usize = 12;

/// What Alexa says when a response cannot be used.
const APOLOGY: &str = "There was a problem with the requested skill's response.";

/// What a world is made of.
#[derive(Debug)]
pub struct Setting {
    pub model: Model,
    pub locale: String,
    pub skill_id: String,
    pub clock: Clock,
    pub ids: Ids,
    /// Distinguishes the user ids of this household from those of others; the same text gives the same users.
    pub household: String,
    /// What the local Amazon Pay remembers.
    pub books: Arc<Books>,
    /// What is to become of payment steps.
    pub plans: Plans,
}

/// One request to the skill and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub request: Value,
    /// `None` when there was no answer.
    pub response: Option<Value>,
}

/// The world around one skill.
pub struct World<S> {
    skill: S,
    model: Model,
    alexa: Alexa,
    books: Arc<Books>,
    household: String,
    buyer: Buyer,
    device: String,
    sessions: BTreeMap<Place, OpenSession>,
    permissions: BTreeMap<&'static str, Permission>,
    /// How often each buyer has enabled the skill anew.
    enablements: BTreeMap<&'static str, u32>,
    /// The access tokens of those who have linked their accounts.
    links: BTreeMap<&'static str, String>,
    /// The newest token from a browser that this world knows of, for each buyer: one that was unlinked since does not come back by itself.
    browsed: BTreeMap<&'static str, String>,
    plans: Plans,
    answers: Answers,
    held: Vec<Held>,
    last_answer: Option<Held>,
    exchanges: Vec<Exchange>,
}

/// Who stands where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    buyer: &'static str,
    device: String,
}

struct OpenSession {
    session: Session,
    reprompt: Option<String>,
    reprompted: bool,
}

/// A request on its way to the skill.
enum Post {
    /// One that may be answered with speech.
    Spoken { request: Value, session: Session },
    /// One whose response gets lost: Alexa took too long, or the network did.
    Unheard { request: Value, session: Session },
    /// One that is answered with nothing.
    Silent { request: Value, session: Option<Session> },
}

impl<S: Skill> World<S> {
    /// A world in which nobody has spoken yet: Ada stands in the living room and has granted every permission.
    pub fn new(setting: Setting, skill: S) -> Self {
        let Setting { model, locale, skill_id, clock, ids, household, books, plans } = setting;
        Self {
            skill,
            model,
            alexa: Alexa { skill_id, locale, clock, ids },
            books,
            household,
            buyer: BUYERS[0],
            device: "living-room".to_owned(),
            sessions: BTreeMap::new(),
            permissions: BTreeMap::new(),
            enablements: BTreeMap::new(),
            links: BTreeMap::new(),
            browsed: BTreeMap::new(),
            plans,
            answers: Answers::default(),
            held: Vec::new(),
            last_answer: None,
            exchanges: Vec::new(),
        }
    }

    /// The clock of this world.
    pub const fn clock(&self) -> &Clock {
        &self.alexa.clock
    }

    /// The skill.
    pub const fn skill(&self) -> &S {
        &self.skill
    }

    /// Everything authorized or captured so far; no real money.
    ///
    /// # Errors
    /// When the books cannot be read.
    pub fn moved(&self) -> Result<Vec<Moved>, BooksError> {
        self.books.with(|pay| pay.moved(self.alexa.clock.now()).collect())
    }

    /// Whether the skill listens to the buyer at the device.
    pub fn session_open(&self) -> bool {
        self.sessions.contains_key(&self.place())
    }

    /// The requests and responses since this was last asked.
    pub fn take_exchanges(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.exchanges)
    }

    /// The buyer says something: plays the whole turn.
    pub async fn say(&mut self, utterance: &str) -> Vec<Event> {
        let mut events = self.look_for_link().await;
        events.push(Event::Said(utterance.trim().to_owned()));
        let hearing = self.model.hear(utterance, self.session_open());
        let post = match hearing {
            Hearing::Launch => {
                events.push(Event::Launched);
                let session = self.fresh_session(&mut events);
                Post::Spoken { request: self.alexa.request("LaunchRequest", Value::Null), session }
            }
            Hearing::OneShot(heard) => {
                let session = self.fresh_session(&mut events);
                let request = self.alexa.intent_request(&self.model, &heard);
                events.push(Event::Heard(heard));
                Post::Spoken { request, session }
            }
            Hearing::Intent(heard) => {
                let session = match self.sessions.remove(&self.place()) {
                    Some(open) => open.session,
                    None => self.fresh_session(&mut events),
                };
                let request = self.alexa.intent_request(&self.model, &heard);
                events.push(Event::Heard(heard));
                Post::Spoken { request, session }
            }
            Hearing::NotForTheSkill => {
                let name = self.model.invocation_name();
                events.push(Event::Note(format!("The skill is not open, so Alexa did not send it this. Say \"open {name}\" first.")));
                return events;
            }
            Hearing::Nothing => {
                events.push(Event::Note("Alexa found no intent for this, and the model has no AMAZON.FallbackIntent.".to_owned()));
                return events;
            }
        };
        self.play(self.place(), VecDeque::from([post]), &mut events).await;
        events
    }

    /// The mail about orders that has gone out since this was last asked.
    pub async fn mail(&self) -> Vec<Event> {
        let mail = self.skill.mail(self.clock().now()).await;
        mail.into_iter().map(Event::Mail).collect()
    }

    /// The buyer says nothing: the reprompt comes, and after a second silence the session ends.
    pub async fn silence(&mut self) -> Vec<Event> {
        let place = self.place();
        let Some(open) = self.sessions.get_mut(&place) else { return vec![Event::Note("No session is open.".to_owned())] };
        match open.reprompt.clone() {
            Some(reprompt) if !open.reprompted => {
                open.reprompted = true;
                vec![Event::Says(reprompt)]
            }
            _ => self.close(Reason::ExceededMaxReprompts, "the buyer said nothing").await,
        }
    }

    /// The buyer ends the session without the skill's help.
    pub async fn end(&mut self) -> Vec<Event> {
        self.close(Reason::UserInitiated, "the buyer ended it").await
    }

    async fn close(&mut self, reason: Reason, why: &str) -> Vec<Event> {
        let place = self.place();
        let Some(open) = self.sessions.remove(&place) else { return vec![Event::Note("No session is open.".to_owned())] };
        let mut events = vec![Event::SessionEnded { why: why.to_owned() }];
        let request = self.alexa.session_ended(reason, None);
        self.play(place, VecDeque::from([Post::Silent { request, session: Some(open.session) }]), &mut events).await;
        events
    }

    fn place(&self) -> Place {
        Place { buyer: self.buyer.name, device: self.device.clone() }
    }

    /// A new session at the device. One that was open is left; that the skill is told nothing of it is unconfirmed, but the harder case.
    fn fresh_session(&mut self, events: &mut Vec<Event>) -> Session {
        if self.sessions.remove(&self.place()).is_some() {
            events.push(Event::Note("The open session is left; a new one begins.".to_owned()));
        }
        Session { attributes: Some(json!({})), ..self.alexa.new_session() }
    }

    fn permission(&self, buyer: &str) -> Permission {
        self.permissions.get(buyer).copied().unwrap_or_default()
    }

    fn caller(&self, place: &Place) -> Caller {
        let enablement = self.enablements.get(place.buyer).copied().unwrap_or_default();
        // As long as real ones, so that keys and sizes are tried with real lengths.
        Caller {
            user_id: format!("amzn1.ask.account.{}", letters(&format!("{} {} {enablement}", self.household, place.buyer), 207)),
            device_id: format!("amzn1.ask.device.{}", letters(&format!("{} {}", self.household, place.device), 156)),
            permission: self.permission(place.buyer),
            access_token: self.links.get(place.buyer).cloned(),
        }
    }

    /// Sends requests until none is left; answers may cause more.
    async fn play(&mut self, place: Place, mut posts: VecDeque<Post>, events: &mut Vec<Event>) {
        let mut rounds = 0;
        while let Some(post) = posts.pop_front() {
            rounds += 1;
            if rounds > ROUNDS_MAX {
                events.push(Event::Fault(format!("the skill asked for more than {ROUNDS_MAX} payment steps in one turn")));
                return;
            }
            match post {
                Post::Spoken { request, session } => posts.extend(self.spoken(&place, request, session, events).await),
                Post::Unheard { request, session } => {
                    let fault = self.exchange(&place, Some(&session), request).await.err().map(|error| Event::Fault(chain(&error)));
                    events.push(fault.unwrap_or_else(|| Event::Note("The skill answers, and nobody hears it.".to_owned())));
                }
                Post::Silent { request, session } => self.silent(&place, request, session.as_ref(), events).await,
            }
        }
    }

    /// One request that may be answered with speech, and what follows from the answer.
    async fn spoken(&mut self, place: &Place, request: Value, session: Session, events: &mut Vec<Event>) -> Vec<Post> {
        let request_id = request["requestId"].as_str().unwrap_or_default().to_owned();
        let response = self.exchange(place, Some(&session), request).await;
        let charged = |summary| Event::Payment { name: "Charge".to_owned(), summary };
        events.extend(self.plans.take_paid().into_iter().map(charged));
        let checked = response.map_err(|error| (error.error_type(), chain(&error))).and_then(|response| {
            alexa::reply(&response).map_err(|refused| (ErrorType::InvalidResponse, format!("Alexa refuses the response: {refused}")))
        });
        let reply = match checked {
            Ok(reply) => reply,
            Err((kind, what)) => {
                self.sessions.remove(place);
                events.push(Event::Says(APOLOGY.to_owned()));
                events.push(Event::Fault(what.clone()));
                events.push(Event::SessionEnded { why: format!("error, {}", kind.code()) });
                let request = self.alexa.session_ended(Reason::Error, Some((kind, &what)));
                return vec![Post::Silent { request, session: Some(Session { new: false, ..session }) }];
            }
        };
        events.extend(reply.speech.filter(|speech| !speech.is_empty()).map(Event::Says));
        events.extend(reply.card.map(Event::Card));
        events.extend(reply.directives.into_iter().map(|kind| Event::Note(format!("{kind} was accepted and has no effect here."))));
        if let Some(send) = reply.send {
            self.sessions.remove(place);
            return self.pay(place, &send, &request_id, session, events);
        }
        if reply.ends {
            self.sessions.remove(place);
            events.push(Event::SessionEnded { why: "the skill ended it".to_owned() });
        } else {
            let attributes = Some(reply.attributes.unwrap_or_else(|| json!({})));
            let session = Session { new: false, attributes, ..session };
            self.sessions.insert(place.clone(), OpenSession { session, reprompt: reply.reprompt, reprompted: false });
        }
        Vec::new()
    }

    /// One request that is answered with nothing.
    async fn silent(&mut self, place: &Place, request: Value, session: Option<&Session>, events: &mut Vec<Event>) {
        let kind = request["type"].as_str().unwrap_or_default().to_owned();
        let fault = match self.exchange(place, session, request).await {
            Err(error) => Some(chain(&error)),
            Ok(response) => alexa::silent_reply(&response).err().map(|refused| refused.to_string()),
        };
        events.extend(fault.map(|fault| Event::Fault(format!("after {kind}: {fault}"))));
    }

    async fn exchange(&mut self, place: &Place, session: Option<&Session>, request: Value) -> Result<Value, SkillError> {
        let envelope = self.alexa.envelope(&self.caller(place), session, request);
        let begun = Instant::now();
        let answered = self.skill.invoke(envelope.clone()).await;
        let late = begun.elapsed() > Duration::from_secs(ANSWER_SECONDS_MAX);
        let answered = if late { Err(SkillError::TimedOut { seconds: ANSWER_SECONDS_MAX }) } else { answered };
        self.exchanges.push(Exchange { request: envelope, response: answered.as_ref().ok().cloned() });
        answered
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
