//! Names that are hashes: short, not personal, and the same for the same input, so that a repeated request finds its own traces.

use ring::digest::{SHA256, digest};

use crate::domain::ids::{AmazonId, BuyerId, CodeId, IdError, WriteId};

/// The buyer behind an Alexa user id.
///
/// # Errors
/// Never in practice: the hash has the shape of the identifier.
pub fn buyer(user_id: &str) -> Result<BuyerId, IdError> {
    BuyerId::parse(&sixteen(user_id))
}

/// The buyer behind Amazon Pay's buyer id: the same from every device, and again after the skill was disabled. The words before it keep
/// it apart from every Alexa user.
///
/// # Errors
/// Never in practice: the hash has the shape of the identifier.
pub fn linked_buyer(buyer_id: &AmazonId) -> Result<BuyerId, IdError> {
    BuyerId::parse(&sixteen(&format!("amazon pay buyer\n{buyer_id}")))
}

/// The mark that a request's write leaves.
///
/// # Errors
/// Never in practice: the hash has the shape of the identifier.
pub fn write(request_id: &str) -> Result<WriteId, IdError> {
    WriteId::parse(&sixteen(request_id.trim()))
}

/// What an authorization code is kept as.
///
/// # Errors
/// Never in practice: the hash has the shape of the identifier.
pub fn code(code: &str) -> Result<CodeId, IdError> {
    CodeId::parse(&hex::encode(digest(&SHA256, code.as_bytes())))
}

/// The mark of a write that no request causes, from a text that says which write it is.
#[must_use]
pub fn mark(text: &str) -> WriteId {
    WriteId::of_bits(bits(text))
}

/// The first 80 bits of the SHA-256, five to a character.
fn sixteen(text: &str) -> String {
    mark(text).as_str().to_owned()
}

fn bits(text: &str) -> u128 {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().take(10).fold(0, |bits, byte| bits << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_first_80_bits_in_base_32() {
        // SHA-256("abc") begins ba7816bf8f01cfea4141 (FIPS 180-4, example).
        assert_eq!(sixteen("abc"), "Q9W1DFWF077YMGA1");
        assert!(buyer("amzn1.ask.account.X").is_ok());
        assert_eq!(write(" id "), write("id"));
    }

    #[test]
    fn a_linked_buyer_is_no_alexa_user() {
        let linked = linked_buyer(&AmazonId::parse("amzn1.account.X").unwrap()).unwrap();
        assert_ne!(linked, buyer("amzn1.account.X").unwrap());
        assert_eq!(linked, buyer("amazon pay buyer\namzn1.account.X").unwrap());
    }
}
