//! What Amazon answers. Almost any field may be null or missing; only the object's own id must be there, or it is no answer.
//! Of the buyer only that is read which a saved wallet needs.

use serde_json::Value;

use super::{ObjectId, moment, money};
use crate::adapters::amazon_pay::api::buyers::address;
use crate::adapters::json;
use crate::domain::ids::AmazonId;
use crate::domain::money::Money;
use crate::domain::place::Address;
use crate::domain::time::Time;

/// An object that an answer can hold.
pub trait Read: Sized {
    /// Reads it; `None` when it is not one.
    fn read(body: &Value) -> Option<Self>;
}

fn reference(body: &Value) -> Option<String> {
    json::text(&body["merchantMetadata"]["merchantReferenceId"]).map(str::to_owned)
}

names! {
    /// Section 6.
    SessionState { Open, Completed, Canceled }
}

names! {
    /// Why a session was canceled (section 6).
    SessionReason { BuyerCanceled, Expired, AmazonCanceled, Declined }
}

/// A checkout session (5.2).
#[derive(Clone, PartialEq, Eq)]
pub struct CheckoutSession {
    pub id: ObjectId,
    pub state: SessionState,
    pub reason: Option<SessionReason>,
    /// What is still missing, as Amazon calls it.
    pub constraints: Vec<String>,
    /// Where the buyer goes next.
    pub redirect_url: Option<String>,
    /// Where the merchant wants the buyer in the end.
    pub result_url: Option<String>,
    /// Both are there once it is completed; a set-up has no charge.
    pub charge_permission: Option<ObjectId>,
    pub charge: Option<ObjectId>,
    pub expires: Option<Time>,
    /// Where the merchant shows the buyer the total before.
    pub review_url: Option<String>,
    /// What is to be charged.
    pub amount: Option<Money>,
    /// What the merchant has called it.
    pub reference: Option<String>,
    /// Whose it is, once the buyer was there.
    pub buyer: Option<AmazonId>,
    pub shipping_address: Option<Address>,
}

/// The buyer is not shown.
impl std::fmt::Debug for CheckoutSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckoutSession")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("reason", &self.reason)
            .field("constraints", &self.constraints)
            .field("charge_permission", &self.charge_permission)
            .field("charge", &self.charge)
            .finish_non_exhaustive()
    }
}

impl Read for CheckoutSession {
    fn read(body: &Value) -> Option<Self> {
        let status = &body["statusDetails"];
        let constraints = body["constraints"].as_array().into_iter().flatten();
        Some(Self {
            id: ObjectId::read(&body["checkoutSessionId"])?,
            state: SessionState::read(json::text(&status["state"]).unwrap_or_default()),
            reason: json::text(&status["reasonCode"]).map(SessionReason::read),
            constraints: constraints.filter_map(|one| json::text(&one["constraintId"])).map(|id| json::printable(id, 64)).collect(),
            redirect_url: json::text(&body["webCheckoutDetails"]["amazonPayRedirectUrl"]).map(str::to_owned),
            result_url: json::text(&body["webCheckoutDetails"]["checkoutResultReturnUrl"]).map(str::to_owned),
            charge_permission: ObjectId::read(&body["chargePermissionId"]),
            charge: ObjectId::read(&body["chargeId"]),
            expires: moment(&body["expirationTimestamp"]),
            review_url: json::text(&body["webCheckoutDetails"]["checkoutReviewReturnUrl"]).map(str::to_owned),
            amount: money(&body["paymentDetails"]["chargeAmount"]),
            reference: reference(body),
            buyer: json::text(&body["buyer"]["buyerId"]).and_then(|id| AmazonId::parse(id).ok()),
            shipping_address: address(&body["shippingAddress"]),
        })
    }
}

names! {
    /// Section 6. Only `Chargeable` may be charged.
    PermissionState { Chargeable, NonChargeable, Closed }
}

names! {
    /// Why a permission cannot be charged (section 6).
    PermissionReason {
        PaymentMethodInvalid,
        PaymentMethodDeleted,
        BillingAddressDeleted,
        PaymentMethodExpired,
        PaymentMethodNotAllowed,
        PaymentMethodNotSet,
        ChargeInProgress,
        MFAFailed,
        TransactionAmountExceeded,
        AmountNotSet,
        MerchantClosed,
        MerchantCanceled,
        BuyerClosed,
        BuyerCanceled,
        AmazonClosed,
        AmazonCanceled,
        Expired,
    }
}

/// A charge permission (5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct ChargePermission {
    pub id: ObjectId,
    pub state: PermissionState,
    pub reasons: Vec<PermissionReason>,
    /// What is left of a permission for one order; a saved wallet has no such limit.
    pub balance: Option<Money>,
    pub expires: Option<Time>,
    /// What the merchant has called it.
    pub reference: Option<String>,
    /// Whose it is, while Amazon tells.
    pub buyer: Option<AmazonId>,
    pub email: Option<String>,
    pub shipping_address: Option<Address>,
}

/// The buyer's mail is not shown.
impl std::fmt::Debug for ChargePermission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChargePermission")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("reasons", &self.reasons)
            .finish_non_exhaustive()
    }
}

impl Read for ChargePermission {
    fn read(body: &Value) -> Option<Self> {
        let status = &body["statusDetails"];
        // A list here; elsewhere, and in older answers, one code.
        let listed = status["reasons"].as_array().into_iter().flatten().map(|one| &one["reasonCode"]);
        Some(Self {
            id: ObjectId::read(&body["chargePermissionId"])?,
            state: PermissionState::read(json::text(&status["state"]).unwrap_or_default()),
            reasons: listed.chain([&status["reasonCode"]]).filter_map(json::text).map(PermissionReason::read).collect(),
            balance: money(&body["limits"]["amountBalance"]),
            expires: moment(&body["expirationTimestamp"]),
            reference: reference(body),
            buyer: json::text(&body["buyer"]["buyerId"]).and_then(|id| AmazonId::parse(id).ok()),
            email: json::text(&body["buyer"]["email"]).map(str::to_owned),
            shipping_address: address(&body["shippingAddress"]),
        })
    }
}

names! {
    /// Section 6.
    ChargeState { AuthorizationInitiated, Authorized, CaptureInitiated, Captured, Declined, Canceled }
}

names! {
    /// Why a charge was declined or canceled (section 6).
    ChargeReason {
        SoftDeclined,
        HardDeclined,
        AmazonRejected,
        ProcessingFailure,
        TransactionTimedOut,
        ExpiredUnused,
        MerchantCanceled,
        BuyerCanceled,
        AmazonCanceled,
        ChargePermissionCanceled,
    }
}

/// A charge (5.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub id: ObjectId,
    pub charge_permission: Option<ObjectId>,
    pub state: ChargeState,
    pub reason: Option<ChargeReason>,
    pub amount: Option<Money>,
    pub captured: Option<Money>,
    pub refunded: Option<Money>,
    /// Where the buyer's bank wants to see the buyer, if it does.
    pub redirect_url: Option<String>,
    pub created: Option<Time>,
    pub expires: Option<Time>,
    /// What the merchant has called it.
    pub reference: Option<String>,
}

impl Read for Charge {
    fn read(body: &Value) -> Option<Self> {
        let status = &body["statusDetails"];
        Some(Self {
            id: ObjectId::read(&body["chargeId"])?,
            charge_permission: ObjectId::read(&body["chargePermissionId"]),
            state: ChargeState::read(json::text(&status["state"]).unwrap_or_default()),
            reason: json::text(&status["reasonCode"]).map(ChargeReason::read),
            amount: money(&body["chargeAmount"]),
            captured: money(&body["captureAmount"]),
            refunded: money(&body["refundedAmount"]),
            redirect_url: json::text(&body["webCheckoutDetails"]["amazonPayRedirectUrl"]).map(str::to_owned),
            created: moment(&body["creationTimestamp"]),
            expires: moment(&body["expirationTimestamp"]),
            reference: reference(body),
        })
    }
}

names! {
    /// Section 6.
    RefundState { RefundInitiated, Refunded, Declined }
}

names! {
    /// Why a refund was declined (section 6).
    RefundReason { AmazonRejected, ProcessingFailure }
}

/// A refund (5.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: ObjectId,
    pub charge: Option<ObjectId>,
    pub state: RefundState,
    pub reason: Option<RefundReason>,
    pub amount: Option<Money>,
}

impl Read for Refund {
    fn read(body: &Value) -> Option<Self> {
        let status = &body["statusDetails"];
        Some(Self {
            id: ObjectId::read(&body["refundId"])?,
            charge: ObjectId::read(&body["chargeId"]),
            state: RefundState::read(json::text(&status["state"]).unwrap_or_default()),
            reason: json::text(&status["reasonCode"]).map(RefundReason::read),
            amount: money(&body["refundAmount"]),
        })
    }
}
