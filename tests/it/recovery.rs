//! Answers that come late, twice or never: what becomes of the charge, and what is never charged for it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use voicetill::adapters::amazon_pay::api::place::Region;
use voicetill::cli::orders::{self, ListArgs, Office, OrdersCommand, PayArgs, ShowArgs, Talk};
use voicetill::config::{Config, EMBEDDED_CATALOG, EMBEDDED_SHOP, Env};
use voicetill::domain::order::{Standing, State};
use voicetill::domain::time::Time;
use voicetill::simulator::amazon_pay::books::Books;
use voicetill::simulator::amazon_pay::{Delivery, ERROR_CODES, Effect, ErrorCode};

use crate::alexa::{Bank, Device, attempt, claims_paid, order, speech, valid};
use crate::shop::{Delivered, Shop, check_out, first_purchase, first_read_back, repeat_read_back, say_yes, skill};

#[tokio::test]
async fn a_charge_whose_reply_got_lost_is_sent_again_under_its_own_id_until_it_is_known() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let envelope = device.yes();
    // Stored, and then the function dies: this response reaches nobody.
    let lost = shop.ask(&envelope).await;
    assert_eq!(shop.ask(&envelope).await, lost);
    let lost = valid(&lost);
    let id = order(&lost);

    // Half a minute later the answer may still be on its way.
    device.clock().advance(30);
    let envelope = device.launch();
    let early = shop.turn("launch", &mut device, envelope).await;
    assert!(early.send.is_none() && speech(&early).contains("isn't settled yet"), "{early:?}");

    device.clock().advance(60);
    let envelope = device.launch();
    let repeated = shop.turn("launch, Charge leaves again", &mut device, envelope).await;
    assert_eq!(attempt(&repeated), attempt(&lost));
    assert!(!claims_paid(speech(&repeated)));
    let charging = shop.order(&id).await;
    assert!(matches!(charging.state, State::Charging { standing: Standing::Unknown { .. }, .. }), "{charging:?}");

    // An error about the repetition says nothing about the attempt, whatever it is called.
    for ErrorCode { code, .. } in ERROR_CODES {
        let envelope = bank.carry_out(&mut device, &repeated, Effect::Error(code));
        let heard = shop.turn("Charge answer, an error", &mut device, envelope).await;
        assert!(heard.send.is_none() && !claims_paid(speech(&heard)), "{code}: {heard:?}");
        assert_eq!(shop.order(&id).await, charging, "{code}");
    }

    device.clock().advance(90);
    let envelope = device.launch();
    let repeated = shop.turn("launch, Charge leaves again", &mut device, envelope).await;
    assert_eq!(attempt(&repeated), attempt(&lost));
    let envelope = bank.carry_out(&mut device, &repeated, Effect::Ordinary);
    let heard = shop.turn("Charge answer", &mut device, envelope).await;
    assert!(claims_paid(speech(&heard)), "{heard:?}");
    assert!(matches!(shop.order(&id).await.state, State::Paid(_)));
    assert_eq!(bank.charges.iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(bank.captured(&device).len(), 1);
}

#[tokio::test]
async fn a_charge_that_was_taken_although_its_answer_got_lost_is_found_and_not_taken_again() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    bank.carry_out(&mut device, &sent, Effect::Delivery(Delivery::Lost));
    assert_eq!(bank.captured(&device).len(), 1);
    device.clock().advance(2 * Time::MINUTE);
    let envelope = device.launch();
    let repeated = shop.turn("launch, Charge leaves again", &mut device, envelope).await;
    assert_eq!(attempt(&repeated), attempt(&sent));
    let envelope = bank.carry_out(&mut device, &repeated, Effect::Ordinary);
    let heard = shop.turn("Charge answer", &mut device, envelope).await;
    assert!(claims_paid(speech(&heard)), "{heard:?}");
    assert_eq!(bank.captured(&device).len(), 1);
}

#[tokio::test]
async fn an_agreement_that_was_suspended_meanwhile_does_not_make_a_taken_charge_a_declined_one() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let answer = bank.carry_out(&mut device, &sent, Effect::Delivery(Delivery::Late));
    device.clock().advance(2 * Time::MINUTE);
    let envelope = device.launch();
    let repeated = shop.turn("launch, Charge leaves again", &mut device, envelope).await;
    let envelope = bank.carry_out(&mut device, &repeated, Effect::Error("InvalidPaymentMethod"));
    let heard = shop.turn("Charge answer, an error", &mut device, envelope).await;
    assert!(heard.send.is_none() && speech(&heard).contains("whether the payment went through"), "{heard:?}");
    // Nothing may be bought under a new id as long as the first may have been taken.
    let envelope = device.launch();
    shop.turn("launch", &mut device, envelope).await;
    let envelope = device.buy("1", "glass vase");
    shop.turn("buy", &mut device, envelope).await;
    let envelope = device.intent("CheckOutIntent", &[]);
    let heard = shop.turn("check out", &mut device, envelope).await;
    assert!(heard.send.is_none() && speech(&heard).contains("isn't settled yet"), "{heard:?}");
    shop.turn("the answer, late", &mut device, answer).await;
    assert!(matches!(shop.order(&order(&sent)).await.state, State::Paid(_)));
}

#[tokio::test]
async fn while_a_payment_is_open_no_other_device_charges_whenever_its_session_began() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_purchase(&mut shop, &mut device, &mut bank).await;
    // Three devices hear a read-back before any of them says yes; the one that began first gets no answer.
    let mut devices: Vec<_> = (2..5).map(|ids| device.beside_with(ids)).collect();
    for device in &mut devices {
        repeat_read_back(&mut shop, device).await;
        device.clock().advance(2);
    }
    let [first, later @ ..] = devices.as_mut_slice() else { panic!("there are three") };
    let silent = say_yes(&mut shop, first).await;
    bank.carry_out(first, &silent, Effect::Delivery(Delivery::Lost));
    for device in later {
        let envelope = device.yes();
        let heard = shop.turn("yes", device, envelope).await;
        assert!(heard.send.is_none() && speech(&heard).contains("isn't settled yet"), "{heard:?}");
    }
    device.clock().advance(2 * Time::MINUTE);
    let envelope = device.launch();
    let asked = shop.turn("launch", &mut device, envelope).await;
    assert_eq!(attempt(&asked), attempt(&silent), "{asked:?}");
}

#[tokio::test]
async fn a_session_without_readable_attributes_still_knows_of_the_open_payment() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    say_yes(&mut shop, &mut device).await;
    device.clock().advance(15);
    device.launch();
    for (name, slots) in [("AMAZON.FallbackIntent", &[][..]), ("BuyIntent", &[("quantity", "2"), ("product", "roses")])] {
        let mut envelope = device.intent(name, slots);
        envelope["session"]["new"] = json!(false);
        envelope["session"]["attributes"] = json!({ "n": 99 });
        let heard = valid(&shop.ask(&envelope).await);
        assert!(heard.send.is_none() && speech(&heard).contains("isn't settled yet"), "{name}: {heard:?}");
    }
}

#[tokio::test]
async fn orders_of_another_world_are_neither_continued_nor_charged() {
    let accepted = EMBEDDED_SHOP.replace("accept_retired_directive_rail = false", "accept_retired_directive_rail = true");
    let live = Env { world: Some("live".to_owned()), ..Env::default() };
    let live = Config::load(&accepted, EMBEDDED_CATALOG, &live).unwrap();
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    // One order paid, so that there is an agreement; one whose answer is outstanding.
    first_purchase(&mut shop, &mut device, &mut bank).await;
    repeat_read_back(&mut shop, &mut device).await;
    say_yes(&mut shop, &mut device).await;
    device.clock().advance(2 * Time::MINUTE);
    let before = shop.contents().await;
    let live = skill(live, shop.skill.store.clone());
    let launched = valid(&live.answer(device.launch()).await.unwrap());
    assert!(launched.send.is_none() && speech(&launched).starts_with("Welcome to"), "{launched:?}");
    let bought = valid(&live.answer(device.buy("1", "glass vase")).await.unwrap());
    assert!(speech(&bought).ends_with("Would you like to check out?"), "a test agreement is no wallet: {bought:?}");
    assert_eq!(shop.contents().await, before);
    // Whereas in its own world the order is asked for again.
    let envelope = device.launch();
    assert!(shop.turn("launch", &mut device, envelope).await.send.is_some());
}

#[tokio::test]
async fn an_old_answer_says_nothing_about_a_later_attempt() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let first = say_yes(&mut shop, &mut device).await;
    let refused = bank.carry_out(&mut device, &first, Effect::Error("PeriodicAmountExceeded"));
    shop.turn("Charge answer, an error", &mut device, refused.clone()).await;
    let envelope = device.launch();
    shop.turn("launch", &mut device, envelope).await;
    for _ in 0..2 {
        let envelope = device.yes();
        shop.turn("yes", &mut device, envelope).await;
    }
    let second = say_yes(&mut shop, &mut device).await;
    assert_ne!(attempt(&second), attempt(&first));
    let id = order(&second);
    let charging = shop.order(&id).await;
    // The same request once more, and the same answer in another request.
    let mut repeated = refused.clone();
    repeated["request"]["requestId"] = json!("amzn1.echo-api.request.again");
    for old in [refused, repeated] {
        shop.ask(&old).await;
        assert_eq!(shop.order(&id).await, charging);
    }
    let envelope = bank.carry_out(&mut device, &second, Effect::Ordinary);
    assert!(claims_paid(speech(&shop.turn("Charge answer", &mut device, envelope).await)));
    assert_eq!(bank.captured(&device).len(), 1);
}

#[tokio::test]
async fn a_yes_to_a_second_try_that_comes_again_sends_no_third() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let first = say_yes(&mut shop, &mut device).await;
    let refused = bank.carry_out(&mut device, &first, Effect::Error("PeriodicAmountExceeded"));
    shop.turn("Charge answer, an error", &mut device, refused).await;
    let envelope = device.launch();
    shop.turn("launch", &mut device, envelope).await;
    for _ in 0..2 {
        let envelope = device.yes();
        shop.turn("yes", &mut device, envelope).await;
    }
    // Before the answer is there: the same reply, directive included.
    let yes = device.yes();
    let sent = shop.ask(&yes).await;
    assert_eq!(shop.ask(&yes).await, sent);
    let second = device.hear(&sent);
    let id = order(&second);
    assert_eq!(attempt(&second), Some(id.attempt(2).to_string()));
    // After it: nothing leaves, and nothing changes.
    let refused = bank.carry_out(&mut device, &second, Effect::Error("PeriodicAmountExceeded"));
    shop.turn("Charge answer, an error", &mut device, refused).await;
    let declined = shop.order(&id).await;
    let late = valid(&shop.ask(&yes).await);
    assert!(late.send.is_none() && !claims_paid(speech(&late)), "{late:?}");
    assert_eq!(shop.order(&id).await, declined);
}

#[tokio::test]
async fn a_launch_that_asks_again_and_comes_twice_asks_the_same_twice() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    say_yes(&mut shop, &mut device).await;
    device.clock().advance(2 * Time::MINUTE);
    let launch = device.launch();
    let asked = shop.ask(&launch).await;
    assert!(valid(&asked).send.is_some());
    assert_eq!(shop.ask(&launch).await, asked);
}

#[tokio::test]
async fn an_answer_that_names_its_attempt_is_taken_in_under_any_token_of_the_order() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let set_up = check_out(&mut shop, &mut device).await;
    let envelope = bank.carry_out(&mut device, &set_up, Effect::Ordinary);
    shop.turn("Setup answer", &mut device, envelope).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let mut answer = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    answer["request"]["token"] = json!(set_up.send.as_ref().unwrap().token);
    assert!(claims_paid(speech(&shop.turn("Charge answer", &mut device, answer).await)));
    assert!(matches!(shop.order(&order(&sent)).await.state, State::Paid(_)));
}

#[tokio::test]
async fn an_old_set_up_says_nothing_about_a_later_one() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let first = check_out(&mut shop, &mut device).await;
    let refused = bank.carry_out(&mut device, &first, Effect::Error("ServiceUnavailable"));
    shop.turn("Setup answer, an error", &mut device, refused.clone()).await;
    let envelope = device.launch();
    shop.turn("launch", &mut device, envelope).await;
    let envelope = device.intent("CheckOutIntent", &[]);
    let second = shop.turn("check out", &mut device, envelope).await;
    let mut repeated = refused;
    repeated["request"]["requestId"] = json!("amzn1.echo-api.request.again");
    shop.ask(&repeated).await;
    let envelope = bank.carry_out(&mut device, &second, Effect::Ordinary);
    let heard = shop.turn("Setup answer", &mut device, envelope).await;
    assert!(speech(&heard).ends_with("Shall I place the order?"), "{heard:?}");
}

#[tokio::test]
async fn a_session_that_alexa_ended_over_the_directive_leaves_the_charge_unknown() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let mut before_the_yes = device.clone();
    let sent = say_yes(&mut shop, &mut device).await;
    device.clock().advance(10);
    let envelope = before_the_yes.end(true);
    for _ in 0..2 {
        assert_eq!(shop.ask(&envelope).await, json!({ "version": "1.0", "response": {} }));
        let state = shop.order(&order(&sent)).await.state;
        assert!(matches!(state, State::Charging { standing: Standing::Unknown { .. }, .. }), "{state:?}");
    }
}

#[tokio::test]
async fn a_confirmation_that_nobody_heard_is_told_at_the_beginning_of_the_next_sessions() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let answer = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    // Stored, and then the function dies: this response reaches nobody.
    shop.ask(&answer).await;
    assert!(matches!(shop.order(&order(&sent)).await.state, State::Paid(_)));
    let before = shop.contents().await;
    let mut other = device.beside();
    for device in [&mut device, &mut other] {
        device.clock().advance(10 * Time::MINUTE);
        let envelope = device.launch();
        let heard = shop.turn("launch", device, envelope).await;
        assert!(
            speech(&heard).starts_with("Your earlier order of 2 bouquets of roses and one glass vase for $80.38 went through."),
            "{heard:?}"
        );
        let (.., count) = shop.turns.last().unwrap();
        assert_eq!((count.reads, count.writes), (1, 0));
    }
    device.clock().advance(Time::DAY);
    let envelope = device.launch();
    assert!(speech(&shop.turn("launch", &mut device, envelope).await).starts_with("Welcome to"));
    assert_eq!(shop.contents().await, before);
}

#[tokio::test]
async fn a_launch_that_calls_a_person_goes_on_listening_however_often_it_comes() {
    for delivered in [Delivered::Once, Delivered::TwiceInARow, Delivered::TwiceAtOnce] {
        let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
        first_read_back(&mut shop, &mut device, &mut bank).await;
        let sent = say_yes(&mut shop, &mut device).await;
        bank.carry_out(&mut device, &sent, Effect::Delivery(Delivery::Lost));
        device.clock().advance(Time::DAY);
        shop.delivered = delivered;
        let envelope = device.launch();
        let heard = shop.turn("launch", &mut device, envelope).await;
        assert!(speech(&heard).contains("our team is looking into it") && !claims_paid(speech(&heard)), "{heard:?}");
        assert!(!heard.ends && heard.send.is_none(), "{heard:?}");
        let id = order(&sent);
        assert!(matches!(shop.order(&id).await.state, State::NeedsAttention { .. }));
        assert_eq!(shop.order(&id).await.history.len(), 4, "{delivered:?}");
        // The buyer came to shop, and can.
        let envelope = device.buy("1", "glass vase");
        let heard = shop.turn("buy", &mut device, envelope).await;
        assert!(speech(&heard).ends_with("Shall I place the order?"), "{heard:?}");
        assert_ne!(order(&say_yes(&mut shop, &mut device).await), id);
    }
}

/// What the order desk writes for programs.
async fn desk(shop: &Shop, device: &Device, command: OrdersCommand) -> Value {
    let mut out = Vec::new();
    let (books, pay) = (Books::in_memory(), PayArgs::default());
    let office = Office { store: &shop.skill.store, books: &books, pay: &pay, region: Region::NorthAmerica, now: device.clock().now() };
    orders::run(&command, &office, &mut Talk::to(&mut out)).await.unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[tokio::test]
async fn the_desk_lists_what_is_stuck_with_what_to_do_about_it() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let paid = first_purchase(&mut shop, &mut device, &mut bank).await;
    repeat_read_back(&mut shop, &mut device).await;
    let stuck = order(&say_yes(&mut shop, &mut device).await);
    let list = |stuck| OrdersCommand::List(ListArgs { stuck, json: true, ..ListArgs::default() });
    assert_eq!(desk(&shop, &device, list(true)).await, json!([]), "the answer may still be on its way");
    device.clock().advance(10 * Time::MINUTE);
    let listed = desk(&shop, &device, list(true)).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let action = listed[0]["suggested_action"].as_str().unwrap();
    assert!(action.contains(stuck.attempt(1).as_str()), "{action}");
    let all = desk(&shop, &device, list(false)).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    let shown = desk(&shop, &device, OrdersCommand::Show(ShowArgs { order: paid.to_string(), live: false, json: true })).await;
    assert_eq!((&shown["status"], &shown["suggested_action"]), (&json!("Processed"), &Value::Null));
}
