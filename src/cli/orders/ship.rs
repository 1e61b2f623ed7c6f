//! `voicetill orders ship`.

use clap::Args;

use super::OrdersError;
use super::ask::Talk;
use super::office::{self, Office, marks, refused_late};
use super::take::{PartArgs, capturing_in, is_held, take};
use crate::adapters::amazon_pay::api::wire::trackers::CarrierCode;
use crate::app::DeskError;
use crate::domain::order::{Command, Parcel, decide};

/// Note that the goods leave. Where their money is only held, it is taken first, and nothing is shipped if that fails.
///
/// When only some of the goods leave, --amount takes their part of the money, and --reauthorize holds the rest for the next parcel.
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
    #[command(flatten)]
    pub part: PartArgs,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &ShipArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let parcel = args.carrier.as_deref().zip(args.tracking.as_deref());
    // Before anything is asked for or stored: Amazon would refuse it for good.
    parcel.map(|(carrier, _)| CarrierCode::parse(carrier)).transpose()?;
    let parcel = parcel.map(|(carrier, number)| Parcel::parse(carrier, number)).transpose()?;
    let mut order = office.find(&args.order).await?;
    let mut done = "The order is shipped.".to_owned();
    if is_held(&order.state) || args.part.amount.is_some() || args.part.reauthorize {
        let (now, took) = take(order, &args.part, args.yes, office, talk).await?;
        if capturing_in(&now.state).is_some() {
            return Err(OrdersError::Refused {
                rule: format!("goods leave when their money has been taken. {took}"),
                instead: format!("`voicetill orders reconcile {}`, and ship it then", now.id),
            });
        }
        (order, done) = (now, format!("{took} {done}"));
    }
    decide(&order.state, &Command::Ship { parcel: parcel.clone() }).map_err(|refused| office::refusal(refused, &order))?;
    let (till, marks) = (office.till(&order)?, marks());
    let shipped = office.desk(&till, &marks).ship(&order.id, parcel.as_ref()).await;
    let order = match shipped {
        // The goods have left all the same.
        Err(DeskError::ParcelRefused { order, why }) => {
            let no = match why {
                Some(why) => format!(" Amazon Pay does not take the delivery notice ({why}), so only the history knows the parcel."),
                None => " Amazon Pay's older API takes no delivery notices, so only the history knows the parcel.".to_owned(),
            };
            done.push_str(&no);
            *order
        }
        shipped => shipped.map_err(refused_late)?,
    };
    office.tell(&order, &done, args.json, talk)
}
