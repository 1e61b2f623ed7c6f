//! [`Grants`] over the table: codes under their hash, families of refresh tokens with their buyer.

use aws_sdk_dynamodb::operation::put_item::{PutItem, PutItemError, PutItemInput};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItem, UpdateItemError, UpdateItemInput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::item::{self, Item};
use super::{DynamoStore, error, keys};
use crate::adapters::record::{RecordError, SCHEMA};
use crate::domain::ids::{BuyerId, CodeId, FamilyId};
use crate::domain::link::{Code, Family};
use crate::domain::time::Time;
use crate::ports::{Grants, Spent, Stepped, StoreError};

/// A spent code is kept for so long after it has expired, to know it again.
const SPENT_KEPT: i64 = Time::DAY;

impl Grants for DynamoStore {
    async fn put_code(&self, code: &Code) -> Result<(), StoreError> {
        let stored = with(
            keys::code(&code.id),
            [
                (keys::SCHEMA, item::number(SCHEMA)),
                (keys::GRANTED_TO, item::text(code.buyer.as_str())),
                (keys::GENERATION, item::number(code.generation)),
                (keys::CLIENT, item::text(&code.client)),
                (keys::REDIRECT, item::text(&code.redirect)),
                (keys::CHALLENGE, item::text(&code.challenge)),
                (keys::EXPIRES, item::number(code.expires.unix())),
                (keys::EXPIRY, item::number(code.expires.plus(SPENT_KEPT).unix())),
            ],
        );
        let ask = PutItemInput::builder().table_name(&self.table).set_item(Some(stored));
        self.line.call::<PutItem>(ask.build()).await.map(|_| ()).map_err(|cause| error::sort("PutItem", *cause))
    }

    async fn spend_code(&self, id: &CodeId, family: &FamilyId) -> Result<Spent, StoreError> {
        let ask = self
            .update(keys::code(id))
            .update_expression("SET #fa = :fa")
            .condition_expression("#n = :n AND attribute_not_exists(#fa)")
            .expression_attribute_names("#fa", keys::FAMILY)
            .expression_attribute_values(":fa", item::text(family.as_str()));
        let (Changed::Yes(found) | Changed::No(Some(found))) = self.changed(ask).await? else { return Ok(Spent::Missing) };
        let read = || -> Result<_, RecordError> { Ok((code(id, &found)?, FamilyId::parse(text(&found, keys::FAMILY)?)?)) };
        let (code, spent_for) = read().map_err(|cause| error::corrupt(item::name(&found), cause))?;
        Ok(if spent_for == *family { Spent::Now(code) } else { Spent::Before { code, family: spent_for } })
    }

    async fn begin_family(&self, family: &Family) -> Result<bool, StoreError> {
        let stored = with(
            keys::family(&family.buyer, &family.id),
            [
                (keys::SCHEMA, item::number(SCHEMA)),
                (keys::GENERATION, item::number(family.generation)),
                (keys::CLIENT, item::text(&family.client)),
                (keys::NEWEST, item::number(family.newest)),
                (keys::NEWEST_AT, item::number(family.at.unix())),
                (keys::EXPIRY, item::number(family.at.plus(Family::LIFE).unix())),
            ],
        );
        let ask = PutItemInput::builder()
            .table_name(&self.table)
            .set_item(Some(stored))
            // Not ended before it began; a repetition of this very call finds its own.
            .condition_expression("attribute_not_exists(#p) OR (attribute_not_exists(#en) AND #nu = :one)")
            .expression_attribute_names("#p", keys::PARTITION)
            .expression_attribute_names("#en", keys::ENDED)
            .expression_attribute_names("#nu", keys::NEWEST)
            .expression_attribute_values(":one", item::number(1));
        match self.line.call::<PutItem>(ask.build()).await {
            Ok(_) => Ok(true),
            Err(cause) => match cause.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(error::sort("PutItem", *cause)),
            },
        }
    }

    async fn step_family(&self, buyer: &BuyerId, id: &FamilyId, from: u32, now: Time) -> Result<Stepped, StoreError> {
        let Some(next) = from.checked_add(1) else { return Ok(Stepped::Missing) };
        let ask = self
            .update(keys::family(buyer, id))
            .update_expression("SET #nu = :next, #at = :at, #ttl = :ttl")
            .condition_expression("#n = :n AND attribute_not_exists(#en) AND #nu = :from AND #at >= :oldest")
            .expression_attribute_names("#nu", keys::NEWEST)
            .expression_attribute_names("#at", keys::NEWEST_AT)
            .expression_attribute_names("#ttl", keys::EXPIRY)
            .expression_attribute_names("#en", keys::ENDED)
            .expression_attribute_values(":from", item::number(from))
            .expression_attribute_values(":next", item::number(next))
            .expression_attribute_values(":at", item::number(now.unix()))
            .expression_attribute_values(":oldest", item::number(now.plus(-Family::LIFE).unix()))
            .expression_attribute_values(":ttl", item::number(now.plus(Family::LIFE).unix()));
        let read = |found: &Item| family(buyer, id, found).map_err(|cause| error::corrupt(item::name(found), cause));
        match self.changed(ask).await? {
            Changed::Yes(found) => Ok(Stepped::Done(read(&found)?)),
            Changed::No(Some(found)) if !found.contains_key(keys::ENDED) => Ok(Stepped::Found(read(&found)?)),
            Changed::No(_) => Ok(Stepped::Missing),
        }
    }

    async fn end_family(&self, buyer: &BuyerId, id: &FamilyId, now: Time) -> Result<(), StoreError> {
        // Also one that has not begun: whoever is about to begin it must not.
        let ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::family(buyer, id).into()))
            .update_expression("SET #en = :en, #n = :n, #ttl = if_not_exists(#ttl, :ttl)")
            .expression_attribute_names("#en", keys::ENDED)
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_names("#ttl", keys::EXPIRY)
            .expression_attribute_values(":ttl", item::number(now.plus(SPENT_KEPT).unix()))
            .expression_attribute_values(":en", AttributeValue::Bool(true))
            .expression_attribute_values(":n", item::number(SCHEMA));
        self.line.call::<UpdateItem>(ask.build()).await.map(|_| ()).map_err(|cause| error::sort("UpdateItem", *cause))
    }
}

impl DynamoStore {
    /// A conditional change that shows the item, as it is then or as it stood against it.
    fn update(&self, key: [(String, AttributeValue); 2]) -> UpdateItemInputBuilder {
        UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(key.into()))
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_values(":n", item::number(SCHEMA))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn changed(&self, ask: UpdateItemInputBuilder) -> Result<Changed, StoreError> {
        match self.line.call::<UpdateItem>(ask.build()).await {
            Ok(answer) => Ok(Changed::Yes(answer.attributes.unwrap_or_default())),
            Err(cause) => match cause.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Changed::No(failed.item.clone())),
                _ => Err(error::sort("UpdateItem", *cause)),
            },
        }
    }
}

enum Changed {
    Yes(Item),
    No(Option<Item>),
}

fn with<const N: usize>(key: [(String, AttributeValue); 2], attributes: [(&str, AttributeValue); N]) -> Item {
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
    key.into_iter().chain(attributes).collect()
}

fn code(id: &CodeId, found: &Item) -> Result<Code, RecordError> {
    Ok(Code {
        id: id.clone(),
        buyer: BuyerId::parse(text(found, keys::GRANTED_TO)?)?,
        generation: whole(found, keys::GENERATION)?,
        client: text(found, keys::CLIENT)?.to_owned(),
        redirect: text(found, keys::REDIRECT)?.to_owned(),
        challenge: text(found, keys::CHALLENGE)?.to_owned(),
        expires: Time::from_unix(whole(found, keys::EXPIRES)?),
    })
}

fn family(buyer: &BuyerId, id: &FamilyId, found: &Item) -> Result<Family, RecordError> {
    Ok(Family {
        id: id.clone(),
        buyer: buyer.clone(),
        generation: whole(found, keys::GENERATION)?,
        client: text(found, keys::CLIENT)?.to_owned(),
        newest: whole(found, keys::NEWEST)?,
        at: Time::from_unix(whole(found, keys::NEWEST_AT)?),
    })
}

fn text<'a>(found: &'a Item, key: &'static str) -> Result<&'a str, RecordError> {
    found.get(key).and_then(|value| value.as_s().ok()).map(String::as_str).ok_or(RecordError::Unknown(key))
}

fn whole<T: std::str::FromStr>(found: &Item, key: &'static str) -> Result<T, RecordError> {
    found.get(key).and_then(|value| value.as_n().ok()?.parse().ok()).ok_or(RecordError::Unknown(key))
}
