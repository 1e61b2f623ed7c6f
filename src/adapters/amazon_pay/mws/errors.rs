//! What a refusal says about the money, and whether the same call may be made again (section 6).

use std::time::Duration;

use super::xml::{self, Element};
use crate::adapters::amazon_pay::call::Seen;
use crate::adapters::amazon_pay::call::failure::{Outcome, Refused};
use crate::adapters::json::printable;

names! {
    /// Why Amazon did not do what it was asked.
    ErrorCode {
        BillingAgreementConstraintsExist,
        BillingAgreementNotModifiable,
        CaptureNotRefundable,
        ConstraintsExist,
        CurrencyMismatch,
        CurrencyUnsupported,
        /// The reference id was used by another kind of request.
        DuplicateReferenceId,
        /// The reference id was used before, with other parameters.
        DuplicateRequest,
        AmbiguousToken,
        InvalidAddress,
        InvalidAccountStatus,
        InvalidAddressConsentToken,
        InvalidAuthorizationStatus,
        OrderReferenceNotModifiable,
        TransactionAmountExceeded,
        InvalidSandboxSimulationSpecified,
        InternalServerError,
        InvalidBillingAgreementStatus,
        InvalidOrderReferenceStatus,
        InvalidCancelAttempt,
        InvalidCloseAttempt,
        InvalidOrderReferenceId,
        InvalidTransactionId,
        InvalidParameterValue,
        OrderReferenceCountExceeded,
        PeriodicAmountExceeded,
        TransactionCountExceeded,
        MissingAuthenticationToken,
        UnauthorizedAccess,
        UnauthorizedSolutionProvider,
        ServiceUnavailable,
        RequestThrottled,
    }
}

/// An answer that is no success. A charge that was turned down is none of these: it comes as an authorization that is declined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Amazon Pay answered {status} {code}{}", self.details())]
pub struct Refusal {
    pub status: u16,
    pub code: ErrorCode,
    /// Amazon's words, for people who run the shop.
    pub message: String,
    pub seen: Seen,
}

const MESSAGE_CHARS_MAX: usize = 600;

impl Refusal {
    /// Reads an answer. One that is not this service's, as from a proxy, has no code.
    #[must_use]
    pub fn read(status: u16, body: &[u8], seen: Seen) -> Self {
        let document = xml::parse(body).ok();
        let root = document.as_ref().map(Element::root).filter(|root| root.name() == "ErrorResponse");
        let error = root.and_then(|root| root.child("Error"));
        let text = |name| error.and_then(|error| error.text(name)).unwrap_or_default();
        // Both spellings are in Amazon's samples.
        let request_id = root.and_then(|root| root.shown("RequestId").or_else(|| root.shown("RequestID")));
        Self {
            status,
            code: ErrorCode::read(text("Code")),
            message: printable(text("Message"), MESSAGE_CHARS_MAX),
            seen: Seen { request_id: request_id.or(seen.request_id), ..seen },
        }
    }

    /// What this answer says of the call that it answers. Doubt counts as unknown: money that may have moved is looked for.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let clear = (400..500).contains(&self.status);
        match &self.code {
            // It comes with 503, and is still certain: nobody has looked at the request.
            ErrorCode::RequestThrottled => Outcome::NotDone,
            _ if !clear => Outcome::Unknown,
            ErrorCode::InternalServerError
            | ErrorCode::ServiceUnavailable
            // The earlier request under this id may have been done.
            | ErrorCode::DuplicateReferenceId
            | ErrorCode::DuplicateRequest
            // The object is further on than was thought, perhaps because this very call has been done before.
            | ErrorCode::BillingAgreementNotModifiable
            | ErrorCode::OrderReferenceNotModifiable
            | ErrorCode::CaptureNotRefundable
            | ErrorCode::InvalidAuthorizationStatus
            | ErrorCode::InvalidCancelAttempt
            | ErrorCode::InvalidCloseAttempt
            | ErrorCode::InvalidOrderReferenceStatus
            | ErrorCode::Unknown(_) => Outcome::Unknown,
            ErrorCode::BillingAgreementConstraintsExist
            | ErrorCode::ConstraintsExist
            | ErrorCode::CurrencyMismatch
            | ErrorCode::CurrencyUnsupported
            | ErrorCode::AmbiguousToken
            | ErrorCode::InvalidAddress
            | ErrorCode::InvalidAccountStatus
            | ErrorCode::InvalidAddressConsentToken
            | ErrorCode::TransactionAmountExceeded
            | ErrorCode::InvalidSandboxSimulationSpecified
            | ErrorCode::InvalidBillingAgreementStatus
            | ErrorCode::InvalidOrderReferenceId
            | ErrorCode::InvalidTransactionId
            | ErrorCode::InvalidParameterValue
            | ErrorCode::OrderReferenceCountExceeded
            | ErrorCode::PeriodicAmountExceeded
            | ErrorCode::TransactionCountExceeded
            | ErrorCode::MissingAuthenticationToken
            | ErrorCode::UnauthorizedAccess
            | ErrorCode::UnauthorizedSolutionProvider => Outcome::NotDone,
        }
    }

    /// Whether what was asked for is itself refused, so that the same call would be refused again. Otherwise it is the caller who was
    /// not admitted, which says nothing about an earlier call under the same reference id.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self.code,
            ErrorCode::BillingAgreementConstraintsExist
                | ErrorCode::CurrencyMismatch
                | ErrorCode::CurrencyUnsupported
                | ErrorCode::InvalidBillingAgreementStatus
                | ErrorCode::InvalidParameterValue
                | ErrorCode::OrderReferenceCountExceeded
                | ErrorCode::PeriodicAmountExceeded
                | ErrorCode::TransactionAmountExceeded
                | ErrorCode::TransactionCountExceeded
        )
    }

    /// Whether the same call, with the same reference id, may succeed in a moment.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match &self.code {
            ErrorCode::InternalServerError | ErrorCode::ServiceUnavailable | ErrorCode::RequestThrottled => true,
            ErrorCode::Unknown(_) => self.status >= 500,
            ErrorCode::BillingAgreementConstraintsExist
            | ErrorCode::BillingAgreementNotModifiable
            | ErrorCode::CaptureNotRefundable
            | ErrorCode::ConstraintsExist
            | ErrorCode::CurrencyMismatch
            | ErrorCode::CurrencyUnsupported
            | ErrorCode::DuplicateReferenceId
            | ErrorCode::DuplicateRequest
            | ErrorCode::AmbiguousToken
            | ErrorCode::InvalidAddress
            | ErrorCode::InvalidAccountStatus
            | ErrorCode::InvalidAddressConsentToken
            | ErrorCode::InvalidAuthorizationStatus
            | ErrorCode::OrderReferenceNotModifiable
            | ErrorCode::TransactionAmountExceeded
            | ErrorCode::InvalidSandboxSimulationSpecified
            | ErrorCode::InvalidBillingAgreementStatus
            | ErrorCode::InvalidOrderReferenceStatus
            | ErrorCode::InvalidCancelAttempt
            | ErrorCode::InvalidCloseAttempt
            | ErrorCode::InvalidOrderReferenceId
            | ErrorCode::InvalidTransactionId
            | ErrorCode::InvalidParameterValue
            | ErrorCode::OrderReferenceCountExceeded
            | ErrorCode::PeriodicAmountExceeded
            | ErrorCode::TransactionCountExceeded
            | ErrorCode::MissingAuthenticationToken
            | ErrorCode::UnauthorizedAccess
            | ErrorCode::UnauthorizedSolutionProvider => false,
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
        self.code == ErrorCode::RequestThrottled
    }

    /// 1, 2, 4, 10 and 30 seconds are advised; there are no more than two pauses here.
    fn advised_pause(&self, tries: u32) -> Duration {
        Duration::from_secs(1 << tries.saturating_sub(1).min(2))
    }

    fn seen(&self) -> &Seen {
        &self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::amazon_pay::api::testing::text;

    fn refusal(status: u16, code: &str) -> Refusal {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        Refusal::read(status, body.as_bytes(), Seen::default())
    }

    #[test]
    fn published_errors_are_read_with_either_spelling_of_the_request() {
        let frozen = Refusal::read(405, text("mws/answers/java-ErrorResponse.xml").as_bytes(), Seen::default());
        assert_eq!(
            (&frozen.code, frozen.outcome(), frozen.retryable()),
            (&ErrorCode::OrderReferenceNotModifiable, Outcome::Unknown, false)
        );
        assert!(frozen.to_string().starts_with(
            "Amazon Pay answered 405 OrderReferenceNotModifiable (request 6d4699b8-1238-4c09-b539-176e2c2f5462): OrderReference S01-"
        ));
        let throttled = Refusal::read(503, text("mws/answers/java-Throttled.xml").as_bytes(), Seen::default());
        assert_eq!((&throttled.code, throttled.outcome(), throttled.retryable()), (&ErrorCode::RequestThrottled, Outcome::NotDone, true));
        assert_eq!(throttled.seen.request_id.as_deref(), Some("d702fd8e-206f-4da4-95e0-1e7422474077"));
        assert!(throttled.throttled());
    }

    #[test]
    fn a_servers_error_is_unknown_unless_nobody_has_looked_at_the_request() {
        for code in ErrorCode::KNOWN.iter().filter(|code| **code != ErrorCode::RequestThrottled) {
            for status in [302, 500, 502, 503] {
                assert_eq!(refusal(status, code.as_str()).outcome(), Outcome::Unknown, "{status} {code}");
            }
        }
    }

    #[test]
    fn what_may_have_been_done_before_is_looked_for() {
        for code in ["DuplicateRequest", "DuplicateReferenceId", "InvalidAuthorizationStatus", "CaptureNotRefundable", "SomethingNew", ""] {
            assert_eq!(refusal(400, code).outcome(), Outcome::Unknown, "{code}");
        }
        for code in ["InvalidAccountStatus", "PeriodicAmountExceeded", "InvalidParameterValue", "UnauthorizedAccess"] {
            assert_eq!(refusal(403, code).outcome(), Outcome::NotDone, "{code}");
        }
    }

    #[test]
    fn only_what_passes_is_repeated() {
        for code in ErrorCode::KNOWN {
            let passing = ["InternalServerError", "ServiceUnavailable", "RequestThrottled"];
            assert_eq!(refusal(500, code.as_str()).retryable(), passing.contains(&code.as_str()), "{code}");
        }
        for (status, again) in [(302, false), (400, false), (429, false), (499, false), (500, true), (503, true), (599, true)] {
            assert_eq!(Refusal::read(status, b"<html><p></html>", Seen::default()).retryable(), again, "{status}");
        }
        let pauses = [1, 2, 3, 9].map(|tries| refusal(500, "InternalServerError").advised_pause(tries).as_secs());
        assert_eq!(pauses, [1, 2, 4, 4]);
    }
}
