//! Sums of money as merchants write them.

use super::file::Item;
use crate::domain::money::{Currency, Money, MoneyError};

/// The most that Amazon Pay takes in one go, in units of the currency (`reference/alexa-amazon-pay.md`, section 3).
const UNITS_MAX: i64 = 150_000;

/// What a sum has to be at least.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    Nothing,
    Something,
}

/// A sum in the ledger currency; `None` without a word when that is not known, because its own problem is reported.
pub(super) fn money(item: &Item, currency: Option<Currency>, least: Least) -> Option<Money> {
    let text = item.text()?;
    let currency = currency?;
    let example = if currency.decimals() == 0 { "2499" } else { "24.99" };
    let remedy = format!("write a plain number as \"{example}\"");
    let sum = match Money::parse(text, currency) {
        Ok(sum) => sum,
        Err(MoneyError::Precision) => {
            item.wrong(format!("\"{text}\" has more decimals than {currency}"), remedy);
            return None;
        }
        Err(MoneyError::Overflow) => {
            item.wrong(format!("\"{text}\" is too much"), format!("write at most {UNITS_MAX}"));
            return None;
        }
        Err(MoneyError::Amount | MoneyError::Currency | MoneyError::Mixed) => {
            item.wrong(format!("\"{text}\" is no sum of money"), remedy);
            return None;
        }
    };
    if sum.minor() > UNITS_MAX * 10_i64.pow(currency.decimals()) {
        item.wrong(format!("\"{text}\" is more than Amazon Pay takes"), format!("write at most {UNITS_MAX}"));
        return None;
    }
    if least == Least::Something && sum.minor() <= 0 {
        item.wrong(format!("\"{text}\" is nothing"), "write a sum above zero");
        return None;
    }
    Some(sum)
}
