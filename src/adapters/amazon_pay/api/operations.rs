//! What can be called, and how often (section 9).

use super::place::Environment;
use crate::adapters::amazon_pay::call::quota::Quota;

/// An operation of API v2 (section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    CreateCheckoutSession,
    GetCheckoutSession,
    UpdateCheckoutSession,
    CompleteCheckoutSession,
    GetChargePermission,
    UpdateChargePermission,
    CloseChargePermission,
    CreateCharge,
    GetCharge,
    CaptureCharge,
    CancelCharge,
    CreateRefund,
    GetRefund,
    GetBuyer,
    CreateDeliveryTracker,
}

impl Operation {
    /// As the reference's tables name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateCheckoutSession => "Create Checkout Session",
            Self::GetCheckoutSession => "Get Checkout Session",
            Self::UpdateCheckoutSession => "Update Checkout Session",
            Self::CompleteCheckoutSession => "Complete Checkout Session",
            Self::GetChargePermission => "Get Charge Permission",
            Self::UpdateChargePermission => "Update Charge Permission",
            Self::CloseChargePermission => "Close Charge Permission",
            Self::CreateCharge => "Create Charge",
            Self::GetCharge => "Get Charge",
            Self::CaptureCharge => "Capture Charge",
            Self::CancelCharge => "Cancel Charge",
            Self::CreateRefund => "Create Refund",
            Self::GetRefund => "Get Refund",
            Self::GetBuyer => "Get Buyer",
            Self::CreateDeliveryTracker => "Create Delivery Tracker",
        }
    }

    /// How many calls Amazon takes of a merchant; `None` where the table has no row. Japan's numbers are taken to be the others'.
    #[must_use]
    pub const fn quota(self, environment: Environment) -> Option<Quota> {
        let (live, sandbox) = match self {
            Self::CreateCheckoutSession => ((40, 16), (5, 1)),
            Self::GetCheckoutSession => ((40, 8), (10, 1)),
            Self::UpdateCheckoutSession => ((20, 8), (5, 1)),
            Self::CompleteCheckoutSession | Self::CaptureCharge => ((20, 4), (2, 1)),
            Self::GetChargePermission => ((20, 4), (10, 1)),
            Self::UpdateChargePermission => ((10, 2), (5, 1)),
            Self::CloseChargePermission | Self::CancelCharge => ((10, 2), (2, 1)),
            Self::CreateCharge | Self::CreateRefund => ((10, 4), (2, 1)),
            Self::GetCharge | Self::GetRefund => ((20, 4), (5, 1)),
            Self::CreateDeliveryTracker => ((10, 1), (1, 1)),
            Self::GetBuyer => return None,
        };
        let (burst, calls) = match environment {
            Environment::Live => live,
            Environment::Sandbox => sandbox,
        };
        Some(Quota::per_second(burst, calls))
    }
}
