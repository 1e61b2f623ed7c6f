//! What a `Connections.Response` to Setup or Charge says (`reference/alexa-amazon-pay.md`, sections 5 to 9).
//!
//! Success is read off the state of the authorization and nothing else. Whatever cannot be read with certainty is unclear: the buyer
//! is neither told that it is paid nor charged under another id.

use serde_json::Value;

use super::authorization::{Told, Unreadable};
use super::errors::ErrorCode;
use crate::adapters::alexa::wire::{Operation, Payment};
use crate::adapters::json::{text, truth};
use crate::domain::dialog::{Answer, Trouble};
use crate::domain::ids::{AmazonId, BillingAgreementId, OrderId};
use crate::domain::money::{Currency, Money};
use crate::domain::order::Outcome;
use crate::domain::payment::{AgreementStatus, Names};
use crate::domain::place::Address;
use crate::domain::shop::World;

/// The keys in which version 1 wraps its payloads; version 2 has none.
const WRAPPERS: [&str; 4] = ["SetupAmazonPay", "SetupAmazonPayResponse", "ChargeAmazonPay", "ChargeAmazonPayResponse"];

/// The answer to the directive that was sent for `order`; `None` when its token names no order of ours.
#[must_use]
pub fn read(payment: &Payment, world: World, order: Option<&OrderId>) -> Answer {
    let payload = unwrapped(&payment.payload);
    match (payment.operation, payment.status) {
        (Operation::Setup, Some(200)) => set_up(payload, world),
        (Operation::Charge, Some(200)) => charge(payload, order),
        (Operation::Setup, None) => Answer::SetupFailed(Trouble::Later),
        (Operation::Charge, None) => Answer::ChargeFailed { outcome: Outcome::Unclear, trouble: Trouble::Later },
        (Operation::Setup, Some(status)) => Answer::SetupFailed(trouble(&code(payment), status)),
        (Operation::Charge, Some(status)) => {
            let code = code(payment);
            Answer::ChargeFailed { outcome: code.outcome(status), trouble: trouble(&code, status) }
        }
    }
}

/// The error that an answer names, for the log; `None` when it names none.
#[must_use]
pub fn error(payment: &Payment) -> Option<ErrorCode> {
    let named = text(&unwrapped(&payment.payload)["errorCode"]).map(ErrorCode::read);
    let message = payment.message.as_deref().filter(|_| payment.status.is_some_and(|status| status != 200)).map(ErrorCode::read);
    match (named, message) {
        (Some(ErrorCode::Unknown(_)) | None, Some(message)) => Some(message),
        (named, _) => named,
    }
}

fn code(payment: &Payment) -> ErrorCode {
    error(payment).unwrap_or_else(|| ErrorCode::read("none"))
}

/// Amazon's side failed, whatever it calls it.
fn trouble(code: &ErrorCode, status: u16) -> Trouble {
    if status >= 500 && matches!(code, ErrorCode::Unknown(_)) { Trouble::Later } else { code.trouble() }
}

fn unwrapped(payload: &Value) -> &Value {
    WRAPPERS.iter().map(|wrapper| &payload[*wrapper]).find(|inner| inner.is_object()).unwrap_or(payload)
}

fn set_up(payload: &Value, world: World) -> Answer {
    let details = &payload["billingAgreementDetails"];
    let contradicts = text(&details["releaseEnvironment"]).is_some_and(|release| !release.eq_ignore_ascii_case(release_of(world)));
    if contradicts || !details.is_object() {
        return Answer::SetupFailed(text(&payload["errorCode"]).map_or(Trouble::Shop, |code| ErrorCode::read(code).trouble()));
    }
    Answer::SetUp {
        status: agreement_status(&details["billingAgreementStatus"]),
        agreement: text(&details["billingAgreementId"]).and_then(|id| BillingAgreementId::parse(id).ok()),
        address: address(&details["destination"]),
    }
}

/// What Amazon calls a world.
const fn release_of(world: World) -> &'static str {
    match world {
        World::Simulated | World::Sandbox => "SANDBOX",
        World::Live => "LIVE",
    }
}

fn agreement_status(status: &Value) -> AgreementStatus {
    match text(status).map(str::to_ascii_uppercase).as_deref() {
        Some("OPEN") => AgreementStatus::Open,
        Some("DRAFT") => AgreementStatus::Draft,
        Some("SUSPENDED") => AgreementStatus::Suspended,
        Some("CANCELED" | "CANCELLED") => AgreementStatus::Canceled,
        Some("CLOSED") => AgreementStatus::Closed,
        _ => AgreementStatus::Unknown,
    }
}

/// A delivery address as Amazon Pay writes it (section 7), if there is anything in it.
#[must_use]
pub fn address(destination: &Value) -> Option<Address> {
    let part = |key: &str| text(&destination[key]).map(str::to_owned);
    let address = Address {
        name: part("name"),
        company: part("companyName"),
        lines: ["addressLine1", "addressLine2", "addressLine3"].into_iter().filter_map(part).collect(),
        city: part("city"),
        district: part("districtOrCounty"),
        region: part("stateOrRegion"),
        postal_code: part("postalCode"),
        country: part("countryCode"),
        phone: part("phone"),
    };
    (address != Address::default()).then_some(address)
}

fn charge(payload: &Value, order: Option<&OrderId>) -> Answer {
    let details = &payload["authorizationDetails"];
    let unclear = Answer::Charge { attempt: None, amount: None, outcome: Outcome::Unclear };
    let attempt = match text(&details["authorizationReferenceId"]) {
        // Not named means the latest.
        None if details["authorizationReferenceId"].is_null() => None,
        None => return unclear,
        Some(reference) => match order.and_then(|order| attempt_number(order, reference)) {
            Some(number) => Some(number),
            None => return unclear,
        },
    };
    let authorized = amount(&details["authorizationAmount"]);
    let captured = amount(&details["capturedAmount"]);
    let outcome = outcome(details, names(payload), authorized, captured);
    Answer::Charge { attempt, amount: authorized.ok().flatten(), outcome }
}

/// The number of this order's attempt that a reference id names.
fn attempt_number(order: &OrderId, reference: &str) -> Option<u8> {
    let number = reference.strip_prefix(order.as_str())?.strip_prefix('a')?.parse().ok().filter(|number| *number > 0)?;
    // Other spellings of the number, such as 01, are not ours.
    (order.attempt(number).as_str() == reference).then_some(number)
}

fn amount(price: &Value) -> Result<Option<Money>, Unreadable> {
    if price.is_null() {
        return Ok(None);
    }
    let currency: Currency = text(&price["currencyCode"]).and_then(|code| code.parse().ok()).ok_or(Unreadable)?;
    let number = price["amount"].as_number().map(ToString::to_string);
    let number = number.or_else(|| text(&price["amount"]).map(str::to_owned)).ok_or(Unreadable)?;
    Money::parse(&number, currency).map(Some).map_err(|_| Unreadable)
}

fn names(payload: &Value) -> Names {
    let details = &payload["authorizationDetails"];
    let id = |value: &Value| text(value).and_then(|id| AmazonId::parse(id).ok());
    Names {
        order_reference: id(&payload["amazonOrderReferenceId"]),
        authorization: id(&details["amazonAuthorizationId"]),
        capture: id(&details["idList"][0]),
        consent: None,
    }
}

fn outcome(
    details: &Value,
    names: Names,
    authorized: Result<Option<Money>, Unreadable>,
    captured: Result<Option<Money>, Unreadable>,
) -> Outcome {
    // Early samples of version 1 have the state beside the details themselves.
    let status = if details["authorizationStatus"].is_object() { &details["authorizationStatus"] } else { details };
    let soft_decline = truth(&details["softDecline"]) == Some(true);
    Told { state: text(&status["state"]), reason: text(&status["reasonCode"]), soft_decline, authorized, captured, names }.outcome()
}

#[cfg(test)]
mod tests;
