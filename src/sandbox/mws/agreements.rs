//! Billing agreements as pages with Amazon's widgets begin them: drafts, until the merchant confirms (section 3).

use serde_json::{Value, json};

use super::actions::{agreement, amount, at_most, optional};
use super::{MwsError, Parameters, view};
use crate::domain::time::Time;
use crate::sandbox::lwa::access_token;
use crate::simulator::amazon_pay::{AmazonPay, Buyer};

pub fn get(pay: &mut AmazonPay, all: &Parameters, sandbox: bool) -> Result<Value, MwsError> {
    let held = agreement(&mut pay.account, all, sandbox)?;
    Ok(view::agreement(held, is_shown(all, &held.buyer)? || !held.is_draft()))
}

pub fn set(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    let text = |name: &str, most| at_most(all, &format!("BillingAgreementAttributes.{name}"), most);
    let merchant = json!({
        "merchantReferenceId": text("SellerBillingAgreementAttributes.SellerBillingAgreementId", 255)?,
        "merchantStoreName": text("SellerBillingAgreementAttributes.StoreName", 50)?,
        "noteToBuyer": text("SellerNote", 1024)?,
        "customInformation": text("SellerBillingAgreementAttributes.CustomInformation", 1024)?,
    });
    let kind = text("BillingAgreementType", 64)?;
    if !matches!(kind, None | Some("CustomerInitiatedTransaction" | "MerchantInitiatedTransaction")) {
        return Err(MwsError::new("InvalidParameterValue", "BillingAgreementType is not known"));
    }
    let subscription = "BillingAgreementAttributes.SubscriptionAmount";
    let subscription = optional(all, &format!("{subscription}.Amount")).map(|_| amount(all, subscription)).transpose()?;
    let recurring = json!({ "billingAgreementType": kind, "subscriptionAmount": subscription.map(view::price) });
    let held = agreement(&mut pay.account, all, sandbox)?;
    held.set_draft(merchant, recurring, now)?;
    Ok(view::agreement(held, false))
}

pub fn confirm(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    pages(all)?;
    agreement(&mut pay.account, all, sandbox)?.confirm(now)?;
    Ok(Value::Null)
}

/// Both pages that a bank's challenge returns to, or none (section 8).
pub fn pages(all: &Parameters) -> Result<(), MwsError> {
    let pages = ["SuccessUrl", "FailureUrl"].map(|name| optional(all, name));
    let fits = |page: &str| reqwest::Url::parse(page).is_ok_and(|url| url.scheme() == "https");
    match pages {
        [None, None] => Ok(()),
        [Some(success), Some(failure)] if fits(success) && fits(failure) => Ok(()),
        _ => Err(MwsError::new("InvalidParameterValue", "SuccessUrl and FailureUrl must both be https addresses")),
    }
}

/// Whether a token opens what is hidden until the merchant confirms (section 5).
///
/// # Errors
/// `AmbiguousToken` and `InvalidAddressConsentToken` (section 6).
pub fn is_shown(all: &Parameters, buyer: &str) -> Result<bool, MwsError> {
    let token = match (optional(all, "AddressConsentToken"), optional(all, "AccessToken")) {
        (Some(_), Some(_)) => return Err(MwsError::new("AmbiguousToken", "give AddressConsentToken or AccessToken, not both")),
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => return Ok(false),
    };
    let theirs = Buyer::named(buyer).is_some_and(|buyer| access_token(&buyer) == token);
    if theirs { Ok(true) } else { Err(MwsError::new("InvalidAddressConsentToken", "the token has expired, or is another buyer's")) }
}
