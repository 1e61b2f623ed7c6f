//! Charge permissions: what a buyer has allowed (5.4, sections 6 and 7). A billing agreement of the older API is one of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::charge::{ChargeState, Decline};
use super::{Account, Refusal, limits};
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;
use crate::simulator::amazon_pay::stored;

/// A draft that nobody confirms is over after three hours (`reference/amazon-pay-mws.md` section 7).
const STALE_SECONDS: i64 = 3 * 60 * Time::MINUTE;

/// What a buyer consents to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Kind {
    OneTime,
    Recurring,
    PaymentMethodOnFile,
    /// Made by a Setup directive, or in the older API.
    BillingAgreement,
}

impl Kind {
    /// As API v2 calls it. What it calls a billing agreement is unconfirmed; the wallet is what it is.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OneTime => "OneTime",
            Self::Recurring => "Recurring",
            Self::PaymentMethodOnFile | Self::BillingAgreement => "PaymentMethodOnFile",
        }
    }

    /// The first letter of ids (section 5).
    #[must_use]
    pub const fn letter(self, sandbox: bool) -> char {
        match (self, sandbox) {
            (Self::OneTime, true) => 'S',
            (Self::OneTime, false) => 'P',
            (Self::Recurring | Self::PaymentMethodOnFile | Self::BillingAgreement, true) => 'C',
            (Self::Recurring | Self::PaymentMethodOnFile | Self::BillingAgreement, false) => 'B',
        }
    }
}

/// Whether a permission may be charged (section 6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Standing {
    Chargeable,
    NonChargeable(String),
    Closed(String),
}

/// A charge permission.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    pub id: String,
    pub kind: Kind,
    pub buyer: String,
    /// Whose agreement it is, and its checkout language, when a directive made it.
    pub seller: Option<String>,
    pub language: Option<String>,
    #[serde(with = "stored::currency")]
    pub currency: Currency,
    pub sandbox: bool,
    /// Only a permission for one order has one.
    #[serde(with = "stored::money_or_none")]
    pub limit: Option<Money>,
    #[serde(with = "stored::time")]
    pub created: Time,
    #[serde(with = "stored::time_or_none")]
    pub expires: Option<Time>,
    pub standing: Standing,
    #[serde(with = "stored::time")]
    pub updated: Time,
    /// The last digits of the test card in the wallet, if one was chosen.
    pub card: Option<String>,
    pub merchant_metadata: Value,
    pub recurring_metadata: Value,
    /// Whether the buyer has agreed, of an agreement that began as a draft on a page (`reference/amazon-pay-mws.md` section 3).
    #[serde(default)]
    pub consent: Option<bool>,
}

impl Permission {
    /// The state's name.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self.standing {
            Standing::Chargeable => "Chargeable",
            Standing::NonChargeable(_) => "NonChargeable",
            Standing::Closed(_) => "Closed",
        }
    }

    /// Why it is not chargeable.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.standing {
            Standing::Chargeable => None,
            Standing::NonChargeable(reason) | Standing::Closed(reason) => Some(reason),
        }
    }

    /// Whether it was begun and never confirmed.
    #[must_use]
    pub fn is_draft(&self) -> bool {
        self.standing == Standing::NonChargeable("PaymentMethodNotSet".to_owned())
    }

    /// What the older interface has of a draft: the merchant's words, and then the buyer's agreement.
    ///
    /// # Errors
    /// `BillingAgreementNotModifiable` once it is confirmed.
    pub fn set_draft(&mut self, merchant: Value, recurring: Value, now: Time) -> Result<(), Refusal> {
        if !self.is_draft() {
            return Err(Refusal::new("BillingAgreementNotModifiable", "the billing agreement is confirmed, or over"));
        }
        (self.merchant_metadata, self.recurring_metadata, self.updated) = (merchant, recurring, now);
        Ok(())
    }

    /// Opens a draft; an open agreement stays so.
    ///
    /// # Errors
    /// `BillingAgreementConstraintsExist` without consent, `InvalidBillingAgreementStatus` when it is over.
    pub fn confirm(&mut self, now: Time) -> Result<(), Refusal> {
        match &self.standing {
            Standing::Chargeable => Ok(()),
            Standing::NonChargeable(_) if self.is_draft() => {
                if self.consent == Some(false) {
                    return Err(Refusal::new("BillingAgreementConstraintsExist", "the buyer has not given consent"));
                }
                self.set(Standing::Chargeable, now);
                Ok(())
            }
            Standing::NonChargeable(reason) | Standing::Closed(reason) => {
                Err(Refusal::new("InvalidBillingAgreementStatus", format!("the billing agreement cannot be confirmed ({reason})")))
            }
        }
    }

    /// Sets the state, unless it is closed for good.
    pub fn set(&mut self, standing: Standing, now: Time) {
        if !matches!(self.standing, Standing::Closed(_)) && self.standing != standing {
            self.standing = standing;
            self.updated = now;
        }
    }

    pub(super) fn settle(&mut self, now: Time) {
        let stale = self.created.plus(STALE_SECONDS);
        if self.is_draft() && self.consent.is_some() && now >= stale {
            self.set(Standing::Closed("Stale".to_owned()), stale);
        }
        if let Some(end) = self.expires.filter(|end| now >= *end) {
            self.set(Standing::Closed("Expired".to_owned()), end);
        }
    }

    /// What a decline does to the permission: a rejection closes it (section 6). That a hard decline suspends it is what the older API
    /// documents; of this one it is inferred.
    pub(super) fn declined(&mut self, decline: Decline, now: Time) {
        match decline {
            Decline::AmazonRejected => self.set(Standing::Closed("AmazonClosed".to_owned()), now),
            Decline::HardDeclined => self.set(Standing::NonChargeable("PaymentMethodInvalid".to_owned()), now),
            Decline::SoftDeclined | Decline::ProcessingFailure | Decline::TransactionTimedOut => {}
        }
    }
}

impl Account {
    /// What is left of a permission.
    #[must_use]
    pub fn balance(&self, permission: &Permission) -> Option<Money> {
        limits::balance(self, permission)
    }

    /// Changes the merchant's words on a permission.
    ///
    /// # Errors
    /// `ChargePermissionNotModifiable` once it is closed.
    pub fn update_permission(&mut self, id: &str, merchant: Option<Value>, recurring: Option<Value>, now: Time) -> Result<(), Refusal> {
        let permission = self.permission(id)?;
        if matches!(permission.standing, Standing::Closed(_)) {
            return Err(Refusal::new("ChargePermissionNotModifiable", "the charge permission is closed"));
        }
        if let Some(merchant) = merchant {
            permission.merchant_metadata = merchant;
        }
        if let Some(recurring) = recurring {
            if permission.kind != Kind::Recurring {
                return Err(Refusal::new("InvalidParameterCombination", "recurringMetadata goes only with a recurring charge permission"));
            }
            permission.recurring_metadata = recurring;
        }
        permission.updated = now;
        Ok(())
    }

    /// Closes a permission. Charges that are still held stay, unless they are to be canceled, too.
    ///
    /// # Errors
    /// `InvalidChargePermissionStatus` when it is closed.
    pub fn close_permission(&mut self, id: &str, by_amazon: bool, cancel_pending: bool, now: Time) -> Result<(), Refusal> {
        let permission = self.permission(id)?;
        if matches!(permission.standing, Standing::Closed(_)) {
            return Err(Refusal::new("InvalidChargePermissionStatus", "the charge permission is closed already"));
        }
        permission.set(Standing::Closed(if by_amazon { "AmazonClosed" } else { "MerchantClosed" }.to_owned()), now);
        let mine = self.charges.iter_mut().filter(|charge| cancel_pending && charge.permission == id);
        for charge in mine.filter(|charge| charge.is_open()) {
            charge.become_now(ChargeState::Canceled("ChargePermissionCanceled".to_owned()), now);
        }
        Ok(())
    }
}
