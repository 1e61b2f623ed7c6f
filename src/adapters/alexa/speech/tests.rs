//! Every message, every question and every card, with the example shop.

use std::collections::BTreeSet;

use super::*;
use crate::adapters::alexa::to_wire::Card;
use crate::config::{Config, Env};
use crate::domain::cart::{Cart, Line};
use crate::domain::dialog::{Named, Session, Wish};
use crate::domain::ids::{AmazonId, BuyerId, OrderId, OrderPrefix, Sku, WriteId};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Attention, Capture, Goods, Hold, Order, Paid, Rail, Refund, RefundStanding, Standing, State, Status};
use crate::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
use crate::domain::place::{Address, Zone};
use crate::domain::quote::Quote;
use crate::domain::shop::World;
use crate::domain::time::Time;

fn shop() -> Shop {
    Config::embedded(&Env::default()).unwrap().shop
}

fn english() -> Locale {
    Locale::parse("en-US").unwrap()
}

fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn named(quantity: u32, name: &str) -> Named {
    Named { quantity, name: name.into() }
}

fn rendered(reply: &Reply) -> Rendered {
    Speech::new(&[english()]).unwrap().render(&shop(), &english(), reply)
}

/// What is heard when the session goes on with this question.
fn asked(says: Vec<Say>, question: Option<Question>) -> String {
    rendered(&Reply::ask(says, Session { question, ..Session::default() })).speech
}

fn ended(say: Say) -> String {
    rendered(&Reply::end(vec![say])).speech
}

fn cart() -> Cart {
    Cart::of([Line { sku: sku("roses"), quantity: 2 }, Line { sku: sku("glass-vase"), quantity: 1 }])
}

fn quote(region: &str) -> Quote {
    let shop = shop();
    let zone = Zone { country: "US".into(), region: region.into() };
    Quote::of(&cart(), &shop.catalog, &shop.rates, &english(), &zone).unwrap()
}

fn attempt() -> Attempt {
    Attempt { number: 1, amount: quote("WA").total, capture: CaptureMode::Immediate, timing: Timing::Synchronous, checkout: None }
}

fn hold() -> Hold {
    let amazon = |text| AmazonId::parse(text).ok();
    let names = Names {
        order_reference: amazon("S01-9999999"),
        authorization: amazon("A01-8888888"),
        capture: amazon("C01-7777777"),
        consent: None,
    };
    Hold { attempt: attempt(), names, since: Time::from_unix(1_795_000_000), refused: 0 }
}

fn paid(refunded: &[i64]) -> Paid {
    let refund = |(number, amount): (u8, &i64)| Refund { number, amount: usd(*amount), standing: RefundStanding::Done };
    let refunds = (1..).zip(refunded).map(refund).collect();
    Paid { attempt: attempt(), names: hold().names, captured: attempt().amount, refunds, captures: 0, parcels: Vec::new() }
}

fn order(state: State) -> Box<Order> {
    let buyer = BuyerId::parse("0123456789ABCDEF").unwrap();
    let write = WriteId::parse("ZZ23456789ABCDEF").unwrap();
    let address =
        Address { name: Some("Jane Doe".into()), lines: vec!["1 Main Street".into()], city: Some("Seattle".into()), ..Address::default() };
    Box::new(Order {
        id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, Time::from_unix(1_795_000_000), &write),
        rail: Rail::Directive,
        world: World::Simulated,
        locale: english(),
        goods: Goods::Quoted(quote("WA")),
        agreement: None,
        address: Some(address),
        state,
        history: Vec::new(),
    })
}

fn states() -> Vec<State> {
    let charging = |standing, cancel| State::Charging { attempt: attempt(), standing, cancel };
    let needs = |reason| State::NeedsAttention { reason, was: Box::new(charging(Standing::Sent, false)) };
    let open = Refund { number: 1, amount: usd(500), standing: RefundStanding::Open };
    vec![
        State::Draft,
        State::SettingUp,
        State::Ready,
        charging(Standing::Sent, false),
        charging(Standing::Pending(hold().names), false),
        charging(Standing::Unknown { since: Time::from_unix(1_795_000_000) }, true),
        State::Declined { attempt: attempt(), decline: Decline::AmazonRejected },
        State::Authorized(hold()),
        State::Capturing(Capture { hold: hold(), amount: attempt().amount }),
        State::Voiding(hold()),
        State::Paid(paid(&[])),
        State::Paid(paid(&[500])),
        State::Paid(paid(&[500, attempt().amount.minor() - 500])),
        State::Paid(Paid { refunds: vec![open], ..paid(&[]) }),
        refund_failed(),
        State::Disputed(paid(&[])),
        State::Cancelled { last: None },
        State::Expired(hold()),
        needs(Attention::OutcomeUnknown),
        needs(Attention::AmountDiffers),
        needs(Attention::UnexpectedCharge),
        needs(Attention::ClosedUnexpectedly),
        State::NeedsAttention { reason: Attention::CaptureFailed, was: Box::new(State::Authorized(hold())) },
        refunded_twice(),
    ]
}

/// The payment of an order that was cancelled, still here.
fn refund_failed() -> State {
    let failed = Refund { number: 1, amount: attempt().amount, standing: RefundStanding::Failed };
    State::Paid(Paid { refunds: vec![failed], ..paid(&[]) })
}

fn refunded_twice() -> State {
    let all = attempt().amount.minor();
    State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(State::Paid(paid(&[all, all]))) }
}

const DECLINES: [Decline; 6] = [
    Decline::InvalidPaymentMethodSoft,
    Decline::InvalidPaymentMethodHard,
    Decline::AmazonRejected,
    Decline::ProcessingFailure,
    Decline::TransactionTimedOut,
    Decline::NotTried,
];

/// At least one of each variant, and every branch of every message.
fn every_say() -> Vec<Say> {
    let (lines, names) = (vec![named(2, "bouquets of roses"), named(1, "glass vase")], vec!["glass vase".into(), "potted orchid".into()]);
    let contact = shop().contact;
    let only = |email: &str, phone: &str| {
        let hours = String::new();
        Say::Contact { contact: crate::domain::shop::Contact { email: email.into(), phone: phone.into(), hours } }
    };
    let address = order(State::Draft).address.map(Box::new);
    let mut says = vec![
        Say::Welcome,
        Say::Help,
        Say::Goodbye,
        Say::Unclear,
        Say::Again(Said("Shall I?".into())),
        Say::NothingToRepeat,
        Say::NothingAsked,
        Say::Offer { names: names.clone(), more: true },
        Say::Offer { names, more: false },
        Say::Product { name: "glass vase".into(), price: usd(1_950), description: "Clear.".into() },
        Say::Product { name: "glass vase".into(), price: Money::new(1_950, Currency::Jpy), description: String::new() },
        Say::Product { name: "glass vase".into(), price: Money::new(1_950, Currency::Eur), description: String::new() },
        Say::Product { name: "glass vase".into(), price: Money::new(1_950, Currency::Gbp), description: String::new() },
        Say::WhichProduct,
        Say::Several { count: 2 },
        Say::Several { count: 3 },
        Say::Nearest { said: "lilacs".into() },
        Say::Nearest { said: String::new() },
        Say::QuantityUnclear,
        Say::QuantityMax { max: 20 },
        Say::LinesMax { max: 10 },
        Say::Added { line: named(1, "glass vase"), earlier: Vec::new() },
        Say::Added { line: named(1, "glass vase"), earlier: lines.clone() },
        Say::Changed { line: named(3, "bouquets of roses") },
        Say::Removed { name: "glass vase".into() },
        Say::NotInCart { name: "glass vases".into() },
        Say::CartEmptied,
        Say::CartEmpty,
        Say::CartHolds { lines: lines.clone() },
        Say::CartNotOrdered { lines: lines.clone() },
        Say::LeftCart { lines },
        Say::WhatElse,
        Say::OrderNotPlaced,
        Say::CartOvertaken,
        Say::ReadBack { quote: Box::new(quote("WA")), address: address.clone() },
        Say::ReadBack { quote: Box::new(quote("OR")), address: None },
        Say::PriceChanged,
        Say::ProductGone,
        Say::Undelivered,
        Say::TotalMax { max: usd(200_000) },
        Say::NoAddress,
        Say::ConsentNeeded,
        Say::VoicePurchaseOff,
        Say::Ordered { order: order(State::Paid(paid(&[]))) },
        Say::Ordered { order: order(State::Authorized(hold())) },
        Say::Pending,
        Say::OutcomeUnknown,
        Say::AlreadyOrdered { status: None },
        Say::CheckingPayment,
        Say::PaymentUnderWay,
        Say::PaymentNeedsAttention,
        Say::ConsentToCheck,
        Say::VoicePurchaseToCheck,
        Say::AgreementSuspended,
        Say::AgreementNotOpen,
        Say::CartKept,
        Say::TryAgain,
        Say::OrderInDoubt,
        Say::NotCharged,
        Say::TryLater,
        Say::MonthlyLimit,
        Say::ShopTrouble,
        Say::NoOrders,
        Say::CancelByContact { contact: contact.clone() },
        Say::RefundByContact { contact: contact.clone() },
        Say::Contact { contact },
        only("hello@petalandstem.example", ""),
        only("", "206 555 0142"),
    ];
    says.extend(DECLINES.map(Say::Declined));
    says.extend(states().into_iter().map(|state| Say::OrderIs { order: order(state) }));
    let (attention, rest): (Vec<_>, Vec<_>) = states().into_iter().partition(|state| matches!(state, State::NeedsAttention { .. }));
    says.extend(attention.into_iter().map(|state| Say::Attention { order: order(state) }));
    let rest = rest.into_iter().filter(|state| !state.is_cart() && !state.is_unsettled());
    says.extend(rest.map(|state| Say::Earlier { order: order(state) }));
    says.extend(states().iter().filter_map(State::status).map(|status| Say::AlreadyOrdered { status: Some(status) }));
    says
}

fn every_question() -> Vec<Option<Question>> {
    let wishes = [Wish::Describe, Wish::Buy(crate::domain::dialog::Quantity::Unsaid), Wish::Remove];
    let wishes = wishes.into_iter().chain([Wish::Change(crate::domain::dialog::Quantity::Unsaid)]);
    let mut questions: Vec<_> = wishes.map(|wish| Some(Question::Which { skus: Vec::new(), wish })).collect();
    questions.extend([
        None,
        Some(Question::CheckOut),
        Some(Question::PlaceOrder { total: usd(6_140) }),
        Some(Question::KeepCart),
        Some(Question::Which { skus: vec![sku("roses"), sku("tulips")], wish: Wish::Describe }),
        Some(Question::HowMany { sku: sku("roses"), change: false }),
        Some(Question::HowMany { sku: sku("gone"), change: true }),
    ]);
    questions
}

#[test]
fn every_speech_file_has_the_messages_that_are_used_and_no_others() {
    let used: BTreeSet<_> = id::ALL.iter().map(|id| id.0).collect();
    for (locale, text) in FILES {
        let starts = |line: &&str| line.starts_with(|letter: char| letter.is_ascii_lowercase());
        let there: BTreeSet<_> = text.lines().filter(starts).filter_map(|line| line.split_once(" =")).map(|(id, _)| id).collect();
        assert_eq!(there, used, "{locale}");
    }
}

#[test]
fn everything_can_be_said_and_every_open_session_ends_with_its_question() {
    for say in every_say() {
        for question in every_question() {
            let reply = Reply::ask(vec![say.clone()], Session { question, ..Session::default() });
            let Rendered { speech, reprompt, .. } = rendered(&reply);
            let reprompt = reprompt.unwrap();
            assert!(reprompt.ends_with('?'), "{reprompt}");
            assert!(speech.ends_with(&reprompt) || speech.ends_with("Shall I place the order?"), "{speech}");
            assert!(!speech.contains("  ") && !speech.contains(['{', '}', '\n', '\u{2068}', '\u{2069}']), "{speech}");
        }
        let closed = rendered(&Reply::end(vec![say.clone()]));
        assert_eq!(closed.reprompt, None);
        assert!(!closed.speech.is_empty(), "{say:?}");
    }
}

#[test]
fn speech_has_no_ids_and_no_codes() {
    let id = order(State::Draft).id;
    let never = [id.as_str(), id.stamp(), "S01-", "A01-", "C01-", "glass-vase", "USD", "ON", "AmazonRejected", "Declined"];
    for say in every_say() {
        let speech = ended(say);
        let words: Vec<_> = speech.split(|letter: char| !letter.is_alphanumeric() && letter != '-').collect();
        assert!(never.iter().all(|never| !words.contains(never) && (never.len() < 8 || !speech.contains(never))), "{speech}");
    }
}

#[test]
fn only_what_is_certain_is_called_paid_or_placed() {
    let attention = |reason| Say::Attention { order: order(State::NeedsAttention { reason, was: Box::new(State::Paid(paid(&[]))) }) };
    let open = [
        Say::Pending,
        Say::OutcomeUnknown,
        Say::CheckingPayment,
        Say::PaymentUnderWay,
        Say::PaymentNeedsAttention,
        Say::TryLater,
        Say::ShopTrouble,
        Say::MonthlyLimit,
        Say::AgreementNotOpen,
        Say::ConsentToCheck,
        Say::VoicePurchaseToCheck,
        attention(Attention::OutcomeUnknown),
        attention(Attention::AmountDiffers),
        attention(Attention::UnexpectedCharge),
        attention(Attention::ClosedUnexpectedly),
        attention(Attention::CaptureFailed),
    ];
    let charging = State::Charging { attempt: attempt(), standing: Standing::Sent, cancel: false };
    let more = [Say::AlreadyOrdered { status: Some(Status::Queued) }, Say::OrderIs { order: order(charging) }];
    for say in open.into_iter().chain(more) {
        let speech = ended(say);
        for claim in ["paid", "is placed", "been placed", "is complete", "haven't been charged", "haven't placed", "Thank you"] {
            assert!(!speech.contains(claim), "{speech}");
        }
    }
}

#[test]
fn a_refund_that_failed_is_not_called_an_order_that_went_through() {
    for say in [Say::OrderIs { order: order(refund_failed()) }, Say::Earlier { order: order(refund_failed()) }] {
        let speech = ended(say);
        assert!(speech.starts_with("A refund of $80.38 for your") && speech.contains("didn't work"), "{speech}");
        assert!(!speech.contains("went through") && !speech.contains("placed"), "{speech}");
    }
    let twice = ended(Say::Attention { order: order(refunded_twice()) });
    assert!(twice.starts_with("The refunds for your order"), "{twice}");
}

#[test]
fn what_is_paid_already_is_not_called_placed_because_it_may_be_given_back() {
    let statuses = [None, Some(Status::Authorized), Some(Status::Processed), Some(Status::PartiallyRefunded), Some(Status::Refunded)];
    for status in statuses {
        let speech = ended(Say::AlreadyOrdered { status });
        assert!(!speech.contains("placed"), "{status:?}: {speech}");
    }
}

#[test]
fn an_open_payment_is_told_without_claims_of_what_was_asked_or_will_be() {
    // The charge may never have left, and where the order is to be cancelled nothing is sent any more.
    let charging = |standing| State::Charging { attempt: attempt(), standing, cancel: false };
    let unknown = charging(Standing::Unknown { since: Time::from_unix(1_795_000_000) });
    let says = [
        Say::Pending,
        Say::OutcomeUnknown,
        Say::CheckingPayment,
        Say::PaymentUnderWay,
        Say::ConsentToCheck,
        Say::OrderIs { order: order(charging(Standing::Sent)) },
        Say::OrderIs { order: order(unknown) },
    ];
    for say in says {
        let speech = ended(say);
        for claim in ["few minutes", "I haven't heard", "hasn't told", "how it went", "how your last payment went"] {
            assert!(!speech.contains(claim), "{speech}");
        }
    }
    assert!(ended(Say::NoOrders).contains("recent"), "older ones may be hidden by carts");
}

#[test]
fn a_new_buyer_hears_what_to_say_and_a_returning_one_what_is_in_the_cart() {
    assert_eq!(
        asked(vec![Say::Welcome], None),
        "Welcome to Petal and Stem. Ask me what we have, or order right away, for example: buy two bouquets of roses. What would you like?"
    );
    assert_eq!(
        asked(vec![Say::Welcome, Say::LeftCart { lines: vec![named(2, "bouquets of roses")] }], Some(Question::KeepCart)),
        "Welcome back to Petal and Stem. You still have 2 bouquets of roses in your cart from last time. We can go on with that, or start \
         fresh. Would you like to keep that cart?"
    );
}

#[test]
fn the_read_back_names_seller_items_delivery_and_total() {
    let total = quote("WA").total;
    let reply = |says| Reply::ask(says, Session { question: Some(Question::PlaceOrder { total }), cart: cart(), ..Session::default() });
    let address = order(State::Draft).address.map(Box::new);
    let read = rendered(&reply(vec![Say::ReadBack { quote: Box::new(quote("WA")), address }]));
    assert_eq!(
        read.speech,
        "Your order from Petal and Stem is 2 bouquets of roses and one glass vase, delivered to Jane Doe, 1 Main Street, Seattle. The items \
         come to $69.48, shipping is $5.99 and tax is $4.91. The total is $80.38, including shipping and tax. Shall I place the order?"
    );
    assert_eq!(read.reprompt.as_deref(), Some("The total is $80.38. Shall I place the order?"));
    let again = rendered(&reply(vec![Say::Again(Said(read.speech.clone()))]));
    assert_eq!((again.speech, again.reprompt), (read.speech, read.reprompt));
    let help = rendered(&reply(vec![Say::Unclear]));
    assert_eq!(help.speech, "Sorry, I didn't get that. The total is $80.38. Shall I place the order?");
}

#[test]
fn what_could_be_meant_is_asked_with_names() {
    let which = |skus: &[&str]| Some(Question::Which { skus: skus.iter().map(|text| sku(text)).collect(), wish: Wish::Remove });
    assert_eq!(
        asked(vec![Say::Nearest { said: "lilacs".into() }], which(&["lilies", "tulips"])),
        "Sorry, I couldn't find lilacs. Do you mean the bouquet of lilies or the bunch of tulips?"
    );
    assert_eq!(
        asked(vec![Say::Several { count: 3 }], which(&["roses", "white-roses", "tulips"])),
        "I have a few that could be it. Do you mean the bouquet of roses, the bouquet of white roses or the bunch of tulips?"
    );
    assert_eq!(asked(vec![Say::WhichProduct], which(&[])), "Okay. Which product shall I take out?");
    assert_eq!(
        asked(Vec::new(), Some(Question::HowMany { sku: sku("roses"), change: false })),
        "How many bouquets of roses would you like?"
    );
}

#[test]
fn a_confirmation_is_spoken_and_on_a_card_that_says_which_world_it_is() {
    let say = Say::Ordered { order: order(State::Paid(paid(&[]))) };
    let reply = Reply::end(vec![say]);
    let simulated = rendered(&reply);
    assert_eq!(
        simulated.speech,
        "Thank you! Your payment of $80.38 went through, and your order with Petal and Stem is complete: 2 bouquets of roses and one glass \
         vase. The details are on a card in your Alexa app."
    );
    let number = order(State::Draft).id;
    let body = format!(
        "2 × bouquets of roses: $49.98\n1 × glass vase: $19.50\n\nItems: $69.48\nShipping: $5.99\nTax: $4.91\nTotal paid: $80.38\n\n\
         Delivered to: Jane Doe, 1 Main Street, Seattle\nOrder number: {number}\n\nThank you for shopping with Petal and Stem!\n\
         Phone: 206 555 0142\nE-mail: hello@petalandstem.example\nHours: Monday to Saturday, nine to five Pacific time"
    );
    let card = |label: &str| {
        let title = "Your order from Petal and Stem".to_owned();
        Some(Card::Simple { title, text: format!("{label}{body}") })
    };
    assert_eq!(simulated.card, card("SIMULATED ORDER – no money has moved.\n\n"));
    let world = |world| {
        let order = Order { world, ..*order(State::Paid(paid(&[]))) };
        rendered(&Reply::end(vec![Say::Ordered { order: Box::new(order) }])).card
    };
    assert_eq!(world(World::Sandbox), card("SANDBOX ORDER – a test buyer, no money has moved.\n\n"));
    assert_eq!(world(World::Live), card(""));
}

#[test]
fn consent_and_contact_come_with_cards() {
    let card = |say| rendered(&Reply::end(vec![say])).card;
    assert_eq!(card(Say::ConsentNeeded), Some(Card::Consent));
    let contact = shop().contact;
    let says = [
        Say::CancelByContact { contact: contact.clone() },
        Say::RefundByContact { contact: contact.clone() },
        Say::Contact { contact: contact.clone() },
    ];
    for say in says {
        assert!(matches!(card(say), Some(Card::Simple { text, .. }) if text.contains(&contact.email) && text.contains(&contact.phone)));
    }
    assert_eq!(card(Say::CartKept), None);
}

#[test]
fn what_amazon_pay_explains_is_not_explained_again() {
    for decline in DECLINES.into_iter().filter(|decline| decline.spoken_by_amazon()) {
        assert_eq!(ended(Say::Declined(decline)), "I've kept your cart.");
    }
}

#[test]
fn another_language_is_answered_in_the_first() {
    let speech = Speech::new(&[english()]).unwrap();
    let german = Locale::parse("de-DE").unwrap();
    let rendered = speech.render(&shop(), &german, &Reply::end(vec![Say::CartEmpty]));
    assert_eq!(rendered.speech, "Your cart is empty.");
    assert_eq!(Speech::new(std::slice::from_ref(&german)).err(), Some(SpeechError::NoFile(german)));
    assert_eq!(Speech::new(&[]).err(), Some(SpeechError::NoLanguage));
}

#[test]
fn nothing_to_say_is_silence() {
    assert_eq!(rendered(&Reply::nothing()), Rendered::default());
}
