//! The first turn of a session: what it reads, and what the buyer hears of earlier business.

use super::{Amend, Begun};
use super::{Input, Intent, Moment, Opening, Question, Reads, Reply, Say, Send, Session, Step, wallet_of};
use crate::domain::order::{Actor, Attention, Event, Order, Report, Standing, State, apply};
use crate::domain::time::Time;

/// How long an answer may be on its way before it counts as lost. Amazon answers within seconds.
const ANSWER_MAX: i64 = Time::MINUTE;

/// What this input needs to know.
#[must_use]
pub fn reads(new: bool, session: &Session, input: &Input) -> Reads {
    match input {
        Input::Intent(Intent::Stop | Intent::NeverMind | Intent::Unclear) => Reads::Nothing,
        Input::Intent(Intent::OrderStatus) => Reads::Opening,
        Input::Launch | Input::Intent(_) if new => Reads::Opening,
        Input::Intent(Intent::Yes) => match (&session.question, &session.order) {
            (Some(Question::PlaceOrder { .. }), Some(Begun { id, declined: true, .. })) => Reads::Order(id.clone()),
            _ => Reads::Nothing,
        },
        Input::Launch | Input::Intent(_) => Reads::Nothing,
        Input::Ended { failed } if *failed && session.order.is_some() => Reads::Opening,
        Input::Exception { cause: Some(_) } => Reads::Opening,
        Input::Ended { .. } | Input::Exception { .. } => Reads::Nothing,
    }
}

/// What a session begins with.
pub(super) struct Begin {
    pub session: Session,
    /// What there is to tell before anything else.
    pub news: Vec<Say>,
}

/// The session that an opening leads to; or, where a payment is in doubt, the step that settles it.
pub(super) fn begin(moment: &Moment, opening: &Opening) -> Result<Begin, Step> {
    let newest = opening.orders.first();
    let mut session = Session {
        wallet: opening
            .orders
            .iter()
            .filter(|order| order.world == moment.shop.world)
            .find(|order| order.agreement.is_some())
            .and_then(wallet_of),
        ..Session::default()
    };
    let mut news = Vec::new();
    if let Some(order) = newest {
        match &order.state {
            State::Charging { standing: Standing::Pending(_), .. } => news.push(Say::Pending),
            State::Charging { .. } => {
                if let Some(step) = settle(moment, order) {
                    return Err(step);
                }
                session.unsettled = true;
                news.push(Say::PaymentUnderWay);
            }
            State::NeedsAttention { reason: Attention::OutcomeUnknown, .. } => news.push(Say::PaymentNeedsAttention),
            state if state.is_cart() => {
                session.cart = order.cart();
                session.order = Some(Begun::of(order));
            }
            State::Declined { attempt, decline } => {
                session.cart = order.cart();
                session.order = decline.may_follow(attempt.number).then(|| Begun::of(order));
            }
            _ => {}
        }
    }
    take_left_cart(opening, &mut session);
    // What the catalogue has dropped cannot be bought any more.
    session.cart = crate::domain::cart::Cart::of(
        session.cart.lines().iter().filter(|line| moment.shop.catalog.get(line.sku.as_str()).is_some()).cloned(),
    );
    Ok(Begin { session, news })
}

/// A left cart is spent once its order is placed; before that, the newer of the two counts.
fn take_left_cart(opening: &Opening, session: &mut Session) {
    let Some(left) = &opening.left else { return };
    match opening.orders.iter().find(|order| order.id == left.order) {
        Some(order) if order.state.is_cart() && order.history.last().is_some_and(|entry| entry.at < left.at) => {
            session.cart = left.cart.clone();
            session.order = Some(Begun::of(order));
        }
        Some(_) => {}
        None if opening.orders.first().is_none_or(|order| order.history.last().is_none_or(|entry| entry.at < left.at)) => {
            session.cart = left.cart.clone();
            session.order = Some(Begun { id: left.order.clone(), version: None, declined: false });
        }
        None => {}
    }
}

/// An attempt without an answer is sent again under the same id; the doubt is stored first, so that nothing later mistakes an error
/// about the repetition for news of the attempt itself.
fn settle(moment: &Moment, order: &Order) -> Option<Step> {
    let sent = order.history.last().map_or(moment.now, |entry| entry.at);
    if moment.now.since(sent) < ANSWER_MAX || !moment.consent {
        return None;
    }
    let state = apply(&order.state, &Report::Silence, moment.now);
    if state == order.state {
        return Some(Step::Reply(again(order.clone())));
    }
    let amend = Amend {
        order: order.id.clone(),
        version: order.version()?.clone(),
        guess: None,
        entry: moment.entry(Actor::Shop, Event::TimePassed, &state),
        state,
        goods: None,
        agreement: None,
        address: None,
    };
    Some(Step::Amend(Box::new(amend)))
}

/// The same directive once more, if the order still owes it.
pub(super) fn again(order: Order) -> Reply {
    match order.state {
        State::Charging { .. } => Reply { says: vec![Say::CheckingPayment], session: None, send: Some(Send::Charge(Box::new(order))) },
        _ => Reply::end(vec![Say::PaymentNeedsAttention]),
    }
}
