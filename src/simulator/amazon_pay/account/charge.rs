//! Charges: money that is held and taken (5.5, sections 6 and 7).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::permission::Standing;
use super::{Account, PENDING_SECONDS, Refusal, digits, limits, region, unused};
use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::{payload, stored};

/// How long an authorization holds (section 7).
const AUTHORIZATION_DAYS: i64 = 30;
/// Within this time a capture is synchronous (section 7).
const SYNCHRONOUS_CAPTURE_DAYS: i64 = 7;

/// Why a charge is turned down (section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Decline {
    SoftDeclined,
    HardDeclined,
    AmazonRejected,
    ProcessingFailure,
    TransactionTimedOut,
}

impl Decline {
    /// The reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SoftDeclined => "SoftDeclined",
            Self::HardDeclined => "HardDeclined",
            Self::AmazonRejected => "AmazonRejected",
            Self::ProcessingFailure => "ProcessingFailure",
            Self::TransactionTimedOut => "TransactionTimedOut",
        }
    }
}

/// What a simulation code or a test card asks of a charge (section 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simulated {
    Declined(Decline),
    /// Authorized only after a while, or declined then.
    Pending {
        declined: bool,
    },
    /// Captured only after a while.
    CaptureInitiated,
}

/// The state of a charge (section 6).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum ChargeState {
    /// Final half a minute later.
    AuthorizationInitiated {
        declined: bool,
    },
    Authorized,
    /// Captured half a minute later.
    CaptureInitiated,
    Captured,
    Declined(Decline),
    Canceled(String),
}

/// A well-formed request for a charge.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub permission: String,
    pub amount: Money,
    pub capture_now: bool,
    pub can_handle_pending: bool,
    pub soft_descriptor: Option<String>,
    /// What is only repeated in answers.
    pub told: Value,
}

/// A charge.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    pub id: String,
    pub permission: String,
    pub sandbox: bool,
    #[serde(with = "stored::money")]
    pub amount: Money,
    pub capture_now: bool,
    pub soft_descriptor: Option<String>,
    /// Fields that are only repeated: metadata, initiator, channel.
    pub told: Value,
    #[serde(with = "stored::time")]
    pub created: Time,
    #[serde(with = "stored::time")]
    pub updated: Time,
    pub state: ChargeState,
    /// Taken, or on its way.
    #[serde(with = "stored::money_or_none")]
    pub captured: Option<Money>,
    /// What asked for it on the directive rail.
    pub directive: Option<payload::Charge>,
}

impl Charge {
    /// The state's name.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match self.state {
            ChargeState::AuthorizationInitiated { .. } => "AuthorizationInitiated",
            ChargeState::Authorized => "Authorized",
            ChargeState::CaptureInitiated => "CaptureInitiated",
            ChargeState::Captured => "Captured",
            ChargeState::Declined(_) => "Declined",
            ChargeState::Canceled(_) => "Canceled",
        }
    }

    /// Why it was declined or canceled.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            ChargeState::Declined(decline) => Some(decline.code()),
            ChargeState::Canceled(reason) => Some(reason),
            ChargeState::AuthorizationInitiated { .. }
            | ChargeState::Authorized
            | ChargeState::CaptureInitiated
            | ChargeState::Captured => None,
        }
    }

    /// As it is at a moment.
    #[must_use]
    pub fn at(&self, now: Time) -> Self {
        let mut then = self.clone();
        then.settle(now);
        then
    }

    /// Whether money is taken, or on its way.
    #[must_use]
    pub const fn is_captured(&self) -> bool {
        matches!(self.state, ChargeState::CaptureInitiated | ChargeState::Captured)
    }

    /// When the authorization ends.
    #[must_use]
    pub const fn expires(&self) -> Time {
        self.created.plus(AUTHORIZATION_DAYS * Time::DAY)
    }

    /// What it takes of its permission: a part that was captured gives up the rest (5.5).
    #[must_use]
    pub fn held(&self) -> Money {
        match self.state {
            ChargeState::AuthorizationInitiated { .. } | ChargeState::Authorized => self.amount,
            ChargeState::CaptureInitiated | ChargeState::Captured => self.captured.unwrap_or(self.amount),
            ChargeState::Declined(_) | ChargeState::Canceled(_) => Money::zero(self.amount.currency()),
        }
    }

    pub(super) const fn was_declined(&self) -> bool {
        matches!(self.state, ChargeState::Declined(_))
    }

    /// Whether money is held and none is taken.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, ChargeState::AuthorizationInitiated { .. } | ChargeState::Authorized)
    }

    pub(super) fn become_now(&mut self, state: ChargeState, now: Time) {
        self.state = state;
        self.updated = now;
    }

    /// Lets happen what is due, and tells of a decline, which concerns the permission.
    pub(super) fn settle(&mut self, now: Time) -> Option<Decline> {
        let due = self.updated.plus(PENDING_SECONDS);
        match self.state {
            ChargeState::AuthorizationInitiated { declined: true } if now >= due => {
                self.become_now(ChargeState::Declined(Decline::HardDeclined), due);
                return Some(Decline::HardDeclined);
            }
            ChargeState::AuthorizationInitiated { declined: false } if now >= due => {
                if self.capture_now {
                    self.captured = Some(self.amount);
                    self.become_now(ChargeState::Captured, due);
                } else {
                    self.become_now(ChargeState::Authorized, due);
                }
            }
            ChargeState::CaptureInitiated if now >= due => self.become_now(ChargeState::Captured, due),
            ChargeState::AuthorizationInitiated { .. }
            | ChargeState::Authorized
            | ChargeState::CaptureInitiated
            | ChargeState::Captured
            | ChargeState::Declined(_)
            | ChargeState::Canceled(_) => {}
        }
        if self.state == ChargeState::Authorized && now >= self.expires() {
            self.become_now(ChargeState::Canceled("ExpiredUnused".to_owned()), self.expires());
        }
        None
    }

    fn wrong_state(&self, what: &str) -> Refusal {
        Refusal::new("InvalidChargeStatus", format!("the charge is {} and cannot be {what}", self.state_name()))
    }
}

/// What the test card asks of charges (section 11). That it does so of later charges of a wallet, and when they capture at once, is
/// inferred.
fn card_says(card: &str) -> Option<Simulated> {
    match card {
        "0701" => Some(Simulated::Pending { declined: false }),
        "4354" => Some(Simulated::Pending { declined: true }),
        _ => None,
    }
}

impl Account {
    /// Makes a charge. One that is declined at once is a refusal and leaves no charge behind (section 8).
    ///
    /// # Errors
    /// The documented refusal for what stands against it.
    pub fn create_charge(&mut self, asked: &Asked, simulated: Option<Simulated>, now: Time) -> Result<Charge, Refusal> {
        let at = self.permissions.iter().position(|held| held.id == asked.permission);
        let at = at.ok_or_else(|| super::missing("charge permission", &asked.permission))?;
        let permission = &self.permissions[at];
        if permission.standing != Standing::Chargeable {
            let why = permission.reason().unwrap_or_default();
            let message = format!("the charge permission is {} ({why})", permission.state());
            return Err(Refusal::new("InvalidChargePermissionStatus", message));
        }
        limits::bears(self, permission, asked.amount, now)?;
        // A simulation stands above the card (section 11).
        let simulated = simulated.or_else(|| card_says(permission.card.as_deref()?));
        if let Some(Simulated::Declined(decline)) = simulated {
            self.permissions[at].declined(decline, now);
            return Err(Refusal::new(decline.code(), format!("the charge was declined: {}", decline.code())));
        }
        let captured_later = simulated == Some(Simulated::CaptureInitiated);
        if captured_later && !asked.capture_now {
            return Err(Refusal::new("InvalidSandboxSimulationSpecified", "CaptureInitiated needs captureNow"));
        }
        let (state, captured) = match simulated {
            Some(Simulated::Pending { declined }) if asked.can_handle_pending => (ChargeState::AuthorizationInitiated { declined }, None),
            Some(Simulated::CaptureInitiated) => (ChargeState::CaptureInitiated, Some(asked.amount)),
            Some(Simulated::Pending { .. } | Simulated::Declined(_)) | None if asked.capture_now => {
                (ChargeState::Captured, Some(asked.amount))
            }
            Some(Simulated::Pending { .. } | Simulated::Declined(_)) | None => (ChargeState::Authorized, None),
        };
        let permission = &self.permissions[at];
        let charge = Charge {
            id: self.charge_id(&asked.permission, permission.sandbox, region(permission.currency)),
            permission: asked.permission.clone(),
            sandbox: permission.sandbox,
            amount: asked.amount,
            capture_now: asked.capture_now,
            soft_descriptor: asked.soft_descriptor.clone(),
            told: asked.told.clone(),
            created: now,
            updated: now,
            state,
            captured,
            directive: None,
        };
        self.charges.push(charge.clone());
        Ok(charge)
    }

    /// Section 5: a one-time permission's id is part of its charges' ids; the charge of a wallet has an order's id of its own.
    fn charge_id(&self, permission: &str, sandbox: bool, region: &str) -> String {
        let before = self.charges.iter().filter(|charge| charge.permission == permission).count();
        let text = format!("{permission} {before}");
        let order = match permission.chars().next() {
            Some('S' | 'P') => permission.to_owned(),
            _ => format!("{}{region}-{}-{}", if sandbox { 'S' } else { 'P' }, digits(3, &text, 7), digits(4, &text, 7)),
        };
        unused(|seed| format!("{order}-C{}", digits(seed, &text, 6)), |id| self.charges.iter().any(|held| held.id == id))
    }

    /// Takes what is held, or a part of it, which gives up the rest.
    ///
    /// # Errors
    /// The documented refusal for what stands against it.
    pub fn capture(
        &mut self,
        id: &str,
        amount: Money,
        descriptor: Option<String>,
        simulated: Option<Simulated>,
        now: Time,
    ) -> Result<Charge, Refusal> {
        let charge = self.charge(id)?;
        if charge.state != ChargeState::Authorized {
            return Err(charge.wrong_state("captured"));
        }
        if amount.currency() != charge.amount.currency() {
            return Err(Refusal::new("CurrencyMismatch", format!("the charge is in {}", charge.amount.currency())));
        }
        if amount.minor() > charge.amount.minor() {
            return Err(Refusal::new("TransactionAmountExceeded", format!("the charge is of {}", charge.amount)));
        }
        if let Some(Simulated::Declined(decline)) = simulated {
            charge.become_now(ChargeState::Declined(decline), now);
            let permission = charge.permission.clone();
            if let Ok(permission) = self.permission(&permission) {
                permission.declined(decline, now);
            }
            return Err(Refusal::new(decline.code(), "the capture was rejected"));
        }
        let late = now.since(charge.created) >= SYNCHRONOUS_CAPTURE_DAYS * Time::DAY;
        charge.captured = Some(amount);
        charge.soft_descriptor = descriptor.or_else(|| charge.soft_descriptor.take());
        charge.become_now(
            if late || simulated == Some(Simulated::CaptureInitiated) { ChargeState::CaptureInitiated } else { ChargeState::Captured },
            now,
        );
        Ok(charge.clone())
    }

    /// Gives up what is held.
    ///
    /// # Errors
    /// `InvalidChargeStatus` unless it is held or about to be.
    pub fn cancel_charge(&mut self, id: &str, now: Time) -> Result<Charge, Refusal> {
        let charge = self.charge(id)?;
        if !charge.is_open() {
            return Err(charge.wrong_state("canceled"));
        }
        charge.become_now(ChargeState::Canceled("MerchantCanceled".to_owned()), now);
        Ok(charge.clone())
    }
}
