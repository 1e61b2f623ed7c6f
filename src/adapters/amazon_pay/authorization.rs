//! What the state of an authorization says of the money (`reference/alexa-amazon-pay.md`, section 8; `reference/amazon-pay-mws.md`,
//! section 7): the same words, whether they come with a directive's answer or from the older API.

use crate::domain::money::Money;
use crate::domain::order::{Closed, Outcome};
use crate::domain::payment::{Decline, Names};

/// An amount that is there and cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// An authorization as Amazon tells of it.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub state: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub soft_decline: bool,
    pub authorized: Result<Option<Money>, Unreadable>,
    pub captured: Result<Option<Money>, Unreadable>,
    pub names: Names,
}

impl Told<'_> {
    /// The table. What is not in it is unclear.
    pub fn outcome(self) -> Outcome {
        let Self { state, reason, soft_decline, authorized, captured, names } = self;
        let Some(state) = state else { return Outcome::Unclear };
        let (Ok(authorized), Ok(captured)) = (authorized, captured) else {
            // A decline moves no money, so its amounts do not matter; for anything else they must be readable.
            return if state == "Declined" { declined(reason, soft_decline) } else { Outcome::Unclear };
        };
        let took_nothing = captured.is_some_and(|captured| captured.minor() == 0);
        match (state, reason) {
            ("Closed", Some("MaxCapturesProcessed")) | ("Completed", _) if took_nothing => Outcome::Unclear,
            // Completed is of version 1 only.
            ("Closed", Some("MaxCapturesProcessed")) | ("Completed", None | Some("MaxCapturesProcessed")) => {
                Outcome::Captured { amount: captured.or(authorized), names }
            }
            ("Open", None) => Outcome::Authorized { amount: authorized, names },
            ("Pending", None) => Outcome::Pending { names },
            ("Declined", reason) => declined(reason, soft_decline),
            ("Closed", Some(_)) if captured.is_some() && !took_nothing => Outcome::Unclear,
            ("Closed", Some("ExpiredUnused")) => Outcome::Closed { why: Closed::ExpiredUnused, names },
            ("Closed", Some("SellerClosed")) => Outcome::Closed { why: Closed::SellerClosed, names },
            ("Closed", Some("AmazonClosed" | "OrderReferenceCanceled")) => Outcome::Closed { why: Closed::Otherwise, names },
            _ => Outcome::Unclear,
        }
    }
}

fn declined(reason: Option<&str>, soft: bool) -> Outcome {
    let decline = match reason {
        Some("InvalidPaymentMethod") if soft => Decline::InvalidPaymentMethodSoft,
        Some("InvalidPaymentMethod") => Decline::InvalidPaymentMethodHard,
        Some("AmazonRejected") => Decline::AmazonRejected,
        Some("ProcessingFailure") => Decline::ProcessingFailure,
        Some("TransactionTimedOut") => Decline::TransactionTimedOut,
        Some(_) | None => return Outcome::Unclear,
    };
    Outcome::Declined { decline }
}
