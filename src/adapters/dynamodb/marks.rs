//! [`Told`] over the table: an item for each message, by the change that it is about. [`Chargebacks`] and [`Addressees`] keep what else
//! telling needs.

use aws_sdk_dynamodb::operation::put_item::{PutItem, PutItemError, PutItemInput};
use aws_sdk_dynamodb::operation::query::{Query, QueryInput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItem, UpdateItemError, UpdateItemInput};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::store::DynamoStore;
use super::{error, item, keys};
use crate::adapters::record::{RecordError, SCHEMA};
use crate::domain::ids::{BuyerId, WriteId};
use crate::domain::message::{Channel, Listener, LooseChargeback, MessageId, Subject};
use crate::domain::order::Note;
use crate::domain::time::Time;
use crate::ports::{Addressees, Chargebacks, Claim, Claimed, Ended, StoreError, Telling, Told};

/// A change is shown for a day, and lies among the failures for two weeks; by then nobody asks any more.
const KEPT_DAYS: i64 = 30;

const SENT: &str = "sent";
const NO_ADDRESS: &str = "no-address";
const REFUSED: &str = "refused ";

impl Told for DynamoStore {
    async fn claim(&self, claim: &Claim, now: Time) -> Result<Claimed, StoreError> {
        let ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::message(&claim.id).into()))
            .update_expression("SET #un = :un, #w = :w, #n = :n, #at = :now, #ttl = :ttl")
            .condition_expression("attribute_not_exists(#p) OR (#n = :n AND attribute_not_exists(#hw) AND (#un <= :now OR #w = :w))")
            .expression_attribute_names("#p", keys::PARTITION)
            .expression_attribute_names("#un", keys::CLAIMED_UNTIL)
            .expression_attribute_names("#w", keys::VERSION)
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_names("#at", keys::SINCE)
            .expression_attribute_names("#ttl", keys::EXPIRY)
            .expression_attribute_names("#hw", keys::HOW_ENDED)
            .expression_attribute_values(":un", item::number(claim.until.unix()))
            .expression_attribute_values(":w", item::text(claim.by.as_str()))
            .expression_attribute_values(":n", item::number(SCHEMA))
            .expression_attribute_values(":now", item::number(now.unix()))
            .expression_attribute_values(":ttl", item::number(now.plus(KEPT_DAYS * Time::DAY).unix()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.line.call::<UpdateItem>(ask.build()).await {
            Ok(_) => Ok(Claimed::Ours),
            Err(cause) => match cause.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let found = failed.item();
                    if found.is_some_and(|found| found.contains_key(keys::HOW_ENDED)) {
                        return Ok(Claimed::Ended);
                    }
                    Ok(Claimed::Until(found.and_then(|found| seconds(found, keys::CLAIMED_UNTIL)).unwrap_or(claim.until)))
                }
                _ => Err(error::sort("UpdateItem", *cause)),
            },
        }
    }

    async fn ended(&self, id: &MessageId, how: &Ended, now: Time) -> Result<(), StoreError> {
        let how = match how {
            Ended::Sent => SENT.to_owned(),
            Ended::NoAddress => NO_ADDRESS.to_owned(),
            Ended::Refused(why) => format!("{REFUSED}{why}"),
        };
        let ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::message(id).into()))
            .update_expression("SET #hw = :hw, #at = :now, #n = :n REMOVE #un")
            .condition_expression("attribute_not_exists(#p) OR #n = :n")
            .expression_attribute_names("#p", keys::PARTITION)
            .expression_attribute_names("#hw", keys::HOW_ENDED)
            .expression_attribute_names("#at", keys::SINCE)
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_names("#un", keys::CLAIMED_UNTIL)
            .expression_attribute_values(":hw", item::text(how))
            .expression_attribute_values(":now", item::number(now.unix()))
            .expression_attribute_values(":n", item::number(SCHEMA));
        self.line.call::<UpdateItem>(ask.build()).await.map(|_| ()).map_err(|cause| error::sort("UpdateItem", *cause))
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        let ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::message(&claim.id).into()))
            .update_expression("SET #un = :free")
            .condition_expression("#w = :w AND attribute_not_exists(#hw)")
            .expression_attribute_names("#un", keys::CLAIMED_UNTIL)
            .expression_attribute_names("#w", keys::VERSION)
            .expression_attribute_names("#hw", keys::HOW_ENDED)
            .expression_attribute_values(":free", item::number(0))
            .expression_attribute_values(":w", item::text(claim.by.as_str()));
        match self.line.call::<UpdateItem>(ask.build()).await {
            Ok(_) => Ok(()),
            // Somebody else's by now.
            Err(cause) if matches!(cause.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) => Ok(()),
            Err(cause) => Err(error::sort("UpdateItem", *cause)),
        }
    }

    async fn told(&self, subject: &Subject) -> Result<Vec<Telling>, StoreError> {
        // One order has a few messages, which one answer holds.
        let ask = QueryInput::builder()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#p = :p")
            .expression_attribute_names("#p", keys::PARTITION)
            .expression_attribute_values(":p", keys::messages(subject));
        let answer = self.line.call::<Query>(ask.build()).await.map_err(|cause| error::sort("Query", *cause))?;
        let read = |found| read(subject, found).map_err(|cause| error::corrupt(item::name(found), cause));
        let mut told = answer.items().iter().map(read).collect::<Result<Vec<_>, _>>()?;
        told.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        Ok(told)
    }
}

fn read(subject: &Subject, found: &item::Item) -> Result<Telling, RecordError> {
    item::check_schema(found)?;
    let bad = || RecordError::Unknown("message");
    let (write, channel) = item::field(found, keys::SORT)?.split_once('#').ok_or_else(bad)?;
    let channel = Channel::ALL.into_iter().find(|known| known.name() == channel).ok_or_else(bad)?;
    let ended = item::optional(found, keys::HOW_ENDED).map(|how| match how {
        SENT => Ok(Ended::Sent),
        NO_ADDRESS => Ok(Ended::NoAddress),
        how => how.strip_prefix(REFUSED).and_then(|why| Note::parse(why).ok()).map(Ended::Refused).ok_or_else(bad),
    });
    Ok(Telling {
        id: MessageId { subject: subject.clone(), write: WriteId::parse(write)?, channel },
        at: seconds(found, keys::SINCE).ok_or_else(bad)?,
        ended: ended.transpose()?,
    })
}

fn seconds(found: &item::Item, key: &str) -> Option<Time> {
    found.get(key).and_then(|value| value.as_n().ok()).and_then(|at| at.parse().ok()).map(Time::from_unix)
}

impl Chargebacks for DynamoStore {
    async fn keep_chargeback(&self, chargeback: &LooseChargeback, now: Time) -> Result<(), StoreError> {
        let mut put = PutItemInput::builder()
            .table_name(&self.table)
            .condition_expression("attribute_not_exists(#p)")
            .expression_attribute_names("#p", keys::PARTITION)
            .item(keys::SCHEMA, item::number(SCHEMA))
            .item(keys::VERSION, item::text(chargeback.write.as_str()))
            .item(keys::SINCE, item::number(now.unix()));
        for (name, value) in keys::chargeback(&chargeback.id) {
            put = put.item(name, value);
        }
        if let Some(consent) = &chargeback.consent {
            put = put.item(keys::CONSENT, item::text(consent.as_str()));
        }
        if let Some(said) = &chargeback.said {
            put = put.item(keys::SAID, item::text(said.as_str()));
        }
        match self.line.call::<PutItem>(put.build()).await {
            Ok(_) => Ok(()),
            Err(cause) if matches!(cause.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) => Ok(()),
            Err(cause) => Err(error::sort("PutItem", *cause)),
        }
    }
}

impl Addressees for DynamoStore {
    async fn listener(&self, buyer: &BuyerId) -> Result<Option<Listener>, StoreError> {
        let read = self.get(keys::wallet(buyer).into()).await?;
        Ok(read.as_ref().and_then(|found| item::optional(found, keys::LISTENER)).and_then(Listener::parse))
    }

    async fn keep_listener(&self, buyer: &BuyerId, listener: Option<&Listener>) -> Result<(), StoreError> {
        let write = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::wallet(buyer).into()))
            .expression_attribute_names("#us", keys::LISTENER)
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_values(":n", item::number(SCHEMA));
        let write = match listener {
            Some(listener) => write
                .update_expression("SET #us = :us, #n = :n")
                .condition_expression("attribute_not_exists(#p) OR #n = :n")
                .expression_attribute_names("#p", keys::PARTITION)
                .expression_attribute_values(":us", item::text(listener.as_str())),
            None => write.update_expression("REMOVE #us").condition_expression("#n = :n AND attribute_exists(#us)"),
        };
        match self.line.call::<UpdateItem>(write.build()).await {
            Ok(_) => Ok(()),
            // Nobody was kept.
            Err(cause)
                if listener.is_none() && matches!(cause.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(())
            }
            Err(cause) => Err(error::sort("UpdateItem", *cause)),
        }
    }
}
