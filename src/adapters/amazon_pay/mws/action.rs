//! What can be called, how often, and what calling it again does (sections 3, 6 and 9).

use crate::adapters::amazon_pay::api::place::Environment;
use crate::adapters::amazon_pay::call::failure::Again;
use crate::adapters::amazon_pay::call::quota::Quota;

/// The calls of this client, each spelled as the `Action` parameter has it.
macro_rules! actions {
    ($($name:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($name,)*
        }

        impl Action {
            /// As the `Action` parameter has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

actions! {
    GetBillingAgreementDetails,
    SetBillingAgreementDetails,
    ConfirmBillingAgreement,
    ValidateBillingAgreement,
    AuthorizeOnBillingAgreement,
    CloseBillingAgreement,
    GetAuthorizationDetails,
    CloseAuthorization,
    Capture,
    GetCaptureDetails,
    Refund,
    GetRefundDetails,
    CreateOrderReferenceForId,
    GetOrderReferenceDetails,
    SetOrderReferenceDetails,
    ConfirmOrderReference,
    CancelOrderReference,
    CloseOrderReference,
    Authorize,
    GetServiceStatus,
    GetMerchantNotificationConfiguration,
}

impl Action {
    /// How many calls Amazon takes; `None` where the table has no row.
    #[must_use]
    pub const fn quota(self, environment: Environment) -> Option<Quota> {
        let (live, sandbox) = match self {
            Self::Authorize
            | Self::AuthorizeOnBillingAgreement
            | Self::CancelOrderReference
            | Self::Capture
            | Self::CloseAuthorization
            | Self::CloseBillingAgreement
            | Self::CloseOrderReference
            | Self::ConfirmBillingAgreement
            | Self::ConfirmOrderReference
            | Self::CreateOrderReferenceForId
            | Self::Refund
            | Self::SetBillingAgreementDetails
            | Self::SetOrderReferenceDetails
            | Self::ValidateBillingAgreement => (Quota::per_second(10, 1), Quota::one_in(2, 2)),
            Self::GetAuthorizationDetails
            | Self::GetBillingAgreementDetails
            | Self::GetCaptureDetails
            | Self::GetOrderReferenceDetails
            | Self::GetRefundDetails => (Quota::per_second(20, 2), Quota::per_second(5, 1)),
            Self::GetServiceStatus => (Quota::one_in(2, 300), Quota::one_in(2, 300)),
            Self::GetMerchantNotificationConfiguration => return None,
        };
        Some(match environment {
            Environment::Live => live,
            Environment::Sandbox => sandbox,
        })
    }

    /// What moves money has a reference id, under which Amazon does it once. A new order reference has none, and would be a second one.
    #[must_use]
    pub const fn again(self) -> Again {
        match self {
            Self::CreateOrderReferenceForId => Again::Doubles,
            Self::GetBillingAgreementDetails
            | Self::SetBillingAgreementDetails
            | Self::ConfirmBillingAgreement
            | Self::ValidateBillingAgreement
            | Self::AuthorizeOnBillingAgreement
            | Self::CloseBillingAgreement
            | Self::GetAuthorizationDetails
            | Self::CloseAuthorization
            | Self::Capture
            | Self::GetCaptureDetails
            | Self::Refund
            | Self::GetRefundDetails
            | Self::GetOrderReferenceDetails
            | Self::SetOrderReferenceDetails
            | Self::ConfirmOrderReference
            | Self::CancelOrderReference
            | Self::CloseOrderReference
            | Self::Authorize
            | Self::GetServiceStatus
            | Self::GetMerchantNotificationConfiguration => Again::Harmless,
        }
    }
}
