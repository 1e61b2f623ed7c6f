//! What becomes of orders when notifications come: in time, early, twice, about others, or not at all.

use serde_json::{Value, json};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::fingerprint;
use voicetill::adapters::sns::Verifier;
use voicetill::app::Desk;
use voicetill::domain::dialog::{Amend, LeftCart, Opening};
use voicetill::domain::ids::{AmazonId, BillingAgreementId, BuyerId, OrderId, TopicArn, WriteId};
use voicetill::domain::message::LooseChargeback;
use voicetill::domain::money::Money;
use voicetill::domain::order::{Capture, Event, Hold, Order, Paid, Parcel, Refund, State, Status};
use voicetill::domain::payment::{Attempt, CaptureMode, Names, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::entry::ipn::{Answer, Ipn};
use voicetill::ports::{
    Answered, Chargebacks, Consent, FoundCharge, Objects, Payments, PaymentsError, Store, StoreError, Topic, Topics, Trust, Written,
};
use voicetill::simulated::LocalPay;
use voicetill::simulator::amazon_pay::{Effect, End, Outcome};

use super::mint::{Mint, Shelf, TOPIC, URL, confirmation, envelope, sign};
use super::vectors;
use crate::alexa::{Bank, Device, claims_paid, config, order, speech};
use crate::shop::{Shop, first_purchase, first_read_back, repeat_read_back, say_yes, skill};

fn arn(text: &str) -> TopicArn {
    TopicArn::parse(text).unwrap()
}

/// The function over a shop's store, with an SNS of its own.
fn ipn<S: Store + Topics + Chargebacks>(store: S) -> Ipn<S, Shelf> {
    let mint = Mint::new();
    Ipn::new(store, Verifier::new(Shelf::of(mint.file()), mint.roots()), World::Simulated, "test".to_owned())
}

/// The same, once the operator has trusted the topic.
async fn trusting(shop: &Shop) -> Ipn<DynamoStore, Shelf> {
    let store = shop.skill.store.clone();
    store.keep_topic(&Topic { arn: arn(TOPIC), trust: Trust::Trusted, since: Time::from_unix(0) }).await.unwrap();
    ipn(store)
}

async fn post<S: Store + Topics + Chargebacks>(ipn: &Ipn<S, Shelf>, pay: &(impl Payments + Objects), now: Time, body: &Value) -> Answer {
    ipn.answer(pay, now, |_| None, body.to_string().as_bytes()).await
}

fn v2(kind: &str, id: &str, consent: &str) -> Value {
    let message = json!({ "MerchantID": "A1", "ObjectType": kind, "ObjectId": id, "ChargePermissionId": consent, "NotificationType": "STATE_CHANGE" });
    sign(envelope(&message.to_string()), None)
}

/// The older form, from a collected message.
fn v1(name: &str, changes: &[(&str, &str)]) -> Value {
    let mut message = vectors::envelope(&format!("mws-ipn/{name}.json")).message.replace("\"IsSample\":true", "\"IsSample\":false");
    for (old, new) in changes {
        assert!(message.contains(old), "{name} has no {old}");
        message = message.replace(old, new);
    }
    let mut body = envelope(&message);
    body["SignatureVersion"] = "1".into();
    sign(body, None)
}

/// Amazon's id of the charge behind a reference, and of its consent.
pub fn charge_of(bank: &Bank, reference: &str) -> (String, String) {
    let found = |pay: &mut voicetill::simulator::amazon_pay::AmazonPay| {
        let mut charges = pay.account.charges.iter();
        let held = charges.find(|held| held.directive.as_ref().is_some_and(|asked| asked.reference == reference)).unwrap();
        (held.id.clone(), held.permission.clone())
    };
    bank.books.with(found).unwrap()
}

fn local<'b>(bank: &'b Bank, device: &Device) -> LocalPay<'b> {
    LocalPay { books: &bank.books, now: device.clock().now() }
}

/// A shop that asks for this, with a buyer whose charge ends like that; the answer of the turn has been taken in.
pub async fn bought(timing: Timing, capture: CaptureMode, outcome: &str) -> (Shop, Device, Bank, OrderId) {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let mut config = config();
    (config.shop.timing, config.shop.capture) = (timing, capture);
    shop.skill = skill(config, shop.skill.store.clone());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let envelope = bank.carry_out(&mut device, &sent, Outcome::named(outcome).unwrap().effect);
    shop.turn("Charge answer", &mut device, envelope).await;
    (shop, device, bank, order(&sent))
}

async fn status(shop: &Shop, id: &OrderId) -> Status {
    shop.order(id).await.state.status().unwrap()
}

const TABLE: [(CaptureMode, &str, Status); 4] = [
    (CaptureMode::OnShip, "pending", Status::Authorized),
    (CaptureMode::OnShip, "pending-declined", Status::Declined),
    (CaptureMode::Immediate, "pending", Status::Processed),
    (CaptureMode::Immediate, "pending-declined", Status::Declined),
];

#[tokio::test]
async fn the_asynchronous_table_comes_true_by_notification() {
    for (capture, outcome, end) in TABLE {
        let (shop, device, bank, id) = bought(Timing::Asynchronous, capture, outcome).await;
        let ipn = trusting(&shop).await;
        let (charge, consent) = charge_of(&bank, id.attempt(1).as_str());
        let notice = v2("CHARGE", &charge, &consent);
        assert_eq!(status(&shop, &id).await, Status::Queued);
        // Too early: Amazon has not decided.
        assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &notice).await.status, 200);
        assert_eq!(status(&shop, &id).await, Status::Queued);
        device.clock().advance(31);
        shop.meter.take();
        assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &notice).await.status, 200);
        let cost = shop.meter.take();
        assert_eq!(status(&shop, &id).await, end, "{capture:?}, {outcome}");
        assert_eq!((cost.reads, cost.writes), (1, 1), "the order, and its change");
        let order = shop.order(&id).await;
        assert_eq!(order.history.last().unwrap().what, Event::Notified);
        // Again, in the other form, and late: nothing more.
        let in_xml =
            v1("dotnet-AuthorizeNotification", &[("5d5f01d72e0c3", id.attempt(1).as_str()), ("S01-7922233-4167005-A092060", &charge)]);
        for again in [&notice, &in_xml, &notice] {
            assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), again).await.word, "done");
        }
        assert_eq!(shop.meter.take().writes, 0);
        assert_eq!(shop.order(&id).await, order);
    }
}

#[tokio::test]
async fn the_asynchronous_table_comes_true_by_reconciling_alone() {
    for (capture, outcome, end) in TABLE {
        let (shop, device, bank, id) = bought(Timing::Asynchronous, capture, outcome).await;
        assert_eq!(status(&shop, &id).await, Status::Queued);
        device.clock().advance(31);
        let (pay, mark) = (local(&bank, &device), |text: &str| fingerprint::mark(text));
        let desk = Desk { store: &shop.skill.store, payments: &pay, now: device.clock().now(), mark: &mark };
        desk.reconcile(&id).await.unwrap();
        assert_eq!(status(&shop, &id).await, end, "{capture:?}, {outcome}");
    }
}

#[tokio::test]
async fn a_notification_that_overtakes_the_answer_leaves_nothing_for_the_answer_to_change() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let ipn = trusting(&shop).await;
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let answer = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    let id = order(&sent);
    let (charge, consent) = charge_of(&bank, id.attempt(1).as_str());
    assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &v2("CHARGE", &charge, &consent)).await.word, "done");
    let paid = shop.order(&id).await;
    assert!(matches!(paid.state, State::Paid(_)));
    let heard = shop.turn("Charge answer, overtaken", &mut device, answer).await;
    assert!(claims_paid(speech(&heard)), "{heard:?}");
    let after = shop.order(&id).await;
    let (State::Paid(before), State::Paid(now)) = (&paid.state, &after.state) else { panic!("{after:?}") };
    assert_eq!((before.captured, &before.refunds), (now.captured, &now.refunds));
    assert_eq!(bank.captured(&device).len(), 1);
}

#[tokio::test]
async fn an_answer_that_never_came_is_made_up_for_and_the_buyer_is_charged_once() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let ipn = trusting(&shop).await;
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    bank.carry_out(&mut device, &sent, Effect::Ordinary);
    let id = order(&sent);
    let (charge, _) = charge_of(&bank, id.attempt(1).as_str());
    let older =
        v1("java-CaptureNotification", &[("P01-0000000-0000000-Ref", id.attempt(1).as_str()), ("P01-0000000-0000000-000000", &charge)]);
    assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &older).await.word, "done");
    device.clock().advance(2 * Time::MINUTE);
    let envelope = device.launch();
    let heard = shop.turn("launch", &mut device, envelope).await;
    assert!(heard.send.is_none() && claims_paid(speech(&heard)), "{heard:?}");
    assert_eq!(bank.captured(&device).len(), 1);
}

#[tokio::test]
async fn a_chargeback_makes_the_order_disputed_once() {
    let (shop, device, bank, id) = bought(Timing::Synchronous, CaptureMode::Immediate, "paid").await;
    let ipn = trusting(&shop).await;
    let notice = v1("java-ChargebackNotification_Service", &[("CaptureReference6282176", id.attempt(1).as_str())]);
    for _ in 0..3 {
        assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &notice).await.word, "done");
    }
    let order = shop.order(&id).await;
    assert_eq!(order.state.status(), Some(Status::Disputed));
    let disputed: Vec<_> = order.history.iter().filter(|entry| entry.what == Event::Disputed).collect();
    assert_eq!(disputed.len(), 1);
    assert_eq!(disputed[0].note.as_ref().unwrap().as_str(), "C9KORZRXQ655G RECEIVED Generic Service Chargeback 100.0 USD");
    // The new form names the consent alone, which may have paid for several orders: a person has to look.
    let (_, consent) = charge_of(&bank, id.attempt(1).as_str());
    let pay = Nameless { pay: local(&bank, &device), consent: Some(id.to_string()) };
    assert_eq!(post(&ipn, &pay, device.clock().now(), &v2("CHARGEBACK", "C1", &consent)).await.word, "noted");
    assert!(
        shop.contents().await.iter().any(|item| item.contains("D#C1") && item.contains(&consent)),
        "it is kept, so that somebody is told"
    );
}

#[tokio::test]
async fn a_refund_that_is_done_is_taken_in_and_an_order_at_rest_stays_as_it_is() {
    let (shop, device, bank, id) = bought(Timing::Synchronous, CaptureMode::Immediate, "paid").await;
    let ipn = trusting(&shop).await;
    let notice = v1("java-RefundNotification", &[("P01-0000000-0000000-Ref", id.refund(1).as_str())]);
    let before = shop.order(&id).await;
    assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &notice).await.word, "done");
    assert_eq!(shop.order(&id).await, before);
    // The wish is stored, and the desk died before it called.
    let (mark, now) = (|text: &str| fingerprint::mark(text), device.clock().now());
    let half = Money::new(1_000, voicetill::domain::money::Currency::Usd);
    let dead = Dead;
    let desk = Desk { store: &shop.skill.store, payments: &dead, now, mark: &mark };
    desk.wish(&id, &voicetill::domain::order::Command::Refund { amount: half }).await.unwrap_err();
    for _ in 0..2 {
        assert_eq!(post(&ipn, &local(&bank, &device), now, &notice).await.word, "done");
    }
    assert_eq!(status(&shop, &id).await, Status::PartiallyRefunded);
    let lies = bank.books.with(|pay| pay.lies(id.attempt(1).as_str(), now)).unwrap().unwrap();
    assert_eq!(lies.refunded.minor(), 1_000);
}

#[tokio::test]
async fn what_is_not_ours_is_answered_quietly_and_reads_no_order_that_it_does_not_name() {
    let (shop, device, bank, id) = bought(Timing::Synchronous, CaptureMode::Immediate, "paid").await;
    let ipn = trusting(&shop).await;
    let (before, now) = (shop.contents().await, device.clock().now());
    let (charge, consent) = charge_of(&bank, id.attempt(1).as_str());
    let elsewhere = OrderId::parse("ZZ0123456789ABCDEF1NK5T4700").unwrap();
    let foreign =
        v1("dotnet-AuthorizeNotification", &[("5d5f01d72e0c3", elsewhere.attempt(1).as_str()), ("S01-7922233-4167005-A092060", &charge)]);
    let unnamed = Nameless { pay: local(&bank, &device), consent: None };
    for notice in [
        v2("CHARGE", "S01-0000000-0000000-C000000", "C01-0000000-0000000"),
        v2("REFUND", "S01-0000000-0000000-R000000", "C01-0000000-0000000"),
        v2("CHARGE", &charge, &consent),
        v2("CHARGE_PERMISSION", &consent, &consent),
        v2("SOMETHING_NEW", "X1", &consent),
        v1("java-ProviderCreditNotification", &[]),
        vectors_sample(),
        foreign,
    ] {
        let answer = post(&ipn, &unnamed, now, &notice).await;
        assert_eq!((answer.status, answer.word), (200, "noted"), "{notice}");
    }
    assert_eq!(shop.contents().await, before);
}

/// As Seller Central sends it to try an address.
fn vectors_sample() -> Value {
    sign(envelope(&vectors::envelope("mws-ipn/java-AuthorizeNotification.json").message), None)
}

#[tokio::test]
async fn a_charge_that_bears_no_id_of_ours_is_found_through_its_agreement_and_only_where_it_fits() {
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    let ipn = trusting(&shop).await;
    let first = first_purchase(&mut shop, &mut device, &mut bank).await;
    device.clock().advance(2 * Time::DAY);
    repeat_read_back(&mut shop, &mut device).await;
    let sent = say_yes(&mut shop, &mut device).await;
    bank.carry_out(&mut device, &sent, Effect::Ordinary);
    let (second, now) = (order(&sent), device.clock().now());
    let pay = Nameless { pay: local(&bank, &device), consent: Some(first.to_string()) };
    // A charge of the first order's is not taken for the second's, of which nothing is known yet.
    let (before, waiting) = (shop.order(&first).await, shop.order(&second).await);
    let (of_first, consent) = charge_of(&bank, first.attempt(1).as_str());
    post(&ipn, &pay, now, &v2("CHARGE", &of_first, &consent)).await;
    assert_eq!((&shop.order(&first).await, &shop.order(&second).await), (&before, &waiting));
    let (of_second, _) = charge_of(&bank, second.attempt(1).as_str());
    assert_eq!(post(&ipn, &pay, now, &v2("CHARGE", &of_second, &consent)).await.word, "done");
    assert!(matches!(shop.order(&second).await.state, State::Paid(_)));
    assert_eq!(shop.order(&first).await, before);
}

#[tokio::test]
async fn news_of_an_earlier_try_is_no_news_of_the_open_one() {
    let (mut shop, mut device, bank, id) = bought(Timing::Synchronous, CaptureMode::Immediate, "declined-soft").await;
    let mut bank = bank;
    let ipn = trusting(&shop).await;
    device.clock().advance(60);
    let envelope = device.launch();
    shop.turn("launch", &mut device, envelope).await;
    let envelope = device.yes();
    let mut sent = shop.turn("yes", &mut device, envelope).await;
    for _ in 0..3 {
        if crate::alexa::attempt(&sent).is_some() {
            break;
        }
        let envelope = device.yes();
        sent = shop.turn("yes", &mut device, envelope).await;
    }
    assert_eq!(crate::alexa::attempt(&sent).as_deref(), Some(id.attempt(2).as_str()), "{sent:?}");
    bank.carry_out(&mut device, &sent, Effect::Authorization(End::Pending { declined: false }));
    let (pay, now) = (Nameless { pay: local(&bank, &device), consent: Some(id.to_string()) }, device.clock().now());
    let (of_first, consent) = charge_of(&bank, id.attempt(1).as_str());
    let waiting = shop.order(&id).await;
    post(&ipn, &pay, now, &v2("CHARGE", &of_first, &consent)).await;
    assert_eq!(shop.order(&id).await, waiting, "a decline of the first try ends nothing");
    let (of_second, _) = charge_of(&bank, id.attempt(2).as_str());
    assert_eq!(post(&ipn, &pay, now, &v2("CHARGE", &of_second, &consent)).await.word, "done");
    assert_ne!(shop.order(&id).await, waiting);
}

#[tokio::test]
async fn what_cannot_be_found_out_now_has_to_come_again() {
    let (shop, device, bank, id) = bought(Timing::Asynchronous, CaptureMode::Immediate, "pending").await;
    let ipn = trusting(&shop).await;
    device.clock().advance(31);
    let (charge, consent) = charge_of(&bank, id.attempt(1).as_str());
    let (notice, now) = (v2("CHARGE", &charge, &consent), device.clock().now());
    assert_eq!(post(&ipn, &Dead, now, &notice).await.status, 503);
    // Ours by its reference, and not to be seen yet at Amazon Pay.
    let unseen = v1("dotnet-AuthorizeNotification", &[("5d5f01d72e0c3", id.attempt(1).as_str())]);
    assert_eq!(post(&ipn, &local(&bank, &device), now, &unseen).await.status, 503);
    assert_eq!(status(&shop, &id).await, Status::Queued);
    let broken = self::ipn(Unwritable(shop.skill.store.clone()));
    assert_eq!(post(&broken, &local(&bank, &device), now, &notice).await.status, 503);
    assert_eq!(status(&shop, &id).await, Status::Queued);
    assert_eq!(post(&ipn, &local(&bank, &device), now, &notice).await.status, 200);
    assert_eq!(status(&shop, &id).await, Status::Processed);
}

#[tokio::test]
async fn a_topic_is_held_until_a_person_trusts_it_and_then_no_other_is() {
    let (shop, device, bank, id) = bought(Timing::Asynchronous, CaptureMode::Immediate, "pending").await;
    let store = shop.skill.store.clone();
    let ipn = ipn(store.clone());
    device.clock().advance(31);
    let (charge, consent) = charge_of(&bank, id.attempt(1).as_str());
    let (pay, now, notice) = (local(&bank, &device), device.clock().now(), v2("CHARGE", &charge, &consent));
    let asks = sign(confirmation(), None);
    assert_eq!(post(&ipn, &pay, now, &notice).await.status, 403, "nobody knows the topic");
    let mut forged = asks.clone();
    forged["Signature"] = sign(envelope("x"), None)["Signature"].clone();
    assert_eq!(post(&ipn, &pay, now, &forged).await.status, 403);
    assert_eq!(store.topics().await.unwrap(), []);

    assert!(post(&ipn, &pay, now, &asks).await.word.starts_with("held"));
    let Trust::Held { subscribe_url } = &store.topics().await.unwrap()[0].trust else { panic!() };
    assert_eq!(subscribe_url, asks["SubscribeURL"].as_str().unwrap());
    assert_eq!(post(&ipn, &pay, now, &notice).await.status, 503, "it waits for the operator");
    assert_eq!(status(&shop, &id).await, Status::Queued);

    store.keep_topic(&Topic { arn: arn(TOPIC), trust: Trust::Trusted, since: now }).await.unwrap();
    assert_eq!(post(&ipn, &pay, now, &notice).await.status, 200);
    assert_eq!(status(&shop, &id).await, Status::Processed);

    // Another topic, though SNS itself has signed for it.
    let mut other = confirmation();
    let (stranger, name) = ("arn:aws:sns:eu-west-1:999999999999:STRANGER", other["SubscribeURL"].as_str().unwrap());
    other["SubscribeURL"] = name.replace(TOPIC, stranger).into();
    other["TopicArn"] = stranger.into();
    assert_eq!(post(&ipn, &pay, now, &sign(other, None)).await.status, 403);
    assert_eq!(store.topics().await.unwrap().len(), 1);
    // The trusted one, anew: nothing serves its address here, so it has to ask again, and keeps its trust.
    assert_eq!(post(&ipn, &pay, now, &asks).await.status, 503);
    assert_eq!(store.topics().await.unwrap()[0].trust, Trust::Trusted);
    store.forget_topic(&arn(TOPIC)).await.unwrap();
    assert_eq!(store.topics().await.unwrap(), []);
    assert_eq!(post(&ipn, &pay, now.plus(10 * Time::MINUTE), &notice).await.status, 403);
}

#[tokio::test]
async fn garbage_is_refused_and_costs_no_call_of_the_store() {
    let shop = Shop::open().await;
    let ipn = trusting(&shop).await;
    let (bank, device) = (Bank::default(), Device::new("ada"));
    shop.meter.take();
    for (body, expected) in [(b"".to_vec(), 400), (b"{}".to_vec(), 400), (vec![b'x'; 300_000], 413)] {
        assert_eq!(ipn.answer(&local(&bank, &device), device.clock().now(), |_| None, &body).await.status, expected);
    }
    assert_eq!(shop.meter.take().reads, 0);
    let unreadable = sign(envelope("no JSON"), None);
    assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &unreadable).await.status, 400);
    let mut elsewhere = sign(envelope("x"), None);
    elsewhere["SigningCertURL"] = URL.replace("amazonaws.com", "evil.example").into();
    assert_eq!(post(&ipn, &local(&bank, &device), device.clock().now(), &elsewhere).await.status, 403);
}

/// Amazon Pay that does not repeat our ids: a charge has only its consent, and that is called by this name.
struct Nameless<'b> {
    pay: LocalPay<'b>,
    consent: Option<String>,
}

impl Objects for Nameless<'_> {
    async fn named_charge(&self, id: &AmazonId) -> Result<Option<FoundCharge>, PaymentsError> {
        Ok(self.pay.named_charge(id).await?.map(|found| FoundCharge { reference: None, ..found }))
    }

    async fn charge_of_refund(&self, refund: &AmazonId) -> Result<Option<AmazonId>, PaymentsError> {
        self.pay.charge_of_refund(refund).await
    }

    async fn name_of_consent(&self, _: &AmazonId) -> Result<Option<String>, PaymentsError> {
        Ok(self.consent.clone())
    }
}

/// Amazon Pay that is not reached.
pub struct Dead;

fn dead<T>() -> Result<T, PaymentsError> {
    Err(PaymentsError::NotDone { request: None, source: "no line".into() })
}

impl Objects for Dead {
    async fn named_charge(&self, _: &AmazonId) -> Result<Option<FoundCharge>, PaymentsError> {
        dead()
    }

    async fn charge_of_refund(&self, _: &AmazonId) -> Result<Option<AmazonId>, PaymentsError> {
        dead()
    }

    async fn name_of_consent(&self, _: &AmazonId) -> Result<Option<String>, PaymentsError> {
        dead()
    }
}

/// None of these is asked by a notification about a charge.
macro_rules! never_paid {
    ($($name:ty),*) => {$(
        impl Payments for $name {
            async fn look(&self, _: &Order, _: &Names) -> Result<Answered, PaymentsError> {
                dead()
            }

            async fn consent(&self, _: &BillingAgreementId) -> Result<Consent, PaymentsError> {
                dead()
            }

            async fn charge_again(&self, _: &Order, _: &Attempt) -> Result<Answered, PaymentsError> {
                dead()
            }

            async fn hold_rest(&self, _: &Order, _: &Attempt) -> Result<Answered, PaymentsError> {
                dead()
            }

            async fn refunded(&self, _: &OrderId, _: &Paid) -> Result<Option<Money>, PaymentsError> {
                dead()
            }

            async fn capture(&self, _: &OrderId, _: &Capture) -> Result<Answered, PaymentsError> {
                dead()
            }

            async fn void(&self, _: &OrderId, _: &Hold) -> Result<Answered, PaymentsError> {
                dead()
            }

            async fn refund(&self, _: &OrderId, _: &Paid, _: &Refund) -> Result<Answered, PaymentsError> {
                dead()
            }

            async fn close(&self, _: &BillingAgreementId) -> Result<Answered, PaymentsError> {
                dead()
            }

            async fn track(&self, _: &Order, _: &Parcel) -> Result<Answered, PaymentsError> {
                dead()
            }
        }
    )*};
}

never_paid!(Nameless<'_>, Dead);

/// A store whose orders cannot be changed.
struct Unwritable(DynamoStore);

impl Store for Unwritable {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        self.0.opening(buyer).await
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        self.0.order(id).await
    }

    async fn create(&self, _: &Order) -> Result<Written, StoreError> {
        Err(StoreError::Unavailable { operation: "PutItem", source: "down".into() })
    }

    async fn amend(&self, _: &Amend) -> Result<Written, StoreError> {
        Err(StoreError::Unavailable { operation: "UpdateItem", source: "down".into() })
    }

    async fn keep(&self, _: &BuyerId, _: &LeftCart, _: &WriteId) -> Result<(), StoreError> {
        Err(StoreError::Unavailable { operation: "UpdateItem", source: "down".into() })
    }
}

impl Chargebacks for Unwritable {
    async fn keep_chargeback(&self, _: &LooseChargeback, _: Time) -> Result<(), StoreError> {
        Err(StoreError::Unavailable { operation: "PutItem", source: "down".into() })
    }
}

impl Topics for Unwritable {
    async fn topics(&self) -> Result<Vec<Topic>, StoreError> {
        self.0.topics().await
    }

    async fn keep_topic(&self, topic: &Topic) -> Result<(), StoreError> {
        self.0.keep_topic(topic).await
    }

    async fn forget_topic(&self, arn: &TopicArn) -> Result<(), StoreError> {
        self.0.forget_topic(arn).await
    }
}
