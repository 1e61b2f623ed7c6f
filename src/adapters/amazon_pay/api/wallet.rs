//! Saved wallets: how a permission's state reads in the shop's terms (sections 6 and 10), and what is put behind Amazon's button to set
//! one up, to change its payment method, or to save one in a purchase.

use super::wire::answers::{ChargePermission, PermissionReason, PermissionState};
use super::wire::requests::{
    AddressDetails, ChargePermissionType, CheckoutMode, CreateCheckoutSession, MerchantMetadata, PaymentDetails, PaymentIntent,
    PaymentMethodOnFileMetadata, UpdateCheckoutSession, WebCheckoutDetails,
};
use super::wire::{ObjectId, Price};
use crate::adapters::fingerprint;
use crate::domain::ids::{BillingAgreementId, IdError};
use crate::domain::money::Money;
use crate::domain::payment::{CaptureMode, Timing};
use crate::domain::wallet::{Email, UpdateReason, WalletState};
use crate::ports::{Agreed, Terms};

/// Whether a wallet can be charged, as far as this answer tells.
#[must_use]
pub fn state(permission: &ChargePermission) -> WalletState {
    match &permission.state {
        PermissionState::Chargeable => WalletState::Chargeable,
        PermissionState::Closed => WalletState::Closed,
        PermissionState::NonChargeable | PermissionState::Unknown(_) => match permission.reasons.iter().find_map(update_reason) {
            Some(reason) => WalletState::NeedsUpdate(reason),
            // It passes by itself.
            None if permission.reasons.contains(&PermissionReason::ChargeInProgress) => WalletState::Chargeable,
            None => WalletState::NeedsUpdate(UpdateReason::MethodInvalid),
        },
    }
}

/// What the buyer can put right on Amazon's page.
const fn update_reason(reason: &PermissionReason) -> Option<UpdateReason> {
    match reason {
        PermissionReason::PaymentMethodInvalid => Some(UpdateReason::MethodInvalid),
        PermissionReason::PaymentMethodDeleted => Some(UpdateReason::MethodDeleted),
        PermissionReason::PaymentMethodExpired => Some(UpdateReason::MethodExpired),
        PermissionReason::PaymentMethodNotAllowed => Some(UpdateReason::MethodNotAllowed),
        PermissionReason::PaymentMethodNotSet => Some(UpdateReason::MethodNotSet),
        PermissionReason::BillingAddressDeleted => Some(UpdateReason::BillingAddressDeleted),
        PermissionReason::MFAFailed => Some(UpdateReason::ChallengeFailed),
        PermissionReason::ChargeInProgress
        | PermissionReason::TransactionAmountExceeded
        | PermissionReason::AmountNotSet
        | PermissionReason::MerchantClosed
        | PermissionReason::MerchantCanceled
        | PermissionReason::BuyerClosed
        | PermissionReason::BuyerCanceled
        | PermissionReason::AmazonClosed
        | PermissionReason::AmazonCanceled
        | PermissionReason::Expired
        | PermissionReason::Unknown(_) => None,
    }
}

/// What a permission says of its buyer and itself; `None` where Amazon does not tell whose it is.
///
/// # Errors
/// Never in practice: the hash has the shape of the identifier.
pub fn agreed(id: &BillingAgreementId, answer: ChargePermission) -> Result<Option<Agreed>, IdError> {
    let state = state(&answer);
    let Some(buyer) = answer.buyer else { return Ok(None) };
    Ok(Some(Agreed {
        buyer: fingerprint::linked_buyer(&buyer)?,
        permission: id.clone(),
        state,
        address: answer.shipping_address,
        email: answer.email.as_deref().and_then(Email::parse),
    }))
}

/// The session that sets up a wallet outside a purchase; with a permission, the one that changes its payment method.
#[must_use]
pub fn setting_up(store_id: &str, done: String, cancelled: String, permission: Option<ObjectId>) -> CreateCheckoutSession {
    CreateCheckoutSession {
        store_id: store_id.to_owned(),
        web_checkout_details: WebCheckoutDetails {
            checkout_result_return_url: Some(done),
            checkout_cancel_url: Some(cancelled),
            ..WebCheckoutDetails::default()
        },
        charge_permission_id: permission,
        payment_details: Some(PaymentDetails {
            payment_intent: PaymentIntent::Confirm,
            can_handle_pending_authorization: false,
            charge_amount: None,
            soft_descriptor: None,
        }),
        ..saving(true)
    }
}

/// A purchase in which a wallet is saved: what it comes to.
#[derive(Clone, Debug)]
pub struct Purchase {
    pub reference: String,
    pub total: Money,
    pub capture: CaptureMode,
    pub timing: Timing,
}

impl From<&Terms> for Purchase {
    fn from(Terms { order, total, capture, timing, done: _ }: &Terms) -> Self {
        Self { reference: order.to_string(), total: *total, capture: *capture, timing: *timing }
    }
}

impl Purchase {
    fn details(&self) -> PaymentDetails {
        PaymentDetails {
            payment_intent: match self.capture {
                CaptureMode::Immediate => PaymentIntent::AuthorizeWithCapture,
                CaptureMode::OnShip => PaymentIntent::Authorize,
            },
            can_handle_pending_authorization: self.timing == Timing::Asynchronous,
            charge_amount: Some(Price(self.total)),
            soft_descriptor: None,
        }
    }

    fn metadata(&self) -> MerchantMetadata {
        MerchantMetadata { merchant_reference_id: Some(self.reference.clone()), ..MerchantMetadata::default() }
    }

    /// What an express checkout comes to, once the buyer has seen the total on our page.
    #[must_use]
    pub fn terms(&self, done: String) -> UpdateCheckoutSession {
        UpdateCheckoutSession {
            web_checkout_details: Some(WebCheckoutDetails { checkout_result_return_url: Some(done), ..WebCheckoutDetails::default() }),
            payment_details: Some(self.details()),
            merchant_metadata: Some(self.metadata()),
        }
    }
}

/// The session at the end of a checkout: everything is known before, and the buyer agrees to the total on Amazon's page.
#[must_use]
pub fn checking_out(
    store_id: &str,
    done: String,
    cancelled: String,
    purchase: &Purchase,
    address: Option<AddressDetails>,
) -> CreateCheckoutSession {
    CreateCheckoutSession {
        store_id: store_id.to_owned(),
        web_checkout_details: WebCheckoutDetails {
            checkout_result_return_url: Some(done),
            checkout_cancel_url: Some(cancelled),
            checkout_mode: Some(CheckoutMode::ProcessOrder),
            ..WebCheckoutDetails::default()
        },
        payment_details: Some(purchase.details()),
        merchant_metadata: Some(purchase.metadata()),
        address_details: address,
        ..saving(false)
    }
}

/// The session of an express checkout: the buyer chooses address and payment at Amazon, and sees the total on our page afterwards.
#[must_use]
pub fn expressing(store_id: &str, review: String, cancelled: String) -> CreateCheckoutSession {
    CreateCheckoutSession {
        store_id: store_id.to_owned(),
        web_checkout_details: WebCheckoutDetails {
            checkout_review_return_url: Some(review),
            checkout_cancel_url: Some(cancelled),
            ..WebCheckoutDetails::default()
        },
        ..saving(false)
    }
}

/// What all sessions have in common that save a wallet.
fn saving(setup_only: bool) -> CreateCheckoutSession {
    CreateCheckoutSession {
        charge_permission_type: ChargePermissionType::PaymentMethodOnFile,
        payment_method_on_file_metadata: Some(PaymentMethodOnFileMetadata { setup_only }),
        ..CreateCheckoutSession::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::wire::answers::Read;
    use super::*;

    fn state_of(name: &str, reasons: &[&str]) -> WalletState {
        let reasons: Vec<Value> = reasons.iter().map(|code| json!({ "reasonCode": code })).collect();
        let body = json!({ "chargePermissionId": "C01-0000000-0000000", "statusDetails": { "state": name, "reasons": reasons } });
        state(&ChargePermission::read(&body).unwrap())
    }

    #[test]
    fn only_a_chargeable_permission_or_one_that_is_just_being_charged_is_chargeable() {
        assert_eq!(state_of("Chargeable", &[]), WalletState::Chargeable);
        assert_eq!(state_of("NonChargeable", &["ChargeInProgress"]), WalletState::Chargeable);
        assert_eq!(state_of("Closed", &["BuyerClosed"]), WalletState::Closed);
        let update = |reason| WalletState::NeedsUpdate(reason);
        assert_eq!(state_of("NonChargeable", &["ChargeInProgress", "PaymentMethodExpired"]), update(UpdateReason::MethodExpired));
        assert_eq!(state_of("NonChargeable", &["MFAFailed"]), update(UpdateReason::ChallengeFailed));
        for unclear in [state_of("NonChargeable", &[]), state_of("Resting", &["Tired"])] {
            assert_eq!(unclear, update(UpdateReason::MethodInvalid));
        }
    }
}
