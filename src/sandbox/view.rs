//! Answers in the shapes of the collected ones (`fixtures/amazon-pay/v2-responses`).

use serde_json::{Map, Value, json};

use crate::adapters::amazon_pay::api::wire::stamp;
use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::{Account, Charge, Kind, Permission, Refund, Session, Standing};
use crate::simulator::amazon_pay::{Buyer, buyer_id};

/// How long a permission shows who the buyer is: after its creation where it is for one order, after its end where it is for many (5.4).
const BUYER_SHOWN_DAYS: i64 = 30;

fn price(money: Money) -> Value {
    json!({ "amount": money.decimal(), "currencyCode": money.currency().code() })
}

fn moment(at: Time) -> Value {
    stamp(at).into()
}

fn environment(sandbox: bool) -> &'static str {
    if sandbox { "Sandbox" } else { "Live" }
}

fn status(state: &str, reason: Option<&str>, updated: Time) -> Value {
    json!({ "state": state, "reasonCode": reason, "reasonDescription": null, "lastUpdatedTimestamp": moment(updated) })
}

/// The fields of an object, each null unless the value has it.
fn with_nulls(value: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), value.get(name).cloned().unwrap_or_default())).collect::<Map<_, _>>().into()
}

const METADATA: [&str; 4] = ["merchantReferenceId", "merchantStoreName", "noteToBuyer", "customInformation"];

fn buyer(name: &str) -> Value {
    let known = Buyer::named(name).and_then(|buyer| buyer.destination());
    let known = known.unwrap_or_default();
    json!({
        "buyerId": buyer_id(name),
        "name": known.get("name").cloned().unwrap_or_else(|| name.into()),
        "email": format!("{name}@sandbox.example"),
        "phoneNumber": known.get("phone"),
        "primeMembershipTypes": null,
    })
}

const ADDRESS: [&str; 10] =
    ["name", "addressLine1", "addressLine2", "addressLine3", "city", "county", "district", "stateOrRegion", "postalCode", "countryCode"];

fn address(name: &str) -> Value {
    let Some(known) = Buyer::named(name).and_then(|buyer| buyer.destination()) else { return Value::Null };
    let mut shown = with_nulls(&known, &ADDRESS);
    shown["phoneNumber"] = known.get("phone").cloned().unwrap_or_default();
    shown
}

/// A buyer by the token that a sign-in page hands over (5.7).
#[must_use]
pub fn buyer_details(name: &str) -> Value {
    let mut shown = buyer(name);
    let address = address(name);
    shown["postalCode"] = address.get("postalCode").cloned().unwrap_or_default();
    shown["countryCode"] = address.get("countryCode").cloned().unwrap_or_default();
    shown["shippingAddress"] = address;
    shown["billingAddress"] = Value::Null;
    shown
}

/// A checkout session (5.2). `origin` is where the page for the buyer is.
#[must_use]
pub fn session(session: &Session, origin: &str) -> Value {
    let body = &session.body;
    let mut pages = with_nulls(
        body.get("webCheckoutDetails").unwrap_or(&Value::Null),
        &["checkoutReviewReturnUrl", "checkoutResultReturnUrl", "checkoutCancelUrl"],
    );
    // Amazon gives the address once nothing but the buyer is missing.
    let ready = session.constraints().iter().all(|(id, _)| *id == "BuyerNotAssociated");
    pages["amazonPayRedirectUrl"] =
        if ready { format!("{origin}/checkout?amazonCheckoutSessionId={}", session.id).into() } else { Value::Null };
    let mut payment = with_nulls(
        body.get("paymentDetails").unwrap_or(&Value::Null),
        &[
            "paymentIntent",
            "chargeAmount",
            "totalOrderAmount",
            "softDescriptor",
            "presentmentCurrency",
            "allowOvercharge",
            "extendExpiration",
        ],
    );
    payment["canHandlePendingAuthorization"] = session.terms.can_handle_pending.into();
    let who = session.buyer.as_deref();
    // At the end of a checkout the merchant has said where it goes.
    let said = body.get("addressDetails").filter(|said| !said.is_null()).map(|said| {
        let mut shown = with_nulls(said, &ADDRESS);
        shown["phoneNumber"] = said.get("phoneNumber").cloned().unwrap_or_default();
        shown
    });
    let shipping = who.map(|who| said.unwrap_or_else(|| address(who)));
    let constraints: Vec<Value> =
        session.constraints().into_iter().map(|(id, description)| json!({ "constraintId": id, "description": description })).collect();
    json!({
        "checkoutSessionId": session.id,
        "webCheckoutDetails": pages,
        "productType": "PayAndShip",
        "paymentDetails": payment,
        "chargePermissionType": session.terms.kind.code(),
        "recurringMetadata": body.get("recurringMetadata"),
        "paymentMethodOnFileMetadata": body.get("paymentMethodOnFileMetadata"),
        "merchantMetadata": with_nulls(body.get("merchantMetadata").unwrap_or(&Value::Null), &METADATA),
        "supplementaryData": body.get("supplementaryData"),
        "buyer": who.map(buyer),
        "billingAddress": who.map(address),
        "paymentPreferences": [{ "paymentDescriptor": who.map(|_| "Your selected Amazon payment method") }],
        "statusDetails": status(session.state_name(), session.reason(), session.updated),
        "shippingAddress": shipping,
        "platformId": body.get("platformId"),
        "chargePermissionId": session.permission,
        "chargeId": session.charge,
        "constraints": constraints,
        "creationTimestamp": moment(session.created),
        "expirationTimestamp": moment(session.expires()),
        "storeId": body.get("storeId"),
        "providerMetadata": with_nulls(body.get("providerMetadata").unwrap_or(&Value::Null), &["providerReferenceId"]),
        "releaseEnvironment": environment(session.sandbox),
        "checkoutButtonText": null,
        "deliverySpecifications": body.get("deliverySpecifications"),
    })
}

/// The answer to Complete, in which almost every field is null (5.3).
#[must_use]
pub fn completed(held: &Session, origin: &str) -> Value {
    let mut shown = session(held, origin);
    let kept = [
        "checkoutSessionId",
        "statusDetails",
        "chargePermissionId",
        "chargeId",
        "creationTimestamp",
        "expirationTimestamp",
        "releaseEnvironment",
    ];
    if let Some(fields) = shown.as_object_mut() {
        fields.iter_mut().filter(|(name, _)| !kept.contains(&name.as_str())).for_each(|(_, value)| *value = Value::Null);
    }
    shown
}

/// A charge permission (5.4).
#[must_use]
pub fn permission(account: &Account, held: &Permission, now: Time) -> Value {
    let since = match (held.kind, &held.standing) {
        (Kind::OneTime, _) => Some(held.created),
        (_, Standing::Closed(_)) => Some(held.updated),
        (Kind::Recurring | Kind::PaymentMethodOnFile | Kind::BillingAgreement, _) => None,
    };
    let shown = since.is_none_or(|since| now.since(since) < BUYER_SHOWN_DAYS * Time::DAY);
    let reasons = held.reason().map(|reason| json!([{ "reasonCode": reason, "reasonDescription": null }]));
    let who = |part: fn(&str) -> Value| if shown { part(&held.buyer) } else { Value::Null };
    json!({
        "chargePermissionId": held.id,
        "chargePermissionReferenceId": null,
        "chargePermissionType": held.kind.code(),
        "platformId": null,
        "buyer": who(buyer),
        "shippingAddress": who(address),
        "billingAddress": who(address),
        "paymentPreferences": [{ "paymentDescriptor": null }],
        "statusDetails": { "state": held.state(), "reasons": reasons, "lastUpdatedTimestamp": moment(held.updated) },
        "creationTimestamp": moment(held.created),
        "expirationTimestamp": held.expires.map(moment),
        "merchantMetadata": with_nulls(&held.merchant_metadata, &METADATA),
        "releaseEnvironment": environment(held.sandbox),
        "limits": { "amountLimit": held.limit.map(price), "amountBalance": account.balance(held).map(price) },
        "recurringMetadata": with_nulls(&held.recurring_metadata, &["frequency", "amount"]),
        "presentmentCurrency": held.currency.code(),
    })
}

/// A charge (5.5).
#[must_use]
pub fn charge(account: &Account, held: &Charge) -> Value {
    let told = |name: &str| held.told.get(name).cloned().unwrap_or_default();
    json!({
        "chargeId": held.id,
        "chargePermissionId": held.permission,
        "chargeAmount": price(held.amount),
        "captureAmount": held.captured.map(price),
        "refundedAmount": held.captured.map(|captured| price(account.refunded(&held.id, captured))),
        "convertedAmount": null,
        "conversionRate": null,
        "softDescriptor": held.soft_descriptor,
        "merchantMetadata": with_nulls(&told("merchantMetadata"), &METADATA),
        "providerMetadata": with_nulls(&told("providerMetadata"), &["providerReferenceId"]),
        "platformId": told("platformId"),
        "chargeInitiator": told("chargeInitiator"),
        "channel": told("channel"),
        "webCheckoutDetails": null,
        "statusDetails": status(held.state_name(), held.reason(), held.updated),
        "creationTimestamp": moment(held.created),
        "expirationTimestamp": moment(held.expires()),
        "releaseEnvironment": environment(held.sandbox),
    })
}

/// A refund (5.6).
#[must_use]
pub fn refund(held: &Refund) -> Value {
    json!({
        "refundId": held.id,
        "chargeId": held.charge,
        "refundAmount": price(held.amount),
        "softDescriptor": held.soft_descriptor.as_ref().map(|descriptor| format!("AMZ*{descriptor}")),
        "creationTimestamp": moment(held.created),
        "statusDetails": status(held.state_name(), held.reason(), held.updated),
        "releaseEnvironment": environment(held.sandbox),
    })
}
