//! The operations, their limits, and which simulations each takes (sections 5, 9 and 11).

use crate::adapters::amazon_pay::api::place::Environment;
use crate::simulator::amazon_pay::account::Refusal;

/// What can be asked (section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    CreateCheckoutSession,
    GetCheckoutSession,
    UpdateCheckoutSession,
    CompleteCheckoutSession,
    FinalizeCheckoutSession,
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
    pub const ALL: [Self; 16] = [
        Self::CreateCheckoutSession,
        Self::GetCheckoutSession,
        Self::UpdateCheckoutSession,
        Self::CompleteCheckoutSession,
        Self::FinalizeCheckoutSession,
        Self::GetChargePermission,
        Self::UpdateChargePermission,
        Self::CloseChargePermission,
        Self::CreateCharge,
        Self::GetCharge,
        Self::CaptureCharge,
        Self::CancelCharge,
        Self::CreateRefund,
        Self::GetRefund,
        Self::GetBuyer,
        Self::CreateDeliveryTracker,
    ];

    /// As the pages name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateCheckoutSession => "Create Checkout Session",
            Self::GetCheckoutSession => "Get Checkout Session",
            Self::UpdateCheckoutSession => "Update Checkout Session",
            Self::CompleteCheckoutSession => "Complete Checkout Session",
            Self::FinalizeCheckoutSession => "Finalize Checkout Session",
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

    /// The operation behind a method and the parts of a resource, and the id in it.
    ///
    /// # Errors
    /// `UnsupportedOperation` for a resource that has no such method, `ResourceNotFound` for what is none.
    pub fn of<'p>(method: &str, resource: &[&'p str]) -> Result<(Self, &'p str), Refusal> {
        let found = match (method, resource) {
            ("POST", ["checkoutSessions"]) => (Self::CreateCheckoutSession, ""),
            ("GET", ["checkoutSessions", id]) => (Self::GetCheckoutSession, *id),
            ("PATCH", ["checkoutSessions", id]) => (Self::UpdateCheckoutSession, *id),
            ("POST", ["checkoutSessions", id, "complete"]) => (Self::CompleteCheckoutSession, *id),
            ("POST", ["checkoutSessions", id, "finalize"]) => (Self::FinalizeCheckoutSession, *id),
            ("GET", ["chargePermissions", id]) => (Self::GetChargePermission, *id),
            ("PATCH", ["chargePermissions", id]) => (Self::UpdateChargePermission, *id),
            ("DELETE", ["chargePermissions", id, "close"]) => (Self::CloseChargePermission, *id),
            ("POST", ["charges"]) => (Self::CreateCharge, ""),
            ("GET", ["charges", id]) => (Self::GetCharge, *id),
            ("POST", ["charges", id, "capture"]) => (Self::CaptureCharge, *id),
            ("DELETE", ["charges", id, "cancel"]) => (Self::CancelCharge, *id),
            ("POST", ["refunds"]) => (Self::CreateRefund, ""),
            ("GET", ["refunds", id]) => (Self::GetRefund, *id),
            ("GET", ["buyers", token]) => (Self::GetBuyer, *token),
            ("POST", ["deliveryTrackers"]) => (Self::CreateDeliveryTracker, ""),
            (_, ["checkoutSessions" | "chargePermissions" | "charges" | "refunds" | "buyers" | "deliveryTrackers", ..]) => {
                return Err(Refusal::new("UnsupportedOperation", format!("{method} is not for this resource")));
            }
            _ => return Err(Refusal::new("ResourceNotFound", "there is no such resource here")),
        };
        Ok(found)
    }

    /// How many calls at once, and how many more each second (section 9). `None` where the page gives no limit.
    #[must_use]
    pub const fn limit(self, environment: Environment) -> Option<(i64, i64)> {
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
            Self::FinalizeCheckoutSession | Self::GetBuyer => return None,
        };
        Some(match environment {
            Environment::Live => live,
            Environment::Sandbox => sandbox,
        })
    }

    /// The simulation codes that it takes (section 11).
    #[must_use]
    pub const fn simulations(self) -> &'static [&'static str] {
        match self {
            Self::CompleteCheckoutSession => &["BuyerCanceled", "AmazonCanceled", "Declined", "AuthorizationInitiated"],
            Self::CreateCharge => &["SoftDeclined", "HardDeclined", "AmazonRejected", "TransactionTimedOut", "CaptureInitiated"],
            Self::CaptureCharge => &["CaptureInitiated", "AmazonRejected"],
            Self::CloseChargePermission => &["AmazonClosed"],
            Self::CreateCheckoutSession
            | Self::GetCheckoutSession
            | Self::UpdateCheckoutSession
            | Self::FinalizeCheckoutSession
            | Self::GetChargePermission
            | Self::UpdateChargePermission
            | Self::GetCharge
            | Self::CancelCharge
            | Self::CreateRefund
            | Self::GetRefund
            | Self::GetBuyer
            | Self::CreateDeliveryTracker => &[],
        }
    }

    /// Whether a call without an idempotency key is refused. That keys are enforced is documented of POST; that their absence is
    /// refused is unconfirmed, and samples complete sessions and tell of deliveries without one (section 4).
    #[must_use]
    pub const fn needs_key(self) -> bool {
        matches!(self, Self::CreateCheckoutSession | Self::CreateCharge | Self::CaptureCharge | Self::CreateRefund)
    }

    /// Whether an answer is kept under the key: on every POST (section 4).
    #[must_use]
    pub const fn is_post(self) -> bool {
        matches!(
            self,
            Self::CreateCheckoutSession
                | Self::CompleteCheckoutSession
                | Self::FinalizeCheckoutSession
                | Self::CreateCharge
                | Self::CaptureCharge
                | Self::CreateRefund
                | Self::CreateDeliveryTracker
        )
    }
}
