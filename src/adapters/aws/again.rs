//! When a call is made once more, as the SDK's own client has it: after what passes, after a pause that grows and is never the same for
//! two callers, and not when most calls fail. `tests/it/store_tries.rs` compares the two.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::retry::ErrorKind;

use super::access::BACKOFF_FIRST;

/// Pauses that the service asks for end here, too.
const BACKOFF_MAX: Duration = Duration::from_secs(20);

/// Why a call is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Nothing came back, or the service is in trouble.
    Trouble,
    Throttled,
    /// The service refused the date of the request, and has told its own.
    Skewed,
}

/// Whether a failure passes. A wrong clock is [`super::skew`]'s matter.
pub fn again<E: ProvideErrorMetadata>(failure: &SdkError<E, HttpResponse>) -> Option<Again> {
    match failure {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => Some(Again::Trouble),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => Some(Again::Trouble),
        SdkError::DispatchFailure(failure) => {
            let kind = failure.as_other()?;
            Some(if kind == ErrorKind::ThrottlingError { Again::Throttled } else { Again::Trouble })
        }
        SdkError::ServiceError(said) => {
            let code = said.err().code().unwrap_or_default();
            if THROTTLING_ERRORS.contains(&code) {
                return Some(Again::Throttled);
            }
            // A write that met another one on the same item: it passes at once, which the SDK's own lists do not have.
            let conflict = code == "TransactionConflictException";
            let trouble = TRANSIENT_ERRORS.contains(&code) || matches!(said.raw().status().as_u16(), 500 | 502 | 503 | 504);
            (conflict || trouble).then_some(Again::Trouble)
        }
        // It would fail again.
        SdkError::ConstructionFailure(_) => None,
        _ => None,
    }
}

/// How long to wait after this many tries, unless the service has said.
pub fn pause<E>(failure: &SdkError<E, HttpResponse>, tries: u32) -> Duration {
    let asked = failure.raw_response().and_then(|response| response.headers().get("x-amz-retry-after")?.parse().ok());
    let grown = BACKOFF_FIRST.saturating_mul(1 << tries.saturating_sub(1).min(16));
    let drawn = || Duration::from_micros(fastrand::u64(0..=u64::try_from(grown.as_micros()).unwrap_or(u64::MAX)));
    asked.map_or_else(drawn, Duration::from_millis).min(BACKOFF_MAX)
}

/// What tries again may cost altogether: where nearly every call fails, repetition only adds to the trouble.
#[derive(Debug)]
pub struct Quota(AtomicU32);

impl Quota {
    const FULL: u32 = 500;

    pub const fn new() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }

    /// Takes what another try costs; `None` when that is not left.
    pub fn take(&self, reason: Again) -> Option<u32> {
        let cost = match reason {
            Again::Trouble => 10,
            Again::Throttled | Again::Skewed => 5,
        };
        let taken = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost));
        taken.is_ok().then_some(cost)
    }

    /// A call has succeeded: what its last try cost comes back, or a little if it was the first.
    pub fn give_back(&self, cost: Option<u32>) {
        let more = cost.unwrap_or(1);
        // Always `Some`.
        let _ = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some((left + more).min(Self::FULL)));
    }
}
