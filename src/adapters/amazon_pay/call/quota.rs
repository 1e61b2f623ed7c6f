//! How many calls a service takes: a bucket for each operation, which holds so many calls and fills up at so many a second.
//!
//! The buckets are this process's estimate of Amazon's. They spare a refusal when many calls come together; who is refused all the same
//! learns that the bucket is empty.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A bucket's size and filling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many calls a full bucket holds.
    pub burst: u32,
    /// How long it takes until one more has come in.
    pub refill: Duration,
}

impl Quota {
    /// `burst` calls at once, and then `calls` a second.
    #[must_use]
    pub const fn per_second(burst: u32, calls: u64) -> Self {
        Self { burst, refill: Duration::from_micros(1_000_000 / calls) }
    }

    /// `burst` calls at once, and then one in `seconds`.
    #[must_use]
    pub const fn one_in(burst: u32, seconds: u64) -> Self {
        Self { burst, refill: Duration::from_secs(seconds) }
    }
}

/// The buckets of one caller, each by the name of its operation.
#[derive(Debug, Default)]
pub struct Buckets {
    /// When each is full again. It is all that has to be kept: a bucket that lacks three calls is full in three fillings.
    full_at: Mutex<BTreeMap<&'static str, Instant>>,
}

impl Buckets {
    #[must_use]
    pub const fn new() -> Self {
        Self { full_at: Mutex::new(BTreeMap::new()) }
    }

    /// Takes a call out of the bucket and tells when it may leave. If that is after `latest` it may leave now, and nothing is taken:
    /// then it is better to let Amazon decide than to give up unasked.
    pub fn admit(&self, operation: &'static str, quota: Quota, now: Instant, latest: Instant) -> Instant {
        let mut all = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = all.get(operation).copied().unwrap_or(now).max(now) + quota.refill;
        let leave = now + (full - now).saturating_sub(quota.refill * quota.burst);
        if leave > latest {
            return now;
        }
        all.insert(operation, full);
        leave
    }

    /// Amazon's bucket is empty, whatever was thought.
    pub fn emptied(&self, operation: &'static str, quota: Quota, now: Instant) {
        let mut all = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = now + quota.refill * quota.burst;
        all.entry(operation).and_modify(|full| *full = empty.max(*full)).or_insert(empty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota::per_second(3, 2);

    /// When calls leave that come at these milliseconds, each with so many to wait at most.
    fn leaving(buckets: &Buckets, began: Instant, calls: &[(u64, u64)]) -> Vec<u128> {
        let after = |ms| began + Duration::from_millis(ms);
        let leave = |&(at, patience)| buckets.admit("Charge", QUOTA, after(at), after(at + patience));
        calls.iter().map(|call| (leave(call) - began).as_millis()).collect()
    }

    #[test]
    fn a_full_bucket_lets_a_burst_through_and_then_what_comes_in() {
        let (buckets, began) = (Buckets::new(), Instant::now());
        assert_eq!(leaving(&buckets, began, &[(0, 9_000); 6]), [0, 0, 0, 500, 1_000, 1_500]);
        // A second later two have come in, and are gone to those who wait; long after, it is full and no fuller.
        assert_eq!(leaving(&buckets, began, &[(1_000, 9_000)]), [2_000]);
        assert_eq!(leaving(&buckets, began, &[(60_000, 9_000); 4]), [60_000, 60_000, 60_000, 60_500]);
    }

    #[test]
    fn who_cannot_wait_leaves_at_once_and_takes_nothing() {
        let (buckets, began) = (Buckets::new(), Instant::now());
        assert_eq!(leaving(&buckets, began, &[(0, 0), (0, 0), (0, 0), (0, 499), (0, 499), (0, 500)]), [0, 0, 0, 0, 0, 500]);
    }

    #[test]
    fn a_bucket_that_amazon_found_empty_is_empty_and_no_other_is() {
        let (buckets, began) = (Buckets::new(), Instant::now());
        buckets.emptied("Charge", QUOTA, began);
        assert_eq!(leaving(&buckets, began, &[(0, 9_000), (0, 9_000)]), [500, 1_000]);
        buckets.emptied("Charge", QUOTA, began);
        assert_eq!(leaving(&buckets, began, &[(0, 9_000)]), [1_500], "those who wait keep their place");
        assert_eq!(buckets.admit("Refund", QUOTA, began, began), began);
    }
}
