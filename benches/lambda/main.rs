//! What a turn costs, in multiples of an empty function: `cargo bench --bench lambda -- --help`. docs/performance.md is written from it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]
#![allow(clippy::float_arithmetic, reason = "ratios and medians")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it reports to a person")]

#[path = "../../tests/it/alexa.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod alexa;
mod buyer;
mod growth;
mod http;
mod lambda;
mod load;
mod pause;
mod report;
mod rounds;
mod slow;
mod store;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use std::{env, fs};

use clap::Parser;

use buyer::Buyer;
use report::Row;
use rounds::{Place, Rounds, exact};
use slow::Slow;
use store::Table;

/// Measures the skill's release binary beside an empty Lambda function.
///
/// Both are built as they are deployed, started with Lambda's environment, and asked through a Runtime API on loopback. The table is the
/// embedded engine behind TLS. The exit code tells of counts only (calls, connections, sizes, failed turns): times are for people.
#[derive(Parser)]
struct Args {
    /// Rounds; in each, both functions start afresh
    #[arg(long, default_value_t = 30)]
    rounds: u32,
    /// First and repeat purchases in each warm process
    #[arg(long, default_value_t = 20)]
    purchases: u32,
    /// A smoke test of a minute: few rounds, nothing that takes long
    #[arg(long)]
    quick: bool,
    /// A skill that is built already
    #[arg(long, value_name = "BINARY")]
    skill: Option<PathBuf>,
    /// How much longer the store takes for every call; own time leaves it out
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    delay: u64,
    /// Threads that keep the machine busy meanwhile, such as one for each core
    #[arg(long, value_name = "THREADS", default_value_t = 0)]
    load: u32,
    /// Also with 100,000 other buyers in the table, and with 1,000 and 10,000 products, for which the skill is built anew
    #[arg(long)]
    long: bool,
    /// A command to run the skill by, as "valgrind --tool=callgrind"; then nothing else is done
    #[arg(long, value_name = "COMMAND", value_delimiter = ' ')]
    under: Vec<String>,
    /// Where to write all samples
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Which section of docs/performance.md to write the tables into, such as "quiet"
    #[arg(long)]
    section: Option<String>,
    /// Set by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    if args.quick {
        (args.rounds, args.purchases) = (2, 2);
    }
    let folder = tempfile::tempdir().unwrap();
    let trust = folder.path().join("trust.pem");
    let table = Table::start(&trust, Duration::from_millis(args.delay));
    let slow = Slow::new().map_err(|why| eprintln!("1/14 of a core is not measured: {why}")).ok();
    // A profiler looks at the skill alone.
    let compared = |name: &str| {
        if args.under.is_empty() { build(&["--example", name], &format!("examples/{name}"), &[]) } else { PathBuf::new() }
    };
    let place = Place {
        skill: args.skill.clone().unwrap_or_else(|| build(&["--bin", "skill"], "skill", &[])),
        echo: compared("echo"),
        call: compared("call"),
        floor: compared("floor"),
        folder: folder.path().to_owned(),
        variables: variables(&table, &trust),
        table,
        slow,
        warm_purchases: args.purchases,
        under: args.under.clone(),
    };
    if !place.under.is_empty() {
        profile(&place);
        return ExitCode::SUCCESS;
    }
    let functions = args.long.then(|| growth::build_catalogues(&place));
    let machine = machine(args.load);
    load::start(args.load);
    let mut rounds = Rounds::new();
    for round in 0..args.rounds {
        eprint!("\rround {} of {} ", round + 1, args.rounds);
        rounds.play(&place, round);
    }
    eprintln!();
    let mut failures = std::mem::take(&mut rounds.failures);
    let (mut rows, absolute) = rounds.into_rows();
    rows.extend(pause::rows(&place, &mut failures));
    let (growth_rounds, others) = (args.rounds.div_ceil(2), if args.long { 100_000 } else { 0 });
    rows.extend(growth::rows(&place, growth_rounds, others, &mut failures));
    rows.push(package(&place.skill));
    if let Some(functions) = &functions {
        rows.extend(growth::catalogues(&place, functions, growth_rounds, &mut failures));
    }
    let machine = format!("{machine}; load at the end {}", load_average());

    println!("{machine}\n{}\n{}", report::terminal(&rows), report::terminal(&absolute));
    if let Some(file) = &args.json {
        let all: Vec<&Row> = rows.iter().chain(&absolute).collect();
        fs::write(file, format!("{:#}\n", report::as_json(&machine, &all))).unwrap();
    }
    if let Some(section) = &args.section {
        let mut text = report::markdown(&format!("{machine}. {} rounds.", args.rounds), &rows);
        text.push_str(&report::markdown("\nThe times behind it:", &absolute));
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        report::replace_section(&document, section, &text).unwrap_or_else(|why| panic!("{why}"));
    }
    for failure in &failures {
        eprintln!("FAILED: {failure}");
    }
    let missed: Vec<_> = rows.iter().filter(|row| row.counted && row.missed()).map(|row| row.what.as_str()).collect();
    for what in &missed {
        eprintln!("MISSED: {what}");
    }
    if failures.is_empty() && missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Builds a program as it is deployed, and gives its place.
fn build(what: &[&str], file: &str, with: &[(&str, &Path)]) -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args([
        "build",
        "--release",
        "--locked",
        "--no-default-features",
        "--features",
        "skill",
    ]);
    // What cargo tells this program about itself would look like a change to the build scripts that ask for it.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_")) {
        if !["CARGO_HOME", "CARGO_TARGET_DIR"].iter().any(|kept| name == *kept) {
            command.env_remove(name);
        }
    }
    command.envs(with.iter().copied());
    assert!(command.args(what).status().unwrap().success(), "{what:?} cannot be built");
    // This program is in target/release/deps, or in target/debug/deps as a smoke test.
    let program = env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().join("release").join(file)
}

/// One process from its start through warm purchases; what runs it reports.
fn profile(place: &Place) {
    let mut function = place.start_skill();
    for number in 0..place.warm_purchases {
        let mut buyer = Buyer::new(&format!("profile {number}"), &place.table);
        buyer.first_purchase(&mut function);
        buyer.repeat_purchase(&mut function);
    }
}

fn variables(table: &Table, trust: &Path) -> Vec<(String, String)> {
    let mut variables = table.variables(trust);
    variables.push(("VOICETILL_SKILL_ID".to_owned(), alexa::SKILL.to_owned()));
    variables
}

/// The binary as Lambda gets it, but for the few bytes of a zip file's frame.
fn package(binary: &Path) -> Row {
    let mut row = Row::counted("deflated package", "MB", Some(4.5), Some(3.0));
    let bytes = fs::read(binary).unwrap();
    row.samples.push(exact(miniz_oxide::deflate::compress_to_vec(&bytes, 6).len()) / 1e6);
    row
}

fn machine(busy: u32) -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).map(|name| name.trim_start_matches([' ', '\t', ':']));
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let busy = if busy > 0 { format!("; {busy} busy threads beside it") } else { String::new() };
    format!("{count} × {}{busy}; load at the start {}", model.unwrap_or(env::consts::ARCH), load_average())
}

fn load_average() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or("?").to_owned()
}
