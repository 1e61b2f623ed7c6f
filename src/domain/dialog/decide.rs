//! One step of the conversation: pure, and the same for the same input.

use super::opening::{Begin, GivenUp, begin, with_news};
use super::{
    Amend, Begun, Blocked, Input, Intent, Known, Moment, Opening, Quantity, Question, Reply, Say, Session, Step, Wish, code, news,
    purchase, told,
};
use crate::domain::cart::{Cart, Full};
use crate::domain::catalog::{Found, Product, Spoken};
use crate::domain::ids::{Sku, WriteId};
use crate::domain::order::{Actor, Event, Order, Rail, Report, Standing, State};

/// How many products are named when a buyer asks what there is.
const OFFER_MAX: usize = 4;

/// What this turn comes to. `known` is what [`super::reads`] asked for.
#[must_use]
pub fn decide(moment: &Moment, session: Session, input: &Input, known: &Known) -> Step {
    match (input, known) {
        (Input::Ended { failed: true }, Known::Opening(opening)) => {
            let named = session.order.as_ref().and_then(|begun| opening.orders.iter().find(|order| order.id == begun.id));
            named.and_then(|order| lost(moment, order)).unwrap_or_else(|| purchase::leave(moment, session, Vec::new()))
        }
        (Input::Ended { .. }, _) => purchase::leave(moment, session, Vec::new()),
        (Input::Exception { cause }, Known::Opening(opening)) => {
            let sent_by = |cause: &WriteId| opening.orders.iter().find(|order| order.version() == Some(cause));
            let step = cause.as_ref().and_then(sent_by).and_then(|order| lost(moment, order));
            step.unwrap_or_else(|| Step::Reply(Reply::nothing()))
        }
        (Input::Exception { .. }, _) => Step::Reply(Reply::nothing()),
        (Input::Launch, Known::Opening(opening)) => match begin(moment, opening, true) {
            Ok(Begin { session, news, given_up, .. }) => given_up.first(Step::Reply(welcome(moment, session, news))),
            Err(step) => *step,
        },
        (Input::Launch, _) => Step::Reply(Reply::ask(vec![Say::Welcome], session)),
        (Input::Intent(Intent::OrderStatus), Known::Opening(opening)) => order_status(moment, session, opening),
        (input, Known::Opening(opening)) if code::places(&session, input) => purchase::place(moment, session, opening),
        (Input::Intent(intent), Known::Opening(opening)) => match begin(moment, opening, wants_settling(intent)) {
            Ok(Begin { session, news, given_up, .. }) => {
                // A turn writes once: who wants to check out is asked once more.
                let intent = if *intent == Intent::CheckOut && given_up != GivenUp::No { &Intent::ReadCart } else { intent };
                given_up.first(with_news(news, decide_intent(moment, session, intent)))
            }
            Err(step) => *step,
        },
        (Input::Intent(intent), Known::Nothing) => decide_intent(moment, session, intent),
    }
}

/// What the turn comes to after Amazon has answered the charge that it asked for: `order` is as the answer has left it. A yes is answered
/// with what became of it; a session that began with an open payment begins.
#[must_use]
pub fn after_charge(moment: &Moment, session: Session, input: &Input, known: Known, order: Order) -> Step {
    let Known::Opening(mut opening) = known else { return Step::Reply(told::tell(order)) };
    if code::places(&session, input) {
        let reply = told::tell(order.clone());
        return Step::Reply(code::with_offer(moment, &opening, &order, reply));
    }
    opening.asked = Some(order.id.clone());
    for stored in opening.orders.iter_mut().filter(|stored| stored.id == order.id) {
        *stored = order.clone();
    }
    decide(moment, session, input, &Known::Opening(opening))
}

fn welcome(moment: &Moment, session: Session, mut news: Vec<Say>) -> Reply {
    if news.is_empty() {
        news.push(Say::Welcome);
    }
    let question = if session.cart.is_empty() {
        None
    } else {
        news.push(Say::LeftCart { lines: moment.named(&session.cart) });
        Some(Question::KeepCart)
    };
    Reply::ask(news, session.asking(question))
}

/// Alexa did not carry out the directive of this order: its Charge is unknown, its Setup has failed.
fn lost(moment: &Moment, order: &Order) -> Option<Step> {
    let waits = matches!(order.state, State::SettingUp | State::Charging { standing: Standing::Sent, .. });
    let amend = Amend::by(moment, order, &Report::DirectiveLost, Actor::Amazon, Event::DirectiveLost);
    amend.filter(|_| waits).map(Step::amend)
}

/// The newest order that was placed, or before it one whose payment is open, and then what is new of others. In a new session the
/// conversation begins with this; in a running one it goes on, unless there is nothing in it and Amazon can be asked instead.
fn order_status(moment: &Moment, session: Session, opening: &Opening) -> Step {
    let new = session == Session::default();
    let room = new || session.cart.is_empty() && session.thrown.is_none();
    let Begin { session: fresh, orders, given_up, .. } = match begin(moment, opening, room) {
        Ok(begin) => begin,
        Err(step) => return *step,
    };
    let session = if new { fresh } else { Session { unsettled: fresh.unsettled, ..session } };
    let waiting = if new || session.cart.is_empty() { None } else { Some(Say::CartNotOrdered { lines: moment.named(&session.cart) }) };
    let mut placed = orders.iter().filter(|order| order.state.status().is_some());
    let open = placed.clone().find(|order| order.state.is_unsettled());
    let says = match open.or_else(|| placed.next()) {
        Some(order) => {
            let is = Say::OrderIs { order: Box::new(order.clone().into_owned()) };
            let keeps = news::what_keeps_from_asking(moment, order);
            waiting.into_iter().chain([is]).chain(keeps).chain(news::of(moment, &orders, Some(&order.id))).collect()
        }
        None => waiting.into_iter().chain([Say::NoOrders]).collect(),
    };
    given_up.first(Step::Reply(Reply::ask(says, session.asking(None))))
}

/// Whether a buyer who begins with these words can wait while an earlier payment is settled: who asks for a person or for help gets
/// that first.
const fn wants_settling(intent: &Intent) -> bool {
    matches!(
        intent,
        Intent::OrderStatus
            | Intent::CheckOut
            | Intent::Buy { .. }
            | Intent::Product { .. }
            | Intent::Number { .. }
            | Intent::ReadCart
            | Intent::Yes
    )
}

fn decide_intent(moment: &Moment, session: Session, intent: &Intent) -> Step {
    let contact = || moment.shop.contact.clone();
    let reply = match intent {
        Intent::Browse => {
            let catalog = &moment.shop.catalog;
            let names = catalog.products().take(OFFER_MAX).map(|product| product.name(moment.locale, 2).to_owned()).collect();
            Reply::ask(vec![Say::Offer { names, more: catalog.count() > OFFER_MAX }], session.asking(None))
        }
        Intent::Describe { product } => choose(moment, session, product.as_ref(), Wish::Describe),
        Intent::Buy { product, quantity } => choose(moment, session, product.as_ref(), Wish::Buy(*quantity)),
        Intent::Change { product, quantity } => choose(moment, session, product.as_ref(), Wish::Change(*quantity)),
        Intent::Remove { product } => choose(moment, session, product.as_ref(), Wish::Remove),
        Intent::Product { product } => {
            let wish = match &session.question {
                Some(Question::Which { wish, .. }) => *wish,
                _ => Wish::Buy(Quantity::Unsaid),
            };
            choose(moment, session, product.as_ref(), wish)
        }
        Intent::Number { quantity } => number(moment, session, *quantity),
        Intent::EmptyCart => Reply::ask(vec![Say::CartEmptied], emptied(session)),
        Intent::ReadCart if session.cart.is_empty() => Reply::ask(vec![Say::CartEmpty], session.asking(None)),
        Intent::ReadCart => {
            Reply::ask(vec![Say::CartHolds { lines: moment.named(&session.cart) }], session.asking(Some(Question::CheckOut)))
        }
        Intent::CheckOut => return purchase::check_out(moment, session),
        // Reached without an opening only if the shell did not read what it was asked to.
        Intent::OrderStatus => Reply::ask(vec![Say::TryLater], session),
        Intent::CancelOrder => Reply::ask(vec![Say::CancelByContact { contact: contact() }], session.asking(None)),
        Intent::Refund => Reply::ask(vec![Say::RefundByContact { contact: contact() }], session.asking(None)),
        Intent::Contact => Reply::ask(vec![Say::Contact { contact: contact() }], session.asking(None)),
        Intent::SetUpPayment if !moment.shop.rails.contains(&Rail::SavedWallet) => still_asking(moment, session, Say::PayAtCheckOut),
        Intent::SetUpPayment if purchase::rail(&session) == Rail::SavedWallet && session.blocked.is_none() => {
            still_asking(moment, session, Say::Linked)
        }
        Intent::SetUpPayment => {
            let why = session.blocked.unwrap_or(Blocked::NotLinked);
            return purchase::blocked(moment, session, why);
        }
        // Digits that nobody has asked for are a number at best.
        Intent::Code { .. } => number(moment, session, Quantity::Unclear),
        Intent::Yes => return yes(moment, session),
        Intent::No => no(session),
        Intent::Repeat => {
            let said = session.said.clone().map_or(Say::NothingToRepeat, Say::Again);
            Reply::ask(vec![said], session)
        }
        Intent::Help => still_asking(moment, session, Say::Help),
        Intent::Unclear => still_asking(moment, session, Say::Unclear),
        Intent::NeverMind if session.question.is_some() => {
            let placing = matches!(session.question, Some(Question::PlaceOrder { .. } | Question::Code { .. }));
            Reply::ask(vec![if placing { Say::OrderNotPlaced } else { Say::WhatElse }], session.asking(None))
        }
        Intent::NeverMind | Intent::Stop | Intent::Home => return purchase::leave(moment, session, vec![Say::Goodbye]),
    };
    Step::Reply(reply)
}

/// The question stays open. The read-back is read again, so that a yes is never far from what it agrees to.
fn still_asking(moment: &Moment, session: Session, say: Say) -> Reply {
    match session.question {
        Some(Question::PlaceOrder { .. }) => purchase::read_back(moment, session, vec![say]),
        _ => Reply::ask(vec![say], session),
    }
}

fn yes(moment: &Moment, session: Session) -> Step {
    match session.question.clone() {
        // Reached without a look at the orders only if the shell did not read what it was asked to.
        Some(Question::PlaceOrder { .. }) => Step::Reply(Reply::ask(vec![Say::TryAgain], session)),
        // It has been said; what is missing are the digits.
        Some(Question::Code { .. }) => Step::Reply(Reply::ask(Vec::new(), session)),
        Some(Question::CheckOut) => purchase::check_out(moment, session),
        Some(Question::KeepCart) => {
            let says = vec![Say::CartHolds { lines: moment.named(&session.cart) }];
            Step::Reply(Reply::ask(says, session.asking(Some(Question::CheckOut))))
        }
        Some(Question::HowMany { sku, change: false }) => Step::Reply(put(moment, session, &sku, 1)),
        // "How many instead?" – "Yes." is no number.
        Some(Question::HowMany { change: true, .. }) => Step::Reply(Reply::ask(vec![Say::QuantityUnclear], session)),
        // "Did you mean roses?" – "Yes." With two on offer, yes does not say which.
        Some(Question::Which { skus, wish }) if skus.len() == 1 => match moment.shop.catalog.get(skus[0].as_str()) {
            Some(product) => Step::Reply(grant(moment, session, &product, wish)),
            None => Step::Reply(Reply::ask(vec![Say::ProductGone], session.asking(None))),
        },
        Some(Question::Which { .. }) => Step::Reply(Reply::ask(vec![Say::WhichProduct], session)),
        None => Step::Reply(Reply::ask(vec![Say::NothingAsked], session)),
    }
}

fn no(session: Session) -> Reply {
    match &session.question {
        // The address may have been the reason: the next check-out asks Amazon for it anew, where it can be asked.
        Some(Question::PlaceOrder { .. } | Question::Code { .. }) => {
            let wallet = session.wallet.clone().filter(|wallet| wallet.rail == Rail::SavedWallet);
            Reply::ask(vec![Say::OrderNotPlaced], Session { wallet, ..session }.asking(None))
        }
        Some(Question::KeepCart) => Reply::ask(vec![Say::CartEmptied], emptied(session)),
        Some(Question::CheckOut | Question::HowMany { .. } | Question::Which { .. }) => {
            Reply::ask(vec![Say::WhatElse], session.asking(None))
        }
        None => Reply::ask(vec![Say::NothingAsked], session),
    }
}

/// A fresh cart in the same conversation; it will become an order of its own.
fn emptied(session: Session) -> Session {
    let thrown = session.order.map(|begun| begun.id).or(session.thrown);
    Session { cart: Cart::default(), order: None, question: None, thrown, ..session }
}

fn choose(moment: &Moment, session: Session, spoken: Option<&Spoken>, wish: Wish) -> Reply {
    let Some(spoken) = spoken else {
        return without_product(moment, session, wish);
    };
    match moment.shop.catalog.find(moment.locale, spoken) {
        Found::One(product) => grant(moment, session, &product, wish),
        Found::Several(products) => which(session, &products, wish, Say::Several { count: products.len() }),
        Found::Nearest(products) => {
            let said = spoken.text.clone();
            which(session, &products, wish, Say::Nearest { said })
        }
    }
}

/// "Change it to three", "take it out" and "how much is it" mean the one product that is talked about.
fn without_product(moment: &Moment, session: Session, wish: Wish) -> Reply {
    let lines = session.cart.lines();
    let only = match (&session.question, wish) {
        (Some(Question::HowMany { sku, .. }), _) => Some(sku),
        (_, Wish::Change(_) | Wish::Remove) if lines.is_empty() => return Reply::ask(vec![Say::CartEmpty], session.asking(None)),
        (_, Wish::Change(_) | Wish::Remove) if lines.len() == 1 => lines.first().map(|line| &line.sku),
        _ => None,
    };
    match only.and_then(|sku| moment.shop.catalog.get(sku.as_str())) {
        Some(product) => grant(moment, session, &product, wish),
        None => Reply::ask(vec![Say::WhichProduct], session.asking(Some(Question::Which { skus: Vec::new(), wish }))),
    }
}

fn which(session: Session, products: &[Product], wish: Wish, say: Say) -> Reply {
    let skus = products.iter().map(|product| product.sku.clone()).collect();
    Reply::ask(vec![say], session.asking(Some(Question::Which { skus, wish })))
}

fn grant(moment: &Moment, session: Session, product: &Product, wish: Wish) -> Reply {
    match wish {
        Wish::Describe => {
            let (name, description) = (product.one(moment.locale).to_owned(), product.description(moment.locale).to_owned());
            let say = Say::Product { name, price: product.price, description };
            // Yes to "shall I add one?" is not asked for: the buyer says how many.
            Reply::ask(vec![say], session.asking(None))
        }
        Wish::Buy(Quantity::Said(quantity)) => put(moment, session, &product.sku, quantity),
        Wish::Buy(Quantity::Unsaid) | Wish::Change(Quantity::Unsaid) => {
            Reply::ask(Vec::new(), session.asking(Some(how_many(&product.sku, wish))))
        }
        Wish::Buy(Quantity::Unclear) | Wish::Change(Quantity::Unclear) => {
            Reply::ask(vec![Say::QuantityUnclear], session.asking(Some(how_many(&product.sku, wish))))
        }
        Wish::Change(Quantity::Said(quantity)) => set(moment, session, product, quantity),
        Wish::Remove => set(moment, session, product, 0),
    }
}

fn how_many(sku: &Sku, wish: Wish) -> Question {
    Question::HowMany { sku: sku.clone(), change: matches!(wish, Wish::Change(_)) }
}

/// A bare number answers "how many?"; with one product in the cart it changes that one.
fn number(moment: &Moment, session: Session, quantity: Quantity) -> Reply {
    let Quantity::Said(number) = quantity else {
        return still_asking(moment, session, Say::QuantityUnclear);
    };
    match session.question.clone() {
        Some(Question::HowMany { sku, change }) => match moment.shop.catalog.get(sku.as_str()) {
            Some(product) if change => set(moment, session, &product, number),
            _ => put(moment, session, &sku, number),
        },
        Some(Question::Which { wish: Wish::Buy(_), skus }) => {
            Reply::ask(vec![Say::WhichProduct], session.asking(Some(Question::Which { skus, wish: Wish::Buy(quantity) })))
        }
        _ => without_product(moment, session, Wish::Change(quantity)),
    }
}

/// Puts more of a product into the cart. A buyer whom the shop knows hears the read-back at once.
fn put(moment: &Moment, session: Session, sku: &Sku, quantity: u32) -> Reply {
    if quantity == 0 {
        return Reply::ask(vec![Say::WhatElse], session.asking(None));
    }
    let earlier = moment.named(&session.cart);
    match session.cart.with_more(sku, quantity, moment.shop.limits) {
        Ok(cart) => {
            let begun = session.order.clone().unwrap_or_else(|| Begun { id: purchase::order_id(moment), version: None, declined: false });
            let session = Session { cart, order: Some(begun), ..session };
            let says = moment.name(sku, quantity).map(|line| Say::Added { line, earlier }).into_iter().collect();
            onward(moment, session, says)
        }
        Err(full) => too_full(session, full, how_many(sku, Wish::Buy(Quantity::Unsaid))),
    }
}

fn set(moment: &Moment, session: Session, product: &Product, quantity: u32) -> Reply {
    if session.cart.quantity(&product.sku) == 0 {
        let name = product.name(moment.locale, 2).to_owned();
        return Reply::ask(vec![Say::NotInCart { name }], session.asking(None));
    }
    match session.cart.with_exactly(&product.sku, quantity, moment.shop.limits) {
        Ok(cart) if cart.is_empty() => Reply::ask(vec![Say::CartEmptied], emptied(session)),
        Ok(cart) => {
            let name = product.name(moment.locale, quantity).to_owned();
            let say = if quantity == 0 {
                Say::Removed { name: product.name(moment.locale, session.cart.quantity(&product.sku)).to_owned() }
            } else {
                Say::Changed { line: super::Named { quantity, name } }
            };
            onward(moment, Session { cart, ..session }, vec![say])
        }
        Err(full) => too_full(session, full, how_many(&product.sku, Wish::Change(Quantity::Unsaid))),
    }
}

/// What follows a change of the cart: the read-back where the shop knows how the buyer pays, else the offer to check out.
fn onward(moment: &Moment, session: Session, says: Vec<Say>) -> Reply {
    if purchase::allowed(moment, &session) && !session.unsettled && purchase::deliverable(moment, &session) {
        purchase::read_back(moment, session, says)
    } else {
        Reply::ask(says, session.asking(Some(Question::CheckOut)))
    }
}

fn too_full(session: Session, full: Full, how_many: Question) -> Reply {
    match full {
        Full::Quantity { max } => Reply::ask(vec![Say::QuantityMax { max }], session.asking(Some(how_many))),
        Full::Lines { max } => Reply::ask(vec![Say::LinesMax { max }], session.asking(Some(Question::CheckOut))),
    }
}
