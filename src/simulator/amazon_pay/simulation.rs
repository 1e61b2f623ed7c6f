//! Sandbox simulations: what a merchant asks for in `sellerAuthorizationNote` (`reference/alexa-amazon-pay.md` section 14).

use serde_json::Value;

use super::errors::PayError;
use super::outcome::End;

/// How the authorization is to end; `None` when the note asks for nothing.
///
/// # Errors
/// `InvalidSandboxSimulationSpecified` for a state and reason that do not go together.
pub fn read(note: &str) -> Result<Option<End>, PayError> {
    let asked = serde_json::from_str::<Value>(note).ok().and_then(|note| note.get("SandboxSimulation").cloned());
    let Some(asked) = asked else { return Ok(None) };
    let text = |field: &str| asked.get(field).and_then(Value::as_str);
    // SoftDecline is a text; minute ranges are those of fixture `v1-simulation-strings.json`.
    let minutes =
        |field: &str, most: u64| asked.get(field).is_none_or(|value| value.as_u64().is_some_and(|value| (1..=most).contains(&value)));
    let end = match (text("State"), text("ReasonCode")) {
        (Some("Declined"), Some("InvalidPaymentMethod")) if minutes("PaymentMethodUpdateTimeInMins", 240) => {
            Some(End::Declined { reason: "InvalidPaymentMethod", soft: text("SoftDecline") == Some("true") })
        }
        (Some("Declined"), Some("AmazonRejected")) => Some(End::Declined { reason: "AmazonRejected", soft: false }),
        (Some("Declined"), Some("TransactionTimedOut")) => Some(End::Declined { reason: "TransactionTimedOut", soft: false }),
        (Some("Closed"), Some("ExpiredUnused")) if minutes("ExpirationTimeInMins", 60) => Some(End::Closed { reason: "ExpiredUnused" }),
        (Some("Closed"), Some("AmazonClosed")) => Some(End::Closed { reason: "AmazonClosed" }),
        _ => None,
    };
    end.map(Some).ok_or_else(|| PayError::new("InvalidSandboxSimulationSpecified", "State and ReasonCode do not go together"))
}
