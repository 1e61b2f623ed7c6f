//! A request as it came, and what every request must have (sections 1 to 4).

use std::collections::BTreeMap;

use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::adapters::amazon_pay::api::key::PublicKeyId;
use crate::adapters::amazon_pay::api::place::Environment;
use crate::domain::money::Currency;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::Refusal;

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// How far a request's date may be from the clock. No page gives Amazon Pay's own bound (unconfirmed).
const APART_MAX_SECONDS: i64 = 300;

/// Section 4.
const KEY_MAX: usize = 32;

const AMAZONS_HOSTS: [&str; 3] = ["pay-api.amazon.com", "pay-api.amazon.eu", "pay-api.amazon.jp"];

/// The headers of section 2 that every request has, and that are signed.
pub const ALWAYS: [&str; 5] = ["accept", "content-type", "x-amz-pay-date", "x-amz-pay-host", "x-amz-pay-region"];

impl Call {
    /// A header's value, if it has one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Checks what every request must have.
    ///
    /// # Errors
    /// `MissingHeader`, `MissingHeaderValue` or `InvalidHeaderValue`.
    pub fn check_headers(&self, wall: Time, strict: bool) -> Result<(), Refusal> {
        for name in ALWAYS {
            match self.headers.get(name) {
                None => return Err(Refusal::new("MissingHeader", format!("the header {name} is missing"))),
                Some(value) if value.trim().is_empty() => {
                    return Err(Refusal::new("MissingHeaderValue", format!("the header {name} has no value")));
                }
                Some(_) => {}
            }
        }
        for name in ["accept", "content-type"] {
            let media = self.header(name).unwrap_or_default().split(';').next().unwrap_or_default().trim();
            if media != "application/json" {
                return Err(invalid(name, "it must be application/json"));
            }
        }
        let date =
            self.header("x-amz-pay-date").and_then(date).ok_or_else(|| invalid("x-amz-pay-date", "it must be as 20240115T101530Z"))?;
        if strict && date.since(wall).abs() > APART_MAX_SECONDS {
            return Err(invalid("x-amz-pay-date", "it is more than five minutes from this machine's clock (bound unconfirmed)"));
        }
        // Whether the service checks region and host is unconfirmed.
        if strict && self.ledger().is_none() {
            return Err(invalid("x-amz-pay-region", "it must be na, eu or jp"));
        }
        let host = self.header("x-amz-pay-host").unwrap_or_default();
        if strict && Some(host) != self.header("host") && !AMAZONS_HOSTS.contains(&host) {
            return Err(invalid("x-amz-pay-host", "it must be the host that is called"));
        }
        Ok(())
    }

    /// The currency of accounts in the region that is named.
    #[must_use]
    pub fn ledger(&self) -> Option<Currency> {
        match self.header("x-amz-pay-region")?.to_ascii_lowercase().as_str() {
            "na" | "us" => Some(Currency::Usd),
            "eu" | "de" | "uk" => Some(Currency::Eur),
            "jp" => Some(Currency::Jpy),
            _ => None,
        }
    }

    /// The idempotency key, if there is one that can be one.
    ///
    /// # Errors
    /// `InvalidHeaderValue` for one that is too long or has other characters.
    pub fn idempotency_key(&self) -> Result<Option<&str>, Refusal> {
        const NAME: &str = "x-amz-pay-idempotency-key";
        let Some(key) = self.header(NAME) else { return Ok(None) };
        let fits = key.len() <= KEY_MAX && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if fits { Ok(Some(key)) } else { Err(invalid(NAME, "at most 32 characters of A-Z a-z 0-9 - _")) }
    }

    /// Which environment is called, and the resource below `v2`: the path names the environment, or the key does (section 1).
    ///
    /// # Errors
    /// `InvalidAPIVersion` or `ResourceNotFound` for another path.
    pub fn resource(&self, key: &PublicKeyId) -> Result<(Environment, Vec<&str>), Refusal> {
        let mut parts: Vec<&str> = self.path.split('/').filter(|part| !part.is_empty()).collect();
        let named = match parts.first() {
            Some(&"sandbox") => Some(Environment::Sandbox),
            Some(&"live") => Some(Environment::Live),
            _ => None,
        };
        let environment = match (named, key.environment()) {
            (Some(_), Some(_)) => {
                let message = "a key made for one environment selects it, and the path does not name it: leave sandbox or live out";
                return Err(Refusal::new("ResourceNotFound", message));
            }
            (None, None) => return Err(Refusal::new("ResourceNotFound", "the path must begin with /sandbox/v2 or /live/v2 for this key")),
            (Some(environment), None) | (None, Some(environment)) => environment,
        };
        if named.is_some() {
            parts.remove(0);
        }
        if parts.first() != Some(&"v2") {
            return Err(Refusal::new("InvalidAPIVersion", "this is version v2"));
        }
        parts.remove(0);
        Ok((environment, parts))
    }
}

fn invalid(name: &str, why: &str) -> Refusal {
    Refusal::new("InvalidHeaderValue", format!("the value of the header {name} is invalid: {why}"))
}

/// A date as PHP and Java write it, or as Node does (section 2).
fn date(text: &str) -> Option<Time> {
    let short = format_description!("[year][month][day]T[hour][minute][second]Z");
    let long = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let read = PrimitiveDateTime::parse(text, short).or_else(|_| PrimitiveDateTime::parse(text, long)).ok()?;
    Some(Time::from_unix(read.assume_utc().unix_timestamp()))
}

/// A moment as an HTTP header has it.
#[must_use]
pub fn http_date(at: Time) -> Option<String> {
    let format = format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    OffsetDateTime::from_unix_timestamp(at.unix()).ok()?.format(format).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_date_are_the_same_moment() {
        assert_eq!(date("20261122T020000Z"), Some(Time::from_unix(1_795_312_800)));
        assert_eq!(date("2026-11-22T02:00:00Z"), Some(Time::from_unix(1_795_312_800)));
        assert_eq!(date("2026-11-22"), None);
        assert_eq!(http_date(Time::from_unix(1_795_312_800)).as_deref(), Some("Sun, 22 Nov 2026 02:00:00 GMT"));
    }
}
