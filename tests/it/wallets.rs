//! Turns that charge a saved wallet: what they cost, what a repetition of one may do, and the voice code before it.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use voicetill::adapters::dynamodb::{DynamoStore, local::Local};
use voicetill::adapters::fingerprint;
use voicetill::adapters::link::code;
use voicetill::adapters::link::key::{CodeKey, LinkKey};
use voicetill::adapters::link::token::{self, Linked};
use voicetill::app::Desk;
use voicetill::domain::ids::{AmazonId, BillingAgreementId, BuyerId};
use voicetill::domain::money::Currency;
use voicetill::domain::order::{Hindrance, Order, Outcome, Rail, Report, Standing, State};
use voicetill::domain::payment::{Attempt, Decline, Names};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::domain::wallet::{Digits, SavedWallet, WalletState};
use voicetill::entry::late::Late;
use voicetill::entry::skill::{Keys, Skill};
use voicetill::ports::{Answered, Charges, PaymentsError, Saved, Store, Wallets};
use voicetill::simulated::{LocalPay, request};
use voicetill::simulator::amazon_pay::books::Books;
use voicetill::simulator::amazon_pay::{Effect, End};

use crate::alexa::{Device, config, speech, valid};
use crate::meter::{self, Count, Meter};

const SECRET: &str = "a secret of the tests, which is long enough";

/// What becomes of one call to Amazon Pay.
#[derive(Debug)]
enum Call {
    /// Nobody hears of it any more: the function dies while it waits.
    Dies,
    Answers(Outcome),
    /// What was asked for.
    Captures,
}

/// Amazon Pay, by a script. A call that is not in it is one too many.
#[derive(Clone, Debug, Default)]
struct Script(Arc<Mutex<VecDeque<Call>>>);

impl Charges for Script {
    async fn charge(&self, _: &Order, attempt: &Attempt, _: Duration) -> Result<Answered, PaymentsError> {
        let call = self.0.lock().unwrap().pop_front().expect("a charge that nobody expects");
        let outcome = match call {
            Call::Dies => pending().await,
            Call::Answers(outcome) => outcome,
            Call::Captures => Outcome::Captured { amount: Some(attempt.amount), names: Names::default() },
        };
        Ok(Answered { report: Some(Report::Charge { attempt: Some(attempt.number), outcome }), request: None })
    }
}

/// A shop that takes saved wallets, and a buyer who is linked.
struct Counter {
    skill: Skill<DynamoStore, Script>,
    script: Script,
    device: Device,
    buyer: BuyerId,
    books: Books,
    permission: String,
    meter: Meter,
    _engine: Local,
}

fn keys() -> Keys {
    Keys { links: LinkKey::new(SECRET, None).unwrap(), codes: CodeKey::new(SECRET).unwrap() }
}

impl Counter {
    async fn open() -> Self {
        let (engine, store, meter) = meter::store().await;
        let (mut config, script, keys) = (config(), Script::default(), keys());
        config.shop.rails = vec![Rail::SavedWallet];
        let buyer = fingerprint::linked_buyer(&AmazonId::parse("amzn1.account.ADA").unwrap()).unwrap();
        let mut device = Device::new("ada");
        let expires = device.clock().now().plus(Time::DAY);
        device.caller.access_token = Some(token::issue(&keys.links, &Linked { buyer: buyer.clone(), generation: 1 }, expires));
        let skill = crate::shop::skill(config, store).with_wallets(script.clone(), Some(Late::Here(keys)));
        let (books, seller) = (Books::in_memory(), skill.pay.seller_id.to_string());
        let permission = books.with(|pay| pay.save_wallet("ada", &seller, Currency::Usd, false, device.clock().now())).unwrap();
        let counter = Self { skill, script, device, buyer, books, permission, meter, _engine: engine };
        counter.save(None, None).await;
        counter
    }

    /// Stores the wallet, with this code.
    async fn save(&self, digits: Option<&str>, before: Option<&SavedWallet>) {
        let digits = digits.map(|digits| Digits::parse(digits).unwrap());
        let wallet = SavedWallet {
            world: World::Simulated,
            permission: BillingAgreementId::parse(&self.permission).unwrap(),
            state: WalletState::Chargeable,
            earlier: Vec::new(),
            address: None,
            email: None,
            generation: 1,
            code: digits.map(|digits| code::keep(&keys().codes, &self.buyer, digits).unwrap()),
            always_ask: true,
            at: Time::from_unix(0),
            version: fingerprint::mark(&format!("{digits:?} {before:?}")),
        };
        let wallet = SavedWallet { address: Some(address()), ..wallet };
        let saved = self.skill.store.save_wallet(&self.buyer, &wallet, before.map(|before| &before.version)).await.unwrap();
        assert_eq!(saved, Saved::Done);
    }

    async fn set_code(&self, digits: &str) {
        let before = self.wallet().await;
        self.save(Some(digits), Some(&before)).await;
    }

    async fn wallet(&self) -> SavedWallet {
        self.skill.store.wallet(&self.buyer).await.unwrap().unwrap()
    }

    async fn wrong_tries(&self) -> u8 {
        self.wallet().await.code.unwrap().wrong_tries
    }

    fn will(&self, calls: impl IntoIterator<Item = Call>) {
        self.script.0.lock().unwrap().extend(calls);
    }

    async fn answer(&self, envelope: &Value) -> Value {
        let answer = self.skill.answer(envelope.clone()).await.unwrap();
        valid(&answer);
        answer
    }

    /// One turn at the device.
    async fn turn(&mut self, envelope: Value) -> String {
        let answer = self.answer(&envelope).await;
        speech(&self.device.hear(&answer)).to_owned()
    }

    /// As far as the yes, which is not said yet.
    async fn read_back(&mut self) {
        let envelope = self.device.launch();
        self.turn(envelope).await;
        let envelope = self.device.buy("2", "roses");
        let heard = self.turn(envelope).await;
        assert!(heard.ends_with("Shall I place the order?"), "{heard}");
    }

    fn yes(&mut self) -> Value {
        self.device.intent("AMAZON.YesIntent", &[])
    }

    fn code(&mut self, digits: &str) -> Value {
        self.device.intent("VoiceCodeIntent", &[("code", digits)])
    }

    async fn order(&self) -> Order {
        self.skill.store.opening(&self.buyer).await.unwrap().orders.remove(0)
    }

    fn all_called(&self) -> bool {
        self.script.0.lock().unwrap().is_empty()
    }
}

pub fn address() -> voicetill::domain::place::Address {
    voicetill::domain::place::Address {
        lines: vec!["1 Example Street".to_owned()],
        city: Some("Seattle".to_owned()),
        region: Some("WA".to_owned()),
        postal_code: Some("98101".to_owned()),
        country: Some("US".to_owned()),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_yes_reads_once_writes_once_before_the_charge_and_once_after() {
    let mut counter = Counter::open().await;
    counter.read_back().await;
    counter.will([Call::Captures]);
    let yes = counter.yes();
    counter.meter.take();
    let heard = counter.turn(yes).await;
    assert!(heard.contains("went through"), "{heard}");
    let Count { reads, writes, .. } = counter.meter.take();
    assert_eq!((reads, writes), (1, 2));
    assert!(matches!(counter.order().await.state, State::Paid(_)) && counter.all_called());
}

/// The function dies after Amazon was asked. The same turn comes once more, and that call is refused, which says nothing of the first:
/// also where the buyer is to change the payment method, and has done so before the first call arrives.
#[tokio::test]
async fn a_refusal_of_a_repeated_charge_settles_nothing() {
    for because in [Hindrance::Request, Hindrance::PaymentMethod, Hindrance::Agreement] {
        let mut counter = Counter::open().await;
        counter.read_back().await;
        let yes = counter.yes();
        counter.will([Call::Dies]);
        assert!(tokio::time::timeout(Duration::from_millis(700), counter.answer(&yes)).await.is_err());
        counter.will([Call::Answers(Outcome::NotTried { because })]);
        let heard = counter.turn(yes.clone()).await;
        assert!(heard.starts_with("I can't say yet whether the payment went through."), "{heard}");
        let standing = |order: &Order| matches!(order.state, State::Charging { standing: Standing::Unknown { .. }, .. });
        assert!(standing(&counter.order().await), "{because:?}");
        // The next session asks again, and hears how it went.
        counter.device.clock().advance(2 * Time::MINUTE);
        counter.will([Call::Captures]);
        let launch = counter.device.launch();
        let heard = counter.turn(launch).await;
        assert!(heard.contains("went through") && counter.all_called(), "{heard}");
    }
}

/// Whoever has answered that nobody can say yet says so to the same question again, and asks nobody.
#[tokio::test]
async fn a_turn_that_has_ended_in_doubt_is_answered_the_same_when_it_comes_again() {
    let mut counter = Counter::open().await;
    counter.read_back().await;
    let yes = counter.yes();
    counter.will([Call::Answers(Outcome::Unclear)]);
    let heard = counter.turn(yes.clone()).await;
    assert!(heard.starts_with("I can't say yet"), "{heard}");
    assert_eq!(counter.turn(yes).await, heard);
}

/// The function dies twice, each time while it waits for Amazon; the second time the doubt is on record. Whoever is asked the third time
/// finds out, as all that were asked at once would.
#[tokio::test]
async fn a_turn_that_has_died_in_doubt_is_gone_on_with_by_the_next_delivery() {
    let mut counter = Counter::open().await;
    counter.read_back().await;
    let yes = counter.yes();
    for _ in 0..2 {
        counter.will([Call::Dies]);
        assert!(tokio::time::timeout(Duration::from_millis(700), counter.answer(&yes)).await.is_err());
    }
    counter.will([Call::Captures]);
    let heard = counter.turn(yes.clone()).await;
    assert!(heard.starts_with("Thank you") && counter.all_called(), "{heard}");
    let order = counter.order().await;
    assert!(matches!(&order.state, State::Paid(paid) if paid.attempt.number == 1), "{:?}", order.state);
    // Once it is known, nobody is asked any more.
    assert_eq!(counter.turn(yes).await, heard);
}

#[tokio::test]
async fn a_yes_that_comes_twice_at_once_is_charged_under_one_id_and_answered_twice_the_same() {
    let mut counter = Counter::open().await;
    counter.read_back().await;
    let yes = counter.yes();
    counter.will([Call::Captures, Call::Captures]);
    let (first, second) = tokio::join!(counter.answer(&yes), counter.answer(&yes));
    assert_eq!(first, second);
    let order = counter.order().await;
    assert!(matches!(&order.state, State::Paid(paid) if paid.attempt.number == 1), "{:?}", order.state);
    assert_eq!(counter.skill.store.opening(&counter.buyer).await.unwrap().orders.len(), 1);
}

/// What is refused the first time has not happened, and the buyer may try again.
#[tokio::test]
async fn a_refusal_of_the_first_charge_is_final() {
    let mut counter = Counter::open().await;
    counter.read_back().await;
    counter.will([Call::Answers(Outcome::NotTried { because: Hindrance::Request })]);
    let yes = counter.yes();
    counter.turn(yes).await;
    assert!(matches!(counter.order().await.state, State::Declined { decline: Decline::NotTried, .. }));
}

/// Nobody comes back to hear how it went; reconcile asks, and not before the turn has certainly ended.
#[tokio::test]
async fn a_charge_that_nobody_heard_of_is_asked_for_again_by_reconcile_under_its_id() {
    let mut counter = Counter::open().await;
    counter.read_back().await;
    let yes = counter.yes();
    counter.will([Call::Dies]);
    assert!(tokio::time::timeout(Duration::from_millis(700), counter.answer(&yes)).await.is_err());
    let order = counter.order().await;
    let reference = order.state.attempt().unwrap().id(&order.id).to_string();
    let made = |counter: &Counter| counter.books.with(|pay| pay.lies(&reference, counter.device.clock().now())).unwrap().is_some();
    for (later, charged) in [(Time::MINUTE, false), (Time::HOUR, true), (Time::HOUR, true)] {
        counter.device.clock().advance(later);
        let now = counter.device.clock().now();
        let pay = LocalPay { books: &counter.books, now };
        let desk = Desk { store: &counter.skill.store, payments: &pay, now, mark: &fingerprint::mark };
        let after = desk.reconcile(&order.id).await.unwrap();
        assert_eq!((matches!(after.state, State::Paid(_)), made(&counter)), (charged, charged), "{:?}", after.state);
    }
}

/// The local Amazon Pay has no name to give; a charge that it has answered is looked at all the same.
#[tokio::test]
async fn a_pending_charge_is_settled_by_reconcile_and_not_asked_for_again() {
    for declined in [false, true] {
        let mut counter = Counter::open().await;
        counter.read_back().await;
        let yes = counter.yes();
        counter.will([Call::Answers(Outcome::Pending { names: Names::default() })]);
        let heard = counter.turn(yes).await;
        assert!(heard.starts_with("Amazon Pay is still working on your payment"), "{heard}");
        let order = counter.order().await;
        let made = request(counter.skill.pay.seller_id.as_str(), &order, order.state.attempt().unwrap());
        let effect = Effect::Authorization(End::Pending { declined });
        counter.books.with(|pay| pay.authorize(&made, None, counter.device.clock().now(), effect)).unwrap().unwrap();
        counter.device.clock().advance(Time::HOUR);
        let now = counter.device.clock().now();
        let pay = LocalPay { books: &counter.books, now };
        let after = Desk { store: &counter.skill.store, payments: &pay, now, mark: &fingerprint::mark }.reconcile(&order.id).await.unwrap();
        assert_eq!((matches!(after.state, State::Paid(_)), matches!(after.state, State::Declined { .. })), (!declined, declined));
    }
}

#[tokio::test]
async fn a_wrong_code_that_comes_twice_counts_once_and_nothing_is_charged() {
    let mut counter = Counter::open().await;
    counter.set_code("0192").await;
    counter.read_back().await;
    let yes = counter.yes();
    assert!(counter.turn(yes).await.ends_with("please say your four-digit voice code."));
    let wrong = counter.code("0193");
    let (first, second) = (counter.answer(&wrong).await, counter.answer(&wrong).await);
    assert_eq!(first, second);
    assert_eq!(counter.wrong_tries().await, 1);
    counter.device.hear(&first);

    // The right one ends the row, and buys; coming once more, it neither counts nor buys.
    counter.will([Call::Captures]);
    let right = counter.code("0192");
    let (first, second) = (counter.answer(&right).await, counter.answer(&right).await);
    assert_eq!(first, second);
    assert!(first.to_string().contains("went through") && counter.all_called());
    assert_eq!(counter.wrong_tries().await, 0);
}

#[tokio::test]
async fn guesses_at_two_devices_are_all_counted_and_after_three_the_right_code_fails() {
    let mut counter = Counter::open().await;
    counter.set_code("0192").await;
    let (mut said, mut guess) = (0, 0);
    while counter.wrong_tries().await < 3 {
        counter.read_back().await;
        let yes = counter.yes();
        counter.turn(yes).await;
        let mut beside = counter.device.beside_with(100 + guess);
        let (here, there) = (counter.code(&format!("{}", 2_000 + guess)), beside.intent("VoiceCodeIntent", &[("code", "3500")]));
        let (here, there) = tokio::join!(counter.answer(&here), counter.answer(&there));
        let told = [&here, &there].into_iter().filter(|heard| {
            let heard = heard.to_string();
            // Whoever was too slow hears nothing about the digits.
            assert!(
                heard.contains("isn&apos;t your voice code") || heard.contains("locked") || heard.contains("didn&apos;t work just now")
            );
            !heard.contains("didn&apos;t work just now")
        });
        said += u8::try_from(told.count()).unwrap();
        guess += 1;
        let known = counter.wrong_tries().await;
        assert!(known == said.min(3), "{known} counted, {said} told");
        counter.device.launch();
    }
    // The order is never placed, whatever is said now.
    counter.read_back_again().await;
    let yes = counter.yes();
    let heard = counter.turn(yes).await;
    assert!(heard.starts_with("Your voice code is locked"), "{heard}");
    let right = counter.code("0192");
    counter.turn(right).await;
    assert!(counter.skill.store.opening(&counter.buyer).await.unwrap().orders.is_empty());
}

impl Counter {
    /// The cart was kept; so the read-back comes after two questions.
    async fn read_back_again(&mut self) {
        let envelope = self.device.launch();
        self.turn(envelope).await;
        let envelope = self.device.intent("CheckOutIntent", &[]);
        let heard = self.turn(envelope).await;
        assert!(heard.ends_with("Shall I place the order?"), "{heard}");
    }
}
