//! How far this machine's clock is from the service's. A request whose date is minutes off is refused, with the service's date beside it.

use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::domain::time::Time;

/// A smaller difference is not why a request was refused.
const DIFFERENCE_MIN: i64 = 4 * Time::MINUTE;

/// The codes by which a service refuses a date, among other things (aws-runtime, `service_clock_skew.rs`).
const CODES: [&str; 5] =
    ["AccessDeniedException", "AuthFailure", "InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"];

/// What has been learnt: seconds that the service is ahead. The SDK learns from every answer; an answer to a request that was let in would
/// only confirm that the date was near enough.
#[derive(Debug, Default)]
pub struct Skew(AtomicI64);

impl Skew {
    /// The service's time.
    pub fn correct(&self, now: Time) -> Time {
        now.plus(self.0.load(Ordering::Relaxed))
    }

    /// Learns from a refusal. Whether there was something to learn, so that the same request may pass now.
    pub fn learn<E: ProvideErrorMetadata>(&self, refusal: &SdkError<E, HttpResponse>, now: Time) -> bool {
        let SdkError::ServiceError(said) = refusal else { return false };
        if !said.err().code().is_some_and(|code| CODES.contains(&code)) || said.raw().headers().get("age").is_some() {
            return false;
        }
        let date = said.raw().headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let Some(ahead) = date.map(|date| Time::from_unix(date.secs()).since(now)) else { return false };
        // Also when the clock has been set right meanwhile, and it is the correction that is off.
        let before = self.0.swap(ahead, Ordering::Relaxed);
        (ahead - before).abs() > DIFFERENCE_MIN
    }
}
