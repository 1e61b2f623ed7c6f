//! From the cart to the charge: check out, read-back, and the yes.

use super::code::{self, Check};
use super::opening::saved;
use super::{Amend, Begun, Blocked, LeftCart, Moment, Opening, Question, Reply, Say, Session, Step, Then, Write, told};
use crate::domain::cart::Cart;
use crate::domain::ids::{BillingAgreementId, CheckoutId, OrderId};
use crate::domain::order::{Actor, Command, Event, Goods, Order, Rail, Refused, State, Status, decide};
use crate::domain::place::Address;
use crate::domain::quote::{NoQuote, Quote};

/// The buyer wants to pay: straight to the read-back when the shop knows how, through Setup when not. Setup also where the address
/// that is known will not do: the buyer may have changed it at Amazon.
pub(super) fn check_out(moment: &Moment, session: Session) -> Step {
    if session.cart.is_empty() {
        return Step::Reply(Reply::ask(vec![Say::CartEmpty], session.asking(None)));
    }
    if session.unsettled {
        return Step::Reply(unsettled(moment, session));
    }
    if let Some(why) = session.blocked {
        return blocked(moment, session, why);
    }
    if rail(&session) == Rail::SavedWallet {
        return Step::Reply(read_back(moment, session, Vec::new()));
    }
    if !moment.consent {
        return leave(moment, session, vec![Say::ConsentNeeded]);
    }
    if session.wallet.is_some() && deliverable(moment, &session) {
        return Step::Reply(read_back(moment, session, Vec::new()));
    }
    let state = match decide(&State::Draft, &Command::SetUp) {
        Ok(state) => state,
        Err(refused) => return Step::Reply(Reply::end(vec![why_not(refused)])),
    };
    let entry = moment.entry(Actor::Buyer, Event::CheckedOut, &state);
    let goods = Goods::Cart(session.cart.clone());
    // A declined order is tried again as it is, or not at all: with another address or agreement its cart goes into a new order.
    if let Some(Begun { id, version: Some(version), declined: false }) = &session.order {
        let amend = Amend { goods: Some(goods), ..Amend::new(id.clone(), version.clone(), state, entry) };
        return Step::amend(amend);
    }
    Step::create(new_order(moment, &session, goods, state, Event::CheckedOut))
}

/// Nothing else is charged while a payment is open.
fn unsettled(moment: &Moment, session: Session) -> Reply {
    let keeps = (!moment.consent).then_some(Say::ConsentToCheck);
    Reply::ask([Say::PaymentUnderWay].into_iter().chain(keeps).collect(), session.asking(None))
}

/// The buyer is sent to where the payment is set up, or put right.
pub(super) fn blocked(moment: &Moment, session: Session, why: Blocked) -> Step {
    let kept = (!session.cart.is_empty()).then_some(Say::CartKept);
    leave(moment, session, [Say::Blocked(why)].into_iter().chain(kept).collect())
}

/// How a session pays, or would.
pub(super) fn rail(session: &Session) -> Rail {
    match (&session.wallet, session.blocked) {
        (Some(wallet), _) => wallet.rail,
        (None, Some(Blocked::NotLinked | Blocked::Update | Blocked::Closed)) => Rail::SavedWallet,
        (None, None) => Rail::Directive,
    }
}

/// Whether what pays is known, and may be asked.
pub(super) fn allowed(moment: &Moment, session: &Session) -> bool {
    session.wallet.is_some() && (moment.consent || rail(session) == Rail::SavedWallet)
}

/// Whether the shop delivers to the address that it knows.
pub(super) fn deliverable(moment: &Moment, session: &Session) -> bool {
    !matches!(quote(moment, session), Err(NoQuote::Undelivered(_)))
}

/// Seller, items, delivery and total, and the question whose yes charges.
pub(super) fn read_back(moment: &Moment, session: Session, mut says: Vec<Say>) -> Reply {
    let Some(wallet) = &session.wallet else {
        return Reply::ask(says, session.asking(None));
    };
    match quote(moment, &session) {
        Ok(quote) => {
            let total = quote.total;
            says.push(Say::ReadBack { quote: Box::new(quote), address: wallet.address.clone().map(Box::new) });
            Reply::ask(says, session.asking(Some(Question::PlaceOrder { total })))
        }
        Err(why) => {
            says.push(no_quote(why));
            Reply::ask(says, session.asking(None))
        }
    }
}

fn quote(moment: &Moment, session: &Session) -> Result<Quote, NoQuote> {
    quote_of(moment, &session.cart, session.wallet.as_ref().and_then(|wallet| wallet.address.as_ref()))
}

/// What a cart costs at this address.
pub(super) fn quote_of(moment: &Moment, cart: &Cart, address: Option<&Address>) -> Result<Quote, NoQuote> {
    let zone = moment.shop.undelivered.clone().or_else(|| address.map(Address::zone)).unwrap_or_default();
    Quote::of(cart, &moment.shop.catalog, &moment.shop.rates, moment.locale, &zone)
}

/// Whether the outcome of another charge is outstanding, so that the buyer may be charged for nothing else.
pub(super) fn in_doubt(moment: &Moment, opening: &Opening, besides: Option<&OrderId>) -> bool {
    let open = |order: &Order| order.world == moment.shop.world && order.state.is_unsettled() && Some(&order.id) != besides;
    opening.orders.iter().any(open)
}

fn no_quote(why: NoQuote) -> Say {
    match why {
        NoQuote::Empty => Say::CartEmpty,
        NoQuote::Gone(_) => Say::ProductGone,
        NoQuote::Undelivered(zone) if zone.country.is_empty() => Say::NoAddress,
        NoQuote::Undelivered(_) => Say::Undelivered,
        NoQuote::TooMuch { max } => Say::TotalMax { max },
    }
}

/// The yes to a read-back: the order is stored as charging before anything is sent.
pub(super) fn place(moment: &Moment, session: Session, opening: &Opening) -> Step {
    // A yes that has come before is answered as it was, whatever has changed since.
    if let Some(order) = opening.orders.iter().find(|order| order.knows(moment.write)) {
        let reply = told::again_or_overtaken(moment, order);
        return Step::Reply(code::with_offer(moment, opening, order, reply));
    }
    if session.unsettled || in_doubt(moment, opening, session.order.as_ref().map(|begun| &begun.id)) {
        return Step::Reply(unsettled(moment, Session { unsettled: true, ..session }));
    }
    if rail(&session) == Rail::Directive && !moment.consent {
        return leave(moment, session, vec![Say::ConsentNeeded]);
    }
    let (Some(Question::PlaceOrder { total } | Question::Code { total }), Some(begun), Some(wallet)) =
        (session.question.clone(), session.order.clone(), session.wallet.clone())
    else {
        return Step::Reply(Reply::ask(vec![Say::NothingAsked], session.asking(None)));
    };
    if wallet.rail == Rail::SavedWallet {
        match saved(moment, opening) {
            Ok(now) if now == wallet => {}
            // The buyer has changed on the page what pays, or where it goes.
            Ok(now) => return Step::Reply(read_back(moment, Session { wallet: Some(now), ..session }, Vec::new())),
            Err(why) => return blocked(moment, Session { wallet: None, ..session }, why),
        }
    }
    let stored = opening.orders.iter().find(|order| order.id == begun.id);
    // The yes was said to the version that the session has seen, and to no other: it must not begin a new attempt on a later one.
    if let Some(order) = stored.filter(|order| order.version() != begun.version.as_ref()) {
        return Step::Reply(told::overtaken(order));
    }
    let quote = match quote(moment, &session) {
        Ok(quote) if quote.total == total => quote,
        // What the buyer agreed to is not what it would cost now.
        Ok(_) => return Step::Reply(read_back(moment, session, vec![Say::PriceChanged])),
        Err(why) => return Step::Reply(Reply::ask(vec![no_quote(why)], session.asking(None))),
    };
    let counted = match code::check(moment, &session, opening, total) {
        Check::Passed(counted) => counted,
        Check::Stop(step) => return *step,
    };
    let stored = stored.filter(|order| order.rail == wallet.rail);
    if begun.version.is_some() && stored.is_none() {
        // So many orders have been begun since that the next session could not see what becomes of this one. It may even have been
        // charged, by this very yes: so nothing is, and the cart goes on as a new order, for a yes of its own.
        let anew = Begun { id: order_id(moment), version: None, declined: false };
        return Step::Reply(read_back(moment, Session { order: Some(anew), ..session }, Vec::new()));
    }
    let pays = Pays { agreement: Some(wallet.agreement), address: wallet.address, checkout: None };
    match charging(moment, &session, stored, quote, pays) {
        Ok(write) => Step::Store { write, then: Then::Tell { news: Vec::new() } }.after(counted),
        Err(refused) => Step::Reply(Reply::end(vec![why_not(refused)])),
    }
}

/// What an order is paid with, and where it goes.
pub(super) struct Pays {
    /// What is charged; `None` where a checkout brings its own.
    pub agreement: Option<BillingAgreementId>,
    pub address: Option<Address>,
    pub checkout: Option<CheckoutId>,
}

/// The order, to be stored as charging what the buyer has agreed to: `stored`, or else a new one.
pub(super) fn charging(moment: &Moment, session: &Session, stored: Option<&Order>, quote: Quote, pays: Pays) -> Result<Write, Refused> {
    let Pays { agreement, address, checkout } = pays;
    let (capture, timing) = (moment.shop.capture, moment.shop.timing);
    let charge = Command::Charge { amount: quote.total, capture, timing, checkout };
    let goods = Goods::Quoted(quote);
    let Some((order, version)) = stored.and_then(|order| Some((order, order.version()?.clone()))) else {
        let state = decide(&State::Draft, &charge)?;
        let order = new_order(moment, session, goods, state, Event::SaidYes);
        return Ok(Write::Create(Box::new(Order { agreement, address, ..order })));
    };
    let state = decide(&order.state, &charge)?;
    let entry = moment.entry(Actor::Buyer, Event::SaidYes, &state);
    let amend = Amend::new(order.id.clone(), version, state, entry);
    Ok(Write::Amend(Box::new(Amend { goods: Some(goods), agreement, address: Some(address), ..amend })))
}

fn why_not(refused: Refused) -> Say {
    match refused {
        Refused::AlreadyPaid => Say::AlreadyOrdered { status: None },
        Refused::ChargeOpen => Say::PaymentUnderWay,
        Refused::DeclinedForGood => Say::AlreadyOrdered { status: Some(Status::Declined) },
        Refused::NeedsAttention => Say::PaymentNeedsAttention,
        Refused::Over
        | Refused::CapturedRefundInstead
        | Refused::NothingAuthorized
        | Refused::NothingLeft
        | Refused::CaptureOpen
        | Refused::CaptureAmount
        | Refused::CaptureWasRefused
        | Refused::TooMany
        | Refused::NotPaid
        | Refused::MoneyMoving
        | Refused::NothingCaptured
        | Refused::RefundOpen
        | Refused::RefundAmount
        | Refused::OverAllowance
        | Refused::NothingToResolve
        | Refused::NotForAmazonToTell => Say::ShopTrouble,
    }
}

fn new_order(moment: &Moment, session: &Session, goods: Goods, state: State, what: Event) -> Order {
    // Whoever has linked the account since the cart was begun is another buyer, who would not find an order of the one before.
    let own = |begun: &&Begun| begun.id.buyer() == *moment.buyer;
    let kept = session.order.as_ref().filter(|begun| begun.version.is_none() && !begun.declined).filter(own);
    let id = kept.map_or_else(|| order_id(moment), |begun| begun.id.clone());
    Order {
        id,
        rail: rail(session),
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
pub(super) fn order_id(moment: &Moment) -> OrderId {
    OrderId::begin(&moment.shop.order_prefix, moment.buyer, moment.now, moment.write)
}

/// Ends the session and keeps for the next one what is in the cart, or that the buyer wants to know nothing more of one.
pub(super) fn leave(moment: &Moment, session: Session, says: Vec<Say>) -> Step {
    let reply = Reply::end(says);
    let begun = session.order.map(|begun| begun.id).filter(|_| !session.cart.is_empty());
    match begun.or(session.thrown) {
        Some(order) => Step::Keep { cart: LeftCart { order, cart: session.cart, at: moment.now }, reply },
        None => Step::Reply(reply),
    }
}
