//! What a buyer was shown before being sent to Amazon, and what is stored of an agreement: both told by hashes, so that a browser can carry
//! the one, and the other is the same write however often the buyer comes back.

use crate::adapters::fingerprint;
use crate::adapters::record::{self, RecordError};
use crate::domain::dialog::Waiting;
use crate::domain::ids::{BuyerId, CheckoutId, OrderId, WriteId};
use crate::domain::order::Goods;

/// Tells what was shown from everything else that could have been. What has no price cannot be agreed to.
///
/// # Errors
/// [`RecordError`]; never in practice.
pub fn shown(waiting: &Waiting) -> Result<String, RecordError> {
    let Ok(quote) = &waiting.price else { return Ok(String::new()) };
    let goods = record::write_goods(&Goods::Quoted(quote.clone()))?;
    let address = waiting.address.as_ref().map(record::write_address).transpose()?;
    let paid = (waiting.world.as_str(), waiting.capture, waiting.timing);
    Ok(fingerprint::mark(&format!("{} {goods} {address:?} {paid:?}", waiting.order())).to_string())
}

/// The mark of the write that stores that this checkout charges this order.
#[must_use]
pub fn mark(checkout: &CheckoutId, order: &OrderId) -> WriteId {
    fingerprint::mark(&format!("checkout {checkout} of {order}"))
}

/// That of a look, after which nothing is written.
#[must_use]
pub fn looking(buyer: &BuyerId) -> WriteId {
    fingerprint::mark(&format!("look {buyer}"))
}
