//! The auditor's book of voice codes: who has one, what was said, and what was heard of it. Like the rest of the auditor it goes by what
//! is said aloud, and not by what the shop has counted.

use std::collections::BTreeMap;

use super::auditor::{Invariant, Violation, Words, broken};
use crate::domain::ids::{BuyerId, WriteId};
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;

/// From this total on a code is asked for, where its owner does not want it always.
const FROM: Money = Money::new(10_000, Currency::Usd);

/// So many wrong codes in a row are answered with another try.
const MORE_TRIES: u32 = 2;

/// What is known of codes.
#[derive(Debug, Default)]
pub struct Codes {
    kept: BTreeMap<BuyerId, Kept>,
    said: BTreeMap<WriteId, Said>,
    /// How many of these were heard.
    locks: u64,
}

/// A code that somebody has set.
#[derive(Clone, Debug)]
struct Kept {
    always: bool,
    since: Time,
    /// Wrong codes that were answered with another try, of those that were said since a right one.
    misses: u32,
    misses_since: Time,
    /// When it was heard to be locked.
    locked: Option<Time>,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    right: bool,
    at: Time,
}

impl Codes {
    /// Somebody sets a code on the page, which also unlocks; or has none from now on.
    pub fn set(&mut self, buyer: &BuyerId, always: Option<bool>, now: Time) {
        match always {
            Some(always) => {
                let kept = Kept { always, since: now, misses: 0, misses_since: now, locked: None };
                self.kept.insert(buyer.clone(), kept);
            }
            None => drop(self.kept.remove(buyer)),
        }
    }

    /// Somebody says a code; `write` is the mark that the request leaves.
    pub fn said(&mut self, write: WriteId, right: bool, at: Time) {
        self.said.insert(write, Said { right, at });
    }

    /// The turn of a right code begins, or is over: in between it may be taken at any moment, while wrong ones are said elsewhere.
    pub fn taken(&mut self, buyer: &BuyerId, now: Time) {
        if let Some(kept) = self.kept.get_mut(buyer) {
            (kept.misses, kept.misses_since) = (0, now);
        }
    }

    /// Somebody hears something.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn heard(&mut self, Words { buyer, speech, asked, coded, .. }: Words, now: Time) -> Result<(), Violation> {
        let Some(kept) = self.kept.get_mut(buyer).filter(|kept| kept.since < asked) else { return Ok(()) };
        if speech.contains("Your voice code is locked") {
            kept.locked.get_or_insert(now);
            self.locks += 1;
        }
        if coded && speech.contains("That isn't your voice code.") && kept.misses_since < asked {
            kept.misses += 1;
            if kept.misses > MORE_TRIES {
                return broken(Invariant::Coded, format!("{} wrong codes in a row, and one more try", kept.misses));
            }
            if kept.locked.is_some_and(|locked| locked < asked) {
                return broken(Invariant::Coded, "one more try for a locked code");
            }
        }
        Ok(())
    }

    /// What has happened, and how often.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let said = |right| self.said.values().map(|said| u64::from(said.right == right)).sum();
        BTreeMap::from([("right", said(true)), ("wrong", said(false)), ("told of a lock", self.locks)])
    }

    /// A saved wallet is charged by the write that came of words said `at` that time.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn charges(&self, buyer: &BuyerId, total: Money, write: &WriteId, at: Time) -> Result<(), Violation> {
        let Some(kept) = self.kept.get(buyer).filter(|kept| kept.since < at) else { return Ok(()) };
        if !(kept.always || total.reaches(FROM)) {
            return Ok(());
        }
        match self.said.get(write) {
            None => broken(Invariant::Coded, format!("{total} is charged, and no code was said")),
            Some(Said { right: false, .. }) => broken(Invariant::Coded, format!("{total} is charged after a wrong code")),
            Some(Said { at, .. }) if kept.locked.is_some_and(|locked| locked < *at) => {
                broken(Invariant::Coded, format!("{total} is charged, and the code is locked"))
            }
            Some(_) => Ok(()),
        }
    }
}
