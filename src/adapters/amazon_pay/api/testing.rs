//! The published test key, and samples from `tests/fixtures/amazon-pay`.

use std::path::Path;

use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;

/// The key of RFC 9500 section 2.1, which is nobody's.
pub const PKCS1: &str = include_str!("../../../../tests/fixtures/amazon-pay/signing/rfc9500-rsa2048.pkcs1.pem");
pub const PKCS8: &str = include_str!("../../../../tests/fixtures/amazon-pay/signing/rfc9500-rsa2048.pkcs8.pem");

pub fn text(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/amazon-pay").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

/// The samples of a file that holds a list of them.
pub fn cases(name: &str) -> Vec<Value> {
    let cases = json(name)["cases"].as_array().unwrap().clone();
    assert!(!cases.is_empty(), "{name}");
    cases
}

pub fn str<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

/// Whether the signature is one that the key in this PEM has made, with salt 32.
pub fn verifies(public_pem: &str, message: &str, signature: &[u8]) -> bool {
    // Before the key itself, this structure has 24 bytes that say "RSA, 2048 bits".
    let public = SubjectPublicKeyInfoDer::from_pem_slice(public_pem.as_bytes()).unwrap();
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &public.as_ref()[24..]).verify(message.as_bytes(), signature).is_ok()
}
