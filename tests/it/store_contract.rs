//! Every promise of `ports::Store`, against a real engine and against the store in memory.

use proptest::prelude::*;
use voicetill::adapters::record;
use voicetill::domain::cart::{Cart, Line};
use voicetill::domain::dialog::{Amend, LeftCart};
use voicetill::domain::ids::{AmazonId, BillingAgreementId, BuyerId, CheckoutId, Locale, OrderId, OrderPrefix, Sku, WriteId};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{
    Actor, Attention, Capture, Entry, Event, Goods, Hold, Note, Order, Paid, Parcel, Parts, Rail, Refund, RefundStanding, Standing, State,
};
use voicetill::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
use voicetill::domain::place::Address;
use voicetill::domain::quote::{Quote, QuotedLine};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::domain::wallet::{Email, SavedWallet, UpdateReason, VoiceCode, WalletState};
use voicetill::ports::{Saved, Store, Wallets, Written};

use crate::meter;

fn write(letter: char) -> WriteId {
    WriteId::parse(&letter.to_string().repeat(16)).unwrap()
}

fn buyer() -> BuyerId {
    BuyerId::parse("0123456789ABCDEF").unwrap()
}

fn entry(at: i64, what: Event, state: &State, letter: char) -> Entry {
    Entry { at: Time::from_unix(at), who: Actor::Buyer, what, to: state.name(), write: write(letter), note: None }
}

fn cart() -> Cart {
    Cart::of([Line { sku: Sku::parse("roses").unwrap(), quantity: 2 }])
}

fn order(at: i64, letter: char) -> Order {
    let state = State::SettingUp;
    Order {
        id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer(), Time::from_unix(at), &write(letter)),
        rail: Rail::Directive,
        world: World::Simulated,
        locale: Locale::parse("en-US").unwrap(),
        goods: Goods::Cart(cart()),
        agreement: None,
        address: None,
        history: vec![entry(at, Event::CheckedOut, &state, letter)],
        state,
    }
}

fn attempt() -> Attempt {
    Attempt {
        number: 1,
        amount: Money::new(5_498, Currency::Usd),
        capture: CaptureMode::Immediate,
        timing: Timing::Synchronous,
        checkout: None,
    }
}

fn ready(order: &Order, letter: char) -> Amend {
    Amend {
        order: order.id.clone(),
        version: order.version().unwrap().clone(),
        guess: Some(State::SettingUp),
        state: State::Ready,
        entry: entry(1_000_100, Event::SetupAnswered, &State::Ready, letter),
        goods: None,
        agreement: Some(BillingAgreementId::parse("C01-0000000-0000000").unwrap()),
        address: Some(Some(Address { lines: vec!["1 Example Street".into()], city: Some("Seattle".into()), ..Address::default() })),
    }
}

fn done(written: Written) -> Order {
    match written {
        Written::Done(order) => *order,
        other => panic!("expected the write to be done, got {other:?}"),
    }
}

fn before(written: Written) -> Order {
    match written {
        Written::Before(order) => *order,
        other => panic!("expected the write to have been done before, got {other:?}"),
    }
}

fn overtaken(written: Written) -> Order {
    match written {
        Written::Overtaken(order) => *order,
        other => panic!("expected the write to be overtaken, got {other:?}"),
    }
}

/// Every promise is kept by the adapter on a real engine, and by the store in memory that stands in for it where many runs are needed.
macro_rules! promises {
    ($($promise:ident,)*) => {
        mod on_the_engine {
            $(#[tokio::test]
            async fn $promise() {
                let (_engine, store, _) = crate::meter::store().await;
                super::$promise(&store).await;
            })*
        }

        mod in_memory {
            use voicetill::faults::chance::{Chance, Shared};
            use voicetill::faults::memory::Memory;

            $(#[tokio::test(start_paused = true)]
            async fn $promise() {
                super::$promise(&Memory::new(Shared::new(Chance::calm()))).await;
            })*
        }
    };
}

promises! {
    what_is_stored_comes_back,
    a_repeated_write_recognises_itself,
    a_repeat_that_comes_late_does_not_undo_what_came_after,
    of_two_writers_one_wins,
    a_wrong_guess_writes_nothing_and_shows_the_truth,
    what_is_not_there_is_missing,
    an_opening_is_the_wallet_and_the_newest_orders,
    a_newer_left_cart_is_not_replaced_by_an_older_one,
    a_wallet_comes_back_and_an_opening_brings_it_along,
    a_wallet_is_replaced_only_as_it_was_last_seen,
    a_wallet_and_a_left_cart_do_not_disturb_each_other,
}

#[tokio::test]
async fn an_opening_is_one_call() {
    let (_engine, store, meter) = meter::store().await;
    for at in [1_000_000, 3_000_000, 2_000_000] {
        done(store.create(&order(at, 'A')).await.unwrap());
    }
    meter.take();
    store.opening(&buyer()).await.unwrap();
    let count = meter.take();
    assert_eq!((count.reads, count.table_units), (1, 1.0));
}

async fn what_is_stored_comes_back(store: &impl Store) {
    let first = order(1_000_000, 'A');
    assert_eq!(done(store.create(&first).await.unwrap()), first);
    assert_eq!(store.order(&first.id).await.unwrap(), Some(first.clone()));
    let amended = done(store.amend(&ready(&first, 'B')).await.unwrap());
    assert_eq!(amended.state, State::Ready);
    assert_eq!(amended.history.len(), 2);
    assert_eq!(amended.version(), Some(&write('B')));
    assert_eq!(amended.address.as_ref().and_then(|address| address.city.as_deref()), Some("Seattle"));
    assert_eq!(store.order(&first.id).await.unwrap(), Some(amended.clone()));
    let without = Amend { version: write('B'), guess: None, address: Some(None), ..ready(&first, 'C') };
    assert_eq!(done(store.amend(&without).await.unwrap()).address, None);
}

async fn a_repeated_write_recognises_itself(store: &impl Store) {
    let first = order(1_000_000, 'A');
    done(store.create(&first).await.unwrap());
    assert_eq!(before(store.create(&first).await.unwrap()), first);
    let change = ready(&first, 'B');
    let once = done(store.amend(&change).await.unwrap());
    assert_eq!(before(store.amend(&change).await.unwrap()), once);
}

async fn a_repeat_that_comes_late_does_not_undo_what_came_after(store: &impl Store) {
    let first = order(1_000_000, 'A');
    done(store.create(&first).await.unwrap());
    let once = done(store.amend(&ready(&first, 'B')).await.unwrap());
    assert_eq!(overtaken(store.create(&first).await.unwrap()), once);
    let charging = State::Charging { attempt: attempt(), standing: Standing::Sent, cancel: false };
    let charge = Amend {
        version: write('B'),
        guess: Some(State::Ready),
        entry: entry(1_000_200, Event::SaidYes, &charging, 'C'),
        state: charging,
        agreement: None,
        address: None,
        ..ready(&first, 'C')
    };
    let charged = done(store.amend(&charge).await.unwrap());
    assert_eq!(overtaken(store.amend(&ready(&first, 'B')).await.unwrap()), charged);
}

async fn of_two_writers_one_wins(store: &impl Store) {
    let first = order(1_000_000, 'A');
    done(store.create(&first).await.unwrap());
    let (left, right) = (ready(&first, 'B'), ready(&first, 'C'));
    let (left, right) = tokio::join!(store.amend(&left), store.amend(&right));
    let wins = [left.unwrap(), right.unwrap()].iter().filter(|written| matches!(written, Written::Done(_))).count();
    assert_eq!(wins, 1);
}

async fn a_wrong_guess_writes_nothing_and_shows_the_truth(store: &impl Store) {
    let first = order(1_000_000, 'A');
    done(store.create(&first).await.unwrap());
    let wrong = Amend { guess: Some(State::Draft), ..ready(&first, 'B') };
    assert_eq!(overtaken(store.amend(&wrong).await.unwrap()), first);
    assert_eq!(store.order(&first.id).await.unwrap(), Some(first));
}

async fn what_is_not_there_is_missing(store: &impl Store) {
    let never = order(1_000_000, 'A');
    assert_eq!(store.amend(&ready(&never, 'B')).await.unwrap(), Written::Missing);
    assert_eq!(store.order(&never.id).await.unwrap(), None);
}

async fn an_opening_is_the_wallet_and_the_newest_orders(store: &impl Store) {
    for at in [1_000_000, 3_000_000, 2_000_000, 5_000_000, 4_000_000, 6_000_000] {
        done(store.create(&order(at, 'A')).await.unwrap());
    }
    let left = LeftCart { order: order(7_000_000, 'D').id, cart: cart(), at: Time::from_unix(7_000_000) };
    store.keep(&buyer(), &left, &write('D')).await.unwrap();
    let opening = store.opening(&buyer()).await.unwrap();
    assert_eq!(opening.orders, [6_000_000, 5_000_000, 4_000_000, 3_000_000].map(|at| order(at, 'A')));
    assert_eq!(opening.left, Some(left));
}

async fn a_newer_left_cart_is_not_replaced_by_an_older_one(store: &impl Store) {
    let at = |at| LeftCart { order: order(at, 'A').id, cart: cart(), at: Time::from_unix(at) };
    for seconds in [2, 3, 1, 3] {
        store.keep(&buyer(), &at(seconds), &write('A')).await.unwrap();
    }
    assert_eq!(store.opening(&buyer()).await.unwrap().left, Some(at(3)));
}

fn wallet(letter: char) -> SavedWallet {
    SavedWallet {
        world: World::Simulated,
        permission: BillingAgreementId::parse("C01-0000000-0000000").unwrap(),
        state: WalletState::NeedsUpdate(UpdateReason::MethodExpired),
        earlier: vec![BillingAgreementId::parse("C01-0000000-0000001").unwrap()],
        address: Some(Address { lines: vec!["1 Example Street".into()], city: Some("Seattle".into()), ..Address::default() }),
        email: Email::parse("ada@example.com"),
        generation: 3,
        code: Some(VoiceCode { salt: [1; 16], hash: [2; 32], wrong_tries: 2 }),
        always_ask: true,
        at: Time::from_unix(1_000_000),
        version: write(letter),
    }
}

async fn a_wallet_comes_back_and_an_opening_brings_it_along(store: &(impl Store + Wallets)) {
    assert_eq!(store.wallet(&buyer()).await.unwrap(), None);
    assert_eq!(store.save_wallet(&buyer(), &wallet('A'), None).await.unwrap(), Saved::Done);
    assert_eq!(store.wallet(&buyer()).await.unwrap(), Some(wallet('A')));
    done(store.create(&order(1_000_000, 'A')).await.unwrap());
    let opening = store.opening(&buyer()).await.unwrap();
    assert_eq!((opening.wallet, opening.orders.len(), opening.left), (Some(Box::new(wallet('A'))), 1, None));
    let bare = SavedWallet {
        address: None,
        email: None,
        code: None,
        always_ask: false,
        state: WalletState::Closed,
        earlier: vec![],
        ..wallet('B')
    };
    assert_eq!(store.save_wallet(&buyer(), &bare, Some(&write('A'))).await.unwrap(), Saved::Done);
    assert_eq!(store.wallet(&buyer()).await.unwrap(), Some(bare));
}

async fn a_wallet_is_replaced_only_as_it_was_last_seen(store: &impl Wallets) {
    let none = store.save_wallet(&buyer(), &wallet('B'), Some(&write('A'))).await.unwrap();
    assert_eq!(none, Saved::Overtaken(None));
    assert_eq!(store.save_wallet(&buyer(), &wallet('A'), None).await.unwrap(), Saved::Done);
    assert_eq!(store.save_wallet(&buyer(), &wallet('A'), None).await.unwrap(), Saved::Done, "it knows itself again");
    let there = Saved::Overtaken(Some(Box::new(wallet('A'))));
    assert_eq!(store.save_wallet(&buyer(), &wallet('B'), None).await.unwrap(), there);
    assert_eq!(store.save_wallet(&buyer(), &wallet('B'), Some(&write('C'))).await.unwrap(), there);
    assert_eq!(store.wallet(&buyer()).await.unwrap(), Some(wallet('A')));
    let (buyer, seen, left, right) = (buyer(), write('A'), wallet('C'), wallet('D'));
    let (left, right) = tokio::join!(store.save_wallet(&buyer, &left, Some(&seen)), store.save_wallet(&buyer, &right, Some(&seen)));
    let wins = [left.unwrap(), right.unwrap()].iter().filter(|saved| matches!(saved, Saved::Done)).count();
    assert_eq!(wins, 1);
}

async fn a_wallet_and_a_left_cart_do_not_disturb_each_other(store: &(impl Store + Wallets)) {
    let left = |at| LeftCart { order: order(at, 'A').id, cart: cart(), at: Time::from_unix(at) };
    store.keep(&buyer(), &left(1), &write('K')).await.unwrap();
    assert_eq!(store.wallet(&buyer()).await.unwrap(), None, "a left cart is no wallet");
    assert_eq!(store.save_wallet(&buyer(), &wallet('A'), None).await.unwrap(), Saved::Done);
    store.keep(&buyer(), &left(2), &write('M')).await.unwrap();
    assert_eq!(store.save_wallet(&buyer(), &wallet('B'), Some(&write('A'))).await.unwrap(), Saved::Done);
    let opening = store.opening(&buyer()).await.unwrap();
    assert_eq!((opening.wallet, opening.left), (Some(Box::new(wallet('B'))), Some(left(2))));
}

fn names() -> impl Strategy<Value = Names> {
    let id = || proptest::option::of("[A-Z0-9-]{1,30}".prop_map(|text| AmazonId::parse(&text).unwrap()));
    let consent = proptest::option::of("[A-Z0-9-]{1,30}".prop_map(|text| BillingAgreementId::parse(&text).unwrap()));
    (id(), id(), id(), consent).prop_map(|(order_reference, authorization, capture, consent)| Names {
        order_reference,
        authorization,
        capture,
        consent,
    })
}

fn attempts() -> impl Strategy<Value = Attempt> {
    let checkout = proptest::option::of("[A-Za-z0-9-]{1,40}".prop_map(|text| CheckoutId::parse(&text).unwrap()));
    (1_u8..99, 1_i64..15_000_000, any::<bool>(), any::<bool>(), proptest::sample::select(Currency::ALL.to_vec()), checkout).prop_map(
        |(number, minor, capture, timing, currency, checkout)| Attempt {
            number,
            amount: Money::new(minor, currency),
            capture: if capture { CaptureMode::Immediate } else { CaptureMode::OnShip },
            timing: if timing { Timing::Synchronous } else { Timing::Asynchronous },
            checkout,
        },
    )
}

fn states() -> impl Strategy<Value = State> {
    let decline = proptest::sample::select(vec![
        Decline::InvalidPaymentMethodSoft,
        Decline::InvalidPaymentMethodHard,
        Decline::AmazonRejected,
        Decline::ProcessingFailure,
        Decline::TransactionTimedOut,
        Decline::NotTried,
        Decline::AgreementNotOpen,
    ]);
    let simple = (attempts(), names(), 0_i64..4_000_000_000, decline, 0_u8..13, any::<bool>()).prop_map(
        |(attempt, names, since, decline, which, cancel)| {
            let since = Time::from_unix(since);
            let hold = Hold { attempt: attempt.clone(), names: names.clone(), since, refused: attempt.number % 3 };
            let refund = Refund { number: 1, amount: attempt.amount, standing: RefundStanding::Open };
            let paid = Paid {
                attempt: attempt.clone(),
                names: names.clone(),
                captured: attempt.amount,
                refunds: vec![refund],
                captures: 0,
                parcels: Parcel::parse("UPS", "1Z999-AA1").into_iter().collect(),
            };
            match which {
                0 => State::Draft,
                1 => State::SettingUp,
                2 => State::Ready,
                3 => State::Charging { attempt, standing: Standing::Sent, cancel },
                4 => State::Charging { attempt, standing: Standing::Pending(names), cancel },
                5 => State::Charging { attempt, standing: Standing::Unknown { since }, cancel },
                6 => State::Declined { attempt, decline },
                7 => State::Authorized(hold),
                8 => {
                    let part = Money::new(attempt.amount.minor() / 2, attempt.amount.currency());
                    State::Capturing(Capture { amount: if cancel { part } else { attempt.amount }, hold })
                }
                9 => State::Voiding(hold),
                10 => State::Paid(paid),
                11 => State::Disputed(paid),
                _ => State::Cancelled { last: cancel.then_some(attempt) },
            }
        },
    );
    (simple, any::<bool>(), any::<bool>()).prop_map(|(state, wrapped, parted)| {
        let part = state.attempt().cloned().filter(|_| parted).map(|attempt| Paid {
            captures: attempt.number,
            parcels: Vec::new(),
            captured: attempt.amount,
            attempt,
            names: Names::default(),
            refunds: Vec::new(),
        });
        // Nothing is taken while a hold is renewed.
        let in_parts =
            |part: Paid| State::InParts(Parts { taken: if wrapped { vec![part] } else { Vec::new() }, rest: Box::new(state.clone()) });
        let state = part.map_or_else(|| state.clone(), in_parts);
        if wrapped { State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(state) } } else { state }
    })
}

proptest! {
    #[test]
    fn every_history_entry_survives_its_record(at in 0_i64..4_000_000_000, which in 0..Event::ALL.len(), note in "[ -~]{0,96}") {
        let entry = Entry { note: Note::parse(&note).ok(), ..entry(at, Event::ALL[which], &State::Ready, 'A') };
        prop_assert_eq!(record::read_entry(&record::write_entry(&entry)).unwrap(), entry);
    }

    #[test]
    fn every_state_survives_its_record(state in states()) {
        let text = record::write_state(&state).unwrap();
        prop_assert_eq!(record::read_state(&text).unwrap(), state);
    }

    #[test]
    fn any_text_is_a_record_or_an_error(text in ".{0,200}") {
        let _ = record::read_state(&text);
        let _ = record::read_goods(&text);
        let _ = record::read_entry(&text);
    }

    #[test]
    fn every_quote_survives_its_record(name in ".{0,30}", quantity in 1_u32..100, unit in 0_i64..1_000_000) {
        let money = |minor| Money::new(minor, Currency::Jpy);
        let line = QuotedLine { sku: Sku::parse("x").unwrap(), name, quantity, unit: money(unit) };
        let quote = Quote { lines: vec![line], items: money(1), shipping: money(2), tax: money(3), total: money(6) };
        let goods = Goods::Quoted(quote);
        prop_assert_eq!(record::read_goods(&record::write_goods(&goods).unwrap()).unwrap(), goods);
    }
}
