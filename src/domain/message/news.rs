//! What is worth telling of a change.

use crate::domain::money::Money;
use crate::domain::order::{Attention, Event, Order, Paid, Parts, RefundStanding, Standing, State, Warning};
use crate::domain::payment::Decline;

/// What has happened to an order, as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Ordered, and Amazon decides later.
    Queued,
    /// Ordered, and the money is held.
    Held,
    /// Ordered and paid.
    Paid,
    Declined(Decline),
    /// Held money was taken, or a part of it.
    Captured(Money),
    /// Money was taken that nobody wants any more; it goes back.
    GoingBack(Money),
    /// What a capture had given up is held anew.
    RestHeld(Money),
    RestDeclined(Decline),
    /// The rest is not held any more. What was taken stays.
    RestOver,
    /// Held money was about to be let go, and is held anew.
    Renewed(Money),
    /// It was given back for that, and Amazon declines to hold it anew.
    NotRenewed(Decline),
    Shipped,
    Refunded(Money),
    RefundFailed(Money),
    Cancelled,
    Expired,
    /// The bank takes money back.
    Disputed,
    NeedsAttention(Attention),
    Warned(Warning),
}

/// What a change has to tell; `None` for a step that only the next one makes worth telling.
#[must_use]
pub fn news(before: Option<&Order>, after: &Order) -> Option<News> {
    let (last, earlier) = after.history.split_last()?;
    // Something about the stored item was changed, and nothing about the order: when it is looked at again.
    if before.is_some_and(|before| before.version() == after.version()) {
        return None;
    }
    if last.what == Event::Shipped {
        return Some(News::Shipped);
    }
    if let Some(warning) = Warning::of(last.what) {
        return Some(News::Warned(warning));
    }
    let seen = |name: &str| earlier.iter().any(|entry| entry.to == name);
    let confirmed = seen("Authorized") || seen("Paid");
    let was = before.map(|order| &order.state);
    match (was, &after.state) {
        // Still: what has become of it since.
        (Some(State::NeedsAttention { reason: known, was }), State::NeedsAttention { reason, was: now }) if known == reason => {
            change(Some(was), now, confirmed)
        }
        (_, State::NeedsAttention { reason, .. }) => Some(News::NeedsAttention(*reason)),
        // What a person had to see to before anybody was told of it is told now.
        (Some(State::NeedsAttention { was, .. }), now) => change(Some(&**was).filter(|_| seen(now.name())), now, confirmed),
        // A cart that is given up was never an order.
        (was, State::Cancelled { .. }) if was.is_none_or(State::is_cart) => None,
        (was, now) => change(was, now, confirmed),
    }
}

/// `confirmed` when the buyer has been told before that the order is on.
fn change(before: Option<&State>, after: &State, confirmed: bool) -> Option<News> {
    if matches!(after, State::Disputed(_)) && !matches!(before, Some(State::Disputed(_))) {
        return Some(News::Disputed);
    }
    let known = before.map(State::payments).unwrap_or_default();
    taken(&known, after, confirmed).or_else(|| given_back(&known, after)).or_else(|| standing(before, after))
}

/// Of a payment that was not there before.
fn taken(known: &[&Paid], after: &State, confirmed: bool) -> Option<News> {
    let fresh = after.payments().into_iter().find(|paid| !known.iter().any(|known| known.attempt.number == paid.attempt.number))?;
    Some(if fresh.open_refund().is_some() {
        News::GoingBack(fresh.captured)
    } else if confirmed {
        News::Captured(fresh.captured)
    } else {
        News::Paid
    })
}

/// Of a refund that has come to an end.
fn given_back(known: &[&Paid], after: &State) -> Option<News> {
    let payments = after.payments();
    let refunds = payments.iter().flat_map(|paid| paid.refunds.iter().map(|refund| (paid.attempt.number, refund)));
    let mut ended = refunds.filter(|(attempt, refund)| {
        let before = known.iter().filter(|paid| paid.attempt.number == *attempt).flat_map(|paid| &paid.refunds);
        refund.standing != RefundStanding::Open
            && !before.clone().any(|before| before.number == refund.number && before.standing == refund.standing)
    });
    let (_, refund) = ended.next_back()?;
    match refund.standing {
        RefundStanding::Done => Some(News::Refunded(refund.amount)),
        RefundStanding::Failed => Some(News::RefundFailed(refund.amount)),
        RefundStanding::Open => None,
    }
}

/// Of the try that is not paid, or not yet.
fn standing(before: Option<&State>, after: &State) -> Option<News> {
    let is_new = |news, is_alike: fn(&State) -> bool| Some(news).filter(|_| !before.is_some_and(is_alike));
    let renewing = matches!(before, Some(State::InParts(parts)) if parts.is_renewal());
    match after {
        State::Authorized(hold) if renewing => Some(News::Renewed(hold.attempt.amount)),
        State::Declined { decline, .. } if renewing => Some(News::NotRenewed(*decline)),
        State::Charging { standing: Standing::Pending(_), cancel: false, .. } => {
            is_new(News::Queued, |before| matches!(before, State::Charging { standing: Standing::Pending(_), .. }))
        }
        State::Declined { decline, .. } => is_new(News::Declined(*decline), |before| matches!(before, State::Declined { .. })),
        State::Authorized(_) => is_new(News::Held, is_held),
        State::Cancelled { .. } => is_new(News::Cancelled, |before| matches!(before, State::Cancelled { .. })),
        State::Expired(_) => is_new(News::Expired, |before| matches!(before, State::Expired(_))),
        State::InParts(parts) => rest(before, parts),
        State::Draft
        | State::SettingUp
        | State::Ready
        // What nobody can tell, and what nobody wants any more.
        | State::Charging { .. }
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Paid(_)
        | State::Disputed(_)
        | State::NeedsAttention { .. } => None,
    }
}

/// Of what a capture had given up.
fn rest(before: Option<&State>, parts: &Parts) -> Option<News> {
    if parts.is_renewal() {
        return None;
    }
    let before = if let Some(State::InParts(before)) = before { Some(&*before.rest) } else { None };
    let is_new = |news, is_alike: fn(&State) -> bool| Some(news).filter(|_| !before.is_some_and(is_alike));
    match &*parts.rest {
        State::Authorized(hold) => is_new(News::RestHeld(hold.attempt.amount), is_held),
        State::Declined { decline, .. } => is_new(News::RestDeclined(*decline), |before| matches!(before, State::Declined { .. })),
        State::Cancelled { .. } | State::Expired(_) => {
            is_new(News::RestOver, |before| matches!(before, State::Cancelled { .. } | State::Expired(_)))
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
        | State::NeedsAttention { .. } => None,
    }
}

const fn is_held(state: &State) -> bool {
    matches!(state, State::Authorized(_) | State::Capturing(_) | State::Voiding(_))
}
