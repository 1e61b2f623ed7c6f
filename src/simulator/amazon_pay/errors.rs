//! The documented error codes of Setup and Charge (`reference/alexa-amazon-pay.md` section 9).

use serde_json::{Value, json};

/// Which payment step something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Setup,
    Charge,
}

impl Step {
    /// The directive's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Setup => "Setup",
            Self::Charge => "Charge",
        }
    }
}

/// A documented error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    pub code: &'static str,
    /// HTTP-like. Where the page gives none it is unconfirmed, and 400, or 403 for what concerns permission, stands in.
    pub status: u16,
    /// The one step that it can answer; `None` for both.
    pub step: Option<Step>,
}

const fn both(code: &'static str, status: u16) -> ErrorCode {
    ErrorCode { code, status, step: None }
}

const fn setup(code: &'static str, status: u16) -> ErrorCode {
    ErrorCode { code, status, step: Some(Step::Setup) }
}

const fn charge(code: &'static str, status: u16) -> ErrorCode {
    ErrorCode { code, status, step: Some(Step::Charge) }
}

/// Every code of section 9, and the sandbox's own of section 14.
pub const ERROR_CODES: [ErrorCode; 32] = [
    // Spoken by Amazon Pay itself.
    both("UnsupportedClientPlatform", 403),
    setup("InvalidShippingAddress", 400),
    both("InvalidAccountStatus", 403),
    both("InvalidMerchantAccountStatus", 403),
    both("RequestThrottled", 429),
    charge("InvalidPaymentMethod", 400),
    // Permission.
    both("ACCESS_DENIED", 403),
    both("ACCESS_NOT_REQUESTED", 403),
    both("FORBIDDEN", 403),
    both("MissingPermissionsToAccessResource", 403),
    both("VoicePurchaseNotEnabled", 403),
    // Integration.
    both("BuyerEqualsSeller", 400),
    both("InvalidParameterValue", 400),
    setup("InvalidSandboxCustomerEmail", 400),
    both("InvalidSellerId", 400),
    both("UnauthorizedAccess", 403),
    setup("UnsupportedCountryOfEstablishment", 400),
    both("UnsupportedCurrency", 400),
    both("ReleaseEnvironmentNotAllowed", 400),
    setup("InvalidBillingAgreementType", 400),
    setup("InvalidSubscriptionAmount", 400),
    both("MissingSkillManifestData", 400),
    // Runtime.
    charge("DuplicateRequest", 400),
    both("InternalServerError", 500),
    both("ServiceUnavailable", 503),
    charge("InvalidAuthorizationAmount", 400),
    charge("InvalidBillingAgreementId", 400),
    charge("InvalidBillingAgreementStatus", 400),
    charge("InvalidPaymentAction", 400),
    charge("PeriodicAmountExceeded", 400),
    both("ProviderNotAuthorized", 403),
    charge("InvalidSandboxSimulationSpecified", 400),
];

/// A refusal by Amazon Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayError {
    pub code: &'static str,
    pub status: u16,
    pub message: String,
}

impl PayError {
    /// A refusal with a documented code.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = ERROR_CODES.iter().find(|known| known.code == code).map_or(400, |known| known.status);
        Self { code, status, message: message.into() }
    }

    /// The payload of the answer: `{errorCode, errorMessage}`.
    #[must_use]
    pub fn payload(&self) -> Value {
        json!({ "errorCode": self.code, "errorMessage": self.message })
    }
}
