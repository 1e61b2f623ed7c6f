//! The post of a storm: claims in memory, and a way out that fails at times and counts what it has carried.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::sleep;
use voicetill::domain::ids::{BillingAgreementId, BuyerId, WriteId};
use voicetill::domain::message::{Change, Channel, Letter, Listener, Message, MessageId, Ring, Subject, owed};
use voicetill::domain::order::{Order, Status};
use voicetill::domain::time::Time;
use voicetill::domain::wallet::{Email, SavedWallet};
use voicetill::ports::{
    Addressees, Buyers, Claim, Claimed, Devices, Ended, Mail, Matter, PaymentsError, Saved, SendError, StoreError, Telling, Told, Wallets,
};
use voicetill::simulator::ids::hash;

/// Who has claimed a message, until when, and what has become of it.
type Held = (WriteId, Time, Option<Ended>);

#[derive(Debug, Default)]
pub struct Post {
    claims: Mutex<BTreeMap<MessageId, Held>>,
    carried: Mutex<BTreeMap<MessageId, Vec<Message>>>,
    tries: AtomicUsize,
}

impl Post {
    /// One in five does not go out, and none goes out at once.
    async fn carry(&self, id: MessageId, message: Message) -> Result<(), SendError> {
        let number = self.tries.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(hash(1, &number.to_string()) % 700)).await;
        if hash(2, &number.to_string()).is_multiple_of(5) {
            return Err(SendError::NotNow("not now".into()));
        }
        self.carried.lock().unwrap().entry(id).or_default().push(message);
        Ok(())
    }

    /// What was owed has gone out, each message once, and nothing else has.
    pub fn audit(&self, changes: &[Change], orders: &[Order]) {
        let carried = self.carried.lock().unwrap();
        let mut all = BTreeMap::new();
        for change in changes {
            for message in owed(change) {
                all.insert(MessageId::of(&change.after, message.channel()).unwrap(), vec![message]);
            }
        }
        assert!(all.len() >= orders.len(), "{}", all.len());
        assert_eq!(*carried, all, "each message once");
        // And they say what has become of the order.
        for order in orders {
            let of = |wanted: fn(&Message) -> bool| {
                let mine = carried.iter().filter(|(id, _)| id.subject == Subject::Order(order.id.clone()));
                mine.flat_map(|(_, messages)| messages).filter(|message| wanted(message)).count()
            };
            let confirmed = of(|message| *message == Message::Buyer(Letter::Confirmed));
            assert_eq!(confirmed, usize::from(order.state.status() == Some(Status::Processed)), "{:?}", order.state);
            assert!(of(|message| *message == Message::Buyer(Letter::Received)) <= 1);
            assert!(of(|message| message.channel() == Channel::Office) >= 1, "{:?}", order.state);
        }
    }
}

impl Told for Post {
    async fn claim(&self, claim: &Claim, now: Time) -> Result<Claimed, StoreError> {
        let mut claims = self.claims.lock().unwrap();
        match claims.get(&claim.id) {
            Some((_, _, Some(_))) => return Ok(Claimed::Ended),
            Some((by, until, None)) if *until > now && *by != claim.by => return Ok(Claimed::Until(*until)),
            Some(_) | None => {}
        }
        claims.insert(claim.id.clone(), (claim.by.clone(), claim.until, None));
        Ok(Claimed::Ours)
    }

    async fn ended(&self, id: &MessageId, how: &Ended, _: Time) -> Result<(), StoreError> {
        self.claims.lock().unwrap().get_mut(id).unwrap().2 = Some(how.clone());
        Ok(())
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        self.claims.lock().unwrap().remove(&claim.id);
        Ok(())
    }

    async fn told(&self, _: &Subject) -> Result<Vec<Telling>, StoreError> {
        Ok(Vec::new())
    }
}

impl Wallets for Post {
    async fn wallet(&self, _: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        Ok(None)
    }

    async fn save_wallet(&self, _: &BuyerId, _: &SavedWallet, _: Option<&WriteId>) -> Result<Saved, StoreError> {
        Ok(Saved::Done)
    }
}

impl Addressees for Post {
    async fn listener(&self, _: &BuyerId) -> Result<Option<Listener>, StoreError> {
        Ok(Listener::parse("amzn1.ask.account.X"))
    }
}

impl Buyers for Post {
    async fn email(&self, _: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        Ok(Email::parse("ada@example.com"))
    }
}

impl Mail for Post {
    async fn send(&self, matter: Matter<'_>, to: Option<&Email>) -> Result<(), SendError> {
        let Matter::Order(order, message) = matter else { panic!("{matter:?}") };
        assert_eq!(to.is_some(), message.channel() == Channel::Buyer);
        self.carry(MessageId::of(order, message.channel()).unwrap(), *message).await
    }
}

impl Devices for Post {
    fn are_reached(&self) -> bool {
        true
    }

    async fn ring(&self, id: &MessageId, ring: Ring, _: &Listener) -> Result<(), SendError> {
        self.carry(id.clone(), Message::Device(ring)).await
    }
}
