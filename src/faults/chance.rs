//! Everything that is left to chance in a run, drawn from the run's seed: the same seed, the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

macro_rules! faults {
    ($($variant:ident, $permille:literal, $name:literal, $about:literal;)*) => {
        /// Something that can go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $($variant),* }

        impl Fault {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name on the command line and in summaries.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What happens.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }

            /// How often it strikes, of a thousand occasions, where the weather is bad.
            const fn permille(self) -> u32 {
                match self { $(Self::$variant => $permille),* }
            }
        }
    };
}

faults! {
    StoreThrottled, 12, "store-throttled", "the store refuses a call because there are too many";
    StoreConflict, 12, "store-conflict", "the store refuses a write because another one is under way";
    StoreFailsBefore, 10, "store-fails-before", "the store fails, and nothing has taken effect";
    StoreFailsAfter, 14, "store-fails-after", "the store says that it failed, but the call took effect";
    StoreGoneBefore, 10, "store-gone-before", "the connection breaks before the call takes effect";
    StoreGoneAfter, 14, "store-gone-after", "the connection breaks after the call took effect";
    StoreHangsBefore, 8, "store-hangs-before", "no answer, and no effect";
    StoreHangsAfter, 8, "store-hangs-after", "no answer, but the call took effect";
    StoreLate, 10, "store-late", "the call takes effect when nobody waits for it any more";
    StoreDown, 4, "store-down", "the store is down for some seconds";
    RequestLost, 12, "request-lost", "Alexa's request does not reach the skill";
    RequestTwiceAtOnce, 40, "request-twice-at-once", "a request reaches the skill twice at the same time";
    RequestTwiceLater, 30, "request-twice-later", "a request reaches the skill once more, up to hours later";
    RequestAgain, 300, "request-again", "a request that was not answered reaches the skill once more, and this time the answer is heard";
    Crash, 25, "crash", "the skill dies somewhere in a turn";
    ResponseLost, 25, "response-lost", "the skill's response does not reach Alexa";
    DirectiveLost, 40, "directive-lost", "the directive does not reach Amazon Pay";
    DirectiveLate, 40, "directive-late", "the directive reaches Amazon Pay up to hours later";
    DirectiveException, 25, "directive-exception", "an exception arrives instead of Amazon Pay's answer; nothing was carried out";
    DirectiveSessionError, 25, "directive-session-error", "the session ends with an error instead of an answer; nothing was carried out";
    AnswerLost, 40, "answer-lost", "Amazon Pay's answer is lost";
    AnswerException, 25, "answer-exception", "an exception arrives instead of the answer, though the directive was carried out";
    AnswerTwice, 60, "answer-twice", "Amazon Pay's answer arrives twice, up to hours apart";
    AnswerLate, 60, "answer-late", "Amazon Pay's answer arrives minutes later";
    AnswerDaysLate, 15, "answer-days-late", "Amazon Pay's answer arrives hours or days later";
    AmazonUnwilling, 300, "amazon-unwilling", "Amazon Pay declines, waits, errs, or answers in an odd shape";
    AgreementChanged, 40, "agreement-changed", "Amazon or the buyer suspends, closes or reopens the agreement";
    PermissionWithdrawn, 40, "permission-withdrawn", "the buyer takes back the permission, for a while";
    SkillReset, 15, "skill-reset", "the buyer disables and enables the skill";
    ShopChanged, 40, "shop-changed", "the merchant deploys other prices, another capture mode, timing or world";
    MerchantActs, 150, "merchant-acts", "the merchant cancels, captures or refunds";
    CaptureFails, 200, "capture-fails", "Amazon Pay declines to capture what it holds";
    Chargeback, 30, "chargeback", "the buyer's bank takes back a payment";
    Notice, 150, "notice", "news of a charge arrives by another way, possibly old or repeated";
    PageOpenTwice, 100, "page-open-twice", "the page that finishes a cart is open twice at the same time";
    PageLate, 100, "page-late", "a buyer agrees at Amazon hours later, or when it is too late";
    PageLeft, 80, "page-left", "a buyer who has been at Amazon never comes back to the page";
    PageTwice, 200, "page-twice", "the way back from Amazon to the page is loaded twice, at once or up to hours later";
    OtherBuyer, 80, "other-buyer", "at Amazon somebody else signs in for what a buyer has begun on the page";
}

/// The chance of one run.
#[derive(Debug)]
pub struct Chance {
    rng: fastrand::Rng,
    /// How bad the weather is, in percent of the usual: runs differ, so that rare faults also meet calm surroundings.
    weather: u32,
    off: BTreeSet<Fault>,
    calm: bool,
    down_until: Option<Instant>,
    struck: BTreeMap<Fault, u64>,
    /// A fault that strikes at these calls of the store, counted from 0, and nothing else ever.
    only: Option<(Fault, Range<u64>)>,
    calls: u64,
}

impl Chance {
    /// Chance as the seed has it, without the faults that are `off`.
    #[must_use]
    pub fn seeded(seed: u64, off: &BTreeSet<Fault>) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let weather = [10, 40, 100, 100, 200][rng.usize(0..5)];
        Self { rng, weather, off: off.clone(), calm: false, down_until: None, struck: BTreeMap::new(), only: None, calls: 0 }
    }

    /// Nothing ever goes wrong.
    #[must_use]
    pub fn calm() -> Self {
        Self { calm: true, ..Self::seeded(0, &BTreeSet::new()) }
    }

    /// Only this goes wrong, at the calls of the store with these numbers.
    #[must_use]
    pub fn only(fault: Fault, calls: Range<u64>) -> Self {
        Self { only: Some((fault, calls)), ..Self::calm() }
    }

    /// From now on nothing goes wrong.
    pub fn calm_down(&mut self) {
        self.calm = true;
        self.down_until = None;
    }

    /// Whether this goes wrong now.
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let strikes = !self.calm && !self.off.contains(&fault) && self.rng.u32(0..100_000) < fault.permille() * self.weather;
        if strikes {
            *self.struck.entry(fault).or_default() += 1;
        }
        strikes
    }

    /// What goes wrong with a call of the store, if anything.
    pub fn with_store(&mut self, write: bool) -> Option<Fault> {
        self.calls += 1;
        if let Some((fault, calls)) = &self.only {
            let fits = calls.contains(&(self.calls - 1)) && (write || *fault != Fault::StoreConflict);
            return fits.then_some(*fault);
        }
        if self.is_down() {
            return Some(if self.rng.bool() { Fault::StoreFailsBefore } else { Fault::StoreHangsBefore });
        }
        let fault = STORE.into_iter().filter(|fault| write || *fault != Fault::StoreConflict).find(|fault| self.strikes(*fault))?;
        if fault == Fault::StoreDown {
            self.down_until = Some(Instant::now() + Duration::from_millis(self.rng.u64(100..20_000)));
            return Some(Fault::StoreFailsBefore);
        }
        Some(fault)
    }

    /// Whether the store is down, so that calls go wrong without being counted as faults of their own.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.down_until.is_some_and(|until| Instant::now() < until)
    }

    /// How many calls of the store there were.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// How long something takes.
    pub fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.rng.u64(range))
    }

    /// A while: from milliseconds to hours, each scale as likely as the others.
    pub fn lull(&mut self) -> Duration {
        let scale = *self.pick(&[10, 200, 3_000, 30_000, 600_000, 10_000_000]);
        self.millis(1..=scale)
    }

    /// Whether something comes to pass that happens `permille` times of a thousand. No fault: it happens in calm weather, too.
    pub fn happens(&mut self, permille: u32) -> bool {
        self.rng.u32(0..1_000) < permille
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.rng.usize(0..all.len())]
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        self.rng.u32(0..end)
    }

    /// How often each fault has struck.
    #[must_use]
    pub const fn struck(&self) -> &BTreeMap<Fault, u64> {
        &self.struck
    }
}

/// What can go wrong at a call of the store.
pub const STORE: [Fault; 10] = [
    Fault::StoreThrottled,
    Fault::StoreConflict,
    Fault::StoreFailsBefore,
    Fault::StoreFailsAfter,
    Fault::StoreGoneBefore,
    Fault::StoreGoneAfter,
    Fault::StoreHangsBefore,
    Fault::StoreHangsAfter,
    Fault::StoreLate,
    Fault::StoreDown,
];

/// The chance that everything in a run shares.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<Chance>>);

impl Shared {
    #[must_use]
    pub fn new(chance: Chance) -> Self {
        Self(Arc::new(Mutex::new(chance)))
    }

    /// Held only while drawing, never across a wait.
    pub fn draw(&self) -> MutexGuard<'_, Chance> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew, for everybody who shares it.
    pub fn reset(&self, chance: Chance) {
        *self.draw() = chance;
    }
}
