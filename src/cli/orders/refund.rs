//! `voicetill orders refund`.

use clap::{ArgGroup, Args};

use super::OrdersError;
use super::ask::Talk;
use super::office::{self, Office, Sure};
use super::words::sum;
use crate::domain::money::Money;
use crate::domain::order::{Command, Order, Paid, RefundStanding, Refused, State, decide};

/// Give back money that was taken: all of it, or a part.
///
/// There may be several refunds, one after the other, as long as they stay within what was taken; with --goodwill they may come to more, as
/// far as Amazon Pay lets them.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  voicetill orders refund DGDN --amount 20.00\n  voicetill orders refund DGDN --all --yes --json")]
#[command(group(ArgGroup::new("how_much").args(["amount", "all"]).required(true)))]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct RefundArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// So much, as 20.00 in the order's currency.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub amount: Option<String>,
    /// Everything that is left of the newest payment that has anything left; an order in parts has several.
    #[arg(long)]
    pub all: bool,
    /// Let it come to more than was taken, as for postage: by 15 %, and by no more than 75 (dollars, pounds or euros).
    #[arg(long, requires = "amount")]
    pub goodwill: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &RefundArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let order = office.find(&args.order).await?;
    let payments = order.state.payments();
    let Some(newest) = payments.last() else { return Err(office::refusal(Refused::NothingCaptured, &order)) };
    let amount = match &args.amount {
        Some(text) => office::amount(text, newest.captured.currency())?,
        // A refund goes to one payment.
        None => payments.iter().rev().find(|paid| paid.refundable().minor() > 0).unwrap_or(newest).refundable(),
    };
    let command = if args.goodwill { Command::Goodwill { amount } } else { Command::Refund { amount } };
    let question = question(&order, &command, amount);
    let order = office.grant(&order, &command, Sure { question: &question, yes: args.yes }, talk).await?;
    let done = told(&order)?;
    office.tell(&order, &done, args.json, talk)
}

/// How to ask for a refund: with what it is, and by how much more goes back then than was taken.
fn question(order: &Order, command: &Command, amount: Money) -> String {
    let next = decide(&order.state, command).ok();
    let payments = next.as_ref().map(State::payments).unwrap_or_default();
    let refunding = payments.iter().find(|paid| paid.open_refund().is_some());
    let beyond = refunding.and_then(|paid| paid.given().minus(paid.captured).ok()).filter(|beyond| beyond.minor() > 0);
    beyond.map_or_else(|| format!("Refund {amount}"), |beyond| format!("Refund {amount}, so that {beyond} more goes back than was taken,"))
}

/// What has come of the last refund.
pub(super) fn told(order: &Order) -> Result<String, OrdersError> {
    office::seen_to(order)?;
    let payments = order.state.payments();
    let Some(last) = payments.iter().flat_map(|paid| &paid.refunds).max_by_key(|refund| refund.number) else {
        return Err(office::instead(order, "nothing was refunded"));
    };
    match last.standing {
        RefundStanding::Done => {
            let left = sum(&payments, Paid::refundable).filter(|left| payments.len() > 1 && left.minor() > 0);
            let left = left.map(|left| format!(" Of all that was taken, {left} is left.")).unwrap_or_default();
            Ok(format!("{} is refunded.{left}", last.amount))
        }
        RefundStanding::Open => Ok(format!(
            "Amazon Pay has accepted the refund of {} and carries it out later; `orders reconcile` brings the news.",
            last.amount
        )),
        RefundStanding::Failed => Err(OrdersError::SaidNo(format!(
            "the refund of {} was declined; `voicetill orders show {}` tells what to do",
            last.amount, order.id
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::orders::testing::{order, paid};
    use crate::domain::order::{Attention, Refund};

    #[test]
    fn a_refund_that_failed_or_waits_for_a_person_is_a_no() {
        let refunded = |standing| {
            let refunds = vec![Refund { number: 1, amount: paid().captured, standing }];
            State::Paid(Paid { refunds, ..paid() })
        };
        let needs = State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(refunded(RefundStanding::Done)) };
        for state in [needs, refunded(RefundStanding::Failed), State::Paid(paid())] {
            assert!(told(&order(state.clone())).is_err_and(|no| no.is_no()), "{state:?}");
        }
        for standing in [RefundStanding::Done, RefundStanding::Open] {
            assert!(told(&order(refunded(standing))).is_ok());
        }
    }
}
