//! `voicetill orders dead-letters`.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::OrdersError;
use super::tables::table;
use crate::adapters::failures::{DeadLetter, Failures};
use crate::adapters::system::rfc3339;

/// Show what the functions on AWS could not do: changes of orders that nobody was told of, and rounds that came to nothing.
///
/// A change stays stored whatever becomes of its message. `orders list --since` and `orders show` tell of the orders of that time, and
/// whom the shop has written to about them.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Exit codes: 0 there is nothing; 1 there is something to see to; 2 it could not be found out.")]
pub struct DeadLettersArgs {
    /// A queue: `MessageFailures` or `RoundFailures` of the stack's outputs. May be given several times.
    #[arg(long, value_name = "URL", env = "VOICETILL_DEAD_LETTERS", value_delimiter = ',', required = true)]
    pub queue: Vec<String>,
    /// Throw them away: somebody has seen to them.
    #[arg(long)]
    pub seen_to: bool,
    /// JSON for programs: an array.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Shown<'l> {
    queue: &'l str,
    at: Option<String>,
    function: &'l str,
    condition: &'l str,
    changes: Option<i64>,
    first_change: Option<&'l str>,
    last_change: Option<&'l str>,
}

impl<'l> Shown<'l> {
    fn of(queue: &'l str, letter: &'l DeadLetter) -> Self {
        let changes = letter.changes.as_ref();
        Self {
            queue,
            at: letter.at.map(rfc3339),
            function: &letter.function,
            condition: &letter.condition,
            changes: changes.map(|changes| changes.count),
            first_change: changes.map(|changes| changes.first.as_str()),
            last_change: changes.map(|changes| changes.last.as_str()),
        }
    }
}

/// Runs the command. It looks into queues, and at no order.
///
/// # Errors
/// [`OrdersError`]; [`OrdersError::DeadLetters`] when there are any and they stay.
pub async fn run(args: &DeadLettersArgs, profile: Option<&str>, out: &mut impl Write) -> Result<(), OrdersError> {
    let mut found = Vec::new();
    for url in &args.queue {
        let queue = Failures::at(url, profile).await?;
        for letter in queue.look().await? {
            if args.seen_to {
                queue.throw_away(&letter).await?;
            }
            found.push((url.as_str(), letter));
        }
    }
    let shown: Vec<_> = found.iter().map(|(url, letter)| Shown::of(url, letter)).collect();
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &shown).map_err(io::Error::from)?;
        writeln!(out)?;
    } else if shown.is_empty() {
        writeln!(out, "There are no dead letters.")?;
    } else {
        let mut all = table();
        all.set_header(["When", "Function", "Why", "Changes", "First", "Last"]);
        for one in &shown {
            let count = one.changes.map(|count| count.to_string()).unwrap_or_default();
            let [first, last] = [one.first_change, one.last_change].map(|at| at.unwrap_or_default().to_owned());
            all.add_row([one.at.clone().unwrap_or_default(), one.function.to_owned(), one.condition.to_owned(), count, first, last]);
        }
        writeln!(out, "{all}")?;
        writeln!(
            out,
            "To do: find the cause in the function's log, then see to the orders that changed in that time, and run this with --seen-to."
        )?;
    }
    if shown.is_empty() || args.seen_to { Ok(()) } else { Err(OrdersError::DeadLetters(shown.len())) }
}
