//! `voicetill orders show`.

use std::io::{self, Write};

use clap::Args;
use comfy_table::Table;

use super::office::Office;
use super::tables::{quote_table, table};
use super::view::OrderView;
use super::words::{note, outcome, payment, placed, status_word};
use super::{OrdersError, advice};
use crate::adapters::system::rfc3339;
use crate::domain::message::{Channel, Subject};
use crate::domain::order::{Goods, Order, Report};
use crate::ports::{Ended, Payments, Telling, Told};

/// Show one order with its lines, payment and history.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Examples:\n  voicetill orders show DGDN\n  voicetill orders show DGDN --live --json")]
pub struct ShowArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// Ask Amazon Pay how the charge stands now; changes nothing.
    #[arg(long)]
    pub live: bool,
    /// JSON for programs: one order.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &ShowArgs, office: &Office<'_>, out: &mut (dyn Write + Send)) -> Result<(), OrdersError> {
    let order = office.find(&args.order).await?;
    let live = if args.live { Some(look(&order, office).await?) } else { None };
    if args.json {
        let view = OrderView::of(&order, office.now).live(live);
        serde_json::to_writer_pretty(&mut *out, &view).map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    let status = order.state.status().map_or("cart, not placed", status_word);
    writeln!(out, "Order {}  {status}  ({})", order.id, order.world.as_str())?;
    writeln!(out, "placed {}", placed(&order))?;
    if let Some(note) = note(&order.state) {
        writeln!(out, "{note}")?;
    }
    if let Some(action) = advice::action(&order, office.now) {
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
    writeln!(out, "\n{}", history(&order))?;
    let told = office.store.told(&Subject::Order(order.id.clone())).await?;
    if !told.is_empty() {
        writeln!(out, "\n{}", messages(&told))?;
    }
    if let Some(live) = live {
        writeln!(out, "\nAmazon Pay now: {live}")?;
    }
    Ok(())
}

/// What has happened; notes have a column where there are any.
fn history(order: &Order) -> Table {
    let mut history = table();
    let noted = order.history.iter().any(|entry| entry.note.is_some());
    history.set_header(["When", "Who", "What", "Led to"].into_iter().chain(noted.then_some("Note")));
    for entry in &order.history {
        let row = [rfc3339(entry.at), entry.who.words().to_owned(), entry.what.words().to_owned(), entry.to.to_owned()];
        let note = entry.note.as_ref().map(ToString::to_string).unwrap_or_default();
        history.add_row(row.into_iter().chain(noted.then_some(note)));
    }
    history
}

/// Who has been told of it.
fn messages(told: &[Telling]) -> Table {
    let mut messages = table();
    messages.set_header(["When", "Told", "Message"]);
    for Telling { id, at, ended } in told {
        let to = match id.channel {
            Channel::Buyer => "buyer, by mail",
            Channel::Office => "orders department, by mail",
            Channel::Device => "buyer, by a device",
        };
        let how = match ended {
            Some(Ended::Sent) => "sent".to_owned(),
            Some(Ended::NoAddress) => "not sent: Amazon Pay has told no address, or the buyer wants none".to_owned(),
            Some(Ended::Refused(why)) => format!("refused: {why}"),
            None => "about to be sent".to_owned(),
        };
        messages.add_row([rfc3339(*at), to.to_owned(), how]);
    }
    messages
}

/// How the charge stands at Amazon Pay.
async fn look(order: &Order, office: &Office<'_>) -> Result<String, OrdersError> {
    let answer = office.till(order)?.look(order, &order.state.names().cloned().unwrap_or_default()).await?;
    let stands = match &answer.report {
        Some(Report::Charge { outcome: found, .. }) => outcome(found),
        Some(_) | None => "there is no such charge".to_owned(),
    };
    Ok(answer.request.map_or_else(|| stands.clone(), |request| format!("{stands} (request {request})")))
}
