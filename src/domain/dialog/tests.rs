//! Given what is stored, when a session begins or goes on, then what the buyer hears of earlier payments.

use super::*;
use crate::config::{Config, Env};
use crate::domain::cart::Line;
use crate::domain::ids::AmazonId;
use crate::domain::order::{Attention, Capture, Hindrance, Hold, Outcome, Paid, Rail, Refund, RefundStanding, Standing};
use crate::domain::payment::{AgreementStatus, Attempt, CaptureMode, Names, Timing};
use crate::domain::place::Zone;
use crate::domain::shop::World;
use crate::domain::wallet::WalletState;

const NOW: Time = Time::from_unix(1_795_000_000);

struct Given {
    shop: Shop,
    buyer: BuyerId,
    locale: Locale,
    consent: bool,
    now: Time,
    request: &'static str,
}

impl Given {
    fn new() -> Self {
        let (buyer, locale) = (BuyerId::parse("0123456789ABCDEF").unwrap(), Locale::parse("en-US").unwrap());
        Self { shop: Config::embedded(&Env::default()).unwrap().shop, buyer, locale, consent: true, now: NOW, request: "ZZ23456789ABCDEF" }
    }

    /// What the input comes to in a session that may be new.
    fn when(&self, session: Session, input: &Input, orders: &[Order], left: Option<LeftCart>) -> Step {
        let write = WriteId::parse(self.request).unwrap();
        decide(&self.moment(&write), session, input, &Known::Opening(Opening { orders: orders.to_vec(), left, ..Opening::default() }))
    }

    fn moment<'a>(&'a self, write: &'a WriteId) -> Moment<'a> {
        let Self { shop, buyer, locale, now, consent, .. } = self;
        Moment { shop, buyer, locale, now: *now, write, consent: *consent, link: None }
    }

    fn launch(&self, orders: &[Order]) -> Step {
        self.when(Session::default(), &Input::Launch, orders, None)
    }

    fn says(&self, intent: Intent, orders: &[Order]) -> Step {
        self.when(Session::default(), &Input::Intent(intent), orders, None)
    }

    /// An order that was last changed at `at`, by `by`.
    fn order(&self, state: State, at: Time, by: &str) -> Order {
        let write = WriteId::parse(by).unwrap();
        let zone = Zone { country: "US".into(), region: "WA".into() };
        let quote = Quote::of(&roses(), &self.shop.catalog, &self.shop.rates, &self.locale, &zone).unwrap();
        Order {
            id: OrderId::begin(&self.shop.order_prefix, &self.buyer, at, &write),
            rail: Rail::Directive,
            world: World::Simulated,
            locale: self.locale.clone(),
            goods: if state.is_cart() { Goods::Cart(roses()) } else { Goods::Quoted(quote) },
            agreement: BillingAgreementId::parse("C01-1234567-1234567").ok(),
            address: None,
            history: vec![Entry { at, who: Actor::Amazon, what: Event::ChargeAnswered, to: state.name(), write, note: None }],
            state,
        }
    }

    fn rested(&self, state: State) -> Order {
        self.order(state, NOW.plus(-Time::MINUTE), "AA23456789ABCDEF")
    }
}

fn roses() -> Cart {
    Cart::of([Line { sku: Sku::parse("roses").unwrap(), quantity: 2 }])
}

fn attempt() -> Attempt {
    let amount = Money::new(5_961, crate::domain::money::Currency::Usd);
    Attempt { number: 1, amount, capture: CaptureMode::Immediate, timing: Timing::Synchronous, checkout: None }
}

fn hold() -> Hold {
    Hold { attempt: attempt(), names: Names { authorization: AmazonId::parse("A1").ok(), ..Names::default() }, since: NOW, refused: 0 }
}

fn paid() -> State {
    State::Paid(Paid {
        attempt: attempt(),
        names: hold().names,
        captured: attempt().amount,
        refunds: Vec::new(),
        captures: 0,
        parcels: Vec::new(),
    })
}

fn charging(standing: Standing) -> State {
    State::Charging { attempt: attempt(), standing, cancel: false }
}

fn unknown() -> State {
    charging(Standing::Unknown { since: NOW.plus(-Time::MINUTE) })
}

fn needs(reason: Attention) -> State {
    State::NeedsAttention { reason, was: Box::new(unknown()) }
}

/// Every state in which money has come to rest, or should not be waited for.
fn at_rest() -> Vec<State> {
    let refund = Refund { number: 1, amount: attempt().amount, standing: RefundStanding::Open };
    let paid_out = Paid {
        attempt: attempt(),
        names: hold().names,
        captured: attempt().amount,
        refunds: vec![refund],
        captures: 0,
        parcels: Vec::new(),
    };
    vec![
        paid(),
        State::Paid(paid_out.clone()),
        State::Disputed(paid_out),
        State::Authorized(hold()),
        State::Capturing(Capture { hold: hold(), amount: attempt().amount }),
        State::Voiding(hold()),
        State::Declined { attempt: attempt(), decline: Decline::AmazonRejected },
        State::Declined { attempt: attempt(), decline: Decline::InvalidPaymentMethodSoft },
        State::Cancelled { last: Some(attempt()) },
        State::Expired(hold()),
        needs(Attention::OutcomeUnknown),
        needs(Attention::AmountDiffers),
        needs(Attention::UnexpectedCharge),
        needs(Attention::ClosedUnexpectedly),
    ]
}

fn open() -> Vec<State> {
    vec![charging(Standing::Sent), charging(Standing::Pending(hold().names)), unknown()]
}

fn news(order: &Order) -> Say {
    let order = Box::new(order.clone());
    if matches!(order.state, State::NeedsAttention { .. }) { Say::Attention { order } } else { Say::Earlier { order } }
}

/// The reply of a turn that stores nothing.
fn reply(step: Step) -> Reply {
    let Step::Reply(reply) = step else { panic!("{step:?}") };
    reply
}

/// The write and the reply of a turn that gives a payment up.
fn given_up(step: Step) -> (Amend, Reply) {
    let Step::Store { write: Write::Amend(amend), then: Then::Reply(reply) } = step else { panic!("{step:?}") };
    (*amend, *reply)
}

fn under_way(say: &Say) -> bool {
    matches!(say, Say::Pending | Say::PaymentUnderWay | Say::CheckingPayment | Say::OutcomeUnknown)
}

#[test]
fn invariant_how_a_payment_went_is_told_at_the_beginning_of_the_next_session() {
    let given = Given::new();
    for state in at_rest() {
        let order = given.rested(state);
        let orders = [order.clone()];
        assert_eq!(reply(given.launch(&orders)).says[0], news(&order));
        for intent in [Intent::Browse, Intent::Refund, Intent::Help, Intent::Unclear, Intent::ReadCart] {
            assert_eq!(reply(given.says(intent.clone(), &orders)).says[0], news(&order), "{intent:?}");
        }
    }
}

#[test]
fn invariant_nothing_is_told_of_a_payment_that_is_open_but_that_it_is() {
    for consent in [true, false] {
        let given = Given { consent, ..Given::new() };
        for state in open() {
            for ago in [0, 30, 90, Time::DAY - 1] {
                let order = given.order(state.clone(), NOW.plus(-ago), "AA23456789ABCDEF");
                for input in [Input::Launch, Input::Intent(Intent::Help), Input::Intent(Intent::CheckOut)] {
                    let says = match given.when(Session::default(), &input, std::slice::from_ref(&order), None) {
                        Step::Reply(reply) => reply.says,
                        // Sent becomes unknown, and is asked for again.
                        Step::Store { write: Write::Amend(amend), then } => stored(amend.of(&order), then).says,
                        step @ (Step::Store { .. } | Step::Keep { .. } | Step::Count { .. }) => panic!("{step:?}"),
                    };
                    assert!(under_way(&says[0]), "{state:?}, {ago} s ago: {says:?}");
                    assert!(!says.iter().any(|say| matches!(say, Say::Earlier { .. } | Say::Attention { .. })), "{says:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_old_is_not_told_any_more_unless_it_is_in_doubt() {
    let given = Given::new();
    for state in at_rest() {
        let at = |ago: i64| given.order(state.clone(), NOW.plus(-ago), "AA23456789ABCDEF");
        let (recent, old) = (at(Time::DAY - 1), at(Time::DAY));
        assert_eq!(reply(given.launch(std::slice::from_ref(&recent))).says[0], news(&recent));
        let says = reply(given.launch(std::slice::from_ref(&old))).says;
        if state == needs(Attention::OutcomeUnknown) {
            assert_eq!(says[0], news(&old));
        } else {
            assert_eq!(says[0], Say::Welcome, "{state:?}");
        }
    }
}

#[test]
fn the_newest_two_are_told_and_nothing_of_carts_or_other_worlds() {
    let given = Given::new();
    let elsewhere = Order { world: World::Sandbox, ..given.rested(paid()) };
    let cart = given.order(State::Ready, NOW.plus(-90 * Time::DAY), "BB23456789ABCDEF");
    let [first, second, third] =
        ["CC23456789ABCDEF", "DD23456789ABCDEF", "EE23456789ABCDEF"].map(|by| given.order(paid(), NOW.plus(-Time::MINUTE), by));
    let says = reply(given.launch(&[elsewhere, cart, first.clone(), second.clone(), third.clone()])).says;
    assert_eq!(says, [news(&first), news(&second)]);
    // One that was begun before the others, and settled after them.
    let mut late = third;
    late.history[0].at = NOW;
    assert_eq!(reply(given.launch(&[first.clone(), second, late.clone()])).says, [news(&late), news(&first)]);
}

#[test]
fn a_decline_is_old_news_once_the_same_goods_were_ordered_again() {
    let given = Given::new();
    let declined = || State::Declined { attempt: attempt(), decline: Decline::AmazonRejected };
    let first = given.order(declined(), NOW.plus(-2 * Time::MINUTE), "AA23456789ABCDEF");
    for state in [paid(), declined(), needs(Attention::AmountDiffers)] {
        let second = given.rested(state);
        assert_eq!(reply(given.says(Intent::Help, &[second.clone(), first.clone()])).says, [news(&second), Say::Help]);
    }
    let of_others = Order { goods: Goods::Cart(Cart::default()), ..given.rested(paid()) };
    assert_eq!(reply(given.says(Intent::Help, &[of_others.clone(), first.clone()])).says, [news(&of_others), news(&first), Say::Help]);
}

#[test]
fn a_decline_that_comes_to_light_later_is_told_in_words() {
    let given = Given::new();
    let write = WriteId::parse(given.request).unwrap();
    let moment = given.moment(&write);
    let decline = Decline::InvalidPaymentMethodHard;
    let answer = Answer::Charge { attempt: Some(1), amount: None, outcome: Outcome::Declined { decline } };
    for (before, told) in [(Event::SaidYes, false), (Event::TimePassed, true), (Event::ChargeAnswered, true)] {
        let mut order = given.rested(State::Declined { attempt: attempt(), decline });
        order.history.insert(0, Entry { what: before, ..order.history[0].clone() });
        let says = if told { vec![news(&order), Say::CartKept] } else { vec![Say::Declined(decline)] };
        assert_eq!(super::reply(&moment, &answer, order).says, says);
    }
}

#[test]
fn a_capture_of_an_order_that_is_to_be_cancelled_is_told_as_what_is_given_back() {
    let given = Given::new();
    let write = WriteId::parse(given.request).unwrap();
    let captured = Outcome::Captured { amount: None, names: Names::default() };
    let answer = Answer::Charge { attempt: Some(1), amount: None, outcome: captured.clone() };
    let cancelling = State::Charging { attempt: attempt(), standing: Standing::Sent, cancel: true };
    let order = given.rested(apply(&cancelling, &Report::Charge { attempt: Some(1), outcome: captured }, NOW));
    let says = super::reply(&given.moment(&write), &answer, order.clone()).says;
    assert_eq!(says, [Say::OrderIs { order: Box::new(order) }]);
}

#[test]
fn news_comes_with_the_set_up_that_the_first_words_lead_to() {
    let given = Given::new();
    let order = Order { agreement: None, ..given.rested(paid()) };
    let left = LeftCart { order: OrderId::parse("PSZZZZZZZZZ0123456789ABCDEF").unwrap(), cart: roses(), at: NOW };
    let step = given.when(Session::default(), &Input::Intent(Intent::CheckOut), std::slice::from_ref(&order), Some(left));
    let Step::Store { write: Write::Create(created), then } = step else { panic!("{step:?}") };
    let reply = stored(*created, then);
    assert_eq!(reply.says, [news(&order)]);
    assert!(matches!(reply.send, Some(Send::Setup(_))));
}

#[test]
fn a_payment_that_is_given_up_to_a_person_does_not_send_the_buyer_away() {
    let given = Given { now: NOW.plus(Time::DAY), ..Given::new() };
    for state in open() {
        let order = given.rested(state);
        for input in [Input::Launch, Input::Intent(Intent::Help), Input::Intent(Intent::OrderStatus), Input::Intent(Intent::CheckOut)] {
            let when = |order: &Order| given.when(Session::default(), &input, std::slice::from_ref(order), None);
            let (amend, reply) = given_up(when(&order));
            assert!(matches!(amend.state, State::NeedsAttention { reason: Attention::OutcomeUnknown, .. }));
            let after = amend.of(&order);
            let told = [news(&after), Say::OrderIs { order: Box::new(after.clone()) }];
            assert!(told.contains(&reply.says[0]), "{input:?}: {reply:?}");
            assert!(reply.session.as_ref().is_some_and(|session| !session.unsettled), "{reply:?}");
            // The same request once more.
            assert_eq!(when(&after), Step::Reply(reply), "{input:?}");
        }
    }
}

#[test]
fn a_turn_that_gives_a_payment_up_writes_nothing_else_whenever_it_comes() {
    let given = Given { now: NOW.plus(Time::DAY), ..Given::new() };
    let [first, second] = ["AA23456789ABCDEF", "BB23456789ABCDEF"].map(|by| given.order(unknown(), NOW, by));
    let left = LeftCart { order: OrderId::parse("PSZZZZZZZZZ0123456789ABCDEF").unwrap(), cart: roses(), at: NOW };
    let when = |orders: &[Order]| given.when(Session::default(), &Input::Intent(Intent::CheckOut), orders, Some(left.clone()));
    let (amend, one) = given_up(when(std::slice::from_ref(&first)));
    assert_eq!(one.session.as_ref().unwrap().question, Some(Question::CheckOut), "the buyer is asked once more: {one:?}");
    assert_eq!(when(&[amend.of(&first)]), Step::Reply(one));
    // Two at once: one is given up, the other still keeps everything else from being charged.
    let (amend, two) = given_up(when(&[first.clone(), second.clone()]));
    assert!(two.session.as_ref().unwrap().unsettled);
    assert_eq!(when(&[amend.of(&first), second]), Step::Reply(two));
}

#[test]
fn a_buyer_who_must_allow_the_question_first_hears_so() {
    let given = Given { consent: false, ..Given::new() };
    let order = given.order(unknown(), NOW.plus(-2 * Time::MINUTE), "AA23456789ABCDEF");
    let orders = std::slice::from_ref(&order);
    assert_eq!(reply(given.launch(orders)).says, [Say::PaymentUnderWay, Say::ConsentToCheck]);
    let status = reply(given.says(Intent::OrderStatus, orders)).says;
    assert_eq!(status, [Say::OrderIs { order: Box::new(order.clone()) }, Say::ConsentToCheck]);
    let session = Session { unsettled: true, cart: roses(), ..Session::default() };
    let write = WriteId::parse(given.request).unwrap();
    let check_out = decide(&given.moment(&write), session, &Input::Intent(Intent::CheckOut), &Known::Nothing);
    assert_eq!(reply(check_out).says, [Say::PaymentUnderWay, Say::ConsentToCheck]);
}

#[test]
fn order_status_tells_of_the_newest_and_then_what_is_new_of_others() {
    let given = Given::new();
    let [first, second] = ["AA23456789ABCDEF", "BB23456789ABCDEF"].map(|by| given.order(paid(), NOW, by));
    let running = Session { said: Some(Said("Welcome.".into())), cart: roses(), ..Session::default() };
    let told = vec![Say::OrderIs { order: Box::new(first.clone()) }, news(&second)];
    for (session, waiting) in [(Session::default(), vec![]), (running, vec![not_ordered()])] {
        let step = given.when(session, &Input::Intent(Intent::OrderStatus), &[first.clone(), second.clone()], None);
        assert_eq!(reply(step).says, [waiting, told.clone()].concat());
    }
}

/// That the roses in the cart are not what the status is about.
fn not_ordered() -> Say {
    Say::CartNotOrdered { lines: vec![Named { quantity: 2, name: "bouquets of roses".into() }] }
}

/// A session in which the read-back of some roses has been heard.
fn read_back(given: &Given, order: Option<Begun>) -> Session {
    let zone = Zone { country: "US".into(), region: "WA".into() };
    let quote = Quote::of(&roses(), &given.shop.catalog, &given.shop.rates, &given.locale, &zone).unwrap();
    let address = Address { country: Some("US".into()), region: Some("WA".into()), ..Address::default() };
    let wallet =
        Wallet { rail: Rail::Directive, agreement: BillingAgreementId::parse("C01-1234567-1234567").unwrap(), address: Some(address) };
    let order = order.or_else(|| {
        let id = OrderId::begin(&given.shop.order_prefix, &given.buyer, NOW, &WriteId::parse("CC23456789ABCDEF").unwrap());
        Some(Begun { id, version: None, declined: false })
    });
    Session {
        cart: roses(),
        order,
        wallet: Some(wallet),
        question: Some(Question::PlaceOrder { total: quote.total }),
        ..Session::default()
    }
}

#[test]
fn a_yes_looks_at_the_buyers_orders_before_it_charges() {
    let given = Given::new();
    let session = read_back(&given, None);
    assert_eq!(reads(false, &session, &Input::Intent(Intent::Yes)), Reads::Opening);
    let yes = |session, orders: &[Order]| given.when(session, &Input::Intent(Intent::Yes), orders, None);
    assert!(matches!(yes(session.clone(), &[]), Step::Store { write: Write::Create(_), .. }));
    // One that is in doubt, from another device or an answer that came late.
    let doubt = given.order(unknown(), NOW.plus(-Time::HOUR), "AA23456789ABCDEF");
    let kept = reply(yes(session.clone(), std::slice::from_ref(&doubt)));
    assert!(kept.send.is_none() && kept.says[0] == Say::PaymentUnderWay, "{kept:?}");
    // One of another world is nothing to this shop.
    let elsewhere = Order { world: World::Sandbox, ..doubt };
    assert!(matches!(yes(session, &[elsewhere]), Step::Store { .. }));
}

/// Whatever rail is open to a link that was ended, nothing is charged beside a payment in doubt.
#[test]
fn a_link_that_was_ended_shows_nothing_but_what_is_in_doubt() {
    let given = Given::new();
    let write = WriteId::parse(given.request).unwrap();
    let wallet = |generation| SavedWallet {
        world: World::Simulated,
        permission: BillingAgreementId::parse("C01-0000000-0000000").unwrap(),
        state: WalletState::Chargeable,
        earlier: Vec::new(),
        address: None,
        email: None,
        generation,
        code: None,
        always_ask: false,
        at: NOW,
        version: write.clone(),
    };
    let (doubted, settled) = (given.rested(unknown()), given.rested(paid()));
    let opening = |generation| {
        let orders = vec![settled.clone(), doubted.clone()];
        Opening { orders, wallet: Some(Box::new(wallet(generation))), ..Opening::default() }
    };
    let moment = Moment { link: Some(Link { generation: 1 }), ..given.moment(&write) };
    assert_eq!(seen_by(&moment, opening(1)), opening(1));
    assert_eq!(seen_by(&moment, opening(2)), Opening { orders: vec![doubted.clone()], ..Opening::default() });
}

#[test]
fn a_cart_that_was_begun_before_the_account_was_linked_becomes_an_order_of_the_linked_buyer() {
    let given = Given::new();
    let before = BuyerId::parse("ZZZZZZZZZZZZZZZZ").unwrap();
    let id = OrderId::begin(&given.shop.order_prefix, &before, NOW, &WriteId::parse("CC23456789ABCDEF").unwrap());
    let session = read_back(&given, Some(Begun { id, version: None, declined: false }));
    let Step::Store { write: Write::Create(order), .. } = given.when(session, &Input::Intent(Intent::Yes), &[], None) else { panic!() };
    assert_eq!(order.id.buyer(), given.buyer);
}

#[test]
fn a_yes_to_an_order_that_newer_ones_hide_is_asked_for_again_and_charges_nothing() {
    let given = Given::new();
    // Whether the yes has charged it before cannot be seen from here.
    for state in [State::Ready, paid()] {
        let hidden = given.order(state, NOW.plus(-Time::DAY), "AA23456789ABCDEF");
        let begun = Begun { id: hidden.id.clone(), version: hidden.version().cloned(), declined: false };
        let newer: Vec<_> =
            (1..=4).map(|minutes| given.order(State::Draft, NOW.plus(-minutes * Time::MINUTE), "DD23456789ABCDEF")).collect();
        let asked = reply(given.when(read_back(&given, Some(begun)), &Input::Intent(Intent::Yes), &newer, None));
        assert!(matches!(asked.says[..], [Say::ReadBack { .. }]) && asked.send.is_none(), "{asked:?}");
        // The next yes is to an order of its own.
        let session = asked.session.unwrap();
        assert_eq!(session.order.as_ref().map(|begun| begun.version.is_none() && begun.id != hidden.id), Some(true));
        assert!(matches!(given.when(session, &Input::Intent(Intent::Yes), &newer, None), Step::Store { write: Write::Create(_), .. }));
    }
}

#[test]
fn a_yes_is_to_the_version_that_was_read_back() {
    let given = Given::new();
    let decline = Decline::InvalidPaymentMethodSoft;
    // Another device has got further with the same cart meanwhile.
    for state in [State::Ready, State::Declined { attempt: attempt(), decline }, paid()] {
        let order = given.order(state, NOW.plus(-Time::MINUTE), "AA23456789ABCDEF");
        let seen = Begun { id: order.id.clone(), version: WriteId::parse("BB23456789ABCDEF").ok(), declined: false };
        let step = given.when(read_back(&given, Some(seen)), &Input::Intent(Intent::Yes), std::slice::from_ref(&order), None);
        assert!(matches!(step, Step::Reply(Reply { send: None, .. })), "{step:?}");
        let seen = Begun { version: order.version().cloned(), ..read_back(&given, None).order.unwrap() };
        let seen = Begun { id: order.id.clone(), ..seen };
        let step = given.when(read_back(&given, Some(seen)), &Input::Intent(Intent::Yes), std::slice::from_ref(&order), None);
        assert_eq!(matches!(step, Step::Store { .. }), !matches!(order.state, State::Paid(_)), "{step:?}");
    }
}

#[test]
fn a_total_that_is_another_now_is_read_back_again_and_not_charged() {
    let given = Given::new();
    let session = read_back(&given, None);
    let Some(Question::PlaceOrder { total }) = session.question else { panic!("a read-back asks for the order") };
    let before = Session { question: Some(Question::PlaceOrder { total: total.times(2).unwrap() }), ..session };
    let heard = reply(given.when(before, &Input::Intent(Intent::Yes), &[], None));
    assert!(heard.says[0] == Say::PriceChanged && matches!(heard.says[1], Say::ReadBack { .. }), "{heard:?}");
    assert_eq!(heard.session.unwrap().question, Some(Question::PlaceOrder { total }));
}

#[test]
fn a_repeated_yes_is_answered_as_it_was_even_by_a_shop_with_other_prices() {
    let given = Given::new();
    let charging = State::Charging { attempt: attempt(), standing: Standing::Sent, cancel: false };
    let order = given.order(charging, NOW, given.request);
    let session =
        Session { question: Some(Question::PlaceOrder { total: order.total().unwrap().times(2).unwrap() }), ..read_back(&given, None) };
    let repeated = reply(given.when(session, &Input::Intent(Intent::Yes), std::slice::from_ref(&order), None));
    assert_eq!(repeated.send, Some(Send::Charge(Box::new(order))));
}

#[test]
fn a_set_up_that_is_answered_late_is_stored_and_asks_nothing() {
    let given = Given::new();
    let write = WriteId::parse(given.request).unwrap();
    let agreement = BillingAgreementId::parse("C01-1234567-1234567").ok();
    let answer = Answer::SetUp { status: AgreementStatus::Open, agreement, address: read_back(&given, None).wallet.unwrap().address };
    for (ago, asks) in [(2, true), (Time::MINUTE, false), (3 * Time::DAY, false)] {
        let mut order = given.order(State::Ready, NOW.plus(-ago), "AA23456789ABCDEF");
        order.history[0].what = Event::CheckedOut;
        order.address = read_back(&given, None).wallet.unwrap().address;
        let told = super::reply(&given.moment(&write), &answer, order);
        assert_eq!(told.session.is_some(), asks, "{ago} s: {told:?}");
        assert_eq!(told.says.is_empty(), !asks);
    }
}

#[test]
fn whoever_has_enabled_the_skill_anew_does_not_go_on_with_an_order_from_before() {
    let given = Given::new();
    let write = WriteId::parse(given.request).unwrap();
    let decline = Decline::InvalidPaymentMethodSoft;
    let answer = Answer::Charge { attempt: Some(1), amount: None, outcome: Outcome::Declined { decline } };
    let order = given.rested(State::Declined { attempt: attempt(), decline });
    assert!(super::reply(&given.moment(&write), &answer, order.clone()).session.is_some());
    let anew = BuyerId::parse("ZZ23456789ABCDEF").unwrap();
    let moment = Moment { buyer: &anew, ..given.moment(&write) };
    let told = super::reply(&moment, &answer, order);
    assert_eq!((told.session, told.says), (None, vec![Say::AlreadyOrdered { status: Some(Status::Declined) }]));
}

#[test]
fn order_status_in_a_running_session_asks_amazon_only_where_no_cart_gets_lost() {
    let given = Given::new();
    let order = given.order(unknown(), NOW.plus(-2 * Time::MINUTE), "AA23456789ABCDEF");
    let when = |session| reply(given.when(session, &Input::Intent(Intent::OrderStatus), std::slice::from_ref(&order), None));
    let said = Some(Said("Welcome.".into()));
    assert!(matches!(when(Session { said: said.clone(), ..Session::default() }).send, Some(Send::Charge(_))));
    let kept = when(Session { said, cart: roses(), ..Session::default() });
    assert_eq!(kept.says, [not_ordered(), Say::OrderIs { order: Box::new(order.clone()) }]);
    assert!(kept.session.is_some_and(|session| session.unsettled && session.cart == roses()));
}

#[test]
fn what_the_buyer_must_change_before_amazon_answers_comes_without_a_promise() {
    let given = Given::new();
    let write = WriteId::parse(given.request).unwrap();
    let moment = given.moment(&write);
    let outcome = Outcome::NotTried { because: Hindrance::Request };
    for (trouble, then) in [(Trouble::Permission, Say::ConsentToCheck), (Trouble::VoicePurchaseOff, Say::VoicePurchaseToCheck)] {
        let answer = Answer::ChargeFailed { outcome: outcome.clone(), trouble };
        assert_eq!(super::reply(&moment, &answer, given.rested(unknown())).says, [Say::OutcomeUnknown, then]);
    }
}
