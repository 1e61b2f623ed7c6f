//! The auditor's own map of how an order may come from one state to the next; drawn from the status table, not from the machine.

use super::auditor::{Invariant, Violation, broken};
use crate::domain::order::{Order, State};

/// From each state, by name, to those that may follow it. One that follows itself has learned a name of its money.
const MAY_FOLLOW: [(&str, &[&str]); 14] = [
    ("", &["SettingUp", "Charging"]),
    ("Draft", &["SettingUp", "Ready", "Charging", "Cancelled"]),
    ("SettingUp", &["SettingUp", "Ready", "Draft", "Charging", "Cancelled"]),
    ("Ready", &["SettingUp", "Charging", "Cancelled"]),
    ("Charging", &["Charging", "Paid", "Disputed", "Authorized", "Declined", "Cancelled", "Voiding", "Expired", "NeedsAttention"]),
    ("Declined", &["Charging", "Paid", "Authorized", "Cancelled", "NeedsAttention"]),
    ("Authorized", &["Authorized", "Capturing", "Voiding", "Paid", "Disputed", "Cancelled", "Expired", "NeedsAttention"]),
    ("Capturing", &["Capturing", "Paid", "Disputed", "Expired", "NeedsAttention"]),
    ("Voiding", &["Voiding", "Cancelled", "Paid", "Disputed", "NeedsAttention"]),
    ("Paid", &["Paid", "Disputed", "NeedsAttention"]),
    ("Disputed", &["Disputed", "NeedsAttention"]),
    ("Cancelled", &["Voiding", "Charging", "Paid", "NeedsAttention"]),
    ("Expired", &["Paid", "NeedsAttention"]),
    (
        "NeedsAttention",
        &["NeedsAttention", "Charging", "Paid", "Authorized", "Declined", "Cancelled", "Voiding", "Expired", "Capturing", "Disputed"],
    ),
];

/// Whether an order's history leads to its state, each step being one that may be.
///
/// # Errors
/// [`Violation`].
pub fn check(order: &Order) -> Result<(), Violation> {
    let mut from = "";
    for entry in &order.history {
        let may = MAY_FOLLOW.iter().find(|(state, _)| *state == from).is_some_and(|(_, next)| next.contains(&entry.to));
        if !may {
            return broken(Invariant::History, format!("{} went from {from:?} to {}", order.id, entry.to));
        }
        from = entry.to;
    }
    if from != order.state.name() {
        return broken(Invariant::History, format!("{} is {}, and its history ends with {from:?}", order.id, order.state.name()));
    }
    Ok(())
}

/// Whether money is on its way, or held, or somebody has to look at it.
#[must_use]
pub fn outstanding(state: &State) -> bool {
    match state {
        State::Paid(paid) => paid.open_refund().is_some(),
        State::InParts(parts) => outstanding(&parts.rest) || parts.taken.iter().any(|paid| paid.open_refund().is_some()),
        State::Charging { .. } | State::Authorized(_) | State::Capturing(_) | State::Voiding(_) | State::NeedsAttention { .. } => true,
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Declined { .. }
        | State::Disputed(_)
        | State::Cancelled { .. }
        | State::Expired(_) => false,
    }
}
