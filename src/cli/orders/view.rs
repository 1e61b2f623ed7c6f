//! Orders for programs: what `--json` writes.

use serde::Serialize;

use super::advice;
use super::words::{note, payment, placed, status_word};
use crate::adapters::system::rfc3339;
use crate::domain::cart::Line;
use crate::domain::money::Money;
use crate::domain::order::{Entry, Goods, Order, Refund, RefundStanding};
use crate::domain::quote::{Quote, QuotedLine};
use crate::domain::time::Time;

/// One order for programs. Amounts are decimal text with their currency code; times are RFC 3339.
#[derive(Serialize)]
pub struct OrderView {
    order: String,
    placed: String,
    /// The merchant's word; null for a cart that was never placed.
    status: Option<&'static str>,
    state: &'static str,
    note: Option<String>,
    /// What somebody should do about its money; null when there is nothing to do.
    suggested_action: Option<String>,
    world: &'static str,
    locale: String,
    lines: Vec<LineView>,
    sums: Option<SumsView>,
    payment: Vec<NamedView>,
    refunds: Vec<RefundView>,
    history: Vec<EntryView>,
    /// How the charge stands at Amazon Pay, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<String>,
}

#[derive(Serialize)]
struct Amount {
    amount: String,
    currency: &'static str,
}

#[derive(Serialize)]
struct LineView {
    sku: String,
    name: Option<String>,
    quantity: u32,
    unit: Option<Amount>,
}

#[derive(Serialize)]
struct SumsView {
    items: Amount,
    shipping: Amount,
    tax: Amount,
    total: Amount,
}

#[derive(Serialize)]
struct NamedView {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct RefundView {
    number: u8,
    amount: Amount,
    standing: &'static str,
}

#[derive(Serialize)]
struct EntryView {
    at: String,
    who: &'static str,
    what: &'static str,
    to: &'static str,
    /// Amazon's id of the call, a parcel, or a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { amount: money.decimal(), currency: money.currency().code() }
    }
}

impl OrderView {
    /// The order as it stands at `now`.
    pub fn of(order: &Order, now: Time) -> Self {
        let (lines, sums) = match &order.goods {
            Goods::Quoted(quote) => (quote.lines.iter().map(LineView::quoted).collect(), Some(SumsView::of(quote))),
            Goods::Cart(cart) => (cart.lines().iter().map(LineView::wanted).collect(), None),
        };
        let payments = order.state.payments();
        let entry = |entry: &Entry| EntryView {
            at: rfc3339(entry.at),
            who: entry.who.words(),
            what: entry.what.words(),
            to: entry.to,
            note: entry.note.as_ref().map(ToString::to_string),
        };
        Self {
            order: order.id.to_string(),
            placed: placed(order),
            status: order.state.status().map(status_word),
            state: order.state.name(),
            note: note(&order.state),
            suggested_action: advice::action(order, now),
            world: order.world.as_str(),
            locale: order.locale.to_string(),
            lines,
            sums,
            payment: payment(order).into_iter().map(|(name, value)| NamedView { name, value }).collect(),
            refunds: payments.iter().flat_map(|paid| &paid.refunds).map(RefundView::of).collect(),
            history: order.history.iter().map(entry).collect(),
            live: None,
        }
    }
}

impl OrderView {
    /// With how the charge stands now.
    pub fn live(self, live: Option<String>) -> Self {
        Self { live, ..self }
    }
}

impl LineView {
    fn quoted(line: &QuotedLine) -> Self {
        Self { sku: line.sku.to_string(), name: Some(line.name.clone()), quantity: line.quantity, unit: Some(line.unit.into()) }
    }

    fn wanted(line: &Line) -> Self {
        Self { sku: line.sku.to_string(), name: None, quantity: line.quantity, unit: None }
    }
}

impl SumsView {
    fn of(quote: &Quote) -> Self {
        Self { items: quote.items.into(), shipping: quote.shipping.into(), tax: quote.tax.into(), total: quote.total.into() }
    }
}

impl RefundView {
    fn of(refund: &Refund) -> Self {
        let standing = match refund.standing {
            RefundStanding::Open => "open",
            RefundStanding::Done => "done",
            RefundStanding::Failed => "failed",
        };
        Self { number: refund.number, amount: refund.amount.into(), standing }
    }
}
