//! Plays runs: one from a seed, or many side by side, and finds the shortest way to a broken promise.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::auditor::Violation;
use super::chance::{Chance, Fault, Shared};
use super::engine::EngineError;
use super::ground::{Ground, Kind};
use super::teller::Teller;
use super::town::{Ended, Shop, Town, keys};
use crate::adapters::alexa::verify::ApplicationId;
use crate::config::{Config, EMBEDDED_CATALOG, EMBEDDED_SHOP, Env};
use crate::domain::payment::{CaptureMode, Timing};
use crate::domain::shop::World;
use crate::entry::late::Late;
use crate::entry::skill::Skill;

/// The only skill in town.
const SKILL: &str = "amzn1.ask.skill.00000000-0000-0000-0000-0000000000fa";

/// What a set of runs is to be.
#[derive(Clone, Debug)]
pub struct Plan {
    pub from: u64,
    pub seeds: u64,
    /// How many of a hundred seeds go through the real adapter and the embedded engine.
    pub engine_percent: u64,
    pub threads: usize,
    pub off: BTreeSet<Fault>,
}

/// What came out of it.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub seeds: u64,
    pub engine_seeds: u64,
    /// Requests, payment steps, merchant's acts and notices.
    pub steps: u64,
    /// How often the books were compared.
    pub looks: u64,
    pub struck: BTreeMap<Fault, u64>,
    /// How many orders there were in the end, by state.
    pub orders: BTreeMap<&'static str, u64>,
    /// Those of them that saved wallets were to pay.
    pub of_wallets: BTreeMap<&'static str, u64>,
    /// The voice codes that were said, and what came of them.
    pub codes: BTreeMap<&'static str, u64>,
    /// Those of the orders whose last try was a purchase on a page.
    pub of_pages: BTreeMap<&'static str, u64>,
    /// What buyers did on pages, and what they were told there.
    pub pages: BTreeMap<&'static str, u64>,
    /// The broken promise with the lowest seed.
    pub found: Option<Found>,
}

/// A broken promise, and how to see it again.
#[derive(Clone, Debug)]
pub struct Found {
    pub seed: u64,
    pub violation: Violation,
    /// The faults without which the promise is not broken.
    pub needs: BTreeSet<Fault>,
    pub off: BTreeSet<Fault>,
    pub trace: Vec<String>,
}

/// Why runs cannot be played at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the built-in shop does not work")]
    Shop(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no runtime can be started")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A place for one run after the other.
pub struct Arena {
    shops: Rc<[Shop]>,
    ground: Ground,
    teller: Teller,
    chance: Shared,
}

impl Arena {
    /// An arena on a store of this kind.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn new(kind: Kind) -> Result<Self, RunError> {
        let chance = Shared::new(Chance::calm());
        let ground = Ground::new(kind, chance.clone());
        let teller = Teller::new(chance.clone());
        let shops = forms(&ground, &teller).map_err(RunError::Shop)?;
        Ok(Self { shops: shops.into(), ground, teller, chance })
    }

    /// Plays the run of a seed.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn play(&self, seed: u64, off: &BTreeSet<Fault>) -> Result<Ended, RunError> {
        self.chance.reset(Chance::seeded(seed, off));
        // The client's pauses between tries are jittered by a generator of its own.
        fastrand::seed(seed);
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().map_err(RunError::Runtime)?;
        LocalSet::new().block_on(&runtime, async {
            self.ground.clear().await?;
            self.teller.bank.clear();
            let town = Town::new(self.shops.clone(), self.ground.clone(), self.teller.clone(), SKILL);
            Ok(town.live().await)
        })
    }

    /// How often each fault has struck in the last run.
    #[must_use]
    pub fn struck(&self) -> BTreeMap<Fault, u64> {
        self.chance.draw().struck().clone()
    }

    /// The same broken promise with as few kinds of faults as will do.
    fn shorten(&self, seed: u64, violation: Violation, off: &BTreeSet<Fault>, trace: Vec<String>) -> Result<Found, RunError> {
        let mut found = Found { seed, violation, needs: self.struck().into_keys().collect(), off: off.clone(), trace };
        for fault in found.needs.clone() {
            let off: BTreeSet<_> = found.off.iter().copied().chain([fault]).collect();
            let ended = self.play(seed, &off)?;
            if let Some(violation) = ended.violation.filter(|violation| violation.invariant == found.violation.invariant) {
                let needs = self.struck().into_keys().collect();
                found = Found { seed, violation, needs, off, trace: ended.trace };
            }
        }
        Ok(found)
    }
}

/// The shop in every form in which it is deployed in turn: prices, capture mode, timing and world.
fn forms(ground: &Ground, teller: &Teller) -> Result<Vec<Shop>, Box<dyn std::error::Error + Send + Sync>> {
    let application = ApplicationId::parse(SKILL)?;
    let dearer = EMBEDDED_CATALOG.replace("24.99", "26.49");
    let mut shops = Vec::new();
    for (catalog, world) in [(EMBEDDED_CATALOG, World::Simulated), (&dearer, World::Simulated), (EMBEDDED_CATALOG, World::Sandbox)] {
        for capture in [CaptureMode::Immediate, CaptureMode::OnShip] {
            for timing in [Timing::Synchronous, Timing::Asynchronous] {
                let mut config = Config::load(EMBEDDED_SHOP, catalog, &Env::default())?;
                (config.shop.world, config.shop.capture, config.shop.timing) = (world, capture, timing);
                let skill = Skill::new(config, application.clone(), ground.clone())?;
                shops.push(skill.with_wallets(teller.clone(), Some(Late::Here(keys()?))));
            }
        }
    }
    Ok(shops)
}

/// Plays many runs, and stops at the first broken promise. `progress` hears of every run that is over.
///
/// # Errors
/// [`RunError`].
pub fn play(plan: &Plan, progress: &(dyn Fn() + Sync)) -> Result<Summary, RunError> {
    let next = AtomicU64::new(plan.from);
    let stop = AtomicBool::new(false);
    let summary = Mutex::new(Summary::default());
    let work = || -> Result<(), RunError> {
        let (memory, engine) = (Arena::new(Kind::Memory)?, Arena::new(Kind::Engine)?);
        // Seeds are handed out in their order, so the lowest that breaks a promise is always played.
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed - plan.from >= plan.seeds {
                break;
            }
            let through_engine = seed % 100 < plan.engine_percent;
            let arena = if through_engine { &engine } else { &memory };
            let ended = arena.play(seed, &plan.off)?;
            let struck = arena.struck();
            let found = match ended.violation {
                Some(violation) => {
                    stop.store(true, Ordering::Relaxed);
                    Some(arena.shorten(seed, violation, &plan.off, ended.trace)?)
                }
                None => None,
            };
            let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
            summary.seeds += 1;
            summary.engine_seeds += u64::from(through_engine);
            summary.steps += ended.steps;
            summary.looks += ended.looks;
            for (fault, count) in struck {
                *summary.struck.entry(fault).or_default() += count;
            }
            for (state, count) in ended.orders {
                *summary.orders.entry(state).or_default() += count;
            }
            for (state, count) in ended.of_wallets {
                *summary.of_wallets.entry(state).or_default() += count;
            }
            for (what, count) in ended.codes {
                *summary.codes.entry(what).or_default() += count;
            }
            for (state, count) in ended.of_pages {
                *summary.of_pages.entry(state).or_default() += count;
            }
            for (what, count) in ended.pages {
                *summary.pages.entry(what).or_default() += count;
            }
            if found.as_ref().is_some_and(|found| summary.found.as_ref().is_none_or(|known| found.seed < known.seed)) {
                summary.found = found;
            }
            progress();
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..plan.threads.max(1)).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        }
        Ok(())
    })
    .map(|()| summary.into_inner().unwrap_or_else(PoisonError::into_inner))
}
