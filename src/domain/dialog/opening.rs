//! The first turn of a session: what it reads, and what the buyer hears of earlier business.

use super::{ANSWER_MAX, Amend, Begun, Input, Intent, Moment, Opening, Question, Reads, Say, Session, Step, purchase, told, wallet_of};
use crate::domain::cart::{Cart, Line};
use crate::domain::order::{Actor, Attention, Event, Order, Report, Standing, State};
use crate::domain::time::Time;

/// A cart that nobody came back to for so long is not offered any more.
const CART_MAX: i64 = 30 * Time::DAY;

/// What this input needs to know. A session never begins without a look at the buyer's orders, unless it ends at once.
#[must_use]
pub fn reads(new: bool, session: &Session, input: &Input) -> Reads {
    match input {
        Input::Intent(Intent::Stop | Intent::NeverMind | Intent::Home) => Reads::Nothing,
        Input::Launch | Input::Intent(Intent::OrderStatus) => Reads::Opening,
        Input::Intent(_) if new => Reads::Opening,
        Input::Intent(Intent::Yes) => match (&session.question, &session.order) {
            (Some(Question::PlaceOrder { .. }), Some(Begun { id, declined: true, .. })) => Reads::Order(id.clone()),
            _ => Reads::Nothing,
        },
        Input::Intent(_) => Reads::Nothing,
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

/// The session that an opening leads to; or the step that settles a payment in doubt, where `input` gives it room: who asks for a
/// person or for help gets that first.
pub(super) fn begin(moment: &Moment, opening: &Opening, input: &Input) -> Result<Begin, Box<Step>> {
    // Sandbox orders are nothing to a live shop, nor the other way round.
    let orders: Vec<_> = opening.orders.iter().filter(|order| order.world == moment.shop.world).collect();
    let mut begin = Begin { session: Session::default(), news: Vec::new() };
    begin.session.wallet = orders.iter().find(|order| order.agreement.is_some()).and_then(|order| wallet_of(order));
    if let Some(order) = orders.iter().find(|order| order.state.is_unsettled()) {
        if let Some(step) = wants_settling(input).then(|| settle(moment, order)).flatten() {
            return Err(Box::new(step));
        }
        begin.session.unsettled = true;
        let pending = matches!(order.state, State::Charging { standing: Standing::Pending(_), .. });
        begin.news.push(if pending { Say::Pending } else { Say::PaymentUnderWay });
    }
    if orders.iter().any(|order| matches!(order.state, State::NeedsAttention { reason: Attention::OutcomeUnknown, .. })) {
        begin.news.push(Say::PaymentNeedsAttention);
    }
    take_cart(moment, opening, orders.first().copied(), &mut begin.session);
    Ok(begin)
}

/// The cart to go on with: that of the newest order, if it was never placed or was declined, or the one that a session left behind,
/// whichever the buyer touched last. A left cart is spent once its order is placed; an empty one means that the buyer threw it away.
fn take_cart(moment: &Moment, opening: &Opening, newest: Option<&Order>, session: &mut Session) {
    let current = |at| moment.now.since(at) < CART_MAX;
    if let Some(order) = newest.filter(|order| resumable(order) && current(order.changed())) {
        session.cart = order.cart();
        session.order = Some(continued(moment, order));
    }
    let newer = |at| newest.is_none_or(|order| order.wished() < at);
    if let Some(left) = opening.left.as_ref().filter(|left| newer(left.at) && current(left.at)) {
        match opening.orders.iter().find(|order| order.id == left.order) {
            Some(order) if !resumable(order) => {}
            Some(order) if order.world != moment.shop.world => {}
            Some(order) => {
                session.cart = left.cart.clone();
                session.order = Some(continued(moment, order));
            }
            None => {
                session.cart = left.cart.clone();
                session.order = Some(Begun { id: left.order.clone(), version: None, declined: false });
            }
        }
    }
    // What the catalogue has dropped cannot be bought any more.
    let sold = |line: &&Line| moment.shop.catalog.get(line.sku.as_str()).is_some();
    session.cart = Cart::of(session.cart.lines().iter().filter(sold).cloned());
    if session.cart.is_empty() {
        session.order = None;
    }
}

fn resumable(order: &Order) -> bool {
    order.state.is_cart() || matches!(order.state, State::Declined { .. })
}

/// The order that the cart goes on with: a new one where it was declined for good.
fn continued(moment: &Moment, order: &Order) -> Begun {
    let over = matches!(&order.state, State::Declined { attempt, decline } if !decline.may_follow(attempt.number));
    if over { Begun { id: purchase::order_id(moment), version: None, declined: false } } else { Begun::of(order) }
}

/// Whether a buyer who begins like this can wait while an earlier payment is settled.
const fn wants_settling(input: &Input) -> bool {
    matches!(
        input,
        Input::Launch
            | Input::Intent(
                Intent::OrderStatus
                    | Intent::CheckOut
                    | Intent::Buy { .. }
                    | Intent::Product { .. }
                    | Intent::Number { .. }
                    | Intent::ReadCart
                    | Intent::Yes
            )
    )
}

/// An attempt without a final answer is asked for again under the same id. The doubt is stored first, so that nothing later mistakes an
/// error about the repetition for news of the attempt itself. After a day a person has to look instead.
fn settle(moment: &Moment, order: &Order) -> Option<Step> {
    if order.knows(moment.write) {
        return Some(Step::Reply(told::again_or_overtaken(moment, order)));
    }
    if moment.now.since(order.changed()) < ANSWER_MAX {
        return None;
    }
    let may_ask = moment.consent && !matches!(order.state, State::Charging { cancel: true, .. });
    let silence = Report::Silence { since: order.changed() };
    match Amend::by(moment, order, &silence, Actor::Shop, Event::TimePassed) {
        Some(amend) if may_ask || !amend.state.is_unsettled() => Some(Step::Amend(Box::new(amend))),
        None if may_ask => Some(Step::Reply(told::ask_again(order.clone()))),
        _ => None,
    }
}
