//! `voicetill faults`: proves the shop against everything that can go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Instant;

use clap::Args;
use comfy_table::{CellAlignment, Table, TableStyle};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Failure;
use crate::faults::Invariant;
use crate::faults::chance::Fault;
use crate::faults::run::{Plan, Summary, play};

/// Play the shop's world from seeds, with faults at every boundary, and compare the books after every step.
///
/// Each seed is a town of buyers with devices, Alexa, Amazon Pay, a merchant and a store, in virtual time. It needs no network and moves
/// no money. A seed that breaks a promise is printed with what led to it; the same seed gives the same run.
#[derive(Clone, Debug, Args)]
pub struct FaultsArgs {
    /// How many seeds to play.
    #[arg(long, default_value_t = 2_000, value_name = "COUNT")]
    pub seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    pub from: u64,
    /// How many of a hundred seeds go through the DynamoDB adapter and the embedded engine; the others use a store in memory.
    #[arg(long, default_value_t = 10, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(0..=100))]
    pub engine: u64,
    /// How many runs are played at the same time; without it one per core.
    #[arg(long, value_name = "COUNT")]
    pub threads: Option<NonZero<usize>>,
    /// A fault that is left out; may be given several times. `--list` names them.
    #[arg(long, value_name = "FAULT", value_parser = fault)]
    pub without: Vec<Fault>,
    /// Show every fault and every promise, and play nothing.
    #[arg(long)]
    pub list: bool,
    /// Write the summary as JSON.
    #[arg(long)]
    pub json: bool,
}

fn fault(name: &str) -> Result<Fault, String> {
    let known = Fault::ALL.iter().copied().find(|fault| fault.name() == name);
    known.ok_or_else(|| "no such fault: voicetill faults --list names them".to_owned())
}

/// Whether every promise was kept.
///
/// # Errors
/// [`Failure`] when the runs cannot be played or the summary cannot be written.
pub fn run(args: &FaultsArgs, out: &mut impl Write) -> Result<bool, Failure> {
    if args.list {
        list(out)?;
        return Ok(true);
    }
    let threads = args.threads.map_or_else(|| available_parallelism().map_or(1, NonZero::get), NonZero::get);
    let off: BTreeSet<_> = args.without.iter().copied().collect();
    let plan = Plan { from: args.from, seeds: args.seeds, engine_percent: args.engine, threads, off };
    let bar = ProgressBar::new(args.seeds);
    bar.set_style(ProgressStyle::with_template("{pos} of {len} seeds {wide_bar} {per_sec}, {eta} left")?);
    let began = Instant::now();
    let summary = play(&plan, &|| bar.inc(1))?;
    bar.finish_and_clear();
    if args.json {
        write_json(&summary, args, out)?;
    } else {
        write_table(&summary, args, began.elapsed().as_secs(), out)?;
    }
    Ok(summary.found.is_none())
}

fn list(out: &mut impl Write) -> std::io::Result<()> {
    let mut table = plain();
    for fault in Fault::ALL {
        table.add_row([fault.name(), fault.about()]);
    }
    writeln!(out, "What can go wrong:\n{table}\n\nWhat is promised:")?;
    Invariant::ALL.iter().try_for_each(|promise| writeln!(out, "  {}", promise.words()))
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table
}

fn write_table(summary: &Summary, args: &FaultsArgs, seconds: u64, out: &mut impl Write) -> std::io::Result<()> {
    let mut table = plain();
    for fault in Fault::ALL {
        let count = summary.struck.get(fault).copied().unwrap_or_default();
        table.add_row([fault.name().to_owned(), count.to_string()]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let through = summary.engine_seeds;
    writeln!(out, "{table}\n")?;
    writeln!(out, "{} seeds from {}, {through} of them through adapter and engine, in {seconds} s", summary.seeds, args.from)?;
    writeln!(out, "{} steps, {} faults, the books compared {} times", summary.steps, summary.struck.values().sum::<u64>(), summary.looks)?;
    let list = |orders: &BTreeMap<&str, u64>| orders.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ");
    writeln!(out, "orders in the end: {}", list(&summary.orders))?;
    writeln!(out, "of them on saved wallets: {}", list(&summary.of_wallets))?;
    writeln!(out, "of them finished on pages: {}", list(&summary.of_pages))?;
    writeln!(out, "voice codes: {}", list(&summary.codes))?;
    writeln!(out, "carts on pages: {}", list(&summary.pages))?;
    writeln!(out, "{} promises, {} broken", Invariant::ALL.len(), u8::from(summary.found.is_some()))?;
    let Some(found) = &summary.found else { return Ok(()) };
    writeln!(out, "\nviolation at seed {}: {}", found.seed, found.violation)?;
    let names = |faults: &BTreeSet<Fault>| faults.iter().map(|fault| fault.name()).collect::<Vec<_>>().join(", ");
    writeln!(out, "with no other faults than: {}", names(&found.needs))?;
    let without: Vec<_> = found.off.iter().map(|fault| format!(" --without {}", fault.name())).collect();
    writeln!(out, "again: voicetill faults --from {} --seeds 1{}\n", found.seed, without.concat())?;
    found.trace.iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn write_json(summary: &Summary, args: &FaultsArgs, out: &mut impl Write) -> Result<(), Failure> {
    let faults: serde_json::Map<_, _> = summary.struck.iter().map(|(fault, count)| (fault.name().to_owned(), (*count).into())).collect();
    let violation = summary.found.as_ref().map(|found| {
        json!({
            "seed": found.seed,
            "invariant": found.violation.invariant.words(),
            "what": found.violation.what,
            "faults": found.needs.iter().map(|fault| fault.name()).collect::<Vec<_>>(),
            "trace": found.trace,
        })
    });
    let all = json!({
        "from": args.from,
        "seeds": summary.seeds,
        "engine_seeds": summary.engine_seeds,
        "steps": summary.steps,
        "comparisons": summary.looks,
        "faults": faults,
        "orders": summary.orders,
        "orders_of_wallets": summary.of_wallets,
        "orders_of_pages": summary.of_pages,
        "voice_codes": summary.codes,
        "carts_on_pages": summary.pages,
        "invariants": Invariant::ALL.iter().map(|promise| promise.words()).collect::<Vec<_>>(),
        "violations": u8::from(summary.found.is_some()),
        "first_seed": summary.found.as_ref().map(|found| found.seed),
        "violation": violation,
    });
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)?;
    Ok(())
}
