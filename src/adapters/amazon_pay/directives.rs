//! The directives that ask Amazon Pay to act (`reference/alexa-amazon-pay.md`, sections 2 to 4, version 2).
//!
//! The structs have every field of the protocol. `check` holds them to the documented limits, so that Amazon never has to.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::domain::ids::Locale;
use crate::domain::money::{Currency, Money};

/// A value that Amazon Pay would not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct DirectiveError {
    /// As the protocol names it.
    pub field: &'static str,
    pub problem: Problem,
}

/// What is wrong with a value, and what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("is missing")]
    Missing,
    #[error("has more than {max} characters: shorten it")]
    TooLong { max: usize },
    #[error("may hold letters a to z, digits, hyphen and underscore only")]
    Alphabet,
    #[error("holds a character that cannot be printed")]
    Unprintable,
    #[error("must lie between 0.01 and 150,000.00")]
    Amount,
    #[error("must be at most 1440 minutes")]
    Timeout,
    #[error("JPY goes with establishment in Japan and with no other")]
    JpyOnlyInJapan,
    #[error("must be in the ledger currency")]
    OtherCurrency,
    #[error("goes with MerchantInitiatedTransaction only: set the type or leave the amount out")]
    SubscriptionWithoutType,
    #[error("is needed in the sandbox: name a test buyer of Seller Central")]
    SandboxBuyerMissing,
    #[error("is for the sandbox only: remove it for live payments")]
    SandboxOnly,
    #[error("is not a mail address")]
    NoEmail,
    #[error("is not that of the world in which the order was made")]
    OtherWorld,
    #[error("is not the step that the order waits for")]
    NotOwed,
}

/// The `@version` of every object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct V2;

impl Serialize for V2 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("2")
    }
}

/// An amount as Amazon Pay writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price(pub Money);

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "@type", rename = "Price", rename_all = "camelCase")]
        struct Written {
            #[serde(rename = "@version")]
            version: V2,
            amount: String,
            currency_code: &'static str,
        }
        let Self(money) = self;
        Written { version: V2, amount: money.decimal(), currency_code: money.currency().code() }.serialize(serializer)
    }
}

macro_rules! one_of {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Amazon's spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),* }
            }

            /// The value that is spelled so.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

one_of! {
    /// Where the merchant is established. Britain is `UK`.
    #[allow(clippy::upper_case_acronyms, reason = "country codes are two capitals")]
    Country { AT, BE, CH, CY, DE, DK, ES, FR, HU, IE, IT, JP, LU, NL, PT, SE, UK, US }
}

one_of! {
    /// The languages of Amazon Pay's own pages and mails, in the documented underscore form.
    #[allow(non_camel_case_types, reason = "the names are Amazon's")]
    Language { de_DE, en_GB, en_US, es_ES, fr_FR, it_IT, ja_JP }
}

one_of! {
    /// Who starts the later payments of an agreement.
    BillingAgreementType { CustomerInitiatedTransaction, MerchantInitiatedTransaction }
}

one_of! {
    /// What Charge does.
    PaymentAction { Authorize, AuthorizeAndCapture }
}

impl Language {
    /// The language nearest to a locale, if Amazon Pay has one.
    #[must_use]
    pub fn of(locale: &Locale) -> Option<Self> {
        let (language, region) = locale.as_str().split_once('-')?;
        Some(match (language, region) {
            ("de", _) => Self::de_DE,
            ("en", "US" | "CA") => Self::en_US,
            ("en", _) => Self::en_GB,
            ("es", _) => Self::es_ES,
            ("fr", _) => Self::fr_FR,
            ("it", _) => Self::it_IT,
            ("ja", _) => Self::ja_JP,
            _ => return None,
        })
    }
}

/// A mail address; personal, so its Debug form does not show it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Email(pub String);

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email([redacted])")
    }
}

/// Setup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename = "SetupAmazonPayRequest", rename_all = "camelCase")]
pub struct SetupRequest {
    #[serde(rename = "@version")]
    pub version: V2,
    pub seller_id: String,
    pub country_of_establishment: Country,
    #[serde(serialize_with = "currency_code")]
    pub ledger_currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_language: Option<Language>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_agreement_attributes: Option<BillingAgreementAttributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need_amazon_shipping_address: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox_mode: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox_customer_email_id: Option<Email>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename_all = "camelCase")]
pub struct BillingAgreementAttributes {
    #[serde(rename = "@version")]
    pub version: V2,
    /// The seller id of a solution provider; merchants leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_billing_agreement_attributes: Option<SellerBillingAgreementAttributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_agreement_type: Option<BillingAgreementType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription_amount: Option<Price>,
}

/// At least one of its fields must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename_all = "camelCase")]
pub struct SellerBillingAgreementAttributes {
    #[serde(rename = "@version")]
    pub version: V2,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_billing_agreement_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_information: Option<String>,
}

/// Charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename = "ChargeAmazonPayRequest", rename_all = "camelCase")]
pub struct ChargeRequest {
    #[serde(rename = "@version")]
    pub version: V2,
    pub seller_id: String,
    pub billing_agreement_id: String,
    pub payment_action: PaymentAction,
    pub authorize_attributes: AuthorizeAttributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_order_attributes: Option<SellerOrderAttributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_attributes: Option<ProviderAttributes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename_all = "camelCase")]
pub struct AuthorizeAttributes {
    #[serde(rename = "@version")]
    pub version: V2,
    pub authorization_reference_id: String,
    pub authorization_amount: Price,
    /// Minutes; 0 asks for a final answer at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_timeout: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_authorization_note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_descriptor: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename_all = "camelCase")]
pub struct SellerOrderAttributes {
    #[serde(rename = "@version")]
    pub version: V2,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_information: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_note: Option<String>,
}

/// For solution providers only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename_all = "camelCase")]
pub struct ProviderAttributes {
    #[serde(rename = "@version")]
    pub version: V2,
    pub provider_id: String,
    pub provider_credit_list: Vec<ProviderCredit>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "@type", rename_all = "camelCase")]
pub struct ProviderCredit {
    #[serde(rename = "@version")]
    pub version: V2,
    pub provider_id: String,
    pub credit: Price,
}

// Serde's attribute passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn currency_code<S: Serializer>(currency: &Currency, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(currency.code())
}

/// The directive that carries a Setup.
///
/// # Errors
/// The first [`DirectiveError`] of the payload.
pub fn send_setup(request: &SetupRequest, token: &str) -> Result<Value, DirectiveError> {
    send("Setup", request, request.check(), token)
}

/// The directive that carries a Charge.
///
/// # Errors
/// The first [`DirectiveError`] of the payload.
pub fn send_charge(request: &ChargeRequest, token: &str) -> Result<Value, DirectiveError> {
    send("Charge", request, request.check(), token)
}

fn send(name: &'static str, payload: &impl Serialize, problems: Vec<DirectiveError>, token: &str) -> Result<Value, DirectiveError> {
    if let Some(problem) = problems.into_iter().next() {
        return Err(problem);
    }
    let unwritable = |_| DirectiveError { field: "payload", problem: Problem::Unprintable };
    let payload = serde_json::to_value(payload).map_err(unwritable)?;
    Ok(json!({ "type": "Connections.SendRequest", "name": name, "payload": payload, "token": token }))
}

/// How long Amazon may take over an asynchronous authorization: a day, the longest that its merchant API accepts.
pub const ASYNCHRONOUS_MINUTES: u32 = 1_440;

#[cfg(test)]
mod tests;
