//! `voicetill orders dead-letters`.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::OrdersError;
use super::tables::table;
use crate::adapters::failures::{DeadLetter, Failures, Hidden};
use crate::adapters::system::rfc3339;
use crate::telemetry::chain;

/// Show what the functions on AWS could not do: changes of orders that nobody was told of, and rounds that came to nothing.
///
/// A change stays stored whatever becomes of its message. `orders list --since` and `orders show` tell of the orders of that time, and
/// whom the shop has written to about them.
///
/// With --send-again the function gets the changes once more, from the table's stream, which keeps them for a day. Nobody is told twice.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Exit codes: 0 there is nothing; 1 there is something to see to; 2 it could not be found out.")]
pub struct DeadLettersArgs {
    /// A queue: `MessageFailures` or `RoundFailures` of the stack's outputs. May be given several times.
    #[arg(long, value_name = "URL", env = "VOICETILL_DEAD_LETTERS", value_delimiter = ',', required = true)]
    pub queue: Vec<String>,
    /// Have the function try once more, and throw away what it has done. The profile may read the table's stream and invoke the function.
    #[arg(long, conflicts_with = "seen_to")]
    pub send_again: bool,
    /// Throw them away: somebody has seen to them.
    #[arg(long)]
    pub seen_to: bool,
    /// JSON for programs: an array.
    #[arg(long)]
    pub json: bool,
}

/// A letter, where it lies, and what came of sending it again.
struct Found<'q> {
    queue: &'q str,
    letter: DeadLetter,
    sent: Option<Result<(), String>>,
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
    /// Whether the function has done it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<bool>,
    /// Why it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'l str>,
}

impl<'l> Shown<'l> {
    fn of(Found { queue, letter, sent }: &'l Found<'_>) -> Self {
        let changes = letter.changes.as_ref();
        Self {
            queue,
            at: letter.at.map(rfc3339),
            function: &letter.function,
            condition: &letter.condition,
            changes: changes.map(|changes| changes.count),
            first_change: changes.map(|changes| changes.first.as_str()),
            last_change: changes.map(|changes| changes.last.as_str()),
            sent: sent.as_ref().map(Result::is_ok),
            problem: sent.as_ref().and_then(|sent| sent.as_ref().err()).map(String::as_str),
        }
    }
}

/// Runs the command. It looks into queues, and at no order.
///
/// # Errors
/// [`OrdersError`]; [`OrdersError::DeadLetters`] when some stay.
pub async fn run(args: &DeadLettersArgs, profile: Option<&str>, out: &mut impl Write) -> Result<(), OrdersError> {
    let mut found = Vec::new();
    for url in &args.queue {
        let queue = Failures::at(url, profile).await?;
        for letter in queue.look(if args.send_again { Hidden::WorkedOn } else { Hidden::Briefly }).await? {
            let sent = if args.send_again { Some(send_again(&queue, &letter).await?) } else { None };
            if args.seen_to {
                queue.throw_away(&letter).await?;
            }
            found.push(Found { queue: url, letter, sent });
        }
    }
    let shown: Vec<_> = found.iter().map(Shown::of).collect();
    let left = found.iter().filter(|found| !args.seen_to && !matches!(found.sent, Some(Ok(())))).count();
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &shown).map_err(io::Error::from)?;
        writeln!(out)?;
    } else if shown.is_empty() {
        writeln!(out, "There are no dead letters.")?;
    } else {
        tell(&shown, out)?;
        if left > 0 && !args.send_again {
            writeln!(
                out,
                "To do: find the cause in the function's log, then run this with --send-again. What is older than a day needs somebody to see \
                 to the orders that changed in that time, and then --seen-to."
            )?;
        }
    }
    if left == 0 { Ok(()) } else { Err(OrdersError::DeadLetters(left)) }
}

/// A letter that the function has dealt with now is thrown away; any other stays, with why.
async fn send_again(queue: &Failures, letter: &DeadLetter) -> Result<Result<(), String>, OrdersError> {
    match queue.send_again(letter).await {
        Ok(()) => {
            queue.throw_away(letter).await?;
            Ok(Ok(()))
        }
        Err(error) => {
            queue.put_back(letter).await?;
            Ok(Err(chain(&error)))
        }
    }
}

fn tell(shown: &[Shown<'_>], out: &mut impl Write) -> Result<(), OrdersError> {
    let mut all = table();
    let tried = shown.iter().any(|one| one.sent.is_some());
    let now = tried.then_some("Now");
    all.set_header(["When", "Function", "Why", "Changes", "First", "Last"].into_iter().chain(now));
    for one in shown {
        let count = one.changes.map(|count| count.to_string()).unwrap_or_default();
        let [first, last] = [one.first_change, one.last_change].map(|at| at.unwrap_or_default().to_owned());
        let row = [one.at.clone().unwrap_or_default(), one.function.to_owned(), one.condition.to_owned(), count, first, last];
        let now = tried.then(|| one.problem.unwrap_or("told").to_owned());
        all.add_row(row.into_iter().chain(now));
    }
    writeln!(out, "{all}")?;
    Ok(())
}
