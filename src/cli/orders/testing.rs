//! Orders for the tests of what the desk says.

use crate::domain::ids::{BuyerId, Locale, OrderId, OrderPrefix, WriteId};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Actor, Entry, Event, Goods, Hold, Order, Paid, Rail, State};
use crate::domain::payment::{Attempt, CaptureMode, Names, Timing};
use crate::domain::shop::World;
use crate::domain::time::Time;

pub const NOW: Time = Time::from_unix(1_795_000_000);

pub fn order(state: State) -> Order {
    let (buyer, write) = (BuyerId::parse("0123456789ABCDEF").unwrap(), WriteId::parse("ZZ23456789ABCDEF").unwrap());
    Order {
        id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, NOW, &write),
        rail: Rail::Directive,
        world: World::Simulated,
        locale: Locale::parse("en-US").unwrap(),
        goods: Goods::Cart(crate::domain::cart::Cart::default()),
        agreement: None,
        address: None,
        history: vec![Entry { at: NOW, who: Actor::Amazon, what: Event::ChargeAnswered, to: state.name(), write, note: None }],
        state,
    }
}

pub fn attempt(number: u8) -> Attempt {
    let amount = Money::new(5_961, Currency::Usd);
    Attempt { number, amount, capture: CaptureMode::Immediate, timing: Timing::Synchronous, checkout: None }
}

pub fn held() -> Hold {
    Hold { attempt: attempt(1), names: Names::default(), since: NOW, refused: 0 }
}

pub fn expired() -> State {
    State::Expired(held())
}

/// Taken, and nothing of it given back.
pub fn paid() -> Paid {
    Paid {
        attempt: attempt(1),
        names: Names::default(),
        captured: attempt(1).amount,
        refunds: Vec::new(),
        captures: 0,
        parcels: Vec::new(),
    }
}
