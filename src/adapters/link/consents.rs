//! [`Consents`], [`Checkouts`] and [`Charges`] over API v2: what a buyer has agreed to on Amazon's pages (`reference/amazon-pay-v2.md`,
//! sections 5.2 to 5.4, 5.7 and 10).

use std::time::Duration;

use crate::adapters::amazon_pay::api::buyers::BuyerToken;
use crate::adapters::amazon_pay::api::client::{CallError, Client};
use crate::adapters::amazon_pay::api::errors::ReasonCode;
use crate::adapters::amazon_pay::api::payments::Account;
use crate::adapters::amazon_pay::api::wallet::{self, Purchase};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::amazon_pay::api::wire::answers::SessionState;
use crate::adapters::amazon_pay::api::wire::requests::{CloseChargePermission, CompleteCheckoutSession};
use crate::adapters::fingerprint;
use crate::domain::ids::{AmazonId, AttemptId, BillingAgreementId, BuyerId, CheckoutId, IdError, OrderId};
use crate::domain::order::Order;
use crate::domain::payment::{Attempt, CheckoutStanding};
use crate::domain::wallet::{Email, WalletState};
use crate::ports::{Agreed, Answered, Buyers, Charges, Checkout, Checkouts, ConsentError, Consents, PaymentsError, Terms};

/// Somebody looks at an empty page meanwhile.
const WITHIN: Duration = Duration::from_secs(6);

/// The merchant's account, as account linking asks it.
#[derive(Debug)]
pub struct AmazonConsents {
    account: Account,
}

/// An answer that lacks what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Lacking {
    #[error("Amazon Pay completed the session and named no charge permission")]
    Permission,
    #[error("Amazon Pay does not say whose the charge permission is")]
    Buyer,
    #[error("Amazon Pay does not say where the buyer goes on")]
    WayOn,
}

impl AmazonConsents {
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { account: Account::new(client) }
    }

    const fn client(&self) -> &Client {
        self.account.client()
    }

    /// Completes the session if it is open. Its own id is the key, so that a repeated return is the same call.
    async fn completed(&self, id: &ObjectId, began: &str) -> Result<ObjectId, ConsentError> {
        let session = self.client().checkout_session(id, WITHIN).await.map_err(|error| sorted(error, ConsentError::Foreign))?;
        // Somebody else's session would link this buyer's Alexa to that wallet.
        if session.value.result_url.as_deref() != Some(began) {
            return Err(ConsentError::Foreign);
        }
        let permission = match session.value.state {
            SessionState::Completed => session.value.charge_permission,
            // What is to be charged is completed by whoever has stored that before.
            SessionState::Open if session.value.amount.is_some() => return Err(ConsentError::Foreign),
            SessionState::Open => {
                let key: String = id.as_str().chars().filter(|letter| *letter != '-').take(32).collect();
                let key = AttemptId::parse(&key).map_err(|_| ConsentError::Foreign)?;
                let body = CompleteCheckoutSession { charge_amount: None };
                let done = self.client().complete_checkout_session(id, &body, &key, WITHIN).await;
                done.map_err(|error| sorted(error, ConsentError::Declined))?.value.charge_permission
            }
            SessionState::Canceled | SessionState::Unknown(_) => return Err(ConsentError::Declined),
        };
        permission.ok_or_else(|| ConsentError::Unavailable(Box::new(Lacking::Permission)))
    }

    /// What a permission says of its buyer.
    async fn agreed_in(&self, permission: &ObjectId) -> Result<Agreed, ConsentError> {
        let answer = self.client().charge_permission(permission, WITHIN).await.map_err(unavailable)?.value;
        let id = BillingAgreementId::parse(permission.as_str()).map_err(unfit)?;
        wallet::agreed(&id, answer).map_err(unfit)?.ok_or_else(|| ConsentError::Unavailable(Box::new(Lacking::Buyer)))
    }
}

impl Consents for AmazonConsents {
    async fn agreed(&self, session: &str, began: &str) -> Result<Agreed, ConsentError> {
        let id = ObjectId::parse(session).map_err(|_| ConsentError::Foreign)?;
        let permission = self.completed(&id, began).await?;
        self.agreed_in(&permission).await
    }

    async fn signed_in(&self, token: &str) -> Result<BuyerId, ConsentError> {
        let token = BuyerToken::parse(token).map_err(|_| ConsentError::Foreign)?;
        let buyer = self.client().buyer(&token, WITHIN).await.map_err(|error| sorted(error, ConsentError::Foreign))?;
        fingerprint::linked_buyer(&AmazonId::parse(buyer.value.id.as_str()).map_err(unfit)?).map_err(unfit)
    }

    async fn standing(&self, permission: &BillingAgreementId) -> Result<WalletState, ConsentError> {
        let answer = self.client().charge_permission(&object(permission)?, WITHIN).await.map_err(unavailable)?;
        Ok(wallet::state(&answer.value))
    }

    async fn end(&self, permission: &BillingAgreementId) -> Result<(), ConsentError> {
        let body = CloseChargePermission { closure_reason: "Closed by the buyer".to_owned(), cancel_pending_charges: false };
        let id = object(permission)?;
        let Err(error) = self.client().close_charge_permission(&id, &body, WITHIN).await else { return Ok(()) };
        // It may have been closed before, at Amazon.
        match self.client().charge_permission(&id, WITHIN).await {
            Ok(answer) if wallet::state(&answer.value) == WalletState::Closed => Ok(()),
            Ok(_) | Err(_) => Err(unavailable(error)),
        }
    }
}

impl Checkouts for AmazonConsents {
    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, ConsentError> {
        let object = ObjectId::parse(id.as_str()).map_err(|_| ConsentError::Foreign)?;
        let session = self.client().checkout_session(&object, WITHIN).await.map_err(|error| sorted(error, ConsentError::Foreign))?.value;
        Ok(Checkout {
            id: id.clone(),
            standing: match session.state {
                // What this version does not know is for Amazon to judge when it is asked to complete it.
                SessionState::Open | SessionState::Unknown(_) => CheckoutStanding::Open,
                SessionState::Completed => CheckoutStanding::Completed,
                SessionState::Canceled => CheckoutStanding::Over,
            },
            buyer: session.buyer.as_ref().map(fingerprint::linked_buyer).transpose().map_err(unfit)?,
            address: session.shipping_address,
            total: session.amount,
            order: session.reference.as_deref().and_then(|reference| OrderId::parse(reference).ok()),
            review: session.review_url,
            done: session.result_url,
        })
    }

    async fn put_terms(&self, id: &CheckoutId, terms: &Terms) -> Result<String, ConsentError> {
        let object = ObjectId::parse(id.as_str()).map_err(|_| ConsentError::Foreign)?;
        let purchase = Purchase::from(terms);
        let changed = self.client().update_checkout_session(&object, &purchase.terms(terms.done.clone()), WITHIN).await;
        let session = changed.map_err(|error| sorted(error, ConsentError::Declined))?.value;
        session.redirect_url.ok_or_else(|| ConsentError::Unavailable(Box::new(Lacking::WayOn)))
    }
}

impl Buyers for AmazonConsents {
    async fn email(&self, agreement: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        self.account.email(agreement).await
    }

    async fn wallet(&self, agreement: &BillingAgreementId) -> Result<Option<Agreed>, PaymentsError> {
        self.account.wallet(agreement).await
    }
}

impl Charges for AmazonConsents {
    async fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> Result<Answered, PaymentsError> {
        self.account.charge(order, attempt, within).await
    }
}

fn object(permission: &BillingAgreementId) -> Result<ObjectId, ConsentError> {
    ObjectId::parse(permission.as_str()).map_err(|error| ConsentError::Unavailable(Box::new(error)))
}

/// A refusal that is about the buyer's doing is `refused`; everything else is about the line to Amazon, or the shop's account.
fn sorted(error: CallError, refused: ConsentError) -> ConsentError {
    match error.cause.refusal().map(|refusal| &refusal.code) {
        Some(
            ReasonCode::ResourceNotFound
            | ReasonCode::InvalidCheckoutSessionStatus
            | ReasonCode::CheckoutSessionCanceled
            | ReasonCode::InvalidChargePermissionStatus
            | ReasonCode::InvalidParameterValue,
        ) => refused,
        _ => unavailable(error),
    }
}

fn unavailable(error: CallError) -> ConsentError {
    ConsentError::Unavailable(Box::new(error))
}

fn unfit(error: IdError) -> ConsentError {
    ConsentError::Unavailable(Box::new(error))
}
