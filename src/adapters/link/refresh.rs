//! Refresh tokens: `buyer.family.number.signature`. What is stored is the newest number, so a stolen table is worth nothing, and a forged
//! token ends no family.

use super::key::{LinkKey, Purpose};
use super::seal;
use crate::domain::ids::{BuyerId, FamilyId};
use crate::domain::link::Family;

/// Which token of which family was brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    pub buyer: BuyerId,
    pub family: FamilyId,
    pub number: u32,
}

/// The newest token of a family.
#[must_use]
pub fn issue(key: &LinkKey, family: &Family) -> String {
    seal::seal(key, Purpose::RefreshToken, &format!("{}.{}.{}", family.buyer, family.id, family.newest))
}

/// What a token says; `None` when it is none of ours.
#[must_use]
pub fn read(key: &LinkKey, text: &str) -> Option<Presented> {
    let mut parts = seal::open(key, Purpose::RefreshToken, text)?.split('.');
    let (buyer, family, number) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Presented { buyer: BuyerId::parse(buyer).ok()?, family: FamilyId::parse(family).ok()?, number: number.parse().ok()? })
}
