//! What we ask about order references: purchases that the buyer confirms one by one, also under an agreement (section 3).

use super::action::Action;
use super::answers::{Authorization, Done, OrderReference};
use super::requests::{AttributeNames, AuthorizationTerms, Consent, OrderAttributes, ReturnPages};
use super::sheet::{Request, Sheet};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::call::unfit::TEXT_MAX;
use crate::domain::money::Money;

const SELLER_NOTE_MAX: usize = 1_024;

/// The terms of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderTerms {
    pub platform: Option<String>,
    pub note: Option<String>,
    pub attributes: OrderAttributes,
}

impl OrderTerms {
    fn write(&self, sheet: &mut Sheet) {
        let Self { platform, note, attributes } = self;
        sheet.text("OrderReferenceAttributes.PlatformId", platform.as_ref(), TEXT_MAX);
        sheet.text("OrderReferenceAttributes.SellerNote", note.as_ref(), SELLER_NOTE_MAX);
        let names = AttributeNames {
            order_id: "OrderReferenceAttributes.SellerOrderAttributes.SellerOrderId",
            store_name: "OrderReferenceAttributes.SellerOrderAttributes.StoreName",
            custom_information: "OrderReferenceAttributes.SellerOrderAttributes.CustomInformation",
        };
        attributes.write(&names, sheet);
    }
}

/// A purchase under an agreement that can still be shown to the buyer before it is confirmed. Amazon has no name of ours for it, so the
/// client does not repeat it when it may have been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateOrderReferenceForId {
    pub agreement: ObjectId,
    pub inherit_shipping_address: Option<bool>,
    pub confirm_now: bool,
    pub total: Option<Money>,
    pub terms: OrderTerms,
}

impl Request for CreateOrderReferenceForId {
    type Answer = OrderReference;
    const ACTION: Action = Action::CreateOrderReferenceForId;

    fn write(&self, sheet: &mut Sheet) {
        let Self { agreement, inherit_shipping_address, confirm_now, total, terms } = self;
        sheet.id("Id", agreement);
        sheet.put("IdType", "BillingAgreement");
        sheet.flag("InheritShippingAddress", *inherit_shipping_address);
        sheet.flag("ConfirmNow", Some(*confirm_now));
        sheet.money("OrderReferenceAttributes.OrderTotal", *total);
        terms.write(sheet);
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetOrderReferenceDetails {
    pub order: ObjectId,
    pub consent: Option<Consent>,
}

impl Request for GetOrderReferenceDetails {
    type Answer = OrderReference;
    const ACTION: Action = Action::GetOrderReferenceDetails;

    fn write(&self, sheet: &mut Sheet) {
        sheet.id("AmazonOrderReferenceId", &self.order);
        Consent::write(self.consent.as_ref(), sheet);
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetOrderReferenceDetails {
    pub order: ObjectId,
    pub total: Money,
    pub terms: OrderTerms,
    pub request_payment_authorization: Option<bool>,
}

impl Request for SetOrderReferenceDetails {
    type Answer = OrderReference;
    const ACTION: Action = Action::SetOrderReferenceDetails;

    fn write(&self, sheet: &mut Sheet) {
        let Self { order, total, terms, request_payment_authorization } = self;
        sheet.id("AmazonOrderReferenceId", order);
        sheet.money("OrderReferenceAttributes.OrderTotal", Some(*total));
        terms.write(sheet);
        let name = "OrderReferenceAttributes.RequestPaymentAuthorization";
        sheet.flag(name, *request_payment_authorization);
    }
}

/// What a bank is told before the buyer meets it (section 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub pages: ReturnPages,
    pub amount: Option<Money>,
    pub expect_immediate_authorization: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmOrderReference {
    pub order: ObjectId,
    pub challenge: Option<Challenge>,
}

impl Request for ConfirmOrderReference {
    type Answer = Done;
    const ACTION: Action = Action::ConfirmOrderReference;

    fn write(&self, sheet: &mut Sheet) {
        sheet.id("AmazonOrderReferenceId", &self.order);
        let Some(Challenge { pages, amount, expect_immediate_authorization }) = &self.challenge else { return };
        ReturnPages::write(Some(pages), sheet);
        sheet.money("AuthorizationAmount", *amount);
        sheet.flag("ExpectImmediateAuthorization", *expect_immediate_authorization);
    }
}

/// Charges, or holds, for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    pub order: ObjectId,
    pub terms: AuthorizationTerms,
}

impl Request for Authorize {
    type Answer = Authorization;
    const ACTION: Action = Action::Authorize;

    fn write(&self, sheet: &mut Sheet) {
        sheet.id("AmazonOrderReferenceId", &self.order);
        self.terms.write(sheet);
    }
}
