//! Each [`Say`] and each [`Question`] in words.

use super::id::{self, Id};
use super::voice::Voice;
use crate::domain::dialog::{Blocked, Question, Reply, Said, Say, Session, Wish};
use crate::domain::ids::Sku;
use crate::domain::money::Money;
use crate::domain::order::{Attention, Order, Paid, Parts, RefundStanding, Standing, State, Status};
use crate::domain::payment::Decline;
use crate::domain::place::Address;
use crate::domain::quote::Quote;
use crate::domain::shop::Contact;

/// Longer than this, what was heard is not worth repeating.
const SAID_MAX: usize = 60;

/// One thing in words; empty when the question that follows says it all. `reply` is what it is part of.
pub(super) fn say(voice: &Voice, reply: &Reply, say: &Say) -> String {
    match say {
        Say::Welcome => welcome(voice, reply),
        Say::Help => voice.say(id::HELP, [("example", voice.example().into())]),
        Say::Goodbye => voice.shop(id::GOODBYE),
        Say::Unclear => voice.plain(id::UNCLEAR),
        Say::Again(Said(text)) => text.clone(),
        Say::NothingToRepeat => voice.plain(id::NOTHING_TO_REPEAT),
        Say::NothingAsked => voice.plain(id::NOTHING_ASKED),
        Say::Offer { names, more } => {
            voice.say(id::OFFER, [("names", voice.and(names.clone()).into()), ("more", (if *more { "yes" } else { "no" }).into())])
        }
        Say::Product { name, price, description } => {
            let id = if description.is_empty() { id::PRODUCT_PLAIN } else { id::PRODUCT };
            let price = voice.money(*price);
            voice.say(id, [("name", name.as_str().into()), ("price", price.into()), ("description", description.as_str().into())])
        }
        Say::WhichProduct => voice.plain(id::WHICH_PRODUCT),
        Say::Several { count } => voice.say(id::SEVERAL, [("count", (*count).into())]),
        Say::Nearest { said } if said.is_empty() || said.chars().count() > SAID_MAX => voice.plain(id::NEAREST_UNSAID),
        Say::Nearest { said } => voice.say(id::NEAREST, [("said", said.as_str().into())]),
        Say::QuantityUnclear => voice.plain(id::QUANTITY_UNCLEAR),
        Say::QuantityMax { max } => voice.say(id::QUANTITY_MAX, [("max", (*max).into())]),
        Say::LinesMax { max } => voice.say(id::LINES_MAX, [("max", (*max).into())]),
        Say::Added { line, earlier } => {
            let line = voice.line(line.quantity, &line.name);
            // A read-back names everything anyway.
            let told = reply.says.iter().any(|say| matches!(say, Say::ReadBack { .. }));
            if earlier.is_empty() || told {
                voice.say(id::ADDED, [("line", line.into())])
            } else {
                voice.say(id::ADDED_TO, [("line", line.into()), ("earlier", voice.lines(earlier).into())])
            }
        }
        Say::Changed { line } => voice.say(id::CHANGED, [("line", voice.line(line.quantity, &line.name).into())]),
        Say::Removed { name } => voice.say(id::REMOVED, [("name", name.as_str().into())]),
        Say::NotInCart { name } => voice.say(id::NOT_IN_CART, [("name", name.as_str().into())]),
        Say::CartEmptied => voice.plain(id::CART_EMPTIED),
        Say::CartEmpty => voice.plain(id::CART_EMPTY),
        Say::CartHolds { lines } => voice.say(id::CART_HOLDS, [("lines", voice.lines(lines).into())]),
        Say::LeftCart { lines } => voice.say(id::LEFT_CART, [("lines", voice.lines(lines).into())]),
        Say::WhatElse => voice.plain(id::WHAT_ELSE),
        Say::OrderNotPlaced => voice.plain(id::ORDER_NOT_PLACED),
        Say::CartOvertaken => voice.plain(id::CART_OVERTAKEN),
        Say::ReadBack { quote, address } => read_back(voice, quote, address.as_deref().map(Address::spoken).as_deref()),
        Say::PriceChanged => voice.plain(id::PRICE_CHANGED),
        Say::ProductGone => voice.plain(id::PRODUCT_GONE),
        Say::Undelivered => voice.plain(id::UNDELIVERED),
        Say::TotalMax { max } => voice.say(id::TOTAL_MAX, [("max", voice.money(*max).into())]),
        Say::NoAddress => voice.plain(id::NO_ADDRESS),
        Say::ConsentNeeded => voice.shop(id::CONSENT_NEEDED),
        Say::VoicePurchaseOff => voice.shop(id::VOICE_PURCHASE_OFF),
        Say::Linked => voice.plain(id::LINKED),
        Say::PayAtCheckOut => voice.plain(id::PAY_AT_CHECK_OUT),
        Say::Blocked(Blocked::NotLinked) => voice.shop(id::LINK_NEEDED),
        Say::Blocked(Blocked::Update) if voice.shop.payment_page.is_some() => voice.shop(id::PAYMENT_UPDATE),
        Say::Blocked(Blocked::Update) => voice.shop(id::PAYMENT_UPDATE_AT_AMAZON),
        Say::Blocked(Blocked::Closed) => voice.shop(id::LINK_AGAIN),
        Say::CodeUnclear => voice.plain(id::CODE_UNCLEAR),
        Say::CodeWrong { left } => voice.say(id::CODE_WRONG, [("left", (*left).into())]),
        Say::CodeLocked if voice.shop.payment_page.is_some() => voice.shop(id::CODE_LOCKED),
        Say::CodeLocked => voice.shop(id::CODE_LOCKED_ELSEWHERE),
        Say::OfferCode => voice.shop(id::OFFER_CODE),
        Say::Ordered { order } => ordered(voice, order),
        Say::Pending => voice.plain(id::PENDING),
        Say::OutcomeUnknown => voice.plain(id::OUTCOME_UNKNOWN),
        Say::NotTaken => voice.plain(id::DECLINED_NOT_TAKEN),
        Say::Declined(decline) => voice.plain(declined(*decline)),
        Say::AlreadyOrdered { status } => already(voice, *status),
        Say::CheckingPayment => voice.plain(id::CHECKING_PAYMENT),
        Say::PaymentUnderWay => {
            // Asking helps nothing as long as the buyer has to allow something first.
            let ask = if reply.says.contains(&Say::ConsentToCheck) { "no" } else { "yes" };
            voice.say(id::PAYMENT_UNDER_WAY, [("ask", ask.into())])
        }
        Say::PaymentNeedsAttention => voice.plain(id::PAYMENT_NEEDS_ATTENTION),
        Say::Earlier { order } => earlier(voice, reply, order),
        Say::Attention { order } => attention(voice, order),
        Say::ConsentToCheck => voice.shop(id::CONSENT_TO_CHECK),
        Say::VoicePurchaseToCheck => voice.shop(id::VOICE_PURCHASE_TO_CHECK),
        Say::AgreementSuspended => voice.shop(id::AGREEMENT_SUSPENDED),
        Say::AgreementNotOpen => voice.shop(id::AGREEMENT_NOT_OPEN),
        Say::CartKept => voice.plain(id::CART_KEPT),
        Say::TryLater => voice.shop(id::TRY_LATER),
        Say::TryAgain => voice.plain(id::TRY_AGAIN),
        Say::OrderInDoubt => voice.plain(id::ORDER_IN_DOUBT),
        Say::NotCharged => voice.plain(id::NOT_CHARGED),
        Say::CartNotOrdered { lines } => voice.say(id::CART_NOT_ORDERED, [("lines", voice.lines(lines).into())]),
        Say::MonthlyLimit => voice.shop(id::MONTHLY_LIMIT),
        Say::ShopTrouble => voice.plain(id::SHOP_TROUBLE),
        Say::OrderIs { order } => order_is(voice, order),
        Say::NoOrders => voice.plain(id::NO_ORDERS),
        Say::CancelByContact { contact } => by_contact(voice, id::CANCEL_BY_CONTACT, contact),
        Say::RefundByContact { contact } => by_contact(voice, id::REFUND_BY_CONTACT, contact),
        Say::Contact { contact } => by_contact(voice, id::CONTACT, contact),
    }
}

/// The question that a conversation waits for, complete in itself.
pub(super) fn prompt(voice: &Voice, session: &Session) -> String {
    let anything = || voice.say(id::ASK_ANYTHING, [("cart", Voice::cart(session).into())]);
    match &session.question {
        None => anything(),
        Some(Question::CheckOut) => voice.plain(id::ASK_CHECK_OUT),
        Some(Question::PlaceOrder { total }) => voice.say(id::ASK_PLACE_ORDER_TOTAL, [("total", voice.money(*total).into())]),
        Some(Question::Code { total }) => voice.say(id::ASK_CODE, [("total", voice.money(*total).into())]),
        Some(Question::KeepCart) => voice.plain(id::ASK_KEEP_CART),
        Some(Question::Which { skus, wish }) => which(voice, skus, *wish),
        Some(Question::HowMany { sku, .. }) => match voice.name(sku, 2) {
            Some(name) => voice.say(id::ASK_HOW_MANY, [("name", name.into())]),
            None => anything(),
        },
    }
}

fn which(voice: &Voice, skus: &[Sku], wish: Wish) -> String {
    let the = |name: &str| voice.say(id::THE_PRODUCT, [("name", name.into())]);
    let names: Vec<_> = skus.iter().filter_map(|sku| voice.name(sku, 1)).map(the).collect();
    if names.is_empty() {
        voice.plain(match wish {
            Wish::Buy(_) => id::ASK_WHICH_BUY,
            Wish::Describe => id::ASK_WHICH_DESCRIBE,
            Wish::Change(_) => id::ASK_WHICH_CHANGE,
            Wish::Remove => id::ASK_WHICH_REMOVE,
        })
    } else {
        voice.say(id::ASK_WHICH_OF, [("names", voice.or(names).into())])
    }
}

/// Somebody with a cart from last time does not need to hear what a shop is.
fn welcome(voice: &Voice, reply: &Reply) -> String {
    if reply.says.iter().any(|say| matches!(say, Say::LeftCart { .. })) {
        voice.shop(id::WELCOME_BACK)
    } else {
        voice.say(id::WELCOME, [("shop", voice.shop.name.as_str().into()), ("example", voice.example().into())])
    }
}

/// Seller, products, delivery, sums and total: what certification wants to hear before a charge.
fn read_back(voice: &Voice, quote: &Quote, address: Option<&str>) -> String {
    let (seller, lines) = (voice.shop.name.as_str(), voice.quoted(&quote.lines));
    let address = address.filter(|address| !address.is_empty());
    let what = match address {
        Some(address) => {
            voice.say(id::READ_BACK_DELIVERED, [("seller", seller.into()), ("lines", lines.into()), ("address", address.into())])
        }
        None => voice.say(id::READ_BACK, [("seller", seller.into()), ("lines", lines.into())]),
    };
    let delivers = voice.shop.undelivered.is_none();
    // Where a shop has no tax rates its prices are final.
    let taxes = !voice.shop.rates.tax.is_empty();
    let mut sums = vec![voice.amount(id::SUM_ITEMS, quote.items)];
    if quote.shipping.minor() > 0 {
        sums.push(voice.amount(id::SUM_SHIPPING, quote.shipping));
    } else if delivers {
        sums.push(voice.plain(id::SUM_SHIPPING_FREE));
    }
    if quote.tax.minor() > 0 {
        sums.push(voice.amount(id::SUM_TAX, quote.tax));
    } else if taxes {
        sums.push(voice.plain(id::SUM_TAX_NONE));
    }
    let with = match (delivers, quote.tax.minor() > 0) {
        (true, true) => "shipping-and-tax",
        (true, false) => "shipping",
        (false, true) => "tax",
        (false, false) => "nothing",
    };
    let sums = voice.say(id::READ_BACK_SUMS, [("sums", voice.and(sums).into())]);
    let total = voice.say(id::READ_BACK_TOTAL, [("total", voice.money(quote.total).into()), ("with", with.into())]);
    voice.sentences([what, sums, total])
}

/// What the order charges or has charged.
fn charged(order: &Order) -> Option<Money> {
    order.state.attempt().map(|attempt| attempt.amount).or_else(|| order.total())
}

fn ordered(voice: &Voice, order: &Order) -> String {
    let lines = voice.goods(order);
    match charged(order) {
        Some(total) if !lines.is_empty() => {
            let id = if matches!(order.state, State::Paid(_)) { id::ORDERED_PAID } else { id::ORDERED_AUTHORIZED };
            let total = voice.money(total);
            voice.say(id, [("shop", voice.shop.name.as_str().into()), ("lines", lines.into()), ("total", total.into())])
        }
        _ => already(voice, None),
    }
}

/// A decline that Amazon Pay speaks about itself gets no second explanation.
fn declined(decline: Decline) -> Id {
    if decline.spoken_by_amazon() {
        return id::CART_KEPT;
    }
    match decline {
        Decline::ProcessingFailure | Decline::NotTried | Decline::AgreementNotOpen => id::DECLINED_NOT_TAKEN,
        Decline::TransactionTimedOut => id::DECLINED_TOO_LATE,
        Decline::AmazonRejected | Decline::InvalidPaymentMethodSoft | Decline::InvalidPaymentMethodHard => id::DECLINED_FOR_GOOD,
    }
}

fn already(voice: &Voice, status: Option<Status>) -> String {
    let status = match status {
        Some(Status::Queued) => "queued",
        Some(Status::Declined) => "declined",
        Some(Status::Cancelled) => "cancelled",
        Some(Status::Expired) => "expired",
        Some(Status::Processed) => "paid",
        Some(Status::PartiallyRefunded) => "partly-refunded",
        Some(Status::Refunded) => "refunded",
        Some(Status::Disputed) => "disputed",
        Some(Status::NeedsAttention) => "attention",
        Some(Status::Authorized) | None => "placed",
    };
    voice.say(id::ALREADY_ORDERED, [("status", status.into())])
}

fn order_is(voice: &Voice, order: &Order) -> String {
    of_order(voice, id::ORDER_IS, order, standing(&order.state))
}

fn earlier(voice: &Voice, reply: &Reply, order: &Order) -> String {
    // Its goods are about to be named, because they are offered again.
    let again = reply.says.iter().any(|say| matches!(say, Say::LeftCart { .. }));
    let offered = again && reply.session.as_ref().is_some_and(|session| session.cart == order.cart());
    let status = if offered && matches!(order.state, State::Declined { .. }) { Some("declined-offered") } else { standing(&order.state) };
    of_order(voice, id::EARLIER, order, status)
}

/// How an order stands, as the messages about one name it; `None` before it is one.
fn standing(state: &State) -> Option<&'static str> {
    Some(match state {
        State::Draft | State::SettingUp | State::Ready => return None,
        State::Charging { cancel: true, .. } | State::Voiding(_) => "cancelling",
        State::Charging { standing: Standing::Pending(_), .. } => "pending",
        State::Charging { standing: Standing::Sent | Standing::Unknown { .. }, .. } => "unknown",
        State::Authorized(_) | State::Capturing(_) => "authorized",
        State::Paid(paid) if paid.open_refund().is_some() => "refunding",
        State::Paid(paid) if refund_failed(paid).is_some() => "refund-failed",
        State::Paid(paid) => match (paid.refunded().minor(), paid.captured.minor()) {
            (0, _) => "paid",
            (refunded, captured) if refunded < captured => "partly-refunded",
            _ => "refunded",
        },
        State::InParts(parts) => in_parts(parts),
        State::Declined { .. } => "declined",
        State::Cancelled { .. } => "cancelled",
        State::Expired(_) => "expired",
        State::Disputed(_) => "disputed",
        State::NeedsAttention { .. } => "attention",
    })
}

/// A payment in parts is told of as one: as what is still to be taken of it, or else as what was.
fn in_parts(parts: &Parts) -> &'static str {
    if parts.is_renewal() {
        // Between the two nothing is held.
        return if matches!(*parts.rest, State::Voiding(_)) { "authorized" } else { "pending" };
    }
    match State::InParts(parts.clone()).status() {
        Some(Status::Queued | Status::Authorized) => "authorized",
        Some(Status::PartiallyRefunded) => "partly-refunded",
        Some(Status::Refunded) => "refunded",
        Some(Status::Disputed) => "disputed",
        Some(Status::Processed | Status::Declined | Status::Cancelled | Status::Expired | Status::NeedsAttention) | None => "paid",
    }
}

/// What should have been given back and was not.
fn refund_failed(paid: &Paid) -> Option<Money> {
    paid.refunds.last().filter(|refund| refund.standing == RefundStanding::Failed).map(|refund| refund.amount)
}

/// A message about an order: what is in it, what it comes to, and what was or is to be given back.
fn of_order(voice: &Voice, id: Id, order: &Order, standing: Option<&'static str>) -> String {
    let Some(status) = standing else {
        return voice.plain(id::NO_ORDERS);
    };
    let lines = voice.goods(order);
    let Some(total) = charged(order).filter(|_| !lines.is_empty()) else {
        return already(voice, order.state.status());
    };
    let refunded = if let State::Paid(paid) = &order.state {
        paid.open_refund().map(|open| open.amount).or_else(|| refund_failed(paid)).unwrap_or_else(|| paid.refunded())
    } else {
        let none = Money::zero(total.currency());
        order.state.payments().into_iter().fold(none, |sum, paid| sum.plus(paid.refunded()).unwrap_or(sum))
    };
    let (total, refunded) = (voice.money(total), voice.money(refunded));
    voice.say(id, [("status", status.into()), ("lines", lines.into()), ("total", total.into()), ("refunded", refunded.into())])
}

/// Why people look at an order.
fn attention(voice: &Voice, order: &Order) -> String {
    let State::NeedsAttention { reason, was } = &order.state else {
        return voice.plain(id::PAYMENT_NEEDS_ATTENTION);
    };
    let reason = match reason {
        Attention::OutcomeUnknown => "unknown",
        Attention::AmountDiffers if matches!(&**was, State::Paid(paid) if paid.gives_too_much()) => "refunds",
        Attention::AmountDiffers => "amount",
        Attention::UnexpectedCharge => "unexpected",
        Attention::ClosedUnexpectedly => "closed",
        Attention::CaptureFailed => "capture",
    };
    match voice.goods(order) {
        lines if lines.is_empty() => voice.plain(id::PAYMENT_NEEDS_ATTENTION),
        lines => voice.say(id::ATTENTION, [("reason", reason.into()), ("lines", lines.into())]),
    }
}

fn by_contact(voice: &Voice, id: Id, contact: &Contact) -> String {
    let (phone, email) = (contact.phone.as_str(), contact.email.as_str());
    let reach = match (phone.is_empty(), email.is_empty()) {
        (false, false) => voice.say(id::REACH_BOTH, [("phone", phone.into()), ("email", email.into())]),
        (false, true) => voice.say(id::REACH_PHONE, [("phone", phone.into())]),
        (true, _) => voice.say(id::REACH_EMAIL, [("email", email.into())]),
    };
    let hours = match contact.hours.as_str() {
        "" => String::new(),
        hours => voice.say(id::REACH_HOURS, [("hours", hours.into())]),
    };
    voice.say(id, [("reach", voice.sentences([reach, hours]).into())])
}
