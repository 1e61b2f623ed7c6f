//! How much may be moved (5.1, 5.6 and section 9).

use super::{Account, Kind, Permission, Refusal};
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;
use crate::simulator::clock::iso;

/// The most that one charge may be (5.1).
pub fn charge_max(currency: Currency) -> Money {
    major(
        currency,
        match currency {
            Currency::Eur | Currency::Gbp | Currency::Usd => 150_000,
            Currency::Jpy => 10_000_000,
        },
    )
}

/// The most that may be given back of a captured amount (5.6): 15 % more or 75, whichever is less, and no more than the ceiling.
/// What more is allowed in yen is unconfirmed, so nothing is.
pub fn refund_max(captured: Money) -> Money {
    let currency = captured.currency();
    let more = match currency {
        Currency::Eur | Currency::Gbp | Currency::Usd => (captured.minor().saturating_mul(15) / 100).min(major(currency, 75).minor()),
        Currency::Jpy => 0,
    };
    Money::new(captured.minor().saturating_add(more).min(charge_max(currency).minor()), currency)
}

/// The most that a buyer may be charged in a calendar month (section 9); other limits are unconfirmed, so there are none.
fn month_max(kind: Kind, currency: Currency) -> Option<Money> {
    match (kind, currency) {
        (Kind::PaymentMethodOnFile, Currency::Eur | Currency::Gbp | Currency::Usd) => Some(major(currency, 15_000)),
        (Kind::PaymentMethodOnFile, Currency::Jpy) => Some(major(currency, 2_000_000)),
        (Kind::Recurring, Currency::Usd) => Some(major(currency, 1_000)),
        (Kind::Recurring, Currency::Eur | Currency::Gbp | Currency::Jpy) | (Kind::OneTime | Kind::BillingAgreement, _) => None,
    }
}

/// A one-time permission takes up to so many charges (5.5).
const CHARGES_MAX: usize = 25;

/// Whether the permission bears another charge of this amount.
///
/// # Errors
/// The documented refusal for the limit that it would break.
pub fn bears(account: &Account, permission: &Permission, amount: Money, now: Time) -> Result<(), Refusal> {
    if amount.currency() != permission.currency {
        return Err(Refusal::new("CurrencyMismatch", format!("the charge permission is in {}", permission.currency)));
    }
    if amount.minor() > charge_max(amount.currency()).minor() {
        return Err(Refusal::new("TransactionAmountExceeded", format!("a charge may be at most {}", charge_max(amount.currency()))));
    }
    let mine = || account.charges.iter().filter(|charge| charge.permission == permission.id);
    if let Some(balance) = balance(account, permission) {
        if mine().filter(|charge| !charge.was_declined()).count() >= CHARGES_MAX {
            return Err(Refusal::new("TransactionCountExceeded", format!("a one-time charge permission takes {CHARGES_MAX} charges")));
        }
        if amount.minor() > balance.minor() {
            return Err(Refusal::new("TransactionAmountExceeded", format!("{balance} of the charge permission is left")));
        }
    }
    if let Some(most) = month_max(permission.kind, amount.currency()) {
        let month = |at: Time| iso(at)[..7].to_owned();
        let same = |id: &str| {
            account.permissions.iter().any(|held| {
                held.id == id && held.buyer == permission.buyer && held.kind == permission.kind && held.currency == permission.currency
            })
        };
        let this_month = account.charges.iter().filter(|charge| month(charge.created) == month(now) && same(&charge.permission));
        let spent: i64 = this_month.map(|charge| charge.held().minor()).sum();
        if spent + amount.minor() > most.minor() {
            return Err(Refusal::new("PeriodicAmountExceeded", format!("a buyer can be charged at most {most} in a month")));
        }
    }
    Ok(())
}

/// What is left of a permission for one order; nothing limits the others.
pub fn balance(account: &Account, permission: &Permission) -> Option<Money> {
    let limit = permission.limit?;
    let mine = account.charges.iter().filter(|charge| charge.permission == permission.id);
    let used: i64 = mine.map(|charge| charge.held().minor()).sum();
    Some(Money::new(limit.minor() - used, limit.currency()))
}

fn major(currency: Currency, units: i64) -> Money {
    Money::new(units * 10_i64.pow(currency.decimals()), currency)
}
