//! The table itself, for places where no template creates it: a laptop and the tests. `template.yaml` says the same for AWS.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
    StreamSpecification, StreamViewType, TimeToLiveSpecification,
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
        return streamed(client, table).await;
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
        .stream_specification(both_images().map_err(bug)?)
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

/// What is stored is also shown in the table's stream, so that somebody is told of it.
fn both_images() -> Result<StreamSpecification, BuildError> {
    StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages).build()
}

/// A table that an earlier version of this program has made may have no stream yet.
async fn streamed(client: &Client, table: &str) -> Result<(), StoreError> {
    let described = client.describe_table().table_name(table).send().await.map_err(|cause| error::sort("DescribeTable", cause))?;
    if described.table().is_some_and(|table| table.stream_specification().is_some_and(StreamSpecification::stream_enabled)) {
        return Ok(());
    }
    let streams = both_images().map_err(|cause| StoreError::Rejected { operation: "UpdateTable", source: Box::new(cause) })?;
    let sent = client.update_table().table_name(table).stream_specification(streams).send().await;
    sent.map(|_| ()).map_err(|cause| error::sort("UpdateTable", cause))
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("there is no such table")]
    Missing,
    #[error("the table is not one of orders: {0}")]
    Foreign(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the table is there and has the keys and the index that the store uses. Needs the right to describe it, which functions lack.
///
/// # Errors
/// [`TableError`].
pub async fn check(client: &Client, table: &str) -> Result<(), TableError> {
    let described = client.describe_table().table_name(table).send().await.map_err(|cause| {
        if cause.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) {
            TableError::Missing
        } else {
            TableError::Store(error::sort("DescribeTable", cause))
        }
    })?;
    let found = described.table().ok_or(TableError::Missing)?;
    let names = |schema: &[KeySchemaElement]| schema.iter().map(|key| key.attribute_name().to_owned()).collect::<Vec<_>>();
    if names(found.key_schema()) != [keys::PARTITION, keys::SORT] {
        return Err(TableError::Foreign("its keys are others"));
    }
    let index = found.global_secondary_indexes().iter().find(|index| index.index_name() == Some(keys::OPEN_INDEX));
    if index.is_none_or(|index| names(index.key_schema()) != [keys::OPEN_SHARD, keys::OPEN_DUE]) {
        return Err(TableError::Foreign("it has no index of open payments"));
    }
    Ok(())
}
