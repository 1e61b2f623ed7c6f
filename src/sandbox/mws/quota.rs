//! How often an action may be called (section 9).

use std::collections::BTreeMap;

use super::MwsError;
use crate::domain::time::Time;

/// What is left in every bucket that was used, and since when; live and sandbox apart.
#[derive(Debug, Default)]
pub struct Quotas(BTreeMap<(String, bool), (i64, Time)>);

/// So many calls at once, and so many more in so many seconds; `None` where the table has no row.
fn quota(action: &str, sandbox: bool) -> Option<(i64, i64, i64)> {
    Some(match (action, sandbox) {
        ("GetServiceStatus", _) => (2, 1, 300),
        ("GetMerchantNotificationConfiguration" | "SetMerchantNotificationConfiguration", _) => return None,
        (action, true) if action.starts_with("Get") => (5, 1, 1),
        (action, false) if action.starts_with("Get") => (20, 2, 1),
        (_, true) => (2, 1, 2),
        (_, false) => (10, 1, 1),
    })
}

impl Quotas {
    /// Takes a call out of its bucket.
    ///
    /// # Errors
    /// `RequestThrottled` when it is empty.
    pub fn take(&mut self, action: &str, sandbox: bool, now: Time) -> Result<(), MwsError> {
        let Some((burst, more, seconds)) = quota(action, sandbox) else { return Ok(()) };
        let (left, since) = self.0.get(&(action.to_owned(), sandbox)).copied().unwrap_or((burst, now));
        let periods = now.since(since).max(0) / seconds;
        let refilled = periods.saturating_mul(more).saturating_add(left).min(burst);
        if refilled < 1 {
            return Err(MwsError::new("RequestThrottled", format!("{action} takes {burst} calls at once, and then {more} in {seconds} s")));
        }
        // What has passed of a period goes on counting, unless the bucket was full.
        let since = if refilled == burst { now } else { since.plus(periods * seconds) };
        self.0.insert((action.to_owned(), sandbox), (refilled - 1, since));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_by_whole_periods() {
        let mut quotas = Quotas::default();
        let mut take = |seconds: i64| quotas.take("Capture", true, Time::from_unix(1_000 + seconds)).is_ok();
        assert!(take(0) && take(0) && !take(0) && !take(1), "two at once, and no more for two seconds");
        assert!(take(3) && !take(3), "one in two seconds");
        assert!(take(4) && !take(5), "the odd second was not lost");
        assert!(take(60) && take(60) && !take(60));
        let mut live = |seconds: i64| quotas.take("Capture", false, Time::from_unix(1_000 + seconds)).is_ok();
        assert!((0..10).all(|_| live(60)) && !live(60) && live(61) && !live(61));
    }
}
