//! The order machine, explored exhaustively: one order, two devices of its buyer, Amazon Pay, the merchant, and the faults between them,
//! in every sequence within bounds. What decides is the product's own: whole turns of `app::take`, and `decide` and `apply` for what the
//! merchant and notifications do.
//!
//! No test harness, so that the number of states is always seen: `cargo test --test model`. With `-- --large`, the larger bounds too.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not expect, it refuses")]

mod amazon;
mod rules;
mod steps;
mod till;
mod turn;
mod words;
mod world;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use stateright::{Checker, Expectation, HasDiscoveries, Model, Path, Property};
use voicetill::config::{Config, Env};
use voicetill::domain::ids::{BuyerId, Locale};
use voicetill::domain::payment::{CaptureMode, Timing};

use amazon::Terms;
use steps::{Bounds, Step};
use till::Till;
use world::World;

const AT_ONCE: Terms = Terms { capture: CaptureMode::Immediate, timing: Timing::Synchronous };
const LATER: Terms = Terms { capture: CaptureMode::Immediate, timing: Timing::Asynchronous };
const ON_SHIP: Terms = Terms { capture: CaptureMode::OnShip, timing: Timing::Synchronous };
const ON_SHIP_LATER: Terms = Terms { capture: CaptureMode::OnShip, timing: Timing::Asynchronous };
const ALL: &[Terms] = &[AT_ONCE, LATER, ON_SHIP, ON_SHIP_LATER];

const BOUNDS: Bounds = Bounds { attempts: 2, faults: 0, wishes: 0, sessions: 1, mail: 2, turns: 1, patience: 1 };

/// What `cargo test` explores. One exploration of everything would take hours, so each of these leaves something out.
const SMALL: &[(&str, Bounds, &[Terms])] = &[
    ("set-up, one fault", Bounds { attempts: 0, faults: 1, sessions: 2, wishes: 1, ..BOUNDS }, &[AT_ONCE]),
    ("two devices", Bounds { sessions: 2, ..BOUNDS }, ALL),
    ("merchant", Bounds { wishes: 2, ..BOUNDS }, ALL),
    ("one fault", Bounds { faults: 1, turns: 0, ..BOUNDS }, &[AT_ONCE, ON_SHIP_LATER]),
];

/// Minutes, in a release build.
const LARGE: &[(&str, Bounds, &[Terms])] = &[
    ("set-up, two faults", Bounds { attempts: 0, faults: 2, sessions: 2, wishes: 1, ..BOUNDS }, &[AT_ONCE]),
    ("one fault, two devices", Bounds { faults: 1, sessions: 2, ..BOUNDS }, ALL),
    ("one fault, merchant", Bounds { faults: 1, wishes: 1, ..BOUNDS }, ALL),
    ("two faults", Bounds { faults: 2, ..BOUNDS }, ALL),
];

impl Model for Till {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        self.shops.iter().map(|(terms, _)| self.start(*terms)).collect()
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        steps.extend(steps::possible(world));
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        self.after(world, step)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        rules::properties()
    }
}

fn till(bounds: Bounds, terms: &[Terms]) -> Till {
    let config = Config::embedded(&Env::default()).unwrap();
    let shop = |terms: &Terms| {
        let mut shop = config.shop.clone();
        (shop.capture, shop.timing) = (terms.capture, terms.timing);
        (*terms, shop)
    };
    let (buyer, locale) = (BuyerId::parse("0123456789ABCDEF").unwrap(), Locale::parse("en-US").unwrap());
    Till { bounds, shops: terms.iter().map(shop).collect(), buyer, locale }
}

/// How a rule came to be broken.
fn tell(rule: &str, path: Path<World, Step>) {
    println!("violated: {rule}");
    for (number, (world, step)) in path.into_vec().into_iter().enumerate() {
        println!("        {:?}", world.state());
        if let Some(step) = step {
            println!("    {:>2}. {step}", number + 1);
        }
    }
}

fn main() -> ExitCode {
    let asked: BTreeSet<_> = std::env::args().collect();
    if asked.contains("--list") {
        return ExitCode::SUCCESS;
    }
    let large = if asked.contains("--large") { LARGE } else { &[] };
    let (mut states, mut never, mut failed) = (0, BTreeSet::new(), false);
    never.extend(rules::properties().iter().filter(|rule| rule.expectation == Expectation::Sometimes).map(|rule| rule.name));
    for (name, bounds, terms) in SMALL.iter().chain(large) {
        let begun = Instant::now();
        let checker = till(*bounds, terms).checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        for (rule, path) in checker.discoveries() {
            if checker.model().property(rule).expectation == Expectation::Sometimes {
                never.remove(rule);
            } else {
                failed = true;
                tell(rule, path);
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        let (unique, steps, depth) = (checker.unique_state_count(), checker.state_count(), checker.max_depth());
        println!("order machine, {name}: {unique} states, {steps} steps between them, {depth} deep, {seconds:.1} s");
        states += unique;
        if failed {
            return ExitCode::FAILURE;
        }
    }
    for outcome in &never {
        println!("never happens: {outcome}");
    }
    let rules = rules::properties().iter().filter(|rule| rule.expectation == Expectation::Always).count();
    let outcomes = rules::properties().len() - rules - never.len();
    println!("order machine: {states} states in all; {rules} rules hold, {outcomes} outcomes met");
    if never.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
