//! `voicetill orders reconcile`.

use clap::Args;
use serde::Serialize;

use super::ask::Talk;
use super::office::{self, Office, marks, refused_late};
use super::view::OrderView;
use super::words::{note, status_word};
use super::{OrdersError, advice};
use crate::domain::ids::AmazonId;
use crate::domain::order::{Command, Effect, Note, Order, State, decide};
use crate::telemetry::chain;

/// Find out what has become of what is in doubt, and go on with what is owed; without a number, of every order whose money is not at rest.
///
/// Calls that were interrupted are made again under the same ids, so nothing is done twice. Charges in doubt are looked at. An order that
/// needs your attention is settled by Amazon's word, where that is enough, only if you name it.
#[derive(Clone, Debug, Default, Args)]
#[command(
    after_help = "Examples:\n  voicetill orders reconcile\n  voicetill orders reconcile DGDN\n  voicetill orders reconcile DGDN --charge S01-9821095-1837200-A041953\n  voicetill orders reconcile DGDN --accept \"refunded in Seller Central\""
)]
pub struct ReconcileArgs {
    /// Order numbers, or enough of their ends.
    pub orders: Vec<String>,
    /// Amazon's id of the order's authorization, copied from Seller Central, where it was never told here.
    #[arg(long, value_name = "ID", requires = "orders", conflicts_with = "accept")]
    pub charge: Option<String>,
    /// You have seen to it: put aside what needed attention, for this reason, which the history keeps. Write nothing personal.
    ///
    /// A charge that was never found then counts as not made: the order is cancelled, and the shop does not look for the charge again by
    /// itself. Should you find it later, `orders reconcile NUMBER --charge ID` gives it back.
    #[arg(long, value_name = "REASON", requires = "orders")]
    pub accept: Option<String>,
    /// Do not ask before putting aside.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: an array with each order and what kept it from being settled.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Reconciled {
    order: OrderView,
    changed: bool,
    problem: Option<String>,
}

pub(super) async fn run(args: &ReconcileArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let why = args.accept.as_deref().map(Note::parse).transpose()?;
    let charge = args.charge.as_deref().map(|text| AmazonId::parse(text.trim())).transpose()?;
    if charge.is_some() && args.orders.len() > 1 {
        return Err(OrdersError::OneCharge);
    }
    let mut orders = Vec::new();
    for wanted in &args.orders {
        orders.push(office.find(wanted).await?);
    }
    if args.orders.is_empty() {
        orders = office.store.open_orders().await?;
    }
    let (mut all, mut unsettled) = (Vec::new(), 0);
    for before in orders {
        let outcome = match &why {
            Some(why) => accept(&before, why, args.yes, office, talk).await,
            None => one(&before, !args.orders.is_empty(), charge.as_ref(), office).await,
        };
        let (order, problem) = match outcome {
            Ok(order) => (order, None),
            // The answer is no for this one, and so it is for the command.
            Err(error) if error.is_no() => return Err(error),
            Err(error) => (office.find(before.id.as_str()).await?, Some(chain(&error))),
        };
        unsettled += usize::from(problem.is_some());
        let changed = order.version() != before.version();
        if !args.json {
            tell(&before, &order, problem.as_deref(), office, talk)?;
        }
        all.push(Reconciled { order: OrderView::of(&order, office.now), changed, problem });
    }
    if args.json {
        talk.json(&all)?;
    } else if all.is_empty() {
        writeln!(talk.out, "All money is at rest.")?;
    }
    if unsettled > 0 { Err(OrdersError::Unreconciled(unsettled)) } else { Ok(()) }
}

async fn one(order: &Order, named: bool, charge: Option<&AmazonId>, office: &Office<'_>) -> Result<Order, OrdersError> {
    let (till, marks) = (office.till(order)?, marks());
    let desk = office.desk(&till, &marks);
    let order = match charge {
        Some(charge) => desk.reconcile_with(&order.id, charge).await,
        // Nobody has read what an order needs attention for that nobody has named.
        None if named && matches!(order.state, State::NeedsAttention { .. }) => desk.reconcile_named(&order.id).await,
        None => desk.reconcile(&order.id).await,
    };
    order.map_err(refused_late)
}

async fn accept(order: &Order, why: &Note, yes: bool, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<Order, OrdersError> {
    let then = decide(&order.state, &Command::PutAside).map_err(|refused| office::refusal(refused, order))?;
    let till = office.till(order)?;
    talk.sure(yes, &question(order, &then))?;
    let marks = marks();
    office.desk(&till, &marks).put_aside(order, why.clone()).await.map_err(refused_late)
}

/// How to ask for what `then` goes on with: what was the matter, and what Amazon Pay is asked for next.
fn question(order: &Order, then: &State) -> String {
    let matter = note(&order.state).map(|note| format!("{note} ")).unwrap_or_default();
    let end = then.status().map_or("a cart", status_word);
    let next = match then.owed() {
        Some(Effect::Capture(capture)) => format!(", and capture {}", capture.amount),
        Some(Effect::HoldRest(attempt)) => format!(", and hold {} anew", attempt.amount),
        Some(Effect::Void(hold)) => format!(", and give back the authorization of {}", hold.attempt.amount),
        Some(Effect::Refund { refund, .. }) => format!(", and refund {}", refund.amount),
        Some(Effect::Charge(attempt)) => format!(", and charge {} when the buyer comes back", attempt.amount),
        Some(Effect::Track(parcel)) => format!(", and tell Amazon of parcel {}", parcel.number()),
        Some(Effect::Setup) | None => String::new(),
    };
    let unseen = if matches!(then, State::Cancelled { .. }) { "; the shop will not look for the charge again by itself" } else { "" };
    format!("{matter}Go on with order {} ({}) as {end}{next}{unseen}?", order.id, order.world.as_str())
}

fn tell(before: &Order, order: &Order, problem: Option<&str>, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let word = |order: &Order| order.state.status().map_or("cart", status_word);
    let news = if order.version() == before.version() { "no news".to_owned() } else { format!("was {}", word(before)) };
    writeln!(talk.out, "Order {}: {} ({}), {news}", order.id, word(order), order.world.as_str())?;
    if let Some(problem) = problem {
        writeln!(talk.out, "  not settled: {problem}")?;
    }
    if let Some(action) = advice::action(order, office.now) {
        writeln!(talk.out, "  To do: {action}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::orders::testing::{attempt, held, order, paid};
    use crate::domain::order::{Attention, Paid, Refund, RefundStanding, Standing};

    #[test]
    fn the_question_names_the_matter_and_the_call_that_follows() {
        let refunds = vec![Refund { number: 1, amount: attempt(1).amount, standing: RefundStanding::Open }];
        let unknown =
            State::Charging { attempt: attempt(1), standing: Standing::Unknown { since: order(State::Ready).changed() }, cancel: false };
        for (reason, was, parts) in [
            (Attention::AmountDiffers, State::Paid(Paid { refunds, ..paid() }), ["another amount", "as Processed, and refund 59.61 USD?"]),
            (Attention::UnexpectedCharge, State::Voiding(held()), ["after all", "give back the authorization of 59.61 USD?"]),
            (Attention::CaptureFailed, State::Authorized(held()), ["refused the capture", "as Authorized?"]),
            (Attention::OutcomeUnknown, unknown, ["still unknown", "as Cancelled; the shop will not look for the charge again by itself?"]),
        ] {
            let order = order(State::NeedsAttention { reason, was: Box::new(was) });
            let then = decide(&order.state, &Command::PutAside).unwrap();
            let question = question(&order, &then);
            assert!(parts.iter().all(|part| question.contains(part)), "{question}");
        }
    }
}
