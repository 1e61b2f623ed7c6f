//! Checkout sessions: from the merchant's wish to the buyer's consent (5.2, 5.3, sections 6 and 11).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::charge::{Asked, Charge, ChargeState, Simulated};
use super::permission::{Kind, Permission, Standing};
use super::{Account, Refusal, digits, region};
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;
use crate::simulator::amazon_pay::stored;

/// How long a session can be completed, and how long it is kept (section 6).
const OPEN_SECONDS: i64 = Time::DAY;
const KEPT_SECONDS: i64 = 30 * Time::DAY;
/// The life of a one-time permission, without and with `extendExpiration` (section 6); 13 months are 395 days here.
const PERMISSION_DAYS: i64 = 180;
const EXTENDED_DAYS: i64 = 395;

/// What the session is to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Intent {
    Confirm,
    Authorize,
    AuthorizeWithCapture,
}

/// What the merchant asks for, as far as it decides anything.
#[allow(clippy::struct_excessive_bools, reason = "each is a field of the protocol")]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    pub kind: Kind,
    pub setup_only: bool,
    pub intent: Option<Intent>,
    pub can_handle_pending: bool,
    #[serde(with = "stored::money_or_none")]
    pub amount: Option<Money>,
    #[serde(with = "stored::money_or_none")]
    pub total: Option<Money>,
    pub extend_expiration: bool,
    pub has_result_url: bool,
}

/// The state of a session (section 6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum SessionState {
    Open,
    Completed,
    Canceled(String),
}

/// A checkout session.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: String,
    pub sandbox: bool,
    /// The merchant's body, with what was changed since.
    pub body: Value,
    pub terms: Terms,
    #[serde(with = "stored::currency")]
    pub ledger: Currency,
    #[serde(with = "stored::time")]
    pub created: Time,
    #[serde(with = "stored::time")]
    pub updated: Time,
    pub state: SessionState,
    /// Who came to Amazon's page, and with which card's last digits.
    pub buyer: Option<String>,
    pub card: Option<String>,
    /// Whether the buyer has agreed to the terms.
    pub confirmed: bool,
    pub permission: Option<String>,
    pub charge: Option<String>,
}

/// A session that came to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    pub session: Session,
    /// Whether its charge is not final yet, which answers 202 (section 5).
    pub pending: bool,
}

impl Session {
    /// The state's name.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match self.state {
            SessionState::Open => "Open",
            SessionState::Completed => "Completed",
            SessionState::Canceled(_) => "Canceled",
        }
    }

    /// Why it was canceled.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            SessionState::Canceled(reason) => Some(reason),
            SessionState::Open | SessionState::Completed => None,
        }
    }

    /// When it can no longer be completed.
    #[must_use]
    pub const fn expires(&self) -> Time {
        self.created.plus(OPEN_SECONDS)
    }

    /// What is missing before the buyer can confirm (5.2); the full list is unconfirmed.
    #[must_use]
    pub fn constraints(&self) -> Vec<(&'static str, &'static str)> {
        let Terms { intent, amount, has_result_url, setup_only, .. } = &self.terms;
        let mut missing = Vec::new();
        if self.buyer.is_none() {
            missing.push(("BuyerNotAssociated", "There is no buyer associated with the Checkout Session."));
        }
        // A wallet that is only set up, like a confirmed order without a charge, has no amount.
        if amount.is_none() && !setup_only {
            missing.push(("ChargeAmountNotSet", "chargeAmount is not set."));
        }
        if !has_result_url {
            missing.push(("CheckoutResultReturnUrlNotSet", "checkoutResultReturnUrl is not set."));
        }
        if intent.is_none() {
            missing.push(("PaymentIntentNotSet", "paymentIntent is not set."));
        }
        missing
    }

    pub(super) fn settle(&mut self, now: Time) {
        if self.state == SessionState::Open && now >= self.expires() {
            self.cancel("Expired", self.expires());
        }
    }

    pub(super) const fn deleted(&self, now: Time) -> bool {
        now.since(self.created) >= KEPT_SECONDS
    }

    fn cancel(&mut self, reason: &str, now: Time) {
        self.state = SessionState::Canceled(reason.to_owned());
        self.updated = now;
    }

    fn open(&self) -> Result<(), Refusal> {
        match &self.state {
            SessionState::Open => Ok(()),
            SessionState::Completed => Err(Refusal::new("InvalidCheckoutSessionStatus", "the checkout session is Completed")),
            SessionState::Canceled(reason) => {
                Err(Refusal::new("InvalidCheckoutSessionStatus", format!("the checkout session is Canceled ({reason})")))
            }
        }
    }

    /// How the test card ends the session (section 11).
    fn card_cancels(&self) -> Option<&'static str> {
        match self.card.as_deref() {
            Some("3064") => Some("BuyerCanceled"),
            Some("3434") => Some("Declined"),
            Some(_) | None => None,
        }
    }
}

impl Account {
    /// Begins a checkout session.
    pub fn create_session(&mut self, id: String, sandbox: bool, body: Value, terms: Terms, ledger: Currency, now: Time) -> Session {
        let session = Session {
            id,
            sandbox,
            body,
            terms,
            ledger,
            created: now,
            updated: now,
            state: SessionState::Open,
            buyer: None,
            card: None,
            confirmed: false,
            permission: None,
            charge: None,
        };
        self.sessions.push(session.clone());
        session
    }

    /// Changes an open session; the buyer has to agree once more.
    ///
    /// # Errors
    /// `InvalidCheckoutSessionStatus` when it is over.
    pub fn update_session(&mut self, id: &str, body: Value, terms: Terms, now: Time) -> Result<Session, Refusal> {
        let session = self.session(id)?;
        session.open()?;
        session.confirmed &= session.terms == terms;
        session.body = body;
        session.terms = terms;
        session.updated = now;
        Ok(session.clone())
    }

    /// The buyer comes to Amazon's page, chooses a card, and agrees if everything is there to agree to.
    ///
    /// # Errors
    /// `InvalidCheckoutSessionStatus` when the session is over.
    pub fn visit(&mut self, id: &str, buyer: &str, card: Option<String>, now: Time) -> Result<Session, Refusal> {
        let session = self.session(id)?;
        session.open()?;
        session.buyer = Some(buyer.to_owned());
        session.card = card.or_else(|| session.card.take());
        session.updated = now;
        let canceled = session.card_cancels();
        if session.constraints().is_empty() {
            session.confirmed = true;
            if let Some(reason) = canceled {
                session.cancel(reason, now);
            }
        }
        Ok(session.clone())
    }

    /// Takes over what the merchant's own page has settled with the buyer, who has agreed there (single-page integration). How far it goes
    /// by itself is unconfirmed; here Complete still has to follow, as in every other flow.
    ///
    /// # Errors
    /// `InvalidCheckoutSessionStatus` when the session is over, or has no buyer.
    pub fn finalize_session(&mut self, id: &str, body: Value, terms: Terms, now: Time) -> Result<Session, Refusal> {
        let session = self.session(id)?;
        session.open()?;
        if session.buyer.is_none() {
            return Err(Refusal::new("InvalidCheckoutSessionStatus", "no buyer is associated with the checkout session"));
        }
        session.body = body;
        session.terms = terms;
        session.confirmed = true;
        session.updated = now;
        Ok(session.clone())
    }

    /// Completes a session: makes the permission, and the charge if one is wanted (5.3).
    ///
    /// # Errors
    /// The documented refusal for what stands against it.
    pub fn complete_session(&mut self, id: &str, amount: Option<Money>, simulated: Option<&str>, now: Time) -> Result<Completed, Refusal> {
        let session = self.session(id)?;
        session.open()?;
        let (Some(buyer), true) = (session.buyer.clone(), session.confirmed) else {
            return Err(Refusal::new("InvalidCheckoutSessionStatus", "the buyer has not confirmed the checkout session"));
        };
        let terms = session.terms.clone();
        match (terms.amount, amount) {
            (Some(_), None) => return Err(Refusal::new("MissingParameterValue", "chargeAmount is missing")),
            (Some(agreed), Some(given)) if agreed.currency() != given.currency() => {
                return Err(Refusal::new("CurrencyMismatch", format!("the checkout session is in {}", agreed.currency())));
            }
            (Some(agreed), Some(given)) if agreed != given => {
                return Err(Refusal::new("AmountMismatch", format!("the checkout session is about {agreed}")));
            }
            (None, Some(_)) => return Err(Refusal::new("AmountMismatch", "the checkout session has no amount")),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if let Some(reason @ ("BuyerCanceled" | "AmazonCanceled" | "Declined")) = simulated {
            session.cancel(reason, now);
            return Err(Refusal::new("CheckoutSessionCanceled", format!("the checkout session is Canceled ({reason})")));
        }
        let charge = match (terms.amount, terms.intent) {
            (Some(amount), Some(Intent::Authorize)) if !terms.setup_only => Some((amount, false)),
            (Some(amount), Some(Intent::AuthorizeWithCapture)) if !terms.setup_only => Some((amount, true)),
            _ => None,
        };
        let wanted = simulated.map(|_| Simulated::Pending { declined: false });
        let pending = terms.can_handle_pending && charge.is_some();
        if simulated.is_some() && !pending {
            return Err(Refusal::new(
                "InvalidSandboxSimulationSpecified",
                "AuthorizationInitiated needs a charge and canHandlePendingAuthorization true",
            ));
        }
        let session = session.clone();
        if let Some(wallet) = session.body.get("chargePermissionId").and_then(Value::as_str) {
            return self.change_wallet(id, wallet, &buyer, session.card.clone(), now);
        }
        let permission = self.new_permission(&session, buyer, now);
        let id_of_permission = permission.id.clone();
        self.permissions.push(permission);
        let made = charge.map(|(amount, capture_now)| {
            let told = session.body.get("merchantMetadata").cloned().unwrap_or_default();
            let asked = Asked {
                permission: id_of_permission.clone(),
                amount,
                capture_now,
                can_handle_pending: terms.can_handle_pending,
                soft_descriptor: session.body.pointer("/paymentDetails/softDescriptor").and_then(Value::as_str).map(str::to_owned),
                told: serde_json::json!({ "merchantMetadata": told }),
            };
            self.create_charge(&asked, wanted, now)
        });
        let made: Option<Charge> = match made.transpose() {
            Ok(made) => made,
            Err(refusal) => {
                self.permissions.retain(|held| held.id != id_of_permission);
                return Err(refusal);
            }
        };
        let held = self.session(id)?;
        held.state = SessionState::Completed;
        held.updated = now;
        held.permission = Some(id_of_permission);
        let pending = made.as_ref().is_some_and(|charge| matches!(charge.state, ChargeState::AuthorizationInitiated { .. }));
        held.charge = made.map(|charge| charge.id);
        Ok(Completed { session: held.clone(), pending })
    }

    /// The buyer has chosen another payment method for a saved wallet, which keeps its id and can be charged again (section 10).
    fn change_wallet(&mut self, id: &str, wallet: &str, buyer: &str, card: Option<String>, now: Time) -> Result<Completed, Refusal> {
        let permission = self.permission(wallet)?;
        if permission.buyer != buyer || matches!(permission.standing, Standing::Closed(_)) {
            return Err(Refusal::new("InvalidChargePermissionStatus", "the charge permission is closed, or another buyer's"));
        }
        permission.card = card;
        permission.set(Standing::Chargeable, now);
        let held = self.session(id)?;
        held.state = SessionState::Completed;
        held.updated = now;
        held.permission = Some(wallet.to_owned());
        Ok(Completed { session: held.clone(), pending: false })
    }

    fn new_permission(&self, session: &Session, buyer: String, now: Time) -> Permission {
        let Terms { kind, amount, total, extend_expiration, .. } = session.terms;
        let currency = amount.map_or(session.ledger, Money::currency);
        let text = format!("{} {}", session.id, self.permissions.len());
        let one_time = kind == Kind::OneTime;
        let days = if extend_expiration { EXTENDED_DAYS } else { PERMISSION_DAYS };
        Permission {
            id: format!("{}{}-{}-{}", kind.letter(session.sandbox), region(currency), digits(1, &text, 7), digits(2, &text, 7)),
            kind,
            buyer,
            seller: None,
            language: None,
            currency,
            sandbox: session.sandbox,
            limit: total.or(amount).filter(|_| one_time),
            created: now,
            expires: one_time.then(|| now.plus(days * Time::DAY)),
            standing: Standing::Chargeable,
            updated: now,
            card: session.card.clone(),
            merchant_metadata: session.body.get("merchantMetadata").cloned().unwrap_or_default(),
            recurring_metadata: session.body.get("recurringMetadata").cloned().unwrap_or_default(),
            consent: None,
        }
    }
}
