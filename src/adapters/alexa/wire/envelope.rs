//! An envelope as JSON, without the parts that nobody reads: what the device can do, tokens for other services of Alexa's, and whatever is
//! added to envelopes in years to come. They are passed over, not copied, and make up most of an envelope.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What is kept of a place in the envelope.
#[derive(Clone, Copy)]
enum Keep {
    All,
    /// Of an object its members of these names; anything else is as good as nothing.
    Members(&'static [(&'static str, Keep)]),
}

const USER: Keep =
    Keep::Members(&[("userId", Keep::All), ("accessToken", Keep::All), ("permissions", Keep::Members(&[("scopes", Keep::All)]))]);
const SYSTEM: Keep = Keep::Members(&[("application", Keep::All), ("user", USER)]);
const SESSION: Keep = Keep::Members(&[("new", Keep::All), ("application", Keep::All), ("user", USER), ("attributes", Keep::All)]);
const ENVELOPE: Keep = Keep::Members(&[("request", Keep::All), ("session", SESSION), ("context", Keep::Members(&[("System", SYSTEM)]))]);

/// What is kept of an envelope. Whoever sent it, nobody has checked yet.
#[derive(Clone)]
pub struct Envelope(pub(super) Value);

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ENVELOPE.deserialize(deserializer).map(Self)
    }
}

impl<'de> DeserializeSeed<'de> for Keep {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self {
            Self::All => Value::deserialize(deserializer),
            Self::Members(members) => deserializer.deserialize_any(Members(members)),
        }
    }
}

struct Members(&'static [(&'static str, Keep)]);

impl<'de> Visitor<'de> for Members {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(Name(found)) = map.next_key_seed(Among(self.0))? {
            match found {
                Some((name, keep)) => drop(kept.insert((*name).to_owned(), map.next_value_seed(*keep)?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Object(kept))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        // Read like what is kept, which may not be nested too deep.
        while list.next_element::<Value>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// A member's name, if it is one of these.
struct Among(&'static [(&'static str, Keep)]);

struct Name(Option<&'static (&'static str, Keep)>);

impl<'de> DeserializeSeed<'de> for Among {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Among {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(Name(self.0.iter().find(|(known, _)| *known == name)))
    }
}
