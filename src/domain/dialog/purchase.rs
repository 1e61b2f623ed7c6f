//! From the cart to the charge: check out, read-back, the yes, and what is said when the write is through.

use super::{Amend, Begun, LeftCart, Moment, Question, Reply, Say, Send, Session, Step, opening};
use crate::domain::order::{Actor, Command, Effect, Event, Goods, Order, Rail, Refused, Standing, State, decide};
use crate::domain::payment::Decline;
use crate::domain::place::Address;
use crate::domain::quote::{NoQuote, Quote};

/// The buyer wants to pay: straight to the read-back when the shop knows how, through Setup when not.
pub(super) fn check_out(moment: &Moment, session: Session) -> Step {
    if session.cart.is_empty() {
        return Step::Reply(Reply::ask(vec![Say::CartEmpty], session.asking(None)));
    }
    if session.unsettled {
        return Step::Reply(Reply::ask(vec![Say::PaymentUnderWay], session.asking(None)));
    }
    if !moment.consent {
        return leave(moment, session, vec![Say::ConsentNeeded]);
    }
    if session.wallet.is_some() {
        return Step::Reply(read_back(moment, session, Vec::new()));
    }
    let state = State::SettingUp;
    let entry = moment.entry(Actor::Buyer, Event::CheckedOut, &state);
    let goods = Goods::Cart(session.cart.clone());
    match &session.order {
        // A declined order's wallet was refused: its cart goes into a new order.
        Some(Begun { id, version: Some(version), declined: false }) => {
            let amend = Amend {
                order: id.clone(),
                version: version.clone(),
                guess: None,
                state,
                entry,
                goods: Some(goods),
                agreement: None,
                address: None,
            };
            Step::Amend(Box::new(amend))
        }
        _ => {
            let order = new_order(moment, &session, goods, state, Event::CheckedOut);
            Step::Create(Box::new(order))
        }
    }
}

/// Seller, items, delivery and total, and the question whose yes charges.
pub(super) fn read_back(moment: &Moment, session: Session, mut says: Vec<Say>) -> Reply {
    let Some(wallet) = &session.wallet else {
        return Reply::ask(says, session);
    };
    match quote(moment, &session) {
        Ok(quote) => {
            let total = quote.total;
            says.push(Say::ReadBack { quote, address: wallet.address.as_ref().map(Address::spoken) });
            Reply::ask(says, session.asking(Some(Question::PlaceOrder { total })))
        }
        Err(why) => {
            says.push(no_quote(why));
            Reply::ask(says, session.asking(None))
        }
    }
}

fn quote(moment: &Moment, session: &Session) -> Result<Quote, NoQuote> {
    let address = session.wallet.as_ref().and_then(|wallet| wallet.address.as_ref());
    let zone = moment.shop.undelivered.clone().or_else(|| address.map(Address::zone)).unwrap_or_default();
    Quote::of(&session.cart, &moment.shop.catalog, &moment.shop.rates, moment.locale, &zone)
}

fn no_quote(why: NoQuote) -> Say {
    match why {
        NoQuote::Empty => Say::CartEmpty,
        NoQuote::Gone(_) => Say::ProductGone,
        NoQuote::Undelivered(zone) if zone.country.is_empty() => Say::NoAddress,
        NoQuote::Undelivered(zone) => Say::Undelivered { zone },
        NoQuote::TooMuch { max } => Say::TotalMax { max },
    }
}

/// The yes to a read-back of `total`: the order is stored as charging before anything is sent.
pub(super) fn place(moment: &Moment, session: Session, total: crate::domain::money::Money, known: Option<Order>) -> Step {
    if !moment.consent {
        return leave(moment, session, vec![Say::ConsentNeeded]);
    }
    let (Some(begun), Some(wallet)) = (session.order.clone(), session.wallet.clone()) else {
        return Step::Reply(Reply::ask(vec![Say::NothingAsked], session.asking(None)));
    };
    let quote = match quote(moment, &session) {
        Ok(quote) if quote.total == total => quote,
        // What the buyer agreed to is not what it would cost now.
        Ok(_) => return Step::Reply(read_back(moment, session, vec![Say::PriceChanged])),
        Err(why) => return Step::Reply(Reply::ask(vec![no_quote(why)], session.asking(None))),
    };
    let charge = Command::Charge { amount: total, capture: moment.shop.capture, timing: moment.shop.timing };
    let Some(version) = begun.version.clone() else {
        return match decide(&State::Draft, &charge) {
            Ok(state) => {
                let order = new_order(moment, &session, Goods::Quoted(quote), state, Event::SaidYes);
                let order = Order { agreement: Some(wallet.agreement), address: wallet.address, ..order };
                Step::Create(Box::new(order))
            }
            Err(refused) => Step::Reply(Reply::end(vec![why_not(refused)])),
        };
    };
    // An order that waits for the yes is ready, unless it has been tried before and was read for that reason.
    let (before, guess) = match &known {
        Some(order) => (order.state.clone(), None),
        None => (State::Ready, Some(State::Ready)),
    };
    match decide(&before, &charge) {
        Ok(state) => {
            let amend = Amend {
                order: begun.id,
                version: known.as_ref().and_then(Order::version).cloned().unwrap_or(version),
                guess,
                entry: moment.entry(Actor::Buyer, Event::SaidYes, &state),
                state,
                goods: Some(Goods::Quoted(quote)),
                agreement: Some(wallet.agreement),
                address: wallet.address,
            };
            Step::Amend(Box::new(amend))
        }
        Err(refused) => Step::Reply(Reply::end(vec![why_not(refused)])),
    }
}

fn why_not(refused: Refused) -> Say {
    match refused {
        Refused::AlreadyPaid => Say::AlreadyOrdered { status: None },
        Refused::ChargeOpen | Refused::SetupOpen => Say::PaymentUnderWay,
        Refused::DeclinedForGood => Say::Declined(Decline::Other),
        Refused::NeedsAttention => Say::PaymentNeedsAttention,
        Refused::Over
        | Refused::CapturedRefundInstead
        | Refused::NothingAuthorized
        | Refused::NothingCaptured
        | Refused::RefundOpen
        | Refused::RefundAmount => Say::ShopTrouble,
    }
}

fn new_order(moment: &Moment, session: &Session, goods: Goods, state: State, what: Event) -> Order {
    let kept = session.order.as_ref().filter(|begun| begun.version.is_none() && !begun.declined);
    let id = kept.map_or_else(|| order_id(moment), |begun| begun.id.clone());
    Order {
        id,
        rail: Rail::Directive,
        world: moment.shop.world,
        locale: moment.locale.clone(),
        goods,
        agreement: None,
        address: None,
        history: vec![moment.entry(Actor::Buyer, what, &state)],
        state,
    }
}

/// The id for a cart that begins in this turn.
pub(super) fn order_id(moment: &Moment) -> crate::domain::ids::OrderId {
    crate::domain::ids::OrderId::begin(&moment.shop.order_prefix, moment.buyer, moment.now, moment.write)
}

/// Ends the session and keeps what is in the cart for the next one.
pub(super) fn leave(moment: &Moment, session: Session, says: Vec<Say>) -> Step {
    let reply = Reply::end(says);
    match session.order {
        // A declined order keeps its own cart.
        Some(begun) if !session.cart.is_empty() && !begun.declined => {
            Step::Keep { cart: LeftCart { order: begun.id, cart: session.cart, at: moment.now }, reply }
        }
        _ => Step::Reply(reply),
    }
}

/// The reply after a write that went through: what the order owes leaves with it.
#[must_use]
pub fn stored(order: Order) -> Reply {
    match order.state.owed() {
        Some(Effect::Setup) => Reply { says: Vec::new(), session: None, send: Some(Send::Setup(Box::new(order))) },
        Some(Effect::Charge(_)) => match &order.state {
            State::Charging { standing: Standing::Unknown { .. }, .. } => opening::again(order),
            _ => Reply { says: Vec::new(), session: None, send: Some(Send::Charge(Box::new(order))) },
        },
        Some(Effect::Capture(_) | Effect::Void(_) | Effect::Refund { .. }) | None => super::answer::tell(order),
    }
}

/// The reply when somebody else has changed the order first: its present state, and no directive.
#[must_use]
pub fn overtaken(order: Order) -> Reply {
    match &order.state {
        state if state.is_cart() => Reply::ask(vec![Say::OrderNotPlaced], Session::about(&order).asking(Some(Question::CheckOut))),
        State::Charging { standing: Standing::Sent, .. } => Reply::end(vec![Say::PaymentUnderWay]),
        state => Reply::end(vec![Say::AlreadyOrdered { status: state.status() }]),
    }
}
