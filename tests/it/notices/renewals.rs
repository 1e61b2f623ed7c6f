//! Money that is held for goods which have not left is held anew before Amazon lets it go, where the shop wants that.

use serde_json::json;
use voicetill::adapters::dynamodb::tail::Tail;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, DeskError, Round, Scope};
use voicetill::domain::ids::OrderId;
use voicetill::domain::order::{Command, Event, Order, State, Status};
use voicetill::domain::payment::Decline;
use voicetill::domain::shop::World;
use voicetill::domain::time::Time;
use voicetill::ports::Payments;
use voicetill::simulated::LocalPay;
use voicetill::simulator::amazon_pay::End;

use super::heard::Dead;
use crate::alexa::{Bank, Device};
use crate::desk::{account, authorized};
use crate::shop::Shop;
use crate::stand_in::{Reply, StandIn, charge};
use crate::telling::function;

const WANTED: Scope = Scope { world: World::Simulated, reauthorize: true };

async fn round(shop: &Shop, payments: &impl Payments, now: Time, scope: Scope) -> Round {
    let mark = |text: &str| fingerprint::mark(&format!("{} {text}", now.unix()));
    Desk { store: &shop.skill.store, payments, now, mark: &mark }.round(scope, || true).await.unwrap()
}

fn day(device: &Device, days: i64) -> Time {
    device.clock().now().plus(days * Time::DAY).plus(Time::HOUR)
}

/// The attempts of which money is held at Amazon Pay, by their numbers.
fn held_at_amazon(bank: &Bank, id: &OrderId, now: Time) -> Vec<u8> {
    let holds = |number: &u8| {
        let lies = bank.books.with(|pay| pay.lies(id.attempt(*number).as_str(), now)).unwrap();
        lies.is_some_and(|lies| !lies.captured && matches!(lies.end, End::AsAsked | End::Authorized))
    };
    (1..=9).filter(holds).collect()
}

fn attempt(order: &Order) -> u8 {
    order.state.attempt().unwrap().number
}

/// The subjects of what was written to the buyer, and to the orders department, in all this time.
async fn told(shop: &Shop, now: Time) -> [Vec<String>; 2] {
    let event = Tail::new(shop.endpoint(), "voicetill").unwrap().after(None).await.unwrap();
    let function = function(&shop.skill.store, "run");
    function.tell(&event, || now, now.plus(Time::HOUR)).await.unwrap();
    let (buyer, office): (Vec<_>, Vec<_>) = function.mail.carrier.take().into_iter().partition(|(to, _)| to == "ada@example.com");
    [buyer, office].map(|letters| letters.into_iter().map(|(_, subject)| subject).collect())
}

#[tokio::test]
async fn a_hold_is_renewed_before_it_ends_as_often_as_it_takes_and_there_is_never_more_than_one() {
    let (shop, device, bank, id) = authorized().await;
    let (mut warned, mut attempts) = (Vec::new(), Vec::new());
    for days in 0..70 {
        let now = day(&device, days);
        let done = round(&shop, &LocalPay { books: &bank.books, now }, now, WANTED).await;
        warned.extend((0..done.warned).map(|_| days));
        let order = shop.order(&id).await;
        assert!(matches!(order.state, State::Authorized(_)), "day {days}: {order:?}");
        assert_eq!(held_at_amazon(&bank, &id, now), [attempt(&order)], "day {days}");
        attempts.push(attempt(&order));
    }
    // Each new hold is a week old at some time, and none is let go.
    assert_eq!(warned, [7, 35, 63]);
    assert_eq!([27, 28, 55, 56, 69].map(|days| attempts[days]), [1, 2, 2, 3, 3]);
    let [buyer, office] = told(&shop, day(&device, 70)).await;
    assert!(buyer.len() == 1 && buyer[0].contains("is confirmed"), "{buyer:?}");
    assert_eq!(office.iter().filter(|subject| subject.starts_with("Authorization renewed")).count(), 2, "{office:?}");
    assert!(!office.iter().any(|subject| subject.starts_with("Authorization about to end")), "{office:?}");
    // What is taken is what the buyer said yes to, and no more.
    let now = day(&device, 70);
    let (pay, mark) = (LocalPay { books: &bank.books, now }, |text: &str| fingerprint::mark(text));
    let desk = Desk { store: &shop.skill.store, payments: &pay, now, mark: &mark };
    let paid = desk.wish(&id, &Command::Capture { amount: None }).await.unwrap();
    assert_eq!((paid.state.status(), paid.state.payments()[0].captured), (Some(Status::Processed), paid.total().unwrap()));
    assert_eq!(held_at_amazon(&bank, &id, now), [0_u8; 0]);
}

#[tokio::test]
async fn where_the_consent_has_ended_nothing_is_given_back_and_the_department_has_five_days() {
    let (shop, device, bank, id) = authorized().await;
    let agreement = shop.order(&id).await.agreement.unwrap();
    assert!(bank.books.with(|pay| pay.close_agreement(agreement.as_str())).unwrap());
    let mut warned = Vec::new();
    for days in 0..30 {
        let now = day(&device, days);
        let done = round(&shop, &LocalPay { books: &bank.books, now }, now, WANTED).await;
        warned.extend((0..done.warned).map(|_| days));
        assert_eq!(held_at_amazon(&bank, &id, now), [1], "day {days}");
    }
    assert_eq!(warned, [7, 25]);
    let order = shop.order(&id).await;
    let entry = order.history.iter().find(|entry| entry.what == Event::HoldEnds).unwrap();
    assert!(entry.note.as_ref().is_some_and(|why| why.as_str() == "CLOSED"), "{entry:?}");
    assert!(matches!(order.state, State::Authorized(_)), "{order:?}");
}

#[tokio::test]
async fn trouble_at_amazon_is_no_warning_while_there_is_time_and_one_when_there_is_none() {
    let (shop, device, _, id) = authorized().await;
    // Nothing but the consent is asked about in vain: how the charge stands is told.
    for (days, warned) in [(25, 0), (28, 1), (29, 0)] {
        let stand_in = StandIn::start([charge("Authorized"), Reply::refuse(401, "UnauthorizedAccess")]).await;
        let done = round(&shop, &account(&stand_in), day(&device, days), WANTED).await;
        assert_eq!((done.looked, done.warned), (1, warned), "day {days}");
        assert_eq!(shop.order(&id).await.state.status(), Some(Status::Authorized), "day {days}");
    }
    let events: Vec<_> = shop.order(&id).await.history.iter().map(|entry| entry.what).collect();
    assert!(events.contains(&Event::HoldEnds) && !events.contains(&Event::AskedToRenew), "{events:?}");
}

#[tokio::test]
async fn a_new_hold_that_is_declined_is_told_to_the_buyer_and_to_the_department() {
    let (shop, device, _, id) = authorized().await;
    let given_back = json!({ "chargeId": "S01-1111111-2222222-C333333",
        "statusDetails": { "state": "Canceled", "reasonCode": "MerchantCanceled" } });
    let chargeable = json!({ "chargePermissionId": "C01-0055070-1396412", "statusDetails": { "state": "Chargeable" } });
    let replies = [charge("Authorized"), Reply::Json(200, chargeable), Reply::Json(200, given_back), Reply::refuse(422, "HardDeclined")];
    let stand_in = StandIn::start(replies).await;
    let now = day(&device, 28);
    let done = round(&shop, &account(&stand_in), now, WANTED).await;
    assert_eq!((done.failed, done.warned), (0, 0), "{done:?}");
    let order = shop.order(&id).await;
    let declined = matches!(&order.state, State::Declined { attempt, decline: Decline::InvalidPaymentMethodHard } if attempt.number == 2);
    assert!(declined, "{order:?}");
    let asked = stand_in.asked();
    let lines: Vec<_> = asked.iter().map(|asked| asked.line.split(' ').next().unwrap()).collect();
    assert_eq!(lines, ["GET", "GET", "DELETE", "POST"], "what is held goes before the new hold is asked for");
    assert_eq!(asked[3].header("x-amz-pay-idempotency-key"), format!("{id}a2"));
    let [buyer, office] = told(&shop, now).await;
    assert!(buyer.last().unwrap().contains("cannot be sent"), "{buyer:?}");
    assert!(office.last().unwrap().starts_with("Authorization not renewed"), "{office:?}");
}

#[tokio::test]
async fn what_was_begun_is_gone_on_with_whatever_the_shop_wants_since() {
    let (shop, device, bank, id) = authorized().await;
    let now = day(&device, 28);
    let chargeable = json!({ "chargePermissionId": "C01-0055070-1396412", "statusDetails": { "state": "Chargeable" } });
    let stand_in = StandIn::start([charge("Authorized"), Reply::Json(200, chargeable), Reply::Text(501, "<html>".to_owned())]).await;
    assert_eq!(round(&shop, &account(&stand_in), now, WANTED).await.failed, 1);
    assert_eq!(shop.order(&id).await.state.name(), "Renewing");
    // Whoever wants the goods now waits until that is known.
    let (mark, later) = (|text: &str| fingerprint::mark(&format!("desk {text}")), now.plus(Time::HOUR));
    let desk = Desk { store: &shop.skill.store, payments: &Dead, now: later, mark: &mark };
    assert!(matches!(desk.wish(&id, &Command::Capture { amount: None }).await, Err(DeskError::Refused { .. })));
    let pay = LocalPay { books: &bank.books, now: later };
    let done = round(&shop, &pay, later, Scope { reauthorize: false, ..WANTED }).await;
    assert_eq!((done.changed, done.failed, done.warned), (1, 0, 0), "{done:?}");
    assert_eq!(held_at_amazon(&bank, &id, later), [2]);
    assert!(matches!(shop.order(&id).await.state, State::Authorized(_)));
}

#[tokio::test]
async fn nobodys_money_is_held_longer_than_consent_to_a_purchase_lasts() {
    let (shop, device, bank, id) = authorized().await;
    for days in 0..205 {
        let now = day(&device, days);
        round(&shop, &LocalPay { books: &bank.books, now }, now, WANTED).await;
    }
    let order = shop.order(&id).await;
    // Renewed on the days 28, 56, 84, 112, 140 and 168; the buyer's yes is too old for more.
    assert!(matches!(&order.state, State::Expired(hold) if hold.attempt.number == 7), "{:?}", order.state);
    let last: Vec<_> = order.history.iter().rev().take(2).map(|entry| entry.what).collect();
    assert_eq!(last, [Event::LookedUp, Event::HoldEnds], "{last:?}");
}
