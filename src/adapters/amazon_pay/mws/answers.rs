//! What Amazon answers (section 5). Almost anything may be missing; only an object's own id must be there, or it is no answer.

mod agreements;

use super::xml::Element;
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::authorization::{Told, Unreadable};
use crate::domain::ids::AmazonId;
use crate::domain::money::Money;
use crate::domain::order::Outcome;
use crate::domain::payment::Names;
use crate::domain::time::Time;

pub use agreements::{AgreementReason, AgreementState, BillingAgreement, OrderReason, OrderReference, OrderState, Validation};

/// What an answer can hold.
pub trait Read: Sized {
    /// Reads it from the result's element; `None` when it is not there.
    fn read(result: Element<'_>) -> Option<Self>;
}

/// That it was done is all that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done;

impl Read for Done {
    fn read(_result: Element<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// A reason; some answers write `None` where there is none.
fn reason(status: Option<Element<'_>>) -> Option<&str> {
    status?.text("ReasonCode").filter(|reason| *reason != "None")
}

/// An authorization: of an agreement, of an order, or looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    pub id: ObjectId,
    /// The id of ours under which it was asked for.
    pub reference: Option<String>,
    /// What became of the money, in the order machine's own words.
    pub outcome: Outcome,
    pub amount: Option<Money>,
    pub captured: Option<Money>,
    pub captures: Vec<ObjectId>,
    /// The order that was made for it, when it was asked of an agreement.
    pub order: Option<ObjectId>,
    pub expires: Option<Time>,
}

impl Read for Authorization {
    fn read(result: Element<'_>) -> Option<Self> {
        let details = result.child("AuthorizationDetails")?;
        let status = details.child("AuthorizationStatus");
        let (id, order, captures) = (details.id("AmazonAuthorizationId")?, result.id("AmazonOrderReferenceId"), details.ids("IdList"));
        let named = |id: Option<&ObjectId>| id.and_then(|id| AmazonId::parse(id.as_str()).ok());
        // An amount that is there and cannot be read is not the same as none.
        let amount = |name: &str| match (details.child(name), details.money(name)) {
            (Some(_), None) => Err(Unreadable),
            (_, money) => Ok(money),
        };
        let told = Told {
            state: status.and_then(|status| status.text("State")),
            reason: reason(status),
            soft_decline: details.flag("SoftDecline") == Some(true),
            authorized: amount("AuthorizationAmount"),
            captured: captured(details, amount("CapturedAmount")),
            names: Names {
                order_reference: named(order.as_ref()),
                authorization: named(Some(&id)),
                capture: named(captures.first()),
                consent: None,
            },
        };
        Some(Self {
            outcome: told.outcome(),
            id,
            reference: details.shown("AuthorizationReferenceId"),
            amount: details.money("AuthorizationAmount"),
            captured: details.money("CapturedAmount"),
            captures,
            order,
            expires: details.moment("ExpirationTimestamp"),
        })
    }
}

/// Amazon's samples of the answer that captures at once name a capture and still an amount of nothing: a later look has the amount. So
/// with a capture named, nothing means "not known yet".
fn captured(details: Element<'_>, told: Result<Option<Money>, Unreadable>) -> Result<Option<Money>, Unreadable> {
    let done = reason(details.child("AuthorizationStatus")) == Some("MaxCapturesProcessed") && !details.ids("IdList").is_empty();
    told.map(|told| told.filter(|captured| captured.minor() > 0 || !done))
}

names! {
    /// Section 7.
    CaptureState { Pending, Declined, Completed, Closed }
}

names! {
    /// Why a capture was declined or closed (section 7).
    CaptureReason { AmazonRejected, ProcessingFailure, MaxAmountRefunded, MaxRefundsProcessed, AmazonClosed }
}

/// Money that was taken, or is about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub id: ObjectId,
    pub reference: Option<String>,
    pub state: CaptureState,
    pub reason: Option<CaptureReason>,
    pub amount: Option<Money>,
    pub refunded: Option<Money>,
}

impl Read for Capture {
    fn read(result: Element<'_>) -> Option<Self> {
        let details = result.child("CaptureDetails")?;
        let status = details.child("CaptureStatus");
        Some(Self {
            id: details.id("AmazonCaptureId")?,
            reference: details.shown("CaptureReferenceId"),
            state: CaptureState::read(status.and_then(|status| status.text("State")).unwrap_or_default()),
            reason: reason(status).map(CaptureReason::read),
            amount: details.money("CaptureAmount"),
            refunded: details.money("RefundedAmount"),
        })
    }
}

names! {
    /// Section 7.
    RefundState { Pending, Declined, Completed }
}

names! {
    /// Why a refund was declined (section 7).
    RefundReason { AmazonRejected, ProcessingFailure }
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: ObjectId,
    pub reference: Option<String>,
    pub state: RefundState,
    pub reason: Option<RefundReason>,
    pub amount: Option<Money>,
}

impl Read for Refund {
    fn read(result: Element<'_>) -> Option<Self> {
        let details = result.child("RefundDetails")?;
        let status = details.child("RefundStatus");
        Some(Self {
            id: details.id("AmazonRefundId")?,
            reference: details.shown("RefundReferenceId"),
            state: RefundState::read(status.and_then(|status| status.text("State")).unwrap_or_default()),
            reason: reason(status).map(RefundReason::read),
            amount: details.money("RefundAmount"),
        })
    }
}

/// How the service is, by its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus {
    /// `GREEN`, `GREEN_I` with something to tell, `YELLOW` or `RED`.
    pub status: String,
    pub at: Option<Time>,
}

impl Read for ServiceStatus {
    fn read(result: Element<'_>) -> Option<Self> {
        Some(Self { status: result.shown("Status")?, at: result.moment("Timestamp") })
    }
}

/// Where notifications go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriptions(pub Vec<Subscription>);

/// An address, and what is sent there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub url: String,
    pub events: Vec<String>,
}

impl Read for Subscriptions {
    fn read(result: Element<'_>) -> Option<Self> {
        let subscription = |member: Element<'_>| {
            let lists = member.child("EventTypes").into_iter().flat_map(|types| types.children("member")).filter_map(Element::own_text);
            // One element may hold several, with commas.
            let events = lists.flat_map(|list| list.split(',')).map(|event| event.trim().to_owned());
            Some(Subscription { url: member.owned("NotificationUrl")?, events: events.collect() })
        };
        let members = result.child("NotificationConfigurationList")?.children("member");
        Some(Self(members.filter_map(subscription).collect()))
    }
}

#[cfg(test)]
mod tests;
