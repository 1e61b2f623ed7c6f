//! What an order costs: items, shipping, tax, total, and why it adds up.

use super::cart::Cart;
use super::catalog::Catalog;
use super::ids::{Locale, Sku};
use super::money::{Currency, Money, MoneyError, Rate};
use super::place::Zone;

/// A line at the price and under the name at which it is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedLine {
    pub sku: Sku,
    pub name: String,
    pub quantity: u32,
    pub unit: Money,
}

impl QuotedLine {
    /// What the line costs.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn amount(&self) -> Result<Money, MoneyError> {
        self.unit.times(self.quantity)
    }
}

/// Lines and sums, as they are read back to the buyer. `items + shipping + tax == total`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    pub lines: Vec<QuotedLine>,
    pub items: Money,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
}

/// What delivery to a country costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipping {
    pub country: String,
    pub fee: Money,
    /// From this much on, delivery is free.
    pub free_from: Option<Money>,
}

/// Tax on items and shipping, for a country or one region of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tax {
    pub country: String,
    pub region: Option<String>,
    pub rate: Rate,
}

/// Prices of everything that is not a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    pub currency: Currency,
    pub shipping: Vec<Shipping>,
    pub tax: Vec<Tax>,
    /// The most that one order may come to.
    pub total_max: Money,
}

/// Why there is no quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoQuote {
    Empty,
    /// The catalogue has dropped a product that is in the cart.
    Gone(Sku),
    /// The shop does not deliver there.
    Undelivered(Zone),
    /// More than one order may cost.
    TooMuch {
        max: Money,
    },
}

impl Quote {
    /// The price of a cart delivered to a zone.
    ///
    /// # Errors
    /// [`NoQuote`].
    pub fn of(cart: &Cart, catalog: &Catalog, rates: &Rates, locale: &Locale, zone: &Zone) -> Result<Self, NoQuote> {
        if cart.is_empty() {
            return Err(NoQuote::Empty);
        }
        let shipping = rates.shipping.iter().find(|shipping| shipping.country == zone.country);
        let shipping = shipping.ok_or_else(|| NoQuote::Undelivered(zone.clone()))?;
        let lines = cart
            .lines()
            .iter()
            .map(|line| {
                let product = catalog.get(line.sku.as_str()).ok_or_else(|| NoQuote::Gone(line.sku.clone()))?;
                let name = product.name(locale, line.quantity).to_owned();
                Ok(QuotedLine { sku: line.sku.clone(), name, quantity: line.quantity, unit: product.price })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let too_much = NoQuote::TooMuch { max: rates.total_max };
        let quote = Self::sum(lines, shipping, rates, zone).map_err(|_| too_much.clone())?;
        if quote.total.minor() > rates.total_max.minor() { Err(too_much) } else { Ok(quote) }
    }

    fn sum(lines: Vec<QuotedLine>, shipping: &Shipping, rates: &Rates, zone: &Zone) -> Result<Self, MoneyError> {
        let items = lines.iter().try_fold(Money::zero(rates.currency), |sum, line| sum.plus(line.amount()?))?;
        let free = shipping.free_from.is_some_and(|least| items.minor() >= least.minor());
        let shipping = if free { Money::zero(rates.currency) } else { shipping.fee };
        let taxed = items.plus(shipping)?;
        let tax = taxed.share(rates.tax(zone))?;
        Ok(Self { lines, items, shipping, tax, total: taxed.plus(tax)? })
    }
}

impl Rates {
    /// The region's rate, else the country's, else none.
    fn tax(&self, zone: &Zone) -> Rate {
        let fitting = |tax: &&Tax| tax.country == zone.country && tax.region.as_ref().is_none_or(|region| *region == zone.region);
        let best = self.tax.iter().filter(fitting).max_by_key(|tax| tax.region.is_some());
        best.map_or(Rate::ZERO, |tax| tax.rate)
    }
}
