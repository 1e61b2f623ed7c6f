//! How a call to one of Amazon's services is made, whichever it is: within a time, again where that can help, and no faster than the
//! service takes calls. What is sent and what an answer means is the business of [`api`](super::api), [`mws`](super::mws) and
//! [`lwa`](super::lwa).

pub mod failure;
pub mod line;
pub mod origin;
pub mod percent;
pub mod quota;
pub mod trouble;
pub mod unfit;

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::adapters::json::printable;
use crate::domain::time::Time;

/// What every answer tells beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Amazon's name for the call, which its support asks for.
    pub request_id: Option<String>,
    /// Amazon's clock.
    pub date: Option<Time>,
    /// How long Amazon wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// An answer, and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    pub value: T,
    pub seen: Seen,
}

impl Seen {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let moment = |text: &str| OffsetDateTime::parse(text, &Rfc2822).ok().map(|date| Time::from_unix(date.unix_timestamp()));
        let date = text(DATE.as_str()).and_then(moment);
        // Seconds, or a moment by Amazon's clock, which the same answer tells.
        let retry_after = text(RETRY_AFTER.as_str())
            .and_then(|after| after.parse().ok().or_else(|| u64::try_from(moment(after)?.since(date?)).ok()).map(Duration::from_secs));
        let request_id = text("x-amz-pay-request-id").or_else(|| text("x-amzn-requestid"));
        Self { request_id: request_id.map(|id| printable(id, 64)), date, retry_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(headers: &[(&'static str, &'static str)]) -> Seen {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Seen::read(&pairs.collect())
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_moment_by_amazons_clock() {
        let date = ("date", "Sun, 22 Nov 2026 02:00:00 GMT");
        let wait = |value, date: &[_]| seen(&[&[("retry-after", value)], date].concat()).retry_after.map(|wait| wait.as_secs());
        assert_eq!(wait("3", &[]), Some(3));
        assert_eq!(wait("Sun, 22 Nov 2026 02:00:30 GMT", &[date]), Some(30));
        for nothing in ["", "-1", "soon", "1.5", "Sun, 22 Nov 2026 01:00:00 GMT"] {
            assert_eq!(wait(nothing, &[date]), None, "{nothing}");
        }
        assert_eq!(wait("Sun, 22 Nov 2026 02:00:30 GMT", &[]), None, "by this machine's clock it would be a guess");
    }

    #[test]
    fn either_services_name_for_the_call_is_kept() {
        assert_eq!(seen(&[("x-amz-pay-request-id", "R-1")]).request_id.as_deref(), Some("R-1"));
        assert_eq!(seen(&[("x-amzn-RequestId", "R-2")]).request_id.as_deref(), Some("R-2"));
        assert_eq!(seen(&[]), Seen::default());
    }
}
