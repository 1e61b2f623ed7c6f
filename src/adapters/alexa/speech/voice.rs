//! One language speaking for one shop: messages with variables, and the pieces that others are made of.

use std::fmt::Display;

use fluent_bundle::{FluentArgs, FluentValue};

use super::book::Book;
use super::id::{self, Id};
use crate::domain::dialog::{Named, Session};
use crate::domain::ids::{Locale, Sku};
use crate::domain::money::Money;
use crate::domain::order::{Goods, Order};
use crate::domain::quote::QuotedLine;
use crate::domain::shop::Shop;

/// A shop in one language.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    pub book: &'a Book,
    pub shop: &'a Shop,
    /// The buyer's; the language may be another one when the shop does not speak it.
    pub locale: &'a Locale,
}

impl Voice<'_> {
    /// A message with its variables. Something that does not fit is logged, and as much is said as can be.
    pub fn say<'v>(&self, id: Id, variables: impl IntoIterator<Item = (&'static str, FluentValue<'v>)>) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in variables {
            args.set(name, value);
        }
        let mut errors = Vec::new();
        let text = self.book.say(id, &args, &mut errors);
        if text.is_none() || !errors.is_empty() {
            tracing::error!(message_id = id.0, errors = list(&errors), "a message of the speech file does not fit");
            debug_assert!(false, "message {} does not fit: {}", id.0, list(&errors));
        }
        text.unwrap_or_default()
    }

    /// A message without variables.
    pub fn plain(&self, id: Id) -> String {
        self.say(id, [])
    }

    /// A message whose only variable is the shop's name.
    pub fn shop(&self, id: Id) -> String {
        self.say(id, [("shop", self.shop.name.as_str().into())])
    }

    /// A message whose only variable is a sum of money.
    pub fn amount(&self, id: Id, amount: Money) -> String {
        self.say(id, [("amount", self.money(amount).into())])
    }

    pub fn money(&self, money: Money) -> String {
        let decimal = money.decimal();
        let (whole, cents) = decimal.split_once('.').unwrap_or((&decimal, ""));
        self.say(id::MONEY, [("currency", money.currency().code().into()), ("whole", whole.into()), ("cents", cents.into())])
    }

    /// "two bouquets of roses".
    pub fn line(&self, quantity: u32, name: &str) -> String {
        self.say(id::LINE, [("quantity", quantity.into()), ("name", name.into())])
    }

    /// "two bouquets of roses, one glass vase and one greeting card".
    pub fn lines(&self, lines: &[Named]) -> String {
        self.and(lines.iter().map(|line| self.line(line.quantity, &line.name)).collect())
    }

    pub fn quoted(&self, lines: &[QuotedLine]) -> String {
        self.and(lines.iter().map(|line| self.line(line.quantity, &line.name)).collect())
    }

    /// What is in an order; empty when the catalogue knows none of it any more.
    pub fn goods(&self, order: &Order) -> String {
        match &order.goods {
            Goods::Quoted(quote) => self.quoted(&quote.lines),
            Goods::Cart(cart) => {
                let line = |(sku, quantity)| self.name(sku, quantity).map(|name| self.line(quantity, name));
                self.and(cart.lines().iter().map(|line| (&line.sku, line.quantity)).filter_map(line).collect())
            }
        }
    }

    /// A product's name for so many of it.
    pub fn name(&self, sku: &Sku, quantity: u32) -> Option<&str> {
        self.shop.catalog.get(sku.as_str()).map(|product| product.name(self.locale, quantity))
    }

    /// "a, b and c".
    pub fn and(&self, items: Vec<String>) -> String {
        self.list(items, id::LIST_AND)
    }

    /// "a, b or c".
    pub fn or(&self, items: Vec<String>) -> String {
        self.list(items, id::LIST_OR)
    }

    /// Sentences in a row; empty ones are left out.
    pub fn sentences(&self, parts: impl IntoIterator<Item = String>) -> String {
        let spoken = parts.into_iter().filter(|part| !part.is_empty());
        spoken.reduce(|left, right| self.pair(id::SENTENCES, left, right)).unwrap_or_default()
    }

    /// The name of something to buy, for an example: several of the first product.
    pub fn example(&self) -> &str {
        self.shop.catalog.products().next().map(|product| product.name(self.locale, 2)).unwrap_or_default()
    }

    /// Which form of a message fits a cart.
    pub fn cart(session: &Session) -> &'static str {
        if session.cart.is_empty() { "empty" } else { "full" }
    }

    fn list(&self, mut items: Vec<String>, last: Id) -> String {
        let Some(end) = items.pop() else { return String::new() };
        let before = items.into_iter().reduce(|left, right| self.pair(id::LIST_MIDDLE, left, right));
        before.map_or(end.clone(), |before| self.pair(last, before, end))
    }

    fn pair(&self, id: Id, left: String, right: String) -> String {
        self.say(id, [("left", left.into()), ("right", right.into())])
    }
}

/// Errors of a Fluent file in one line.
pub(super) fn list(errors: &[impl Display]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
