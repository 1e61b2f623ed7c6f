//! Telling of a stored change: each message is claimed, sent, and noted as sent.
//!
//! Who sees the same change again finds the claims. One that crashed between sending and noting is taken over when its time is up, and then
//! the message goes out once more: an order that nobody hears of is worse than one that somebody hears of twice.

use super::link::{self, LinkError, Now};
use crate::domain::ids::WriteId;
use crate::domain::message::{Change, Channel, LooseChargeback, Message, MessageId, owed};
use crate::domain::order::Order;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::domain::wallet::Email;
use crate::ports::{Addressees, Buyers, Claim, Claimed, Devices, Ended, Mail, Matter, PaymentsError, SendError, StoreError, Told, Wallets};
use crate::telemetry::chain;

/// All messages of a change are sent within this, however slow everybody is, so whoever still has a claim by then is dead.
const CLAIM_SECONDS: i64 = 90;

/// Tells of changes: what it works with, and when.
pub struct Teller<'t, S, B, M, D> {
    pub store: &'t S,
    pub buyers: &'t B,
    pub mail: &'t M,
    pub devices: &'t D,
    /// Orders of another world are none of ours.
    pub world: World,
    pub now: Time,
    /// Makes the name of a claim from a text; no two runs may make the same ones.
    pub mark: &'t (dyn Fn(&str) -> WriteId + Sync),
}

/// A message that was not sent before, and is not owed any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub id: MessageId,
    pub how: Ended,
}

/// Why a message is still owed.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    #[error("the store could not be used")]
    Store(#[source] StoreError),
    /// It went out, and may go out again.
    #[error("the message was sent, and that could not be stored")]
    Unstored(#[source] StoreError),
    #[error("Amazon Pay did not say where the buyer reads mail")]
    NoAnswer(#[source] PaymentsError),
    /// It is no message, and whoever sees the change again keeps it all the same.
    #[error("the consent of a purchase was not kept as the buyer's wallet")]
    Unkept(#[source] LinkError),
    #[error("somebody else is about to send it")]
    Claimed { until: Time },
    #[error("the {} message did not go out", channel.name())]
    Unsent {
        channel: Channel,
        #[source]
        source: SendError,
    },
}

/// What a change has come to.
#[derive(Debug, Default)]
pub struct Telling {
    pub done: Vec<Done>,
    pub untold: Vec<Untold>,
}

impl Telling {
    fn add(&mut self, outcome: Result<Option<Done>, Untold>) {
        match outcome {
            Ok(done) => self.done.extend(done),
            Err(untold) => self.untold.push(untold),
        }
    }

    /// When what others have claimed will be free.
    #[must_use]
    pub fn free_at(&self) -> Option<Time> {
        let until = |untold: &Untold| if let Untold::Claimed { until } = untold { Some(*until) } else { None };
        self.untold.iter().filter_map(until).max()
    }
}

/// Where a message goes.
enum Way {
    Mail(Option<Email>),
    Nowhere,
}

impl<S: Told + Wallets + Addressees, B: Buyers, M: Mail, D: Devices> Teller<'_, S, B, M, D> {
    /// Sends what a change owes and was not sent. One that fails keeps no other from being sent.
    pub async fn tell(&self, change: &Change) -> Telling {
        let mut telling = Telling::default();
        if change.after.world != self.world {
            return telling;
        }
        if change.after.brought() != change.before.as_ref().and_then(Order::brought) {
            telling.untold.extend(self.keep(&change.after).await);
        }
        for message in owed(change) {
            let channel = message.channel();
            if channel == Channel::Device && !self.devices.are_reached() {
                continue;
            }
            let Some(id) = MessageId::of(&change.after, channel) else { continue };
            telling.add(self.once(id, |id| self.message(&change.after, message, id)).await);
        }
        telling
    }

    /// Keeps the consent that a purchase on a page has brought as the buyer's wallet, whoever has found out that it has: the page itself
    /// may be closed by then. Why it has to be tried again, if it has.
    async fn keep(&self, order: &Order) -> Option<Untold> {
        let write = (self.mark)(&format!("{} {} wallet", order.id, order.version()?));
        let now = Now { world: order.world, at: self.now, write };
        match link::keep(self.store, self.buyers, order, &now).await {
            Ok(_) => None,
            // It is refused for what it asks for, and would be again.
            Err(LinkError::Payments(
                refused @ (PaymentsError::TurnedDown { .. } | PaymentsError::NotOffered | PaymentsError::Nameless(_)),
            )) => {
                tracing::warn!(order = order.id.as_str(), error = chain(&refused), "the consent of a purchase is no wallet");
                None
            }
            Err(error) => Some(Untold::Unkept(error)),
        }
    }

    /// Tells the orders department of a chargeback whose order it has to find.
    pub async fn tell_chargeback(&self, chargeback: &LooseChargeback) -> Telling {
        let mut telling = Telling::default();
        let send = async |_| self.posted(Channel::Office, Matter::Chargeback(chargeback), Way::Mail(None)).await;
        telling.add(self.once(chargeback.message(), send).await);
        telling
    }

    /// Does it under a claim. `None` when it was done before.
    async fn once(&self, id: MessageId, send: impl AsyncFnOnce(MessageId) -> Result<Ended, Untold>) -> Result<Option<Done>, Untold> {
        let by = (self.mark)(&format!("{} {} {} {}", id.subject.as_str(), id.write, id.channel.name(), self.now.unix()));
        let claim = Claim { id: id.clone(), by, until: self.now.plus(CLAIM_SECONDS) };
        match self.store.claim(&claim, self.now).await.map_err(Untold::Store)? {
            Claimed::Ours => {}
            Claimed::Ended => return Ok(None),
            Claimed::Until(until) => return Err(Untold::Claimed { until }),
        }
        match send(id.clone()).await {
            Ok(how) => {
                self.store.ended(&id, &how, self.now).await.map_err(Untold::Unstored)?;
                Ok(Some(Done { id, how }))
            }
            Err(untold) => {
                // Whoever comes next need not wait until the claim runs out. If this fails, they wait.
                let _ = self.store.release(&claim).await;
                Err(untold)
            }
        }
    }

    async fn message(&self, order: &Order, message: Message, id: MessageId) -> Result<Ended, Untold> {
        match &message {
            Message::Buyer(_) => {
                let way = self.email(order).await?.map_or(Way::Nowhere, |email| Way::Mail(Some(email)));
                self.posted(Channel::Buyer, Matter::Order(order, &message), way).await
            }
            Message::Office(_) => self.posted(Channel::Office, Matter::Order(order, &message), Way::Mail(None)).await,
            Message::Device(ring) => {
                let listener = self.store.listener(&order.id.buyer()).await.map_err(Untold::Store)?;
                let Some(listener) = listener else { return Ok(Ended::NoAddress) };
                came_of(Channel::Device, self.devices.ring(&id, *ring, &listener).await)
            }
        }
    }

    async fn posted(&self, channel: Channel, matter: Matter<'_>, way: Way) -> Result<Ended, Untold> {
        match way {
            Way::Mail(to) => came_of(channel, self.mail.send(matter, to.as_ref()).await),
            Way::Nowhere => Ok(Ended::NoAddress),
        }
    }

    /// Only what Amazon Pay has told: with the wallet that was linked, or of who gave the consent that pays.
    async fn email(&self, order: &Order) -> Result<Option<Email>, Untold> {
        let wallet = self.store.wallet(&order.id.buyer()).await.map_err(Untold::Store)?;
        if let Some(email) = wallet.filter(|wallet| wallet.world == order.world).and_then(|wallet| wallet.email) {
            return Ok(Some(email));
        }
        let Some(agreement) = &order.agreement else { return Ok(None) };
        match self.buyers.email(agreement).await {
            Ok(email) => Ok(email),
            // It is refused for what it asks for, and would be again.
            Err(PaymentsError::TurnedDown { .. } | PaymentsError::NotOffered | PaymentsError::Nameless(_)) => Ok(None),
            Err(error @ (PaymentsError::NotDone { .. } | PaymentsError::Unknown { .. })) => Err(Untold::NoAnswer(error)),
        }
    }
}

/// What has come of sending. What may have been sent is sent again: two mails are better than none.
fn came_of(channel: Channel, sent: Result<(), SendError>) -> Result<Ended, Untold> {
    match sent {
        Ok(()) => Ok(Ended::Sent),
        Err(SendError::Refused(why)) => Ok(Ended::Refused(why)),
        Err(source @ (SendError::NotNow(_) | SendError::Unknown(_))) => Err(Untold::Unsent { channel, source }),
    }
}
