//! Reading the envelope. Total: every JSON document is a request or a [`WireError`].

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::{
    AnswerStyle, BODY_BYTES_MAX, Claimed, Ended, Envelope, Failure, Incoming, Intent, Kind, Operation, Payment, Request, Slot, WireError,
};
use crate::adapters::json::{clipped, text, whole};
use crate::domain::ids::Locale;
use crate::domain::time::Time;

/// Alexa's own limit for user ids.
const USER_LEN_MAX: usize = 255;
const REQUEST_ID_LEN_MAX: usize = 255;
const TOKEN_LEN_MAX: usize = 255;

/// Long enough for every product name, short enough to compare with all of them.
const SLOT_LEN_MAX: usize = 200;
const SLOT_IDS_MAX: usize = 10;
const SLOT_ID_LEN_MAX: usize = 140;

/// Texts that serve logs only.
const LOGGED_LEN_MAX: usize = 1_000;

const CONSENT_SCOPE: &str = "payments:autopay_consent";

impl Incoming {
    /// Reads a request as it arrives.
    ///
    /// # Errors
    /// [`WireError`] when it is none.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(WireError::TooLarge { bytes: body.len(), max: BODY_BYTES_MAX });
        }
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let Envelope(envelope) = serde_json::from_slice(body).map_err(|source| WireError::NotJson { source })?;
        Self::read(&envelope)
    }

    /// Reads a request that the Lambda runtime has parsed.
    ///
    /// # Errors
    /// [`WireError`] when it is none.
    // By value, as below.
    #[allow(clippy::needless_pass_by_value, reason = "callers give the envelope away")]
    pub fn from_envelope(envelope: Envelope) -> Result<Self, WireError> {
        Self::read(&envelope.0)
    }

    /// Reads a request that is JSON already, such as the simulator's.
    ///
    /// # Errors
    /// [`WireError`] when it is none.
    // By value, because callers have no further use for it and must not read around the verification.
    #[allow(clippy::needless_pass_by_value, reason = "callers give the envelope away")]
    pub fn from_value(envelope: Value) -> Result<Self, WireError> {
        Self::read(&envelope)
    }

    fn read(envelope: &Value) -> Result<Self, WireError> {
        let (system, session) = (&envelope["context"]["System"], &envelope["session"]);
        let owned = |value: &Value| text(value).map(str::to_owned);
        let claimed =
            Claimed { context: owned(&system["application"]["applicationId"]), session: owned(&session["application"]["applicationId"]) };
        let request = Request::read(&envelope["request"], system, session)?;
        Ok(Self { claimed, request })
    }
}

impl Request {
    fn read(request: &Value, system: &Value, session: &Value) -> Result<Self, WireError> {
        let kind = Kind::read(request)?;
        let id = text(&request["requestId"]).unwrap_or_default();
        if id.is_empty() && kind.answer_style() == AnswerStyle::Speak {
            return Err(WireError::Missing { field: "request.requestId" });
        }
        let user = text(&system["user"]["userId"]).or_else(|| text(&session["user"]["userId"]));
        bounded("request.requestId", Some(id), REQUEST_ID_LEN_MAX)?;
        bounded("user.userId", user, USER_LEN_MAX)?;
        // Ours are far shorter; whatever is longer is none of ours.
        let token = text(&system["user"]["accessToken"]).or_else(|| text(&session["user"]["accessToken"]));
        let attributes = Some(&session["attributes"]).filter(|value| value.is_object()).cloned();
        let nothing_remembered = attributes.as_ref().and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
        Ok(Self {
            id: id.to_owned(),
            at: moment(&request["timestamp"]).or_else(|| moment(&request["timeStamp"])),
            locale: text(&request["locale"]).and_then(|locale| Locale::parse(locale).ok()),
            user: user.map(str::to_owned),
            access_token: token.filter(|token| token.len() <= TOKEN_LEN_MAX).map(str::to_owned),
            consent: consent(&system["user"]).or_else(|| consent(&session["user"])).unwrap_or(false),
            new: session["new"].as_bool().unwrap_or(nothing_remembered),
            attributes,
            kind,
        })
    }
}

fn bounded(field: &'static str, value: Option<&str>, max: usize) -> Result<(), WireError> {
    if value.is_some_and(|value| value.chars().count() > max) { Err(WireError::TooLong { field, max }) } else { Ok(()) }
}

/// What a user object says of the consent, if it says anything.
fn consent(user: &Value) -> Option<bool> {
    text(&user["permissions"]["scopes"][CONSENT_SCOPE]["status"]).map(|status| status == "GRANTED")
}

/// ISO 8601, with or without a zone, or seconds or milliseconds since 1970.
fn moment(value: &Value) -> Option<Time> {
    /// Seconds reach this in the year 5138, milliseconds reached it in 1973.
    const MILLISECONDS_FROM: i64 = 100_000_000_000;
    if let Some(number) = whole(value) {
        return Some(Time::from_unix(if number.abs() >= MILLISECONDS_FROM { number / 1_000 } else { number }));
    }
    let written = text(value)?;
    let zoned = OffsetDateTime::parse(written, &Rfc3339).map(OffsetDateTime::unix_timestamp);
    let unzoned = || {
        let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        let (seconds, fraction) = written.split_at_checked(19)?;
        let plain = fraction.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        let moment = PrimitiveDateTime::parse(seconds, format).ok().filter(|_| plain)?;
        Some(moment.assume_utc().unix_timestamp())
    };
    zoned.ok().or_else(unzoned).map(Time::from_unix)
}

impl Kind {
    fn read(request: &Value) -> Result<Self, WireError> {
        let kind = text(&request["type"]).ok_or(WireError::Missing { field: "request.type" })?;
        Ok(match kind {
            "LaunchRequest" => Self::Launch,
            "IntentRequest" => Self::Intent(Intent::read(request)?),
            "CanFulfillIntentRequest" => Self::CanFulfill(Intent::read(request)?),
            "SessionEndedRequest" => {
                Self::SessionEnded { reason: Ended::read(&request["reason"]), error: Failure::read(&request["error"]) }
            }
            "System.ExceptionEncountered" => Self::Exception {
                error: Failure::read(&request["error"]),
                cause_request_id: text(&request["cause"]["requestId"]).map(str::to_owned),
            },
            "Connections.Response" => Operation::read(request).map_or(Self::OtherConnection, |operation| Self::payment(operation, request)),
            "Connections.Request" => Self::OtherConnection,
            "SessionResumedRequest" => Self::Resumed,
            "Messaging.MessageReceived" => Self::Message,
            "Alexa.Presentation.APL.UserEvent" => Self::AplUserEvent,
            other => match other.strip_prefix("AlexaSkillEvent.") {
                Some("ProactiveSubscriptionChanged") => Self::Subscribed(subscriptions(&request["body"])),
                Some(event) => Self::SkillEvent(clipped(event, 100).to_owned()),
                None => Self::Unknown(clipped(other, 100).to_owned()),
            },
        })
    }

    fn payment(operation: Operation, request: &Value) -> Self {
        Self::Payment(Payment {
            operation,
            status: whole(&request["status"]["code"]).and_then(|code| u16::try_from(code).ok()),
            message: text(&request["status"]["message"]).map(|message| clipped(message, LOGGED_LEN_MAX).to_owned()),
            payload: request["payload"].clone(),
            token: text(&request["token"]).map(str::to_owned),
        })
    }
}

impl Operation {
    /// By name; the name is optional in the SDK's model, and then the payload tells.
    fn read(request: &Value) -> Option<Self> {
        match text(&request["name"]) {
            Some(name) if name.eq_ignore_ascii_case("Setup") => Some(Self::Setup),
            Some(name) if name.eq_ignore_ascii_case("Charge") => Some(Self::Charge),
            Some(_) => None,
            None if request["payload"]["billingAgreementDetails"].is_object() => Some(Self::Setup),
            None if request["payload"]["authorizationDetails"].is_object() => Some(Self::Charge),
            None => None,
        }
    }
}

impl Ended {
    fn read(reason: &Value) -> Self {
        match text(reason) {
            Some("USER_INITIATED") => Self::UserInitiated,
            Some("ERROR") => Self::Error,
            Some("EXCEEDED_MAX_REPROMPTS") => Self::ExceededMaxReprompts,
            _ => Self::Unknown,
        }
    }
}

impl Failure {
    fn read(error: &Value) -> Option<Self> {
        error.is_object().then(|| Self {
            kind: clipped(text(&error["type"]).unwrap_or("unknown"), 100).to_owned(),
            message: text(&error["message"]).map(|message| clipped(message, LOGGED_LEN_MAX).to_owned()),
        })
    }
}

impl Intent {
    fn read(request: &Value) -> Result<Self, WireError> {
        let intent = &request["intent"];
        let name = text(&intent["name"]).ok_or(WireError::Missing { field: "request.intent.name" })?;
        let slots = intent["slots"].as_object().into_iter().flatten();
        Ok(Self {
            name: clipped(name, 100).to_owned(),
            slots: slots.map(|(name, slot)| (name.clone(), Slot::read(slot))).collect(),
            denied: text(&intent["confirmationStatus"]) == Some("DENIED"),
        })
    }
}

impl Slot {
    /// `slotValue`, simple or a list, else the older `value` beside it.
    #[must_use]
    pub fn read(slot: &Value) -> Self {
        let mut read = Self::default();
        match slot["slotValue"]["values"].as_array() {
            Some(values) => values.iter().for_each(|value| read.take(value)),
            None => read.take(&slot["slotValue"]),
        }
        if read.value.is_none() {
            read.take(slot);
        }
        read
    }

    fn take(&mut self, said: &Value) {
        if let Some(words) = text(&said["value"]) {
            let all = self.value.as_ref().map_or_else(|| words.to_owned(), |before| format!("{before} {words}"));
            self.value = Some(clipped(&all, SLOT_LEN_MAX).to_owned());
        }
        let authorities = said["resolutions"]["resolutionsPerAuthority"].as_array().into_iter().flatten();
        let matching = authorities.filter(|authority| text(&authority["status"]["code"]) == Some("ER_SUCCESS_MATCH"));
        let candidates = matching.flat_map(|authority| authority["values"].as_array().into_iter().flatten());
        for id in candidates.filter_map(|candidate| text(&candidate["value"]["id"])) {
            let known = self.ids.iter().any(|known| known == id);
            if !known && id.len() <= SLOT_ID_LEN_MAX && self.ids.len() < SLOT_IDS_MAX {
                self.ids.push(id.to_owned());
            }
        }
    }
}

/// What the buyer wants to be told of: the whole list, each time (`reference/alexa-skill.md`, section 6).
fn subscriptions(body: &Value) -> Vec<String> {
    let listed = body["subscriptions"].as_array().into_iter().flatten();
    listed.filter_map(|one| text(&one["eventName"])).map(|name| clipped(name, 100).to_owned()).collect()
}
