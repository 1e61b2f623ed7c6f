//! Request and button signatures, algorithm `AMZN-PAY-RSASSA-PSS-V2` (section 3).

use std::fmt::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::key::{PrivateKey, PublicKeyId, SignError};
use crate::adapters::amazon_pay::call::percent;

/// The algorithm's name, which Amazon's button script has to be told as well.
pub const ALGORITHM: &str = "AMZN-PAY-RSASSA-PSS-V2";

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub struct Signable<'r> {
    /// In capitals.
    pub method: &'r str,
    /// As it is before percent-encoding.
    pub path: &'r str,
    pub query: &'r [(&'r str, &'r str)],
    /// Names in small letters.
    pub headers: &'r [(&'r str, &'r str)],
    pub body: &'r [u8],
}

/// The merchant's signature under requests and button payloads. Clones share the key.
#[derive(Clone, Debug)]
pub struct Signer {
    id: PublicKeyId,
    key: Arc<PrivateKey>,
}

impl Signer {
    #[must_use]
    pub fn new(id: PublicKeyId, key: PrivateKey) -> Self {
        Self { id, key: Arc::new(key) }
    }

    #[must_use]
    pub const fn id(&self) -> &PublicKeyId {
        &self.id
    }

    /// The value of the `authorization` header.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn authorization(&self, request: &Signable<'_>) -> Result<String, SignError> {
        let (canonical, names) = canonical(request);
        let signature = STANDARD.encode(self.key.sign(&to_sign(&canonical))?);
        Ok(format!("{ALGORITHM} PublicKeyId={}, SignedHeaders={names}, Signature={signature}", self.id))
    }

    /// The signature of a payload that a web page hands to Amazon's button. It has no time in it and may be used again.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn button(&self, payload: &str) -> Result<String, SignError> {
        Ok(STANDARD.encode(self.key.sign(&to_sign(payload))?))
    }
}

/// The hash of the canonical request, which follows the algorithm's name in the text that is signed, for whoever checks a signature.
/// Headers must be those that were signed.
#[must_use]
pub fn canonical_hash(request: &Signable<'_>) -> String {
    hex(canonical(request).0.as_bytes())
}

/// The canonical request, and the names of the headers in it.
fn canonical(request: &Signable<'_>) -> (String, String) {
    let mut headers: Vec<_> = request.headers.iter().map(|(name, value)| (*name, value.trim())).collect();
    // A header without a value may be dropped on the way, so it is not signed.
    headers.retain(|(_, value)| !value.is_empty());
    headers.sort_unstable();
    let block = headers.iter().fold(String::new(), |block, (name, value)| block + name + ":" + value + "\n");
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut query: Vec<_> = request.query.iter().map(|(name, value)| (percent::value(name), percent::value(value))).collect();
    query.sort_unstable();
    let query = query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let text = format!("{}\n{}\n{query}\n{block}\n{names}\n{}", request.method, canonical_path(request.path), hex(request.body));
    (text, names)
}

pub(super) fn to_sign(text: &str) -> String {
    format!("{ALGORITHM}\n{}", hex(text.as_bytes()))
}

/// Percent-encoded, without slashes that say nothing.
fn canonical_path(path: &str) -> String {
    let mut kept = String::with_capacity(path.len() + 1);
    for letter in ['/'].into_iter().chain(path.chars()) {
        if letter != '/' || !kept.ends_with('/') {
            kept.push(letter);
        }
    }
    percent::path(&kept)
}

/// SHA-256 in small hexadecimal letters.
fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut all, byte| {
        // Writing to a string does not fail.
        let _ = write!(all, "{byte:02x}");
        all
    })
}

#[cfg(test)]
pub(super) mod tests;
