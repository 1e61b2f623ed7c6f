//! The operations of DynamoDB that the store uses.

use aws_sdk_dynamodb::operation::{delete_item, get_item, put_item, query, scan, update_item};

use crate::adapters::aws::operation::operations;

operations! {
    delete_item::DeleteItem(DeleteItemInput) -> Result<DeleteItemOutput, DeleteItemError>;
    get_item::GetItem(GetItemInput) -> Result<GetItemOutput, GetItemError>;
    put_item::PutItem(PutItemInput) -> Result<PutItemOutput, PutItemError>;
    query::Query(QueryInput) -> Result<QueryOutput, QueryError>;
    scan::Scan(ScanInput) -> Result<ScanOutput, ScanError>;
    update_item::UpdateItem(UpdateItemInput) -> Result<UpdateItemOutput, UpdateItemError>;
}
