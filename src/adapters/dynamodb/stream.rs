//! The table's stream, as Lambda hands it to a function: what each record says has been stored.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use super::{item, keys};
use crate::adapters::json;
use crate::adapters::record::RecordError;
use crate::domain::ids::{AmazonId, WriteId};
use crate::domain::message::{Change, LooseChargeback};
use crate::domain::order::Note;

/// One record.
#[derive(Debug)]
pub struct Record {
    /// Its place in the stream, by which Lambda is told what has to come again.
    pub sequence: String,
    pub seen: Result<Seen, StreamError>,
}

/// What was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Order(Box<Change>),
    Chargeback(LooseChargeback),
    /// Nothing that anybody is told of.
    Nothing,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("the event is no list of stream records")]
    NoRecords,
    #[error("the record has no {0}: the stream has to show new and old images")]
    Missing(&'static str),
    #[error("the stored item {key} cannot be read")]
    Corrupt {
        key: String,
        #[source]
        source: RecordError,
    },
}

/// The records of an event, in their order. One that cannot be read keeps no other from being read.
///
/// # Errors
/// [`StreamError::NoRecords`].
pub fn records(event: &Value) -> Result<Vec<Record>, StreamError> {
    let records = event["Records"].as_array().ok_or(StreamError::NoRecords)?;
    let read = |record: &Value| {
        let stored = &record["dynamodb"];
        Record { sequence: json::text(&stored["SequenceNumber"]).unwrap_or_default().to_owned(), seen: read(record, stored) }
    };
    Ok(records.iter().map(read).collect())
}

fn read(record: &Value, stored: &Value) -> Result<Seen, StreamError> {
    let sort = json::text(&stored["Keys"][keys::SORT]["S"]).ok_or(StreamError::Missing("keys"))?;
    let (is_order, is_chargeback) = (sort.starts_with(keys::ORDER_MARK), sort == keys::CHARGEBACK);
    // What is removed is a cart that has expired.
    if !(is_order || is_chargeback) || record["eventName"] == "REMOVE" {
        return Ok(Seen::Nothing);
    }
    let after = image(&stored["NewImage"]).ok_or(StreamError::Missing("new image"))?;
    let corrupt = |found: &item::Item, source| StreamError::Corrupt { key: item::name(found), source };
    if is_chargeback {
        return chargeback(&after).map(Seen::Chargeback).map_err(|source| corrupt(&after, source));
    }
    let before = image(&stored["OldImage"]);
    if before.is_none() && record["eventName"] != "INSERT" {
        return Err(StreamError::Missing("old image"));
    }
    let order = |found: &item::Item| item::read(found).map_err(|source| corrupt(found, source));
    Ok(Seen::Order(Box::new(Change { before: before.as_ref().map(order).transpose()?, after: order(&after)? })))
}

fn chargeback(found: &item::Item) -> Result<LooseChargeback, RecordError> {
    item::check_schema(found)?;
    let id = item::field(found, keys::PARTITION)?.split_once('#').ok_or(RecordError::Unknown("key"))?.1;
    Ok(LooseChargeback {
        id: AmazonId::parse(id)?,
        consent: item::optional(found, keys::CONSENT).map(AmazonId::parse).transpose()?,
        said: item::optional(found, keys::SAID).and_then(|said| Note::parse(said).ok()),
        write: WriteId::parse(item::field(found, keys::VERSION)?)?,
    })
}

fn image(image: &Value) -> Option<item::Item> {
    image.as_object()?.iter().map(|(name, value)| Some((name.clone(), attribute(value)?))).collect()
}

/// A value as the stream writes it. Of its types these are what items here are made of.
fn attribute(value: &Value) -> Option<AttributeValue> {
    let (kind, value) = value.as_object()?.iter().next()?;
    Some(match kind.as_str() {
        "S" => AttributeValue::S(value.as_str()?.to_owned()),
        "N" => AttributeValue::N(value.as_str()?.to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool()?),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(value.as_array()?.iter().map(attribute).collect::<Option<_>>()?),
        "M" => AttributeValue::M(image(value)?),
        _ => return None,
    })
}
