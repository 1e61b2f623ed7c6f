//! `voicetill orders export`.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::OrdersError;
use super::list::{self, StatusName};
use super::office::Office;
use super::view::OrderView;
use super::words::{items, placed, status_word, sum};
use crate::domain::money::Money;
use crate::domain::order::{Order, Paid};

/// Write orders as CSV or JSON, the newest first: amounts and ids, nothing personal.
#[derive(Clone, Debug, Default, Args)]
#[command(
    after_help = "Examples:\n  voicetill orders export > orders.csv\n  voicetill orders export --format json --since 2026-11-01 --status refunded"
)]
pub struct ExportArgs {
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
    /// Only orders with this status; may be given several times.
    #[arg(long, value_enum)]
    pub status: Vec<StatusName>,
    /// Only orders that were placed since then, as 2026-11-22 or 2026-11-22T10:00:00Z.
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line per order, with a heading.
    #[default]
    Csv,
    /// An array of orders, as `list --json` writes it.
    Json,
}

/// One order as a line. Amounts are decimals in the currency of their line.
#[derive(Serialize)]
struct Row {
    order: String,
    placed: String,
    status: &'static str,
    world: &'static str,
    currency: &'static str,
    total: String,
    captured: String,
    refunded: String,
    items: String,
    billing_agreement: String,
    attempt: String,
    authorization: String,
    capture: String,
}

impl Row {
    fn of(order: &Order) -> Self {
        let (state, names) = (&order.state, order.state.names().cloned().unwrap_or_default());
        let payments = state.payments();
        let text = |id: Option<String>| id.unwrap_or_default();
        Self {
            order: order.id.to_string(),
            placed: placed(order),
            status: state.status().map_or("", status_word),
            world: order.world.as_str(),
            currency: order.total().map_or("", |total| total.currency().code()),
            total: text(order.total().map(Money::decimal)),
            captured: text(sum(&payments, |paid| paid.captured).map(Money::decimal)),
            refunded: text(sum(&payments, Paid::refunded).map(Money::decimal)),
            items: items(order),
            billing_agreement: text(order.agreement.as_ref().map(ToString::to_string)),
            attempt: text(state.attempt().map(|attempt| attempt.id(&order.id).to_string())),
            authorization: text(names.authorization.as_ref().map(ToString::to_string)),
            capture: text(names.capture.as_ref().map(ToString::to_string)),
        }
    }
}

pub(super) async fn run(args: &ExportArgs, office: &Office<'_>, out: &mut (dyn Write + Send)) -> Result<(), OrdersError> {
    let mut orders = list::found(office, &args.status, args.since.as_deref()).await?;
    orders.retain(|order| order.state.status().is_some());
    match args.format {
        Format::Csv => {
            let mut rows = csv::Writer::from_writer(&mut *out);
            for order in &orders {
                rows.serialize(Row::of(order))?;
            }
            Ok(rows.flush()?)
        }
        Format::Json => {
            let views: Vec<_> = orders.iter().map(|order| OrderView::of(order, office.now)).collect();
            serde_json::to_writer_pretty(&mut *out, &views).map_err(io::Error::from)?;
            Ok(writeln!(out)?)
        }
    }
}
