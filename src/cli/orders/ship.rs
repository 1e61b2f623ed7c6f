//! `voicetill orders ship`.

use clap::Args;

use super::ask::Talk;
use super::office::{self, Office, Sure, marks, refused_late};
use super::{OrdersError, capture};
use crate::domain::order::{Command, Parcel, State, decide};

/// Note that the goods leave. Where their money is only held, it is taken first, and nothing is shipped if that fails.
///
/// With a carrier and a tracking number Amazon is told about the parcel. Carriers are Amazon Pay's codes, such as UPS.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  voicetill orders ship DGDN\n  voicetill orders ship DGDN --carrier UPS --tracking 1Z999AA10123456784 --yes"
)]
pub struct ShipArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// Amazon Pay's code of the carrier.
    #[arg(long, value_name = "CODE", requires = "tracking")]
    pub carrier: Option<String>,
    /// The carrier's number of the parcel.
    #[arg(long, value_name = "NUMBER", requires = "carrier")]
    pub tracking: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &ShipArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let parcel = args.carrier.as_deref().zip(args.tracking.as_deref());
    let parcel = parcel.map(|(carrier, number)| Parcel::parse(carrier, number)).transpose()?;
    let mut order = office.find(&args.order).await?;
    let mut done = "The order is shipped.".to_owned();
    if matches!(order.state, State::Authorized(_) | State::Capturing(_)) {
        let command = Command::Capture { amount: None };
        let question = capture::question(&order, &command);
        order = office.grant(&order, &command, Sure { question: &question, yes: args.yes }, talk).await?;
        done = capture::told(&order)?;
        if !matches!(order.state, State::Paid(_)) {
            return Err(OrdersError::Refused {
                rule: format!("goods leave when their money has been taken. {done}"),
                instead: format!("`voicetill orders reconcile {}`, and ship it then", order.id),
            });
        }
        done.push_str(" The order is shipped.");
    }
    decide(&order.state, &Command::Ship).map_err(|refused| office::refusal(refused, &order))?;
    let (till, marks) = (office.till(&order)?, marks());
    let order = office.desk(&till, &marks).ship(&order.id, parcel.as_ref()).await.map_err(refused_late)?;
    office.tell(&order, &done, args.json, talk)
}
