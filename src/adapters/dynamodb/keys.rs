//! Names of keys, attributes and the index, and nothing else knows them.
//!
//! | Item | `p` / `s` |
//! |---|---|
//! | order | `B#buyer` / `O#stamp`: the order id, read from the right |
//! | wallet | `B#buyer` / `W`: what a buyer keeps between orders |
//! | topic | `T` / its ARN: where notifications come from, and whether they are trusted |
//! | family of refresh tokens | `B#buyer` / `L#family` |
//! | authorization code | `C#hash` / `C` |
//! | message | `M#order`, or `M#chargeback` / `write#channel`: who has been told what |
//! | chargeback without an order | `D#chargeback` / `D` |

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::ids::{AmazonId, BuyerId, CodeId, FamilyId, OrderId};
use crate::domain::message::{MessageId, Subject};

pub const PARTITION: &str = "p";
pub const SORT: &str = "s";
pub const SCHEMA: &str = "n";
/// The write that made this version.
pub const VERSION: &str = "w";
pub const HISTORY: &str = "h";
pub const STATE: &str = "st";
pub const GOODS: &str = "go";
pub const AGREEMENT: &str = "ag";
pub const ADDRESS: &str = "pd";
pub const LOCALE: &str = "l";
pub const RAIL: &str = "r";
pub const WORLD: &str = "m";
/// The merchant's letters before the order id.
pub const PREFIX: &str = "x";
pub const EXPIRY: &str = "ttl";

pub const LEFT_CART: &str = "lc";
pub const LEFT_ORDER: &str = "lo";
pub const LEFT_AT: &str = "la";

/// The linked wallet, and the write that made its version. A left cart is written without regard to either.
pub const LINKED: &str = "wa";
pub const LINKED_VERSION: &str = "wv";

/// An authorization code: whom it links and what it is bound to, until when, and what it was spent for.
pub const GRANTED_TO: &str = "bu";
pub const GENERATION: &str = "ge";
pub const CLIENT: &str = "cl";
pub const REDIRECT: &str = "re";
pub const CHALLENGE: &str = "ch";
pub const EXPIRES: &str = "ex";
pub const FAMILY: &str = "fa";
/// A family of refresh tokens: the number of the newest, when that was made, and whether they are over.
pub const NEWEST: &str = "nu";
pub const NEWEST_AT: &str = "at";
pub const ENDED: &str = "en";

/// The sparse index of orders whose money has not come to rest.
pub const OPEN_INDEX: &str = "open";
pub const OPEN_SHARD: &str = "g";
pub const OPEN_DUE: &str = "d";
/// A throttled index throttles its table, so the index is spread over this many partitions.
pub const OPEN_SHARDS: u8 = 8;

pub const TRUST: &str = "tr";
/// What confirms the topic's subscription.
pub const SUBSCRIBE_URL: &str = "su";
pub const SINCE: &str = "at";

/// A message: until when it is claimed, and what has become of it.
pub const CLAIMED_UNTIL: &str = "un";
pub const HOW_ENDED: &str = "hw";
/// The consent that a chargeback names.
pub const CONSENT: &str = "co";
/// What Amazon says of it.
pub const SAID: &str = "sa";
/// Whom notifications of a buyer's devices are for.
pub const LISTENER: &str = "us";

/// The partition of all topics: a handful.
pub const TOPICS: &str = "T";

pub const ORDER_MARK: &str = "O#";
pub const WALLET: &str = "W";

/// The partition of everything that belongs to a buyer.
#[must_use]
pub fn partition(buyer: &BuyerId) -> AttributeValue {
    AttributeValue::S(format!("B#{buyer}"))
}

/// The item of an order within its buyer's partition.
#[must_use]
pub fn order_sort(id: &OrderId) -> AttributeValue {
    AttributeValue::S(format!("{ORDER_MARK}{}", id.stamp()))
}

/// Both keys of an order.
#[must_use]
pub fn order(id: &OrderId) -> [(String, AttributeValue); 2] {
    [(PARTITION.to_owned(), partition(&id.buyer())), (SORT.to_owned(), order_sort(id))]
}

/// Both keys of a buyer's wallet.
#[must_use]
pub fn wallet(buyer: &BuyerId) -> [(String, AttributeValue); 2] {
    [(PARTITION.to_owned(), partition(buyer)), (SORT.to_owned(), AttributeValue::S(WALLET.to_owned()))]
}

/// Both keys of an authorization code.
#[must_use]
pub fn code(id: &CodeId) -> [(String, AttributeValue); 2] {
    [(PARTITION.to_owned(), AttributeValue::S(format!("C#{id}"))), (SORT.to_owned(), AttributeValue::S("C".to_owned()))]
}

/// Both keys of a family of refresh tokens. It sorts before the orders, so no opening reads it.
#[must_use]
pub fn family(buyer: &BuyerId, id: &FamilyId) -> [(String, AttributeValue); 2] {
    [(PARTITION.to_owned(), partition(buyer)), (SORT.to_owned(), AttributeValue::S(format!("L#{id}")))]
}

/// The partition of all messages about something.
#[must_use]
pub fn messages(subject: &Subject) -> AttributeValue {
    AttributeValue::S(format!("M#{}", subject.as_str()))
}

/// Both keys of a message.
#[must_use]
pub fn message(id: &MessageId) -> [(String, AttributeValue); 2] {
    let sort = AttributeValue::S(format!("{}#{}", id.write, id.channel.name()));
    [(PARTITION.to_owned(), messages(&id.subject)), (SORT.to_owned(), sort)]
}

/// Where the chargebacks are whose order nobody can tell.
pub const CHARGEBACK: &str = "D";

/// Both keys of a chargeback.
#[must_use]
pub fn chargeback(id: &AmazonId) -> [(String, AttributeValue); 2] {
    let partition = AttributeValue::S(format!("{CHARGEBACK}#{id}"));
    [(PARTITION.to_owned(), partition), (SORT.to_owned(), AttributeValue::S(CHARGEBACK.to_owned()))]
}

/// The index partition of an order.
#[must_use]
pub fn shard(id: &OrderId) -> AttributeValue {
    AttributeValue::S(id.shard(OPEN_SHARDS).to_string())
}
