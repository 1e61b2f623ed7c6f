//! Who calls: the signature under a request, checked with the merchant's public key (section 3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;

use super::call::{ALWAYS, Call};
use crate::adapters::amazon_pay::api::key::{KeyError, PrivateKey, PublicKeyId};
use crate::adapters::amazon_pay::api::sign::{ALGORITHM, Signable, string_to_sign};
use crate::simulator::amazon_pay::account::Refusal;

/// The older algorithm, whose salt of 20 bytes the cryptography used here does not check.
const OLDER: &str = "AMZN-PAY-RSASSA-PSS";

/// The merchant's public key: what Amazon has of the pair.
#[derive(Clone, Debug)]
pub struct PublicKey(Vec<u8>);

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

/// How the algorithm rsaEncryption is written in a public key's structure (RFC 3279 section 2.3.1), and the bit string that follows it.
const RSA_ENCRYPTION: [u8; 16] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03];

impl PublicKey {
    /// Takes the public key out of a PEM file, which may hold the private key.
    ///
    /// # Errors
    /// [`NoPublicKey`].
    pub fn from_pem(text: &str) -> Result<Self, NoPublicKey> {
        if !text.contains("-----BEGIN PUBLIC KEY-----") {
            return Ok(Self(PrivateKey::from_pem(text)?.public()));
        }
        let info = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).map_err(|_| NoPublicKey::NotRsa)?;
        let at = info.windows(RSA_ENCRYPTION.len()).position(|window| window == RSA_ENCRYPTION).ok_or(NoPublicKey::NotRsa)?;
        // The bit string's own length, a byte that counts unused bits, and then the key, a sequence with a length of two bytes.
        let rest = &info[at + RSA_ENCRYPTION.len()..];
        let key = rest.windows(3).position(|window| window == [0x00, 0x30, 0x82]).map(|at| rest[at + 1..].to_vec());
        key.map(Self).ok_or(NoPublicKey::NotRsa)
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
    if algorithm == OLDER {
        return Err(wrong(format!("{OLDER} with its salt of 20 bytes cannot be checked here: sign with {ALGORITHM}, as new code should")));
    }
    if algorithm != ALGORITHM {
        return Err(wrong(format!("the algorithm must be {ALGORITHM}")));
    }
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
    let expected = string_to_sign(&Signable { method: &call.method, path: &call.path, query: &query, headers: &headers, body: &call.body });
    let signature = STANDARD.decode(signature).map_err(|_| wrong("the signature is not Base64".to_owned()))?;
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &key.0).verify(expected.as_bytes(), &signature).map_err(|_| {
        wrong(format!(
            "Unable to verify signature, signing String [{}], signature [it was made of something else, or with another key]",
            expected.replace('\n', "\\n")
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
        assert_eq!(public.0[..2], [0x30, 0x82]);
        assert!(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").is_err());
        assert!(PublicKey::from_pem("").is_err());
    }
}
