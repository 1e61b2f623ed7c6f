//! What an order's state means, in a merchant's words.

use crate::adapters::system::rfc3339;
use crate::domain::money::Money;
use crate::domain::order::{Attention, Closed, Event, Goods, Order, Outcome, Paid, Parts, Standing, State, Status};
use crate::domain::payment::Names;
use crate::domain::time::Time;

/// When the buyer said yes, or began, where there is no yes.
pub(super) fn placed_at(order: &Order) -> Option<Time> {
    let yes = order.history.iter().find(|entry| entry.what == Event::SaidYes).or(order.history.first());
    yes.map(|entry| entry.at)
}

pub(super) fn placed(order: &Order) -> String {
    placed_at(order).map(rfc3339).unwrap_or_default()
}

/// How a charge stands, as Amazon Pay tells it.
pub(super) fn outcome(outcome: &Outcome) -> String {
    let sum = |amount: &Option<Money>| amount.map(|amount| format!(" {amount}")).unwrap_or_default();
    match outcome {
        Outcome::Captured { amount, .. } => format!("captured{}", sum(amount)),
        Outcome::Authorized { amount, .. } => format!("authorized{}", sum(amount)),
        Outcome::Pending { .. } => "pending".to_owned(),
        Outcome::Declined { .. } => "declined".to_owned(),
        Outcome::NotTried { .. } => "not tried".to_owned(),
        Outcome::Closed { why: Closed::ExpiredUnused, .. } => "closed: it expired unused".to_owned(),
        Outcome::Closed { why: Closed::SellerClosed, .. } => "closed: given back by the merchant".to_owned(),
        Outcome::Closed { why: Closed::Otherwise, .. } => "closed, and not by the merchant".to_owned(),
        Outcome::Unclear => "in a state that this program does not know".to_owned(),
    }
}

pub(super) fn items(order: &Order) -> String {
    let lines: Vec<_> = match &order.goods {
        Goods::Quoted(quote) => quote.lines.iter().map(|line| format!("{} {}", line.quantity, line.name)).collect(),
        Goods::Cart(cart) => cart.lines().iter().map(|line| format!("{} {}", line.quantity, line.sku)).collect(),
    };
    lines.join(", ")
}

/// What a merchant should know that the status does not say.
pub(super) fn note(state: &State) -> Option<String> {
    match state {
        State::Charging { standing: Standing::Sent, .. } => Some("The charge has been sent; Amazon's answer is outstanding.".to_owned()),
        State::Charging { standing: Standing::Pending(_), .. } => Some("Amazon Pay has accepted the charge and decides later.".to_owned()),
        State::Charging { standing: Standing::Unknown { since }, .. } => {
            Some(format!("The outcome has been unknown since {}.", rfc3339(*since)))
        }
        State::NeedsAttention { reason, was } => {
            let why = match reason {
                Attention::OutcomeUnknown => "The outcome of the charge is still unknown.",
                Attention::AmountDiffers if state.payments().into_iter().any(Paid::gives_too_much) => {
                    "The refunds come to more than was taken."
                }
                Attention::AmountDiffers => "Amazon named another amount than was asked for.",
                Attention::UnexpectedCharge => "An attempt that was over has taken money after all.",
                Attention::ClosedUnexpectedly => "Amazon closed the authorization and does not say that it was a sale.",
                Attention::CaptureFailed => "Amazon refused the capture that was asked for; the money may still be held.",
            };
            Some(format!("{why} (was: {})", was.name()))
        }
        State::InParts(parts) => of_rest(parts),
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

/// How the rest of a payment stands that was taken in part.
fn of_rest(parts: &Parts) -> Option<String> {
    let amount = parts.rest.attempt()?.amount;
    if parts.is_renewal() {
        let stands = if matches!(*parts.rest, State::Voiding(_)) {
            "it is to be given back first"
        } else if matches!(*parts.rest, State::Charging { .. }) {
            "it is given back; Amazon's answer to the new authorization is outstanding"
        } else {
            "it is given back, and to be held anew"
        };
        return Some(format!("The authorization of {amount} is being renewed: {stands}."));
    }
    let taken = parts.taken.iter().map(|paid| paid.captured.to_string()).collect::<Vec<_>>().join(" and ");
    let stands = match parts.rest.as_ref() {
        State::Charging { .. } => "is to be held anew; Amazon's answer is outstanding",
        State::Authorized(_) => "is held anew, for a capture of its own",
        State::Capturing(_) => "is being taken",
        State::Voiding(_) => "is to be given back",
        State::Declined { .. } => "was declined",
        State::Cancelled { .. } => "was given up",
        State::Expired(_) => "was held, and never taken",
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Paid(_)
        | State::InParts(_)
        | State::Disputed(_)
        | State::NeedsAttention { .. } => return None,
    };
    Some(format!("{taken} is taken; the rest of {amount} {stands}."))
}

/// What was taken in all, or given back, in the payments' currency.
pub(super) fn sum(payments: &[&Paid], of: fn(&Paid) -> Money) -> Option<Money> {
    let none = Money::zero(payments.first()?.captured.currency());
    Some(payments.iter().fold(none, |sum, paid| sum.plus(of(paid)).unwrap_or(sum)))
}

pub(super) fn payment(order: &Order) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let names = |names: &Names| {
        let ids = [("order reference", &names.order_reference), ("authorization", &names.authorization), ("capture", &names.capture)];
        ids.into_iter().filter_map(|(name, id)| id.as_ref().map(|id| (name, id.to_string()))).collect::<Vec<_>>()
    };
    let ids = order.state.names().map(names).unwrap_or_default();
    if let Some(agreement) = &order.agreement {
        rows.push(("billing agreement", agreement.to_string()));
    }
    if let Some(attempt) = order.state.attempt() {
        rows.push(("attempt", attempt.id(&order.id).to_string()));
        rows.extend(attempt.checkout.as_ref().map(|checkout| ("checkout session", checkout.to_string())));
    }
    rows.extend(ids);
    let payments = order.state.payments();
    for paid in &payments {
        let by = if payments.len() > 1 { format!(" by {}", paid.attempt.id(&order.id)) } else { String::new() };
        rows.push(("captured", format!("{}{by}", paid.captured)));
        if paid.refunded().minor() > 0 {
            rows.push(("refunded", format!("{}{by}", paid.refunded())));
        }
    }
    rows
}

pub(super) const fn status_word(status: Status) -> &'static str {
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
