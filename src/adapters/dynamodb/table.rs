//! The table itself, for places where no template creates it: a laptop and the tests. `template.yaml` says the same for AWS.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    TimeToLiveSpecification,
};

use super::{error, keys};
use crate::ports::StoreError;

/// Creates the table unless it is there.
///
/// # Errors
/// [`StoreError`].
pub async fn ensure(client: &Client, table: &str) -> Result<(), StoreError> {
    const OPERATION: &str = "CreateTable";
    let known = client.list_tables().send().await.map_err(|cause| error::sort("ListTables", cause))?;
    if known.table_names().iter().any(|name| name == table) {
        return Ok(());
    }
    let bug = |cause| StoreError::Rejected { operation: OPERATION, source: Box::new(cause) };
    let attribute = |name: &str, kind| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let index = GlobalSecondaryIndex::builder()
        .index_name(keys::OPEN_INDEX)
        .key_schema(key(keys::OPEN_SHARD, KeyType::Hash).map_err(bug)?)
        .key_schema(key(keys::OPEN_DUE, KeyType::Range).map_err(bug)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    let created = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(keys::PARTITION, ScalarAttributeType::S).map_err(bug)?)
        .attribute_definitions(attribute(keys::SORT, ScalarAttributeType::S).map_err(bug)?)
        .attribute_definitions(attribute(keys::OPEN_SHARD, ScalarAttributeType::S).map_err(bug)?)
        .attribute_definitions(attribute(keys::OPEN_DUE, ScalarAttributeType::N).map_err(bug)?)
        .key_schema(key(keys::PARTITION, KeyType::Hash).map_err(bug)?)
        .key_schema(key(keys::SORT, KeyType::Range).map_err(bug)?)
        .global_secondary_indexes(index.build().map_err(bug)?)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(cause) if matches!(cause.as_service_error(), Some(CreateTableError::ResourceInUseException(_))) => return Ok(()),
        Err(cause) => return Err(error::sort(OPERATION, cause)),
    }
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(keys::EXPIRY).build().map_err(bug)?;
    let sent = client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await;
    sent.map(|_| ()).map_err(|cause| error::sort("UpdateTimeToLive", cause))
}
