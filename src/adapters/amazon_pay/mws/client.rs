//! The calls. Each has a time in which it must be over; within that, what passes is tried again, under the same reference id.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;

use super::action::Action;
use super::answers::Read;
use super::errors::Refusal;
use super::key::Merchant;
use super::place::{Place, VERSION};
use super::sheet::{Request, Sheet};
use super::sign::{Parameters, signed};
use super::xml::{self, Element};
use crate::adapters::amazon_pay::call::failure::{self, Unread};
use crate::adapters::amazon_pay::call::line::{Line, Plan, Reply};
use crate::adapters::amazon_pay::call::{Answer, Seen};
use crate::adapters::system;
use crate::domain::time::Time;

/// Why a call did not succeed, and what that says about what was asked for.
pub type CallError = failure::CallError<Refusal>;

/// What went wrong on the last try.
pub type Cause = failure::Cause<Refusal>;

/// The parameters that nobody may see.
const SECRET: [&str; 3] = ["AccessToken", "AddressConsentToken", "MWSAuthToken"];

/// A merchant's access to the older API.
#[derive(Debug)]
pub struct Client {
    merchant: Merchant,
    place: Place,
    now: fn() -> Time,
    line: Line,
}

impl Client {
    /// Prepares to call; nothing is sent yet.
    #[must_use]
    pub const fn new(merchant: Merchant, place: Place) -> Self {
        Self { merchant, place, now: system::now, line: Line::new() }
    }

    #[must_use]
    pub const fn merchant(&self) -> &Merchant {
        &self.merchant
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

    /// The same under another clock.
    #[must_use]
    pub fn with_clock(self, now: fn() -> Time) -> Self {
        Self { now, ..self }
    }

    /// Asks.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<Q: Request>(&self, request: &Q, within: Duration) -> Result<Answer<Q::Answer>, CallError> {
        let action = Q::ACTION;
        let parameters = Sheet::of(request).map_err(|problems| CallError::unfit(action.name(), problems))?;
        let plan = Plan { operation: action.name(), quota: action.quota(self.place.environment), again: action.again() };
        self.line.call(plan, within, || self.send(action, parameters.clone())).await
    }

    /// One try, signed anew: a signature is good for some minutes only.
    async fn send<T: Read>(&self, action: Action, parameters: Parameters) -> Result<Answer<T>, Cause> {
        let parameters = self.complete(action, parameters)?;
        let secrets: Vec<_> = SECRET.iter().filter_map(|name| parameters.get(*name)).map(String::as_str).collect();
        let body = signed(&parameters, self.place.origin.host(), &self.place.path(), &self.merchant.secret_key);
        let url = self.place.origin.url(&self.place.path());
        let build =
            |http: &reqwest::Client| http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8").body(body);
        let reply = self.line.send(action.name(), &self.place.origin, &secrets, build).await?;
        if !reply.is_success() {
            return Err(Cause::Refused(Refusal::read(reply.status, &reply.body, reply.seen)));
        }
        read(action, reply)
    }

    /// The parameters that all calls have (section 2).
    fn complete(&self, action: Action, mut parameters: Parameters) -> Result<Parameters, Cause> {
        let Merchant { seller, access_key, secret_key: _, auth_token } = &self.merchant;
        let timestamp = stamp((self.now)()).ok_or(Cause::NoDate)?;
        let common = [
            ("AWSAccessKeyId", access_key.as_str()),
            ("Action", action.name()),
            ("SellerId", seller.as_str()),
            ("SignatureMethod", "HmacSHA256"),
            ("SignatureVersion", "2"),
            ("Timestamp", timestamp.as_str()),
            ("Version", VERSION),
        ];
        let delegation = auth_token.iter().map(|token| ("MWSAuthToken", token.secret()));
        parameters.extend(common.into_iter().chain(delegation).map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(parameters)
    }
}

/// A moment as `2015-12-31T23:59:58Z`; `None` beyond what a calendar shows.
fn stamp(at: Time) -> Option<String> {
    let written = system::rfc3339(at);
    written.ends_with('Z').then_some(written)
}

/// The answer to this action and no other, in which everything that must be there is.
fn read<T: Read>(action: Action, reply: Reply) -> Result<Answer<T>, Cause> {
    let Reply { status, seen, body } = reply;
    let found = xml::parse(&body).and_then(|document| {
        let root = Element::root(&document);
        if root.name().strip_suffix("Response") != Some(action.name()) {
            return Err(Unread::OtherCall);
        }
        // Where there is nothing to tell, the result's element may be missing.
        let result = root.child(&format!("{}Result", action.name())).unwrap_or(root);
        let request_id = root.child("ResponseMetadata").and_then(|metadata| metadata.shown("RequestId"));
        T::read(result).map(|value| (value, request_id)).ok_or(Unread::Incomplete)
    });
    match found {
        Ok((value, request_id)) => Ok(Answer { value, seen: Seen { request_id: request_id.or(seen.request_id), ..seen } }),
        Err(why) => Err(Cause::Unreadable { status, seen, why }),
    }
}
