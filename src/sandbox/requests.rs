//! The bodies of the operations (5.2 to 5.8), and what they ask of the account.

use serde_json::{Value, json};

use super::fields::{Field, Shape, check, may, needed, price_at};
use super::operation::Operation;
use crate::adapters::amazon_pay::api::wire::trackers::CarrierCode;
use crate::domain::money::Money;
use crate::simulator::amazon_pay::account::{Asked, Intent, Kind, Refusal, Terms};

/// Of texts without a documented length this is the least that one of their kind has (unconfirmed).
const TEXT_MAX: usize = 255;
const SOFT_DESCRIPTOR: Shape = Shape::Text(16);
const ID: Shape = Shape::Text(64);

const MERCHANT_METADATA: Shape = Shape::Object(&[
    may("merchantReferenceId", Shape::Text(TEXT_MAX)),
    may("merchantStoreName", Shape::Text(50)),
    may("noteToBuyer", Shape::Text(TEXT_MAX)),
    may("customInformation", Shape::Text(TEXT_MAX)),
]);

const PROVIDER_METADATA: Shape = Shape::Object(&[may("providerReferenceId", Shape::Text(TEXT_MAX))]);

const WEB_CHECKOUT_DETAILS: Shape = Shape::Object(&[
    may("checkoutReviewReturnUrl", Shape::Address),
    may("checkoutResultReturnUrl", Shape::Address),
    may("checkoutCancelUrl", Shape::Address),
    may("checkoutMode", Shape::OneOf(&["ProcessOrder"])),
]);

const RECURRING_METADATA: Shape = Shape::Object(&[
    needed(
        "frequency",
        Shape::Object(&[needed("unit", Shape::OneOf(&["Year", "Month", "Week", "Day", "Variable"])), needed("value", Shape::Count)]),
    ),
    may("amount", Shape::Price),
]);

const INTENT: Shape = Shape::OneOf(&["Confirm", "Authorize", "AuthorizeWithCapture"]);

const PAYMENT_DETAILS: Shape = Shape::Object(&[
    may("paymentIntent", INTENT),
    may("canHandlePendingAuthorization", Shape::Flag),
    may("chargeAmount", Shape::Price),
    may("totalOrderAmount", Shape::Price),
    may("presentmentCurrency", Shape::Text(3)),
    may("softDescriptor", SOFT_DESCRIPTOR),
    may("allowOvercharge", Shape::Flag),
    may("extendExpiration", Shape::Flag),
    may("estimateOrderTotal", Shape::Price),
]);

pub const SCOPES: Shape = Shape::OneOf(&["name", "email", "postalCode", "shippingAddress", "phoneNumber", "primeStatus", "billingAddress"]);

/// The names of Amazon's own clients; those of other addresses are taken, too (unconfirmed).
const ADDRESS_DETAILS: Shape = Shape::Object(&[
    may("name", Shape::Text(TEXT_MAX)),
    may("addressLine1", Shape::Text(TEXT_MAX)),
    may("addressLine2", Shape::Text(TEXT_MAX)),
    may("addressLine3", Shape::Text(TEXT_MAX)),
    may("city", Shape::Text(TEXT_MAX)),
    may("districtOrCounty", Shape::Text(TEXT_MAX)),
    may("county", Shape::Text(TEXT_MAX)),
    may("district", Shape::Text(TEXT_MAX)),
    may("stateOrRegion", Shape::Text(TEXT_MAX)),
    may("postalCode", Shape::Text(TEXT_MAX)),
    may("countryCode", Shape::Text(2)),
    may("phoneNumber", Shape::Text(TEXT_MAX)),
]);

const CREATE_SESSION: &[Field] = &[
    needed("storeId", Shape::Text(TEXT_MAX)),
    needed("webCheckoutDetails", WEB_CHECKOUT_DETAILS),
    may("chargePermissionType", Shape::OneOf(&["OneTime", "Recurring", "PaymentMethodOnFile"])),
    may("recurringMetadata", RECURRING_METADATA),
    may("paymentMethodOnFileMetadata", Shape::Object(&[needed("setupOnly", Shape::Flag)])),
    may("chargePermissionId", ID),
    may("paymentDetails", PAYMENT_DETAILS),
    may("merchantMetadata", MERCHANT_METADATA),
    may("scopes", Shape::List(&SCOPES)),
    may("deliverySpecifications", Shape::Anything),
    may("addressDetails", ADDRESS_DETAILS),
    may("platformId", Shape::Text(TEXT_MAX)),
    may("providerMetadata", PROVIDER_METADATA),
    may("supplementaryData", Shape::Anything),
    may("multiAddressesCheckoutMetadata", Shape::Anything),
];

const UPDATE_SESSION: &[Field] = &[
    may("webCheckoutDetails", WEB_CHECKOUT_DETAILS),
    may("recurringMetadata", RECURRING_METADATA),
    may("paymentDetails", PAYMENT_DETAILS),
    may("merchantMetadata", MERCHANT_METADATA),
    may("platformId", Shape::Text(TEXT_MAX)),
    may("providerMetadata", PROVIDER_METADATA),
    may("supplementaryData", Shape::Anything),
    may("multiAddressesCheckoutMetadata", Shape::Anything),
];

const CREATE_CHARGE: &[Field] = &[
    needed("chargePermissionId", ID),
    needed("chargeAmount", Shape::Price),
    may("captureNow", Shape::Flag),
    may("softDescriptor", SOFT_DESCRIPTOR),
    may("canHandlePendingAuthorization", Shape::Flag),
    may("merchantMetadata", MERCHANT_METADATA),
    may("providerMetadata", PROVIDER_METADATA),
    may("platformId", Shape::Text(TEXT_MAX)),
    may("chargeInitiator", Shape::OneOf(&["CITU", "MITU", "CITR", "MITR"])),
    may("channel", Shape::OneOf(&["Web", "Phone", "App", "Alexa", "PointOfSale", "FireTv", "Offline", "Amazon"])),
    may("webCheckoutDetails", WEB_CHECKOUT_DETAILS),
];

const DELIVERY: Shape = Shape::Object(&[needed("trackingNumber", Shape::Text(TEXT_MAX)), needed("carrierCode", Shape::Text(TEXT_MAX))]);

const ADDRESS: Shape = Shape::Object(&[
    may("name", Shape::Text(TEXT_MAX)),
    may("addressLine1", Shape::Text(TEXT_MAX)),
    may("addressLine2", Shape::Text(TEXT_MAX)),
    may("addressLine3", Shape::Text(TEXT_MAX)),
    may("city", Shape::Text(TEXT_MAX)),
    may("county", Shape::Text(TEXT_MAX)),
    may("district", Shape::Text(TEXT_MAX)),
    may("stateOrRegion", Shape::Text(TEXT_MAX)),
    may("postalCode", Shape::Text(TEXT_MAX)),
    may("countryCode", Shape::Text(2)),
    may("phoneNumber", Shape::Text(TEXT_MAX)),
]);

/// As Amazon's client for Node.js documents it; the reference has no more than its path.
const FINALIZE_SESSION: &[Field] = &[
    may("shippingAddress", ADDRESS),
    may("billingAddress", ADDRESS),
    needed("chargeAmount", Shape::Price),
    may("totalOrderAmount", Shape::Price),
    needed("paymentIntent", INTENT),
    may("canHandlePendingAuthorization", Shape::Flag),
];

const COMPLETE_SESSION: &[Field] = &[may("chargeAmount", Shape::Price), may("totalOrderAmount", Shape::Price)];

const UPDATE_PERMISSION: &[Field] = &[may("merchantMetadata", MERCHANT_METADATA), may("recurringMetadata", RECURRING_METADATA)];

const CLOSE_PERMISSION: &[Field] = &[needed("closureReason", Shape::Text(255)), may("cancelPendingCharges", Shape::Flag)];

const CAPTURE: &[Field] = &[needed("captureAmount", Shape::Price), may("softDescriptor", SOFT_DESCRIPTOR)];

const CANCEL_CHARGE: &[Field] = &[needed("cancellationReason", Shape::Text(TEXT_MAX))];

const CREATE_REFUND: &[Field] = &[needed("chargeId", ID), needed("refundAmount", Shape::Price), may("softDescriptor", SOFT_DESCRIPTOR)];

const CREATE_TRACKER: &[Field] =
    &[may("amazonOrderReferenceId", ID), may("chargePermissionId", ID), needed("deliveryDetails", Shape::List(&DELIVERY))];

impl Operation {
    /// The fields of its body; `None` for what has none.
    #[must_use]
    pub const fn fields(self) -> Option<&'static [Field]> {
        match self {
            Self::CreateCheckoutSession => Some(CREATE_SESSION),
            Self::UpdateCheckoutSession => Some(UPDATE_SESSION),
            Self::CompleteCheckoutSession => Some(COMPLETE_SESSION),
            Self::FinalizeCheckoutSession => Some(FINALIZE_SESSION),
            Self::UpdateChargePermission => Some(UPDATE_PERMISSION),
            Self::CloseChargePermission => Some(CLOSE_PERMISSION),
            Self::CreateCharge => Some(CREATE_CHARGE),
            Self::CaptureCharge => Some(CAPTURE),
            Self::CancelCharge => Some(CANCEL_CHARGE),
            Self::CreateRefund => Some(CREATE_REFUND),
            Self::CreateDeliveryTracker => Some(CREATE_TRACKER),
            Self::GetCheckoutSession | Self::GetChargePermission | Self::GetCharge | Self::GetRefund | Self::GetBuyer => None,
        }
    }
}

/// Reads the body of an operation.
///
/// # Errors
/// The documented refusal for the first rule that it breaks.
pub fn body(operation: Operation, bytes: &[u8]) -> Result<Value, Refusal> {
    let Some(fields) = operation.fields() else {
        // GET bodies are empty (section 2).
        let empty = bytes.is_empty();
        return if empty { Ok(Value::Null) } else { Err(Refusal::new("InvalidRequestFormat", "a GET request has no body")) };
    };
    let body =
        serde_json::from_slice(bytes).map_err(|error| Refusal::new("InvalidRequestFormat", format!("the body is not JSON: {error}")))?;
    check(&body, fields, "")?;
    Ok(body)
}

fn combination(message: &str) -> Refusal {
    Refusal::new("InvalidParameterCombination", message)
}

fn flag(body: &Value, pointer: &str) -> bool {
    body.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

fn text(body: &Value, pointer: &str) -> Option<String> {
    body.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// What a session's body comes to.
///
/// # Errors
/// `MissingParameterValue` or `InvalidParameterCombination` for fields that do not go together.
pub fn terms(body: &Value) -> Result<Terms, Refusal> {
    let kind = match body["chargePermissionType"].as_str() {
        Some("Recurring") => Kind::Recurring,
        Some("PaymentMethodOnFile") => Kind::PaymentMethodOnFile,
        Some(_) | None => Kind::OneTime,
    };
    let there = |pointer: &str| body.pointer(pointer).is_some_and(|value| !value.is_null());
    let missing = |name: &str| Refusal::new("MissingParameterValue", format!("the value for {name} is missing"));
    match kind {
        Kind::Recurring if !there("/recurringMetadata") => return Err(missing("recurringMetadata")),
        Kind::PaymentMethodOnFile if !there("/paymentMethodOnFileMetadata") => return Err(missing("paymentMethodOnFileMetadata")),
        Kind::OneTime | Kind::PaymentMethodOnFile | Kind::BillingAgreement if there("/recurringMetadata") => {
            return Err(combination("recurringMetadata goes only with chargePermissionType Recurring"));
        }
        Kind::OneTime | Kind::Recurring | Kind::BillingAgreement if there("/paymentMethodOnFileMetadata") => {
            return Err(combination("paymentMethodOnFileMetadata goes only with chargePermissionType PaymentMethodOnFile"));
        }
        Kind::OneTime | Kind::Recurring | Kind::PaymentMethodOnFile | Kind::BillingAgreement => {}
    }
    if !there("/webCheckoutDetails/checkoutReviewReturnUrl") && !there("/webCheckoutDetails/checkoutResultReturnUrl") {
        return Err(missing("webCheckoutDetails.checkoutReviewReturnUrl"));
    }
    let intent = match body.pointer("/paymentDetails/paymentIntent").and_then(Value::as_str) {
        Some("Authorize") => Some(Intent::Authorize),
        Some("AuthorizeWithCapture") => Some(Intent::AuthorizeWithCapture),
        Some(_) => Some(Intent::Confirm),
        None => None,
    };
    let captures = intent == Some(Intent::AuthorizeWithCapture);
    if there("/paymentDetails/softDescriptor") && !captures {
        return Err(combination("softDescriptor goes only with paymentIntent AuthorizeWithCapture"));
    }
    let can_handle_pending = flag(body, "/paymentDetails/canHandlePendingAuthorization");
    let setup_only = flag(body, "/paymentMethodOnFileMetadata/setupOnly");
    let amount = price_at(body, "/paymentDetails/chargeAmount");
    if setup_only && (amount.is_some() || !matches!(intent, None | Some(Intent::Confirm)) || can_handle_pending) {
        return Err(combination("setupOnly goes with paymentIntent Confirm, without an amount, and without pending authorizations"));
    }
    if text(body, "/chargePermissionId").is_some() && !setup_only {
        return Err(combination("chargePermissionId only changes the payment method of a saved wallet: set setupOnly"));
    }
    let total = price_at(body, "/paymentDetails/totalOrderAmount");
    if let (Some(amount), Some(total)) = (amount, total) {
        if amount.currency() != total.currency() {
            return Err(Refusal::new("CurrencyMismatch", "chargeAmount and totalOrderAmount are in two currencies"));
        }
        if total.minor() < amount.minor() {
            return Err(combination("totalOrderAmount is less than chargeAmount"));
        }
    }
    Ok(Terms {
        kind,
        setup_only,
        intent,
        can_handle_pending,
        amount,
        total,
        extend_expiration: flag(body, "/paymentDetails/extendExpiration"),
        has_result_url: there("/webCheckoutDetails/checkoutResultReturnUrl"),
    })
}

/// A session's body after a change: what is not named stays.
#[must_use]
pub fn changed(mut before: Value, change: Value) -> Value {
    merge(&mut before, change);
    before
}

/// A session's body with what the merchant's own page has settled.
#[must_use]
pub fn finalized(before: Value, settled: &Value) -> Value {
    let names = ["chargeAmount", "totalOrderAmount", "paymentIntent", "canHandlePendingAuthorization"];
    let payment: serde_json::Map<_, _> = names.into_iter().map(|name| (name.to_owned(), settled[name].clone())).collect();
    changed(before, json!({ "paymentDetails": payment }))
}

fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (name, value) in change {
                // A price is one value: half of an old one would be another price.
                if value.get("currencyCode").is_some() {
                    into.insert(name, value);
                } else {
                    merge(into.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (_, Value::Null) => {}
        (into, change) => *into = change,
    }
}

/// What Create Charge asks.
///
/// # Errors
/// `InvalidParameterCombination`.
pub fn charge(body: &Value, amount: Money) -> Result<Asked, Refusal> {
    let capture_now = flag(body, "/captureNow");
    let soft_descriptor = text(body, "/softDescriptor");
    if soft_descriptor.is_some() && !capture_now {
        return Err(combination("softDescriptor goes only with captureNow"));
    }
    let told = ["merchantMetadata", "providerMetadata", "platformId", "chargeInitiator", "channel"];
    Ok(Asked {
        permission: text(body, "/chargePermissionId").unwrap_or_default(),
        amount,
        capture_now,
        can_handle_pending: flag(body, "/canHandlePendingAuthorization"),
        soft_descriptor,
        told: told.into_iter().map(|name| (name.to_owned(), body[name].clone())).collect::<serde_json::Map<_, _>>().into(),
    })
}

/// What a tracker says, or why it cannot.
///
/// # Errors
/// `InvalidParameterValue` unless one order and at least one delivery is named, by a carrier that Amazon knows. The lists of carriers that
/// are known differ (5.8).
pub fn tracker(body: &Value, strict: bool) -> Result<Value, Refusal> {
    let orders = ["amazonOrderReferenceId", "chargePermissionId"];
    let named = orders.iter().filter(|name| body[**name].is_string()).count();
    let some = body["deliveryDetails"].as_array().is_some_and(|all| !all.is_empty());
    if named != 1 || !some {
        return Err(Refusal::new("InvalidParameterValue", "name one amazonOrderReferenceId or chargePermissionId, and a delivery"));
    }
    let mut carriers = body["deliveryDetails"].as_array().into_iter().flatten().filter_map(|one| one["carrierCode"].as_str());
    // The code itself, in capitals.
    let known = |code: &str| CarrierCode::parse(code).is_ok_and(|known| known.as_str() == code);
    if let Some(code) = carriers.find(|code| strict && !known(code)) {
        return Err(Refusal::new("InvalidParameterValue", format!("{code} is the code of no carrier")));
    }
    Ok(json!({
        "amazonOrderReferenceId": body["amazonOrderReferenceId"], "chargePermissionId": body["chargePermissionId"],
        "deliveryDetails": body["deliveryDetails"],
    }))
}

/// The numbers of the parcels that a tracker tells of.
pub fn tracking_numbers(body: &Value) -> Vec<String> {
    let all = body["deliveryDetails"].as_array().into_iter().flatten();
    all.filter_map(|one| one["trackingNumber"].as_str()).map(str::to_owned).collect()
}
