//! What is said of a stored order as it stands, and what leaves with it.

use super::{Blocked, Moment, Question, Reply, Say, Send, Session, Then};
use crate::domain::order::{Actor, Effect, Event, Order, Rail, Standing, State};
use crate::domain::payment::Decline;

/// The reply after a write that went through.
#[must_use]
pub fn stored(order: Order, then: Then) -> Reply {
    match then {
        Then::Tell { news } => owed(order).after(news),
        Then::Reply(reply) => *reply,
    }
}

/// What the order owes leaves with the reply.
fn owed(order: Order) -> Reply {
    match order.state.owed() {
        Some(Effect::Setup) => Reply { says: Vec::new(), session: None, send: Some(Send::Setup(Box::new(order))) },
        Some(Effect::Charge(_)) if matches!(order.state, State::Charging { standing: Standing::Unknown { .. }, .. }) => ask_again(order),
        Some(Effect::Charge(_)) => Reply { says: Vec::new(), session: None, send: Some(Send::Charge(Box::new(order))) },
        Some(Effect::HoldRest(_) | Effect::Capture(_) | Effect::Void(_) | Effect::Refund { .. } | Effect::Track(_)) | None => tell(order),
    }
}

/// The same charge once more, under the same id, to learn what has become of it. Where our server asks, the answer is there at once.
pub(super) fn ask_again(order: Order) -> Reply {
    if order.rail == Rail::SavedWallet {
        return Reply { says: Vec::new(), session: None, send: Some(Send::Charge(Box::new(order))) };
    }
    Reply { says: vec![Say::CheckingPayment], session: None, send: Some(Send::Charge(Box::new(order))) }
}

/// The reply to a turn that finds an order in another version than it was about: its own, when the turn has come before.
///
/// A turn that charges writes more than once, so its first write may not be the newest any more.
pub(super) fn again_or_overtaken(moment: &Moment, order: &Order) -> Reply {
    if order.version() == Some(moment.write) || is_in_doubt_of_its_own(moment, order) {
        owed(order.clone())
    } else if order.rail == Rail::SavedWallet && order.knows(moment.write) {
        tell(order.clone())
    } else {
        overtaken(order)
    }
}

/// Whether all that has come to the order since this turn's own write is the doubt that another delivery of it has put on record before it
/// asked. That one may be at work, or have died at it; whoever asks as well, under the same id, hears what it hears.
fn is_in_doubt_of_its_own(moment: &Moment, order: &Order) -> bool {
    let mut newest = order.history.iter().rev();
    let doubted = newest.next().is_some_and(|entry| (entry.who, entry.what) == (Actor::Shop, Event::NotAnswered));
    doubted && newest.next().is_some_and(|entry| entry.write == *moment.write)
}

/// The reply when somebody else has changed the order first: its present state, and no directive.
#[must_use]
pub fn overtaken(order: &Order) -> Reply {
    if order.state.is_cart() {
        return Reply::ask(vec![Say::CartOvertaken], Session::about(order).asking(Some(Question::CheckOut)));
    }
    let under_way = matches!(order.state, State::Charging { standing: Standing::Sent, .. });
    let refunding = |order: &Order| matches!(&order.state, State::Paid(paid) if !paid.refunds.is_empty());
    let given_back = matches!(order.state, State::Voiding(_)) || refunding(order);
    Reply::end(vec![match (under_way, given_back) {
        (true, _) => Say::PaymentUnderWay,
        (false, true) => Say::OrderIs { order: Box::new(order.clone()) },
        (false, false) => Say::AlreadyOrdered { status: order.state.status() },
    }])
}

/// Whether the last answer is one to a question that was asked again. What Amazon Pay says to the buyer itself, it says when a charge is
/// tried; that it does so once more is unconfirmed.
fn came_to_light(order: &Order) -> bool {
    order.history.iter().rev().nth(1).is_some_and(|before| before.what != Event::SaidYes)
}

/// A decline that nobody but the shop tells the buyer of (`reference/amazon-pay-v2.md`, section 10).
fn not_taken(decline: Decline) -> Vec<Say> {
    match decline {
        Decline::InvalidPaymentMethodSoft | Decline::ProcessingFailure => vec![Say::NotTaken],
        Decline::InvalidPaymentMethodHard => vec![Say::NotCharged, Say::Blocked(Blocked::Update), Say::CartKept],
        Decline::AgreementNotOpen => vec![Say::NotCharged, Say::Blocked(Blocked::Closed), Say::CartKept],
        Decline::AmazonRejected | Decline::TransactionTimedOut | Decline::NotTried => vec![Say::Declined(decline)],
    }
}

/// The truth about an order, as it stands.
#[must_use]
pub fn tell(order: Order) -> Reply {
    let cart = |say| Reply::ask(vec![say], Session::about(&order).asking(Some(Question::CheckOut)));
    let over = |order: &Order| Reply::end(vec![Say::AlreadyOrdered { status: order.state.status() }]);
    match &order.state {
        State::Draft | State::SettingUp | State::Ready => cart(Say::OrderNotPlaced),
        State::Declined { attempt, decline } => {
            let says = if order.rail == Rail::SavedWallet {
                not_taken(*decline)
            } else if decline.spoken_by_amazon() && came_to_light(&order) {
                vec![Say::Earlier { order: Box::new(order.clone()) }, Say::CartKept]
            } else {
                vec![Say::Declined(*decline)]
            };
            let session = || Session::about(&order).asking(Some(Question::CheckOut));
            if decline.may_follow(attempt.number) { Reply::ask(says, session()) } else { Reply::end(says) }
        }
        State::Paid(paid) if paid.refunds.is_empty() => Reply::end(vec![Say::Ordered { order: Box::new(order) }]),
        State::Authorized(_) => Reply::end(vec![Say::Ordered { order: Box::new(order) }]),
        State::Charging { standing: Standing::Pending(_), .. } => Reply::end(vec![Say::Pending]),
        State::Charging { standing: Standing::Unknown { .. }, .. } => Reply::end(vec![Say::OutcomeUnknown]),
        State::Charging { standing: Standing::Sent, .. } => Reply::end(vec![Say::PaymentUnderWay]),
        State::NeedsAttention { .. } => Reply::end(vec![Say::Attention { order: Box::new(order) }]),
        // What is being given back, or has been, or is charged in parts.
        State::Voiding(_) | State::Paid(_) | State::InParts(_) => Reply::end(vec![Say::OrderIs { order: Box::new(order) }]),
        State::Capturing(_) | State::Disputed(_) | State::Cancelled { .. } | State::Expired(_) => over(&order),
    }
}
