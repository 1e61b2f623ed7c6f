//! Order and left cart as items, both ways.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys;
use crate::adapters::record::{self, RecordError, SCHEMA};
use crate::domain::dialog::LeftCart;
use crate::domain::ids::{BillingAgreementId, Locale, OrderId, WriteId};
use crate::domain::order::{Order, Rail, State};
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::domain::wallet::SavedWallet;

pub type Item = HashMap<String, AttributeValue>;

/// Carts and orders that were never placed go after this long; placed orders stay.
const DRAFT_DAYS: i64 = 30;

pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub fn number(value: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

/// The attributes that put a state into the index of open payments, or leave it out, and let drafts expire.
pub fn bookkeeping(id: &OrderId, state: &State, now: Time) -> [(&'static str, Option<AttributeValue>); 3] {
    let due = state.due(now);
    let expiry = state.is_cart().then(|| number(now.plus(DRAFT_DAYS * Time::DAY).unix()));
    [(keys::OPEN_SHARD, due.map(|_| keys::shard(id))), (keys::OPEN_DUE, due.map(|due| number(due.unix()))), (keys::EXPIRY, expiry)]
}

/// A whole order, as it is first stored.
pub fn write(order: &Order) -> Result<Item, RecordError> {
    let mut item: Item = keys::order(&order.id).into();
    let mut put = |key: &str, value| item.insert(key.to_owned(), value);
    put(keys::SCHEMA, number(SCHEMA));
    put(keys::RAIL, text(rail(order.rail)));
    put(keys::WORLD, text(order.world.as_str()));
    put(keys::LOCALE, text(order.locale.as_str()));
    put(keys::STATE, text(record::write_state(&order.state)?));
    put(keys::GOODS, text(record::write_goods(&order.goods)?));
    put(keys::HISTORY, AttributeValue::L(order.history.iter().map(|entry| text(record::write_entry(entry))).collect()));
    if let Some(entry) = order.history.last() {
        put(keys::VERSION, text(entry.write.as_str()));
        for (key, value) in bookkeeping(&order.id, &order.state, entry.at) {
            value.map(|value| put(key, value));
        }
    }
    if let Some(agreement) = &order.agreement {
        put(keys::AGREEMENT, text(agreement.as_str()));
    }
    if let Some(address) = &order.address {
        put(keys::ADDRESS, text(record::write_address(address)?));
    }
    let prefix = order.id.prefix();
    if !prefix.is_empty() {
        put(keys::PREFIX, text(prefix));
    }
    Ok(item)
}

/// The order in an item.
pub fn read(item: &Item) -> Result<Order, RecordError> {
    check_schema(item)?;
    let history = item.get(keys::HISTORY).and_then(|value| value.as_l().ok()).ok_or(RecordError::Unknown("history"))?;
    let history = history.iter().map(|entry| record::read_entry(entry.as_s().map_err(|_| RecordError::Unknown("history entry"))?));
    Ok(Order {
        id: id(item)?,
        rail: read_rail(field(item, keys::RAIL)?)?,
        world: World::parse(field(item, keys::WORLD)?).ok_or(RecordError::Unknown("world"))?,
        locale: Locale::parse(field(item, keys::LOCALE)?)?,
        goods: record::read_goods(field(item, keys::GOODS)?)?,
        agreement: optional(item, keys::AGREEMENT).map(BillingAgreementId::parse).transpose()?,
        address: optional(item, keys::ADDRESS).map(record::read_address).transpose()?,
        state: record::read_state(field(item, keys::STATE)?)?,
        history: history.collect::<Result<_, _>>()?,
    })
}

/// The left cart in a wallet item, if it holds one.
pub fn read_left(item: &Item) -> Result<Option<LeftCart>, RecordError> {
    check_schema(item)?;
    let Some(cart) = optional(item, keys::LEFT_CART) else {
        return Ok(None);
    };
    let at = item.get(keys::LEFT_AT).and_then(|value| value.as_n().ok()).and_then(|at| at.parse().ok());
    Ok(Some(LeftCart {
        order: OrderId::parse(field(item, keys::LEFT_ORDER)?)?,
        cart: record::read_cart(cart)?,
        at: Time::from_unix(at.ok_or(RecordError::Unknown("time"))?),
    }))
}

/// The linked wallet in a wallet item, if it holds one.
pub fn read_linked(item: &Item) -> Result<Option<SavedWallet>, RecordError> {
    check_schema(item)?;
    let Some(linked) = optional(item, keys::LINKED) else {
        return Ok(None);
    };
    let version = WriteId::parse(field(item, keys::LINKED_VERSION)?)?;
    let address = optional(item, keys::ADDRESS).map(record::read_address).transpose()?;
    record::read_wallet(linked, version, address).map(Some)
}

pub fn is_wallet(item: &Item) -> bool {
    optional(item, keys::SORT) == Some(keys::WALLET)
}

/// Names an item in an error, without anything personal: buyers are hashes.
pub fn name(item: &Item) -> String {
    format!("{} / {}", optional(item, keys::PARTITION).unwrap_or("?"), optional(item, keys::SORT).unwrap_or("?"))
}

pub fn check_schema(item: &Item) -> Result<(), RecordError> {
    let schema = item.get(keys::SCHEMA).and_then(|value| value.as_n().ok());
    if schema.is_some_and(|schema| *schema == SCHEMA.to_string()) { Ok(()) } else { Err(RecordError::Unknown("schema number")) }
}

fn id(item: &Item) -> Result<OrderId, RecordError> {
    let bad = || RecordError::Unknown("key");
    let buyer = field(item, keys::PARTITION)?.strip_prefix("B#").ok_or_else(bad)?;
    let stamp = field(item, keys::SORT)?.strip_prefix(keys::ORDER_MARK).ok_or_else(bad)?;
    Ok(OrderId::parse(&format!("{}{buyer}{stamp}", optional(item, keys::PREFIX).unwrap_or_default()))?)
}

const fn rail(rail: Rail) -> &'static str {
    match rail {
        Rail::Directive => "d",
        Rail::SavedWallet => "s",
    }
}

fn read_rail(letter: &str) -> Result<Rail, RecordError> {
    match letter {
        "d" => Ok(Rail::Directive),
        "s" => Ok(Rail::SavedWallet),
        _ => Err(RecordError::Unknown("rail")),
    }
}

pub fn field<'a>(item: &'a Item, key: &'static str) -> Result<&'a str, RecordError> {
    optional(item, key).ok_or(RecordError::Unknown(key))
}

pub fn optional<'a>(item: &'a Item, key: &str) -> Option<&'a str> {
    item.get(key).and_then(|value| value.as_s().ok()).map(String::as_str)
}
