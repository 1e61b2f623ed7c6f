//! How held money is taken: all of it, or a part, and what becomes of the rest.

use clap::Args;

use super::OrdersError;
use super::ask::Talk;
use super::office::{self, Office, Sure};
use crate::domain::order::{Capture, Command, Order, Parts, Refused, Standing, State, decide};
use crate::domain::payment::Decline;

/// How much is taken.
#[derive(Clone, Debug, Default, Args)]
pub struct PartArgs {
    /// Only so much, as 20.00 in the order's currency.
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// Hold the rest anew, for a capture of its own: a new authorization on the buyer's consent, within what the buyer agreed to.
    #[arg(long)]
    pub reauthorize: bool,
}

/// Takes what is held, and holds the rest anew where that is asked for; what is said of it. A rest that was not held anew before is held
/// without a capture.
pub(super) async fn take(
    mut order: Order,
    part: &PartArgs,
    yes: bool,
    office: &Office<'_>,
    talk: &mut Talk<'_>,
) -> Result<(Order, String), OrdersError> {
    let currency = order.state.attempt().map(|attempt| attempt.amount.currency());
    let amount = part.amount.as_deref().zip(currency).map(|(text, currency)| office::amount(text, currency)).transpose()?;
    let (mut told, mut sure) = (Vec::new(), yes);
    if is_held(&order.state) || amount.is_some() || !part.reauthorize {
        let command = Command::Capture { amount };
        let capturing = decide(&order.state, &command).ok();
        let capture = capturing.as_ref().and_then(capturing_in);
        if part.reauthorize && capture.is_some_and(|capture| capture.rest().minor() == 0) {
            return Err(office::refusal(Refused::NothingLeft, &order));
        }
        let question = capture.map_or_else(|| "Capture".to_owned(), |capture| question(capture, part.reauthorize));
        order = office.grant(&order, &command, Sure { question: &question, yes }, talk).await?;
        told.push(taken(&order)?);
        // The question was about both.
        sure = true;
    }
    if part.reauthorize {
        let next = decide(&order.state, &Command::HoldRest).ok();
        let rest = next.as_ref().and_then(State::attempt).map_or_else(String::new, |rest| format!(" {}", rest.amount));
        let question = format!("Hold{rest} anew, for the rest");
        order = office.grant(&order, &Command::HoldRest, Sure { question: &question, yes: sure }, talk).await?;
        told.push(held_anew(&order)?);
    }
    Ok((order, told.join(" ")))
}

/// Whether there is money to take, or on its way.
pub(super) fn is_held(state: &State) -> bool {
    matches!(rest_of(state), State::Authorized(_) | State::Capturing(_))
}

/// The capture without an answer.
pub(super) fn capturing_in(state: &State) -> Option<&Capture> {
    if let State::Capturing(capture) = rest_of(state) { Some(capture) } else { None }
}

/// How the newest attempt stands, also where it is about a rest.
fn rest_of(state: &State) -> &State {
    if let State::InParts(Parts { rest, .. }) = state { rest } else { state }
}

/// How to ask for a capture: with the amount, and what becomes of the rest.
fn question(capture: &Capture, reauthorize: bool) -> String {
    let (amount, rest) = (capture.amount, capture.rest());
    match (rest.minor() > 0, reauthorize) {
        (false, _) => format!("Capture {amount}"),
        (true, false) => format!("Capture {amount}, giving up {rest},"),
        (true, true) => format!("Capture {amount}, and hold the other {rest} anew,"),
    }
}

/// What has come of a capture.
fn taken(order: &Order) -> Result<String, OrdersError> {
    office::seen_to(order)?;
    match rest_of(&order.state) {
        State::Paid(paid) | State::Disputed(paid) => Ok(format!("{} is captured.", paid.captured)),
        State::Capturing(_) => {
            Ok("Amazon Pay has accepted the capture and carries it out later; `orders reconcile` brings the news.".to_owned())
        }
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Authorized(_)
        | State::Voiding(_)
        | State::InParts(_)
        | State::Cancelled { .. }
        | State::Expired(_)
        | State::NeedsAttention { .. } => Err(office::instead(order, "nothing was captured")),
    }
}

/// What has come of holding the rest.
fn held_anew(order: &Order) -> Result<String, OrdersError> {
    office::seen_to(order)?;
    match rest_of(&order.state) {
        State::Authorized(hold) => Ok(format!("{} is held anew, for the rest.", hold.attempt.amount)),
        State::Charging { standing: Standing::Pending(_), .. } => {
            Ok("Amazon Pay has accepted the new authorization and decides later; `orders reconcile` brings the news.".to_owned())
        }
        State::Declined { decline, attempt } => {
            let why = not_held(*decline);
            Err(office::instead(order, &format!("the rest of {} is not held, because {why}; what was taken stays", attempt.amount)))
        }
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Paid(_)
        | State::InParts(_)
        | State::Disputed(_)
        | State::Cancelled { .. }
        | State::Expired(_)
        | State::NeedsAttention { .. } => Err(office::instead(order, "nothing was held anew")),
    }
}

/// Why Amazon does not hold the rest, and what can be done about it.
pub(super) const fn not_held(decline: Decline) -> &'static str {
    match decline {
        Decline::AgreementNotOpen => "the buyer's consent has ended (let the buyer order again)",
        Decline::InvalidPaymentMethodHard => "the buyer has to change the payment method at Amazon (let the buyer order again)",
        Decline::InvalidPaymentMethodSoft => "the payment method was declined for now (try again later)",
        Decline::AmazonRejected => "Amazon has rejected it for good (let the buyer order again, with another payment method)",
        Decline::ProcessingFailure | Decline::TransactionTimedOut => "Amazon could not decide (try again later)",
        Decline::NotTried => "Amazon has turned the request down (the history has its answer)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::orders::testing::{attempt, expired, held, order, paid};
    use crate::domain::money::{Currency, Money};
    use crate::domain::order::{Attention, Paid};

    #[test]
    fn a_capture_that_took_nothing_or_waits_for_a_person_is_a_no() {
        let needs = |was: State| State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(was) };
        for state in [expired(), State::Authorized(held()), needs(State::Authorized(held())), needs(State::Paid(paid()))] {
            let no = taken(&order(state.clone())).unwrap_err();
            assert!(no.is_no() && no.to_string().contains("orders show"), "{state:?}: {no}");
        }
        let under_way = State::Capturing(Capture { amount: held().attempt.amount, hold: held() });
        assert!(taken(&order(under_way)).is_ok());
        assert_eq!(taken(&order(State::Paid(paid()))).unwrap(), "59.61 USD is captured.");
    }

    #[test]
    fn a_rest_that_is_not_held_is_a_no_with_the_reason() {
        let with = |rest: State| {
            let part = Paid { captured: Money::new(2_000, Currency::Usd), ..paid() };
            order(State::InParts(Parts { taken: vec![part], rest: Box::new(rest) }))
        };
        assert!(held_anew(&with(State::Authorized(held()))).unwrap().contains("is held anew"));
        let declined = |decline| held_anew(&with(State::Declined { attempt: attempt(2), decline })).unwrap_err();
        let ended = declined(Decline::AgreementNotOpen);
        assert!(ended.is_no() && ended.to_string().contains("let the buyer order again"), "{ended}");
        assert!(declined(Decline::InvalidPaymentMethodSoft).to_string().contains("try again later"));
        assert!(taken(&with(expired())).is_err_and(|no| no.is_no()));
    }

    #[test]
    fn the_question_says_what_becomes_of_the_rest() {
        let part = Capture { hold: held(), amount: Money::new(2_000, Currency::Usd) };
        assert_eq!(question(&part, false), "Capture 20.00 USD, giving up 39.61 USD,");
        assert_eq!(question(&part, true), "Capture 20.00 USD, and hold the other 39.61 USD anew,");
    }
}
