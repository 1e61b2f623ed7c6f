//! The calls. Each has a time in which it must be over; within that, what passes is tried again, under the same idempotency key.
//!
//! A key is an attempt's id, fixed and stored before the first try, so that a repeat is the same charge and never a second one
//! (section 4).

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::{Instant, sleep, timeout_at};

use super::Seen;
use super::errors::{Outcome, Refusal};
use super::key::SignError;
use super::place::Place;
use super::sign::{Signable, Signer};
use super::wire::answers::{Charge, ChargePermission, CheckoutSession, DeliveryTracker, Read, Refund};
use super::wire::requests::{
    Body, CancelCharge, CaptureCharge, CloseChargePermission, CompleteCheckoutSession, CreateCharge, CreateCheckoutSession,
    CreateDeliveryTracker, CreateRefund, Unfit, UpdateChargePermission, UpdateCheckoutSession,
};
use super::wire::{ObjectId, stamp};
use crate::adapters::system;
use crate::domain::ids::AttemptId;
use crate::domain::time::Time;

/// How often a call is tried at most.
pub const TRIES: u32 = 3;

/// A connection that takes longer will not come.
const CONNECT_MAX: Duration = Duration::from_millis(1_500);

/// The longest pause before the second try; it doubles with every further one.
const PAUSE_MS: u64 = 200;

/// Buckets fill by one call a second where they fill most slowly (section 9).
const REFILL_MS: u64 = 1_000;

const JSON: &str = "application/json";

/// An answer, and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    pub value: T,
    pub seen: Seen,
}

/// Why a call did not succeed, and what that says about what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{operation} did not succeed (tries: {tries})")]
pub struct CallError {
    pub operation: &'static str,
    /// How often something was sent, or was to be.
    pub tries: u32,
    #[source]
    pub cause: Cause,
    /// Whether an earlier try may have got through.
    doubt: bool,
}

/// What went wrong on the last try.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("it was not sent, because Amazon Pay would not take it: {}", list(.0))]
    Unfit(Vec<Unfit>),
    #[error(transparent)]
    Unsigned(#[from] SignError),
    #[error("no date can be put on the request: set this machine's clock")]
    NoDate,
    #[error("HTTPS cannot be set up on this machine")]
    NoClient(#[source] reqwest::Error),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("{host} cannot be reached")]
    NoConnection {
        host: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("the connection broke before the answer was complete")]
    Interrupted(#[source] reqwest::Error),
    #[error("there was no answer in time")]
    TimedOut,
    #[error("the answer {status} is not what the call has for an answer")]
    Unreadable { status: u16, seen: Seen },
}

fn list(problems: &[Unfit]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Cause {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Unfit(_) | Self::Unsigned(_) | Self::NoDate | Self::NoClient(_) | Self::NoConnection { .. } => Outcome::NotDone,
            Self::Refused(refusal) => refusal.outcome(),
            Self::Interrupted(_) | Self::TimedOut | Self::Unreadable { .. } => Outcome::Unknown,
        }
    }

    const fn retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.retryable(),
            Self::NoConnection { .. } | Self::Interrupted(_) => true,
            // Time is up, or it would be the same again.
            Self::TimedOut | Self::Unreadable { .. } | Self::Unfit(_) | Self::Unsigned(_) | Self::NoDate | Self::NoClient(_) => false,
        }
    }
}

impl CallError {
    /// What is known of what was asked for. Once a try may have got through, a later one that was not done settles nothing; only a
    /// decline does, because it is the answer to this key.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.cause.outcome() {
            Outcome::NotDone if self.doubt => Outcome::Unknown,
            outcome @ (Outcome::NotDone | Outcome::Declined(_) | Outcome::Unknown) => outcome,
        }
    }

    /// Whether the same call, with the same key, may succeed later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        self.cause.retryable() || matches!(self.cause, Cause::TimedOut)
    }

    /// What came with the last answer, if there was one.
    #[must_use]
    pub const fn seen(&self) -> Option<&Seen> {
        match &self.cause {
            Cause::Refused(Refusal { seen, .. }) | Cause::Unreadable { seen, .. } => Some(seen),
            Cause::Unfit(_)
            | Cause::Unsigned(_)
            | Cause::NoDate
            | Cause::NoClient(_)
            | Cause::NoConnection { .. }
            | Cause::Interrupted(_)
            | Cause::TimedOut => None,
        }
    }
}

/// A merchant's access to Amazon Pay.
#[derive(Debug)]
pub struct Client {
    signer: Signer,
    place: Place,
    now: fn() -> Time,
    /// Reading the system's certificates takes milliseconds, which a process that never pays does not spend.
    http: OnceLock<reqwest::Client>,
}

struct Call<'c> {
    operation: &'static str,
    method: Method,
    resource: String,
    key: Option<&'c AttemptId>,
    body: Vec<u8>,
}

impl Client {
    /// Prepares to call; nothing is sent yet.
    #[must_use]
    pub const fn new(signer: Signer, place: Place) -> Self {
        Self { signer, place, now: system::now, http: OnceLock::new() }
    }

    /// The same under another clock.
    #[must_use]
    pub fn with_clock(self, now: fn() -> Time) -> Self {
        Self { now, ..self }
    }

    #[must_use]
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Begins a checkout, or the set-up of a wallet (5.2).
    ///
    /// # Errors
    /// [`CallError`], as from all the calls below.
    pub async fn create_checkout_session(
        &self,
        body: &CreateCheckoutSession,
        key: &AttemptId,
        within: Duration,
    ) -> Result<Answer<CheckoutSession>, CallError> {
        self.change("Create Checkout Session", Method::POST, "checkoutSessions".to_owned(), Some(key), body, within).await
    }

    /// 5.2.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn checkout_session(&self, id: &ObjectId, within: Duration) -> Result<Answer<CheckoutSession>, CallError> {
        self.get("Get Checkout Session", format!("checkoutSessions/{id}"), within).await
    }

    /// 5.2.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn update_checkout_session(
        &self,
        id: &ObjectId,
        body: &UpdateCheckoutSession,
        within: Duration,
    ) -> Result<Answer<CheckoutSession>, CallError> {
        self.change("Update Checkout Session", Method::PATCH, format!("checkoutSessions/{id}"), None, body, within).await
    }

    /// Nothing is charged, and no wallet saved, before this (5.3).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn complete_checkout_session(
        &self,
        id: &ObjectId,
        body: &CompleteCheckoutSession,
        key: &AttemptId,
        within: Duration,
    ) -> Result<Answer<CheckoutSession>, CallError> {
        self.change("Complete Checkout Session", Method::POST, format!("checkoutSessions/{id}/complete"), Some(key), body, within).await
    }

    /// 5.4.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn charge_permission(&self, id: &ObjectId, within: Duration) -> Result<Answer<ChargePermission>, CallError> {
        self.get("Get Charge Permission", format!("chargePermissions/{id}"), within).await
    }

    /// 5.4.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn update_charge_permission(
        &self,
        id: &ObjectId,
        body: &UpdateChargePermission,
        within: Duration,
    ) -> Result<Answer<ChargePermission>, CallError> {
        self.change("Update Charge Permission", Method::PATCH, format!("chargePermissions/{id}"), None, body, within).await
    }

    /// 5.4.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn close_charge_permission(
        &self,
        id: &ObjectId,
        body: &CloseChargePermission,
        within: Duration,
    ) -> Result<Answer<ChargePermission>, CallError> {
        self.change("Close Charge Permission", Method::DELETE, format!("chargePermissions/{id}/close"), None, body, within).await
    }

    /// 5.5.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_charge(&self, body: &CreateCharge, key: &AttemptId, within: Duration) -> Result<Answer<Charge>, CallError> {
        self.change("Create Charge", Method::POST, "charges".to_owned(), Some(key), body, within).await
    }

    /// 5.5.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn charge(&self, id: &ObjectId, within: Duration) -> Result<Answer<Charge>, CallError> {
        self.get("Get Charge", format!("charges/{id}"), within).await
    }

    /// One capture per charge; a part gives up the rest (5.5).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn capture_charge(
        &self,
        id: &ObjectId,
        body: &CaptureCharge,
        key: &AttemptId,
        within: Duration,
    ) -> Result<Answer<Charge>, CallError> {
        self.change("Capture Charge", Method::POST, format!("charges/{id}/capture"), Some(key), body, within).await
    }

    /// 5.5.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn cancel_charge(&self, id: &ObjectId, body: &CancelCharge, within: Duration) -> Result<Answer<Charge>, CallError> {
        self.change("Cancel Charge", Method::DELETE, format!("charges/{id}/cancel"), None, body, within).await
    }

    /// 5.6.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_refund(&self, body: &CreateRefund, key: &AttemptId, within: Duration) -> Result<Answer<Refund>, CallError> {
        self.change("Create Refund", Method::POST, "refunds".to_owned(), Some(key), body, within).await
    }

    /// 5.6.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn refund(&self, id: &ObjectId, within: Duration) -> Result<Answer<Refund>, CallError> {
        self.get("Get Refund", format!("refunds/{id}"), within).await
    }

    /// 5.8. It takes no key, as in Amazon's own samples; a tracking number can be used once.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_delivery_tracker(
        &self,
        body: &CreateDeliveryTracker,
        within: Duration,
    ) -> Result<Answer<DeliveryTracker>, CallError> {
        self.change("Create Delivery Tracker", Method::POST, "deliveryTrackers".to_owned(), None, body, within).await
    }

    async fn get<T: Read>(&self, operation: &'static str, resource: String, within: Duration) -> Result<Answer<T>, CallError> {
        self.perform(&Call { operation, method: Method::GET, resource, key: None, body: Vec::new() }, within).await
    }

    async fn change<T: Read>(
        &self,
        operation: &'static str,
        method: Method,
        resource: String,
        key: Option<&AttemptId>,
        body: &impl Body,
        within: Duration,
    ) -> Result<Answer<T>, CallError> {
        let problems = body.check();
        if !problems.is_empty() {
            return Err(CallError { operation, tries: 0, cause: Cause::Unfit(problems), doubt: false });
        }
        // A body of ours is text under text, which always can be written.
        let body = serde_json::to_vec(body).unwrap_or_default();
        self.perform(&Call { operation, method, resource, key, body }, within).await
    }

    /// Tries until there is an answer to keep, or no time for another try.
    async fn perform<T: Read>(&self, call: &Call<'_>, within: Duration) -> Result<Answer<T>, CallError> {
        let deadline = Instant::now() + within;
        let (mut doubt, mut tries) = (false, 0);
        loop {
            tries += 1;
            let cause = match timeout_at(deadline, self.send(call)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(cause)) => cause,
                Err(_) => Cause::TimedOut,
            };
            let pause = pause(&cause, tries);
            if tries >= TRIES || !cause.retryable() || Instant::now() + pause >= deadline {
                return Err(CallError { operation: call.operation, tries, cause, doubt });
            }
            doubt |= cause.outcome() == Outcome::Unknown;
            sleep(pause).await;
        }
    }

    /// One try.
    async fn send<T: Read>(&self, call: &Call<'_>) -> Result<Answer<T>, Cause> {
        let path = self.place.path(&call.resource);
        let date = stamp((self.now)()).ok_or(Cause::NoDate)?;
        let mut headers = vec![
            ("accept", JSON),
            ("content-type", JSON),
            ("x-amz-pay-date", date.as_str()),
            ("x-amz-pay-host", self.place.host()),
            ("x-amz-pay-region", self.place.region.as_str()),
        ];
        headers.extend(call.key.map(|key| ("x-amz-pay-idempotency-key", key.as_str())));
        let signable = Signable { method: call.method.as_str(), path: &path, query: &[], headers: &headers, body: &call.body };
        let authorization = self.signer.authorization(&signable)?;
        let mut request = self.http()?.request(call.method.clone(), self.place.url(&path)).header(AUTHORIZATION, authorization);
        for (name, value) in headers {
            request = match name {
                "accept" => request.header(ACCEPT, value),
                "content-type" => request.header(CONTENT_TYPE, value),
                other => request.header(other, value),
            };
        }
        if !call.body.is_empty() {
            request = request.body(call.body.clone());
        }
        let response = request.send().await.map_err(|source| {
            if source.is_connect() {
                Cause::NoConnection { host: self.place.host().to_owned(), source }
            } else {
                Cause::Interrupted(source)
            }
        })?;
        let (status, seen) = (response.status(), seen(response.headers()));
        let request_id = seen.request_id.as_deref().unwrap_or_default();
        tracing::info!(operation = call.operation, status = status.as_u16(), request_id, "Amazon Pay answered");
        let body = response.bytes().await.map_err(Cause::Interrupted)?;
        if !status.is_success() {
            return Err(Refusal::read(status.as_u16(), &body, seen).into());
        }
        let read = serde_json::from_slice::<Value>(&body).ok().and_then(|body| T::read(&body));
        match read {
            Some(value) => Ok(Answer { value, seen }),
            None => Err(Cause::Unreadable { status: status.as_u16(), seen }),
        }
    }

    fn http(&self) -> Result<&reqwest::Client, Cause> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("voicetill/", env!("CARGO_PKG_VERSION")));
        if self.place.is_plain() {
            // On this machine, which is never behind a proxy.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(Cause::NoClient)?;
        Ok(self.http.get_or_init(|| client))
    }
}

fn seen(headers: &HeaderMap) -> Seen {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let date = text(DATE.as_str()).and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok());
    Seen {
        request_id: text("x-amz-pay-request-id").map(|id| crate::adapters::json::printable(id, 64)),
        date: date.map(|date| Time::from_unix(date.unix_timestamp())),
    }
}

/// How long to wait before the next try. Random, so that callers who were refused together do not come back together.
fn pause(cause: &Cause, tries: u32) -> Duration {
    let throttled = matches!(cause, Cause::Refused(refusal) if refusal.throttled());
    let least = if throttled { REFILL_MS } else { 0 };
    let most = PAUSE_MS << tries.saturating_sub(1).min(4);
    Duration::from_millis(least + fastrand::u64(0..=most))
}
