//! `voicetill orders capture`.

use clap::Args;

use super::OrdersError;
use super::ask::Talk;
use super::office::Office;
use super::take::{PartArgs, take};

/// Take money that is held: all of it, or a part.
///
/// There is one capture per authorization, so a part gives up the rest, unless that is held anew (--reauthorize): by a new authorization on
/// the same consent, as long as that can be charged, and never for more than the buyer agreed to. The next capture takes it. Without
/// anything to capture, --reauthorize holds the rest of an earlier capture.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  voicetill orders capture DGDN\n  voicetill orders capture DGDN --amount 20.00 --yes --json\n  voicetill orders capture DGDN --amount 20.00 --reauthorize"
)]
pub struct CaptureArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    #[command(flatten)]
    pub part: PartArgs,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &CaptureArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let order = office.find(&args.order).await?;
    let (order, done) = take(order, &args.part, args.yes, office, talk).await?;
    office.tell(&order, &done, args.json, talk)
}
