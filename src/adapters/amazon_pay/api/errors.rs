//! What a refusal says about the money, and whether the same call may be made again (section 8).

use std::time::Duration;

use serde_json::Value;

use super::Seen;
pub use crate::adapters::amazon_pay::call::failure::Outcome;
use crate::adapters::amazon_pay::call::failure::Refused;
use crate::adapters::json;
use crate::domain::payment::Decline;

names! {
    /// Why Amazon Pay did not do what it was asked.
    ReasonCode {
        // 400
        InvalidHeaderValue,
        InvalidRequest,
        InvalidParameterValue,
        InvalidRequestFormat,
        MissingHeader,
        MissingHeaderValue,
        MissingParameterValue,
        UnrecognizedField,
        /// Of delivery trackers (5.8).
        InvalidInputFormat,
        InvalidSandboxSimulationSpecified,
        /// This key was used before, with another body.
        DuplicateIdempotencyKey,
        InvalidParameterCombination,
        CurrencyMismatch,
        InvalidAPIVersion,
        TransactionAmountExceeded,
        PeriodicAmountExceeded,
        // 401, 403
        UnauthorizedAccess,
        InvalidAuthentication,
        InvalidAccountStatus,
        InvalidRequestSignature,
        InvalidAuthorizationToken,
        // 404, 405, 408, 409
        ResourceNotFound,
        UnsupportedOperation,
        RequestNotSupported,
        RequestTimeout,
        AmountMismatch,
        // 422
        InvalidCheckoutSessionStatus,
        InvalidChargePermissionStatus,
        InvalidChargeStatus,
        ChargePermissionNotModifiable,
        SoftDeclined,
        HardDeclined,
        AmazonRejected,
        PaymentMethodNotAllowed,
        /// The buyer has not passed the bank's challenge.
        MFANotCompleted,
        TransactionTimedOut,
        TransactionCountExceeded,
        CheckoutSessionCanceled,
        // 426, 429
        TLSVersionNotSupported,
        TooManyRequests,
        RequestThrottled,
        // 500, 503
        InternalServerError,
        /// A decline, for all that it comes as a server's error.
        ProcessingFailure,
        ServiceUnavailable,
    }
}

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Amazon Pay answered {status} {code}{}", self.details())]
pub struct Refusal {
    pub status: u16,
    pub code: ReasonCode,
    /// Amazon's words, for people who run the shop.
    pub message: String,
    pub seen: Seen,
}

/// What is kept of a message; that of a wrong signature repeats a whole request.
const MESSAGE_CHARS_MAX: usize = 600;

impl Refusal {
    /// Reads an answer. One that is not Amazon Pay's JSON, as from a proxy, has no reason code.
    #[must_use]
    pub fn read(status: u16, body: &[u8], seen: Seen) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self {
            status,
            code: ReasonCode::read(json::text(&body["reasonCode"]).unwrap_or_default()),
            message: json::printable(json::text(&body["message"]).unwrap_or_default(), MESSAGE_CHARS_MAX),
            seen,
        }
    }

    /// What this answer says of the call that it answers. Doubt counts as unknown: money that may have moved is looked for.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let clear = (400..500).contains(&self.status);
        match &self.code {
            ReasonCode::ProcessingFailure if clear || self.status == 500 => Outcome::Declined(Decline::ProcessingFailure),
            _ if !clear => Outcome::Unknown,
            ReasonCode::SoftDeclined => Outcome::Declined(Decline::InvalidPaymentMethodSoft),
            // All three need the buyer to act at Amazon first.
            ReasonCode::HardDeclined | ReasonCode::PaymentMethodNotAllowed | ReasonCode::MFANotCompleted => {
                Outcome::Declined(Decline::InvalidPaymentMethodHard)
            }
            ReasonCode::AmazonRejected => Outcome::Declined(Decline::AmazonRejected),
            ReasonCode::TransactionTimedOut => Outcome::Declined(Decline::TransactionTimedOut),
            ReasonCode::ProcessingFailure
            | ReasonCode::RequestTimeout
            | ReasonCode::InternalServerError
            | ReasonCode::ServiceUnavailable
            // The earlier request with this key may have been done.
            | ReasonCode::DuplicateIdempotencyKey
            // The object is further on than was thought, perhaps because this very call has been done before.
            | ReasonCode::InvalidCheckoutSessionStatus
            | ReasonCode::InvalidChargeStatus
            | ReasonCode::Unknown(_) => Outcome::Unknown,
            ReasonCode::InvalidHeaderValue
            | ReasonCode::InvalidRequest
            | ReasonCode::InvalidParameterValue
            | ReasonCode::InvalidRequestFormat
            | ReasonCode::MissingHeader
            | ReasonCode::MissingHeaderValue
            | ReasonCode::MissingParameterValue
            | ReasonCode::UnrecognizedField
            | ReasonCode::InvalidInputFormat
            | ReasonCode::InvalidSandboxSimulationSpecified
            | ReasonCode::InvalidParameterCombination
            | ReasonCode::CurrencyMismatch
            | ReasonCode::InvalidAPIVersion
            | ReasonCode::TransactionAmountExceeded
            | ReasonCode::PeriodicAmountExceeded
            | ReasonCode::UnauthorizedAccess
            | ReasonCode::InvalidAuthentication
            | ReasonCode::InvalidAccountStatus
            | ReasonCode::InvalidRequestSignature
            | ReasonCode::InvalidAuthorizationToken
            | ReasonCode::ResourceNotFound
            | ReasonCode::UnsupportedOperation
            | ReasonCode::RequestNotSupported
            | ReasonCode::AmountMismatch
            | ReasonCode::InvalidChargePermissionStatus
            | ReasonCode::ChargePermissionNotModifiable
            | ReasonCode::TransactionCountExceeded
            | ReasonCode::CheckoutSessionCanceled
            | ReasonCode::TLSVersionNotSupported
            | ReasonCode::TooManyRequests
            | ReasonCode::RequestThrottled => Outcome::NotDone,
        }
    }

    /// Whether what was asked for is itself refused, so that the same call would be refused again. Otherwise it is the caller who was
    /// not admitted, which says nothing about an earlier call with the same key.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self.code,
            ReasonCode::InvalidRequest
                | ReasonCode::InvalidRequestFormat
                | ReasonCode::InvalidParameterValue
                | ReasonCode::MissingParameterValue
                | ReasonCode::UnrecognizedField
                | ReasonCode::InvalidParameterCombination
                | ReasonCode::CurrencyMismatch
                | ReasonCode::TransactionAmountExceeded
                | ReasonCode::PeriodicAmountExceeded
                | ReasonCode::TransactionCountExceeded
                | ReasonCode::InvalidChargePermissionStatus
                | ReasonCode::ChargePermissionNotModifiable
        )
    }

    /// Whether the same call, with the same key, may succeed in a moment.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match &self.code {
            ReasonCode::RequestTimeout
            | ReasonCode::TooManyRequests
            | ReasonCode::RequestThrottled
            | ReasonCode::InternalServerError
            | ReasonCode::ServiceUnavailable => true,
            // What Amazon's own clients repeat.
            ReasonCode::Unknown(_) => matches!(self.status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            ReasonCode::InvalidHeaderValue
            | ReasonCode::InvalidRequest
            | ReasonCode::InvalidParameterValue
            | ReasonCode::InvalidRequestFormat
            | ReasonCode::MissingHeader
            | ReasonCode::MissingHeaderValue
            | ReasonCode::MissingParameterValue
            | ReasonCode::UnrecognizedField
            | ReasonCode::InvalidInputFormat
            | ReasonCode::InvalidSandboxSimulationSpecified
            | ReasonCode::DuplicateIdempotencyKey
            | ReasonCode::InvalidParameterCombination
            | ReasonCode::CurrencyMismatch
            | ReasonCode::InvalidAPIVersion
            | ReasonCode::TransactionAmountExceeded
            | ReasonCode::PeriodicAmountExceeded
            | ReasonCode::UnauthorizedAccess
            | ReasonCode::InvalidAuthentication
            | ReasonCode::InvalidAccountStatus
            | ReasonCode::InvalidRequestSignature
            | ReasonCode::InvalidAuthorizationToken
            | ReasonCode::ResourceNotFound
            | ReasonCode::UnsupportedOperation
            | ReasonCode::RequestNotSupported
            | ReasonCode::AmountMismatch
            | ReasonCode::InvalidCheckoutSessionStatus
            | ReasonCode::InvalidChargePermissionStatus
            | ReasonCode::InvalidChargeStatus
            | ReasonCode::ChargePermissionNotModifiable
            | ReasonCode::SoftDeclined
            | ReasonCode::HardDeclined
            | ReasonCode::AmazonRejected
            | ReasonCode::PaymentMethodNotAllowed
            | ReasonCode::MFANotCompleted
            | ReasonCode::TransactionTimedOut
            | ReasonCode::TransactionCountExceeded
            | ReasonCode::CheckoutSessionCanceled
            | ReasonCode::TLSVersionNotSupported
            // Needs a new key, and a look at the permission before.
            | ReasonCode::ProcessingFailure => false,
        }
    }

    fn details(&self) -> String {
        let request = self.seen.request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default();
        let message = if self.message.is_empty() { String::new() } else { format!(": {}", self.message) };
        request + &message
    }
}

impl Refused for Refusal {
    fn outcome(&self) -> Outcome {
        self.outcome()
    }

    fn retryable(&self) -> bool {
        self.retryable()
    }

    fn throttled(&self) -> bool {
        self.status == 429
    }

    /// Amazon's own clients wait for seconds, which nobody who is spoken to does.
    fn advised_pause(&self, _tries: u32) -> Duration {
        Duration::ZERO
    }

    fn seen(&self) -> &Seen {
        &self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cases, json, str};
    use super::*;

    fn refusal(status: u16, code: &str) -> Refusal {
        let body = serde_json::json!({ "reasonCode": code, "message": "a message" }).to_string();
        Refusal::read(status, body.as_bytes(), Seen::default())
    }

    #[test]
    fn every_documented_code_with_its_status_is_known() {
        let mut seen = 0;
        for case in cases("reason-codes.json") {
            let status = u16::try_from(case["http_status"].as_u64().unwrap()).unwrap();
            let refusal = refusal(status, str(&case, "reason_code"));
            assert!(!matches!(refusal.code, ReasonCode::Unknown(_)), "{refusal}");
            let declined = ["SoftDeclined", "PaymentMethodNotAllowed", "TransactionTimedOut", "ProcessingFailure"];
            assert_eq!(matches!(refusal.outcome(), Outcome::Declined(_)), declined.contains(&refusal.code.as_str()), "{refusal}");
            assert_eq!(refusal.retryable(), status == 429, "{refusal}");
            seen += 1;
        }
        assert!(seen >= 20, "{seen}");
    }

    #[test]
    fn a_servers_error_is_unknown_unless_it_is_called_a_processing_failure() {
        assert_eq!(refusal(500, "ProcessingFailure").outcome(), Outcome::Declined(Decline::ProcessingFailure));
        assert!(!refusal(500, "ProcessingFailure").retryable());
        for code in ReasonCode::KNOWN.iter().filter(|code| **code != ReasonCode::ProcessingFailure) {
            for status in [302, 500, 502, 503, 504] {
                assert_eq!(refusal(status, code.as_str()).outcome(), Outcome::Unknown, "{status} {code}");
            }
        }
    }

    #[test]
    fn what_may_have_been_done_before_is_looked_for() {
        for code in ["DuplicateIdempotencyKey", "InvalidCheckoutSessionStatus", "InvalidChargeStatus", "RequestTimeout", "SomethingNew", ""]
        {
            assert_eq!(refusal(422, code).outcome(), Outcome::Unknown, "{code}");
        }
        assert_eq!(refusal(422, "InvalidChargePermissionStatus").outcome(), Outcome::NotDone);
    }

    #[test]
    fn only_what_passes_is_repeated() {
        for code in ReasonCode::KNOWN {
            let passing = ["RequestTimeout", "TooManyRequests", "RequestThrottled", "InternalServerError", "ServiceUnavailable"];
            assert_eq!(refusal(500, code.as_str()).retryable(), passing.contains(&code.as_str()), "{code}");
        }
        for (status, again) in [(400, false), (403, false), (408, true), (425, true), (429, true), (500, true), (501, false), (504, true)] {
            assert_eq!(Refusal::read(status, b"<html>", Seen::default()).retryable(), again, "{status}");
        }
    }

    #[test]
    fn a_message_is_kept_printable_and_short() {
        let body = serde_json::json!({ "reasonCode": "Strange\nthing", "message": "é\n".repeat(1_000) }).to_string();
        let read = Refusal::read(400, body.as_bytes(), Seen { request_id: Some("R-1".to_owned()), ..Seen::default() });
        assert_eq!((read.code.as_str(), read.message.len()), ("Strange_thing", MESSAGE_CHARS_MAX));
        assert!(read.to_string().starts_with("Amazon Pay answered 400 Strange_thing (request R-1): ____"), "{read}");
        assert_eq!(json("reason-codes.json")["body_shape"].as_object().unwrap().len(), 2);
    }
}
