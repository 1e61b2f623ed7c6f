//! [`Wallets`] over the table. A wallet shares its item with the cart that a session left behind, and neither write disturbs the other.

use aws_sdk_dynamodb::operation::update_item::{UpdateItem, UpdateItemError, UpdateItemInput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::{DynamoStore, error, item, keys};
use crate::adapters::record::{self, SCHEMA};
use crate::domain::ids::{BuyerId, WriteId};
use crate::domain::wallet::SavedWallet;
use crate::ports::{Saved, StoreError, Wallets};

impl Wallets for DynamoStore {
    async fn wallet(&self, buyer: &BuyerId) -> Result<Option<SavedWallet>, StoreError> {
        self.get(keys::wallet(buyer).into()).await?.as_ref().map_or(Ok(None), linked_in)
    }

    async fn save_wallet(&self, buyer: &BuyerId, wallet: &SavedWallet, expected: Option<&WriteId>) -> Result<Saved, StoreError> {
        let unfit = |cause| error::corrupt(format!("the wallet of {buyer}"), cause);
        let linked = record::write_wallet(wallet).map_err(unfit)?;
        let mut ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::wallet(buyer).into()))
            .expression_attribute_names("#wa", keys::LINKED)
            .expression_attribute_names("#wv", keys::LINKED_VERSION)
            .expression_attribute_names("#pd", keys::ADDRESS)
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_values(":wa", item::text(linked))
            .expression_attribute_values(":wv", item::text(wallet.version.as_str()))
            .expression_attribute_values(":n", item::number(SCHEMA))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        ask = match &wallet.address {
            Some(address) => ask
                .update_expression("SET #wa = :wa, #wv = :wv, #n = :n, #pd = :pd")
                .expression_attribute_values(":pd", item::text(record::write_address(address).map_err(unfit)?)),
            None => ask.update_expression("SET #wa = :wa, #wv = :wv, #n = :n REMOVE #pd"),
        };
        ask = match expected {
            Some(version) => ask
                .condition_expression("#n = :n AND #wv = :expected")
                .expression_attribute_values(":expected", item::text(version.as_str())),
            None => ask
                .condition_expression("attribute_not_exists(#p) OR (#n = :n AND attribute_not_exists(#wv))")
                .expression_attribute_names("#p", keys::PARTITION),
        };
        match self.line.call::<UpdateItem>(ask.build()).await {
            Ok(_) => Ok(Saved::Done),
            Err(cause) => match cause.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item().map_or(Ok(None), linked_in)?;
                    let own = found.as_ref().is_some_and(|found| found.version == wallet.version);
                    Ok(if own { Saved::Done } else { Saved::Overtaken(found.map(Box::new)) })
                }
                _ => Err(error::sort("UpdateItem", *cause)),
            },
        }
    }
}

fn linked_in(found: &item::Item) -> Result<Option<SavedWallet>, StoreError> {
    item::read_linked(found).map_err(|cause| error::corrupt(item::name(found), cause))
}
