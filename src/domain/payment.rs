//! Words that both rails share: what is tried, what Amazon said of it, and what may follow.

use super::ids::{AmazonId, BillingAgreementId, CheckoutId, OrderId};
use super::money::Money;

/// When the buyer's money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaptureMode {
    /// With the purchase (`AuthorizeAndCapture`).
    Immediate,
    /// When the goods leave (`Authorize`, captured later from the order desk).
    OnShip,
}

/// Whether Amazon answers at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// A final answer in the same turn; Amazon's advice for voice.
    Synchronous,
    /// The answer may be "pending"; the final one comes by notification.
    Asynchronous,
}

/// One try to charge. Everything in it is fixed before anything is sent, so a repeat is the same try.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// 1 for the first try of an order.
    pub number: u8,
    pub amount: Money,
    pub capture: CaptureMode,
    pub timing: Timing,
    /// What the buyer has agreed to on Amazon's page, where that is what charges. Completing it is the try; it can be completed once.
    pub checkout: Option<CheckoutId>,
}

impl Attempt {
    /// The id under which Amazon knows this try of this order.
    #[must_use]
    pub fn id(&self, order: &OrderId) -> super::ids::AttemptId {
        order.attempt(self.number)
    }
}

/// Whether anything can come of a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutStanding {
    Open,
    Completed,
    /// The buyer turned back, the payment was declined there, or it took too long: nothing was charged, and nothing will be.
    Over,
}

/// What Amazon named while it worked on an attempt; needed to capture, refund and ask again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Names {
    pub order_reference: Option<AmazonId>,
    pub authorization: Option<AmazonId>,
    pub capture: Option<AmazonId>,
    /// The consent that a checkout has brought: it comes into being with the charge.
    pub consent: Option<BillingAgreementId>,
}

/// The letter by which Amazon's ids for an authorization, its charge and its capture differ (`reference/amazon-pay-v2.md` section 13).
const KIND_AT: usize = 20;

impl Names {
    /// Whether they are of the charge of this id; `None` when they name none.
    #[must_use]
    pub fn are_of(&self, charge: &AmazonId) -> Option<bool> {
        let plain =
            |id: &AmazonId| id.as_str().chars().enumerate().filter(|(at, _)| *at != KIND_AT).map(|(_, letter)| letter).collect::<String>();
        let mut known = self.authorization.iter().chain(&self.capture).peekable();
        known.peek()?;
        Some(known.any(|known| plain(known) == plain(charge)))
    }

    /// These names, completed by what is only known from before.
    #[must_use]
    pub fn or(self, known: &Self) -> Self {
        Self {
            order_reference: self.order_reference.or_else(|| known.order_reference.clone()),
            authorization: self.authorization.or_else(|| known.authorization.clone()),
            capture: self.capture.or_else(|| known.capture.clone()),
            consent: self.consent.or_else(|| known.consent.clone()),
        }
    }
}

/// Why an attempt was declined (`reference/alexa-amazon-pay.md`, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decline {
    /// A problem with the payment method that may pass: one more attempt is allowed.
    InvalidPaymentMethodSoft,
    /// The buyer must change the payment method at Amazon first.
    InvalidPaymentMethodHard,
    /// Refused by Amazon; no retry.
    AmazonRejected,
    /// An error inside Amazon.
    ProcessingFailure,
    /// Not decided in time.
    TransactionTimedOut,
    /// Amazon turned the request down before it tried to charge anything.
    NotTried,
    /// The agreement cannot be charged any more: Setup has to be run again, for a new order.
    AgreementNotOpen,
}

impl Decline {
    /// Whether attempt `number`, declined like this, may be followed by another on the same agreement without the buyer changing
    /// anything at Amazon. A soft decline allows one more, not a series.
    #[must_use]
    pub const fn may_follow(self, number: u8) -> bool {
        match self {
            Self::InvalidPaymentMethodSoft | Self::ProcessingFailure => number < 2,
            Self::NotTried => number < ATTEMPTS_MAX,
            Self::InvalidPaymentMethodHard | Self::AmazonRejected | Self::TransactionTimedOut | Self::AgreementNotOpen => false,
        }
    }

    /// Whether Amazon Pay tells the buyer about it, so that the shop must not (`reference/alexa-amazon-pay.md`, section 9).
    #[must_use]
    pub const fn spoken_by_amazon(self) -> bool {
        matches!(self, Self::InvalidPaymentMethodSoft | Self::InvalidPaymentMethodHard)
    }
}

/// Two digits are what an attempt id has room for; the same goes for captures and refunds.
pub(super) const ATTEMPTS_MAX: u8 = 99;

/// The state of the consent to charge (`reference/alexa-amazon-pay.md`, section 7). Only `Open` may be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementStatus {
    Open,
    Draft,
    Suspended,
    Canceled,
    Closed,
    /// A status that this version does not know.
    Unknown,
}
