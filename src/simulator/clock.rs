//! The simulated clock. It owns what time it is in the local world, and never waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::time::Time;

/// Where replays begin, so that everything derived from time is the same in each: 2026-11-02T10:00:00Z.
pub const REPLAY_START: Time = Time::from_unix(1_793_613_600);

/// What every request of a replay adds to the clock.
pub const REPLAY_STEP_SECONDS: i64 = 2;

/// A clock that can be moved. Clones show the same time, so the skill in this process can share it.
#[derive(Clone, Debug)]
pub struct Clock {
    base: Base,
    moved: Arc<AtomicI64>,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    Standing(Time),
    Following(fn() -> Time),
}

impl Clock {
    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn standing(start: Time) -> Self {
        Self { base: Base::Standing(start), moved: Arc::default() }
    }

    /// A clock that runs with `source` and can be set ahead of it.
    #[must_use]
    pub fn following(source: fn() -> Time) -> Self {
        Self { base: Base::Following(source), moved: Arc::default() }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Time {
        let base = match self.base {
            Base::Standing(start) => start,
            Base::Following(source) => source(),
        };
        base.plus(self.moved.load(Ordering::Relaxed))
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: i64) {
        self.moved.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Moves the clock of a replay by its fixed step; a running clock runs by itself.
    pub fn step(&self) {
        if matches!(self.base, Base::Standing(_)) {
            self.advance(REPLAY_STEP_SECONDS);
        }
    }

    /// Undoes every move.
    pub fn reset(&self) {
        self.moved.store(0, Ordering::Relaxed);
    }
}

/// A moment as request envelopes write it: `2026-11-02T10:00:00Z`.
#[must_use]
pub fn iso(at: Time) -> String {
    OffsetDateTime::from_unix_timestamp(at.unix())
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

/// A moment as Amazon Pay writes it, with milliseconds (fixture `pay-setup-200-ja-JP.json`).
#[must_use]
pub fn iso_millis(at: Time) -> String {
    iso(at).replace('Z', ".000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replays_begin_on_a_monday_morning_and_clones_move_together() {
        let clock = Clock::standing(REPLAY_START);
        assert_eq!(iso(clock.now()), "2026-11-02T10:00:00Z");
        clock.clone().step();
        assert_eq!(iso_millis(clock.now()), "2026-11-02T10:00:02.000Z");
        clock.advance(Time::DAY);
        clock.reset();
        assert_eq!(clock.now(), REPLAY_START);
    }
}
