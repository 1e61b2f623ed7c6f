//! What is asked and what is answered: strict out, lenient in. Fields that the shop has no use for are left out both ways.

pub mod answers;
pub mod requests;
pub mod trackers;

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::adapters::json;
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;

/// The id of a checkout session, charge permission, charge or refund (section 5). It is part of a path, so its letters are few.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ObjectId(String);

/// A text that is no id of Amazon Pay's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of Amazon Pay's: expected 1 to 64 letters, digits, hyphens and underscores")]
pub struct NoObjectId;

impl ObjectId {
    /// Takes a text that can be an id.
    ///
    /// # Errors
    /// [`NoObjectId`] when it cannot.
    pub fn parse(text: &str) -> Result<Self, NoObjectId> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if fits { Ok(Self(text.to_owned())) } else { Err(NoObjectId) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(value: &Value) -> Option<Self> {
        Self::parse(json::text(value)?).ok()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount as API v2 writes it (section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price(pub Money);

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(money) = self;
        json!({ "amount": money.decimal(), "currencyCode": money.currency().code() }).serialize(serializer)
    }
}

/// An amount; absent when its currency is none of an account's.
fn money(value: &Value) -> Option<Money> {
    let currency: Currency = json::text(&value["currencyCode"])?.parse().ok()?;
    let amount = &value["amount"];
    Money::parse(json::text(amount).unwrap_or(&amount.to_string()), currency).ok()
}

/// A moment as `20240115T101530Z`.
fn moment(value: &Value) -> Option<Time> {
    let date = PrimitiveDateTime::parse(json::text(value)?, format_description!("[year][month][day]T[hour][minute][second]Z")).ok()?;
    Some(Time::from_unix(date.assume_utc().unix_timestamp()))
}

/// A moment as `20240115T101530Z`, for the date that is signed; `None` beyond what a calendar shows.
#[must_use]
pub fn stamp(at: Time) -> Option<String> {
    let date = OffsetDateTime::from_unix_timestamp(at.unix()).ok()?;
    date.format(format_description!("[year][month][day]T[hour][minute][second]Z")).ok()
}

#[cfg(test)]
mod tests;
