//! [`Store`] over the table: five calls, each one request.
//!
//! Writes recognise themselves. The line repeats a request whose answer was lost, Alexa may deliver a turn twice, and then the condition
//! fails on our own earlier success; the mark of the write in the returned item tells the two apart.

use aws_sdk_dynamodb::operation::get_item::{GetItem, GetItemInput};
use aws_sdk_dynamodb::operation::put_item::{PutItem, PutItemError, PutItemInput};
use aws_sdk_dynamodb::operation::query::{Query, QueryInput};
use aws_sdk_dynamodb::operation::scan::builders::ScanInputBuilder;
use aws_sdk_dynamodb::operation::scan::{Scan, ScanInput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItem, UpdateItemError, UpdateItemInput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::{error, item, keys};
use crate::adapters::aws::Line;
use crate::adapters::record::{self, RecordError, SCHEMA};
use crate::domain::dialog::{Amend, LeftCart, Opening};
use crate::domain::ids::{BuyerId, OrderId, WriteId};
use crate::domain::order::Order;
use crate::ports::{Store, StoreError, Written};
use crate::telemetry::chain;

/// How many orders the first turn of a session looks back on; the wallet comes with them.
pub const RECENT: usize = 4;

/// The table, and the line that leads there.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    pub(super) line: Line,
    pub(super) table: String,
}

impl DynamoStore {
    #[must_use]
    pub fn new(line: Line, table: String) -> Self {
        Self { line, table }
    }

    pub(super) async fn get(&self, key: item::Item) -> Result<Option<item::Item>, StoreError> {
        let ask = GetItemInput::builder().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = self.line.call::<GetItem>(ask.build()).await.map_err(|cause| error::sort("GetItem", *cause))?;
        Ok(answer.item)
    }

    /// The orders whose money has not come to rest, as the index knows them; each is read again, because the index lags behind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_orders(&self) -> Result<Vec<Order>, StoreError> {
        let mut orders = Vec::new();
        for shard in 0..keys::OPEN_SHARDS {
            let ask = QueryInput::builder()
                .table_name(&self.table)
                .index_name(keys::OPEN_INDEX)
                .key_condition_expression("#g = :g")
                .expression_attribute_names("#g", keys::OPEN_SHARD)
                .expression_attribute_values(":g", item::text(shard.to_string()));
            let mut from = None;
            loop {
                let page = ask.clone().set_exclusive_start_key(from).build();
                let page = self.line.call::<Query>(page).await.map_err(|cause| error::sort("Query", *cause))?;
                for key in page.items() {
                    let id = [keys::PARTITION, keys::SORT].into_iter().filter_map(|name| Some((name.to_owned(), key.get(name)?.clone())));
                    orders.extend(self.get(id.collect()).await?.as_ref().map(order_in).transpose()?);
                }
                from = page.last_evaluated_key;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(orders)
    }

    /// Every order in the table, for the order desk. Pages through the whole table, so no turn may use it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_orders(&self) -> Result<Vec<Order>, StoreError> {
        let orders = ScanInput::builder()
            .consistent_read(true)
            .filter_expression("begins_with(#s, :mark)")
            .expression_attribute_names("#s", keys::SORT)
            .expression_attribute_values(":mark", item::text(keys::ORDER_MARK));
        self.scan(orders).await?.iter().map(order_in).collect()
    }

    /// Everything that a scan of the table finds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scan(&self, ask: ScanInputBuilder) -> Result<Vec<item::Item>, StoreError> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let page = ask.clone().table_name(&self.table).set_exclusive_start_key(from).build();
            let page = self.line.call::<Scan>(page).await.map_err(|cause| error::sort("Scan", *cause))?;
            found.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}

impl Store for DynamoStore {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        let ask = QueryInput::builder()
            .table_name(&self.table)
            .consistent_read(true)
            // `W` sorts behind every `O#…`: descending, the wallet comes first and then the newest orders.
            .key_condition_expression("#p = :p AND #s BETWEEN :from AND :to")
            .expression_attribute_names("#p", keys::PARTITION)
            .expression_attribute_names("#s", keys::SORT)
            .expression_attribute_values(":p", keys::partition(buyer))
            .expression_attribute_values(":from", item::text(keys::ORDER_MARK))
            .expression_attribute_values(":to", item::text(keys::WALLET))
            .scan_index_forward(false)
            .limit(i32::try_from(RECENT).unwrap_or(i32::MAX).saturating_add(1));
        let answer = self.line.call::<Query>(ask.build()).await.map_err(|cause| error::sort("Query", *cause))?;
        let mut opening = Opening::default();
        for found in answer.items() {
            if item::is_wallet(found) {
                // A cart that cannot be read is no reason to turn the buyer away; an order is, because its money may be in doubt.
                opening.left = item::read_left(found).unwrap_or_else(|cause| {
                    tracing::error!(error = chain(&error::corrupt(item::name(found), cause)), "the left cart is not offered");
                    None
                });
                // Nor is a wallet: without it nothing can be charged.
                let linked = item::read_linked(found).unwrap_or_else(|cause| {
                    tracing::error!(error = chain(&error::corrupt(item::name(found), cause)), "the wallet counts as not linked");
                    None
                });
                opening.wallet = linked.map(Box::new);
            } else if opening.orders.len() < RECENT {
                opening.orders.push(order_in(found)?);
            }
        }
        Ok(opening)
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        self.get(keys::order(id).into()).await?.as_ref().map(order_in).transpose()
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        let item = item::write(order).map_err(|cause| error::corrupt(order.id.to_string(), cause))?;
        let ask = PutItemInput::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#p)")
            .expression_attribute_names("#p", keys::PARTITION)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.line.call::<PutItem>(ask.build()).await {
            Ok(_) => Ok(Written::Done(Box::new(order.clone()))),
            Err(cause) => match cause.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => found_instead(failed.item(), order.version()),
                _ => Err(error::sort("PutItem", *cause)),
            },
        }
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        let update = Update::of(amend).map_err(|cause| error::corrupt(amend.order.to_string(), cause))?;
        let mut ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .set_key(Some(keys::order(&amend.order).into()))
            .update_expression(update.expression())
            .condition_expression(&update.condition)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in update.names_and_values() {
            ask = ask.expression_attribute_names(format!("#{name}"), name);
            if let Some(value) = value {
                ask = ask.expression_attribute_values(format!(":{name}"), value);
            }
        }
        for (name, value) in update.expected {
            ask = ask.expression_attribute_values(name, value);
        }
        match self.line.call::<UpdateItem>(ask.build()).await {
            Ok(answer) => answer.attributes().map_or(Ok(Written::Missing), |item| Ok(Written::Done(Box::new(order_in(item)?)))),
            Err(cause) => match cause.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => found_instead(failed.item(), Some(&amend.entry.write)),
                _ => Err(error::sort("UpdateItem", *cause)),
            },
        }
    }

    async fn keep(&self, buyer: &BuyerId, left: &LeftCart, write: &WriteId) -> Result<(), StoreError> {
        let cart = record::write_cart(&left.cart).map_err(|cause| error::corrupt(left.order.to_string(), cause))?;
        let ask = UpdateItemInput::builder()
            .table_name(&self.table)
            .key(keys::PARTITION, keys::partition(buyer))
            .key(keys::SORT, item::text(keys::WALLET))
            .update_expression("SET #lc = :lc, #lo = :lo, #la = :la, #n = :n, #w = :w")
            .condition_expression("attribute_not_exists(#p) OR (#n = :n AND (attribute_not_exists(#la) OR #la < :la))")
            .expression_attribute_names("#p", keys::PARTITION)
            .expression_attribute_names("#lc", keys::LEFT_CART)
            .expression_attribute_names("#lo", keys::LEFT_ORDER)
            .expression_attribute_names("#la", keys::LEFT_AT)
            .expression_attribute_names("#n", keys::SCHEMA)
            .expression_attribute_names("#w", keys::VERSION)
            .expression_attribute_values(":lc", item::text(cart))
            .expression_attribute_values(":lo", item::text(left.order.as_str()))
            .expression_attribute_values(":la", item::number(left.at.unix()))
            .expression_attribute_values(":n", item::number(SCHEMA))
            .expression_attribute_values(":w", item::text(write.as_str()));
        match self.line.call::<UpdateItem>(ask.build()).await {
            Ok(_) => Ok(()),
            Err(cause) => match cause.as_service_error() {
                // A newer cart is kept, or this very one: either way there is nothing to do.
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(error::sort("UpdateItem", *cause)),
            },
        }
    }
}

/// The parts of an update request.
struct Update {
    set: Vec<(&'static str, AttributeValue)>,
    remove: Vec<&'static str>,
    condition: String,
    expected: Vec<(&'static str, AttributeValue)>,
}

impl Update {
    fn of(amend: &Amend) -> Result<Self, RecordError> {
        let entry = item::text(record::write_entry(&amend.entry));
        let mut set = vec![
            (keys::VERSION, item::text(amend.entry.write.as_str())),
            (keys::STATE, item::text(record::write_state(&amend.state)?)),
            (keys::HISTORY, AttributeValue::L(vec![entry])),
        ];
        if let Some(goods) = &amend.goods {
            set.push((keys::GOODS, item::text(record::write_goods(goods)?)));
        }
        if let Some(agreement) = &amend.agreement {
            set.push((keys::AGREEMENT, item::text(agreement.as_str())));
        }
        let mut remove = Vec::new();
        match &amend.address {
            Some(Some(address)) => set.push((keys::ADDRESS, item::text(record::write_address(address)?))),
            Some(None) => remove.push(keys::ADDRESS),
            None => {}
        }
        for (key, value) in item::bookkeeping(&amend.order, &amend.state, amend.entry.at) {
            match value {
                Some(value) => set.push((key, value)),
                None => remove.push(key),
            }
        }
        let mut condition = "#w = :expected_w AND #n = :expected_n".to_owned();
        let mut expected = vec![(":expected_w", item::text(amend.version.as_str())), (":expected_n", item::number(SCHEMA))];
        if let Some(guess) = &amend.guess {
            condition.push_str(" AND #st = :expected_st");
            expected.push((":expected_st", item::text(record::write_state(guess)?)));
        }
        Ok(Self { set, remove, condition, expected })
    }

    fn expression(&self) -> String {
        let set = self.set.iter().map(|(key, _)| match *key {
            keys::HISTORY => format!("#{key} = list_append(#{key}, :{key})"),
            key => format!("#{key} = :{key}"),
        });
        let set = set.collect::<Vec<_>>().join(", ");
        if self.remove.is_empty() {
            return format!("SET {set}");
        }
        let remove = self.remove.iter().map(|key| format!("#{key}")).collect::<Vec<_>>().join(", ");
        format!("SET {set} REMOVE {remove}")
    }

    fn names_and_values(&self) -> Vec<(&'static str, Option<AttributeValue>)> {
        let set = self.set.iter().map(|(key, value)| (*key, Some(value.clone())));
        let removed = self.remove.iter().map(|key| (*key, None));
        set.chain(removed).chain([(keys::SCHEMA, None)]).collect()
    }
}

/// What a failed condition has found: our own earlier success, somebody else's, or nothing.
fn found_instead(found: Option<&item::Item>, write: Option<&WriteId>) -> Result<Written, StoreError> {
    let Some(found) = found else {
        return Ok(Written::Missing);
    };
    let order = Box::new(order_in(found)?);
    Ok(if order.version() == write { Written::Before(order) } else { Written::Overtaken(order) })
}

fn order_in(found: &item::Item) -> Result<Order, StoreError> {
    item::read(found).map_err(|cause| error::corrupt(item::name(found), cause))
}
