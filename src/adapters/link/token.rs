//! Access tokens: what Alexa sends with every request of a linked buyer. Signed, so that they are checked without a call.
//!
//! A token is `buyer.generation.expires.signature`, with the time in seconds and the signature in hexadecimal. It names nobody: the buyer
//! is a hash, as in the store's keys.

use super::key::{LinkKey, Purpose};
use super::seal;
use crate::domain::ids::BuyerId;
use crate::domain::time::Time;

/// What a token of ours says. Whether it still counts is the wallet's to say: its generation has to be this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub buyer: BuyerId,
    pub generation: u32,
}

/// Why a token links nobody. Each means the same to the buyer: link the account again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the access token is none of this shop's")]
    Foreign,
    #[error("the access token has expired")]
    Expired,
}

/// A token for this buyer until `expires`.
#[must_use]
pub fn issue(key: &LinkKey, linked: &Linked, expires: Time) -> String {
    issue_for(key, Purpose::AccessToken, linked, expires)
}

/// Who is linked by this token.
///
/// # Errors
/// [`TokenError`].
pub fn read(key: &LinkKey, text: &str, now: Time) -> Result<Linked, TokenError> {
    read_for(key, Purpose::AccessToken, text, now)
}

/// The same for another purpose.
#[must_use]
pub fn issue_for(key: &LinkKey, purpose: Purpose, linked: &Linked, expires: Time) -> String {
    let Linked { buyer, generation } = linked;
    seal::seal(key, purpose, &format!("{buyer}.{generation}.{}", expires.unix()))
}

/// The same for another purpose.
///
/// # Errors
/// [`TokenError`].
pub fn read_for(key: &LinkKey, purpose: Purpose, text: &str, now: Time) -> Result<Linked, TokenError> {
    let mut parts = seal::open(key, purpose, text).ok_or(TokenError::Foreign)?.split('.');
    let (Some(buyer), Some(generation), Some(expires), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::Foreign);
    };
    let (Ok(buyer), Ok(generation), Ok(expires)) = (BuyerId::parse(buyer), generation.parse(), expires.parse()) else {
        return Err(TokenError::Foreign);
    };
    if Time::from_unix(expires) <= now {
        return Err(TokenError::Expired);
    }
    Ok(Linked { buyer, generation })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: char, previous: Option<char>) -> LinkKey {
        let text = |letter: char| letter.to_string().repeat(32);
        LinkKey::new(&text(secret), previous.map(text).as_deref()).unwrap()
    }

    fn linked() -> Linked {
        Linked { buyer: BuyerId::parse("0123456789ABCDEF").unwrap(), generation: 7 }
    }

    const NOW: Time = Time::from_unix(1_795_000_000);

    #[test]
    fn a_token_says_who_is_linked_until_it_expires() {
        let token = issue(&key('a', None), &linked(), NOW.plus(3_600));
        assert_eq!(read(&key('a', None), &token, NOW), Ok(linked()));
        assert_eq!(read(&key('a', None), &token, NOW.plus(3_599)), Ok(linked()));
        assert_eq!(read(&key('a', None), &token, NOW.plus(3_600)), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_of_the_secret_before_counts_while_that_is_known() {
        let token = issue(&key('a', None), &linked(), NOW.plus(1));
        assert_eq!(read(&key('b', Some('a')), &token, NOW), Ok(linked()));
        assert_eq!(read(&key('b', None), &token, NOW), Err(TokenError::Foreign));
    }

    #[test]
    fn nothing_of_a_token_can_be_changed() {
        let token = issue(&key('a', None), &linked(), NOW.plus(3_600));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(read(&key('a', None), &changed, NOW), Err(TokenError::Foreign), "{at}");
        }
        for noise in ["", ".", "...", "0123456789ABCDEF.7.1795003600.", "Atza|IQEBLjAsAhRmHjNgHpi0U-Dme37rR6CuUpSR", "é.é.é.é"] {
            assert_eq!(read(&key('a', None), noise, NOW), Err(TokenError::Foreign), "{noise}");
        }
    }
}
