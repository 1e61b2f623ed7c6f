//! `voicetill orders cancel`.

use clap::Args;

use super::OrdersError;
use super::ask::Talk;
use super::office::{Office, Sure};
use super::{refund, words};
use crate::domain::order::{Command, State};

/// Cancel an order whose money has not been taken; what is held is given back.
///
/// While a charge is under way, it is cancelled as soon as its outcome is known, and refunded if it went through.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  voicetill orders cancel DGDN\n  voicetill orders cancel DGDN --yes --json")]
pub struct CancelArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &CancelArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let order = office.find(&args.order).await?;
    let held = order.state.attempt().map(|attempt| attempt.amount);
    let question = held.map_or_else(|| "Cancel all".to_owned(), |amount| format!("Cancel the payment of {amount}"));
    let order = office.grant(&order, &Command::Cancel, Sure { question: &question, yes: args.yes }, talk).await?;
    let done = if let State::Cancelled { .. } = order.state {
        "The order is cancelled.".to_owned()
    } else if let State::Charging { .. } = order.state {
        "The order is cancelled as soon as the outcome of its charge is known.".to_owned()
    } else if words::taken(&order.state).is_some() {
        // It had been taken already, which came to light now.
        refund::told(&order)?
    } else {
        "The order is to be cancelled; `orders reconcile` goes on with it.".to_owned()
    };
    office.tell(&order, &done, args.json, talk)
}
