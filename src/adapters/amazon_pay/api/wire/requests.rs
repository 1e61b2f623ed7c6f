//! What we ask. Everything that Amazon would refuse is found before it is sent.

use serde::Serialize;

use super::{ObjectId, Price};
use crate::adapters::amazon_pay::call::unfit::{Problem, Problems, SOFT_DESCRIPTOR_MAX, TEXT_MAX, Unfit};
use crate::domain::money::{Currency, Money};
use crate::domain::place::Address;

/// A body that can be sent.
pub trait Body: Serialize + Sync {
    /// Everything that Amazon Pay would not take.
    fn check(&self) -> Vec<Unfit>;
}

/// POST `checkoutSessions`, and the payload of a button (5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCheckoutSession {
    pub store_id: String,
    pub web_checkout_details: WebCheckoutDetails,
    pub charge_permission_type: ChargePermissionType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_on_file_metadata: Option<PaymentMethodOnFileMetadata>,
    /// Only to change the payment method of this saved wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_permission_id: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_details: Option<PaymentDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_metadata: Option<MerchantMetadata>,
    /// Where the goods go, at the end of a checkout that has asked for it already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_details: Option<AddressDetails>,
}

/// An address that the merchant knows (5.2). Which parts Amazon insists on, no collected page says.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressDetails {
    pub name: String,
    pub address_line1: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line3: Option<String>,
    pub city: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district_or_county: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_or_region: Option<String>,
    pub postal_code: String,
    pub country_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
}

impl AddressDetails {
    /// The address in Amazon's words; `None` when it lacks what every address has.
    #[must_use]
    pub fn of(address: &Address) -> Option<Self> {
        let mut lines = address.lines.iter().cloned();
        Some(Self {
            name: address.name.clone()?,
            address_line1: lines.next()?,
            address_line2: lines.next(),
            address_line3: lines.next(),
            city: address.city.clone()?,
            district_or_county: address.district.clone(),
            state_or_region: address.region.clone(),
            postal_code: address.postal_code.clone()?,
            country_code: address.country.clone()?,
            phone_number: address.phone.clone(),
        })
    }
}

impl std::fmt::Debug for AddressDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressDetails([redacted])")
    }
}

/// Where the buyer's browser goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebCheckoutDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_review_return_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_result_return_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_cancel_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_mode: Option<CheckoutMode>,
}

/// How far Amazon's page goes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CheckoutMode {
    /// The order is complete before the button is pressed: there is nothing to be looked at afterwards.
    ProcessOrder,
}

/// What the buyer consents to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum ChargePermissionType {
    #[default]
    OneTime,
    /// Saved Wallet.
    PaymentMethodOnFile,
}

/// Whether a wallet is saved without a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentMethodOnFileMetadata {
    pub setup_only: bool,
}

/// What the session is to come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetails {
    pub payment_intent: PaymentIntent,
    pub can_handle_pending_authorization: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_amount: Option<Price>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_descriptor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PaymentIntent {
    /// A permission, and no charge yet.
    Confirm,
    Authorize,
    AuthorizeWithCapture,
}

/// Words for the merchant's and the buyer's papers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_reference_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_store_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_to_buyer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_information: Option<String>,
}

/// PATCH `checkoutSessions/{id}` (5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCheckoutSession {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_checkout_details: Option<WebCheckoutDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_details: Option<PaymentDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_metadata: Option<MerchantMetadata>,
}

/// POST `checkoutSessions/{id}/complete` (5.3). A wallet that is only set up has no amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteCheckoutSession {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_amount: Option<Price>,
}

/// PATCH `chargePermissions/{id}` (5.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateChargePermission {
    pub merchant_metadata: MerchantMetadata,
}

/// DELETE `chargePermissions/{id}/close` (5.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CloseChargePermission {
    pub closure_reason: String,
    pub cancel_pending_charges: bool,
}

/// POST `charges` (5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCharge {
    pub charge_permission_id: ObjectId,
    pub charge_amount: Price,
    pub capture_now: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_descriptor: Option<String>,
    pub can_handle_pending_authorization: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_metadata: Option<MerchantMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_id: Option<String>,
    /// Saved Wallet only, like the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_initiator: Option<ChargeInitiator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// Who starts a charge, and whether it was agreed to beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChargeInitiator {
    /// The customer, unscheduled.
    Citu,
    /// The merchant, unscheduled.
    Mitu,
    /// The customer, recurring.
    Citr,
    /// The merchant, recurring.
    Mitr,
}

/// Where the buyer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Channel {
    Web,
    Phone,
    App,
    Alexa,
}

/// POST `charges/{id}/capture` (5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaptureCharge {
    pub capture_amount: Price,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_descriptor: Option<String>,
}

/// DELETE `charges/{id}/cancel` (5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelCharge {
    pub cancellation_reason: String,
}

/// POST `refunds` (5.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRefund {
    pub charge_id: ObjectId,
    pub refund_amount: Price,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_descriptor: Option<String>,
}

const STORE_NAME_MAX: usize = 50;
const CLOSURE_REASON_MAX: usize = 255;

/// The most that one charge may be, in major units (5.1).
const fn charge_max(currency: Currency) -> i64 {
    match currency {
        Currency::Eur | Currency::Gbp | Currency::Usd => 150_000,
        Currency::Jpy => 10_000_000,
    }
}

impl Problems {
    fn price(&mut self, field: &'static str, price: Option<Price>) {
        let Some(Price(money)) = price else { return };
        let most = Money::new(charge_max(money.currency()) * 10_i64.pow(money.currency().decimals()), money.currency());
        self.require(field, (1..=most.minor()).contains(&money.minor()), Problem::Amount);
    }

    fn pages(&mut self, details: &WebCheckoutDetails) {
        self.address("checkoutReviewReturnUrl", details.checkout_review_return_url.as_ref());
        self.address("checkoutResultReturnUrl", details.checkout_result_return_url.as_ref());
        self.address("checkoutCancelUrl", details.checkout_cancel_url.as_ref());
    }

    fn descriptor(&mut self, text: Option<&String>, captures: bool) {
        self.text("softDescriptor", text, SOFT_DESCRIPTOR_MAX);
        self.require("softDescriptor", text.is_none() || captures, Problem::WithoutCapture);
    }

    fn payment(&mut self, details: &PaymentDetails) {
        let PaymentDetails { payment_intent, can_handle_pending_authorization: _, charge_amount, soft_descriptor } = details;
        self.price("chargeAmount", *charge_amount);
        self.descriptor(soft_descriptor.as_ref(), *payment_intent == PaymentIntent::AuthorizeWithCapture);
    }

    fn metadata(&mut self, metadata: &MerchantMetadata) {
        let MerchantMetadata { merchant_reference_id, merchant_store_name, note_to_buyer, custom_information } = metadata;
        self.text("merchantReferenceId", merchant_reference_id.as_ref(), TEXT_MAX);
        self.text("merchantStoreName", merchant_store_name.as_ref(), STORE_NAME_MAX);
        self.text("noteToBuyer", note_to_buyer.as_ref(), TEXT_MAX);
        self.text("customInformation", custom_information.as_ref(), TEXT_MAX);
    }
}

impl Body for CreateCheckoutSession {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.text("storeId", Some(&self.store_id), TEXT_MAX);
        problems.pages(&self.web_checkout_details);
        let WebCheckoutDetails { checkout_review_return_url: review, checkout_result_return_url: result, .. } = &self.web_checkout_details;
        problems.require("webCheckoutDetails", review.is_some() || result.is_some(), Problem::Missing);
        let on_file = self.charge_permission_type == ChargePermissionType::PaymentMethodOnFile;
        problems.require(
            "paymentMethodOnFileMetadata",
            on_file == self.payment_method_on_file_metadata.is_some(),
            if on_file { Problem::Missing } else { Problem::WithoutWallet },
        );
        if let Some(details) = &self.payment_details {
            problems.payment(details);
            let setup_only = self.payment_method_on_file_metadata.is_some_and(|metadata| metadata.setup_only);
            let nothing_due = details.payment_intent == PaymentIntent::Confirm && details.charge_amount.is_none();
            problems.require("paymentDetails", !setup_only || nothing_due, Problem::SetupOnly);
        }
        let priced = self.payment_details.as_ref().is_some_and(|details| details.charge_amount.is_some());
        let at_once = self.web_checkout_details.checkout_mode == Some(CheckoutMode::ProcessOrder);
        problems.require("paymentDetails", !at_once || priced, Problem::Missing);
        problems.require("addressDetails", at_once || self.address_details.is_none(), Problem::WithoutMode);
        self.merchant_metadata.iter().for_each(|metadata| problems.metadata(metadata));
        problems.into_list()
    }
}

impl Body for UpdateCheckoutSession {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        self.web_checkout_details.iter().for_each(|details| problems.pages(details));
        self.payment_details.iter().for_each(|details| problems.payment(details));
        self.merchant_metadata.iter().for_each(|metadata| problems.metadata(metadata));
        problems.into_list()
    }
}

impl Body for CompleteCheckoutSession {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.price("chargeAmount", self.charge_amount);
        problems.into_list()
    }
}

impl Body for UpdateChargePermission {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.metadata(&self.merchant_metadata);
        problems.into_list()
    }
}

impl Body for CloseChargePermission {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.text("closureReason", Some(&self.closure_reason), CLOSURE_REASON_MAX);
        problems.into_list()
    }
}

impl Body for CreateCharge {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.price("chargeAmount", Some(self.charge_amount));
        problems.descriptor(self.soft_descriptor.as_ref(), self.capture_now);
        self.merchant_metadata.iter().for_each(|metadata| problems.metadata(metadata));
        problems.text("platformId", self.platform_id.as_ref(), TEXT_MAX);
        problems.into_list()
    }
}

impl Body for CaptureCharge {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.price("captureAmount", Some(self.capture_amount));
        problems.descriptor(self.soft_descriptor.as_ref(), true);
        problems.into_list()
    }
}

impl Body for CancelCharge {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.text("cancellationReason", Some(&self.cancellation_reason), TEXT_MAX);
        problems.into_list()
    }
}

impl Body for CreateRefund {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.price("refundAmount", Some(self.refund_amount));
        problems.text("softDescriptor", self.soft_descriptor.as_ref(), SOFT_DESCRIPTOR_MAX);
        problems.into_list()
    }
}
