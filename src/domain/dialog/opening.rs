//! What turns read, and the first turn of a session: what the buyer hears of earlier business.

use std::borrow::Cow;

use super::{
    ANSWER_MAX, Amend, Begun, Blocked, Input, Intent, LeftCart, Moment, Opening, Reads, Say, Session, Step, Then, Wallet, Write, code,
    news, purchase, told, wallet_of,
};
use crate::domain::cart::{Cart, Line};
use crate::domain::order::{Actor, Event, Order, Rail, Report, State};
use crate::domain::time::Time;
use crate::domain::wallet::WalletState;

/// For so long a payment method is taken for one that Amazon does not want. The buyer may have changed it in the account at Amazon, which
/// nobody tells us; where not, the charge is refused and says so.
const UPDATE_KNOWN_MAX: i64 = 15 * Time::MINUTE;

/// A cart that nobody came back to for so long is not offered any more.
const CART_MAX: i64 = 30 * Time::DAY;

/// What this input needs to know. A session never begins without a look at the buyer's orders, unless it ends at once.
#[must_use]
pub fn reads(new: bool, session: &Session, input: &Input) -> Reads {
    match input {
        Input::Intent(Intent::Stop | Intent::NeverMind | Intent::Home) => Reads::Nothing,
        Input::Launch | Input::Intent(Intent::OrderStatus) => Reads::Opening,
        Input::Intent(_) if new => Reads::Opening,
        // Much may have happened since the session began, on other devices and by late answers: one look before money moves.
        input @ Input::Intent(_) if code::places(session, input) => Reads::Opening,
        Input::Intent(_) => Reads::Nothing,
        Input::Ended { failed } if *failed && session.order.is_some() => Reads::Opening,
        Input::Exception { cause: Some(_) } => Reads::Opening,
        Input::Ended { .. } | Input::Exception { .. } => Reads::Nothing,
    }
}

/// What of a buyer's is there for this turn. A link that the buyer has ended since opens nothing, although its token still holds for a
/// while: whoever speaks may not be the buyer. Only what is in doubt stays in sight, because nothing may be charged beside it, on any rail.
#[must_use]
pub fn seen_by(moment: &Moment, opening: Opening) -> Opening {
    let ended = moment.link.zip(opening.wallet.as_ref()).is_some_and(|(link, wallet)| link.generation != wallet.generation);
    if !ended {
        return opening;
    }
    Opening { orders: opening.orders.into_iter().filter(|order| order.state.is_unsettled()).collect(), ..Opening::default() }
}

/// What a session begins with.
pub(super) struct Begin<'a> {
    pub session: Session,
    /// The orders of this world, the newest first, as they are after this turn.
    pub orders: Vec<Cow<'a, Order>>,
    /// What there is to tell before anything else.
    pub news: Vec<Say>,
    pub given_up: GivenUp,
}

/// Whether this turn puts on record that an outcome has been unknown for too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GivenUp {
    No,
    Now(Box<Amend>),
    /// An earlier delivery of this request has; so that it is answered the same, its write counts for this one.
    Before,
}

impl GivenUp {
    /// The record first, where there is one to make, and then the reply.
    pub fn first(self, step: Step) -> Step {
        match (self, step) {
            (Self::Now(amend), Step::Reply(reply)) => Step::Store { write: Write::Amend(amend), then: Then::Reply(Box::new(reply)) },
            (Self::Now(_) | Self::No | Self::Before, step) => step,
        }
    }
}

/// What comes of an open payment when a session begins.
enum Settling {
    /// Amazon is asked once more.
    Ask(Box<Step>),
    /// It has been too long.
    GiveUp(Box<Amend>),
    Wait,
}

/// The session that an opening leads to; or, where there is room for it, the step that asks what became of an open payment.
pub(super) fn begin<'a>(moment: &Moment, opening: &'a Opening, room: bool) -> Result<Begin<'a>, Box<Step>> {
    // Sandbox orders are nothing to a live shop, nor the other way round.
    let mut orders: Vec<_> = opening.orders.iter().filter(|order| order.world == moment.shop.world).map(Cow::Borrowed).collect();
    let mut given_up = if orders.iter().any(|order| given_up_by(moment, order)) { GivenUp::Before } else { GivenUp::No };
    // One that can still be asked for goes before one that is to be cancelled anyway.
    let doomed = |order: &Order| matches!(order.state, State::Charging { cancel: true, .. });
    let open = orders.iter_mut().filter(|order| order.state.is_unsettled()).min_by_key(|order| doomed(order));
    if let Some(order) = open.filter(|_| given_up == GivenUp::No) {
        match settle(moment, order, opening.asked.as_ref() == Some(&order.id)) {
            Settling::Ask(step) if room => return Err(Box::new(with_news(news::of(moment, &orders, None), *step))),
            Settling::GiveUp(amend) => {
                *order = Cow::Owned(amend.of(order));
                given_up = GivenUp::Now(amend);
            }
            Settling::Ask(_) | Settling::Wait => {}
        }
    }
    let unsettled = orders.iter().find(|order| order.state.is_unsettled());
    let mut news = unsettled.map(|order| news::under_way(moment, order)).unwrap_or_default();
    news.extend(news::of(moment, &orders, None));
    let (wallet, blocked) = match pays(moment, opening, &orders) {
        Ok(wallet) => (wallet, None),
        Err(blocked) => (None, Some(blocked)),
    };
    let mut session = Session { wallet, blocked, unsettled: unsettled.is_some(), ..Session::default() };
    let rail = purchase::rail(&session);
    take_cart(moment, opening, orders.first().map(AsRef::as_ref), rail, &mut session);
    Ok(Begin { session, orders, news, given_up })
}

/// What the buyer would pay with: on the first rail that is open to them. `None` is a directive rail that has no agreement yet.
fn pays(moment: &Moment, opening: &Opening, orders: &[Cow<Order>]) -> Result<Option<Wallet>, Blocked> {
    let mut blocked = Blocked::NotLinked;
    for rail in &moment.shop.rails {
        match rail {
            Rail::SavedWallet => match saved(moment, opening) {
                Ok(wallet) => return Ok(Some(wallet)),
                Err(why) => blocked = why,
            },
            Rail::Directive => {
                let mut agreed = orders.iter().filter(|order| order.rail == Rail::Directive && order.agreement.is_some());
                return Ok(agreed.next().and_then(|order| wallet_of(order)));
            }
        }
    }
    Err(blocked)
}

/// The wallet that the buyer's link leads to.
pub(super) fn saved(moment: &Moment, opening: &Opening) -> Result<Wallet, Blocked> {
    let wallet = opening
        .wallet
        .as_ref()
        .zip(moment.link)
        .filter(|(wallet, link)| wallet.generation == link.generation && wallet.world == moment.shop.world);
    let (wallet, _) = wallet.ok_or(Blocked::NotLinked)?;
    match wallet.state {
        WalletState::NeedsUpdate(_) if moment.now.since(wallet.at) < UPDATE_KNOWN_MAX => Err(Blocked::Update),
        WalletState::Chargeable | WalletState::NeedsUpdate(_) => {
            Ok(Wallet { rail: Rail::SavedWallet, agreement: wallet.permission.clone(), address: wallet.address.clone() })
        }
        WalletState::Closed => Err(Blocked::Closed),
    }
}

/// News first, then whatever the turn says.
pub(super) fn with_news(news: Vec<Say>, step: Step) -> Step {
    match step {
        Step::Reply(reply) => Step::Reply(reply.after(news)),
        Step::Keep { cart, reply } => Step::Keep { cart, reply: reply.after(news) },
        Step::Count { counted, then } => Step::Count { counted, then: Box::new(with_news(news, *then)) },
        Step::Store { write, then: Then::Reply(reply) } => Step::Store { write, then: Then::Reply(Box::new(reply.after(news))) },
        Step::Store { write, then: Then::Tell { news: later } } => {
            Step::Store { write, then: Then::Tell { news: news.into_iter().chain(later).collect() } }
        }
    }
}

/// The cart to go on with: that of the newest order, if it was never placed or was declined, or the one that a session left behind,
/// whichever the buyer touched last. A left cart is spent once its order is placed; an empty one means that the buyer threw it away.
///
/// `rail` is how the buyer would pay: an order that was begun on another one goes on as a new order.
pub(super) fn take_cart(moment: &Moment, opening: &Opening, newest: Option<&Order>, rail: Rail, session: &mut Session) {
    let current = |at| moment.now.since(at) < CART_MAX;
    if let Some(order) = newest.filter(|order| resumable(order) && current(order.changed())) {
        session.cart = order.cart();
        session.order = Some(continued(moment, order, rail));
    }
    let newer = |at| newest.is_none_or(|order| order.wished() < at);
    if let Some(left) = opening.left.as_ref().filter(|left| newer(left.at) && current(left.at)) {
        match opening.orders.iter().find(|order| order.id == left.order) {
            Some(order) if !resumable(order) => {}
            Some(order) if order.world != moment.shop.world => {}
            Some(order) => {
                session.cart = left.cart.clone();
                session.order = Some(continued(moment, order, rail));
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

/// The cart that a buyer left before they linked their account, for a new order of the one whom Amazon Pay knows; `moment` is that one's.
#[must_use]
pub fn left_behind(moment: &Moment, opening: &Opening) -> Option<LeftCart> {
    let orders: Vec<_> = opening.orders.iter().filter(|order| order.world == moment.shop.world).collect();
    let mut session = Session::default();
    take_cart(moment, opening, orders.first().copied(), Rail::Directive, &mut session);
    let order = session.order?.id;
    let kept = opening.left.as_ref().filter(|left| left.order == order).map(|left| left.at);
    let at = kept.or_else(|| orders.first().map(|order| order.changed()))?;
    Some(LeftCart { order: purchase::order_id(moment), cart: session.cart, at })
}

fn resumable(order: &Order) -> bool {
    order.state.is_cart() || matches!(order.state, State::Declined { .. })
}

/// The order that the cart goes on with: a new one where it was declined for good, or is to be paid another way.
fn continued(moment: &Moment, order: &Order, rail: Rail) -> Begun {
    let over = matches!(&order.state, State::Declined { attempt, decline } if !decline.may_follow(attempt.number));
    if over || order.rail != rail { Begun { id: purchase::order_id(moment), version: None, declined: false } } else { Begun::of(order) }
}

/// An attempt without a final answer is asked for again under the same id. The doubt is stored first, so that nothing later mistakes an
/// error about the repetition for news of the attempt itself. After a day a person has to look instead.
fn settle(moment: &Moment, order: &Order, asked: bool) -> Settling {
    if order.knows(moment.write) {
        // Our server has asked, and the answer has been stored since: this turn goes on as it did then.
        let answered = order.rail == Rail::SavedWallet && order.version() != Some(moment.write);
        let again = || Settling::Ask(Box::new(Step::Reply(told::again_or_overtaken(moment, order))));
        return if asked || answered { Settling::Wait } else { again() };
    }
    if asked || moment.now.since(order.changed()) < ANSWER_MAX {
        return Settling::Wait;
    }
    let may_ask = (moment.consent || order.rail == Rail::SavedWallet) && !matches!(order.state, State::Charging { cancel: true, .. });
    let silence = Report::Silence { since: order.changed() };
    match Amend::by(moment, order, &silence, Actor::Shop, Event::TimePassed) {
        Some(amend) if !amend.state.is_unsettled() => Settling::GiveUp(Box::new(amend)),
        Some(amend) if may_ask => Settling::Ask(Box::new(Step::amend(amend))),
        None if may_ask => Settling::Ask(Box::new(Step::Reply(told::ask_again(order.clone())))),
        Some(_) | None => Settling::Wait,
    }
}

/// Whether an earlier delivery of this request has called a person to this order.
fn given_up_by(moment: &Moment, order: &Order) -> bool {
    order.history.iter().any(|entry| entry.write == *moment.write && entry.what == Event::TimePassed) && !order.state.is_unsettled()
}
