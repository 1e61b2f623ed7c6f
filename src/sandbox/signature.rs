//! Who calls: the signature under a request, checked with the merchant's public key (section 3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::pss::{Signature, VerifyingKey};
use rsa::sha2::Sha256;
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;

use super::call::{ALWAYS, Call};
use crate::adapters::amazon_pay::api::key::{KeyError, PrivateKey, PublicKeyId};
use crate::adapters::amazon_pay::api::sign::{ALGORITHM, Signable, canonical_hash};
use crate::simulator::amazon_pay::account::Refusal;

/// The algorithms and their salts, in bytes. The older one is what Amazon's own clients take when nothing is said.
const ALGORITHMS: [(&str, usize); 2] = [(ALGORITHM, 32), ("AMZN-PAY-RSASSA-PSS", 20)];

/// What Amazon asks of keys (section 1).
const BITS_MIN: usize = 2048;

/// The merchant's public key: what Amazon has of the pair.
#[derive(Clone, Debug)]
pub struct PublicKey(RsaPublicKey);

/// Why a file gives no public key.
#[derive(Debug, thiserror::Error)]
pub enum NoPublicKey {
    #[error(transparent)]
    Private(#[from] KeyError),
    #[error(
        "holds a public key that is not RSA of 2048 bits or more: give the private key file, or make a pair with `openssl genrsa 2048`"
    )]
    NotRsa,
}

impl PublicKey {
    /// Takes the public key out of a PEM file, which may hold the private key.
    ///
    /// # Errors
    /// [`NoPublicKey`].
    pub fn from_pem(text: &str) -> Result<Self, NoPublicKey> {
        let read = if text.contains("-----BEGIN PUBLIC KEY-----") {
            RsaPublicKey::from_public_key_pem(text).ok()
        } else {
            RsaPublicKey::from_pkcs1_der(&PrivateKey::from_pem(text)?.public()).ok()
        };
        read.filter(|key| key.size() * 8 >= BITS_MIN).map(Self).ok_or(NoPublicKey::NotRsa)
    }
}

/// Who a request says it is from.
///
/// # Errors
/// `MissingHeader`, `InvalidHeaderValue` or `InvalidAuthentication`.
pub fn caller(call: &Call, known: Option<&PublicKeyId>) -> Result<PublicKeyId, Refusal> {
    let parts = Parts::of(call)?;
    let id = PublicKeyId::parse(parts.id).map_err(|wrong| Refusal::new("InvalidAuthentication", wrong.to_string()))?;
    match known {
        Some(known) if *known != id => Err(Refusal::new("InvalidAuthentication", format!("the public key id {id} is not known"))),
        Some(_) | None => Ok(id),
    }
}

/// Checks the signature.
///
/// # Errors
/// `InvalidRequestSignature`, with the text that would have been signed, as Amazon tells it.
pub fn check(call: &Call, key: &PublicKey) -> Result<(), Refusal> {
    let wrong = |why: String| Refusal::new("InvalidRequestSignature", why);
    let Parts { algorithm, names, signature, .. } = Parts::of(call)?;
    let known = ALGORITHMS.into_iter().find(|(name, _)| *name == algorithm);
    let (algorithm, salt) = known.ok_or_else(|| wrong(format!("the algorithm must be {ALGORITHM}")))?;
    let names: Vec<&str> = names.split(';').collect();
    if !names.is_sorted() || names.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase())) {
        return Err(wrong("SignedHeaders must be in small letters and sorted".to_owned()));
    }
    let needed = call.header("x-amz-pay-idempotency-key").map(|_| "x-amz-pay-idempotency-key");
    if let Some(missing) = ALWAYS.into_iter().chain(needed).find(|name| !names.contains(name)) {
        return Err(wrong(format!("the header {missing} is not signed")));
    }
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (*name, call.header(name).unwrap_or_default())).collect();
    let query: Vec<(&str, &str)> = call.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Signable { method: &call.method, path: &call.path, query: &query, headers: &headers, body: &call.body };
    let expected = format!("{algorithm}\n{}", canonical_hash(&request));
    verify(key, salt, &expected, signature)
}

/// Checks the signature under a button's payload (section 3). Without a name it counts as one of the older algorithm.
///
/// # Errors
/// `InvalidRequestSignature`, as for requests.
pub fn check_button(payload: &str, algorithm: Option<&str>, signature: &str, key: &PublicKey) -> Result<(), Refusal> {
    let [_, (older, _)] = ALGORITHMS;
    let named = algorithm.unwrap_or(older);
    let known = ALGORITHMS.into_iter().find(|(name, _)| *name == named);
    let (algorithm, salt) = known.ok_or_else(|| Refusal::new("InvalidRequestSignature", format!("the algorithm must be {ALGORITHM}")))?;
    verify(key, salt, &format!("{algorithm}\n{}", hex::encode(digest(&SHA256, payload.as_bytes()))), signature)
}

fn verify(key: &PublicKey, salt: usize, expected: &str, signature: &str) -> Result<(), Refusal> {
    let wrong = |why: String| Refusal::new("InvalidRequestSignature", why);
    let signature = STANDARD.decode(signature).ok().and_then(|bytes| Signature::try_from(bytes.as_slice()).ok());
    let signature = signature.ok_or_else(|| wrong("the signature is not Base64".to_owned()))?;
    VerifyingKey::<Sha256>::new_with_salt_len(key.0.clone(), salt).verify(expected.as_bytes(), &signature).map_err(|_| {
        let expected = expected.replace('\n', "\\n");
        wrong(format!(
            "the string to sign is [{expected}]; the signature is of something else, made with another key, or with another salt"
        ))
    })
}

/// The value of the `authorization` header: `ALGORITHM PublicKeyId=…, SignedHeaders=…, Signature=…`.
struct Parts<'c> {
    algorithm: &'c str,
    id: &'c str,
    names: &'c str,
    signature: &'c str,
}

impl<'c> Parts<'c> {
    fn of(call: &'c Call) -> Result<Self, Refusal> {
        let header = call.header("authorization").ok_or_else(|| Refusal::new("MissingHeader", "the header authorization is missing"))?;
        let (algorithm, fields) = header.split_once(' ').unwrap_or((header, ""));
        let field = |name: &str| {
            let found = fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| Refusal::new("InvalidHeaderValue", format!("the header authorization has no {name}")))
        };
        Ok(Self { algorithm, id: field("PublicKeyId")?, names: field("SignedHeaders")?, signature: field("Signature")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_is_the_same_from_either_half() {
        let text = |name: &str| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/amazon-pay/signing/");
            std::fs::read_to_string(format!("{folder}{name}")).unwrap()
        };
        let [pkcs1, pkcs8] =
            ["rfc9500-rsa2048.pkcs1.pem", "rfc9500-rsa2048.pkcs8.pem"].map(|name| PublicKey::from_pem(&text(name)).unwrap().0);
        assert_eq!(pkcs1, pkcs8);
        let public = PublicKey::from_pem(&text("unit-test-public-key.pem")).unwrap();
        assert_eq!(public.0.size(), 256);
        assert!(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").is_err());
        assert!(PublicKey::from_pem("").is_err());
    }
}
