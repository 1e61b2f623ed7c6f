//! Every promise of `ports::Told`, against a real engine.

use voicetill::domain::ids::{OrderId, WriteId};
use voicetill::domain::message::{Channel, MessageId, Subject};
use voicetill::domain::time::Time;
use voicetill::ports::{Claim, Claimed, Ended, Told};

use crate::meter;

const NOW: Time = Time::from_unix(1_795_000_000);

fn id(channel: Channel) -> MessageId {
    let order = OrderId::parse("PS0123456789ABCDEF1NK5T4700").unwrap();
    MessageId { subject: Subject::Order(order), write: WriteId::of_bits(7), channel }
}

fn claim(by: u128, at: i64) -> (Claim, Time) {
    let now = NOW.plus(at);
    (Claim { id: id(Channel::Buyer), by: WriteId::of_bits(by), until: now.plus(30) }, now)
}

#[tokio::test]
async fn one_claim_holds_until_it_is_over_or_given_up_and_an_end_is_for_good() {
    let (_engine, store, _) = meter::store().await;
    let ask = async |(claim, now): (Claim, Time)| store.claim(&claim, now).await.unwrap();
    assert_eq!(ask(claim(1, 0)).await, Claimed::Ours);
    // Its answer got lost, and it asks again.
    assert_eq!(ask(claim(1, 0)).await, Claimed::Ours);
    assert_eq!(ask(claim(2, 5)).await, Claimed::Until(NOW.plus(30)));
    // Who has it has crashed.
    assert_eq!(ask(claim(2, 30)).await, Claimed::Ours);
    // The first one is late: what it gives up is not its own any more.
    store.release(&claim(1, 0).0).await.unwrap();
    assert_eq!(ask(claim(3, 31)).await, Claimed::Until(NOW.plus(60)));
    store.release(&claim(2, 30).0).await.unwrap();
    assert_eq!(ask(claim(3, 32)).await, Claimed::Ours);
    store.ended(&id(Channel::Buyer), &Ended::Sent, NOW.plus(33)).await.unwrap();
    assert_eq!(ask(claim(3, 32)).await, Claimed::Ended);
    assert_eq!(ask(claim(4, 9_000)).await, Claimed::Ended);
    let told = store.told(&id(Channel::Buyer).subject).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].at, &told[0].ended), (NOW.plus(33), &Some(Ended::Sent)));
}

#[tokio::test]
async fn of_two_who_claim_at_once_one_gets_it_and_channels_are_apart() {
    let (_engine, store, _) = meter::store().await;
    let ((one, now), (other, _)) = (claim(1, 0), claim(2, 0));
    let (one, other) = tokio::join!(store.claim(&one, now), store.claim(&other, now));
    let ours = [one.unwrap(), other.unwrap()].into_iter().filter(|claimed| *claimed == Claimed::Ours).count();
    assert_eq!(ours, 1);
    let office = Claim { id: id(Channel::Office), ..claim(3, 0).0 };
    assert_eq!(store.claim(&office, now).await.unwrap(), Claimed::Ours);
    assert_eq!(store.told(&office.id.subject).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_message_costs_two_writes_and_one_that_was_sent_one() {
    let (_engine, store, meter) = meter::store().await;
    let (first, now) = claim(1, 0);
    store.claim(&first, now).await.unwrap();
    store.ended(&first.id, &Ended::Sent, now).await.unwrap();
    let sent = meter.take();
    assert_eq!((sent.reads, sent.writes), (0, 2));
    store.claim(&claim(2, 5).0, now).await.unwrap();
    let again = meter.take();
    assert_eq!((again.reads, again.writes), (0, 1));
}
