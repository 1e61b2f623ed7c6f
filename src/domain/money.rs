//! Money: minor units and a currency. Never a float, never two currencies in one sum.

use std::fmt;
use std::str::FromStr;

/// The ledger currencies of Amazon Pay for Alexa (`reference/alexa-amazon-pay.md`, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Currency {
    Eur,
    Gbp,
    Jpy,
    Usd,
}

impl Currency {
    pub const ALL: [Self; 4] = [Self::Eur, Self::Gbp, Self::Jpy, Self::Usd];

    /// The ISO 4217 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Jpy => "JPY",
            Self::Usd => "USD",
        }
    }

    /// How many digits stand behind the decimal point.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Jpy => 0,
            Self::Eur | Self::Gbp | Self::Usd => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::ALL.into_iter().find(|currency| currency.code() == code).ok_or(MoneyError::Currency)
    }
}

/// Why a sum of money could not be read or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("the currency is none of EUR, GBP, JPY, USD")]
    Currency,
    #[error("the amount is not a plain decimal number")]
    Amount,
    #[error("the amount has more decimals than its currency")]
    Precision,
    #[error("the amount is too large")]
    Overflow,
    #[error("two currencies in one sum")]
    Mixed,
}

/// An amount in minor units (cents, pence, whole yen) of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount in minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Whether this is so much or more. What cannot be compared counts as more.
    #[must_use]
    pub fn reaches(self, other: Self) -> bool {
        self.currency != other.currency || self.minor >= other.minor
    }

    /// Nothing, in this currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Reads decimal text as Amazon writes it: `19.99`, `300`, and `300.00` for yen too, which means the same.
    ///
    /// # Errors
    /// [`MoneyError`] for anything but digits with at most one point, and for decimals that the currency has not.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(MoneyError::Amount);
        }
        let places = usize::try_from(currency.decimals()).unwrap_or(0);
        let (kept, spare) = fraction.split_at(fraction.len().min(places));
        if spare.bytes().any(|byte| byte != b'0') {
            return Err(MoneyError::Precision);
        }
        format!("{whole}{kept:0<places$}").parse().map(|minor| Self::new(minor, currency)).map_err(|_| MoneyError::Overflow)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount without its currency, with the decimals that the currency has: `19.99`, `300`.
    #[must_use]
    pub fn decimal(self) -> String {
        let scale = 10_i64.pow(self.currency.decimals());
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, fraction) = (self.minor.unsigned_abs() / scale.unsigned_abs(), self.minor.unsigned_abs() % scale.unsigned_abs());
        match self.currency.decimals() {
            0 => format!("{sign}{whole}"),
            decimals => format!("{sign}{whole}.{fraction:0>width$}", width = usize::try_from(decimals).unwrap_or(0)),
        }
    }

    /// This and `other` together.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] or [`MoneyError::Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// This less `other`.
    ///
    /// # Errors
    /// [`MoneyError::Mixed`] or [`MoneyError::Overflow`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// This amount `count` times.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        self.minor.checked_mul(i64::from(count)).map(|minor| Self::new(minor, self.currency)).ok_or(MoneyError::Overflow)
    }

    /// The part of this amount that `rate` stands for, rounded half up to a minor unit.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn share(self, rate: Rate) -> Result<Self, MoneyError> {
        let product = i128::from(self.minor) * i128::from(rate.0);
        let rounded = (product + i128::from(Rate::ONE / 2)).div_euclid(i128::from(Rate::ONE));
        i64::try_from(rounded).map(|minor| Self::new(minor, self.currency)).map_err(|_| MoneyError::Overflow)
    }

    fn combine(self, other: Self, operation: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed);
        }
        operation(self.minor, other.minor).map(|minor| Self::new(minor, self.currency)).ok_or(MoneyError::Overflow)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// A tax rate in thousandths of a percent, exact for every rate that a tax office has published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    const ONE: u32 = 100_000;
    pub const ZERO: Self = Self(0);

    /// Reads a percentage such as `8.875`.
    ///
    /// # Errors
    /// [`MoneyError`] unless it is a decimal from 0 to 100 with at most three decimals.
    pub fn parse_percent(text: &str) -> Result<Self, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(MoneyError::Amount);
        }
        if fraction.len() > 3 {
            return Err(MoneyError::Precision);
        }
        let thousandths: u32 = format!("{whole}{fraction:0<3}").parse().map_err(|_| MoneyError::Overflow)?;
        if thousandths > Self::ONE { Err(MoneyError::Overflow) } else { Ok(Self(thousandths)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency() -> impl Strategy<Value = Currency> {
        proptest::sample::select(Currency::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn decimal_text_reads_back_as_the_same_amount(minor in 0..i64::MAX, currency in currency()) {
            let money = Money::new(minor, currency);
            prop_assert_eq!(Money::parse(&money.decimal(), currency), Ok(money));
        }

        #[test]
        fn zeros_behind_the_point_change_nothing(minor in 0..1_000_000_000_i64, zeros in 1_usize..6, currency in currency()) {
            let money = Money::new(minor, currency);
            let point = if currency.decimals() == 0 { "." } else { "" };
            let text = format!("{}{point}{}", money.decimal(), "0".repeat(zeros));
            prop_assert_eq!(Money::parse(&text, currency), Ok(money));
        }

        #[test]
        fn any_text_is_an_amount_or_a_refusal(text in ".{0,40}", currency in currency()) {
            if let Ok(money) = Money::parse(&text, currency) {
                prop_assert!(money.minor() >= 0);
            }
        }

        #[test]
        fn what_is_added_can_be_taken_away(left in any::<i64>(), right in any::<i64>(), currency in currency()) {
            let (left, right) = (Money::new(left, currency), Money::new(right, currency));
            if let Ok(sum) = left.plus(right) {
                prop_assert_eq!(sum.minus(right), Ok(left));
            }
        }
    }

    #[test]
    fn yen_has_no_decimals() {
        assert_eq!(Money::parse("300.00", Currency::Jpy), Money::parse("300", Currency::Jpy));
        assert_eq!(Money::new(300, Currency::Jpy).decimal(), "300");
        assert_eq!(Money::parse("300.50", Currency::Jpy), Err(MoneyError::Precision));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1,00", "1e3", "1.2.3", " 1", "１"] {
            assert_eq!(Money::parse(text, Currency::Usd), Err(MoneyError::Amount), "{text}");
        }
        assert_eq!(Money::parse("99999999999999999999", Currency::Usd), Err(MoneyError::Overflow));
    }

    #[test]
    fn currencies_do_not_mix() {
        assert_eq!(Money::new(1, Currency::Usd).plus(Money::new(1, Currency::Eur)), Err(MoneyError::Mixed));
    }

    #[test]
    fn shares_round_half_up() {
        let rate = Rate::parse_percent("8.875").unwrap();
        assert_eq!(Money::new(10_000, Currency::Usd).share(rate), Ok(Money::new(888, Currency::Usd)));
        assert_eq!(Rate::parse_percent("100.001"), Err(MoneyError::Overflow));
        assert_eq!(Rate::parse_percent("1.2345"), Err(MoneyError::Precision));
    }
}
