//! The real clock, and moments as text.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::time::Time;

/// Now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// A name for this run of the program, which no other run has.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn run_id() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", std::process::id(), since.as_nanos())
}

/// A moment as `2026-11-02T10:00:00Z`; as plain seconds if it is beyond what a calendar shows.
#[must_use]
pub fn rfc3339(at: Time) -> String {
    OffsetDateTime::from_unix_timestamp(at.unix()).ok().and_then(|date| date.format(&Rfc3339).ok()).unwrap_or_else(|| at.unix().to_string())
}
