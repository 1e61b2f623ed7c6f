//! Amazon's pages for buyers: the button's script, the page where a wallet is set up or its payment method changed, and the sign-in page.
//! They take the payload that a merchant's page hands to the button, with the documented signature (sections 3, 5.7 and 10), and send the
//! buyer back with the documented parameters.

mod http;

use askama::Template;
pub use http::router;
use serde::Deserialize;
use serde_json::Value;

use super::operation::Operation;
use super::perform::buyer_token;
use super::{Sandbox, fields, requests, signature};
use crate::adapters::amazon_pay::api::key::PublicKeyId;
use crate::adapters::amazon_pay::api::place::Environment;
use crate::domain::money::Currency;
use crate::simulator::amazon_pay::account::{Refusal, Session};
use crate::simulator::amazon_pay::books::BooksError;
use crate::simulator::amazon_pay::{BUYERS, Buyer};
use crate::simulator::ids::Ids;

/// What the script sends when a button is pressed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pressed {
    public_key_id: String,
    #[serde(rename = "payloadJSON")]
    payload: String,
    signature: String,
    /// Amazon's script takes the older algorithm when nothing is said.
    algorithm: Option<String>,
    ledger_currency: Option<String>,
    sandbox: Option<String>,
}

/// What the buyer does on a page.
#[derive(Clone, Debug, Deserialize)]
pub struct Decided {
    answer: String,
    buyer: Option<String>,
    card: Option<String>,
}

/// A page that asks the buyer.
#[derive(Template)]
#[template(path = "sandbox/consent.html")]
pub struct Consent {
    about: String,
    action: String,
    hidden: Vec<(&'static str, String)>,
    buyers: &'static [Buyer],
    chosen: &'static str,
    asks_card: bool,
}

const SIGN_IN: &[fields::Field] = &[
    fields::needed("signInReturnUrl", fields::Shape::Address),
    fields::may("signInCancelUrl", fields::Shape::Address),
    fields::needed("storeId", fields::Shape::Text(255)),
    fields::needed("signInScopes", fields::Shape::List(&requests::SCOPES)),
];

/// What the buyer is asked.
fn about(session: &Session) -> String {
    let saves = "and to save Amazon Pay as your payment method for what you order later";
    match session.terms.amount {
        _ if session.body["chargePermissionId"].is_string() => {
            "The shop asks you to choose another payment method for your saved wallet. No money moves.".to_owned()
        }
        _ if session.terms.setup_only => {
            "The shop asks to save Amazon Pay as your payment method, and to charge it when you order. No money moves.".to_owned()
        }
        Some(total) => format!("The shop asks you to pay {total} {saves}. It is simulated: no money moves."),
        None => format!("The shop asks you where to send your order and how to pay, {saves}. You see the total before you pay."),
    }
}

impl Sandbox {
    /// The payload of a button that was pressed, if the merchant has signed it.
    fn payload(&self, pressed: &Pressed) -> Result<(Value, bool), Refusal> {
        let id = PublicKeyId::parse(&pressed.public_key_id);
        let id = id.map_err(|wrong| Refusal::new("InvalidAuthentication", wrong.to_string()))?;
        if self.settings.key_id.as_ref().is_some_and(|known| *known != id) {
            return Err(Refusal::new("InvalidAuthentication", format!("the public key id {id} is not known")));
        }
        let algorithm = pressed.algorithm.as_deref().filter(|name| !name.is_empty());
        signature::check_button(&pressed.payload, algorithm, &pressed.signature, &self.settings.key)?;
        let body = serde_json::from_str(&pressed.payload);
        let body = body.map_err(|error| Refusal::new("InvalidRequestFormat", format!("the payload is not JSON: {error}")))?;
        let sandbox = id.environment().map_or(pressed.sandbox.as_deref() == Some("true"), |own| own == Environment::Sandbox);
        Ok((body, sandbox))
    }

    /// Makes the session that a button asks for, and says which.
    ///
    /// # Errors
    /// [`BooksError`]; a refusal is an answer.
    pub fn begin_wallet(&self, pressed: &Pressed) -> Result<Result<String, Refusal>, BooksError> {
        let now = self.now();
        let read = || {
            let (_, sandbox) = self.payload(pressed)?;
            let body = requests::body(Operation::CreateCheckoutSession, pressed.payload.as_bytes())?;
            let terms = requests::terms(&body)?;
            let ledger = pressed.ledger_currency.as_deref().and_then(|code| code.parse().ok()).unwrap_or(Currency::Usd);
            Ok((body, terms, ledger, sandbox))
        };
        let (body, terms, ledger, sandbox) = match read() {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.settings.books.with(|pay| {
            if let Some(wallet) = body["chargePermissionId"].as_str() {
                pay.account.permission(wallet)?;
            }
            Ok(pay.account.create_session(Ids::random().uuid(), sandbox, body, terms, ledger, now).id)
        })
    }

    /// The page of a session.
    ///
    /// # Errors
    /// [`BooksError`]; a refusal is an answer.
    pub fn wallet_page(&self, id: &str) -> Result<Result<Consent, Refusal>, BooksError> {
        let now = self.now();
        let session = self.settings.books.with(|pay| {
            pay.account.settle(now);
            pay.account.session(id).cloned()
        })?;
        Ok(session.map(|session| self.consent(&about(&session), format!("/wallet/{id}"), Vec::new(), true)))
    }

    /// What the buyer has decided on the page of a session: where the browser goes.
    ///
    /// # Errors
    /// [`BooksError`]; a refusal is an answer.
    pub fn wallet_decided(&self, id: String, decided: Decided) -> Result<Result<String, Refusal>, BooksError> {
        if decided.answer == "agree" {
            return self.visit(super::control::Visit::of(id, decided.buyer, decided.card));
        }
        let address = self.settings.books.with(|pay| {
            let session = pay.account.session(&id)?;
            let page = |name: &str| session.body.pointer(&format!("/webCheckoutDetails/{name}")).and_then(Value::as_str);
            Ok(page("checkoutCancelUrl").or_else(|| page("checkoutReviewReturnUrl")).unwrap_or("/").to_owned())
        })?;
        Ok(address)
    }

    /// The sign-in page.
    ///
    /// # Errors
    /// The documented refusal for what is wrong with the payload.
    pub fn sign_in_page(&self, pressed: &Pressed) -> Result<Consent, Refusal> {
        self.sign_in(pressed)?;
        let hidden = vec![
            ("publicKeyId", pressed.public_key_id.clone()),
            ("payloadJSON", pressed.payload.clone()),
            ("signature", pressed.signature.clone()),
            ("algorithm", pressed.algorithm.clone().unwrap_or_default()),
        ];
        Ok(self.consent("The shop asks who you are.", "/sign-in/done".to_owned(), hidden, false))
    }

    /// What the buyer has decided on the sign-in page: where the browser goes.
    ///
    /// # Errors
    /// The documented refusal for what is wrong with the payload.
    pub fn signed_in(&self, pressed: &Pressed, decided: &Decided) -> Result<String, Refusal> {
        let body = self.sign_in(pressed)?;
        let page = |name: &str| body[name].as_str().unwrap_or_default();
        if decided.answer != "agree" {
            return Ok(page("signInCancelUrl").to_owned());
        }
        let name = decided.buyer.as_deref().unwrap_or(self.settings.buyer.name);
        let buyer = Buyer::named(name);
        let buyer = buyer.ok_or_else(|| Refusal::new("InvalidParameterValue", format!("there is no buyer {name} here")))?;
        let address = page("signInReturnUrl");
        let joint = if address.contains('?') { '&' } else { '?' };
        Ok(format!("{address}{joint}buyerToken={}", buyer_token(&buyer)))
    }

    fn sign_in(&self, pressed: &Pressed) -> Result<Value, Refusal> {
        let (body, _) = self.payload(pressed)?;
        fields::check(&body, SIGN_IN, "")?;
        Ok(body)
    }

    fn consent(&self, about: &str, action: String, hidden: Vec<(&'static str, String)>, asks_card: bool) -> Consent {
        Consent { about: about.to_owned(), action, hidden, buyers: &BUYERS, chosen: self.settings.buyer.name, asks_card }
    }
}
