//! Saved wallets: how a permission's state reads in the shop's terms (sections 6 and 10), and what is put behind Amazon's button to set
//! one up or to change its payment method.

use super::wire::ObjectId;
use super::wire::answers::{ChargePermission, PermissionReason, PermissionState};
use super::wire::requests::{
    ChargePermissionType, CreateCheckoutSession, PaymentDetails, PaymentIntent, PaymentMethodOnFileMetadata, WebCheckoutDetails,
};
use crate::domain::wallet::{UpdateReason, WalletState};

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

/// The session that sets up a wallet outside a purchase; with a permission, the one that changes its payment method.
#[must_use]
pub fn setting_up(store_id: &str, done: String, cancelled: String, permission: Option<ObjectId>) -> CreateCheckoutSession {
    CreateCheckoutSession {
        store_id: store_id.to_owned(),
        web_checkout_details: WebCheckoutDetails {
            checkout_review_return_url: None,
            checkout_result_return_url: Some(done),
            checkout_cancel_url: Some(cancelled),
        },
        charge_permission_type: ChargePermissionType::PaymentMethodOnFile,
        payment_method_on_file_metadata: Some(PaymentMethodOnFileMetadata { setup_only: true }),
        charge_permission_id: permission,
        payment_details: Some(PaymentDetails {
            payment_intent: PaymentIntent::Confirm,
            can_handle_pending_authorization: false,
            charge_amount: None,
            soft_descriptor: None,
        }),
        merchant_metadata: None,
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
