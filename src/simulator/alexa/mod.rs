//! The Alexa service: builds request envelopes as the real one does and holds responses to its rules.
//!
//! Shapes follow the captured requests in the project's fixtures and `reference/alexa-skill.md` sections 1 and 2. It owns no session:
//! the world does.

mod check;
mod ssml;

pub use check::{Card, Refused, Reply, SendRequest, reply, silent_reply};

use serde_json::{Map, Value, json};

use super::clock::{Clock, iso};
use super::ids::Ids;
use super::model::{Heard, HeardSlot, Model, Resolution};

/// The scope that every payment needs (`reference/alexa-amazon-pay.md` section 10).
pub const PAY_SCOPE: &str = "payments:autopay_consent";

/// Whether the buyer has let the skill use Amazon Pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Permission {
    #[default]
    Granted,
    Denied,
    /// Never asked for: the request does not mention the scope at all.
    Missing,
}

/// Who speaks, and to which device.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user_id: String,
    pub device_id: String,
    pub permission: Permission,
    /// What account linking gave Alexa.
    pub access_token: Option<String>,
}

/// A session as an envelope shows it.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub new: bool,
    /// What the skill returned last; absent after a payment, as in the captured answers.
    pub attributes: Option<Value>,
}

/// Why a session ended without the skill's doing (`reference/alexa-skill.md` section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    UserInitiated,
    ExceededMaxReprompts,
    Error,
}

impl Reason {
    const fn code(self) -> &'static str {
        match self {
            Self::UserInitiated => "USER_INITIATED",
            Self::ExceededMaxReprompts => "EXCEEDED_MAX_REPROMPTS",
            Self::Error => "ERROR",
        }
    }
}

/// What Alexa found wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    InvalidResponse,
    EndpointTimeout,
    InternalServiceError,
}

impl ErrorType {
    /// The word for it in requests.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidResponse => "INVALID_RESPONSE",
            Self::EndpointTimeout => "ENDPOINT_TIMEOUT",
            Self::InternalServiceError => "INTERNAL_SERVICE_ERROR",
        }
    }
}

/// The service side of one skill in one locale.
#[derive(Clone, Debug)]
pub struct Alexa {
    pub skill_id: String,
    pub locale: String,
    pub clock: Clock,
    pub ids: Ids,
}

impl Alexa {
    /// A session that the skill has not seen yet.
    pub fn new_session(&mut self) -> Session {
        Session { id: format!("amzn1.echo-api.session.{}", self.ids.uuid()), new: true, attributes: None }
    }

    /// Around a request: who asks, in which session. Requests outside a session have none (fixture `system-exception-de-DE-no-session`).
    #[must_use]
    pub fn envelope(&self, caller: &Caller, session: Option<&Session>, request: Value) -> Value {
        let application = json!({ "applicationId": self.skill_id });
        let user = user(caller);
        let mut envelope = json!({
            "version": "1.0",
            "context": { "System": {
                "application": application,
                "user": user,
                "device": { "deviceId": caller.device_id, "supportedInterfaces": {} },
                "apiEndpoint": api_endpoint(&self.locale),
                "apiAccessToken": "SIMULATED.API.ACCESS.TOKEN",
            } },
        });
        if let Some(session) = session {
            let mut shown = json!({ "new": session.new, "sessionId": session.id, "application": application, "user": user });
            if let Some(attributes) = &session.attributes {
                shown["attributes"] = attributes.clone();
            }
            envelope["session"] = shown;
        }
        envelope["request"] = request;
        envelope
    }

    /// A request of a type, with the fields that every request has.
    pub fn request(&mut self, kind: &str, fields: Value) -> Value {
        self.clock.step();
        let mut request = Map::new();
        request.insert("type".to_owned(), kind.into());
        request.insert("requestId".to_owned(), format!("amzn1.echo-api.request.{}", self.ids.uuid()).into());
        request.insert("timestamp".to_owned(), iso(self.clock.now()).into());
        request.insert("locale".to_owned(), self.locale.clone().into());
        if let Value::Object(fields) = fields {
            request.extend(fields);
        }
        request.into()
    }

    /// The request for an intent that was heard.
    pub fn intent_request(&mut self, model: &Model, heard: &Heard) -> Value {
        let slots: Map<String, Value> = heard.slots.iter().map(|slot| (slot.name.clone(), self.slot(slot))).collect();
        let mut intent = json!({ "name": heard.intent, "confirmationStatus": "NONE" });
        if !slots.is_empty() {
            intent["slots"] = slots.into();
        }
        let mut fields = json!({ "intent": intent });
        if model.has_dialog(&heard.intent) {
            // This world carries no dialog on by itself, so every request of one is its first.
            fields["dialogState"] = "STARTED".into();
        }
        self.request("IntentRequest", fields)
    }

    /// The request that says a session is over.
    pub fn session_ended(&mut self, reason: Reason, error: Option<(ErrorType, &str)>) -> Value {
        let mut fields = json!({ "reason": reason.code() });
        if let Some((kind, message)) = error {
            fields["error"] = json!({ "type": kind.code(), "message": message });
        }
        self.request("SessionEndedRequest", fields)
    }

    /// The request that says what went wrong with a directive, and which request's answer had carried it.
    pub fn exception(&mut self, kind: ErrorType, message: &str, cause: &str) -> Value {
        let fields = json!({ "error": { "type": kind.code(), "message": message }, "cause": { "requestId": cause } });
        self.request("System.ExceptionEncountered", fields)
    }

    /// A slot as captured requests show it: no `value` without one, `resolutions` for custom types only, no `values` on no match.
    fn slot(&self, slot: &HeardSlot) -> Value {
        let mut shown = json!({ "name": slot.name, "confirmationStatus": "NONE" });
        if let Some(value) = &slot.value {
            shown["value"] = value.as_str().into();
            shown["source"] = "USER".into();
        }
        if let Some(resolution) = &slot.resolution {
            let mut authority = json!({
                "authority": format!("amzn1.er-authority.echo-sdk.{}.{}", self.skill_id, slot.type_name),
                "status": { "code": "ER_SUCCESS_NO_MATCH" },
            });
            if let Resolution::Match(candidates) = resolution {
                authority["status"]["code"] = "ER_SUCCESS_MATCH".into();
                let values = candidates.iter().map(|one| json!({ "value": { "name": one.name, "id": one.id } }));
                authority["values"] = values.collect();
            }
            shown["resolutions"] = json!({ "resolutionsPerAuthority": [authority] });
        }
        shown
    }
}

fn user(caller: &Caller) -> Value {
    let mut user = json!({ "userId": caller.user_id });
    if let Some(token) = &caller.access_token {
        user["accessToken"] = token.as_str().into();
    }
    let status = match caller.permission {
        Permission::Granted => "GRANTED",
        Permission::Denied => "DENIED",
        Permission::Missing => return user,
    };
    user["permissions"] = json!({ "consentToken": "SIMULATED.CONSENT.TOKEN", "scopes": { PAY_SCOPE: { "status": status } } });
    user
}

/// The region that serves a locale (`reference/alexa-skill.md` section 1).
fn api_endpoint(locale: &str) -> &'static str {
    match locale {
        "en-US" | "en-CA" | "es-US" | "es-MX" | "fr-CA" | "pt-BR" => "https://api.amazonalexa.com",
        "ja-JP" | "en-AU" => "https://api.fe.amazonalexa.com",
        _ => "https://api.eu.amazonalexa.com",
    }
}
