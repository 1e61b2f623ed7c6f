//! How the books write what the domain has no text for: money, currencies, moments, and how an authorization ends.

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

/// How an authorization ends, with its reason as a text of the file's own.
pub mod end {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::simulator::amazon_pay::End;

    #[derive(Deserialize, Serialize)]
    enum Record {
        AsAsked,
        Authorized,
        Declined { reason: String, soft: bool },
        Pending { declined: bool },
        Closed { reason: String },
    }

    /// Why authorizations end (`reference/alexa-amazon-pay.md` section 8, and what a merchant or the sandbox can ask for).
    const REASONS: [&str; 7] = [
        "InvalidPaymentMethod",
        "AmazonRejected",
        "ProcessingFailure",
        "TransactionTimedOut",
        "ExpiredUnused",
        "AmazonClosed",
        "SellerClosed",
    ];

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub fn serialize<S: Serializer>(end: &End, serializer: S) -> Result<S::Ok, S::Error> {
        let record = match *end {
            End::AsAsked => Record::AsAsked,
            End::Authorized => Record::Authorized,
            End::Declined { reason, soft } => Record::Declined { reason: reason.to_owned(), soft },
            End::Pending { declined } => Record::Pending { declined },
            End::Closed { reason } => Record::Closed { reason: reason.to_owned() },
        };
        record.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<End, D::Error> {
        let known = |reason: &str| {
            let found = REASONS.into_iter().find(|known| *known == reason);
            found.ok_or_else(|| D::Error::custom(format!("no authorization ends for the reason {reason}")))
        };
        Ok(match Record::deserialize(deserializer)? {
            Record::AsAsked => End::AsAsked,
            Record::Authorized => End::Authorized,
            Record::Declined { reason, soft } => End::Declined { reason: known(&reason)?, soft },
            Record::Pending { declined } => End::Pending { declined },
            Record::Closed { reason } => End::Closed { reason: known(&reason)? },
        })
    }
}
