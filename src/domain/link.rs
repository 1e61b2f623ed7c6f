//! What account linking hands out to Alexa: a code for one use, and then refresh tokens, one after the other.

use super::ids::{BuyerId, CodeId, FamilyId};
use super::time::Time;

/// What an authorization code stands for. Whoever brings the code has to fit all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub id: CodeId,
    pub buyer: BuyerId,
    /// The wallet's when the buyer agreed.
    pub generation: u32,
    pub client: String,
    /// Where the code was sent.
    pub redirect: String,
    /// The hash of what only the sender of the request knows (RFC 7636).
    pub challenge: String,
    pub expires: Time,
}

impl Code {
    /// Long enough for a browser on a phone and its way to Alexa, too short to be of use to a thief.
    pub const LIFE: i64 = 5 * Time::MINUTE;
}

/// The refresh tokens that descend from one code. Only the newest counts; its number is all that is kept of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    pub id: FamilyId,
    pub buyer: BuyerId,
    pub generation: u32,
    pub client: String,
    /// The number of the newest token.
    pub newest: u32,
    /// When it was made.
    pub at: Time,
}

/// What to do with a refresh token that is not the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// The answer that brought the newest got lost, and the client asks once more: it gets the same one.
    Again,
    /// Two hold a token of this family, and one of them is a thief: the family ends.
    Stolen,
}

impl Family {
    /// Unused for so long, it ends.
    pub const LIFE: i64 = 400 * Time::DAY;

    /// How long after a token was replaced its repetition counts as that of a lost answer.
    pub const GRACE: i64 = 2 * Time::MINUTE;

    /// What `presented` means when it is not the newest.
    #[must_use]
    pub fn late(&self, presented: u32, now: Time) -> Late {
        let just_replaced = presented.checked_add(1) == Some(self.newest) && now.since(self.at) <= Self::GRACE;
        if just_replaced { Late::Again } else { Late::Stolen }
    }

    #[must_use]
    pub fn has_expired(&self, now: Time) -> bool {
        now.since(self.at) > Self::LIFE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_right_after_is_forgiven_and_nothing_else_is() {
        let at = Time::from_unix(1_795_000_000);
        let family = Family {
            id: FamilyId::parse("0123456789ABCDEF").unwrap(),
            buyer: BuyerId::parse("0123456789ABCDEF").unwrap(),
            generation: 0,
            client: "alexa".to_owned(),
            newest: 3,
            at,
        };
        assert_eq!(family.late(2, at.plus(Family::GRACE)), Late::Again);
        assert_eq!(family.late(2, at.plus(Family::GRACE + 1)), Late::Stolen);
        assert_eq!(family.late(1, at), Late::Stolen);
        assert_eq!(family.late(4, at), Late::Stolen);
        assert_eq!(family.late(u32::MAX, at), Late::Stolen);
        assert!(!family.has_expired(at.plus(Family::LIFE)) && family.has_expired(at.plus(Family::LIFE + 1)));
    }
}
