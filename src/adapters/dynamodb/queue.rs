//! [`Queue`] over the sparse index of open payments. Its partitions are asked one by one, each from its oldest entry on.

use aws_sdk_dynamodb::operation::query::{Query, QueryInput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItem, UpdateItemError, UpdateItemInput};

use super::store::DynamoStore;
use super::{error, item, keys};
use crate::adapters::record::{RecordError, SCHEMA};
use crate::domain::ids::OrderId;
use crate::domain::order::Order;
use crate::domain::time::Time;
use crate::ports::{Due, Queue, StoreError};

impl Queue for DynamoStore {
    async fn due(&self, now: Time, limit: usize) -> Result<Vec<Due>, StoreError> {
        let mut due = Vec::new();
        for shard in 0..keys::OPEN_SHARDS {
            let ask = QueryInput::builder()
                .table_name(&self.table)
                .index_name(keys::OPEN_INDEX)
                .key_condition_expression("#g = :g AND #d <= :now")
                .expression_attribute_names("#g", keys::OPEN_SHARD)
                .expression_attribute_names("#d", keys::OPEN_DUE)
                .expression_attribute_values(":g", item::text(shard.to_string()))
                .expression_attribute_values(":now", item::number(now.unix()))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX));
            let answer = self.line.call::<Query>(ask.build()).await.map_err(|cause| error::sort("Query", *cause))?;
            for found in answer.items() {
                due.push(read(found).map_err(|cause| error::corrupt(item::name(found), cause))?);
            }
        }
        due.sort_by_key(|due| due.since);
        due.truncate(limit);
        Ok(due)
    }

    async fn put_off(&self, order: &Order, until: Time) -> Result<(), StoreError> {
        let Some(version) = order.version() else { return Ok(()) };
        let ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::order(&order.id).into()))
            .update_expression("SET #d = :d")
            .condition_expression("#w = :w AND #n = :n AND attribute_exists(#d)")
            .expression_attribute_names("#d", keys::OPEN_DUE)
            .expression_attribute_names("#w", keys::VERSION)
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_values(":d", item::number(until.unix()))
            .expression_attribute_values(":w", item::text(version.as_str()))
            .expression_attribute_values(":n", item::number(SCHEMA));
        match self.line.call::<UpdateItem>(ask.build()).await {
            Ok(_) => Ok(()),
            // It has changed, and with it the time to look again.
            Err(cause) if matches!(cause.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) => Ok(()),
            Err(cause) => Err(error::sort("UpdateItem", *cause)),
        }
    }
}

fn read(found: &item::Item) -> Result<Due, RecordError> {
    let since = found.get(keys::OPEN_DUE).and_then(|value| value.as_n().ok()).and_then(|at| at.parse().ok());
    let buyer = item::field(found, keys::PARTITION)?.strip_prefix("B#").ok_or(RecordError::Unknown("key"))?;
    let stamp = item::field(found, keys::SORT)?.strip_prefix(keys::ORDER_MARK).ok_or(RecordError::Unknown("key"))?;
    Ok(Due { order: OrderId::parse(&format!("{buyer}{stamp}"))?, since: Time::from_unix(since.ok_or(RecordError::Unknown("time"))?) })
}
