//! The five loudest complaints about merchant systems (`reference/order-management.md`, section 4), each as it would begin. Of each,
//! `tests/mutations.toml` takes the guard away, and then its test fails.

use voicetill::adapters::dynamodb::tail::Tail;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, DeskError, Heard, Scope};
use voicetill::domain::ids::{AmazonId, OrderId};
use voicetill::domain::notice::Notice;
use voicetill::domain::order::{self, Command, Order, Refused, Report, State, Status, apply};
use voicetill::domain::payment::{CaptureMode, Names, Timing};
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::simulated::LocalPay;
use voicetill::simulator::amazon_pay::{Effect, Outcome};

use crate::alexa::{self, Bank, Device, claims_paid, speech};
use crate::notices::heard::{bought, charge_of};
use crate::shop::{Shop, first_read_back, say_yes};
use crate::telling::function;

/// Amazon Pay tells of the charge behind a reference.
async fn notify(shop: &Shop, bank: &Bank, reference: &str, now: Time) -> Heard {
    let (id, _) = charge_of(bank, reference);
    let pay = LocalPay { books: &bank.books, now };
    let mark = |text: &str| fingerprint::mark(&format!("{reference} {} {text}", now.unix()));
    let desk = Desk { store: &shop.skill.store, payments: &pay, now, mark: &mark };
    desk.hear(&Notice::Charge { id: AmazonId::parse(&id).unwrap(), ours: None }, World::Simulated).await.unwrap()
}

async fn wish(shop: &Shop, bank: &Bank, id: &OrderId, command: &Command, now: Time) -> Result<Order, DeskError> {
    let pay = LocalPay { books: &bank.books, now };
    let mark = |text: &str| fingerprint::mark(&format!("desk {} {text}", now.unix()));
    Desk { store: &shop.skill.store, payments: &pay, now, mark: &mark }.wish(id, command).await
}

/// Whom the function has written to, and about what.
async fn mail(shop: &Shop, now: Time) -> Vec<(String, String)> {
    let event = Tail::new(shop.endpoint(), "voicetill").unwrap().after(None).await.unwrap();
    let function = function(&shop.skill.store, "run");
    let report = function.tell(&event, || now, now.plus(Time::HOUR)).await.unwrap();
    assert!(report.again.is_empty(), "{report:?}");
    function.mail.carrier.take()
}

/// Complaint 1: the order is shown as cancelled, and Amazon has captured the money.
#[tokio::test]
async fn an_order_is_never_shown_as_cancelled_while_its_money_is_taken() {
    // The buyer does not wait for the outcome, and the merchant cancels.
    let (shop, device, bank, id) = bought(Timing::Asynchronous, CaptureMode::Immediate, "pending").await;
    let now = device.clock().now().plus(Time::MINUTE);
    let cancelling = wish(&shop, &bank, &id, &Command::Cancel, now).await.unwrap();
    assert_ne!(cancelling.state.status(), Some(Status::Cancelled), "nobody knows yet");
    let taken = now.plus(Time::HOUR);
    notify(&shop, &bank, id.attempt(1).as_str(), taken).await;
    let after = wish(&shop, &bank, &id, &Command::Cancel, taken).await;
    assert!(matches!(after, Err(DeskError::Refused { refused: Refused::CapturedRefundInstead, .. })), "{after:?}");
    let pay = LocalPay { books: &bank.books, now: taken };
    let mark = |text: &str| fingerprint::mark(&format!("round {text}"));
    let desk = Desk { store: &shop.skill.store, payments: &pay, now: taken, mark: &mark };
    let order = desk.reconcile(&id).await.unwrap();
    assert_eq!(order.state.status(), Some(Status::Refunded), "what was taken goes back");
    let told = mail(&shop, taken).await;
    assert!(!told.iter().any(|(_, subject)| subject.contains("is cancelled") || subject.contains("is confirmed")), "{told:?}");

    // It was cancelled in truth, and news of the money comes late.
    let (shop, device, bank, id) = bought(Timing::Synchronous, CaptureMode::Immediate, "declined-soft").await;
    let now = device.clock().now().plus(Time::MINUTE);
    let cancelled = wish(&shop, &bank, &id, &Command::Cancel, now).await.unwrap();
    assert_eq!(cancelled.state.status(), Some(Status::Cancelled));
    let report = Report::Charge { attempt: Some(1), outcome: order::Outcome::Captured { amount: None, names: Names::default() } };
    let late = apply(&cancelled.state, &report, now);
    assert!(matches!(&late, State::Paid(paid) if paid.open_refund().is_some()), "{late:?}");
}

/// Complaint 2: the order is confirmed, and it is not paid.
#[tokio::test]
async fn nobody_reads_or_hears_confirmed_before_the_money_is_held_or_taken() {
    for outcome in ["pending", "pending-declined"] {
        let (shop, device, bank, id) = bought(Timing::Asynchronous, CaptureMode::Immediate, outcome).await;
        let now = device.clock().now();
        let subjects = |told: Vec<(String, String)>| told.into_iter().map(|(_, subject)| subject).collect::<Vec<_>>().join("; ");
        let told = subjects(mail(&shop, now).await);
        assert!(told.contains("We have your order") && told.contains("payment pending") && !told.contains("confirmed"), "{told}");
        let later = now.plus(Time::HOUR);
        notify(&shop, &bank, id.attempt(1).as_str(), later).await;
        let told = subjects(mail(&shop, later).await);
        let paid = outcome == "pending";
        assert_eq!(told.contains("is confirmed"), paid, "{told}");
        assert_eq!(told.contains("did not go through"), !paid, "{told}");
    }
    let (mut shop, mut device, mut bank) = (Shop::open().await, Device::new("ada"), Bank::default());
    first_read_back(&mut shop, &mut device, &mut bank).await;
    let sent = say_yes(&mut shop, &mut device).await;
    let envelope = bank.carry_out(&mut device, &sent, Outcome::named("rejected").unwrap().effect);
    let heard = shop.turn("Charge answer", &mut device, envelope).await;
    assert!(!claims_paid(speech(&heard)), "{heard:?}");
}

/// Complaint 3: Amazon has cleared the payment, the notification was lost, and the order waits for ever.
#[tokio::test]
async fn an_order_whose_notification_is_lost_does_not_wait_for_ever() {
    for (outcome, end) in [("pending", Status::Processed), ("pending-declined", Status::Declined)] {
        let (shop, device, bank, id) = bought(Timing::Asynchronous, CaptureMode::Immediate, outcome).await;
        let now = device.clock().now().plus(Time::HOUR);
        let pay = LocalPay { books: &bank.books, now };
        let mark = |text: &str| fingerprint::mark(text);
        let desk = Desk { store: &shop.skill.store, payments: &pay, now, mark: &mark };
        let round = desk.round(Scope { world: World::Simulated, reauthorize: false }, || true).await.unwrap();
        assert_eq!((round.looked, round.changed, round.open), (1, 1, 0), "{round:?}");
        assert_eq!(shop.order(&id).await.state.status(), Some(end));
    }
}

/// Complaint 4: news of a decline is not applied, or a declined order is opened again.
#[tokio::test]
async fn a_decline_is_taken_in_and_nothing_opens_the_order_again() {
    let (shop, device, bank, id) = bought(Timing::Asynchronous, CaptureMode::Immediate, "pending-declined").await;
    let now = device.clock().now().plus(Time::HOUR);
    notify(&shop, &bank, id.attempt(1).as_str(), now).await;
    let declined = shop.order(&id).await;
    assert_eq!(declined.state.status(), Some(Status::Declined));
    // The notification that it is pending comes late, and the one of the decline again.
    for minutes in 1..4 {
        let heard = notify(&shop, &bank, id.attempt(1).as_str(), now.plus(minutes * Time::MINUTE)).await;
        assert!(matches!(heard, Heard::Known(_)), "{heard:?}");
    }
    let names = Names::default();
    for late in
        [order::Outcome::Pending { names }, order::Outcome::Unclear, order::Outcome::NotTried { because: order::Hindrance::Request }]
    {
        let report = Report::Charge { attempt: None, outcome: late };
        assert_eq!(apply(&declined.state, &report, now), declined.state, "{report:?}");
    }
    assert_eq!(shop.order(&id).await, declined);
}

/// Complaint 5: a good purchase fails for a moment, because what happened before comes after.
#[tokio::test]
async fn news_of_the_try_before_does_not_disturb_the_one_that_pays() {
    let (mut shop, mut device, mut bank, id) = bought(Timing::Synchronous, CaptureMode::Immediate, "declined-soft").await;
    device.clock().advance(Time::MINUTE);
    let envelope = device.launch();
    shop.turn("launch", &mut device, envelope).await;
    let mut sent = None;
    for _ in 0..3 {
        let envelope = device.yes();
        let reply = shop.turn("yes", &mut device, envelope).await;
        if alexa::attempt(&reply).is_some() {
            sent = Some(reply);
            break;
        }
    }
    let sent = sent.expect("the second try leaves");
    assert_eq!(alexa::order(&sent), id);
    let charging = shop.order(&id).await;
    assert!(matches!(&charging.state, State::Charging { attempt, .. } if attempt.number == 2), "{:?}", charging.state);
    // The decline of the first try is told now, while the second is open.
    let heard = notify(&shop, &bank, id.attempt(1).as_str(), device.clock().now()).await;
    assert!(matches!(heard, Heard::Known(_)), "{heard:?}");
    assert_eq!(shop.order(&id).await, charging);
    let envelope = bank.carry_out(&mut device, &sent, Effect::Ordinary);
    let heard = shop.turn("Charge answer", &mut device, envelope).await;
    assert!(claims_paid(speech(&heard)), "{heard:?}");
    // And once more, when the money is taken.
    notify(&shop, &bank, id.attempt(1).as_str(), device.clock().now().plus(Time::MINUTE)).await;
    let paid = shop.order(&id).await;
    assert_eq!(paid.state.status(), Some(Status::Processed));
    assert!(!paid.history.iter().skip_while(|entry| entry.to != "Paid").any(|entry| entry.to != "Paid"), "{:?}", paid.history);
}
