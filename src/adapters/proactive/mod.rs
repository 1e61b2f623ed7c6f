//! Alexa's proactive events: a notification of an order on the buyer's devices (`reference/alexa-skill.md`, sections 10 and 13). Amazon has
//! fixed the words; only the seller's name is the shop's.

mod token;

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value, json};

pub use token::Credentials;

use self::token::{Kept, Token};
use crate::adapters::amazon_pay::api::place::Region;
use crate::adapters::amazon_pay::call::origin::{AddressError, Origin};
use crate::adapters::amazon_pay::call::percent;
use crate::adapters::system::rfc3339;
use crate::domain::ids::Locale;
use crate::domain::message::{Listener, MessageId, Ring};
use crate::domain::order::Note;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::ports::{Devices, SendError};

/// One call; a claim on a message lasts longer than two of these.
const SEND_MAX: Duration = Duration::from_secs(8);

const CONNECT_MAX: Duration = Duration::from_secs(2);

/// Alexa tells of it up to this long after. It takes 5 minutes to 24 hours.
const EXPIRES_SECONDS: i64 = 23 * Time::HOUR;

const SCOPE: &str = "alexa::proactive_events";

/// More than any answer has.
const BODY_MAX: usize = 64 * 1024;

/// What keeps an event from being sent. What Amazon says of it is not repeated: it may hold an id.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("HTTPS cannot be set up on this machine")]
    NoClient(#[source] reqwest::Error),
    #[error("{host} was not reached")]
    NotReached {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("{host} did not answer in time")]
    NoAnswer { host: String },
    #[error("Login with Amazon gave no token: it answered {0}; compare client id and secret with the developer console, Permissions")]
    Refused(u16),
    #[error("Login with Amazon answered without a token")]
    NoToken,
    #[error("Alexa answered {0}")]
    Status(u16),
}

/// The skill's way to the devices of buyers who want to be told.
#[derive(Debug)]
pub struct Proactive {
    credentials: Credentials,
    /// Where tokens come from.
    login: Origin,
    alexa: Origin,
    path: &'static str,
    /// The seller's name, in each of the skill's languages.
    names: Vec<(Locale, String)>,
    now: fn() -> Time,
    client: OnceLock<Client>,
    token: Kept,
}

impl Proactive {
    /// Nothing is sent yet. Events of the sandbox go to the skill in development.
    #[must_use]
    pub fn new(credentials: Credentials, region: Region, world: World, shop: &str, locales: &[Locale], now: fn() -> Time) -> Self {
        let host = match region {
            Region::NorthAmerica => "api.amazonalexa.com",
            Region::Europe => "api.eu.amazonalexa.com",
            Region::Japan => "api.fe.amazonalexa.com",
        };
        let path = match world {
            World::Live => "/v1/proactiveEvents",
            World::Simulated | World::Sandbox => "/v1/proactiveEvents/stages/development",
        };
        Self {
            credentials,
            login: Origin::of("api.amazon.com"),
            alexa: Origin::of(host),
            path,
            names: locales.iter().map(|locale| (locale.clone(), shop.to_owned())).collect(),
            now,
            client: OnceLock::new(),
            token: Kept::default(),
        }
    }

    /// The same at a program on this machine.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn instead_at(self, address: &str) -> Result<Self, AddressError> {
        let origin = Origin::parse(address)?;
        Ok(Self { login: origin.clone(), alexa: origin, ..self })
    }

    fn client(&self) -> Result<&Client, Trouble> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder().connect_timeout(CONNECT_MAX).timeout(SEND_MAX).redirect(reqwest::redirect::Policy::none());
        if self.alexa.is_plain() {
            // On this machine, which is never behind a proxy.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(Trouble::NoClient)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The token that is kept, or a new one.
    async fn token(&self) -> Result<Token, Trouble> {
        let now = (self.now)();
        if let Some(token) = self.token.get(now) {
            return Ok(token);
        }
        let Credentials { client_id, client_secret } = &self.credentials;
        let form = [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", client_secret), ("scope", SCOPE)];
        let form = form.map(|(name, value)| format!("{name}={}", percent::value(value))).join("&");
        let request = self.client()?.post(self.login.url("/auth/o2/token"));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded;charset=UTF-8").body(form);
        let answer = request.send().await.map_err(|source| broken(&self.login, source))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(Trouble::Refused(status.as_u16()));
        }
        let token = Token::read(&body(answer).await.ok_or(Trouble::NoToken)?, now)?;
        self.token.put(Some(token.clone()));
        Ok(token)
    }

    fn event(&self, id: &MessageId, ring: Ring, listener: &Listener) -> Value {
        let now = (self.now)();
        let status = match ring {
            Ring::OrderReceived => "ORDER_RECEIVED",
            Ring::OrderShipped => "ORDER_SHIPPED",
        };
        let names = self.names.iter().map(|(locale, name)| json!({ "locale": locale.as_str(), "sellerName": name }));
        json!({
            "timestamp": rfc3339(now),
            // Letters, digits and ~ only, 100 at most; the same for the same change, so that nobody is told twice.
            "referenceId": format!("{}~{}", id.subject.as_str(), id.write),
            "expiryTime": rfc3339(now.plus(EXPIRES_SECONDS)),
            "event": {
                "name": "AMAZON.OrderStatus.Updated",
                "payload": {
                    "state": { "status": status },
                    "order": { "seller": { "name": "localizedattribute:sellerName" } },
                },
            },
            "localizedAttributes": names.collect::<Vec<_>>(),
            "relevantAudience": { "type": "Unicast", "payload": { "user": listener.as_str() } },
        })
    }
}

impl Devices for Proactive {
    fn are_reached(&self) -> bool {
        true
    }

    async fn ring(&self, id: &MessageId, ring: Ring, listener: &Listener) -> Result<(), SendError> {
        let not_now = |trouble| SendError::NotNow(Box::new(trouble));
        let token = self.token().await.map_err(not_now)?;
        let request = self.client().map_err(not_now)?.post(self.alexa.url(self.path));
        let request = request.header(AUTHORIZATION, format!("Bearer {}", token.secret)).json(&self.event(id, ring, listener));
        // Whether it has arrived or not: under the same reference id it is told once.
        let answer = request.send().await.map_err(|source| not_now(broken(&self.alexa, source)))?;
        match answer.status().as_u16() {
            // It was told before.
            202 | 409 => Ok(()),
            // The event is not as it should be, or the buyer has withdrawn consent.
            status @ (400 | 403) => match Note::parse(&status.to_string()) {
                Ok(note) => Err(SendError::Refused(note)),
                Err(_) => Err(not_now(Trouble::Status(status))),
            },
            401 => {
                self.token.put(None);
                Err(not_now(Trouble::Status(401)))
            }
            status => Err(not_now(Trouble::Status(status))),
        }
    }
}

fn broken(origin: &Origin, source: reqwest::Error) -> Trouble {
    let host = origin.host().to_owned();
    if source.is_timeout() && !source.is_connect() {
        Trouble::NoAnswer { host }
    } else {
        Trouble::NotReached { host, source: source.without_url() }
    }
}

async fn body(mut answer: reqwest::Response) -> Option<Value> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > BODY_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice::<Map<String, Value>>(&body).ok().map(Value::Object)
}

#[cfg(test)]
mod tests;
