//! The stored shapes of an order, as JSON inside the store's attributes. Short keys: an order shall fit one kilobyte.
//!
//! The shapes are owned here and converted, so that the domain can change its types without changing what is stored. A change of shape
//! raises [`SCHEMA`].

mod entry;

pub use entry::{read_entry, write_entry};
pub use wallet::{read_wallet, write_wallet};

use serde::{Deserialize, Serialize};

use crate::domain::cart::{Cart, Line};
use crate::domain::ids::{AmazonId, BillingAgreementId, CheckoutId, IdError, Sku};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Attention, Capture, Goods, Hold, Paid, Parcel, Parts, Refund, RefundStanding, Standing, State};
use crate::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
use crate::domain::place::Address;
use crate::domain::quote::{Quote, QuotedLine};
use crate::domain::time::Time;

/// The number of these shapes; stored with every item and part of every condition, so that no version misreads another's.
pub const SCHEMA: u16 = 1;

/// Why a stored text is not the record it should be.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The place only: what stands there may be personal.
    #[error("the record is not of this schema, from column {column} on")]
    Shape { column: usize },
    #[error("the record holds a bad identifier")]
    Id(#[from] IdError),
    #[error("the record holds an unknown {0}")]
    Unknown(&'static str),
}

impl From<serde_json::Error> for RecordError {
    fn from(error: serde_json::Error) -> Self {
        Self::Shape { column: error.column() }
    }
}

/// The text under which a state is stored. Equal states give equal texts, so that a condition can compare them.
///
/// # Errors
/// [`RecordError::Shape`]; never in practice.
pub fn write_state(state: &State) -> Result<String, RecordError> {
    Ok(serde_json::to_string(&StateRecord::from(state))?)
}

/// The state behind a stored text.
///
/// # Errors
/// [`RecordError`].
pub fn read_state(text: &str) -> Result<State, RecordError> {
    serde_json::from_str::<StateRecord>(text)?.try_into()
}

/// The text under which goods are stored.
///
/// # Errors
/// [`RecordError::Shape`]; never in practice.
pub fn write_goods(goods: &Goods) -> Result<String, RecordError> {
    Ok(serde_json::to_string(&GoodsRecord::from(goods))?)
}

/// The goods behind a stored text.
///
/// # Errors
/// [`RecordError`].
pub fn read_goods(text: &str) -> Result<Goods, RecordError> {
    serde_json::from_str::<GoodsRecord>(text)?.try_into()
}

/// The text under which an address is stored.
///
/// # Errors
/// [`RecordError::Shape`]; never in practice.
pub fn write_address(address: &Address) -> Result<String, RecordError> {
    let Address { name, company, lines, city, district, region, postal_code, country, phone } = address.clone();
    Ok(serde_json::to_string(&AddressRecord {
        n: name,
        o: company,
        l: lines,
        c: city,
        d: district,
        r: region,
        z: postal_code,
        k: country,
        t: phone,
    })?)
}

/// The address behind a stored text.
///
/// # Errors
/// [`RecordError::Shape`].
pub fn read_address(text: &str) -> Result<Address, RecordError> {
    let AddressRecord { n, o, l, c, d, r, z, k, t } = serde_json::from_str(text)?;
    Ok(Address { name: n, company: o, lines: l, city: c, district: d, region: r, postal_code: z, country: k, phone: t })
}

#[derive(Serialize, Deserialize)]
struct AddressRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<String>,
    l: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    z: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum GoodsRecord {
    /// SKU and quantity.
    #[serde(rename = "c")]
    Cart(Vec<(String, u32)>),
    /// Lines of SKU, quantity, unit price and name; then items, shipping, tax and total.
    #[serde(rename = "q")]
    Quoted { l: Vec<(String, u32, i64, String)>, s: (i64, i64, i64, i64), u: String },
}

impl From<&Goods> for GoodsRecord {
    fn from(goods: &Goods) -> Self {
        match goods {
            Goods::Cart(cart) => Self::Cart(cart.lines().iter().map(|line| (line.sku.to_string(), line.quantity)).collect()),
            Goods::Quoted(quote) => Self::Quoted {
                l: quote.lines.iter().map(|line| (line.sku.to_string(), line.quantity, line.unit.minor(), line.name.clone())).collect(),
                s: (quote.items.minor(), quote.shipping.minor(), quote.tax.minor(), quote.total.minor()),
                u: quote.total.currency().code().to_owned(),
            },
        }
    }
}

impl TryFrom<GoodsRecord> for Goods {
    type Error = RecordError;

    fn try_from(record: GoodsRecord) -> Result<Self, RecordError> {
        match record {
            GoodsRecord::Cart(lines) => {
                let lines = lines.into_iter().map(|(sku, quantity)| Ok(Line { sku: Sku::parse(&sku)?, quantity }));
                Ok(Self::Cart(Cart::of(lines.collect::<Result<Vec<_>, RecordError>>()?)))
            }
            GoodsRecord::Quoted { l, s: (items, shipping, tax, total), u } => {
                let currency = currency(&u)?;
                let money = |minor| Money::new(minor, currency);
                let lines = l
                    .into_iter()
                    .map(|(sku, quantity, unit, name)| Ok(QuotedLine { sku: Sku::parse(&sku)?, name, quantity, unit: money(unit) }));
                Ok(Self::Quoted(Quote {
                    lines: lines.collect::<Result<_, RecordError>>()?,
                    items: money(items),
                    shipping: money(shipping),
                    tax: money(tax),
                    total: money(total),
                }))
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
enum StateRecord {
    Draft,
    SettingUp,
    Ready,
    Charging {
        a: AttemptRecord,
        s: StandingRecord,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        x: bool,
    },
    /// By a checkout. A name of its own: a program that does not know it must not charge the consent instead.
    CheckingOut {
        a: AttemptRecord,
        s: StandingRecord,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        x: bool,
    },
    Declined {
        a: AttemptRecord,
        d: DeclineRecord,
    },
    Authorized(HoldRecord),
    Capturing(HoldRecord),
    /// A part in minor units. A name of its own: a program that does not know it must not take it for a capture of everything.
    CapturingPart(HoldRecord, i64),
    Voiding(HoldRecord),
    Paid(PaidRecord),
    /// What was taken, and the state of the rest.
    InParts {
        t: Vec<PaidRecord>,
        r: Box<StateRecord>,
    },
    Disputed(PaidRecord),
    Cancelled(Option<AttemptRecord>),
    Expired(HoldRecord),
    NeedsAttention {
        y: AttentionRecord,
        w: Box<StateRecord>,
    },
}

#[derive(Serialize, Deserialize)]
struct AttemptRecord {
    n: u8,
    /// Minor units and currency.
    m: (i64, String),
    c: CaptureRecord,
    t: TimingRecord,
    /// Checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct HoldRecord {
    a: AttemptRecord,
    #[serde(default, skip_serializing_if = "NamesRecord::is_empty")]
    i: NamesRecord,
    t: i64,
    /// Refused captures.
    #[serde(default, skip_serializing_if = "none")]
    f: u8,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn none(count: &u8) -> bool {
    *count == 0
}

#[derive(Serialize, Deserialize)]
struct PaidRecord {
    a: AttemptRecord,
    #[serde(default, skip_serializing_if = "NamesRecord::is_empty")]
    i: NamesRecord,
    /// Captured, in minor units and currency.
    m: (i64, String),
    /// Number, amount in minor units, standing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    r: Vec<(u8, i64, RefundRecord)>,
    /// Captures asked for.
    #[serde(default, skip_serializing_if = "none")]
    k: u8,
    /// Carrier and number of parcels that Amazon is to be told of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    p: Vec<(String, String)>,
}

#[derive(Default, Serialize, Deserialize)]
struct NamesRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    o: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    a: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<String>,
    /// Consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    g: Option<String>,
}

impl NamesRecord {
    const fn is_empty(&self) -> bool {
        self.o.is_none() && self.a.is_none() && self.c.is_none() && self.g.is_none()
    }
}

#[derive(Serialize, Deserialize)]
enum StandingRecord {
    #[serde(rename = "s")]
    Sent,
    #[serde(rename = "p")]
    Pending(NamesRecord),
    #[serde(rename = "u")]
    Unknown(i64),
}

/// A fieldless enum and its stored twin: both directions from one list, so that neither can forget a variant.
macro_rules! twin {
    ($record:ident for $domain:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        #[derive(Serialize, Deserialize)]
        enum $record { $(#[serde(rename = $text)] $variant),* }

        impl From<$domain> for $record {
            fn from(value: $domain) -> Self {
                match value { $($domain::$variant => Self::$variant),* }
            }
        }

        impl From<$record> for $domain {
            fn from(record: $record) -> Self {
                match record { $($record::$variant => Self::$variant),* }
            }
        }
    };
}

// Below the macro that it uses.
mod wallet;

twin!(CaptureRecord for CaptureMode { Immediate = "i", OnShip = "s" });
twin!(TimingRecord for Timing { Synchronous = "s", Asynchronous = "a" });
twin!(RefundRecord for RefundStanding { Open = "o", Done = "d", Failed = "f" });
twin!(AttentionRecord for Attention {
    OutcomeUnknown = "u", AmountDiffers = "a", UnexpectedCharge = "x", ClosedUnexpectedly = "c",
    CaptureFailed = "f",
});
twin!(DeclineRecord for Decline {
    InvalidPaymentMethodSoft = "s", InvalidPaymentMethodHard = "h", AmazonRejected = "r", ProcessingFailure = "p",
    TransactionTimedOut = "t", NotTried = "n", AgreementNotOpen = "a",
});

fn currency(code: &str) -> Result<Currency, RecordError> {
    code.parse().map_err(|_| RecordError::Unknown("currency"))
}

fn money((minor, code): (i64, String)) -> Result<Money, RecordError> {
    Ok(Money::new(minor, currency(&code)?))
}

fn money_record(money: Money) -> (i64, String) {
    (money.minor(), money.currency().code().to_owned())
}

impl From<&Attempt> for AttemptRecord {
    fn from(attempt: &Attempt) -> Self {
        let checkout = attempt.checkout.as_ref().map(ToString::to_string);
        Self { n: attempt.number, m: money_record(attempt.amount), c: attempt.capture.into(), t: attempt.timing.into(), k: checkout }
    }
}

impl TryFrom<AttemptRecord> for Attempt {
    type Error = RecordError;

    fn try_from(record: AttemptRecord) -> Result<Self, RecordError> {
        let checkout = record.k.as_deref().map(CheckoutId::parse).transpose()?;
        Ok(Self { number: record.n, amount: money(record.m)?, capture: record.c.into(), timing: record.t.into(), checkout })
    }
}

impl From<&Names> for NamesRecord {
    fn from(names: &Names) -> Self {
        let text = |id: &Option<AmazonId>| id.as_ref().map(ToString::to_string);
        let consent = names.consent.as_ref().map(ToString::to_string);
        Self { o: text(&names.order_reference), a: text(&names.authorization), c: text(&names.capture), g: consent }
    }
}

impl TryFrom<NamesRecord> for Names {
    type Error = RecordError;

    fn try_from(record: NamesRecord) -> Result<Self, RecordError> {
        let id = |text: Option<String>| text.as_deref().map(AmazonId::parse).transpose();
        let consent = record.g.as_deref().map(BillingAgreementId::parse).transpose()?;
        Ok(Self { order_reference: id(record.o)?, authorization: id(record.a)?, capture: id(record.c)?, consent })
    }
}

impl From<&Hold> for HoldRecord {
    fn from(hold: &Hold) -> Self {
        Self { a: (&hold.attempt).into(), i: (&hold.names).into(), t: hold.since.unix(), f: hold.refused }
    }
}

impl TryFrom<HoldRecord> for Hold {
    type Error = RecordError;

    fn try_from(record: HoldRecord) -> Result<Self, RecordError> {
        Ok(Self { attempt: record.a.try_into()?, names: record.i.try_into()?, since: Time::from_unix(record.t), refused: record.f })
    }
}

impl From<&Paid> for PaidRecord {
    fn from(paid: &Paid) -> Self {
        let refunds = paid.refunds.iter().map(|refund| (refund.number, refund.amount.minor(), refund.standing.into()));
        let parcels = paid.parcels.iter().map(|parcel| (parcel.carrier().to_owned(), parcel.number().to_owned()));
        Self {
            a: (&paid.attempt).into(),
            i: (&paid.names).into(),
            m: money_record(paid.captured),
            r: refunds.collect(),
            k: paid.captures,
            p: parcels.collect(),
        }
    }
}

impl TryFrom<PaidRecord> for Paid {
    type Error = RecordError;

    fn try_from(record: PaidRecord) -> Result<Self, RecordError> {
        let captured = money(record.m)?;
        let refund = |(number, minor, standing): (u8, i64, RefundRecord)| Refund {
            number,
            amount: Money::new(minor, captured.currency()),
            standing: standing.into(),
        };
        let parcel = |(carrier, number): &(String, String)| Parcel::parse(carrier, number).map_err(|_| RecordError::Unknown("parcel"));
        Ok(Self {
            attempt: record.a.try_into()?,
            names: record.i.try_into()?,
            captured,
            parcels: record.p.iter().map(parcel).collect::<Result<_, _>>()?,
            refunds: record.r.into_iter().map(refund).collect(),
            captures: record.k,
        })
    }
}

impl From<&State> for StateRecord {
    fn from(state: &State) -> Self {
        match state {
            State::Draft => Self::Draft,
            State::SettingUp => Self::SettingUp,
            State::Ready => Self::Ready,
            State::Charging { attempt, standing, cancel } => {
                let standing = match standing {
                    Standing::Sent => StandingRecord::Sent,
                    Standing::Pending(names) => StandingRecord::Pending(names.into()),
                    Standing::Unknown { since } => StandingRecord::Unknown(since.unix()),
                };
                let (a, s, x) = (attempt.into(), standing, *cancel);
                if attempt.checkout.is_some() { Self::CheckingOut { a, s, x } } else { Self::Charging { a, s, x } }
            }
            State::Declined { attempt, decline } => Self::Declined { a: attempt.into(), d: (*decline).into() },
            State::Authorized(hold) => Self::Authorized(hold.into()),
            State::Capturing(Capture { hold, amount }) if *amount == hold.attempt.amount => Self::Capturing(hold.into()),
            State::Capturing(Capture { hold, amount }) => Self::CapturingPart(hold.into(), amount.minor()),
            State::Voiding(hold) => Self::Voiding(hold.into()),
            State::Paid(paid) => Self::Paid(paid.into()),
            State::InParts(Parts { taken, rest }) => {
                Self::InParts { t: taken.iter().map(Into::into).collect(), r: Box::new(rest.as_ref().into()) }
            }
            State::Disputed(paid) => Self::Disputed(paid.into()),
            State::Cancelled { last } => Self::Cancelled(last.as_ref().map(Into::into)),
            State::Expired(hold) => Self::Expired(hold.into()),
            State::NeedsAttention { reason, was } => Self::NeedsAttention { y: (*reason).into(), w: Box::new(was.as_ref().into()) },
        }
    }
}

impl TryFrom<StateRecord> for State {
    type Error = RecordError;

    fn try_from(record: StateRecord) -> Result<Self, RecordError> {
        Ok(match record {
            StateRecord::Draft => Self::Draft,
            StateRecord::SettingUp => Self::SettingUp,
            StateRecord::Ready => Self::Ready,
            StateRecord::Charging { a, s, x } | StateRecord::CheckingOut { a, s, x } => {
                let standing = match s {
                    StandingRecord::Sent => Standing::Sent,
                    StandingRecord::Pending(names) => Standing::Pending(names.try_into()?),
                    StandingRecord::Unknown(since) => Standing::Unknown { since: Time::from_unix(since) },
                };
                Self::Charging { attempt: a.try_into()?, standing, cancel: x }
            }
            StateRecord::Declined { a, d } => Self::Declined { attempt: a.try_into()?, decline: d.into() },
            StateRecord::Authorized(hold) => Self::Authorized(hold.try_into()?),
            StateRecord::Capturing(hold) => {
                let hold: Hold = hold.try_into()?;
                Self::Capturing(Capture { amount: hold.attempt.amount, hold })
            }
            StateRecord::CapturingPart(hold, minor) => {
                let hold: Hold = hold.try_into()?;
                Self::Capturing(Capture { amount: Money::new(minor, hold.attempt.amount.currency()), hold })
            }
            StateRecord::Voiding(hold) => Self::Voiding(hold.try_into()?),
            StateRecord::Paid(paid) => Self::Paid(paid.try_into()?),
            StateRecord::InParts { t, r } => {
                let taken = t.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
                Self::InParts(Parts { taken, rest: Box::new((*r).try_into()?) })
            }
            StateRecord::Disputed(paid) => Self::Disputed(paid.try_into()?),
            StateRecord::Cancelled(last) => Self::Cancelled { last: last.map(TryInto::try_into).transpose()? },
            StateRecord::Expired(hold) => Self::Expired(hold.try_into()?),
            StateRecord::NeedsAttention { y, w } => Self::NeedsAttention { reason: y.into(), was: Box::new((*w).try_into()?) },
        })
    }
}

/// The cart that a session left behind.
///
/// # Errors
/// [`RecordError::Shape`]; never in practice.
pub fn write_cart(cart: &Cart) -> Result<String, RecordError> {
    write_goods(&Goods::Cart(cart.clone()))
}

/// The cart behind a stored text.
///
/// # Errors
/// [`RecordError`].
pub fn read_cart(text: &str) -> Result<Cart, RecordError> {
    match read_goods(text)? {
        Goods::Cart(cart) => Ok(cart),
        Goods::Quoted(_) => Err(RecordError::Unknown("cart")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_keeps_its_letter() {
        let letters = [
            (Attention::OutcomeUnknown, "u"),
            (Attention::AmountDiffers, "a"),
            (Attention::UnexpectedCharge, "x"),
            (Attention::ClosedUnexpectedly, "c"),
            (Attention::CaptureFailed, "f"),
        ];
        for (reason, letter) in letters {
            let (stored, state) = (
                format!(r#"{{"NeedsAttention":{{"y":"{letter}","w":"Draft"}}}}"#),
                State::NeedsAttention { reason, was: Box::new(State::Draft) },
            );
            assert_eq!(write_state(&state).unwrap(), stored);
            assert_eq!(read_state(&stored).unwrap(), state);
        }
    }
}
