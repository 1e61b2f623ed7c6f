//! Proof that whoever brings a code is who asked for it (RFC 7636, method S256).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// A hash of 256 bits in base64url.
const CHALLENGE_LEN: usize = 43;

/// Whether a text can be a challenge (4.2).
#[must_use]
pub fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether this verifier was meant by the challenge (4.6). Both are on the wire, so nothing is gained by comparing slowly.
#[must_use]
pub fn verifies(verifier: &str, challenge: &str) -> bool {
    is_verifier(verifier) && self::challenge(verifier) == challenge
}

/// The challenge of a verifier (4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_fits_and_no_other_does() {
        // RFC 7636, appendix B.
        let (verifier, challenge) = ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_challenge(challenge) && verifies(verifier, challenge));
        assert!(!verifies(&verifier.replace('d', "e"), challenge));
        assert!(!verifies(challenge, challenge), "the method plain is not taken");
        for wrong in ["", "short", &"a".repeat(129), &"a b".repeat(20)] {
            assert!(!verifies(wrong, &URL_SAFE_NO_PAD.encode(digest(&SHA256, wrong.as_bytes()))), "{wrong}");
        }
        for wrong in ["", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="] {
            assert!(!is_challenge(wrong), "{wrong}");
        }
    }
}
