//! `voicetill orders list`.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use comfy_table::CellAlignment;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::office::Office;
use super::tables::table;
use super::view::OrderView;
use super::words::{items, placed, placed_at, status_word};
use super::{OrdersError, advice};
use crate::domain::order::{Order, Status};
use crate::domain::time::Time;

/// List orders, the newest first.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  voicetill orders list --stuck\n  voicetill orders list --status authorized --since 2026-11-01 --json\n  voicetill orders list --profile shop --region eu-west-1"
)]
pub struct ListArgs {
    /// Only orders with this status; may be given several times.
    #[arg(long, value_enum)]
    pub status: Vec<StatusName>,
    /// Only orders that were placed since then, as 2026-11-22 or 2026-11-22T10:00:00Z.
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// Only orders that somebody has to do something about.
    #[arg(long)]
    pub stuck: bool,
    /// Carts that were never placed, too.
    #[arg(long)]
    pub all: bool,
    /// At most so many on a page.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Which page, beginning with 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub page: u32,
    /// JSON for programs: an array of orders.
    #[arg(long)]
    pub json: bool,
}

impl Default for ListArgs {
    fn default() -> Self {
        Self { status: Vec::new(), since: None, stuck: false, all: false, limit: 50, page: 1, json: false }
    }
}

/// [`Status`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusName {
    Queued,
    Authorized,
    Processed,
    Declined,
    Cancelled,
    Expired,
    PartiallyRefunded,
    Refunded,
    Disputed,
    NeedsAttention,
}

impl StatusName {
    const fn status(self) -> Status {
        match self {
            Self::Queued => Status::Queued,
            Self::Authorized => Status::Authorized,
            Self::Processed => Status::Processed,
            Self::Declined => Status::Declined,
            Self::Cancelled => Status::Cancelled,
            Self::Expired => Status::Expired,
            Self::PartiallyRefunded => Status::PartiallyRefunded,
            Self::Refunded => Status::Refunded,
            Self::Disputed => Status::Disputed,
            Self::NeedsAttention => Status::NeedsAttention,
        }
    }
}

/// Every order of these statuses, placed since then, and carts where no status is asked for; the newest first.
pub(super) async fn found(office: &Office<'_>, status: &[StatusName], since: Option<&str>) -> Result<Vec<Order>, OrdersError> {
    let since = since.map(moment).transpose()?;
    let mut orders = office.store.all_orders().await?;
    orders.retain(|order| match order.state.status() {
        Some(of) => status.is_empty() || status.iter().any(|name| name.status() == of),
        None => status.is_empty(),
    });
    orders.retain(|order| since.is_none_or(|since| placed_at(order).is_some_and(|at| at >= since)));
    orders.sort_by(|left, right| right.id.stamp().cmp(left.id.stamp()));
    Ok(orders)
}

/// A date, which begins at midnight UTC, or a moment.
fn moment(text: &str) -> Result<Time, OrdersError> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let date = OffsetDateTime::parse(&whole, &Rfc3339).map_err(|_| OrdersError::Since(text.to_owned()))?;
    Ok(Time::from_unix(date.unix_timestamp()))
}

pub(super) async fn run(args: &ListArgs, office: &Office<'_>, out: &mut (dyn Write + Send)) -> Result<(), OrdersError> {
    let now = office.now;
    let mut orders = found(office, &args.status, args.since.as_deref()).await?;
    orders.retain(|order| args.all || order.state.status().is_some());
    orders.retain(|order| !args.stuck || advice::action(order, now).is_some());
    let found = orders.len();
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let before = usize::try_from(args.page.saturating_sub(1)).unwrap_or(usize::MAX).saturating_mul(limit);
    let orders: Vec<_> = orders.into_iter().skip(before).take(limit).collect();
    if args.json {
        let views: Vec<_> = orders.iter().map(|order| OrderView::of(order, now)).collect();
        serde_json::to_writer_pretty(&mut *out, &views).map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    if orders.is_empty() && args.stuck {
        return Ok(writeln!(out, "No order waits for anybody.")?);
    }
    if orders.is_empty() && (found > 0 || !args.status.is_empty() || args.since.is_some()) {
        return Ok(writeln!(out, "No such orders.")?);
    }
    if orders.is_empty() {
        return Ok(writeln!(out, "No orders. `voicetill dialog` opens the shop; say \"two bouquets of roses\".")?);
    }
    let mut table = table();
    table.set_header(["Order", "Placed", "Status", "Total", "World", "Items"]);
    for order in &orders {
        let status = order.state.status().map_or("cart", status_word);
        let total = order.total().map_or_else(|| "–".to_owned(), |total| total.to_string());
        table.add_row([order.id.to_string(), placed(order), status.to_owned(), total, order.world.as_str().to_owned(), items(order)]);
    }
    if let Some(total) = table.column_mut(3) {
        total.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{table}")?;
    for order in &orders {
        if let Some(action) = advice::action(order, now) {
            writeln!(out, "\n{}: {action}", order.id)?;
        }
    }
    if found > orders.len() {
        writeln!(out, "{} of {found} orders; --page {} shows more, --limit {found} shows all.", orders.len(), args.page.saturating_add(1))?;
    }
    Ok(())
}
