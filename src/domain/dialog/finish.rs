//! A purchase that was begun at the speaker and is finished on a page: the same cart, price and rules as in the conversation; only the
//! yes is given on Amazon's page.

use super::opening::take_cart;
use super::purchase::{self, Pays};
use super::{Begun, Blocked, Moment, Opening, Session, Write};
use crate::domain::cart::Cart;
use crate::domain::ids::{BuyerId, CheckoutId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::{Order, Rail, Standing, State};
use crate::domain::payment::{CaptureMode, CheckoutStanding, Timing};
use crate::domain::place::Address;
use crate::domain::quote::{NoQuote, Quote};
use crate::domain::shop::World;

/// The cart that waits for its buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    begun: Begun,
    pub cart: Cart,
    /// Where it would go.
    pub address: Option<Address>,
    /// What it would cost there.
    pub price: Result<Quote, NoQuote>,
    /// Where and how it would be paid. Amazon is told of it when the buyer is sent there, so it cannot become another one afterwards.
    pub world: World,
    pub capture: CaptureMode,
    pub timing: Timing,
}

/// What there is to see of the cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The buyer may pay for nothing at the moment, because the outcome of an earlier charge is outstanding.
    Wait,
    Nothing,
    Cart(Box<Waiting>),
}

/// What the page of the cart shows.
#[must_use]
pub fn look(moment: &Moment, opening: &Opening, to: To) -> Look {
    match waiting(moment, opening, to) {
        _ if must_wait(moment, opening) => Look::Wait,
        Some(waiting) => Look::Cart(Box::new(waiting)),
        None => Look::Nothing,
    }
}

impl Waiting {
    /// The order that it will become: the same one, however often it is looked at, until something about it changes.
    #[must_use]
    pub const fn order(&self) -> &OrderId {
        &self.begun.id
    }
}

/// The cart that the buyer would be offered in the next session, at the price that it has there.
fn waiting(moment: &Moment, opening: &Opening, to: To) -> Option<Waiting> {
    let address = to.address(moment, opening);
    let orders: Vec<_> = opening.orders.iter().filter(|order| order.world == moment.shop.world).collect();
    let mut session = Session::default();
    take_cart(moment, opening, orders.first().copied(), Rail::SavedWallet, &mut session);
    let begun = steady(moment, opening, session.order?)?;
    let price = purchase::quote_of(moment, &session.cart, address);
    let (world, capture, timing) = (moment.shop.world, moment.shop.capture, moment.shop.timing);
    Some(Waiting { begun, cart: session.cart, address: address.cloned(), price, world, capture, timing })
}

/// A new order gets an id that depends on what it goes on from, and not on the moment: of a page that is open twice, only one can become
/// an order.
fn steady(moment: &Moment, opening: &Opening, begun: Begun) -> Option<Begun> {
    let prefix = &moment.shop.order_prefix;
    let id = if begun.id == purchase::order_id(moment) {
        let newest = opening.orders.first()?;
        OrderId::begin(prefix, moment.buyer, newest.changed().plus(1), newest.version()?)
    } else if begun.id.buyer() == *moment.buyer {
        begun.id.clone()
    } else {
        own(prefix.as_str(), moment.buyer, &begun.id)?
    };
    Some(Begun { id, ..begun })
}

/// Another buyer's order id, as one of this buyer's.
fn own(prefix: &str, buyer: &BuyerId, id: &OrderId) -> Option<OrderId> {
    OrderId::parse(&format!("{prefix}{buyer}{}", id.stamp())).ok()
}

fn must_wait(moment: &Moment, opening: &Opening) -> bool {
    purchase::in_doubt(moment, opening, None)
}

/// What the buyer has agreed to on Amazon's page.
#[derive(Clone, Debug)]
pub struct Agreed<'a> {
    pub checkout: &'a CheckoutId,
    pub order: &'a OrderId,
    pub total: Money,
    pub standing: CheckoutStanding,
    pub to: To<'a>,
}

/// Where the buyer wants it sent.
#[derive(Clone, Copy, Debug)]
pub enum To<'a> {
    /// To where the wallet says.
    Kept,
    /// To what was chosen at Amazon just now.
    Chosen(Option<&'a Address>),
}

impl<'a> To<'a> {
    /// The address that is meant.
    #[must_use]
    pub fn address(self, moment: &Moment, opening: &'a Opening) -> Option<&'a Address> {
        match self {
            Self::Kept => opening.wallet.as_ref().filter(|wallet| wallet.world == moment.shop.world)?.address.as_ref(),
            Self::Chosen(address) => address,
        }
    }
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It is stored already that this checkout charges the order.
    Known(Box<Order>),
    /// The order has gone on since, in another way.
    Told(Box<Order>),
    /// The order has to be stored before anything is charged.
    Store(Write),
    Not(NotFinished),
}

/// Why nothing is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFinished {
    /// The outcome of an earlier charge is outstanding.
    MustWait,
    /// It is not what the buyer was shown any more.
    Changed,
    /// Nothing comes of the checkout.
    Over,
    /// It was completed for an order that is not among the buyer's newest: nobody can tell here what has become of it.
    Lost,
}

/// The buyer is back from Amazon's page, having agreed. `shown` says whether this is what the buyer has seen before.
#[must_use]
pub fn finish(moment: &Moment, opening: &Opening, agreed: &Agreed, shown: impl Fn(&Waiting) -> bool) -> Finish {
    let stored = opening.orders.iter().find(|order| order.id == *agreed.order);
    if let Some(order) = stored.filter(|order| order.is_charged_by(agreed.checkout)) {
        return Finish::Known(Box::new(order.clone()));
    }
    match (agreed.standing, stored) {
        (CheckoutStanding::Open, _) => {}
        (CheckoutStanding::Completed, Some(order)) => return Finish::Told(Box::new(order.clone())),
        (CheckoutStanding::Completed, None) => return Finish::Not(NotFinished::Lost),
        (CheckoutStanding::Over, _) => return Finish::Not(NotFinished::Over),
    }
    if must_wait(moment, opening) {
        return Finish::Not(NotFinished::MustWait);
    }
    let Some(waiting) = waiting(moment, opening, agreed.to).filter(|waiting| waiting.order() == agreed.order && shown(waiting)) else {
        return Finish::Not(NotFinished::Changed);
    };
    let Waiting { begun, cart, address, price, .. } = waiting;
    let Some(quote) = price.ok().filter(|quote| quote.total == agreed.total) else { return Finish::Not(NotFinished::Changed) };
    let goes_on = stored.filter(|_| begun.version.is_some());
    // On a page there is nothing but the saved wallet, whether one is linked or comes of this.
    let session = Session { cart, order: Some(begun), blocked: Some(Blocked::NotLinked), ..Session::default() };
    let pays = Pays { agreement: None, address, checkout: Some(agreed.checkout.clone()) };
    match purchase::charging(moment, &session, goes_on, quote, pays) {
        Ok(write) => Finish::Store(write),
        Err(_) => Finish::Not(NotFinished::Changed),
    }
}

/// What has become of an order, as its buyer is told on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Paid,
    /// The money is held, and taken when the goods leave.
    Held,
    /// Amazon decides later.
    Pending,
    /// Nobody can tell yet.
    Doubt,
    /// Nobody can tell, and people look at it.
    Attention,
    /// Nothing was charged.
    Declined,
    /// Something was done about it since.
    Changed,
}

impl From<&State> for Ending {
    fn from(state: &State) -> Self {
        match state {
            State::Paid(paid) if paid.refunds.is_empty() => Self::Paid,
            State::Authorized(_) | State::Capturing(_) => Self::Held,
            State::Charging { standing: Standing::Pending(_), .. } => Self::Pending,
            State::Charging { standing: Standing::Sent | Standing::Unknown { .. }, .. } => Self::Doubt,
            State::NeedsAttention { .. } => Self::Attention,
            State::Declined { .. } => Self::Declined,
            State::Draft
            | State::SettingUp
            | State::Ready
            | State::Paid(_)
            | State::InParts(_)
            | State::Voiding(_)
            | State::Disputed(_)
            | State::Cancelled { .. }
            | State::Expired(_) => Self::Changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Env};
    use crate::domain::cart::Line;
    use crate::domain::dialog::LeftCart;
    use crate::domain::ids::{Locale, Sku, WriteId};
    use crate::domain::order::{Entry, Event, Goods, State};
    use crate::domain::payment::{Attempt, CaptureMode, Decline, Timing};
    use crate::domain::shop::{Shop, World};
    use crate::domain::time::Time;

    const NOW: Time = Time::from_unix(1_795_000_000);

    fn shop() -> Shop {
        Config::embedded(&Env::default()).unwrap().shop
    }

    fn ada() -> BuyerId {
        BuyerId::parse("0123456789ABCDEF").unwrap()
    }

    fn write(text: &str) -> WriteId {
        WriteId::parse(text).unwrap()
    }

    fn roses() -> Cart {
        Cart::of([Line { sku: Sku::parse("roses").unwrap(), quantity: 2 }])
    }

    fn seattle() -> Address {
        Address { country: Some("US".to_owned()), region: Some("WA".to_owned()), ..Address::default() }
    }

    fn declined(by: &str) -> Order {
        let attempt = Attempt::after(None, Money::new(5_961, shop().rates.currency), CaptureMode::Immediate, Timing::Synchronous);
        let state = State::Declined { attempt, decline: Decline::InvalidPaymentMethodHard };
        let at = NOW.plus(-Time::HOUR);
        Order {
            id: OrderId::begin(&shop().order_prefix, &ada(), at.plus(-60), &write("AA23456789ABCDEF")),
            rail: Rail::SavedWallet,
            world: World::Simulated,
            locale: Locale::parse("en-US").unwrap(),
            goods: Goods::Cart(roses()),
            agreement: None,
            address: None,
            history: vec![Entry {
                at,
                who: crate::domain::order::Actor::Buyer,
                what: Event::SaidYes,
                to: state.name(),
                write: write(by),
                note: None,
            }],
            state,
        }
    }

    /// The order that this becomes at a moment.
    fn becomes(opening: &Opening, now: Time, mark: &str) -> OrderId {
        let (shop, buyer, locale, write) = (shop(), ada(), Locale::parse("en-US").unwrap(), write(mark));
        let moment = Moment { shop: &shop, buyer: &buyer, locale: &locale, now, write: &write, consent: false, link: None };
        let waiting = waiting(&moment, opening, To::Chosen(Some(&seattle()))).unwrap();
        assert_eq!(waiting.price.as_ref().unwrap().total.minor(), 5_961);
        waiting.order().clone()
    }

    #[test]
    fn a_cart_becomes_the_same_order_on_every_page_until_what_it_goes_on_from_changes() {
        let opening = |by: &str| Opening { orders: vec![declined(by)], ..Opening::default() };
        let first = becomes(&opening("BB23456789ABCDEF"), NOW, "CC23456789ABCDEF");
        assert_eq!(becomes(&opening("BB23456789ABCDEF"), NOW.plus(300), "DD23456789ABCDEF"), first);
        assert_ne!(becomes(&opening("EE23456789ABCDEF"), NOW, "CC23456789ABCDEF"), first);
        let before = declined("BB23456789ABCDEF").id;
        assert!(first != before && first.stamp() > before.stamp() && first.buyer() == ada(), "{first}");
    }

    #[test]
    fn a_cart_that_somebody_began_before_linking_becomes_an_order_of_whom_amazon_knows() {
        let other = BuyerId::parse("FEDCBA9876543210").unwrap();
        let order = OrderId::begin(&shop().order_prefix, &other, NOW, &write("AA23456789ABCDEF"));
        let left = Some(LeftCart { order: order.clone(), cart: roses(), at: NOW });
        let own = becomes(&Opening { left, ..Opening::default() }, NOW, "CC23456789ABCDEF");
        assert_eq!((own.buyer(), own.stamp()), (ada(), order.stamp()));
    }

    #[test]
    fn nothing_is_claimed_of_a_checkout_that_is_over_or_of_which_nothing_is_known() {
        let (shop, buyer, locale, write) = (shop(), ada(), Locale::parse("en-US").unwrap(), write("CC23456789ABCDEF"));
        let moment = Moment { shop: &shop, buyer: &buyer, locale: &locale, now: NOW, write: &write, consent: false, link: None };
        let opening = Opening { orders: vec![declined("BB23456789ABCDEF")], ..Opening::default() };
        let (checkout, address) = (CheckoutId::parse("a-session").unwrap(), seattle());
        let order = becomes(&opening, NOW, "CC23456789ABCDEF");
        let come = |standing, order: &OrderId| {
            let to = To::Chosen(Some(&address));
            let agreed = Agreed { checkout: &checkout, order, total: Money::new(5_961, shop.rates.currency), standing, to };
            finish(&moment, &opening, &agreed, |_| true)
        };
        assert!(matches!(come(CheckoutStanding::Open, &order), Finish::Store(Write::Create(_))));
        assert_eq!(come(CheckoutStanding::Over, &order), Finish::Not(NotFinished::Over));
        assert_eq!(come(CheckoutStanding::Completed, &order), Finish::Not(NotFinished::Lost));
        assert!(matches!(come(CheckoutStanding::Completed, &opening.orders[0].id), Finish::Told(_)));
        assert_eq!(come(CheckoutStanding::Open, &opening.orders[0].id), Finish::Not(NotFinished::Changed));
    }
}
