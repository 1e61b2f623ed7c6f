//! Messages: what a change of an order owes to whom.
//!
//! They are read off the order before and after the change, so whoever sees the stored change, and sees it again, finds the same ones. Nobody
//! is told of anything that is not stored, and a buyer is told "confirmed" only of money that is held or taken
//! (`reference/order-management.md`, rules 9, 13 and 14).

mod news;
#[cfg(test)]
mod tests;

pub use news::{News, news};

use std::fmt;

use super::ids::{AmazonId, OrderId, WriteId};
use super::money::Money;
use super::order::{Event, Note, Order, Rail, State};
use super::payment::Decline;

/// A stored change of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `None` when the order is new.
    pub before: Option<Order>,
    pub after: Order,
}

/// Who is told, and how. At most one message of a change goes to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Mail to the buyer.
    Buyer,
    /// Mail to the orders department.
    Office,
    /// A notification on the buyer's devices.
    Device,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Buyer, Self::Office, Self::Device];

    /// For records and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Office => "office",
            Self::Device => "device",
        }
    }
}

/// One message that a change owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    Buyer(Letter),
    Office(News),
    Device(Ring),
}

/// What a buyer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// The order has arrived, and its payment is still looked at. No confirmation.
    Received,
    Confirmed,
    Declined(Decline),
    /// Held money was taken.
    Charged(Money),
    Shipped,
    Refunded(Money),
    Cancelled,
    /// What was held was let go, and nothing was taken.
    Expired,
    /// What was held could not be held any longer, so a confirmed order is not sent.
    NotRenewed(Decline),
}

/// What the buyer's devices tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    OrderReceived,
    OrderShipped,
}

impl Message {
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Buyer(_) => Channel::Buyer,
            Self::Office(_) => Channel::Office,
            Self::Device(_) => Channel::Device,
        }
    }
}

/// Everything that a change owes.
#[must_use]
pub fn owed(change: &Change) -> Vec<Message> {
    let Some(news) = news(change.before.as_ref(), &change.after) else { return Vec::new() };
    let heard = was_heard(&change.after);
    let buyer = letter(news, heard && !asks_for_a_page(&change.after)).map(Message::Buyer);
    let device = ring(news, heard).map(Message::Device);
    buyer.into_iter().chain([Message::Office(news)]).chain(device).collect()
}

/// Whether the buyer has just been told by voice: the answer to a charge comes in a turn.
fn was_heard(order: &Order) -> bool {
    order.history.last().is_some_and(|entry| entry.what == Event::ChargeAnswered)
}

/// Whether the buyer has to go to a page before the wallet can be charged again: an address is hard to keep from hearing it, and the card
/// may be on no screen.
const fn asks_for_a_page(order: &Order) -> bool {
    let page = matches!(order.state, State::Declined { decline: Decline::InvalidPaymentMethodHard | Decline::AgreementNotOpen, .. });
    page && matches!(order.rail, Rail::SavedWallet)
}

const fn letter(news: News, heard: bool) -> Option<Letter> {
    match news {
        News::Queued => Some(Letter::Received),
        News::Held | News::Paid => Some(Letter::Confirmed),
        // Who hears of a decline can say what is to be done, and may be about to try again.
        News::Declined(decline) => {
            if heard {
                None
            } else {
                Some(Letter::Declined(decline))
            }
        }
        // A promise is taken back, and no buyer was there to hear it.
        News::NotRenewed(decline) => Some(Letter::NotRenewed(decline)),
        News::Captured(amount) => Some(Letter::Charged(amount)),
        News::Shipped => Some(Letter::Shipped),
        News::Refunded(amount) => Some(Letter::Refunded(amount)),
        News::Cancelled => Some(Letter::Cancelled),
        News::Expired => Some(Letter::Expired),
        // The merchant's business; what comes of it is told.
        News::GoingBack(_)
        | News::RestHeld(_)
        | News::RestDeclined(_)
        | News::RestOver
        | News::Renewed(_)
        | News::RefundFailed(_)
        | News::Disputed
        | News::NeedsAttention(_)
        | News::Warned(_) => None,
    }
}

const fn ring(news: News, heard: bool) -> Option<Ring> {
    match news {
        News::Held | News::Paid => {
            if heard {
                None
            } else {
                Some(Ring::OrderReceived)
            }
        }
        News::Shipped => Some(Ring::OrderShipped),
        News::Queued
        | News::Declined(_)
        | News::Captured(_)
        | News::GoingBack(_)
        | News::RestHeld(_)
        | News::RestDeclined(_)
        | News::RestOver
        | News::Renewed(_)
        | News::NotRenewed(_)
        | News::Refunded(_)
        | News::RefundFailed(_)
        | News::Cancelled
        | News::Expired
        | News::Disputed
        | News::NeedsAttention(_)
        | News::Warned(_) => None,
    }
}

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Order(OrderId),
    Chargeback(AmazonId),
}

impl Subject {
    /// Its id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Order(id) => id.as_str(),
            Self::Chargeback(id) => id.as_str(),
        }
    }
}

/// What a message is known by: no two changes make the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId {
    pub subject: Subject,
    /// The write that the message is about.
    pub write: WriteId,
    pub channel: Channel,
}

impl MessageId {
    /// That of a message about an order as it has just been stored; `None` for an order without a history, which is none.
    #[must_use]
    pub fn of(order: &Order, channel: Channel) -> Option<Self> {
        order.version().map(|write| Self { subject: Subject::Order(order.id.clone()), write: write.clone(), channel })
    }
}

/// A chargeback that nobody but a person can find the order of: its consent may have paid for several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseChargeback {
    pub id: AmazonId,
    pub consent: Option<AmazonId>,
    /// What Amazon says of it.
    pub said: Option<Note>,
    /// The write that stored it.
    pub write: WriteId,
}

impl LooseChargeback {
    /// That of the message about it.
    #[must_use]
    pub fn message(&self) -> MessageId {
        MessageId { subject: Subject::Chargeback(self.id.clone()), write: self.write.clone(), channel: Channel::Office }
    }
}

/// Whom a device's notification is for, as the channel knows the buyer. Personal data, so it has no Debug form.
#[derive(Clone, PartialEq, Eq)]
pub struct Listener(String);

impl Listener {
    /// Alexa's user ids have 255 characters at most.
    const CHARS_MAX: usize = 255;

    /// Takes an id as the channel tells it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener([redacted])")
    }
}
