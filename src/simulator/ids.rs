//! Identifiers of the simulated services: drawn at random when a person plays, derived from a seed when a dialogue is replayed.

use crate::domain::ids::BASE32;

/// Where request, session and payment ids come from.
#[derive(Clone, Debug)]
pub struct Ids {
    seed: Option<u64>,
    drawn: u64,
}

impl Ids {
    /// Ids that depend on `seed` and on how many were drawn before, and on nothing else.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { seed: Some(seed), drawn: 0 }
    }

    /// Ids that never repeat.
    #[must_use]
    pub const fn random() -> Self {
        Self { seed: None, drawn: 0 }
    }

    /// A new UUID.
    pub fn uuid(&mut self) -> String {
        let Some(seed) = self.seed else { return uuid::Uuid::new_v4().to_string() };
        self.drawn += 1;
        let high = mix(seed.wrapping_add(self.drawn.wrapping_mul(2)));
        let low = mix(high ^ self.drawn);
        uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes()).into_uuid().to_string()
    }

    /// `count` new digits.
    pub fn digits(&mut self, count: usize) -> String {
        let uuid = self.uuid();
        (0_u64..).map(|at| char::from(b'0' + small(hash(at, &uuid) % 10))).take(count).collect()
    }
}

/// `count` letters and digits that stand for `text`: the same for the same text, in this run and the next.
#[must_use]
pub fn letters(text: &str, count: usize) -> String {
    (0_u64..).map(|at| char::from(BASE32[usize::from(small(hash(at, text) % 32))])).take(count).collect()
}

/// A number that stands for `text`.
#[must_use]
pub fn hash(seed: u64, text: &str) -> u64 {
    let fnv =
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ mix(seed), |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    mix(fnv)
}

/// One step of `SplitMix64`: every bit of the input reaches every bit of the result.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn small(value: u64) -> u8 {
    u8::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_every_id_and_no_two_are_equal() {
        let (mut first, mut second) = (Ids::seeded(7), Ids::seeded(7));
        let drawn: Vec<_> = (0..100).map(|_| first.uuid()).collect();
        assert!(drawn.iter().all(|id| *id == second.uuid() && id.len() == 36));
        assert_eq!(drawn.iter().collect::<std::collections::BTreeSet<_>>().len(), 100);
        assert_ne!(Ids::seeded(8).uuid(), drawn[0]);
        assert_ne!(Ids::random().uuid(), Ids::random().uuid());
        assert_eq!(letters("ada", 7), letters("ada", 7));
    }
}
