//! The shapes of request bodies: which fields there are, which must be there, and what may be in them.

use serde_json::{Map, Value};

use crate::domain::money::Money;
use crate::simulator::amazon_pay::account::Refusal;

/// What may stand in a field.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text of at most so many characters.
    Text(usize),
    Flag,
    /// 5.1: the amount is a text; the .NET client writes a number.
    Price,
    /// An https address, or http on this machine, which Amazon takes in the sandbox.
    Address,
    OneOf(&'static [&'static str]),
    /// A text or a number that is whole and not negative.
    Count,
    Object(&'static [Field]),
    List(&'static Shape),
    /// What decides nothing here and is not looked into.
    Anything,
}

/// A field of a body.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub needed: bool,
}

/// A field that must be there.
pub const fn needed(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, needed: true }
}

/// A field that may be there.
pub const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, needed: false }
}

/// Checks an object against its fields. A null is as if the field were not there.
///
/// # Errors
/// `InvalidRequestFormat`, `UnrecognizedField`, `MissingParameterValue` or `InvalidParameterValue`.
pub fn check(body: &Value, fields: &[Field], place: &str) -> Result<(), Refusal> {
    let object: &Map<String, Value> =
        body.as_object().ok_or_else(|| Refusal::new("InvalidRequestFormat", format!("{} must be an object", shown(place, "the body"))))?;
    let within = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    if let Some(name) = object.keys().find(|name| fields.iter().all(|field| field.name != name.as_str())) {
        return Err(Refusal::new("UnrecognizedField", format!("the field {} is not known here", within(name))));
    }
    for field in fields {
        let name = within(field.name);
        match object.get(field.name).filter(|value| !value.is_null()) {
            None if field.needed => return Err(Refusal::new("MissingParameterValue", format!("the value for {name} is missing"))),
            None => {}
            Some(Value::String(text)) if field.needed && text.trim().is_empty() => {
                return Err(Refusal::new("MissingParameterValue", format!("the value for {name} is empty")));
            }
            Some(value) => fits(value, field.shape, &name)?,
        }
    }
    Ok(())
}

fn shown<'t>(place: &'t str, otherwise: &'t str) -> &'t str {
    if place.is_empty() { otherwise } else { place }
}

fn fits(value: &Value, shape: Shape, name: &str) -> Result<(), Refusal> {
    let invalid = |why: String| Refusal::new("InvalidParameterValue", format!("The value provided for [{name}] is invalid: {why}"));
    let fine = |fine: bool, why: &str| if fine { Ok(()) } else { Err(invalid(why.to_owned())) };
    match shape {
        Shape::Text(most) => match value.as_str() {
            Some(text) => fine(text.chars().count() <= most, &format!("it has more than {most} characters")),
            None => fine(false, "it must be a text"),
        },
        Shape::Flag => fine(value.is_boolean(), "it must be true or false"),
        Shape::Price => price(value).map(|_| ()).map_err(invalid),
        Shape::Address => {
            let url = value.as_str().and_then(|text| reqwest::Url::parse(text).ok());
            let local = |url: &reqwest::Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
            fine(url.is_some_and(|url| url.scheme() == "https" || url.scheme() == "http" && local(&url)), "it must be an https address")
        }
        Shape::OneOf(words) => {
            fine(value.as_str().is_some_and(|word| words.contains(&word)), &format!("it must be one of {}", words.join(", ")))
        }
        Shape::Count => {
            let count = value.as_u64().or_else(|| value.as_str()?.parse().ok());
            fine(count.is_some(), "it must be a whole number")
        }
        Shape::Object(fields) => check(value, fields, name),
        Shape::List(shape) => {
            let all = value.as_array().ok_or_else(|| invalid("it must be a list".to_owned()))?;
            all.iter().try_for_each(|one| fits(one, *shape, name))
        }
        Shape::Anything => Ok(()),
    }
}

/// Reads a price.
///
/// # Errors
/// What is wrong with it, in words.
pub fn price(value: &Value) -> Result<Money, String> {
    let object = value.as_object().ok_or("it must have amount and currencyCode")?;
    if let Some(name) = object.keys().find(|name| !["amount", "currencyCode"].contains(&name.as_str())) {
        return Err(format!("a price has no {name}"));
    }
    let currency = object.get("currencyCode").and_then(Value::as_str).ok_or("it has no currencyCode")?;
    let currency = currency.parse().map_err(|_| format!("{currency} is no currency of an account here: EUR, GBP, JPY and USD are"))?;
    let amount = match object.get("amount") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) | None => return Err("it has no amount".to_owned()),
    };
    let money = Money::parse(&amount, currency).map_err(|error| format!("{amount}: {error}"))?;
    if money.minor() > 0 { Ok(money) } else { Err("the amount must be more than nothing".to_owned()) }
}

/// The price in a field that has been checked.
#[must_use]
pub fn price_at(body: &Value, pointer: &str) -> Option<Money> {
    body.pointer(pointer).and_then(|value| price(value).ok())
}
