//! `voicetill orders close`.

use clap::Args;

use super::OrdersError;
use super::ask::Talk;
use super::office::{self, Office, marks, refused_late};
use crate::domain::order::{Command, Refused, decide};

/// End the buyer's consent that an order was paid with.
///
/// The buyer sees at Amazon that it has ended, and agrees anew with the next order. What was paid stays and can be refunded.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  voicetill orders close DGDN\n  voicetill orders close DGDN --yes")]
pub struct CloseArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &CloseArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let order = office.find(&args.order).await?;
    decide(&order.state, &Command::CloseAgreement).map_err(|refused| office::refusal(refused, &order))?;
    let Some(agreement) = order.agreement.clone() else { return Err(office::refusal(Refused::NothingAuthorized, &order)) };
    let till = office.till(&order)?;
    talk.sure(args.yes, &format!("End the agreement {agreement}, which paid for order {} ({})?", order.id, order.world.as_str()))?;
    let marks = marks();
    let order = office.desk(&till, &marks).close(&order.id).await.map_err(refused_late)?;
    office.tell(&order, &format!("The agreement {agreement} is ended."), args.json, talk)
}
