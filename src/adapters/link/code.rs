//! The voice code's hash: keyed, salted per buyer, and compared in constant time. Four digits are soon tried out, so without the key the
//! hash says nothing.

use super::key::CodeKey;
use super::random::{self, NoRandom};
use crate::domain::ids::BuyerId;
use crate::domain::wallet::{Digits, VoiceCode};
use crate::ports::Codes;

/// The code as it is kept, with no wrong try yet.
///
/// # Errors
/// [`NoRandom`].
pub fn keep(key: &CodeKey, buyer: &BuyerId, digits: Digits) -> Result<VoiceCode, NoRandom> {
    let salt = random::bytes()?;
    Ok(VoiceCode { salt, hash: key.sign(&message(buyer, &salt, digits)), wrong_tries: 0 })
}

/// Whether these are the digits that are kept.
#[must_use]
pub fn fits(key: &CodeKey, buyer: &BuyerId, kept: &VoiceCode, digits: Digits) -> bool {
    key.verifies(&message(buyer, &kept.salt, digits), &kept.hash)
}

impl Codes for CodeKey {
    fn fit(&self, buyer: &BuyerId, kept: &VoiceCode, said: Digits) -> bool {
        fits(self, buyer, kept, said)
    }
}

/// All three parts have a fixed length, so no two of them can be read as another three.
fn message(buyer: &BuyerId, salt: &[u8; 16], digits: Digits) -> Vec<u8> {
    [buyer.as_str().as_bytes(), salt, digits.secret()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_digits_of_the_same_buyer_fit() {
        let key = |letter: &str| CodeKey::new(&letter.repeat(32)).unwrap();
        let buyer = |text| BuyerId::parse(text).unwrap();
        let digits = |text| Digits::parse(text).unwrap();
        let ada = buyer("0123456789ABCDEF");
        let kept = keep(&key("a"), &ada, digits("0192")).unwrap();
        assert!(fits(&key("a"), &ada, &kept, digits("0192")));
        assert!(!fits(&key("a"), &ada, &kept, digits("0193")));
        assert!(!fits(&key("a"), &buyer("0123456789ABCDEG"), &kept, digits("0192")));
        assert!(!fits(&key("b"), &ada, &kept, digits("0192")));
        let again = keep(&key("a"), &ada, digits("0192")).unwrap();
        assert!(again.salt != kept.salt && again.hash != kept.hash, "equal codes are not to be seen");
    }
}
