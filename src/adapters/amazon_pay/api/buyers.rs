//! Who a buyer is, after a sign-in on the merchant's web page (5.7). Personal data, so nothing of it has a Debug form.

use std::fmt;

use serde_json::Value;

use super::wire::answers::Read;
use crate::adapters::amazon_pay::person::Person;
use crate::adapters::json;
use crate::domain::ids::AmazonId;
use crate::domain::place::Address;

/// What Amazon puts into the address to which it sends a buyer back. It opens the buyer's data, so it is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct BuyerToken(String);

/// A text that is no buyer token; it is not repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a buyer token: expected what stands behind buyerToken= in the address that the buyer came back to, decoded")]
pub struct NoBuyerToken;

const TOKEN_MAX: usize = 4_096;

impl BuyerToken {
    /// Takes a text that can stand in a path: what it is made of, no collected page says.
    ///
    /// # Errors
    /// [`NoBuyerToken`] when it would lead elsewhere.
    pub fn parse(text: &str) -> Result<Self, NoBuyerToken> {
        let stays = |byte: u8| byte.is_ascii_graphic() && !b"/?#%\\".contains(&byte);
        let dots = text.bytes().all(|byte| byte == b'.');
        let fits = text.len() <= TOKEN_MAX && !dots && text.bytes().all(stays);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoBuyerToken) }
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BuyerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// As much as the buyer has agreed to tell.
#[derive(Clone, PartialEq, Eq)]
pub struct Buyer {
    /// The same for every visit of this buyer to this merchant.
    pub id: AmazonId,
    pub person: Person,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub shipping_address: Option<Address>,
    pub billing_address: Option<Address>,
    pub prime_memberships: Vec<String>,
}

impl fmt::Debug for Buyer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buyer([redacted])")
    }
}

impl Read for Buyer {
    fn read(body: &Value) -> Option<Self> {
        let part = |key: &str| json::text(&body[key]).map(str::to_owned);
        let memberships = body["primeMembershipTypes"].as_array().into_iter().flatten();
        Some(Self {
            id: AmazonId::parse(json::text(&body["buyerId"])?).ok()?,
            person: Person { name: part("name"), email: part("email"), phone: part("phoneNumber") },
            postal_code: part("postalCode"),
            country: part("countryCode"),
            shipping_address: address(&body["shippingAddress"]),
            billing_address: address(&body["billingAddress"]),
            prime_memberships: memberships.filter_map(json::text).map(str::to_owned).collect(),
        })
    }
}

/// An address, if there is anything in it.
pub(super) fn address(value: &Value) -> Option<Address> {
    let part = |key: &str| json::text(&value[key]).map(str::to_owned);
    let address = Address {
        name: part("name"),
        company: None,
        lines: ["addressLine1", "addressLine2", "addressLine3"].into_iter().filter_map(part).collect(),
        city: part("city"),
        district: part("district").or_else(|| part("county")),
        region: part("stateOrRegion"),
        postal_code: part("postalCode"),
        country: part("countryCode"),
        phone: part("phoneNumber"),
    };
    (address != Address::default()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_is_read_as_far_as_it_is_told_and_not_shown() {
        let body = serde_json::json!({
            "buyerId": "amzn1.account.AEXAMPLE",
            "name": "Ada Example",
            "email": null,
            "postalCode": "98101",
            "shippingAddress": { "addressLine1": "1 Example Street", "city": "Seattle", "addressLine2": "" },
            "billingAddress": null,
            "primeMembershipTypes": ["PRIME_GENERAL_US", 7],
        });
        let buyer = Buyer::read(&body).unwrap();
        assert_eq!((buyer.id.as_str(), buyer.person.name.as_deref()), ("amzn1.account.AEXAMPLE", Some("Ada Example")));
        let address = buyer.shipping_address.as_ref().unwrap();
        assert_eq!((address.lines.as_slice(), address.city.as_deref()), (&["1 Example Street".to_owned()][..], Some("Seattle")));
        assert_eq!((&buyer.billing_address, &buyer.person.email), (&None, &None));
        assert_eq!(buyer.prime_memberships, ["PRIME_GENERAL_US"]);
        assert_eq!(format!("{buyer:?} {:?}", buyer.person), "Buyer([redacted]) Person([redacted])");
        assert_eq!(Buyer::read(&serde_json::json!({ "name": "Ada Example" })), None, "without its id it is no answer");
    }

    #[test]
    fn a_token_stays_in_its_place_in_the_path_and_is_not_shown() {
        for wrong in ["", ".", "..", "a/b", "a?b", "a#b", "a%2Fb", "a\\b", "a b", "é", &"a".repeat(4_097)] {
            assert_eq!(BuyerToken::parse(wrong), Err(NoBuyerToken), "{wrong}");
        }
        assert_eq!(format!("{:?}", BuyerToken::parse("Atza|gQFgbuyer~_-==").unwrap()), "[redacted]");
    }
}
