//! What we ask about agreements and the money that is charged under them (section 3).
//!
//! A charge, capture or refund is named by an id of ours. Amazon does what has such a name once, so a repetition is no second charge.

use super::action::Action;
use super::answers::{Authorization, BillingAgreement, Capture, Done, Refund, ServiceStatus, Subscriptions, Validation};
use super::sheet::{Request, Sheet};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::call::unfit::{SOFT_DESCRIPTOR_MAX, TEXT_MAX};
use crate::adapters::amazon_pay::lwa::AccessToken;
use crate::domain::ids::AttemptId;
use crate::domain::money::Money;

pub(super) const NOTE_MAX: usize = 255;
pub(super) const REASON_MAX: usize = 1_024;
/// The lengths that the Alexa pages give for the same fields.
const SELLER_NOTE_MAX: usize = 1_024;
const STORE_NAME_MAX: usize = 50;
const CUSTOM_INFORMATION_MAX: usize = 1_024;

/// What opens the buyer's data before the buyer has confirmed. Amazon takes only one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    AddressConsentToken(AccessToken),
    AccessToken(AccessToken),
}

impl Consent {
    pub(super) fn write(consent: Option<&Self>, sheet: &mut Sheet) {
        match consent {
            Some(Self::AddressConsentToken(token)) => sheet.put("AddressConsentToken", token.secret()),
            Some(Self::AccessToken(token)) => sheet.put("AccessToken", token.secret()),
            None => {}
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetBillingAgreementDetails {
    pub agreement: ObjectId,
    pub consent: Option<Consent>,
}

impl Request for GetBillingAgreementDetails {
    type Answer = BillingAgreement;
    const ACTION: Action = Action::GetBillingAgreementDetails;

    fn write(&self, sheet: &mut Sheet) {
        sheet.id("AmazonBillingAgreementId", &self.agreement);
        Consent::write(self.consent.as_ref(), sheet);
    }
}

/// Who begins the purchases under an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementType {
    CustomerInitiatedTransaction,
    /// A subscription, with what each charge of it comes to if that is always the same.
    MerchantInitiatedTransaction {
        subscription: Option<Money>,
    },
}

/// What the merchant says of an agreement, as long as it is a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBillingAgreementDetails {
    pub agreement: ObjectId,
    pub platform: Option<String>,
    pub note: Option<String>,
    pub reference: Option<String>,
    pub store_name: Option<String>,
    pub custom_information: Option<String>,
    pub kind: Option<AgreementType>,
}

impl Request for SetBillingAgreementDetails {
    type Answer = BillingAgreement;
    const ACTION: Action = Action::SetBillingAgreementDetails;

    fn write(&self, sheet: &mut Sheet) {
        let Self { agreement, platform, note, reference, store_name, custom_information, kind } = self;
        sheet.id("AmazonBillingAgreementId", agreement);
        sheet.text("BillingAgreementAttributes.PlatformId", platform.as_ref(), TEXT_MAX);
        sheet.text("BillingAgreementAttributes.SellerNote", note.as_ref(), SELLER_NOTE_MAX);
        let name = "BillingAgreementAttributes.SellerBillingAgreementAttributes.SellerBillingAgreementId";
        sheet.text(name, reference.as_ref(), TEXT_MAX);
        let name = "BillingAgreementAttributes.SellerBillingAgreementAttributes.StoreName";
        sheet.text(name, store_name.as_ref(), STORE_NAME_MAX);
        let name = "BillingAgreementAttributes.SellerBillingAgreementAttributes.CustomInformation";
        sheet.text(name, custom_information.as_ref(), CUSTOM_INFORMATION_MAX);
        let name = "BillingAgreementAttributes.BillingAgreementType";
        match kind {
            Some(AgreementType::CustomerInitiatedTransaction) => sheet.put(name, "CustomerInitiatedTransaction"),
            Some(AgreementType::MerchantInitiatedTransaction { subscription }) => {
                sheet.put(name, "MerchantInitiatedTransaction");
                sheet.money("BillingAgreementAttributes.SubscriptionAmount", *subscription);
            }
            None => {}
        }
    }
}

/// Where the buyer goes when a bank wants to see the buyer (section 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPages {
    pub success: String,
    pub failure: String,
}

impl ReturnPages {
    pub(super) fn write(pages: Option<&Self>, sheet: &mut Sheet) {
        sheet.address("SuccessUrl", pages.map(|pages| &pages.success));
        sheet.address("FailureUrl", pages.map(|pages| &pages.failure));
    }
}

/// Makes a draft an open agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmBillingAgreement {
    pub agreement: ObjectId,
    pub pages: Option<ReturnPages>,
}

impl Request for ConfirmBillingAgreement {
    type Answer = Done;
    const ACTION: Action = Action::ConfirmBillingAgreement;

    fn write(&self, sheet: &mut Sheet) {
        sheet.id("AmazonBillingAgreementId", &self.agreement);
        ReturnPages::write(self.pages.as_ref(), sheet);
    }
}

/// Asks whether the payment method works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateBillingAgreement {
    pub agreement: ObjectId,
}

impl Request for ValidateBillingAgreement {
    type Answer = Validation;
    const ACTION: Action = Action::ValidateBillingAgreement;

    fn write(&self, sheet: &mut Sheet) {
        sheet.id("AmazonBillingAgreementId", &self.agreement);
    }
}

/// What every authorization has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationTerms {
    pub key: AttemptId,
    pub amount: Money,
    pub capture_now: bool,
    /// In minutes, for Amazon to decide; 0 for an answer at once, which a conversation needs (section 4).
    pub timeout_min: u32,
    pub soft_descriptor: Option<String>,
    /// In the sandbox, also what is to be simulated (section 10).
    pub note: Option<String>,
}

impl AuthorizationTerms {
    pub(super) fn write(&self, sheet: &mut Sheet) {
        let Self { key, amount, capture_now, timeout_min, soft_descriptor, note } = self;
        sheet.put("AuthorizationReferenceId", key.as_str());
        sheet.money("AuthorizationAmount", Some(*amount));
        sheet.flag("CaptureNow", Some(*capture_now));
        sheet.put("TransactionTimeout", &timeout_min.to_string());
        sheet.text("SoftDescriptor", soft_descriptor.as_ref(), SOFT_DESCRIPTOR_MAX);
        sheet.text("SellerAuthorizationNote", note.as_ref(), NOTE_MAX);
    }
}

/// What the merchant says of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderAttributes {
    pub order_id: Option<String>,
    pub store_name: Option<String>,
    pub custom_information: Option<String>,
}

/// The names under which attributes go.
pub(super) struct AttributeNames {
    pub order_id: &'static str,
    pub store_name: &'static str,
    pub custom_information: &'static str,
}

impl OrderAttributes {
    pub(super) fn write(&self, names: &AttributeNames, sheet: &mut Sheet) {
        let Self { order_id, store_name, custom_information } = self;
        sheet.text(names.order_id, order_id.as_ref(), TEXT_MAX);
        sheet.text(names.store_name, store_name.as_ref(), STORE_NAME_MAX);
        sheet.text(names.custom_information, custom_information.as_ref(), CUSTOM_INFORMATION_MAX);
    }
}

/// Charges, or holds, under an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeOnBillingAgreement {
    pub agreement: ObjectId,
    pub terms: AuthorizationTerms,
    /// Amazon's default is true.
    pub inherit_shipping_address: Option<bool>,
    pub seller_note: Option<String>,
    pub platform: Option<String>,
    pub attributes: OrderAttributes,
}

impl Request for AuthorizeOnBillingAgreement {
    type Answer = Authorization;
    const ACTION: Action = Action::AuthorizeOnBillingAgreement;

    fn write(&self, sheet: &mut Sheet) {
        let Self { agreement, terms, inherit_shipping_address, seller_note, platform, attributes } = self;
        sheet.id("AmazonBillingAgreementId", agreement);
        terms.write(sheet);
        sheet.flag("InheritShippingAddress", *inherit_shipping_address);
        sheet.text("SellerNote", seller_note.as_ref(), SELLER_NOTE_MAX);
        sheet.text("PlatformId", platform.as_ref(), TEXT_MAX);
        let names = AttributeNames {
            order_id: "SellerOrderAttributes.SellerOrderId",
            store_name: "SellerOrderAttributes.StoreName",
            custom_information: "SellerOrderAttributes.CustomInformation",
        };
        attributes.write(&names, sheet);
    }
}

/// An object that is looked at by its id.
macro_rules! looks {
    ($($(#[$doc:meta])* $name:ident($parameter:literal) -> $answer:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub ObjectId);

        impl Request for $name {
            type Answer = $answer;
            const ACTION: Action = Action::$name;

            fn write(&self, sheet: &mut Sheet) {
                sheet.id($parameter, &self.0);
            }
        }
    )*};
}

looks! {
    GetAuthorizationDetails("AmazonAuthorizationId") -> Authorization;
    GetCaptureDetails("AmazonCaptureId") -> Capture;
    GetRefundDetails("AmazonRefundId") -> Refund;
}

/// An object that is ended for a reason.
macro_rules! endings {
    ($($(#[$doc:meta])* $name:ident($parameter:literal, $reason:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            pub id: ObjectId,
            pub reason: Option<String>,
        }

        impl Request for $name {
            type Answer = Done;
            const ACTION: Action = Action::$name;

            fn write(&self, sheet: &mut Sheet) {
                sheet.id($parameter, &self.id);
                sheet.text($reason, self.reason.as_ref(), REASON_MAX);
            }
        }
    )*};
}

endings! {
    /// No more authorizations; what is authorized may still be captured.
    CloseBillingAgreement("AmazonBillingAgreementId", "ClosureReason");
    /// Gives back what is held.
    CloseAuthorization("AmazonAuthorizationId", "ClosureReason");
    /// Gives back what is held, and ends the order.
    CancelOrderReference("AmazonOrderReferenceId", "CancelationReason");
    CloseOrderReference("AmazonOrderReferenceId", "ClosureReason");
}

/// Takes what is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureHeld {
    pub authorization: ObjectId,
    pub key: AttemptId,
    pub amount: Money,
    pub soft_descriptor: Option<String>,
    pub note: Option<String>,
}

impl Request for CaptureHeld {
    type Answer = Capture;
    const ACTION: Action = Action::Capture;

    fn write(&self, sheet: &mut Sheet) {
        let Self { authorization, key, amount, soft_descriptor, note } = self;
        sheet.id("AmazonAuthorizationId", authorization);
        sheet.put("CaptureReferenceId", key.as_str());
        sheet.money("CaptureAmount", Some(*amount));
        sheet.text("SoftDescriptor", soft_descriptor.as_ref(), SOFT_DESCRIPTOR_MAX);
        sheet.text("SellerCaptureNote", note.as_ref(), NOTE_MAX);
    }
}

/// Gives back what was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundCaptured {
    pub capture: ObjectId,
    pub key: AttemptId,
    pub amount: Money,
    pub soft_descriptor: Option<String>,
    pub note: Option<String>,
}

impl Request for RefundCaptured {
    type Answer = Refund;
    const ACTION: Action = Action::Refund;

    fn write(&self, sheet: &mut Sheet) {
        let Self { capture, key, amount, soft_descriptor, note } = self;
        sheet.id("AmazonCaptureId", capture);
        sheet.put("RefundReferenceId", key.as_str());
        sheet.money("RefundAmount", Some(*amount));
        sheet.text("SoftDescriptor", soft_descriptor.as_ref(), SOFT_DESCRIPTOR_MAX);
        sheet.text("SellerRefundNote", note.as_ref(), NOTE_MAX);
    }
}

/// Asks how the service itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetServiceStatus;

impl Request for GetServiceStatus {
    type Answer = ServiceStatus;
    const ACTION: Action = Action::GetServiceStatus;

    fn write(&self, _sheet: &mut Sheet) {}
}

/// Asks where notifications go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetMerchantNotificationConfiguration;

impl Request for GetMerchantNotificationConfiguration {
    type Answer = Subscriptions;
    const ACTION: Action = Action::GetMerchantNotificationConfiguration;

    fn write(&self, _sheet: &mut Sheet) {}
}
