//! What a buyer has agreed to. Names, mail and addresses in it have no Debug form.

use super::{Read, reason};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::mws::xml::Element;
use crate::adapters::amazon_pay::person::Person;
use crate::domain::money::Money;
use crate::domain::place::Address;
use crate::domain::time::Time;

names! {
    /// Section 7. Only `Open` may be charged.
    AgreementState { Draft, Open, Suspended, Canceled, Closed }
}

names! {
    /// Why an agreement cannot be charged (section 7).
    AgreementReason { InvalidPaymentMethod, Stale, AmazonCanceled, SellerClosed, BuyerClosed, AmazonClosed, Expired }
}

/// A billing agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingAgreement {
    pub id: ObjectId,
    pub state: AgreementState,
    pub reason: Option<AgreementReason>,
    pub consent: Option<bool>,
    /// What is still missing, as Amazon calls it.
    pub constraints: Vec<String>,
    pub destination: Option<Address>,
    pub buyer: Person,
    /// What may still be charged in this period.
    pub balance: Option<Money>,
    pub period_ends: Option<Time>,
    pub environment: Option<String>,
}

impl Read for BillingAgreement {
    fn read(result: Element<'_>) -> Option<Self> {
        let details = result.child("BillingAgreementDetails")?;
        let (status, limits) = (details.child("BillingAgreementStatus"), details.child("BillingAgreementLimits"));
        Some(Self {
            id: details.id("AmazonBillingAgreementId")?,
            state: AgreementState::read(status.and_then(|status| status.text("State")).unwrap_or_default()),
            reason: reason(status).map(AgreementReason::read),
            consent: details.flag("BillingAgreementConsent"),
            constraints: constraints(details),
            destination: destination(details),
            buyer: buyer(details),
            balance: limits.and_then(|limits| limits.money("CurrentRemainingBalance")),
            period_ends: limits.and_then(|limits| limits.moment("TimePeriodEndDate")),
            environment: details.shown("ReleaseEnvironment"),
        })
    }
}

/// Whether an agreement's payment method works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    pub works: bool,
    /// Why not, as Amazon calls it.
    pub failure: Option<String>,
    pub state: AgreementState,
    pub reason: Option<AgreementReason>,
}

impl Read for Validation {
    fn read(result: Element<'_>) -> Option<Self> {
        let status = result.child("BillingAgreementStatus");
        Some(Self {
            works: result.text("ValidationResult")? == "Success",
            failure: result.shown("FailureReasonCode"),
            state: AgreementState::read(status.and_then(|status| status.text("State")).unwrap_or_default()),
            reason: reason(status).map(AgreementReason::read),
        })
    }
}

names! {
    /// Section 7.
    OrderState { Draft, Open, Suspended, Canceled, Closed }
}

names! {
    /// Why an order reference is not open (section 7).
    OrderReason {
        InvalidPaymentMethod,
        SellerCanceled,
        Stale,
        AmazonCanceled,
        Expired,
        MaxAmountCharged,
        MaxAuthorizationsCaptured,
        AmazonClosed,
        SellerClosed,
    }
}

/// An order reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderReference {
    pub id: ObjectId,
    pub state: OrderState,
    pub reason: Option<OrderReason>,
    pub total: Option<Money>,
    pub constraints: Vec<String>,
    pub destination: Option<Address>,
    pub buyer: Person,
    pub authorizations: Vec<ObjectId>,
    /// The agreement that it was made under.
    pub agreement: Option<ObjectId>,
    /// The bank wants to see the buyer, which needs a browser.
    pub challenge_required: bool,
    pub environment: Option<String>,
    pub expires: Option<Time>,
}

impl Read for OrderReference {
    fn read(result: Element<'_>) -> Option<Self> {
        let details = result.child("OrderReferenceDetails")?;
        let status = details.child("OrderReferenceStatus");
        let authentication = details.child("PaymentAuthenticationStatus").and_then(|status| status.text("State"));
        Some(Self {
            id: details.id("AmazonOrderReferenceId")?,
            state: OrderState::read(status.and_then(|status| status.text("State")).unwrap_or_default()),
            reason: reason(status).map(OrderReason::read),
            total: details.money("OrderTotal"),
            constraints: constraints(details),
            destination: destination(details),
            buyer: buyer(details),
            authorizations: details.ids("IdList"),
            agreement: details.child("ParentDetails").and_then(|parent| parent.id("Id")),
            challenge_required: authentication.is_some_and(|state| state.eq_ignore_ascii_case("REQUIRED")),
            environment: details.shown("ReleaseEnvironment"),
            expires: details.moment("ExpirationTimestamp"),
        })
    }
}

fn constraints(details: Element<'_>) -> Vec<String> {
    let all = details.child("Constraints").into_iter().flat_map(|constraints| constraints.children("Constraint"));
    all.filter_map(|constraint| constraint.shown("ConstraintID")).collect()
}

fn buyer(details: Element<'_>) -> Person {
    details.child("Buyer").map_or_else(Person::default, |buyer| Person {
        name: buyer.owned("Name"),
        email: buyer.owned("Email"),
        phone: buyer.owned("Phone"),
    })
}

/// An address, if there is anything in it.
fn destination(details: Element<'_>) -> Option<Address> {
    let physical = details.child("Destination")?.child("PhysicalDestination")?;
    let address = Address {
        name: physical.owned("Name"),
        company: None,
        lines: ["AddressLine1", "AddressLine2", "AddressLine3"].into_iter().filter_map(|line| physical.owned(line)).collect(),
        city: physical.owned("City"),
        district: physical.owned("District").or_else(|| physical.owned("County")),
        region: physical.owned("StateOrRegion"),
        postal_code: physical.owned("PostalCode"),
        country: physical.owned("CountryCode"),
        phone: physical.owned("Phone"),
    };
    (address != Address::default()).then_some(address)
}
