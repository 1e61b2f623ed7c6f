//! What a person does about each refusal of the older API (section 6).

use super::client::{CallError, Client};
use super::errors::{ErrorCode, Refusal};
use crate::adapters::amazon_pay::call::trouble::{SET_CLOCK, Trouble, apart_in_words, clocks_apart};

/// What is wrong with a call of this client, and what to do.
#[must_use]
pub fn of(error: &CallError, client: &Client) -> Trouble {
    Trouble::of(error, client.place().origin.host(), |refusal| refused(refusal, client))
}

fn refused(refusal: &Refusal, client: &Client) -> Trouble {
    let request = refusal.seen.request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default();
    let answered = format!("Amazon answered {} {}{request}", refusal.status, refusal.code);
    // What a wrong time comes as is not written; all that it could be concerns who calls, or is no code that is known.
    let dated = matches!(refusal.code, ErrorCode::UnauthorizedAccess | ErrorCode::InvalidParameterValue | ErrorCode::Unknown(_));
    if let Some(apart) = clocks_apart(refusal.seen.date, client.now()).filter(|_| dated) {
        let found = format!("the request's time is not accepted, because Amazon's clock is {}", apart_in_words(apart));
        return Trouble::new(format!("{found}: {answered}"), SET_CLOCK);
    }
    let told = told(refusal, client);
    Trouble { found: format!("{}: {answered}", told.found), ..told }
}

/// The two sentences, before it is said what Amazon has answered.
fn told(refusal: &Refusal, client: &Client) -> Trouble {
    let (key, seller) = (client.merchant().access_key.as_str(), &client.merchant().seller);
    match &refusal.code {
        ErrorCode::Unknown(code) if code == "SignatureDoesNotMatch" => Trouble::new(
            "the signature is not accepted",
            format!("the secret key does not belong to the access key {key}: take both from Seller Central, Integration, MWS Access Key"),
        ),
        ErrorCode::UnauthorizedAccess | ErrorCode::MissingAuthenticationToken | ErrorCode::UnauthorizedSolutionProvider => Trouble::new(
            format!("the access key {key} is not accepted for the seller {seller}"),
            "check the access key, that it is not deleted, and seller_id and country_of_establishment in shop.toml",
        ),
        ErrorCode::Unknown(code) if code == "InvalidAccessKeyId" || code == "AccessDenied" => Trouble::new(
            format!("the access key {key} is not accepted for the seller {seller}"),
            "check the access key, that it is not deleted, and seller_id and country_of_establishment in shop.toml",
        ),
        ErrorCode::InvalidAccountStatus => {
            Trouble::new("the seller account is not active", "finish its registration in Seller Central, or ask Amazon Pay's support")
        }
        ErrorCode::InvalidBillingAgreementStatus | ErrorCode::BillingAgreementConstraintsExist => {
            Trouble::new("the buyer's consent has ended, or cannot be charged now", "let the buyer order again, which asks for a new one")
        }
        ErrorCode::InvalidTransactionId | ErrorCode::InvalidOrderReferenceId => Trouble::new(
            "Amazon knows no such thing",
            "check world and country_of_establishment in shop.toml, and that the key is of the account that has charged the order",
        ),
        ErrorCode::PeriodicAmountExceeded => Trouble::new(
            "the buyer has been charged as much as Amazon allows in a calendar month",
            "wait for the next month, or let the buyer pay in another way",
        ),
        ErrorCode::TransactionAmountExceeded | ErrorCode::TransactionCountExceeded => {
            Trouble::new("it is more than Amazon allows for this payment", "ask for less")
        }
        ErrorCode::RequestThrottled => Trouble::passing("too many calls", "try again in a minute"),
        ErrorCode::BillingAgreementNotModifiable
        | ErrorCode::CaptureNotRefundable
        | ErrorCode::ConstraintsExist
        | ErrorCode::CurrencyMismatch
        | ErrorCode::CurrencyUnsupported
        | ErrorCode::DuplicateReferenceId
        | ErrorCode::DuplicateRequest
        | ErrorCode::AmbiguousToken
        | ErrorCode::InvalidAddress
        | ErrorCode::InvalidAddressConsentToken
        | ErrorCode::InvalidAuthorizationStatus
        | ErrorCode::OrderReferenceNotModifiable
        | ErrorCode::InvalidSandboxSimulationSpecified
        | ErrorCode::InternalServerError
        | ErrorCode::InvalidOrderReferenceStatus
        | ErrorCode::InvalidCancelAttempt
        | ErrorCode::InvalidCloseAttempt
        | ErrorCode::InvalidParameterValue
        | ErrorCode::OrderReferenceCountExceeded
        | ErrorCode::ServiceUnavailable
        | ErrorCode::Unknown(_) => other(refusal),
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
