//! The calls. Each has a time in which it must be over; within that, what passes is tried again, under the same idempotency key.
//!
//! A key is an attempt's id, fixed and stored before the first try, so that a repeat is the same charge and never a second one
//! (section 4).

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;

use super::buyers::{Buyer, BuyerToken};
use super::errors::Refusal;
use super::operations::Operation;
use super::place::Place;
use super::sign::{Signable, Signer};
use super::wire::answers::{Charge, ChargePermission, CheckoutSession, Read, Refund};
use super::wire::requests::{
    Body, CancelCharge, CaptureCharge, CloseChargePermission, CompleteCheckoutSession, CreateCharge, CreateCheckoutSession, CreateRefund,
    UpdateChargePermission, UpdateCheckoutSession,
};
use super::wire::trackers::{CreateDeliveryTracker, DeliveryTracker};
use super::wire::{ObjectId, stamp};
pub use crate::adapters::amazon_pay::call::Answer;
use crate::adapters::amazon_pay::call::failure::{self, Again, Unread};
pub use crate::adapters::amazon_pay::call::line::TRIES;
use crate::adapters::amazon_pay::call::line::{Line, Plan};
use crate::adapters::system;
use crate::domain::ids::AttemptId;
use crate::domain::time::Time;

const JSON: &str = "application/json";

/// Why a call did not succeed, and what that says about what was asked for.
pub type CallError = failure::CallError<Refusal>;

/// What went wrong on the last try.
pub type Cause = failure::Cause<Refusal>;

/// A merchant's access to Amazon Pay.
#[derive(Debug)]
pub struct Client {
    signer: Signer,
    place: Place,
    now: fn() -> Time,
    line: Line,
}

struct Call<'c> {
    operation: Operation,
    method: Method,
    resource: String,
    key: Option<&'c AttemptId>,
    body: Vec<u8>,
    /// What of it nobody may see.
    secret: Option<&'c str>,
}

impl Client {
    /// Prepares to call; nothing is sent yet.
    #[must_use]
    pub const fn new(signer: Signer, place: Place) -> Self {
        Self { signer, place, now: system::now, line: Line::new() }
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

    /// What the client takes for the time.
    #[must_use]
    pub fn now(&self) -> Time {
        (self.now)()
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
        self.change(Operation::CreateCheckoutSession, Method::POST, "checkoutSessions".to_owned(), Some(key), body, within).await
    }

    /// 5.2.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn checkout_session(&self, id: &ObjectId, within: Duration) -> Result<Answer<CheckoutSession>, CallError> {
        self.get(Operation::GetCheckoutSession, format!("checkoutSessions/{id}"), within).await
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
        self.change(Operation::UpdateCheckoutSession, Method::PATCH, format!("checkoutSessions/{id}"), None, body, within).await
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
        self.change(Operation::CompleteCheckoutSession, Method::POST, format!("checkoutSessions/{id}/complete"), Some(key), body, within)
            .await
    }

    /// 5.4.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn charge_permission(&self, id: &ObjectId, within: Duration) -> Result<Answer<ChargePermission>, CallError> {
        self.get(Operation::GetChargePermission, format!("chargePermissions/{id}"), within).await
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
        self.change(Operation::UpdateChargePermission, Method::PATCH, format!("chargePermissions/{id}"), None, body, within).await
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
        self.change(Operation::CloseChargePermission, Method::DELETE, format!("chargePermissions/{id}/close"), None, body, within).await
    }

    /// 5.5.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_charge(&self, body: &CreateCharge, key: &AttemptId, within: Duration) -> Result<Answer<Charge>, CallError> {
        self.change(Operation::CreateCharge, Method::POST, "charges".to_owned(), Some(key), body, within).await
    }

    /// 5.5.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn charge(&self, id: &ObjectId, within: Duration) -> Result<Answer<Charge>, CallError> {
        self.get(Operation::GetCharge, format!("charges/{id}"), within).await
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
        self.change(Operation::CaptureCharge, Method::POST, format!("charges/{id}/capture"), Some(key), body, within).await
    }

    /// 5.5.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn cancel_charge(&self, id: &ObjectId, body: &CancelCharge, within: Duration) -> Result<Answer<Charge>, CallError> {
        self.change(Operation::CancelCharge, Method::DELETE, format!("charges/{id}/cancel"), None, body, within).await
    }

    /// 5.6.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_refund(&self, body: &CreateRefund, key: &AttemptId, within: Duration) -> Result<Answer<Refund>, CallError> {
        self.change(Operation::CreateRefund, Method::POST, "refunds".to_owned(), Some(key), body, within).await
    }

    /// 5.6.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn refund(&self, id: &ObjectId, within: Duration) -> Result<Answer<Refund>, CallError> {
        self.get(Operation::GetRefund, format!("refunds/{id}"), within).await
    }

    /// Who the buyer with this token is (5.7).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn buyer(&self, token: &BuyerToken, within: Duration) -> Result<Answer<Buyer>, CallError> {
        let (resource, secret) = (format!("buyers/{}", token.secret()), Some(token.secret()));
        let call = Call { operation: Operation::GetBuyer, method: Method::GET, resource, key: None, body: Vec::new(), secret };
        self.perform(&call, within).await
    }

    /// The key makes a repetition harmless, for Amazon takes a tracking number only once (5.8).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_delivery_tracker(
        &self,
        body: &CreateDeliveryTracker,
        key: &AttemptId,
        within: Duration,
    ) -> Result<Answer<DeliveryTracker>, CallError> {
        self.change(Operation::CreateDeliveryTracker, Method::POST, "deliveryTrackers".to_owned(), Some(key), body, within).await
    }

    async fn get<T: Read>(&self, operation: Operation, resource: String, within: Duration) -> Result<Answer<T>, CallError> {
        self.perform(&Call { operation, method: Method::GET, resource, key: None, body: Vec::new(), secret: None }, within).await
    }

    async fn change<T: Read>(
        &self,
        operation: Operation,
        method: Method,
        resource: String,
        key: Option<&AttemptId>,
        body: &impl Body,
        within: Duration,
    ) -> Result<Answer<T>, CallError> {
        let problems = body.check();
        if !problems.is_empty() {
            return Err(CallError::unfit(operation.name(), problems));
        }
        // A body of ours is text under text, which always can be written.
        let body = serde_json::to_vec(body).unwrap_or_default();
        self.perform(&Call { operation, method, resource, key, body, secret: None }, within).await
    }

    async fn perform<T: Read>(&self, call: &Call<'_>, within: Duration) -> Result<Answer<T>, CallError> {
        let quota = call.operation.quota(self.place.environment);
        // What has no key changes nothing, or comes to the same when it is done twice.
        let plan = Plan { operation: call.operation.name(), quota, again: Again::Harmless };
        self.line.call(plan, within, || self.send(call)).await
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
        let build = |http: &reqwest::Client| {
            let url = self.place.origin.url(&path);
            let mut request = http.request(call.method.clone(), url).header(AUTHORIZATION, authorization);
            for (name, value) in headers {
                request = match name {
                    "accept" => request.header(ACCEPT, value),
                    "content-type" => request.header(CONTENT_TYPE, value),
                    other => request.header(other, value),
                };
            }
            if call.body.is_empty() { request } else { request.body(call.body.clone()) }
        };
        let reply = self.line.send(call.operation.name(), &self.place.origin, call.secret.as_slice(), build).await?;
        if !reply.is_success() {
            return Err(Cause::Refused(Refusal::read(reply.status, &reply.body, reply.seen)));
        }
        let read = serde_json::from_slice::<Value>(&reply.body).map_err(|_| Unread::NotJson);
        match read.and_then(|body| T::read(&body).ok_or(Unread::Incomplete)) {
            Ok(value) => Ok(Answer { value, seen: reply.seen }),
            Err(why) => Err(Cause::Unreadable { status: reply.status, seen: reply.seen, why }),
        }
    }
}
