//! The documented limits of Setup and Charge (`reference/alexa-amazon-pay.md`, sections 3 and 4).

use super::directives::{
    ASYNCHRONOUS_MINUTES, AuthorizeAttributes, BillingAgreementAttributes, BillingAgreementType, ChargeRequest, Country, DirectiveError,
    Email, Price, Problem, ProviderAttributes, SellerBillingAgreementAttributes, SellerOrderAttributes, SetupRequest,
};
use crate::domain::money::Currency;

const NOTE_MAX: usize = 1_024;
const AUTHORIZATION_NOTE_MAX: usize = 255;
const SOFT_DESCRIPTOR_MAX: usize = 16;
const REFERENCE_MAX: usize = 32;
/// No page gives a length for the merchant's own ids of orders and agreements; this is far more than any of ours.
const ID_MAX: usize = 127;
/// No page gives one for the store's name either; it has to fit into a mail's subject.
const STORE_NAME_MAX: usize = 100;
const EMAIL_MAX: usize = 254;

/// In major units.
const AMOUNT_MAX: i64 = 150_000;

/// Collects what is wrong.
#[derive(Default)]
struct Problems(Vec<DirectiveError>);

impl Problems {
    fn add(&mut self, field: &'static str, problem: Problem) {
        self.0.push(DirectiveError { field, problem });
    }

    fn require(&mut self, field: &'static str, fine: bool, problem: Problem) {
        if !fine {
            self.add(field, problem);
        }
    }

    fn text(&mut self, field: &'static str, text: Option<&String>, max: usize) {
        let Some(text) = text else { return };
        self.require(field, text.chars().count() <= max, Problem::TooLong { max });
        let printable = |letter: char| !letter.is_control() || letter == '\n';
        self.require(field, text.chars().all(printable), Problem::Unprintable);
    }

    fn id(&mut self, field: &'static str, id: &str, max: usize) {
        self.require(field, !id.is_empty(), Problem::Missing);
        self.require(field, id.chars().count() <= max, Problem::TooLong { max });
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        self.require(field, plain, Problem::Alphabet);
    }

    fn price(&mut self, field: &'static str, Price(money): Price) {
        let most = AMOUNT_MAX * 10_i64.pow(money.currency().decimals());
        self.require(field, (1..=most).contains(&money.minor()), Problem::Amount);
    }

    fn email(&mut self, field: &'static str, Email(email): &Email) {
        let parts = email.split_once('@');
        let fine = parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
        let plain = email.chars().all(|letter| !letter.is_whitespace() && !letter.is_control());
        self.require(field, fine && plain && email.len() <= EMAIL_MAX, Problem::NoEmail);
    }
}

impl SetupRequest {
    /// Everything that Amazon Pay would not take.
    #[must_use]
    pub fn check(&self) -> Vec<DirectiveError> {
        let mut problems = Problems::default();
        problems.id("sellerId", &self.seller_id, REFERENCE_MAX);
        let japan = self.country_of_establishment == Country::JP;
        problems.require("ledgerCurrency", (self.ledger_currency == Currency::Jpy) == japan, Problem::JpyOnlyInJapan);
        match (self.sandbox_mode == Some(true), &self.sandbox_customer_email_id) {
            (true, None) => problems.add("sandboxCustomerEmailId", Problem::SandboxBuyerMissing),
            (false, Some(_)) => problems.add("sandboxCustomerEmailId", Problem::SandboxOnly),
            (true, Some(email)) => problems.email("sandboxCustomerEmailId", email),
            (false, None) => {}
        }
        if let Some(attributes) = &self.billing_agreement_attributes {
            attributes.check(self.ledger_currency, &mut problems);
        }
        problems.0
    }
}

impl BillingAgreementAttributes {
    fn check(&self, ledger: Currency, problems: &mut Problems) {
        if let Some(platform) = &self.platform_id {
            problems.id("platformId", platform, REFERENCE_MAX);
        }
        problems.text("sellerNote", self.seller_note.as_ref(), NOTE_MAX);
        if let Some(amount) = self.subscription_amount {
            let recurring = self.billing_agreement_type == Some(BillingAgreementType::MerchantInitiatedTransaction);
            problems.require("subscriptionAmount", recurring, Problem::SubscriptionWithoutType);
            problems.require("subscriptionAmount", amount.0.currency() == ledger, Problem::OtherCurrency);
            problems.price("subscriptionAmount", amount);
        }
        if let Some(attributes) = &self.seller_billing_agreement_attributes {
            attributes.check(problems);
        }
    }
}

impl SellerBillingAgreementAttributes {
    fn check(&self, problems: &mut Problems) {
        let any = self.seller_billing_agreement_id.is_some() || self.store_name.is_some() || self.custom_information.is_some();
        problems.require("sellerBillingAgreementAttributes", any, Problem::Missing);
        if let Some(id) = &self.seller_billing_agreement_id {
            problems.id("sellerBillingAgreementId", id, ID_MAX);
        }
        problems.text("storeName", self.store_name.as_ref(), STORE_NAME_MAX);
        problems.text("customInformation", self.custom_information.as_ref(), NOTE_MAX);
    }
}

impl ChargeRequest {
    /// Everything that Amazon Pay would not take.
    #[must_use]
    pub fn check(&self) -> Vec<DirectiveError> {
        let mut problems = Problems::default();
        problems.id("sellerId", &self.seller_id, REFERENCE_MAX);
        problems.require("billingAgreementId", !self.billing_agreement_id.is_empty(), Problem::Missing);
        self.authorize_attributes.check(&mut problems);
        if let Some(attributes) = &self.seller_order_attributes {
            attributes.check(&mut problems);
        }
        if let Some(attributes) = &self.provider_attributes {
            attributes.check(self.authorize_attributes.authorization_amount.0.currency(), &mut problems);
        }
        problems.0
    }
}

impl AuthorizeAttributes {
    fn check(&self, problems: &mut Problems) {
        problems.id("authorizationReferenceId", &self.authorization_reference_id, REFERENCE_MAX);
        problems.price("authorizationAmount", self.authorization_amount);
        let timeout = self.transaction_timeout.unwrap_or_default();
        problems.require("transactionTimeout", timeout <= ASYNCHRONOUS_MINUTES, Problem::Timeout);
        problems.text("sellerAuthorizationNote", self.seller_authorization_note.as_ref(), AUTHORIZATION_NOTE_MAX);
        problems.text("softDescriptor", self.soft_descriptor.as_ref(), SOFT_DESCRIPTOR_MAX);
    }
}

impl SellerOrderAttributes {
    fn check(&self, problems: &mut Problems) {
        if let Some(id) = &self.seller_order_id {
            problems.id("sellerOrderId", id, ID_MAX);
        }
        problems.text("storeName", self.store_name.as_ref(), STORE_NAME_MAX);
        problems.text("customInformation", self.custom_information.as_ref(), NOTE_MAX);
        problems.text("sellerNote", self.seller_note.as_ref(), NOTE_MAX);
    }
}

impl ProviderAttributes {
    fn check(&self, currency: Currency, problems: &mut Problems) {
        problems.id("providerId", &self.provider_id, REFERENCE_MAX);
        problems.require("providerCreditList", !self.provider_credit_list.is_empty(), Problem::Missing);
        for credit in &self.provider_credit_list {
            problems.id("providerId", &credit.provider_id, REFERENCE_MAX);
            problems.price("credit", credit.credit);
            problems.require("credit", credit.credit.0.currency() == currency, Problem::OtherCurrency);
        }
    }
}
