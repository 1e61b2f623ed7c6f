//! How the books write what the domain has no text for: money, currencies and moments.

/// Money as `{"amount":"19.99","currencyCode":"USD"}`, the shape that Amazon Pay's own answers have.
pub mod money {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::money::Money;

    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Price {
        amount: String,
        currency_code: String,
    }

    pub fn serialize<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        Price { amount: money.decimal(), currency_code: money.currency().code().to_owned() }.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let Price { amount, currency_code } = Price::deserialize(deserializer)?;
        currency_code.parse().and_then(|currency| Money::parse(&amount, currency)).map_err(D::Error::custom)
    }
}

/// A currency by its code.
pub mod currency {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::money::Currency;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub fn serialize<S: Serializer>(currency: &Currency, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(currency.code())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A moment in Unix seconds.
pub mod time {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::time::Time;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time.unix())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        i64::deserialize(deserializer).map(Time::from_unix)
    }
}

/// Money, or none.
pub mod money_or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::money::Money;

    #[derive(Deserialize, Serialize)]
    struct Held(#[serde(with = "super::money")] Money);

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub fn serialize<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
        money.map(Held).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Money>, D::Error> {
        Ok(Option::<Held>::deserialize(deserializer)?.map(|held| held.0))
    }
}

/// A moment, or none.
pub mod time_or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::time::Time;

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub fn serialize<S: Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(Time::unix).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.map(Time::from_unix))
    }
}
