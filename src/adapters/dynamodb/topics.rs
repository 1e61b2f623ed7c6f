//! [`Topics`] in the same table: one small partition, because there are a handful.

use aws_sdk_dynamodb::operation::delete_item::{DeleteItem, DeleteItemInput};
use aws_sdk_dynamodb::operation::put_item::{PutItem, PutItemInput};
use aws_sdk_dynamodb::operation::query::{Query, QueryInput};
use aws_sdk_dynamodb::types::AttributeValue;

use super::store::DynamoStore;
use super::{error, item, keys};
use crate::adapters::record::{RecordError, SCHEMA};
use crate::domain::ids::TopicArn;
use crate::domain::time::Time;
use crate::ports::{StoreError, Topic, Topics, Trust};

const HELD: &str = "held";
const TRUSTED: &str = "trusted";

impl Topics for DynamoStore {
    async fn topics(&self) -> Result<Vec<Topic>, StoreError> {
        let ask = QueryInput::builder()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#p = :p")
            .expression_attribute_names("#p", keys::PARTITION)
            .expression_attribute_values(":p", item::text(keys::TOPICS));
        let answer = self.line.call::<Query>(ask.build()).await.map_err(|cause| error::sort("Query", *cause))?;
        answer.items().iter().map(|found| read(found).map_err(|cause| error::corrupt(item::name(found), cause))).collect()
    }

    async fn keep_topic(&self, topic: &Topic) -> Result<(), StoreError> {
        let mut put = PutItemInput::builder().table_name(&self.table);
        for (name, value) in key(&topic.arn) {
            put = put.item(name, value);
        }
        let (trust, subscribe_url) = match &topic.trust {
            Trust::Held { subscribe_url } => (HELD, Some(subscribe_url)),
            Trust::Trusted => (TRUSTED, None),
        };
        put = put
            .item(keys::SCHEMA, item::number(SCHEMA))
            .item(keys::TRUST, item::text(trust))
            .item(keys::SINCE, item::number(topic.since.unix()));
        if let Some(url) = subscribe_url {
            put = put.item(keys::SUBSCRIBE_URL, item::text(url));
        }
        self.line.call::<PutItem>(put.build()).await.map(|_| ()).map_err(|cause| error::sort("PutItem", *cause))
    }

    async fn forget_topic(&self, arn: &TopicArn) -> Result<(), StoreError> {
        let ask = DeleteItemInput::builder().table_name(&self.table).set_key(Some(key(arn).into()));
        self.line.call::<DeleteItem>(ask.build()).await.map(|_| ()).map_err(|cause| error::sort("DeleteItem", *cause))
    }
}

fn key(arn: &TopicArn) -> [(String, AttributeValue); 2] {
    [(keys::PARTITION.to_owned(), item::text(keys::TOPICS)), (keys::SORT.to_owned(), item::text(arn.as_str()))]
}

fn read(found: &item::Item) -> Result<Topic, RecordError> {
    item::check_schema(found)?;
    let since = found.get(keys::SINCE).and_then(|value| value.as_n().ok()).and_then(|at| at.parse().ok());
    Ok(Topic {
        arn: TopicArn::parse(item::field(found, keys::SORT)?)?,
        trust: match item::field(found, keys::TRUST)? {
            HELD => Trust::Held { subscribe_url: item::field(found, keys::SUBSCRIBE_URL)?.to_owned() },
            TRUSTED => Trust::Trusted,
            _ => return Err(RecordError::Unknown("trust")),
        },
        since: Time::from_unix(since.ok_or(RecordError::Unknown("time"))?),
    })
}
