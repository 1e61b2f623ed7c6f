//! `voicetill orders capture`.

use clap::Args;

use super::ask::Talk;
use super::office::{self, Office, Sure};
use super::{OrdersError, words};
use crate::domain::order::{Capture, Command, Order, State, decide};

/// Take money that is held: all of it, or a part.
///
/// There is one capture per authorization. A part gives up the rest: for the rest the buyer has to order again.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  voicetill orders capture DGDN\n  voicetill orders capture DGDN --amount 20.00 --yes --json")]
pub struct CaptureArgs {
    /// The order number, or enough of its end to tell it from the others.
    pub order: String,
    /// Only so much, as 20.00 in the order's currency.
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// JSON for programs: the order as it is then.
    #[arg(long)]
    pub json: bool,
}

pub(super) async fn run(args: &CaptureArgs, office: &Office<'_>, talk: &mut Talk<'_>) -> Result<(), OrdersError> {
    let order = office.find(&args.order).await?;
    let currency = order.state.attempt().map(|attempt| attempt.amount.currency());
    let amount = args.amount.as_deref().zip(currency).map(|(text, currency)| office::amount(text, currency)).transpose()?;
    let command = Command::Capture { amount };
    let question = question(&order, &command);
    let order = office.grant(&order, &command, Sure { question: &question, yes: args.yes }, talk).await?;
    let done = told(&order)?;
    office.tell(&order, &done, args.json, talk)
}

/// How to ask for a capture: with the amount, and what is given up.
pub(super) fn question(order: &Order, command: &Command) -> String {
    match decide(&order.state, command) {
        Ok(State::Capturing(capture)) => format!("Capture {}", sums(&capture)),
        _ => "Capture".to_owned(),
    }
}

fn sums(capture: &Capture) -> String {
    if capture.rest().minor() > 0 { format!("{}, giving up {},", capture.amount, capture.rest()) } else { capture.amount.to_string() }
}

/// What has come of a capture.
pub(super) fn told(order: &Order) -> Result<String, OrdersError> {
    office::seen_to(order)?;
    match (&order.state, words::taken(&order.state)) {
        (_, Some(paid)) => Ok(format!("{} is captured.", paid.captured)),
        (State::Capturing(_), None) => {
            Ok("Amazon Pay has accepted the capture and carries it out later; `orders reconcile` brings the news.".to_owned())
        }
        (_, None) => Err(office::instead(order, "nothing was captured")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::orders::testing::{expired, held, order, paid};
    use crate::domain::order::Attention;

    #[test]
    fn a_capture_that_took_nothing_or_waits_for_a_person_is_a_no() {
        let needs = |was: State| State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(was) };
        for state in [expired(), State::Authorized(held()), needs(State::Authorized(held())), needs(State::Paid(paid()))] {
            let no = told(&order(state.clone())).unwrap_err();
            assert!(no.is_no() && no.to_string().contains("orders show"), "{state:?}: {no}");
        }
        let under_way = State::Capturing(Capture { amount: held().attempt.amount, hold: held() });
        assert!(told(&order(under_way)).is_ok());
        assert_eq!(told(&order(State::Paid(paid()))).unwrap(), "59.61 USD is captured.");
    }
}
