//! Reads Setup and Charge payloads of version 2 and refuses what Amazon Pay would refuse, each with its documented code.
//!
//! Sections are those of `reference/alexa-amazon-pay.md`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::errors::PayError;
use super::stored;
use crate::domain::money::{Currency, Money};

type Object = Map<String, Value>;

/// Section 3, countryOfEstablishment: Britain is `UK`.
const COUNTRIES: [&str; 18] = ["AT", "BE", "CH", "CY", "DE", "DK", "ES", "FR", "HU", "IE", "IT", "JP", "LU", "NL", "PT", "SE", "UK", "US"];
/// Section 3, checkoutLanguage: the underscore form, because nothing confirms the other.
const LANGUAGES: [&str; 7] = ["de_DE", "en_GB", "en_US", "es_ES", "fr_FR", "it_IT", "ja_JP"];
const NOTE_MAX: usize = 1024;

/// A Setup request that keeps the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub seller: String,
    pub country: String,
    pub currency: Currency,
    pub language: Option<String>,
    pub wants_address: bool,
    pub sandbox: bool,
}

/// A Charge request that keeps the rules.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Charge {
    pub seller: String,
    pub agreement: String,
    pub capture: bool,
    pub reference: String,
    #[serde(with = "stored::money")]
    pub amount: Money,
    /// Minutes; 0 is synchronous.
    pub timeout: u64,
    pub note: String,
    pub soft_descriptor: Option<String>,
    pub order: Option<String>,
}

fn wrong(message: impl Into<String>) -> PayError {
    PayError::new("InvalidParameterValue", message)
}

/// Reads a Setup payload (section 3).
///
/// # Errors
/// The documented error for the first rule that the payload breaks.
pub fn setup(payload: &Value) -> Result<Setup, PayError> {
    let all = typed(
        payload,
        "SetupAmazonPayRequest",
        &[
            "sellerId",
            "countryOfEstablishment",
            "ledgerCurrency",
            "checkoutLanguage",
            "billingAgreementAttributes",
            "needAmazonShippingAddress",
            "sandboxMode",
            "sandboxCustomerEmailId",
        ],
    )?;
    let seller = seller(all)?;
    let country = required(all, "countryOfEstablishment")?;
    if !COUNTRIES.contains(&country) {
        let hint = if country == "GB" { ": Britain is UK here" } else { "" };
        return Err(PayError::new("UnsupportedCountryOfEstablishment", format!("countryOfEstablishment {country} is not supported{hint}")));
    }
    let ledger = required(all, "ledgerCurrency")?;
    let currency: Currency =
        ledger.parse().map_err(|_| PayError::new("UnsupportedCurrency", format!("ledgerCurrency {ledger} is not supported")))?;
    // "Must match the merchant account's region."
    let regional = match country {
        "US" => Currency::Usd,
        "JP" => Currency::Jpy,
        "UK" => Currency::Gbp,
        _ => Currency::Eur,
    };
    if currency != regional {
        return Err(PayError::new(
            "UnsupportedCurrency",
            format!("ledgerCurrency {ledger} does not match a merchant account of {country}"),
        ));
    }
    let language = optional(all, "checkoutLanguage", 5)?;
    if let Some(language) = language
        && !LANGUAGES.contains(&language)
    {
        return Err(wrong(format!("checkoutLanguage {language} is not one of {}", LANGUAGES.join(" "))));
    }
    if let Some(attributes) = all.get("billingAgreementAttributes") {
        agreement_attributes(attributes)?;
    }
    let sandbox = flag(all, "sandboxMode")?;
    let email = optional(all, "sandboxCustomerEmailId", 254)?;
    let plausible = |email: &str| email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if sandbox && !email.is_some_and(plausible) {
        return Err(PayError::new(
            "InvalidSandboxCustomerEmail",
            "sandboxMode needs sandboxCustomerEmailId, the e-mail address of a sandbox buyer",
        ));
    }
    Ok(Setup {
        seller,
        country: country.to_owned(),
        currency,
        language: language.map(str::to_owned),
        wants_address: flag(all, "needAmazonShippingAddress")?,
        sandbox,
    })
}

fn agreement_attributes(value: &Value) -> Result<(), PayError> {
    let all = typed(
        value,
        "BillingAgreementAttributes",
        &["platformId", "sellerNote", "sellerBillingAgreementAttributes", "billingAgreementType", "subscriptionAmount"],
    )?;
    optional(all, "platformId", 32)?;
    optional(all, "sellerNote", NOTE_MAX)?;
    let kind = optional(all, "billingAgreementType", 64)?;
    if let Some(kind) = kind
        && !["CustomerInitiatedTransaction", "MerchantInitiatedTransaction"].contains(&kind)
    {
        return Err(PayError::new("InvalidBillingAgreementType", format!("billingAgreementType {kind} is unknown")));
    }
    if let Some(amount) = all.get("subscriptionAmount") {
        let invalid = |message: String| PayError::new("InvalidSubscriptionAmount", message);
        if kind != Some("MerchantInitiatedTransaction") {
            return Err(invalid("subscriptionAmount needs billingAgreementType MerchantInitiatedTransaction".to_owned()));
        }
        price(amount, "InvalidSubscriptionAmount")?;
    }
    if let Some(seller) = all.get("sellerBillingAgreementAttributes") {
        let fields = ["sellerBillingAgreementId", "storeName", "customInformation"];
        let seller = typed(seller, "SellerBillingAgreementAttributes", &fields)?;
        if !fields.iter().any(|field| seller.contains_key(*field)) {
            return Err(wrong("sellerBillingAgreementAttributes needs at least one field"));
        }
        identifier(optional(seller, "sellerBillingAgreementId", 127)?, "sellerBillingAgreementId")?;
        optional(seller, "storeName", NOTE_MAX)?;
        optional(seller, "customInformation", NOTE_MAX)?;
    }
    Ok(())
}

/// Reads a Charge payload (section 4).
///
/// # Errors
/// The documented error for the first rule that the payload breaks.
pub fn charge(payload: &Value) -> Result<Charge, PayError> {
    let all = typed(
        payload,
        "ChargeAmazonPayRequest",
        &["sellerId", "billingAgreementId", "paymentAction", "authorizeAttributes", "sellerOrderAttributes", "providerAttributes"],
    )?;
    let seller = seller(all)?;
    let agreement = required(all, "billingAgreementId")?.to_owned();
    let capture = match required(all, "paymentAction")? {
        "AuthorizeAndCapture" => true,
        "Authorize" => false,
        other => {
            return Err(PayError::new("InvalidPaymentAction", format!("paymentAction {other} is not Authorize or AuthorizeAndCapture")));
        }
    };
    let authorize = all.get("authorizeAttributes").ok_or_else(|| wrong("authorizeAttributes is missing"))?;
    let authorize = typed(
        authorize,
        "AuthorizeAttributes",
        &["authorizationReferenceId", "authorizationAmount", "transactionTimeout", "sellerAuthorizationNote", "softDescriptor"],
    )?;
    let reference = required(authorize, "authorizationReferenceId")?;
    if reference.len() > 32 {
        return Err(wrong("authorizationReferenceId is longer than 32 characters"));
    }
    identifier(Some(reference), "authorizationReferenceId")?;
    let amount = authorize.get("authorizationAmount").ok_or_else(|| wrong("authorizationAmount is missing"))?;
    let timeout = match authorize.get("transactionTimeout") {
        None => 0,
        // A number: the string of one README was corrected later. 1,440 minutes is the legacy API's limit.
        Some(value) => {
            value.as_u64().filter(|minutes| *minutes <= 1440).ok_or_else(|| wrong("transactionTimeout must be a number of minutes"))?
        }
    };
    let order = match all.get("sellerOrderAttributes") {
        None => None,
        Some(order) => {
            let order = typed(order, "SellerOrderAttributes", &["sellerOrderId", "storeName", "customInformation", "sellerNote"])?;
            identifier(optional(order, "sellerOrderId", 127)?, "sellerOrderId")?;
            for field in ["storeName", "customInformation", "sellerNote"] {
                optional(order, field, NOTE_MAX)?;
            }
            optional(order, "sellerOrderId", 127)?.map(str::to_owned)
        }
    };
    if let Some(provider) = all.get("providerAttributes") {
        provider_attributes(provider)?;
    }
    Ok(Charge {
        seller,
        agreement,
        capture,
        reference: reference.to_owned(),
        amount: price(amount, "InvalidAuthorizationAmount")?,
        timeout,
        note: optional(authorize, "sellerAuthorizationNote", 255)?.unwrap_or_default().to_owned(),
        soft_descriptor: optional(authorize, "softDescriptor", 16)?.map(str::to_owned),
        order,
    })
}

fn provider_attributes(value: &Value) -> Result<(), PayError> {
    let all = typed(value, "ProviderAttributes", &["providerId", "providerCreditList"])?;
    required(all, "providerId")?;
    let credits = all.get("providerCreditList").and_then(Value::as_array).ok_or_else(|| wrong("providerCreditList must be a list"))?;
    for credit in credits {
        let credit = typed(credit, "ProviderCredit", &["providerId", "credit"])?;
        required(credit, "providerId")?;
        price(credit.get("credit").unwrap_or(&Value::Null), "InvalidParameterValue")?;
    }
    // Only accounts of solution providers may do this, and the simulated seller is a merchant.
    Err(PayError::new("ProviderNotAuthorized", "the seller account may not send providerAttributes"))
}

/// Price (section 3): 0.01 to 150,000.00, as two public sources read it; yen have no decimals but may be written with them.
fn price(value: &Value, code: &'static str) -> Result<Money, PayError> {
    let all = typed(value, "Price", &["amount", "currencyCode"])?;
    let (text, code_text) = (required(all, "amount")?, required(all, "currencyCode")?);
    let currency: Currency =
        code_text.parse().map_err(|_| PayError::new("UnsupportedCurrency", format!("currencyCode {code_text} is not supported")))?;
    let amount = Money::parse(text, currency).map_err(|error| PayError::new(code, format!("amount {text}: {error}")))?;
    let most = Money::parse("150000", currency).map_or(i64::MAX, Money::minor);
    if amount.minor() < 1 || amount.minor() > most {
        return Err(PayError::new(code, format!("amount {text} is not between 0.01 and 150000.00")));
    }
    Ok(amount)
}

/// An object that says its own type and version (section 3) and has no field beyond those known.
fn typed<'a>(value: &'a Value, kind: &str, fields: &[&str]) -> Result<&'a Object, PayError> {
    let all = value.as_object().ok_or_else(|| wrong(format!("{kind} must be an object")))?;
    if all.get("@type").and_then(Value::as_str) != Some(kind) {
        return Err(wrong(format!("@type must be {kind}: version 2 payloads have no wrapper and name their type")));
    }
    if all.get("@version").and_then(Value::as_str) != Some("2") {
        return Err(wrong(format!("@version of {kind} must be \"2\"")));
    }
    match all.keys().find(|key| !key.starts_with('@') && !fields.contains(&key.as_str())) {
        Some(key) => Err(wrong(format!("{kind} has no field {key}"))),
        None => Ok(all),
    }
}

/// A merchant id: letters and digits (fixtures `directive-*`; real ones are 13 or 14 capitals and digits, examples have hyphens).
fn seller(all: &Object) -> Result<String, PayError> {
    let seller = required(all, "sellerId")?;
    if seller.len() > 32 || !seller.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(PayError::new("InvalidSellerId", format!("sellerId {seller} is not a merchant id")));
    }
    Ok(seller.to_owned())
}

/// The recommended alphabet of the merchant's own ids (sections 3 and 4): a-z A-Z 0-9 - _.
fn identifier(text: Option<&str>, field: &str) -> Result<(), PayError> {
    let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if text.is_none_or(fits) { Ok(()) } else { Err(wrong(format!("{field} has characters other than a-z A-Z 0-9 - _"))) }
}

fn required<'a>(all: &'a Object, field: &str) -> Result<&'a str, PayError> {
    let text = optional(all, field, NOTE_MAX)?.filter(|text| !text.is_empty());
    text.ok_or_else(|| wrong(format!("{field} is missing")))
}

fn optional<'a>(all: &'a Object, field: &str, max: usize) -> Result<Option<&'a str>, PayError> {
    match all.get(field) {
        None => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= max => Ok(Some(text)),
        Some(Value::String(_)) => Err(wrong(format!("{field} is longer than {max} characters"))),
        Some(_) => Err(wrong(format!("{field} must be a text"))),
    }
}

fn flag(all: &Object, field: &str) -> Result<bool, PayError> {
    match all.get(field) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong(format!("{field} must be true or false"))),
    }
}
