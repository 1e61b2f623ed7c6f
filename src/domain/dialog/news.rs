//! What the shop tells of its own accord: how earlier payments went.
//!
//! The response that confirms a purchase may get lost, and an outcome may become known when nobody listens. So every session begins with
//! it, for a day. Nothing remembers who has heard what: that would cost a write.

use std::borrow::Borrow;
use std::cmp::Reverse;

use super::{ANSWER_MAX, Moment, Say};
use crate::domain::ids::OrderId;
use crate::domain::order::{Attention, Order, Rail, Standing, State};
use crate::domain::time::Time;

/// How long news is news. Later the buyer has to ask.
const NEWS_FOR: i64 = Time::DAY;

/// More at once is a lecture.
const NEWS_MAX: usize = 2;

/// What became of the money of these orders, given as the newest first; nothing of the one that the turn is about anyway. What has changed
/// last is told first: an older order may have been settled only now.
pub(super) fn of(moment: &Moment, orders: &[impl Borrow<Order>], besides: Option<&OrderId>) -> Vec<Say> {
    let orders: Vec<&Order> = orders.iter().map(Borrow::borrow).collect();
    let told = orders
        .iter()
        .enumerate()
        .filter(|(at, order)| Some(&order.id) != besides && is_news(moment, order) && !tried_again(order, &orders[..*at]));
    let mut told: Vec<_> = told.filter_map(|(_, order)| Some((order.changed(), say(order)?))).collect();
    told.sort_by_key(|(changed, _)| Reverse(*changed));
    told.into_iter().take(NEWS_MAX).map(|(_, say)| say).collect()
}

/// A decline whose goods were ordered once more: how that went is what counts, and beside it the decline would sound like the opposite.
fn tried_again(order: &Order, newer: &[&Order]) -> bool {
    let again = |newer: &&Order| !newer.state.is_cart() && newer.cart() == order.cart();
    matches!(order.state, State::Declined { .. }) && newer.iter().any(again)
}

/// That a payment is open, and what the buyer can do about it.
pub(super) fn under_way(moment: &Moment, order: &Order) -> Vec<Say> {
    let pending = matches!(order.state, State::Charging { standing: Standing::Pending(_), .. });
    let mut says = vec![if pending { Say::Pending } else { Say::PaymentUnderWay }];
    says.extend(what_keeps_from_asking(moment, order));
    says
}

/// Why Amazon is not asked what became of a payment that has been open for long, if that is the buyer's to change.
pub(super) fn what_keeps_from_asking(moment: &Moment, order: &Order) -> Option<Say> {
    let charging = order.rail == Rail::Directive && matches!(order.state, State::Charging { cancel: false, .. });
    let waits = charging && moment.now.since(order.changed()) >= ANSWER_MAX;
    (waits && !moment.consent).then_some(Say::ConsentToCheck)
}

fn is_news(moment: &Moment, order: &Order) -> bool {
    // Who does not know that a payment is in doubt might order once more.
    let in_doubt = matches!(order.state, State::NeedsAttention { reason: Attention::OutcomeUnknown, .. });
    in_doubt || moment.now.since(order.changed()) < NEWS_FOR
}

fn say(order: &Order) -> Option<Say> {
    match &order.state {
        State::Draft | State::SettingUp | State::Ready | State::Charging { .. } | State::Cancelled { last: None } => None,
        State::NeedsAttention { .. } => Some(Say::Attention { order: Box::new(order.clone()) }),
        State::Declined { .. }
        | State::Authorized(_)
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Paid(_)
        | State::InParts(_)
        | State::Disputed(_)
        | State::Cancelled { last: Some(_) }
        | State::Expired(_) => Some(Say::Earlier { order: Box::new(order.clone()) }),
    }
}
