//! From a stored order to the directive that it owes, under the merchant's settings.

use serde_json::Value;

use super::directives::{
    ASYNCHRONOUS_MINUTES, AuthorizeAttributes, DirectiveError, PaymentAction, Price, Problem, V2, send_charge, send_setup,
};
use super::settings::Settings;
use crate::domain::ids::Token;
use crate::domain::order::{Effect, Order, State};
use crate::domain::payment::{CaptureMode, Timing};
use crate::domain::shop::World;

/// The directive that asks for a billing agreement for a stored order.
///
/// # Errors
/// [`DirectiveError`] when the order waits for no Setup, or a setting is not as Amazon Pay wants it.
pub fn setup(settings: &Settings, order: &Order) -> Result<Value, DirectiveError> {
    if order.state.owed() != Some(Effect::Setup) {
        return Err(DirectiveError { field: "Setup", problem: Problem::NotOwed });
    }
    in_its_world(settings, order)?;
    send_setup(&settings.setup_request(order.id.as_str(), &order.locale), &token(order)?.to_string())
}

/// The directive that charges a stored order; for a repeated charge the same one apart from the token, unless the shop's settings have
/// changed meanwhile: then Amazon calls it a duplicate with other parameters, which leaves the outcome unknown.
///
/// # Errors
/// [`DirectiveError`] when the order owes no charge or names no agreement, or a setting is not as Amazon Pay wants it.
pub fn charge(settings: &Settings, order: &Order) -> Result<Value, DirectiveError> {
    // Pending ones too: asking again under the same id tells how they stand.
    let State::Charging { attempt, cancel: false, .. } = &order.state else {
        return Err(DirectiveError { field: "Charge", problem: Problem::NotOwed });
    };
    in_its_world(settings, order)?;
    if let Some(problem) = settings.simulation_in_earnest() {
        return Err(problem);
    }
    let missing = DirectiveError { field: "billingAgreementId", problem: Problem::Missing };
    let agreement = order.agreement.as_ref().ok_or(missing)?;
    let authorize = AuthorizeAttributes {
        version: V2,
        authorization_reference_id: attempt.id(&order.id).to_string(),
        authorization_amount: Price(attempt.amount),
        transaction_timeout: Some(match attempt.timing {
            Timing::Synchronous => 0,
            Timing::Asynchronous => ASYNCHRONOUS_MINUTES,
        }),
        seller_authorization_note: settings.seller_authorization_note.clone(),
        soft_descriptor: settings.soft_descriptor.clone(),
    };
    let action = match attempt.capture {
        CaptureMode::Immediate => PaymentAction::AuthorizeAndCapture,
        CaptureMode::OnShip => PaymentAction::Authorize,
    };
    send_charge(&settings.charge_request(order.id.as_str(), agreement.as_str(), action, authorize), &token(order)?.to_string())
}

fn token(order: &Order) -> Result<Token, DirectiveError> {
    order.token().ok_or(DirectiveError { field: "token", problem: Problem::Missing })
}

/// Real money is never moved for a test order, nor the other way round.
fn in_its_world(settings: &Settings, order: &Order) -> Result<(), DirectiveError> {
    let fits = settings.sandbox == (order.world != World::Live);
    if fits { Ok(()) } else { Err(DirectiveError { field: "sandboxMode", problem: Problem::OtherWorld }) }
}
