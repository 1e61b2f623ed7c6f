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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{Config, Env};
    use crate::domain::cart::{Cart, Line};
    use crate::domain::dialog::{LeftCart, Look, Moment, Opening, To, look};
    use crate::domain::ids::{Locale, Sku};
    use crate::domain::payment::{CaptureMode, Timing};
    use crate::domain::place::Address;
    use crate::domain::shop::{Shop, World};
    use crate::domain::time::Time;

    fn seen(shop: &Shop, to: &Address) -> String {
        let (buyer, write, locale) = (BuyerId::parse("0123456789ABCDEF").unwrap(), WriteId::of_bits(1), Locale::parse("en-US").unwrap());
        let now = Time::from_unix(1_795_000_000);
        let order = OrderId::begin(&shop.order_prefix, &buyer, now.plus(-60), &write);
        let cart = Cart::of([Line { sku: Sku::parse("roses").unwrap(), quantity: 2 }]);
        let opening = Opening { left: Some(LeftCart { order, cart, at: now }), ..Opening::default() };
        let moment = Moment { shop, buyer: &buyer, locale: &locale, now, write: &write, consent: false, link: None };
        let Look::Cart(waiting) = look(&moment, &opening, To::Chosen(Some(to))) else { panic!("a cart waits") };
        shown(&waiting).unwrap()
    }

    #[test]
    fn what_is_paid_otherwise_or_goes_elsewhere_is_not_what_was_shown() {
        let base = Config::embedded(&Env::default()).unwrap().shop;
        let seattle = Address { country: Some("US".to_owned()), region: Some("WA".to_owned()), ..Address::default() };
        let tacoma = Address { city: Some("Tacoma".to_owned()), ..seattle.clone() };
        let shops = [
            base.clone(),
            Shop { world: World::Sandbox, ..base.clone() },
            Shop {
                capture: if base.capture == CaptureMode::OnShip { CaptureMode::Immediate } else { CaptureMode::OnShip },
                ..base.clone()
            },
            Shop { timing: if base.timing == Timing::Synchronous { Timing::Asynchronous } else { Timing::Synchronous }, ..base.clone() },
        ];
        let all: BTreeSet<_> = shops.iter().map(|shop| seen(shop, &seattle)).chain([seen(&base, &tacoma)]).collect();
        assert_eq!(all.len(), 5);
        assert_eq!(seen(&base, &seattle), seen(&base, &seattle));
    }
}
