//! `voicetill orders`: what the shop has sold, for a merchant to read.

mod advice;
mod view;

use std::io::{self, Write};

use clap::{Args, Subcommand, ValueEnum};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use self::view::OrderView;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::system::rfc3339;
use crate::domain::ids::OrderId;
use crate::domain::order::{Attention, Capture, Event, Goods, Order, Paid, Standing, State, Status};
use crate::domain::payment::Names;
use crate::domain::quote::Quote;
use crate::domain::time::Time;
use crate::ports::{Store, StoreError};
use crate::telemetry;

/// Show the orders of the local store.
#[derive(Clone, Debug, Args)]
pub struct OrdersArgs {
    #[command(subcommand)]
    pub command: OrdersCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub enum OrdersCommand {
    /// List orders, the newest first.
    List(ListArgs),
    /// Show one order with its lines, payment and history.
    Show(ShowArgs),
}

#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Only orders with this status; may be given several times.
    #[arg(long, value_enum)]
    pub status: Vec<StatusName>,
    /// Only orders that somebody has to do something about.
    #[arg(long)]
    pub stuck: bool,
    /// Carts that were never placed, too.
    #[arg(long)]
    pub all: bool,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// JSON for programs: an array of orders.
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// JSON for programs: one order.
    #[arg(long)]
    pub json: bool,
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

/// Why the orders cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    #[error("the store could not be read")]
    Store(#[from] StoreError),
    #[error("there is no order {0}: `voicetill orders list` shows what there is")]
    Unknown(String),
    #[error("{0} fits several orders: give more of the number")]
    Ambiguous(String),
    #[error("the output could not be written")]
    Output(#[from] io::Error),
}

/// Runs the command, at `now`.
///
/// # Errors
/// [`OrdersError`].
pub async fn run(args: &OrdersArgs, store: &DynamoStore, now: Time, out: &mut impl Write) -> Result<(), OrdersError> {
    match &args.command {
        OrdersCommand::List(args) => list(args, store, now, out).await,
        OrdersCommand::Show(args) => show(args, store, now, out).await,
    }
}

/// What `.orders`, `.orders stuck` or `.order NUMBER` shows in a conversation; `None` when it is another command.
pub async fn aside(command: &str, store: &DynamoStore, now: Time) -> Option<String> {
    let list = |stuck| OrdersCommand::List(ListArgs { status: Vec::new(), stuck, all: false, limit: 50, json: false });
    let command = match command.split_whitespace().collect::<Vec<_>>().as_slice() {
        [".orders"] => list(false),
        [".orders", "stuck"] => list(true),
        [".order", number] => OrdersCommand::Show(ShowArgs { order: (*number).to_owned(), json: false }),
        _ => return None,
    };
    let mut shown = Vec::new();
    Some(match run(&OrdersArgs { command }, store, now, &mut shown).await {
        Ok(()) => String::from_utf8_lossy(&shown).into_owned(),
        Err(error) => telemetry::chain(&error),
    })
}

async fn list(args: &ListArgs, store: &DynamoStore, now: Time, out: &mut impl Write) -> Result<(), OrdersError> {
    let mut orders = store.all_orders().await?;
    orders.retain(|order| match order.state.status() {
        Some(status) => args.status.is_empty() || args.status.iter().any(|name| name.status() == status),
        None => args.all && args.status.is_empty(),
    });
    orders.retain(|order| !args.stuck || advice::action(order, now).is_some());
    orders.sort_by(|left, right| right.id.stamp().cmp(left.id.stamp()));
    let found = orders.len();
    orders.truncate(usize::try_from(args.limit).unwrap_or(usize::MAX));
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &orders.iter().map(|order| OrderView::of(order, now)).collect::<Vec<_>>())
            .map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    if orders.is_empty() && args.stuck {
        return Ok(writeln!(out, "No order waits for anybody.")?);
    }
    if orders.is_empty() && !args.status.is_empty() {
        return Ok(writeln!(out, "No orders with this status.")?);
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
        writeln!(out, "{} of {found} orders; --limit {found} shows all.", orders.len())?;
    }
    Ok(())
}

async fn show(args: &ShowArgs, store: &DynamoStore, now: Time, out: &mut impl Write) -> Result<(), OrdersError> {
    let order = find(&args.order, store).await?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &OrderView::of(&order, now)).map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    let status = order.state.status().map_or("cart, not placed", status_word);
    writeln!(out, "Order {}  {status}  ({})", order.id, order.world.as_str())?;
    writeln!(out, "placed {}", placed(&order))?;
    if let Some(note) = note(&order.state) {
        writeln!(out, "{note}")?;
    }
    if let Some(action) = advice::action(&order, now) {
        writeln!(out, "To do: {action}")?;
    }
    writeln!(out)?;
    match &order.goods {
        Goods::Quoted(quote) => writeln!(out, "{}", quote_table(quote))?,
        Goods::Cart(cart) => {
            for line in cart.lines() {
                writeln!(out, "{} × {}", line.quantity, line.sku)?;
            }
        }
    }
    if let Some(address) = &order.address {
        let parts = [&address.name, &address.company].into_iter().flatten().chain(&address.lines);
        let parts =
            parts.chain([&address.city, &address.district, &address.region, &address.postal_code, &address.country].into_iter().flatten());
        writeln!(out, "\nDelivery: {}", parts.map(String::as_str).collect::<Vec<_>>().join(", "))?;
    }
    let payment = payment(&order);
    if !payment.is_empty() {
        writeln!(out)?;
        for (name, value) in payment {
            writeln!(out, "{name:<18} {value}")?;
        }
    }
    let mut history = table();
    history.set_header(["When", "Who", "What", "Led to"]);
    for entry in &order.history {
        history.add_row([rfc3339(entry.at), entry.who.words().to_owned(), entry.what.words().to_owned(), entry.to.to_owned()]);
    }
    writeln!(out, "\n{history}")?;
    Ok(())
}

/// The order with this number, or the only one whose number ends like this.
async fn find(wanted: &str, store: &DynamoStore) -> Result<Order, OrdersError> {
    let wanted = wanted.trim().to_uppercase();
    if let Ok(id) = OrderId::parse(&wanted)
        && let Some(order) = store.order(&id).await?
    {
        return Ok(order);
    }
    let mut fitting = store.all_orders().await?;
    fitting.retain(|order| order.id.as_str().ends_with(&wanted) && !wanted.is_empty());
    match fitting.len() {
        0 => Err(OrdersError::Unknown(wanted)),
        1 => Ok(fitting.remove(0)),
        _ => Err(OrdersError::Ambiguous(wanted)),
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

fn quote_table(quote: &Quote) -> Table {
    let mut lines = table();
    lines.set_header(["Quantity", "Item", "Each", "Amount"]);
    for line in &quote.lines {
        let amount = line.amount().map_or_else(|_| "–".to_owned(), |amount| amount.to_string());
        lines.add_row([line.quantity.to_string(), line.name.clone(), line.unit.to_string(), amount]);
    }
    for (name, sum) in [("Items", quote.items), ("Shipping", quote.shipping), ("Tax", quote.tax), ("Total", quote.total)] {
        lines.add_row(["", name, "", &sum.to_string()]);
    }
    for index in [0, 2, 3] {
        if let Some(column) = lines.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    lines
}

/// When the buyer said yes, or began, where there is no yes.
fn placed(order: &Order) -> String {
    let yes = order.history.iter().find(|entry| entry.what == Event::SaidYes).or(order.history.first());
    yes.map_or_else(String::new, |entry| rfc3339(entry.at))
}

fn items(order: &Order) -> String {
    let lines: Vec<_> = match &order.goods {
        Goods::Quoted(quote) => quote.lines.iter().map(|line| format!("{} {}", line.quantity, line.name)).collect(),
        Goods::Cart(cart) => cart.lines().iter().map(|line| format!("{} {}", line.quantity, line.sku)).collect(),
    };
    lines.join(", ")
}

/// What a merchant should know that the status does not say.
fn note(state: &State) -> Option<String> {
    match state {
        State::Charging { standing: Standing::Sent, .. } => Some("The charge has been sent; Amazon's answer is outstanding.".to_owned()),
        State::Charging { standing: Standing::Pending(_), .. } => Some("Amazon Pay has accepted the charge and decides later.".to_owned()),
        State::Charging { standing: Standing::Unknown { since }, .. } => {
            Some(format!("The outcome has been unknown since {}.", rfc3339(*since)))
        }
        State::NeedsAttention { reason, was } => {
            let why = match reason {
                Attention::OutcomeUnknown => "The outcome of the charge is still unknown.",
                Attention::AmountDiffers if taken(state).is_some_and(Paid::gives_too_much) => "The refunds come to more than was taken.",
                Attention::AmountDiffers => "Amazon named another amount than was asked for.",
                Attention::UnexpectedCharge => "An attempt that was over has taken money after all.",
                Attention::ClosedUnexpectedly => "Amazon closed the authorization and does not say that it was a sale.",
                Attention::CaptureFailed => "Amazon refused the capture that was asked for; the money may still be held.",
            };
            Some(format!("{why} (was: {})", was.name()))
        }
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Declined { .. }
        | State::Authorized(_)
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Paid(_)
        | State::Disputed(_)
        | State::Cancelled { .. }
        | State::Expired(_) => None,
    }
}

/// What the money of an order has become, also while a person has to look at it.
fn beneath(state: &State) -> &State {
    if let State::NeedsAttention { was, .. } = state { was } else { state }
}

/// The payment of an order, where money was taken.
fn taken(state: &State) -> Option<&Paid> {
    if let State::Paid(paid) | State::Disputed(paid) = beneath(state) { Some(paid) } else { None }
}

fn payment(order: &Order) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let names = |names: &Names| {
        let ids = [("order reference", &names.order_reference), ("authorization", &names.authorization), ("capture", &names.capture)];
        ids.into_iter().filter_map(|(name, id)| id.as_ref().map(|id| (name, id.to_string()))).collect::<Vec<_>>()
    };
    let ids = match beneath(&order.state) {
        State::Charging { standing: Standing::Pending(known), .. } => names(known),
        State::Authorized(hold) | State::Capturing(Capture { hold, .. }) | State::Voiding(hold) | State::Expired(hold) => {
            names(&hold.names)
        }
        State::Paid(paid) | State::Disputed(paid) => names(&paid.names),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Cancelled { .. }
        | State::NeedsAttention { .. } => Vec::new(),
    };
    if let Some(agreement) = &order.agreement {
        rows.push(("billing agreement", agreement.to_string()));
    }
    if let Some(attempt) = order.state.attempt() {
        rows.push(("attempt", attempt.id(&order.id).to_string()));
    }
    rows.extend(ids);
    if let Some(paid) = taken(&order.state) {
        rows.push(("captured", paid.captured.to_string()));
        if paid.refunded().minor() > 0 {
            rows.push(("refunded", paid.refunded().to_string()));
        }
    }
    rows
}

const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Queued => "Queued",
        Status::Authorized => "Authorized",
        Status::Processed => "Processed",
        Status::Declined => "Declined",
        Status::Cancelled => "Cancelled",
        Status::Expired => "Expired",
        Status::PartiallyRefunded => "PartiallyRefunded",
        Status::Refunded => "Refunded",
        Status::Disputed => "Disputed",
        Status::NeedsAttention => "NeedsAttention",
    }
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
