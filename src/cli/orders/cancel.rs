//! `voicetill orders cancel`.

use clap::Args;

use super::OrdersError;
use super::ask::Talk;
use super::office::{self, Office, Sure};
use super::refund;
use crate::domain::order::{Command, Order, Parts, State};

/// Cancel an order whose money has not been taken; what is held is given back.
///
/// While a charge is under way, it is cancelled as soon as its outcome is known, and refunded if it went through.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  voicetill orders cancel DGDN\n  voicetill orders cancel DGDN --yes --json")]
pub struct CancelArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &CancelArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let order = office.find(&args.order).await?;
    let held = order.state.attempt().map(|attempt| attempt.amount);
    let question = held.map_or_else(|| "Cancel all".to_owned(), |amount| format!("Cancel the payment of {amount}"));
    let order = office.grant(&order, &Command::Cancel, Sure { question: &question, yes: args.yes }, talk).await?;
    let done = told(&order)?;
    office.tell(&order, &done, args.json, talk)
}

/// What has come of a cancellation.
fn told(order: &Order) -> Result<String, OrdersError> {
    office::seen_to(order)?;
    match &order.state {
        State::Cancelled { .. } => Ok("The order is cancelled.".to_owned()),
        State::Charging { cancel: true, .. } => Ok("The order is cancelled as soon as the outcome of its charge is known.".to_owned()),
        State::Voiding(_) => Ok("The order is to be cancelled; `orders reconcile` goes on with it.".to_owned()),
        // It had been taken already, which came to light now.
        State::Paid(_) => refund::told(order),
        State::InParts(Parts { rest, .. }) if matches!(**rest, State::Cancelled { .. }) => {
            Ok("What was held of it is given back; what was taken stays, and can be refunded.".to_owned())
        }
        State::InParts(Parts { rest, .. }) if matches!(**rest, State::Voiding(_)) => {
            Ok("What is held of it is to be given back; `orders reconcile` goes on with it.".to_owned())
        }
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { cancel: false, .. }
        | State::Declined { .. }
        | State::Authorized(_)
        | State::Capturing(_)
        | State::InParts(_)
        | State::Disputed(_)
        | State::Expired(_)
        | State::NeedsAttention { .. } => Err(office::instead(order, "the order was not cancelled")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::orders::testing::{expired, held, order, paid};
    use crate::domain::order::{Attention, Paid, Refund, RefundStanding};

    #[test]
    fn what_was_not_cancelled_or_given_back_is_a_no() {
        let attention = State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(State::Paid(paid())) };
        for state in [State::Authorized(held()), State::Disputed(paid()), expired(), attention] {
            assert!(told(&order(state.clone())).is_err_and(|no| no.is_no()), "{state:?}");
        }
        let refunded = |standing| {
            let refunds = vec![Refund { number: 1, amount: paid().captured, standing }];
            order(State::Paid(Paid { refunds, ..paid() }))
        };
        assert!(told(&refunded(RefundStanding::Failed)).is_err_and(|no| no.is_no()));
        for done in [order(State::Cancelled { last: None }), order(State::Voiding(held())), refunded(RefundStanding::Done)] {
            assert!(told(&done).is_ok(), "{done:?}");
        }
    }
}
