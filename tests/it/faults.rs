//! The first seeds of the fault runs, and proof that an auditor who finds nothing would have found something.

use std::collections::BTreeSet;
use std::thread::available_parallelism;

use voicetill::faults::Invariant;
use voicetill::faults::chance::Fault;
use voicetill::faults::ground::Kind;
use voicetill::faults::run::{Arena, Plan, play};

/// One seed in a hundred goes through the adapter and the engine here; `voicetill faults` takes more of them.
const PLAN: Plan = Plan { from: 0, seeds: 2_000, engine_percent: 1, threads: 1, off: BTreeSet::new() };

#[test]
fn two_thousand_seeds_break_no_promise() {
    let threads = available_parallelism().map_or(1, std::num::NonZero::get);
    let summary = play(&Plan { threads, ..PLAN }, &|| {}).unwrap();
    if let Some(found) = summary.found {
        panic!("violation at seed {}: {}\n{}", found.seed, found.violation, found.trace.join("\n"));
    }
    assert_eq!((summary.seeds, summary.engine_seeds), (2_000, 20));
    // Whatever does not happen is not proved.
    for fault in Fault::ALL {
        assert!(summary.struck.get(fault).is_some_and(|count| *count >= 20), "{} hardly ever strikes", fault.name());
    }
    for state in ["Paid", "Authorized", "Declined", "Cancelled", "Expired", "NeedsAttention", "Draft", "Ready"] {
        assert!(summary.orders.get(state).is_some_and(|count| *count >= 20), "hardly any order ends as {state}");
    }
    for state in ["Paid", "Authorized", "Declined", "NeedsAttention"] {
        assert!(summary.of_wallets.get(state).is_some_and(|count| *count >= 20), "hardly any order of a saved wallet ends as {state}");
    }
    for what in ["right", "wrong", "told of a lock"] {
        assert!(summary.codes.get(what).is_some_and(|count| *count >= 20), "hardly any voice code is {what}");
    }
    for what in ["shown", "agreed to", "paid", "held", "pending", "in doubt", "declined", "had to wait", "not as shown", "over"] {
        assert!(summary.pages.get(what).is_some_and(|count| *count >= 20), "hardly any cart on a page is {what}");
    }
    for state in ["Paid", "Authorized", "Declined"] {
        assert!(summary.of_pages.get(state).is_some_and(|count| *count >= 20), "hardly any order of a page ends as {state}");
    }
    println!("{} seeds, {} steps, {} promises kept", summary.seeds, summary.steps, Invariant::ALL.len());
}

#[test]
fn a_seed_is_the_same_run_every_time_on_either_store() {
    for kind in [Kind::Memory, Kind::Engine] {
        let run = || {
            let arena = Arena::new(kind).unwrap();
            let ended = arena.play(7, &BTreeSet::new()).unwrap();
            (ended.trace, arena.struck())
        };
        assert_eq!(run(), run(), "{kind:?}");
    }
}
