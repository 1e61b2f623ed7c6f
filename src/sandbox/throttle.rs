//! How often an operation may be called: a bucket each, with so many calls at once and so many more every second (section 9).

use std::collections::BTreeMap;

use super::operation::Operation;
use crate::adapters::amazon_pay::api::place::Environment;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::Refusal;

/// What is left in every bucket that was used, and since when.
#[derive(Debug, Default)]
pub struct Buckets(BTreeMap<(Operation, bool), (i64, Time)>);

impl Buckets {
    /// Takes a call out of its bucket.
    ///
    /// # Errors
    /// `TooManyRequests` when it is empty.
    pub fn take(&mut self, operation: Operation, environment: Environment, now: Time) -> Result<(), Refusal> {
        let Some((burst, more)) = operation.limit(environment) else { return Ok(()) };
        let bucket = (operation, environment == Environment::Live);
        let (left, since) = self.0.get(&bucket).copied().unwrap_or((burst, now));
        let left = now.since(since).max(0).saturating_mul(more).saturating_add(left).min(burst);
        if left < 1 {
            let message = format!("{} takes {burst} calls at once and {more} more every second", operation.name());
            return Err(Refusal::new("TooManyRequests", message));
        }
        self.0.insert(bucket, (left - 1, now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_by_one_a_second() {
        let mut buckets = Buckets::default();
        let at = |seconds: i64| Time::from_unix(1_000 + seconds);
        let mut take = |seconds| buckets.take(Operation::CreateCharge, Environment::Sandbox, at(seconds)).is_ok();
        assert!(take(0) && take(0) && !take(0), "two at once");
        assert!(take(1) && !take(1), "one a second");
        assert!(take(60) && take(60) && !take(60), "never more than two");
        let mut live = |seconds| buckets.take(Operation::CreateCharge, Environment::Live, at(seconds)).is_ok();
        assert!((0..10).all(|_| live(60)) && !live(60), "ten at once where money is real");
        assert!((0..4).all(|_| live(61)) && !live(61), "four a second");
    }
}
