//! What the commands work with: the store, the Amazon Pay that an order's money is at, and what they say of an order they have changed.

use super::ask::Talk;
use super::pay::{PayArgs, Till};
use super::view::OrderView;
use super::words::{note, status_word};
use super::{OrdersError, advice};
use crate::adapters::amazon_pay::api::place::Region;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::{fingerprint, system};
use crate::app::{Desk, DeskError};
use crate::domain::ids::{OrderId, WriteId};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Actor, Command, GOODWILL_MAX, GOODWILL_PERCENT, Order, Paid, Refused, State, decide};
use crate::domain::time::Time;
use crate::ports::Store;
use crate::simulator::amazon_pay::books::Books;

/// Where the merchant works.
pub struct Office<'o> {
    pub store: &'o DynamoStore,
    /// The local Amazon Pay's, for simulated orders.
    pub books: &'o Books,
    pub pay: &'o PayArgs,
    /// Where the merchant's account at Amazon Pay is kept.
    pub region: Region,
    pub now: Time,
}

impl Office<'_> {
    /// The order with this number, or the only one whose number ends like this.
    pub(super) async fn find(&self, wanted: &str) -> Result<Order, OrdersError> {
        let wanted = wanted.trim().to_uppercase();
        if let Ok(id) = OrderId::parse(&wanted)
            && let Some(order) = self.store.order(&id).await?
        {
            return Ok(order);
        }
        let mut fitting = self.store.all_orders().await?;
        fitting.retain(|order| order.id.as_str().ends_with(&wanted) && !wanted.is_empty());
        match fitting.len() {
            0 => Err(OrdersError::Unknown(wanted)),
            1 => Ok(fitting.remove(0)),
            _ => Err(OrdersError::Ambiguous(wanted)),
        }
    }

    /// The Amazon Pay that has the money of this order.
    pub(super) fn till(&self, order: &Order) -> Result<Till<'_>, OrdersError> {
        Till::open(order.world, self.pay, self.region, self.books, self.now)
    }

    /// The application's desk over it. The marks of its writes are no other process's.
    pub(super) fn desk<'d>(&'d self, till: &'d Till<'d>, mark: &'d (dyn Fn(&str) -> WriteId + Sync)) -> Desk<'d, DynamoStore, Till<'d>> {
        Desk { store: self.store, payments: till, now: self.now, mark }
    }

    /// Grants a wish: asked about first, then carried out.
    pub(super) async fn grant(&self, order: &Order, command: &Command, sure: Sure<'_>, talk: &mut Talk<'_>) -> Result<Order, OrdersError> {
        decide(&order.state, command).map_err(|refused| refusal(refused, order))?;
        let till = self.till(order)?;
        talk.sure(sure.yes, &format!("{} of order {} ({})?", sure.question, order.id, order.world.as_str()))?;
        let marks = marks();
        self.desk(&till, &marks).wish(&order.id, command).await.map_err(refused_late)
    }

    /// Says what has become of an order.
    pub(super) fn tell(&self, order: &Order, done: &str, json: bool, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
        if json {
            return talk.json(&OrderView::of(order, self.now));
        }
        let status = order.state.status().map_or("cart", status_word);
        writeln!(talk.out, "{done}\nOrder {}: {status} ({})", order.id, order.world.as_str())?;
        if let Some(note) = note(&order.state) {
            writeln!(talk.out, "{note}")?;
        }
        if let Some(action) = advice::action(order, self.now) {
            writeln!(talk.out, "To do: {action}")?;
        }
        Ok(())
    }
}

/// What is asked before, and whether it has been answered on the command line.
pub(super) struct Sure<'s> {
    pub question: &'s str,
    pub yes: bool,
}

/// Marks for the writes of one run of the program.
pub(super) fn marks() -> impl Fn(&str) -> WriteId + Sync {
    let source = system::run_id();
    move |text| fingerprint::mark(&format!("desk {source} {text}"))
}

/// An order that has changed since it was shown may refuse what it would have granted.
pub(super) fn refused_late(error: DeskError) -> OrdersError {
    if let DeskError::Refused { refused, order } = error { refusal(refused, &order) } else { OrdersError::Desk(error) }
}

/// A decimal amount in the order's currency.
pub(super) fn amount(text: &str, currency: Currency) -> Result<Money, OrdersError> {
    Money::parse(text, currency).map_err(|source| OrdersError::Amount { text: text.to_owned(), currency, source })
}

/// Nothing that was asked for counts as done while a person has to look at what has come of it.
pub(super) fn seen_to(order: &Order) -> Result<(), OrdersError> {
    let (State::NeedsAttention { .. }, Some(why)) = (&order.state, note(&order.state)) else { return Ok(()) };
    let answer = order.history.last().filter(|entry| entry.who == Actor::Amazon).and_then(|entry| entry.note.as_ref());
    let answer = answer.map(|answer| format!(" Amazon's answer: {answer}.")).unwrap_or_default();
    Err(OrdersError::SaidNo(format!("{why}{answer} {}", what_to_do(order))))
}

/// The order has come to something else than what was asked for.
pub(super) fn instead(order: &Order, not_done: &str) -> OrdersError {
    let status = order.state.status().map_or("a cart", status_word);
    OrdersError::SaidNo(format!("{not_done}; the order is {status} now. {}", what_to_do(order)))
}

/// What somebody should do about an order that has just changed, and where more is told of it.
fn what_to_do(order: &Order) -> String {
    let action = advice::action(order, order.changed()).map(|action| format!("To do: {action} ")).unwrap_or_default();
    format!("{action}`voicetill orders show {}` tells the whole story", order.id)
}

/// "20.00 USD was taken, 5.00 USD is given back" of each payment: a refund goes to one of them.
fn taken_and_given(state: &State) -> String {
    let told = |paid: &&Paid| format!("{} was taken, {} is given back", paid.captured, paid.given());
    state.payments().iter().map(told).collect::<Vec<_>>().join("; ")
}

/// The most that one of the payments has left.
fn most(state: &State, left: fn(&Paid) -> Money) -> Option<Money> {
    state.payments().into_iter().map(left).max_by_key(|left| left.minor())
}

/// The rule that says no, with the numbers it goes by, and what can be done instead.
pub(super) fn refusal(refused: Refused, order: &Order) -> OrdersError {
    let id = &order.id;
    let reconcile = || format!("`voicetill orders reconcile {id}` finds out how it stands");
    let (more, instead) = match (refused, &order.state) {
        (Refused::RefundAmount, state) => {
            let (left, more) = (most(state, Paid::refundable), most(state, Paid::allowance));
            let beyond = more.filter(|more| more.minor() > 0).map(|more| format!("; with --goodwill, up to {more}")).unwrap_or_default();
            let left = left.filter(|left| left.minor() > 0);
            let left = left.map_or_else(|| "Nothing of it is left to refund".to_owned(), |left| format!("Up to {left} can be refunded"));
            (format!(": refunds stay within what was taken; {}", taken_and_given(state)), format!("{left}{beyond}"))
        }
        (Refused::OverAllowance, state) => {
            let rule = format!("at most {GOODWILL_PERCENT} % more than was taken, and no more than {GOODWILL_MAX} in its currency");
            let yen = state.payments().iter().all(|paid| paid.refund_max() == paid.captured);
            let rule = if yen { "no more than was taken".to_owned() } else { rule };
            let left = most(state, Paid::allowance).map_or_else(|| "nothing".to_owned(), |left| left.to_string());
            (format!(": {rule}; {}", taken_and_given(state)), format!("Up to {left} can go back"))
        }
        (Refused::NothingLeft, _) => (String::new(), "A rest is what `orders capture --amount` has given up".to_owned()),
        (Refused::CaptureAmount, State::Authorized(hold)) => (
            format!(": {} is authorized", hold.attempt.amount),
            "One capture takes up to that, and a part gives up the rest unless --reauthorize holds it anew".to_owned(),
        ),
        (Refused::CapturedRefundInstead, _) => (String::new(), format!("`voicetill orders refund {id} --all` gives it back")),
        (Refused::AlreadyPaid, _) => (String::new(), format!("`voicetill orders show {id}` shows the payment")),
        (Refused::ChargeOpen | Refused::CaptureOpen | Refused::RefundOpen | Refused::MoneyMoving, _) => (String::new(), reconcile()),
        (Refused::NeedsAttention, _) => (String::new(), format!("{}, and `voicetill orders show {id}` tells what to see to", reconcile())),
        (Refused::NotForAmazonToTell, _) => {
            (String::new(), format!("See to the money, then `voicetill orders reconcile {id} --accept REASON`"))
        }
        _ => (String::new(), format!("`voicetill orders show {id}` tells how the order stands")),
    };
    OrdersError::Refused { rule: format!("{refused}{more}"), instead }
}
