//! The tester's side, under `/_voicetill/`, and the page where the buyer would be. Amazon has none of this.

use serde::Deserialize;
use serde_json::{Value, json};

use super::forced::{Forced, Wish};
use super::lwa::access_token;
use super::notify::Posted;
use super::perform::{buyer_token, standing};
use super::{Sandbox, held};
use crate::domain::money::Currency;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::{Refusal, Session};
use crate::simulator::amazon_pay::books::BooksError;
use crate::simulator::amazon_pay::{BUYERS, Buyer, Section};
use crate::simulator::clock::iso;

/// What is posted to `/_voicetill/clock`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Move {
    /// Seconds ahead.
    seconds: i64,
}

/// What is posted to `/_voicetill/permission`: what the buyer or Amazon makes of one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    charge_permission_id: String,
    state: String,
    #[serde(default)]
    reason: String,
}

/// What is posted to `/_voicetill/agreement`: what a page with the older interface's widgets begins.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Begin {
    seller_id: String,
    buyer: Option<String>,
    #[serde(default)]
    live: bool,
    /// Whether the buyer has ticked the box.
    consent: bool,
}

/// What a listener confirms its subscription with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Confirmation {
    #[serde(default)]
    pub action: String,
    #[serde(default)]
    pub topic_arn: String,
    #[serde(default)]
    pub token: String,
}

/// Who comes to the checkout page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    amazon_checkout_session_id: String,
    buyer: Option<String>,
    /// The last digits of a test card (section 11).
    card: Option<String>,
}

impl Visit {
    /// A visit to the page of this session.
    #[must_use]
    pub const fn of(session: String, buyer: Option<String>, card: Option<String>) -> Self {
        Self { amazon_checkout_session_id: session, buyer, card }
    }
}

impl Sandbox {
    /// Everything that lies here, what time it is, and how many plans no call has met yet.
    ///
    /// # Errors
    /// [`BooksError`].
    pub fn state(&self) -> Result<Value, BooksError> {
        let now = self.now();
        let account = self.settings.books.with(|pay| {
            pay.account.settle(now);
            pay.account.clone()
        })?;
        let buyers: Vec<Value> =
            BUYERS.iter().map(|buyer| json!({ "name": buyer.name, "about": buyer.about, "buyerToken": buyer_token(buyer), "accessToken": access_token(buyer) })).collect();
        let planned = held(&self.forced).len();
        Ok(json!({ "now": iso(now), "account": account, "buyers": buyers, "planned": planned }))
    }

    /// Moves the account's time.
    pub fn move_clock(&self, ahead: &Move) -> Value {
        self.clock.advance(ahead.seconds);
        json!({ "now": iso(self.now()) })
    }

    /// Tells the listener what has changed, if there is one, and says what was posted.
    ///
    /// # Errors
    /// [`BooksError`].
    pub async fn notify(&self) -> Result<Vec<Posted>, BooksError> {
        let Some(notifier) = &self.notifier else { return Ok(Vec::new()) };
        let now = self.now();
        let account = self.settings.books.with(|pay| {
            pay.account.settle(now);
            pay.account.clone()
        })?;
        Ok(notifier.round(&account, now).await)
    }

    /// Plans what the next call meets.
    ///
    /// # Errors
    /// What is wrong with the wish.
    pub fn plan(&self, wish: Wish) -> Result<Value, &'static str> {
        let forced = Forced::try_from(wish)?;
        let mut planned = held(&self.forced);
        planned.push(forced);
        Ok(json!({ "planned": planned.len() }))
    }

    /// Forgets what no call has met yet.
    pub fn forget(&self) -> Value {
        held(&self.forced).clear();
        json!({ "planned": 0 })
    }

    /// Changes a permission as the buyer or Amazon could.
    ///
    /// # Errors
    /// [`BooksError`]; a refusal is an answer.
    pub fn change(&self, change: &Change) -> Result<Result<Value, Refusal>, BooksError> {
        let now = self.now();
        self.settings.books.with(|pay| {
            let permission = pay.account.permission(&change.charge_permission_id)?;
            let standing = standing(&change.state, &change.reason)
                .ok_or_else(|| Refusal::new("InvalidParameterValue", "state must be Chargeable, NonChargeable or Closed"))?;
            permission.set(standing, now);
            Ok(json!({ "state": permission.state(), "reason": permission.reason() }))
        })
    }

    /// Begins a draft of a billing agreement, in dollars.
    ///
    /// # Errors
    /// [`BooksError`]; a refusal is an answer.
    pub fn begin(&self, begin: &Begin) -> Result<Result<Value, Refusal>, BooksError> {
        let name = begin.buyer.as_deref().unwrap_or(self.settings.buyer.name);
        let Some(buyer) = Buyer::named(name) else { return Ok(Err(nobody(name))) };
        let now = self.now();
        let id = self.settings.books.with(|pay| {
            pay.begin_agreement(buyer.name, &begin.seller_id, Currency::Usd, Section { sandbox: !begin.live, consent: begin.consent }, now)
        })?;
        Ok(Ok(json!({ "amazonBillingAgreementId": id })))
    }

    /// The buyer at Amazon's page: agrees, and goes where the merchant wants buyers to go.
    ///
    /// # Errors
    /// [`BooksError`]; a refusal is an answer.
    pub fn visit(&self, visit: Visit) -> Result<Result<String, Refusal>, BooksError> {
        let now: Time = self.now();
        let id = visit.amazon_checkout_session_id;
        self.settings.books.with(|pay| {
            pay.account.settle(now);
            // Who has been there before goes on.
            let known = pay.account.session(&id)?.buyer.clone();
            let name = visit.buyer.or(known).unwrap_or_else(|| self.settings.buyer.name.to_owned());
            let buyer = Buyer::named(&name).ok_or_else(|| nobody(&name))?;
            pay.account.visit(&id, buyer.name, visit.card, now).map(|session| back(&session))
        })
    }
}

fn nobody(name: &str) -> Refusal {
    Refusal::new("InvalidParameterValue", format!("there is no buyer {name} here"))
}

/// Where the buyer goes from Amazon's page: to the result when everything was there to agree to, to the review otherwise.
fn back(session: &Session) -> String {
    let page = |name: &str| session.body.pointer(&format!("/webCheckoutDetails/{name}")).and_then(Value::as_str);
    let ends = if session.confirmed { page("checkoutResultReturnUrl") } else { page("checkoutReviewReturnUrl") };
    let cancels = page("checkoutCancelUrl").filter(|_| session.reason() == Some("BuyerCanceled"));
    let address = cancels.or(ends).or_else(|| page("checkoutReviewReturnUrl")).unwrap_or_default();
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}amazonCheckoutSessionId={}", session.id)
}
