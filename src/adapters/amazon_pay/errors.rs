//! The error codes of Setup and Charge, and what each means for the buyer and for the money
//! (`reference/alexa-amazon-pay.md`, section 9).

use std::fmt;

use crate::adapters::json::clipped;
use crate::domain::dialog::Trouble;
use crate::domain::order::{Hindrance, Outcome};

const UNKNOWN_LEN_MAX: usize = 64;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// What Amazon Pay says went wrong.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A code that this version does not know: 64 characters of it at most, printable.
            Unknown(String),
        }

        impl ErrorCode {
            /// Every code that is known.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// Amazon's spelling.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown(code) => code,
                }
            }
        }
    };
}

codes! {
    // Amazon Pay speaks these itself.
    UnsupportedClientPlatform = "UnsupportedClientPlatform",
    InvalidShippingAddress = "InvalidShippingAddress",
    InvalidAccountStatus = "InvalidAccountStatus",
    /// The Japanese page's name for [`Self::InvalidAccountStatus`].
    InvalidMerchantAccountStatus = "InvalidMerchantAccountStatus",
    RequestThrottled = "RequestThrottled",
    InvalidPaymentMethod = "InvalidPaymentMethod",
    // Permission.
    AccessDenied = "ACCESS_DENIED",
    AccessNotRequested = "ACCESS_NOT_REQUESTED",
    Forbidden = "FORBIDDEN",
    MissingPermissionsToAccessResource = "MissingPermissionsToAccessResource",
    VoicePurchaseNotEnabled = "VoicePurchaseNotEnabled",
    // Integration: to be mended before launch.
    BuyerEqualsSeller = "BuyerEqualsSeller",
    InvalidParameterValue = "InvalidParameterValue",
    InvalidSandboxCustomerEmail = "InvalidSandboxCustomerEmail",
    /// Of the merchant API, for a simulation that does not exist (section 14).
    InvalidSandboxSimulationSpecified = "InvalidSandboxSimulationSpecified",
    InvalidSellerId = "InvalidSellerId",
    UnauthorizedAccess = "UnauthorizedAccess",
    UnsupportedCountryOfEstablishment = "UnsupportedCountryOfEstablishment",
    UnsupportedCurrency = "UnsupportedCurrency",
    ReleaseEnvironmentNotAllowed = "ReleaseEnvironmentNotAllowed",
    InvalidBillingAgreementType = "InvalidBillingAgreementType",
    InvalidSubscriptionAmount = "InvalidSubscriptionAmount",
    MissingSkillManifestData = "MissingSkillManifestData",
    // Before a charge can happen.
    DuplicateRequest = "DuplicateRequest",
    InternalServerError = "InternalServerError",
    ServiceUnavailable = "ServiceUnavailable",
    InvalidAuthorizationAmount = "InvalidAuthorizationAmount",
    InvalidBillingAgreementId = "InvalidBillingAgreementId",
    InvalidBillingAgreementStatus = "InvalidBillingAgreementStatus",
    InvalidPaymentAction = "InvalidPaymentAction",
    PeriodicAmountExceeded = "PeriodicAmountExceeded",
    ProviderNotAuthorized = "ProviderNotAuthorized",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ErrorCode {
    /// Reads a code; in any case of letters, because Amazon's own pages mix them.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let known = Self::KNOWN.iter().find(|code| code.as_str().eq_ignore_ascii_case(text));
        known.cloned().unwrap_or_else(|| {
            let printable: String = text.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { '_' }).collect();
            Self::Unknown(clipped(&printable, UNKNOWN_LEN_MAX).to_owned())
        })
    }

    /// What the buyer has to be told.
    #[must_use]
    pub const fn trouble(&self) -> Trouble {
        match self {
            Self::UnsupportedClientPlatform
            | Self::InvalidShippingAddress
            | Self::InvalidAccountStatus
            | Self::InvalidMerchantAccountStatus
            | Self::RequestThrottled
            | Self::InvalidPaymentMethod => Trouble::Spoken,
            Self::AccessDenied | Self::AccessNotRequested | Self::Forbidden | Self::MissingPermissionsToAccessResource => {
                Trouble::Permission
            }
            Self::VoicePurchaseNotEnabled => Trouble::VoicePurchaseOff,
            Self::InternalServerError | Self::ServiceUnavailable => Trouble::Later,
            Self::InvalidBillingAgreementId | Self::InvalidBillingAgreementStatus => Trouble::Agreement,
            Self::PeriodicAmountExceeded => Trouble::MonthlyLimit,
            Self::BuyerEqualsSeller
            | Self::InvalidParameterValue
            | Self::InvalidSandboxCustomerEmail
            | Self::InvalidSandboxSimulationSpecified
            | Self::InvalidSellerId
            | Self::UnauthorizedAccess
            | Self::UnsupportedCountryOfEstablishment
            | Self::UnsupportedCurrency
            | Self::ReleaseEnvironmentNotAllowed
            | Self::InvalidBillingAgreementType
            | Self::InvalidSubscriptionAmount
            | Self::MissingSkillManifestData
            | Self::DuplicateRequest
            | Self::InvalidAuthorizationAmount
            | Self::InvalidPaymentAction
            | Self::ProviderNotAuthorized
            | Self::Unknown(_) => Trouble::Shop,
        }
    }

    /// What it says of a charge that was answered with it and this HTTP-like status. Whatever leaves a doubt is unclear: a charge
    /// that was not tried may be tried under a new id, and if it was tried after all the buyer pays twice.
    #[must_use]
    pub fn outcome(&self, status: u16) -> Outcome {
        if !(400..500).contains(&status) {
            return Outcome::Unclear;
        }
        match self {
            // The same reference id was used before, with other parameters: the earlier request may have charged.
            Self::DuplicateRequest | Self::InternalServerError | Self::ServiceUnavailable | Self::Unknown(_) => Outcome::Unclear,
            Self::UnsupportedClientPlatform
            | Self::InvalidShippingAddress
            | Self::InvalidAccountStatus
            | Self::InvalidMerchantAccountStatus
            | Self::RequestThrottled
            | Self::AccessDenied
            | Self::AccessNotRequested
            | Self::Forbidden
            | Self::MissingPermissionsToAccessResource
            | Self::VoicePurchaseNotEnabled
            | Self::BuyerEqualsSeller
            | Self::InvalidParameterValue
            | Self::InvalidSandboxCustomerEmail
            | Self::InvalidSandboxSimulationSpecified
            | Self::InvalidSellerId
            | Self::UnauthorizedAccess
            | Self::UnsupportedCountryOfEstablishment
            | Self::UnsupportedCurrency
            | Self::ReleaseEnvironmentNotAllowed
            | Self::InvalidBillingAgreementType
            | Self::InvalidSubscriptionAmount
            | Self::MissingSkillManifestData
            | Self::InvalidAuthorizationAmount
            | Self::InvalidPaymentAction
            | Self::PeriodicAmountExceeded
            | Self::ProviderNotAuthorized => Outcome::NotTried { because: Hindrance::Request },
            // As an error it means that the agreement is suspended already, and says nothing about an attempt (section 9).
            Self::InvalidPaymentMethod | Self::InvalidBillingAgreementId | Self::InvalidBillingAgreementStatus => {
                Outcome::NotTried { because: Hindrance::Agreement }
            }
        }
    }

    /// Whether staff must look: the merchant's account or set-up is at fault, or nobody knows what is.
    #[must_use]
    pub const fn alarms(&self) -> bool {
        match self.trouble() {
            Trouble::Shop => true,
            Trouble::Spoken => matches!(self, Self::InvalidAccountStatus | Self::InvalidMerchantAccountStatus),
            Trouble::Permission | Trouble::VoicePurchaseOff | Trouble::Later | Trouble::Agreement | Trouble::MonthlyLimit => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_whatever_their_case() {
        for code in ErrorCode::KNOWN {
            assert_eq!(ErrorCode::read(code.as_str()), *code);
            assert_eq!(ErrorCode::read(&format!(" {} ", code.as_str().to_lowercase())), *code);
        }
        assert_eq!(ErrorCode::read("Strange\nthing"), ErrorCode::Unknown("Strange_thing".to_owned()));
        assert_eq!(ErrorCode::read(&"é".repeat(500)).as_str().len(), UNKNOWN_LEN_MAX);
    }

    #[test]
    fn only_a_client_error_that_names_its_reason_was_certainly_not_tried() {
        for code in ErrorCode::KNOWN {
            for status in [0, 100, 200, 302, 500, 503, 600, u16::MAX] {
                assert_eq!(code.outcome(status), Outcome::Unclear, "{code} {status}");
            }
        }
        for doubtful in ["DuplicateRequest", "InternalServerError", "ServiceUnavailable", "", "SomethingNew"] {
            assert_eq!(ErrorCode::read(doubtful).outcome(400), Outcome::Unclear, "{doubtful}");
        }
        assert_eq!(ErrorCode::InvalidBillingAgreementStatus.outcome(400), Outcome::NotTried { because: Hindrance::Agreement });
        assert_eq!(ErrorCode::InvalidPaymentMethod.outcome(400), Outcome::NotTried { because: Hindrance::Agreement });
    }

    #[test]
    fn buyers_hear_no_second_explanation_of_what_amazon_pay_speaks() {
        for code in
            ["UnsupportedClientPlatform", "InvalidShippingAddress", "InvalidAccountStatus", "RequestThrottled", "InvalidPaymentMethod"]
        {
            assert_eq!(ErrorCode::read(code).trouble(), Trouble::Spoken, "{code}");
        }
        assert!(ErrorCode::InvalidAccountStatus.alarms());
        assert!(!ErrorCode::RequestThrottled.alarms());
        assert!(ErrorCode::read("SomethingNew").alarms());
    }
}
