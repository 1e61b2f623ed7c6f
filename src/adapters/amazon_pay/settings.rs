//! What a merchant decides about Setup and Charge; the same for every order.

use super::directives::{
    AuthorizeAttributes, BillingAgreementAttributes, BillingAgreementType, ChargeRequest, Country, DirectiveError, Email, Language,
    PaymentAction, Price, Problem, ProviderAttributes, ProviderCredit, SellerBillingAgreementAttributes, SellerOrderAttributes,
    SetupRequest, V2,
};
use crate::domain::ids::{Locale, SellerId};
use crate::domain::money::{Currency, Money};

/// What sandbox simulations are recognised by (`reference/alexa-amazon-pay.md`, section 14).
const SIMULATION: &str = "SandboxSimulation";

/// A merchant's settings for the directive rail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub seller_id: SellerId,
    pub country_of_establishment: Country,
    pub ledger_currency: Currency,
    /// As buyers see it in mails and their payment history.
    pub store_name: String,
    /// Whether no real money moves; the simulated world counts as sandbox.
    pub sandbox: bool,
    /// The test buyer; needed in the sandbox, forbidden elsewhere.
    pub sandbox_buyer: Option<Email>,
    /// Whether Setup asks for the buyer's delivery address.
    pub need_shipping_address: bool,
    /// For the buyer's mails.
    pub seller_note: Option<String>,
    /// For the merchant's own reports.
    pub custom_information: Option<String>,
    pub billing_agreement_type: Option<BillingAgreementType>,
    pub subscription_amount: Option<Money>,
    /// What the card statement says after `AMZ*`.
    pub soft_descriptor: Option<String>,
    /// For the buyer's mails; in the sandbox also a simulation.
    pub seller_authorization_note: Option<String>,
    /// The seller id of the solution provider, when one runs the shop.
    pub platform_id: Option<String>,
    pub provider: Option<Provider>,
}

/// What goes to a solution provider with every charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    pub id: String,
    pub credits: Vec<(String, Money)>,
}

impl Settings {
    /// The settings that a shop cannot do without; everything else is left out.
    #[must_use]
    pub fn new(seller_id: SellerId, country_of_establishment: Country, ledger_currency: Currency, store_name: &str) -> Self {
        Self {
            seller_id,
            country_of_establishment,
            ledger_currency,
            store_name: store_name.to_owned(),
            sandbox: false,
            sandbox_buyer: None,
            need_shipping_address: true,
            seller_note: None,
            custom_information: None,
            billing_agreement_type: None,
            subscription_amount: None,
            soft_descriptor: None,
            seller_authorization_note: None,
            platform_id: None,
            provider: None,
        }
    }

    /// Everything that Amazon Pay would not take, whatever the order.
    #[must_use]
    pub fn check(&self) -> Vec<DirectiveError> {
        // Both payloads as they would be for some order; a problem of both is one problem.
        let setup = self.payload_of_setup("0", None);
        let authorize = AuthorizeAttributes {
            version: V2,
            authorization_reference_id: "0".to_owned(),
            authorization_amount: Price(Money::new(1, self.ledger_currency)),
            transaction_timeout: None,
            seller_authorization_note: self.seller_authorization_note.clone(),
            soft_descriptor: self.soft_descriptor.clone(),
        };
        let charge = self.charge_request("0", "0", PaymentAction::Authorize, authorize);
        let mut problems = setup.check();
        for problem in charge.check().into_iter().chain(self.simulation_in_earnest()) {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems
    }

    /// A simulated decline has no business in a live payment.
    pub(super) fn simulation_in_earnest(&self) -> Option<DirectiveError> {
        let note = self.seller_authorization_note.as_deref().unwrap_or_default();
        let simulates = note.contains(SIMULATION) && !self.sandbox;
        simulates.then_some(DirectiveError { field: "sellerAuthorizationNote", problem: Problem::SandboxOnly })
    }

    /// Setup for the order of this id.
    #[must_use]
    pub fn setup_request(&self, order_id: &str, locale: &Locale) -> SetupRequest {
        self.payload_of_setup(order_id, Language::of(locale))
    }

    fn payload_of_setup(&self, order_id: &str, language: Option<Language>) -> SetupRequest {
        SetupRequest {
            version: V2,
            seller_id: self.seller_id.to_string(),
            country_of_establishment: self.country_of_establishment,
            ledger_currency: self.ledger_currency,
            checkout_language: language,
            billing_agreement_attributes: Some(BillingAgreementAttributes {
                version: V2,
                platform_id: self.platform_id.clone(),
                seller_note: self.seller_note.clone(),
                seller_billing_agreement_attributes: Some(SellerBillingAgreementAttributes {
                    version: V2,
                    seller_billing_agreement_id: Some(order_id.to_owned()),
                    store_name: Some(self.store_name.clone()),
                    custom_information: self.custom_information.clone(),
                }),
                billing_agreement_type: self.billing_agreement_type,
                subscription_amount: self.subscription_amount.map(Price),
            }),
            need_amazon_shipping_address: Some(self.need_shipping_address),
            sandbox_mode: Some(self.sandbox),
            sandbox_customer_email_id: self.sandbox_buyer.clone(),
        }
    }

    /// Charge for the order of this id.
    #[must_use]
    pub fn charge_request(&self, order_id: &str, agreement: &str, action: PaymentAction, authorize: AuthorizeAttributes) -> ChargeRequest {
        let credit = |(id, amount): &(String, Money)| ProviderCredit { version: V2, provider_id: id.clone(), credit: Price(*amount) };
        ChargeRequest {
            version: V2,
            seller_id: self.seller_id.to_string(),
            billing_agreement_id: agreement.to_owned(),
            payment_action: action,
            authorize_attributes: authorize,
            seller_order_attributes: Some(SellerOrderAttributes {
                version: V2,
                seller_order_id: Some(order_id.to_owned()),
                store_name: Some(self.store_name.clone()),
                custom_information: self.custom_information.clone(),
                seller_note: self.seller_note.clone(),
            }),
            provider_attributes: self.provider.as_ref().map(|provider| ProviderAttributes {
                version: V2,
                provider_id: provider.id.clone(),
                provider_credit_list: provider.credits.iter().map(credit).collect(),
            }),
        }
    }
}
