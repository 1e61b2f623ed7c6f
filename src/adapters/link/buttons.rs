//! Amazon's buttons on our pages: what the script is called with (`reference/amazon-pay-v2.md`, sections 3, 5.7 and 10).

use serde::Serialize;

use super::pages::ButtonView;
use crate::adapters::amazon_pay::api::button::{Button, ButtonError, Scope, SignIn};
use crate::adapters::amazon_pay::api::place::{Environment, Region};
use crate::adapters::amazon_pay::api::sign::Signer;
use crate::adapters::amazon_pay::api::wallet::{self, Purchase};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::api::wire::requests::AddressDetails;
use crate::domain::ids::{Locale, SellerId};
use crate::domain::money::Currency;
use crate::domain::place::Address;

/// Whose buttons they are.
#[derive(Debug)]
pub struct Buttons {
    pub signer: Signer,
    /// The application's id at Login with Amazon.
    pub store_id: String,
    pub merchant: SellerId,
    pub ledger: Currency,
    pub environment: Environment,
    /// Where Amazon's script is.
    pub script: String,
}

/// The two pages that Amazon sends a buyer back to.
#[derive(Clone, Debug)]
pub struct Ways {
    pub done: String,
    pub cancelled: String,
}

/// Where an order goes.
#[derive(Clone, Copy, Debug)]
pub enum Destination<'a> {
    /// It is not delivered at all.
    Nowhere,
    Address(&'a Address),
}

/// The languages of Amazon's pages, by the account's region.
const fn languages(region: Region) -> &'static [&'static str] {
    match region {
        Region::NorthAmerica => &["en-US"],
        Region::Europe => &["en-GB", "de-DE", "fr-FR", "it-IT", "es-ES"],
        Region::Japan => &["ja-JP"],
    }
}

/// Amazon's own script for accounts of this region (section 1).
#[must_use]
pub fn script(region: Region) -> String {
    let part = match region {
        Region::NorthAmerica => "na",
        Region::Europe => "eu",
        Region::Japan => "fe",
    };
    format!("https://static-{part}.payments-amazon.com/checkout.js")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    merchant_id: &'a str,
    public_key_id: &'a str,
    ledger_currency: &'a str,
    /// A key that is for one environment says so by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checkout_language: Option<String>,
    product_type: &'a str,
    placement: &'a str,
    button_color: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_checkout_session_config: Option<Button>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in_config: Option<Button>,
}

impl Buttons {
    /// Sets up a wallet outside a purchase; with a permission, changes its payment method on Amazon's page.
    ///
    /// # Errors
    /// [`ButtonError`].
    pub fn set_up(&self, locale: &Locale, ways: Ways, permission: Option<ObjectId>) -> Result<ButtonView, ButtonError> {
        let session = wallet::setting_up(&self.store_id, ways.done, ways.cancelled, permission);
        let config = Button::new(&session, &self.signer)?;
        Ok(view("set-up", &Settings { create_checkout_session_config: Some(config), ..self.settings(locale, "PayAndShip") }))
    }

    /// Ends a checkout: the buyer agrees at Amazon to everything that this page shows. An address that lacks something is none that Amazon
    /// would take, and there is no button then.
    ///
    /// # Errors
    /// [`ButtonError`].
    pub fn check_out(
        &self,
        locale: &Locale,
        ways: Ways,
        purchase: &Purchase,
        to: Destination<'_>,
    ) -> Result<Option<ButtonView>, ButtonError> {
        let (product, address) = match to {
            Destination::Nowhere => ("PayOnly", None),
            Destination::Address(address) => match AddressDetails::of(address) {
                Some(address) => ("PayAndShip", Some(address)),
                None => return Ok(None),
            },
        };
        let session = wallet::checking_out(&self.store_id, ways.done, ways.cancelled, purchase, address);
        let config = Button::new(&session, &self.signer)?;
        Ok(Some(view("check-out", &Settings { create_checkout_session_config: Some(config), ..self.settings(locale, product) })))
    }

    /// Begins an express checkout: the buyer chooses address and payment at Amazon, and comes back to see the total.
    ///
    /// # Errors
    /// [`ButtonError`].
    pub fn express(&self, locale: &Locale, ways: Ways, delivers: bool) -> Result<ButtonView, ButtonError> {
        let session = wallet::expressing(&self.store_id, ways.done, ways.cancelled);
        let config = Button::new(&session, &self.signer)?;
        let product = if delivers { "PayAndShip" } else { "PayOnly" };
        Ok(view("express", &Settings { create_checkout_session_config: Some(config), ..self.settings(locale, product) }))
    }

    /// Signs a buyer in. Only who the buyer is is asked for: that comes with every sign-in.
    ///
    /// # Errors
    /// [`ButtonError`].
    pub fn sign_in(&self, locale: &Locale, ways: Ways) -> Result<ButtonView, ButtonError> {
        let payload = SignIn {
            sign_in_return_url: ways.done,
            sign_in_cancel_url: Some(ways.cancelled),
            store_id: self.store_id.clone(),
            sign_in_scopes: vec![Scope::Name],
        };
        let config = Button::new(&payload, &self.signer)?;
        Ok(view("sign-in", &Settings { sign_in_config: Some(config), ..self.settings(locale, "SignIn") }))
    }

    fn settings<'a>(&'a self, locale: &Locale, product_type: &'a str) -> Settings<'a> {
        let id = self.signer.id();
        let sandbox = id.environment().is_none().then_some(self.environment == Environment::Sandbox);
        let spoken = languages(Region::of(self.ledger)).contains(&locale.as_str());
        Settings {
            merchant_id: self.merchant.as_str(),
            public_key_id: id.as_str(),
            ledger_currency: self.ledger.code(),
            sandbox,
            checkout_language: spoken.then(|| locale.as_str().replace('-', "_")),
            product_type,
            placement: "Other",
            button_color: "Gold",
            create_checkout_session_config: None,
            sign_in_config: None,
        }
    }
}

fn view(place: &'static str, settings: &Settings<'_>) -> ButtonView {
    // Text under text, which always can be written.
    ButtonView { place, settings: serde_json::to_string(settings).unwrap_or_default() }
}
