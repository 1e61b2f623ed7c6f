//! Notifications: which of Amazon Pay's objects has changed. How it stands now is not gone by but asked for, because a notification may be
//! late, repeated, or overtaken by the next.

use super::ids::{AmazonId, OrderId};
use super::order::Note;

/// What a notification is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A charge: what the older API calls an authorization or a capture.
    Charge { id: AmazonId, ours: Option<Reference> },
    /// Money that goes back.
    Refund { id: AmazonId, ours: Option<Reference> },
    /// A bank takes money back. There is nothing at Amazon Pay that could be asked about it, so the notice itself is the fact.
    Chargeback(Chargeback),
    /// A buyer's consent, or an order reference. No money moves with it.
    Consent { id: AmazonId },
    /// A try from Seller Central, about nothing that exists.
    Sample,
    /// Something that this version has no use for: Amazon's word for it.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chargeback {
    pub id: AmazonId,
    /// The consent or the order reference that was charged.
    pub consent: Option<AmazonId>,
    pub ours: Option<Reference>,
    /// What Amazon says of it: how it stands, why, and how much.
    pub said: Option<Note>,
}

impl Notice {
    /// For a log.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Charge { .. } => "charge",
            Self::Refund { .. } => "refund",
            Self::Chargeback(_) => "chargeback",
            Self::Consent { .. } => "consent",
            Self::Sample => "sample",
            Self::Other(word) => word,
        }
    }

    /// The object that it is about.
    #[must_use]
    pub const fn object(&self) -> Option<&AmazonId> {
        match self {
            Self::Charge { id, .. } | Self::Refund { id, .. } | Self::Consent { id } => Some(id),
            Self::Chargeback(chargeback) => Some(&chargeback.id),
            Self::Sample | Self::Other(_) => None,
        }
    }
}

/// An id of ours that Amazon repeats: of an order, or of something that was asked for on one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub order: OrderId,
    /// The number of the attempt, where it is an attempt's id.
    pub attempt: Option<u8>,
}

impl Reference {
    /// Reads what was made by [`OrderId::attempt`], [`OrderId::capture`] or [`OrderId::refund`], or an order's own id. `None` for any other
    /// text: merchants have other ways to charge than this program.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|letter: char| letter.is_ascii_lowercase()).unwrap_or(text.len());
        let order = OrderId::parse(&text[..end]).ok()?;
        let mut part = text[end..].chars();
        let kind = part.next();
        let number = || part.as_str().parse::<u8>().ok().filter(|number| *number > 0);
        match kind {
            None => Some(Self { order, attempt: None }),
            Some('a') => Some(Self { attempt: Some(number()?), order }),
            Some('c' | 'r') => number().map(|_| Self { order, attempt: None }),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_ids_lead_back_to_their_order_and_others_lead_nowhere() {
        let order = OrderId::parse("PS0123456789ABCDEF1NK5T4700").unwrap();
        let of = |text: &str| Reference::parse(text);
        assert_eq!(of(order.as_str()), Some(Reference { order: order.clone(), attempt: None }));
        assert_eq!(of(order.attempt(12).as_str()), Some(Reference { order: order.clone(), attempt: Some(12) }));
        for id in [order.capture(1), order.refund(99)] {
            assert_eq!(of(id.as_str()), Some(Reference { order: order.clone(), attempt: None }));
        }
        for other in ["", "a1", "5d5f01d72e0c3", "P01-0000000-0000000-Ref", "PS0123456789ABCDEF1NK5T4700a", "PS0123456789ABCDEF1NK5T4700a0"]
        {
            assert_eq!(of(other), None, "{other}");
        }
        for other in ["PS0123456789ABCDEF1NK5T4700x1", "PS0123456789ABCDEF1NK5T4700a1a", "PS0123456789ABCDEF1NK5T4700a300", "é"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
