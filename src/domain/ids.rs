//! Identifiers: what each is made of, and the limits that other systems set for it.
//!
//! An order id, read from the right, is the key of the order's item, so no index and no pointer is needed to find it again.

use std::fmt;

use super::time::Time;

/// Crockford's base 32 in ASCII order, so that encoded times sort as times do.
pub const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const BUYER_LEN: usize = 16;
const WRITE_LEN: usize = 16;
const STAMP_LEN: usize = 9;
const PREFIX_LEN_MAX: usize = 4;

/// A text that is not the identifier it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: expected {expected}")]
pub struct IdError {
    kind: &'static str,
    expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that has the shape of this identifier.
            ///
            /// # Errors
            /// [`IdError`] when it has not.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError { kind: stringify!($name), expected: $expected })
                }
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn base32(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'T' | b'V'..=b'Z'))
}

/// Printable and short: Amazon's ids are opaque, so only their length and alphabet are held to anything.
fn opaque(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn order(text: &str) -> bool {
    let least = BUYER_LEN + STAMP_LEN;
    (least..=least + PREFIX_LEN_MAX).contains(&text.len()) && base32(text)
}

text_id!(
    /// A buyer: the hash of the Alexa user id, which is too long and too personal for a key.
    BuyerId, "16 base-32 characters", |text| text.len() == BUYER_LEN && base32(text)
);
text_id!(
    /// One write: the hash of the request that caused it. A repeated request has the same one, so a write recognises itself.
    WriteId, "16 base-32 characters", |text| text.len() == WRITE_LEN && base32(text)
);
text_id!(
    /// Letters that a merchant puts before every order id, so that several stores can share one seller account.
    OrderPrefix, "at most 4 base-32 characters (no I, L, O, U)", |text| text.len() <= PREFIX_LEN_MAX && base32(text)
);
text_id!(
    /// An order, which is also the cart it began as: prefix, buyer, second of its beginning, two characters of the request.
    OrderId, "25 to 29 base-32 characters", order
);
text_id!(
    /// One try to charge, capture or refund; `authorizationReferenceId` on the directive rail, idempotency key on API v2.
    AttemptId, "at most 32 of A-Z a-z 0-9 - _", |text| {
        !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }
);
text_id!(
    /// The merchant at Amazon Pay.
    SellerId, "letters and digits, at most 32", |text| {
        !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }
);
text_id!(
    /// A buyer's consent to be charged by this merchant, as the directive rail knows it.
    BillingAgreementId, "1 to 64 printable characters", opaque
);
text_id!(
    /// Anything else that Amazon named: an authorization, a capture, an order reference.
    AmazonId, "1 to 64 printable characters", opaque
);
text_id!(
    /// A purchase that the buyer finishes on Amazon's page; API v2 calls it a checkout session.
    CheckoutId, "1 to 64 of A-Z a-z 0-9 - _", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }
);
text_id!(
    /// A topic of Amazon SNS, such as `arn:aws:sns:eu-west-1:291180941288:NAME`.
    TopicArn, "arn:aws:sns:REGION:ACCOUNT:NAME", |text| {
        let parts: Vec<_> = text.split(':').collect();
        let [arn, partition, service, region, account, name] = parts[..] else { return false };
        let plain = |text: &str, more: &[u8]| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte));
        (arn, service) == ("arn", "sns")
            && (partition == "aws" || partition.starts_with("aws-") && plain(partition, b"-"))
            && plain(region, b"-")
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && name.len() <= 256
            && plain(name, b"-_.")
    }
);
text_id!(
    /// A product in the catalogue.
    Sku, "1 to 40 of a-z A-Z 0-9 - _", |text| {
        !text.is_empty() && text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }
);
text_id!(
    /// An authorization code of account linking, by its SHA-256: the code itself is kept nowhere.
    CodeId, "64 hexadecimal digits", |text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
);
text_id!(
    /// The refresh tokens that descend from one authorization code.
    FamilyId, "16 base-32 characters", |text| text.len() == WRITE_LEN && base32(text)
);
text_id!(
    /// A language and region as Alexa names it, such as `en-US`.
    Locale, "a language and a region such as en-US", |text| {
        text.split_once('-').is_some_and(|(language, region)| {
            language.len() == 2
                && region.len() == 2
                && language.bytes().all(|byte| byte.is_ascii_lowercase())
                && region.bytes().all(|byte| byte.is_ascii_uppercase())
        })
    }
);

impl WriteId {
    /// The mark that the lowest 80 bits of a number make, five to a character.
    #[must_use]
    pub fn of_bits(bits: u128) -> Self {
        let digit = |place: usize| char::from(BASE32[usize::try_from(bits >> (place * 5) & 31).unwrap_or(0)]);
        Self((0..WRITE_LEN).rev().map(digit).collect())
    }
}

impl TopicArn {
    /// Where the topic is.
    #[must_use]
    pub fn region(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }
}

impl OrderId {
    /// The id of a cart that begins now.
    #[must_use]
    pub fn begin(prefix: &OrderPrefix, buyer: &BuyerId, at: Time, write: &WriteId) -> Self {
        let mut id = String::with_capacity(PREFIX_LEN_MAX + BUYER_LEN + STAMP_LEN);
        id.push_str(prefix.as_str());
        id.push_str(buyer.as_str());
        let seconds = u64::try_from(at.unix()).unwrap_or(0);
        for place in (0..7).rev() {
            let digit = usize::try_from((seconds >> (place * 5)) & 31).unwrap_or(0);
            id.push(char::from(BASE32[digit]));
        }
        id.push_str(&write.as_str()[..2]);
        Self(id)
    }

    /// The buyer whose order it is.
    #[must_use]
    pub fn buyer(&self) -> BuyerId {
        let end = self.0.len() - STAMP_LEN;
        BuyerId(self.0[end - BUYER_LEN..end].to_owned())
    }

    /// The merchant's letters in front.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0[..self.0.len() - STAMP_LEN - BUYER_LEN]
    }

    /// What tells this order from others of the same buyer; sorts by the time the cart began.
    #[must_use]
    pub fn stamp(&self) -> &str {
        &self.0[self.0.len() - STAMP_LEN..]
    }

    /// One of `shards` numbers, evenly spread over orders.
    #[must_use]
    pub fn shard(&self, shards: u8) -> u8 {
        let last = self.0.bytes().last().unwrap_or(b'0');
        let digit = BASE32.iter().position(|&byte| byte == last).unwrap_or(0);
        u8::try_from(digit).unwrap_or(0) % shards.max(1)
    }

    /// The id of this order's `number`-th try to charge.
    #[must_use]
    pub fn attempt(&self, number: u8) -> AttemptId {
        AttemptId(format!("{}a{number}", self.0))
    }

    /// The id of the `number`-th time that its held money is asked for.
    #[must_use]
    pub fn capture(&self, number: u8) -> AttemptId {
        AttemptId(format!("{}c{number}", self.0))
    }

    /// The id of its `number`-th refund.
    #[must_use]
    pub fn refund(&self, number: u8) -> AttemptId {
        AttemptId(format!("{}r{number}", self.0))
    }
}

/// Comes back with Amazon's answer: names the order and the write that sent the question, which nobody can guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub order: OrderId,
    pub sent_by: WriteId,
}

impl Token {
    /// Reads a token; `None` when it is none of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (order, sent_by) = text.split_once('.')?;
        Some(Self { order: OrderId::parse(order).ok()?, sent_by: WriteId::parse(sent_by).ok()? })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.order, self.sent_by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn an_order() -> OrderId {
        OrderId::begin(
            &OrderPrefix::parse("PS").unwrap(),
            &BuyerId::parse("0123456789ABCDEF").unwrap(),
            Time::from_unix(1_795_000_000),
            &WriteId::parse("ZZ23456789ABCDEF").unwrap(),
        )
    }

    #[test]
    fn an_order_id_tells_buyer_and_key_and_leaves_room_for_99_attempts() {
        let order = an_order();
        assert_eq!(order.buyer().as_str(), "0123456789ABCDEF");
        assert!(order.stamp().ends_with("ZZ"));
        assert_eq!(OrderId::parse(order.as_str()), Ok(order.clone()));
        let longest = OrderId::parse(&format!("PSPS{}", &order.as_str()[2..])).unwrap();
        assert!(AttemptId::parse(longest.attempt(99).as_str()).is_ok());
    }

    #[test]
    fn a_character_counts_as_base_32_when_it_is_in_the_alphabet() {
        for letter in '\0'..='\u{FF}' {
            let text = letter.to_string();
            assert_eq!(base32(&text), text.bytes().all(|byte| BASE32.contains(&byte)), "{letter:?}");
        }
    }

    #[test]
    fn later_carts_sort_later() {
        let buyer = BuyerId::parse("0123456789ABCDEF").unwrap();
        let write = WriteId::parse("0023456789ABCDEF").unwrap();
        let prefix = OrderPrefix::parse("").unwrap();
        let stamps: Vec<_> = [0, 31, 32, 1_795_000_000, 34_359_738_367]
            .map(|at| OrderId::begin(&prefix, &buyer, Time::from_unix(at), &write).stamp().to_owned())
            .into();
        assert!(stamps.is_sorted(), "{stamps:?}");
    }

    #[test]
    fn a_token_survives_the_round_trip_and_noise_is_no_token() {
        let token = Token { order: an_order(), sent_by: WriteId::parse("0023456789ABCDEF").unwrap() };
        assert_eq!(Token::parse(&token.to_string()), Some(token));
        for noise in ["", ".", "UNIQUE-TOKEN", "corr-1", "é.é"] {
            assert_eq!(Token::parse(noise), None, "{noise}");
        }
    }
}
