//! What the conversation remembers, as Alexa's session attributes. Decides nothing.
//!
//! The attributes carry a schema number and the world they were made in. Those of another schema or world, or that cannot be read, are
//! as good as none: the session counts as new, and the buyer starts over with what is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::cart::{Cart, Line};
use crate::domain::dialog::{Begun, Blocked, Quantity, Question, Said, Session, Wallet, Wish};
use crate::domain::ids::{BillingAgreementId, OrderId, Sku, WriteId};
use crate::domain::money::Money;
use crate::domain::order::Rail;
use crate::domain::place::Address;
use crate::domain::shop::World;

/// Raised with every change that an older version would misread.
const SCHEMA: u8 = 1;

/// The attribute that a response can do without.
pub(super) const SAID: &str = "said";

#[derive(Serialize, Deserialize)]
struct Attributes {
    n: u8,
    /// The world.
    m: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cart: Vec<(String, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<Order>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ask: Option<Ask>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wallet: Option<Pays>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blocked: Option<Bar>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unsettled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thrown: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Order {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    declined: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ask {
    CheckOut,
    /// Amount as decimal text, and its currency.
    Place(String, String),
    Code(String, String),
    Keep,
    Which(Vec<String>, Do),
    Many(String),
    Instead(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Do {
    Describe,
    Buy(Many),
    Change(Many),
    Remove,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Many {
    Unsaid,
    Unclear,
    #[serde(untagged)]
    Said(u32),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Bar {
    Link,
    Update,
    Closed,
}

#[derive(Serialize, Deserialize)]
struct Pays {
    agreement: String,
    /// A saved wallet, and no agreement of the directive rail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    saved: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<To>,
}

macro_rules! address {
    ($($field:ident $key:literal,)*) => {
        #[derive(Serialize, Deserialize)]
        struct To {
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            lines: Vec<String>,
            $(#[serde(default, rename = $key, skip_serializing_if = "Option::is_none")]
            $field: Option<String>,)*
        }

        impl From<&Address> for To {
            fn from(address: &Address) -> Self {
                Self { lines: address.lines.clone(), $($field: address.$field.clone(),)* }
            }
        }

        impl From<To> for Address {
            fn from(to: To) -> Self {
                Self { lines: to.lines, $($field: to.$field,)* }
            }
        }
    };
}

address! {
    name "name",
    company "company",
    city "city",
    district "district",
    region "region",
    postal_code "postal",
    country "country",
    phone "phone",
}

/// The attributes for a session.
#[must_use]
pub fn attributes(session: &Session, world: World) -> Value {
    let attributes = Attributes {
        n: SCHEMA,
        m: world.as_str().to_owned(),
        cart: session.cart.lines().iter().map(|line| (line.sku.to_string(), line.quantity)).collect(),
        order: session.order.as_ref().map(|begun| Order {
            id: begun.id.to_string(),
            version: begun.version.as_ref().map(ToString::to_string),
            declined: begun.declined,
        }),
        ask: session.question.as_ref().map(Ask::from),
        wallet: session.wallet.as_ref().map(|wallet| Pays {
            agreement: wallet.agreement.to_string(),
            saved: wallet.rail == Rail::SavedWallet,
            to: wallet.address.as_ref().map(To::from),
        }),
        blocked: session.blocked.map(|blocked| match blocked {
            Blocked::NotLinked => Bar::Link,
            Blocked::Update => Bar::Update,
            Blocked::Closed => Bar::Closed,
        }),
        unsettled: session.unsettled,
        thrown: session.thrown.as_ref().map(ToString::to_string),
        said: session.said.as_ref().map(|said| said.0.clone()),
    };
    // Nothing in it can fail to become JSON; should that change, the buyer starts over.
    serde_json::to_value(attributes).unwrap_or_default()
}

/// The session that attributes hold; `None` when they hold none that this version can read, or one of another world.
#[must_use]
pub fn session(attributes: Option<&Value>, world: World) -> Option<Session> {
    attributes.and_then(|attributes| read(attributes, world).ok())
}

/// Attributes that this version has not written.
struct Foreign;

fn read(attributes: &Value, world: World) -> Result<Session, Foreign> {
    let attributes = Attributes::deserialize(attributes).map_err(|_| Foreign)?;
    let Attributes { n: SCHEMA, m, cart, order, ask, wallet, blocked, unsettled, thrown, said } = attributes else {
        return Err(Foreign);
    };
    if m != world.as_str() {
        return Err(Foreign);
    }
    let lines = cart.into_iter().map(|(sku, quantity)| Some(Line { sku: Sku::parse(&sku).ok()?, quantity }));
    Ok(Session {
        cart: Cart::of(lines.collect::<Option<Vec<_>>>().ok_or(Foreign)?),
        order: optional(order, Order::read)?,
        question: optional(ask, Ask::read)?,
        wallet: optional(wallet, Pays::read)?,
        blocked: blocked.map(|bar| match bar {
            Bar::Link => Blocked::NotLinked,
            Bar::Update => Blocked::Update,
            Bar::Closed => Blocked::Closed,
        }),
        unsettled,
        thrown: optional(thrown, |id| OrderId::parse(&id).ok())?,
        said: said.map(Said),
    })
}

/// What is there must be readable; what is not there is fine.
fn optional<T, U>(value: Option<T>, read: fn(T) -> Option<U>) -> Result<Option<U>, Foreign> {
    value.map(|value| read(value).ok_or(Foreign)).transpose()
}

impl Order {
    fn read(self) -> Option<Begun> {
        let version = optional(self.version, |text| WriteId::parse(&text).ok()).ok()?;
        Some(Begun { id: OrderId::parse(&self.id).ok()?, version, declined: self.declined })
    }
}

impl Pays {
    fn read(self) -> Option<Wallet> {
        let rail = if self.saved { Rail::SavedWallet } else { Rail::Directive };
        Some(Wallet { rail, agreement: BillingAgreementId::parse(&self.agreement).ok()?, address: self.to.map(Address::from) })
    }
}

impl From<&Question> for Ask {
    fn from(question: &Question) -> Self {
        match question {
            Question::CheckOut => Self::CheckOut,
            Question::PlaceOrder { total } => Self::Place(total.decimal(), total.currency().code().to_owned()),
            Question::Code { total } => Self::Code(total.decimal(), total.currency().code().to_owned()),
            Question::KeepCart => Self::Keep,
            Question::Which { skus, wish } => Self::Which(skus.iter().map(ToString::to_string).collect(), Do::from(*wish)),
            Question::HowMany { sku, change: false } => Self::Many(sku.to_string()),
            Question::HowMany { sku, change: true } => Self::Instead(sku.to_string()),
        }
    }
}

impl Ask {
    fn read(self) -> Option<Question> {
        Some(match self {
            Self::CheckOut => Question::CheckOut,
            Self::Place(amount, currency) => Question::PlaceOrder { total: Money::parse(&amount, currency.parse().ok()?).ok()? },
            Self::Code(amount, currency) => Question::Code { total: Money::parse(&amount, currency.parse().ok()?).ok()? },
            Self::Keep => Question::KeepCart,
            Self::Which(skus, wish) => {
                let skus = skus.iter().map(|sku| Sku::parse(sku).ok()).collect::<Option<_>>()?;
                Question::Which { skus, wish: Wish::from(wish) }
            }
            Self::Many(sku) => Question::HowMany { sku: Sku::parse(&sku).ok()?, change: false },
            Self::Instead(sku) => Question::HowMany { sku: Sku::parse(&sku).ok()?, change: true },
        })
    }
}

impl From<Wish> for Do {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::Describe => Self::Describe,
            Wish::Buy(quantity) => Self::Buy(quantity.into()),
            Wish::Change(quantity) => Self::Change(quantity.into()),
            Wish::Remove => Self::Remove,
        }
    }
}

impl From<Do> for Wish {
    fn from(wish: Do) -> Self {
        match wish {
            Do::Describe => Self::Describe,
            Do::Buy(quantity) => Self::Buy(quantity.into()),
            Do::Change(quantity) => Self::Change(quantity.into()),
            Do::Remove => Self::Remove,
        }
    }
}

impl From<Quantity> for Many {
    fn from(quantity: Quantity) -> Self {
        match quantity {
            Quantity::Unsaid => Self::Unsaid,
            Quantity::Said(number) => Self::Said(number),
            Quantity::Unclear => Self::Unclear,
        }
    }
}

impl From<Many> for Quantity {
    fn from(quantity: Many) -> Self {
        match quantity {
            Many::Unsaid => Self::Unsaid,
            Many::Said(number) => Self::Said(number),
            Many::Unclear => Self::Unclear,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::option;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::money::Currency;

    fn sku() -> impl Strategy<Value = Sku> {
        "[a-zA-Z0-9_-]{1,40}".prop_map(|text| Sku::parse(&text).unwrap())
    }

    fn order_id() -> impl Strategy<Value = OrderId> {
        "[0-9A-HJKMNP-TV-Z]{25,29}".prop_map(|text| OrderId::parse(&text).unwrap())
    }

    fn write_id() -> impl Strategy<Value = WriteId> {
        "[0-9A-HJKMNP-TV-Z]{16}".prop_map(|text| WriteId::parse(&text).unwrap())
    }

    fn quantity() -> impl Strategy<Value = Quantity> {
        prop_oneof![Just(Quantity::Unsaid), Just(Quantity::Unclear), any::<u32>().prop_map(Quantity::Said)]
    }

    fn wish() -> impl Strategy<Value = Wish> {
        prop_oneof![Just(Wish::Describe), Just(Wish::Remove), quantity().prop_map(Wish::Buy), quantity().prop_map(Wish::Change)]
    }

    fn money() -> impl Strategy<Value = Money> {
        (0..i64::MAX, proptest::sample::select(Currency::ALL.to_vec())).prop_map(|(minor, currency)| Money::new(minor, currency))
    }

    fn question() -> impl Strategy<Value = Question> {
        prop_oneof![
            Just(Question::CheckOut),
            Just(Question::KeepCart),
            money().prop_map(|total| Question::PlaceOrder { total }),
            money().prop_map(|total| Question::Code { total }),
            (proptest::collection::vec(sku(), 0..4), wish()).prop_map(|(skus, wish)| Question::Which { skus, wish }),
            (sku(), any::<bool>()).prop_map(|(sku, change)| Question::HowMany { sku, change }),
        ]
    }

    fn address() -> impl Strategy<Value = Address> {
        let text = || option::of(".{0,30}");
        let lines = proptest::collection::vec(".{0,30}", 0..4);
        let rest = (text(), text(), text(), text());
        (lines, (text(), text(), text(), text()), rest).prop_map(|(lines, first, rest)| {
            let ((name, company, city, district), (region, postal_code, country, phone)) = (first, rest);
            Address { name, company, lines, city, district, region, postal_code, country, phone }
        })
    }

    fn wallet() -> impl Strategy<Value = Wallet> {
        ("[!-~]{1,64}", option::of(address()), any::<bool>()).prop_map(|(id, address, saved)| {
            let rail = if saved { Rail::SavedWallet } else { Rail::Directive };
            Wallet { rail, agreement: BillingAgreementId::parse(&id).unwrap(), address }
        })
    }

    fn begun() -> impl Strategy<Value = Begun> {
        (order_id(), option::of(write_id()), any::<bool>()).prop_map(|(id, version, declined)| Begun { id, version, declined })
    }

    prop_compose! {
        pub(crate) fn sessions()(
            lines in proptest::collection::vec((sku(), 1..1_000_u32), 0..10),
            order in option::of(begun()),
            question in option::of(question()),
            wallet in option::of(wallet()),
            blocked in option::of(proptest::sample::select(vec![Blocked::NotLinked, Blocked::Update, Blocked::Closed])),
            unsettled in any::<bool>(),
            thrown in option::of(order_id()),
            said in option::of(".{0,60}".prop_map(Said)),
        ) -> Session {
            let cart = Cart::of(lines.into_iter().map(|(sku, quantity)| Line { sku, quantity }));
            Session { cart, order, question, wallet, blocked, unsettled, thrown, said }
        }
    }

    proptest! {
        #[test]
        fn a_session_survives_the_round_trip_through_text(session_before in sessions()) {
            let text = serde_json::to_string(&attributes(&session_before, World::Sandbox)).unwrap();
            let read_back: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(session(Some(&read_back), World::Live), None);
            prop_assert_eq!(session(Some(&read_back), World::Sandbox), Some(session_before));
        }
    }

    #[test]
    fn an_empty_session_is_short() {
        assert_eq!(attributes(&Session::default(), World::Live), json!({ "n": 1, "m": "live" }));
    }

    /// Wrong in one way only.
    fn with_world(mut attributes: Value) -> Value {
        if let Some(attributes) = attributes.as_object_mut() {
            attributes.insert("m".to_owned(), json!("live"));
        }
        attributes
    }

    #[test]
    fn attributes_that_are_not_ours_are_a_new_session() {
        for foreign in [
            json!(null),
            json!({}),
            json!({ "_JOVO_STATE_": "NameState" }),
            json!({ "n": 2 }),
            json!({ "n": 1, "cart": [["a sku with blanks", 1]], "unsettled": true }),
            json!({ "n": 1, "cart": { "roses": 1 } }),
            json!({ "n": 1, "order": { "id": "1" } }),
            json!({ "n": 1, "ask": { "place": ["1e3", "USD"] } }),
            json!({ "n": 1, "ask": { "place": ["10.00", "AUD"] } }),
            json!({ "n": 1, "wallet": { "agreement": "" } }),
        ] {
            let foreign = with_world(foreign);
            assert_eq!(session(Some(&foreign), World::Live), None, "{foreign}");
        }
        assert_eq!(session(None, World::Live), None);
        assert!(session(Some(&with_world(json!({ "n": 1 }))), World::Live).is_some());
    }
}
