//! The Alexa skill: one envelope in, one response out.

use std::time::Duration;

use serde_json::Value;

use super::late::Late;
use crate::adapters::alexa::from_wire::{Turn, turn};
use crate::adapters::alexa::session::{attributes, session};
use crate::adapters::alexa::speech::{Speech, SpeechError};
use crate::adapters::alexa::to_wire::{self, Response};
use crate::adapters::alexa::verify::{ApplicationId, VerifyError, verify};
use crate::adapters::alexa::wire::{AnswerStyle, Envelope, Failure, Incoming, Kind, Payment, Request as Wire, WireError};
use crate::adapters::amazon_pay::settings::Settings;
use crate::adapters::amazon_pay::{answers, send};
use crate::adapters::link::key::{CodeKey, LinkKey};
use crate::adapters::link::secrets::{Secrets, SecretsError};
use crate::adapters::link::token::{self, Linked};
use crate::adapters::{fingerprint, system};
use crate::app::{Request, Till, TurnError, apology};
use crate::config::Config;
use crate::domain::dialog::{Answer, Input, Link, Moment, Reply, Said, Say, Send, Session};
use crate::domain::ids::{BuyerId, IdError, Locale, Token};
use crate::domain::message::Listener;
use crate::domain::order::Outcome;
use crate::domain::shop::Shop;
use crate::domain::time::Time;
use crate::ports::{Addressees, Charges, Codes, NoCharges, Store, Unready, Wallets};
use crate::telemetry::chain;

/// A turn is a read and a write at most. When the store cannot serve them by now, it is better to say so than to let the buyer wait.
const TURN_MAX: Duration = Duration::from_millis(3_600);
/// Where our server charges, Amazon Pay has its part of the time that Alexa waits.
const CHARGING_TURN_MAX: Duration = Duration::from_millis(6_500);

/// The skill event for an account that was linked.
const LINKED: &str = "SkillAccountLinked";
/// The one for a skill that the buyer wants no more.
const DISABLED: &str = "SkillDisabled";

/// What linked buyers are known by.
#[derive(Debug)]
pub struct Keys {
    /// Signs access tokens.
    pub links: LinkKey,
    /// Hashes voice codes.
    pub codes: CodeKey,
}

impl Keys {
    /// Those among the secrets of account linking.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub fn of(secrets: &Secrets) -> Result<Self, SecretsError> {
        Ok(Self { links: secrets.link_key()?, codes: secrets.code_key()? })
    }
}

/// Everything that one skill is made of, put together once at start.
#[derive(Debug)]
pub struct Skill<S, C = NoCharges> {
    pub store: S,
    pub charges: C,
    /// What linked buyers are known by; without it nobody is linked.
    pub keys: Option<Late<Keys>>,
    pub shop: Shop,
    pub pay: Settings,
    pub speech: Speech,
    pub applications: Vec<ApplicationId>,
}

impl<S> Skill<S> {
    /// A skill for this shop, which serves one application.
    ///
    /// # Errors
    /// [`SpeechError`] when a language has no words.
    pub fn new(config: Config, application: ApplicationId, store: S) -> Result<Self, SpeechError> {
        let Config { shop, pay, .. } = config;
        let speech = Speech::new(&shop.locales)?;
        Ok(Self { store, charges: NoCharges, keys: None, shop, pay, speech, applications: vec![application] })
    }

    /// The same skill for buyers with saved wallets too. Without keys nobody is linked, and nothing is charged.
    #[must_use]
    pub fn with_wallets<C>(self, charges: C, keys: Option<Late<Keys>>) -> Skill<S, C> {
        let Self { store, charges: NoCharges, keys: _, shop, pay, speech, applications } = self;
        Skill { store, charges, keys, shop, pay, speech, applications }
    }
}

/// Why a request is not answered at all. It gets no speech: whoever sent it is not Alexa, or not for this skill.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the request was not understood")]
    Wire(#[from] WireError),
    #[error("the request is not for this skill")]
    Verify(#[from] VerifyError),
    #[error("the request names nobody")]
    Id(#[from] IdError),
}

impl<S: Store + Wallets + Addressees, C: Charges> Skill<S, C> {
    /// Answers one request that has been parsed as JSON.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has been read or written then.
    pub async fn answer(&self, envelope: Value) -> Result<Value, Refusal> {
        self.respond(Incoming::from_value(envelope)?).await.map(Value::from)
    }

    /// Answers one request that the Lambda runtime has parsed.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has been read or written then.
    pub async fn answer_envelope(&self, envelope: Envelope) -> Result<Response, Refusal> {
        self.respond(Incoming::from_envelope(envelope)?).await
    }

    /// Answers one request as it came over the wire.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has been read or written then.
    pub async fn answer_bytes(&self, body: &[u8]) -> Result<Value, Refusal> {
        self.respond(Incoming::parse(body)?).await.map(Value::from)
    }

    async fn respond(&self, incoming: Incoming) -> Result<Response, Refusal> {
        let wire = verify(incoming, &self.applications)?;
        report(&wire.kind);
        let request = match turn(&wire) {
            Turn::CanFulfill(intent) => return Ok(to_wire::can_fulfill(intent)),
            Turn::Event(LINKED) => {
                self.bring_cart(&wire).await?;
                self.bring_listener(&wire).await?;
                return Ok(to_wire::empty());
            }
            // With the skill the buyer's id is gone: after it is enabled anew, there is another.
            Turn::Event(DISABLED) => {
                self.listens(&wire, false).await?;
                return Ok(to_wire::empty());
            }
            Turn::Subscribed { orders } => {
                self.listens(&wire, orders).await?;
                return Ok(to_wire::empty());
            }
            Turn::Event(_) | Turn::Nothing => return Ok(to_wire::empty()),
            // Alexa reports the end of a session without an id at times; then a write would have nothing to be recognised by.
            Turn::Dialog(_) if wire.id.is_empty() => return Ok(to_wire::empty()),
            Turn::Dialog(input) => {
                let session = session(wire.attributes.as_ref(), self.shop.world);
                Request::Input { new: wire.new || session.is_none(), session: session.unwrap_or_default(), input }
            }
            Turn::Payment(payment) => {
                let token = payment.token.as_deref().and_then(Token::parse);
                let answer = answers::read(payment, self.shop.world, token.as_ref().map(|token| &token.order));
                report_payment(payment, &answer);
                Request::Answer { token, answer }
            }
        };
        let locale = self.locale(&wire);
        let reply = self.take(&wire, locale, request).await?;
        Ok(match wire.kind.answer_style() {
            AnswerStyle::Speak => self.speak(locale, reply),
            AnswerStyle::Empty | AnswerStyle::CanFulfill => to_wire::empty(),
        })
    }

    /// Plays the launch of somebody who is nobody, up to the response. Initialisation runs at full speed and the first turn does not: this
    /// opens the connection, and brings the code and the words of a turn into memory.
    ///
    /// # Errors
    /// [`TurnError`]; the store may still answer later.
    pub async fn rehearse(&self) -> Result<(), TurnError> {
        let (Ok(buyer), Ok(write)) = (fingerprint::buyer("-"), fingerprint::write("-")) else { return Ok(()) };
        let locale = &self.shop.locales[0];
        let moment = Moment { shop: &self.shop, buyer: &buyer, locale, now: system::now(), write: &write, consent: false, link: None };
        let launch = Request::Input { new: true, session: Session::default(), input: Input::Launch };
        let reply = self.till(None).take(&moment, launch).await?;
        drop(self.speak(locale, reply));
        Ok(())
    }

    fn locale(&self, wire: &Wire) -> &Locale {
        let spoken = wire.locale.as_ref().and_then(|locale| self.shop.locales.iter().find(|own| *own == locale));
        spoken.unwrap_or(&self.shop.locales[0])
    }

    /// A buyer who was sent to the link page in the middle of a purchase finds the cart again. It is no reason to fail the event.
    async fn bring_cart(&self, wire: &Wire) -> Result<(), Refusal> {
        let now = wire.at.unwrap_or_else(system::now);
        let keys = self.keys(wire).await.unwrap_or_else(|unready| {
            tracing::error!(error = chain(&unready), "the cart of before was not brought along");
            None
        });
        let (Some(user), Some(linked)) = (wire.user.as_deref(), linked(keys, wire, now)) else { return Ok(()) };
        let (before, write) = (fingerprint::buyer(user)?, fingerprint::write(&wire.id)?);
        let (locale, link) = (self.locale(wire), Some(Link { generation: linked.generation }));
        let moment = Moment { shop: &self.shop, buyer: &linked.buyer, locale, now, write: &write, consent: wire.consent, link };
        if let Err(error) = self.till(keys).bring_cart(&moment, &before).await {
            tracing::warn!(error = chain(&error), "the cart of before was not brought along");
        }
        Ok(())
    }

    /// The buyer's devices are to tell of orders, or not any more: of those that were bought before linking, and of those after.
    async fn listens(&self, wire: &Wire, orders: bool) -> Result<(), Refusal> {
        let Some(user) = wire.user.as_deref() else { return Ok(()) };
        let listener = Listener::parse(user).filter(|_| orders);
        let linked = self.linked(wire).await.map(|linked| linked.buyer);
        for buyer in [fingerprint::buyer(user)?].iter().chain(&linked) {
            self.keep_listener(buyer, listener.as_ref()).await;
        }
        Ok(())
    }

    /// Whoever wanted to hear of orders before linking wants to afterwards.
    async fn bring_listener(&self, wire: &Wire) -> Result<(), Refusal> {
        let (Some(user), Some(linked)) = (wire.user.as_deref(), self.linked(wire).await) else { return Ok(()) };
        match self.store.listener(&fingerprint::buyer(user)?).await {
            Ok(Some(listener)) => self.keep_listener(&linked.buyer, Some(&listener)).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(error = chain(&error), "whether devices tell of orders was not brought along"),
        }
        Ok(())
    }

    /// Whom account linking has made of the user of an event.
    async fn linked(&self, wire: &Wire) -> Option<Linked> {
        let keys = self.keys(wire).await.unwrap_or_else(|unready| {
            tracing::error!(error = chain(&unready), "whether devices tell of orders is kept as of nobody who is linked");
            None
        });
        linked(keys, wire, wire.at.unwrap_or_else(system::now))
    }

    /// It is no reason to fail an event, which Alexa does not repeat.
    async fn keep_listener(&self, buyer: &BuyerId, listener: Option<&Listener>) {
        if let Err(error) = self.store.keep_listener(buyer, listener).await {
            tracing::error!(error = chain(&error), "whether devices tell of orders could not be kept");
        }
    }

    fn till<'a>(&'a self, keys: Option<&'a Keys>) -> Till<'a, S, C> {
        let codes = keys.map(|keys| -> &dyn Codes { &keys.codes });
        Till { store: &self.store, charges: &self.charges, codes, mark: fingerprint::mark }
    }

    /// The reply to a request, or the apology for having none.
    async fn take(&self, wire: &Wire, locale: &Locale, request: Request) -> Result<Reply, Refusal> {
        let user = wire.user.as_deref().ok_or(WireError::Missing { field: "user.userId" })?;
        let write = fingerprint::write(&wire.id)?;
        let now = wire.at.unwrap_or_else(system::now);
        let unlinked = fingerprint::buyer(user)?;
        let turn_max = if self.keys.is_some() { CHARGING_TURN_MAX } else { TURN_MAX };
        let turn = async {
            let keys = self.keys(wire).await?;
            let linked = linked(keys, wire, now);
            let link = linked.as_ref().map(|linked| Link { generation: linked.generation });
            let buyer = linked.map_or(unlinked, |linked| linked.buyer);
            let moment = Moment { shop: &self.shop, buyer: &buyer, locale, now, write: &write, consent: wire.consent, link };
            self.till(keys).take(&moment, request.clone()).await
        };
        Ok(match tokio::time::timeout(turn_max, turn).await.unwrap_or(Err(TurnError::Late)) {
            Ok(reply) => {
                let (directive, order) = match &reply.send {
                    None => (None, None),
                    Some(Send::Setup(order)) => (Some("Setup"), Some(order.id.as_str())),
                    Some(Send::Charge(order)) => (Some("Charge"), Some(order.id.as_str())),
                };
                tracing::info!(request = wire.kind.name(), directive, order);
                reply
            }
            Err(error) => {
                tracing::error!(request = wire.kind.name(), error = chain(&error), "the turn failed");
                apology(&request, &error)
            }
        })
    }

    /// What whoever brings a token is known by; nobody else needs it.
    async fn keys(&self, wire: &Wire) -> Result<Option<&Keys>, Unready> {
        match &self.keys {
            Some(keys) if wire.access_token.is_some() => keys.get().await.map(Some),
            Some(_) | None => Ok(None),
        }
    }

    fn speak(&self, locale: &Locale, reply: Reply) -> Response {
        let directive = match &reply.send {
            None => Ok(None),
            Some(Send::Setup(order)) => send::setup(&self.pay, order).map(Some),
            Some(Send::Charge(order)) => send::charge(&self.pay, order).map(Some),
        };
        let directive = match directive {
            Ok(directive) => directive,
            Err(error) => {
                // The settings were checked at start, so this is a defect. Nothing has left; but a stored charge leaves with the next
                // session, so the buyer must not take it for given up.
                tracing::error!(error = chain(&error), "the payment directive could not be made");
                let charge = matches!(reply.send, Some(Send::Charge(_)));
                return self.speak(locale, Reply::end(vec![if charge { Say::OutcomeUnknown } else { Say::ShopTrouble }]));
            }
        };
        let rendered = self.speech.render(&self.shop, locale, &reply);
        let remembered =
            reply.session.map(|session| attributes(&Session { said: Some(Said(rendered.speech.clone())), ..session }, self.shop.world));
        to_wire::response(rendered, remembered, directive)
    }
}

/// Whom account linking has made of this user. A token that is none of ours, or too old, is as good as none.
fn linked(keys: Option<&Keys>, wire: &Wire, now: Time) -> Option<Linked> {
    match token::read(&keys?.links, wire.access_token.as_deref()?, now) {
        Ok(linked) => Some(linked),
        Err(error) => {
            tracing::warn!(error = chain(&error), "the buyer counts as not linked");
            None
        }
    }
}

/// What Alexa says about a response of ours is said nowhere else, so the whole message is logged.
fn report(kind: &Kind) {
    if let Kind::SessionEnded { error: Some(Failure { kind, message }), .. } = kind {
        // "message" is the name of the line's own text.
        tracing::error!(kind, reason = message, "Alexa ended the session because of our response");
    } else if let Kind::Exception { error, cause_request_id } = kind {
        let (kind, reason) = error.as_ref().map(|Failure { kind, message }| (kind, message.as_deref())).unzip();
        tracing::error!(kind, reason = reason.flatten(), cause_request_id, "Alexa could not use our response");
    }
}

/// Amazon's errors, for staff: those that a buyer causes are warnings, the others mean that the shop cannot sell.
fn report_payment(payment: &Payment, answer: &Answer) {
    let (operation, status) = (payment.operation, payment.status);
    match answers::error(payment) {
        Some(code) if code.alarms() => tracing::error!(?operation, status, code = code.as_str(), "Amazon Pay answers with an error"),
        Some(code) => tracing::warn!(?operation, status, code = code.as_str(), "Amazon Pay answers with an error"),
        None if status != Some(200) => tracing::error!(?operation, status, "Amazon Pay answers with neither success nor an error"),
        None if matches!(answer, Answer::Charge { outcome: Outcome::Unclear, .. }) => {
            tracing::error!(?operation, status, "Amazon Pay's answer cannot be read as an outcome");
        }
        None => {}
    }
}
