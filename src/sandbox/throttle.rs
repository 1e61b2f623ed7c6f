//! How often an operation may be called: a bucket each, with so many calls at once and one more every second (section 9).

use std::collections::BTreeMap;

use super::operation::Operation;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::Refusal;

/// What is left in every bucket that was used, and since when.
#[derive(Debug, Default)]
pub struct Buckets(BTreeMap<Operation, (i64, Time)>);

impl Buckets {
    /// Takes a call out of its bucket.
    ///
    /// # Errors
    /// `TooManyRequests` when it is empty.
    pub fn take(&mut self, operation: Operation, now: Time) -> Result<(), Refusal> {
        let Some(burst) = operation.burst() else { return Ok(()) };
        let (left, since) = self.0.get(&operation).copied().unwrap_or((burst, now));
        let left = left.saturating_add(now.since(since).max(0)).min(burst);
        if left < 1 {
            return Err(Refusal::new(
                "TooManyRequests",
                format!("{} takes {burst} calls at once and one more every second", operation.name()),
            ));
        }
        self.0.insert(operation, (left - 1, now));
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
        let mut take = |seconds| buckets.take(Operation::CreateCharge, at(seconds)).is_ok();
        assert!(take(0) && take(0) && !take(0), "two at once");
        assert!(take(1) && !take(1), "one a second");
        assert!(take(60) && take(60) && !take(60), "never more than two");
    }
}
