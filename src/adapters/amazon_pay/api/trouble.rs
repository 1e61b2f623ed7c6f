//! What a person does about each refusal of API v2 (section 8).

use super::client::{CallError, Client};
use super::errors::{ReasonCode, Refusal};
use crate::adapters::amazon_pay::call::Seen;
use crate::adapters::amazon_pay::call::trouble::{SET_CLOCK, Trouble, apart_in_words, clocks_apart};

/// What is wrong with a call of this client, and what to do.
#[must_use]
pub fn of(error: &CallError, client: &Client) -> Trouble {
    Trouble::of(error, client.place().host(), |refusal| refused(refusal, client))
}

/// " (request R)", where Amazon has named the call.
#[must_use]
pub fn request(seen: &Seen) -> String {
    seen.request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default()
}

fn refused(refusal: &Refusal, client: &Client) -> Trouble {
    let answered = format!("Amazon answered {} {}{}", refusal.status, refusal.code, request(&refusal.seen));
    // The codes that a wrong date may come as: the signature or the date's header is refused.
    let dated =
        matches!(refusal.code, ReasonCode::InvalidRequestSignature | ReasonCode::InvalidHeaderValue | ReasonCode::InvalidAuthentication);
    if let Some(apart) = clocks_apart(refusal.seen.date, client.now()).filter(|_| dated) {
        let found = format!("the request's date is not accepted, because Amazon's clock is {}", apart_in_words(apart));
        return Trouble::new(format!("{found}: {answered}"), SET_CLOCK);
    }
    let told = told(refusal, client);
    Trouble { found: format!("{}: {answered}", told.found), ..told }
}

/// The two sentences, before it is said what Amazon has answered.
fn told(refusal: &Refusal, client: &Client) -> Trouble {
    let (id, place) = (client.signer().id(), client.place());
    let (region, environment) = (place.region.as_str(), place.environment);
    match &refusal.code {
        ReasonCode::InvalidRequestSignature => Trouble::new(
            "the signature is not accepted",
            format!("the key file and the key id {id} do not belong together: take both from the same line in Seller Central"),
        ),
        ReasonCode::InvalidAuthentication | ReasonCode::UnauthorizedAccess | ReasonCode::InvalidAuthorizationToken => Trouble::new(
            format!("the key id {id} is not known for {environment} in region {region}"),
            "check the id; that it was made for this environment and is not deleted; and country_of_establishment, which sets the region",
        ),
        ReasonCode::InvalidAccountStatus => {
            Trouble::new("the seller account is not active", "finish its registration in Seller Central, or ask Amazon Pay's support")
        }
        ReasonCode::InvalidHeaderValue | ReasonCode::MissingHeader | ReasonCode::MissingHeaderValue => Trouble::new(
            format!("a header is not accepted: {}", refusal.message),
            "check country_of_establishment, which sets the region, and look for a proxy that changes headers",
        ),
        ReasonCode::TLSVersionNotSupported => {
            Trouble::new("the TLS version is not accepted", "look for a proxy that opens HTTPS and closes it again with an old TLS")
        }
        ReasonCode::TooManyRequests | ReasonCode::RequestThrottled => Trouble::passing("too many calls", "try again in a minute"),
        ReasonCode::ResourceNotFound => Trouble::new(
            format!("Amazon knows no such thing for {environment} in region {region}"),
            "check world and country_of_establishment in shop.toml, and that the key is of the account that has charged the order",
        ),
        ReasonCode::InvalidChargePermissionStatus | ReasonCode::ChargePermissionNotModifiable => {
            Trouble::new("the buyer's consent has ended, or cannot be charged now", "let the buyer order again, which asks for a new one")
        }
        ReasonCode::PeriodicAmountExceeded => Trouble::new(
            "the buyer has been charged as much as Amazon allows in a calendar month",
            "wait for the next month, or let the buyer pay in another way",
        ),
        ReasonCode::TransactionAmountExceeded | ReasonCode::TransactionCountExceeded => {
            Trouble::new("it is more than Amazon allows for this payment", "ask for less")
        }
        ReasonCode::InvalidRequest
        | ReasonCode::InvalidParameterValue
        | ReasonCode::InvalidRequestFormat
        | ReasonCode::MissingParameterValue
        | ReasonCode::UnrecognizedField
        | ReasonCode::InvalidInputFormat
        | ReasonCode::InvalidSandboxSimulationSpecified
        | ReasonCode::DuplicateIdempotencyKey
        | ReasonCode::InvalidParameterCombination
        | ReasonCode::CurrencyMismatch
        | ReasonCode::InvalidAPIVersion
        | ReasonCode::UnsupportedOperation
        | ReasonCode::RequestNotSupported
        | ReasonCode::RequestTimeout
        | ReasonCode::AmountMismatch
        | ReasonCode::InvalidCheckoutSessionStatus
        | ReasonCode::InvalidChargeStatus
        | ReasonCode::SoftDeclined
        | ReasonCode::HardDeclined
        | ReasonCode::AmazonRejected
        | ReasonCode::PaymentMethodNotAllowed
        | ReasonCode::MFANotCompleted
        | ReasonCode::TransactionTimedOut
        | ReasonCode::CheckoutSessionCanceled
        | ReasonCode::InternalServerError
        | ReasonCode::ProcessingFailure
        | ReasonCode::ServiceUnavailable
        | ReasonCode::Unknown(_) => other(refusal),
    }
}

/// What says nothing of who calls, nor of what a person could do.
fn other(refusal: &Refusal) -> Trouble {
    if refusal.retryable() {
        return Trouble::passing("Amazon Pay has trouble of its own", "try again later");
    }
    if refusal.code.as_str().is_empty() {
        return Trouble::new(
            "something that is not Amazon Pay has answered",
            "look for a proxy in between, and at the address that is set to be called instead of Amazon Pay",
        );
    }
    let found = format!("an answer that was not expected: {}", refusal.message);
    Trouble::new(found, "ask Amazon Pay's support, with the request's name")
}
