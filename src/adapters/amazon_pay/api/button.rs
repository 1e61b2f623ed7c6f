//! What a merchant's web page hands to Amazon's button script: a payload, and our signature under exactly those bytes (sections 3 and 5.7).

use serde::Serialize;

use super::key::{PublicKeyId, SignError};
use super::sign::{ALGORITHM, Signer};
use super::wire::requests::Body;
use crate::adapters::amazon_pay::call::unfit::{Problem, Problems, TEXT_MAX, Unfit};

/// The script's arguments. They have no time in them, so one signature serves every visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    /// A text, and to stay one: written anew, even with the same meaning, it is no longer what was signed.
    #[serde(rename = "payloadJSON")]
    pub payload: String,
    pub signature: String,
    #[serde(serialize_with = "as_text")]
    pub public_key_id: PublicKeyId,
    /// Without it the script takes the signature for one of the older kind.
    pub algorithm: &'static str,
}

fn as_text<S: serde::Serializer>(id: &PublicKeyId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.as_str())
}

/// Why there is no button.
#[derive(Debug, thiserror::Error)]
pub enum ButtonError {
    #[error("Amazon Pay would not take the button's payload: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unfit(Vec<Unfit>),
    #[error(transparent)]
    Unsigned(#[from] SignError),
}

impl Button {
    /// Writes and signs the payload: a checkout session (5.2) or a [`SignIn`].
    ///
    /// # Errors
    /// [`ButtonError`].
    pub fn new(payload: &impl Body, signer: &Signer) -> Result<Self, ButtonError> {
        let problems = payload.check();
        if !problems.is_empty() {
            return Err(ButtonError::Unfit(problems));
        }
        // A body of ours is text under text, which always can be written.
        let payload = serde_json::to_string(payload).unwrap_or_default();
        let signature = signer.button(&payload)?;
        Ok(Self { payload, signature, public_key_id: signer.id().clone(), algorithm: ALGORITHM })
    }
}

/// The payload of a button that signs a buyer in (5.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    pub sign_in_return_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_cancel_url: Option<String>,
    pub store_id: String,
    pub sign_in_scopes: Vec<Scope>,
}

/// What the buyer is asked to share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    Name,
    Email,
    PostalCode,
    ShippingAddress,
    PhoneNumber,
    BillingAddress,
    PrimeStatus,
}

impl Body for SignIn {
    fn check(&self) -> Vec<Unfit> {
        let mut problems = Problems::default();
        problems.address("signInReturnUrl", Some(&self.sign_in_return_url));
        problems.address("signInCancelUrl", self.sign_in_cancel_url.as_ref());
        problems.text("storeId", Some(&self.store_id), TEXT_MAX);
        problems.require("signInScopes", !self.sign_in_scopes.is_empty(), Problem::Missing);
        problems.into_list()
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::PrivateKey;
    use super::super::sign::tests::signed_by_us;
    use super::super::testing::PKCS8;
    use super::*;

    fn signer() -> Signer {
        Signer::new(PublicKeyId::parse("SANDBOX-AFEXAMPLE").unwrap(), PrivateKey::from_pem(PKCS8).unwrap())
    }

    fn sign_in() -> SignIn {
        SignIn {
            sign_in_return_url: "https://shop.example/back".to_owned(),
            sign_in_cancel_url: None,
            store_id: "amzn1.application-oa2-client.0".to_owned(),
            sign_in_scopes: vec![Scope::Name, Scope::PostalCode],
        }
    }

    #[test]
    fn what_the_page_gets_is_what_was_signed() {
        let button = Button::new(&sign_in(), &signer()).unwrap();
        let page = serde_json::to_value(&button).unwrap();
        let payload = page["payloadJSON"].as_str().unwrap();
        assert_eq!(
            payload,
            r#"{"signInReturnUrl":"https://shop.example/back","storeId":"amzn1.application-oa2-client.0","signInScopes":["name","postalCode"]}"#
        );
        assert_eq!((&page["publicKeyId"], &page["algorithm"]), (&"SANDBOX-AFEXAMPLE".into(), &ALGORITHM.into()));
        assert!(signed_by_us(&super::super::sign::to_sign(payload), page["signature"].as_str().unwrap()));
        assert!(!signed_by_us(&super::super::sign::to_sign(&payload.replace("name", "email")), &button.signature));
    }

    #[test]
    fn a_payload_that_amazon_would_refuse_is_not_signed() {
        let wrong = SignIn { sign_in_return_url: "http://shop.example".to_owned(), sign_in_scopes: Vec::new(), ..sign_in() };
        let told = Button::new(&wrong, &signer()).unwrap_err().to_string();
        assert!(told.ends_with("signInReturnUrl is no https address; signInScopes is missing"), "{told}");
    }
}
