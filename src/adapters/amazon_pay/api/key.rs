//! Who calls: the private key that the merchant got from Seller Central, and the id that Amazon knows it by (section 1).
//!
//! A key goes in as text and never comes out again.

use std::fmt;

use ring::error::KeyRejected;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{self, PemObject};

use super::place::Environment;

/// Why a text is no key that Amazon Pay's requests can be signed with, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("holds no private key: give the .pem file that Seller Central offered when the key was made")]
    NoKey,
    #[error("holds a public key or a certificate: give the private half, which begins with -----BEGIN PRIVATE KEY-----")]
    Public,
    #[error("holds a key with a pass phrase: write it without one, `openssl pkey -in WITH.pem -out WITHOUT.pem`")]
    Encrypted,
    #[error("holds a key in OpenSSH's format: convert a copy of it, `ssh-keygen -p -m PEM -f COPY`")]
    OpenSsh,
    #[error("holds a key that is not RSA: make one in Seller Central, or with `openssl genrsa 2048`")]
    NotRsa,
    #[error("holds an RSA key that is damaged, or not of 2048 to 4096 bits ({0}): make a new one in Seller Central")]
    Unusable(KeyRejected),
    #[error("is not a whole PEM file: copy it again, with its first and last line")]
    Damaged(#[source] pem::Error),
}

/// An RSA private key. Nothing can be read from it but signatures, its size, and the half that is public.
pub struct PrivateKey(RsaKeyPair);

impl PrivateKey {
    /// Reads a key in PEM, PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// [`KeyError`], which says what was given instead.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        // What people take for their key, before the parser skips it as a section that it does not know.
        for (mark, error) in [
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----", KeyError::Encrypted),
            ("Proc-Type: 4,ENCRYPTED", KeyError::Encrypted),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", KeyError::OpenSsh),
            ("-----BEGIN EC PRIVATE KEY-----", KeyError::NotRsa),
        ] {
            if text.contains(mark) {
                return Err(error);
            }
        }
        let public = text.contains(" PUBLIC KEY-----") || text.contains(" CERTIFICATE-----");
        let read = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| {
            let nothing = matches!(error, pem::Error::NoItemsFound);
            if nothing && public {
                KeyError::Public
            } else if nothing {
                KeyError::NoKey
            } else {
                KeyError::Damaged(error)
            }
        })?;
        let pair = if let PrivateKeyDer::Pkcs1(der) = &read {
            RsaKeyPair::from_der(der.secret_pkcs1_der())
        } else if let PrivateKeyDer::Pkcs8(der) = &read {
            RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
        } else {
            return Err(KeyError::NotRsa);
        };
        pair.map(Self).map_err(|rejected| if rejected.to_string() == WRONG_KIND { KeyError::NotRsa } else { KeyError::Unusable(rejected) })
    }

    /// The length of the modulus.
    #[must_use]
    pub fn bits(&self) -> usize {
        self.0.public().modulus_len() * 8
    }

    /// The public half, in the structure of PKCS#1: what Amazon has of the pair.
    #[must_use]
    pub fn public(&self) -> Vec<u8> {
        self.0.public().as_ref().to_vec()
    }

    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes, which is what the algorithm's V2 asks for (section 3).
    pub(super) fn sign(&self, message: &str) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed = self.0.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signed.map(|()| signature).map_err(|_| SignError)
    }
}

/// How ring says that a PKCS#8 file holds a key of another kind; it has no other way to tell.
const WRONG_KIND: &str = "WrongAlgorithm";

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

pub use crate::adapters::amazon_pay::call::failure::SignError;

/// The id of the public key that Amazon checks signatures with. Newer ones name the environment that they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKeyId(String);

/// A text that is no public key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key id: expected 1 to 64 letters, digits and hyphens, as SANDBOX-AFEXAMPLE")]
pub struct NoKeyId;

impl PublicKeyId {
    /// Takes a text that has the shape of an id.
    ///
    /// # Errors
    /// [`NoKeyId`] when it has not.
    pub fn parse(text: &str) -> Result<Self, NoKeyId> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(NoKeyId) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The only environment that this key is for; `None` for the older kind, which is for both.
    #[must_use]
    pub fn environment(&self) -> Option<Environment> {
        let begins = |word: &str| self.0.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if begins("LIVE") {
            Some(Environment::Live)
        } else if begins("SANDBOX") {
            Some(Environment::Sandbox)
        } else {
            None
        }
    }
}

impl fmt::Display for PublicKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{PKCS1, PKCS8, text};
    use super::*;

    fn refusal(text: &str) -> String {
        PrivateKey::from_pem(text).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn both_kinds_of_pem_are_read_also_with_other_text_around() {
        for pem in [PKCS1, PKCS8] {
            for written in [pem.to_owned(), pem.replace('\n', "\r\n"), format!("Bag Attributes\n    friendlyName: pay\n{pem}\n\n")] {
                assert_eq!(PrivateKey::from_pem(&written).unwrap().bits(), 2048);
            }
        }
    }

    #[test]
    fn what_is_no_key_is_told_by_what_it_is() {
        let public = text("signing/unit-test-public-key.pem");
        let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let cut = &PKCS8[..PKCS8.len() - 40];
        let pass_phrase = PKCS1.replace("KEY-----\nMII", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMII");
        for (given, told) in [
            ("", "holds no private key"),
            ("SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B", "holds no private key"),
            (public.as_str(), "holds a public key or a certificate"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "holds a key with a pass phrase"),
            (pass_phrase.as_str(), "holds a key with a pass phrase"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "holds a key in OpenSSH's format"),
            (elliptic.as_str(), "holds a key that is not RSA"),
            (cut, "is not a whole PEM file"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds an RSA key that is damaged"),
        ] {
            assert!(refusal(given).starts_with(told), "{told}: {}", refusal(given));
        }
        // One letter of a prime.
        assert!(refusal(&PKCS1.replacen("3RBX", "3RBY", 1)).starts_with("holds an RSA key that is damaged"));
    }

    #[test]
    fn a_key_is_never_shown() {
        assert_eq!(format!("{:?}", PrivateKey::from_pem(PKCS8).unwrap()), "[redacted]");
        let told = format!("{:?} {}", PrivateKey::from_pem(&PKCS1.replacen("3RBX", "3RBY", 1)).unwrap_err(), refusal(&PKCS8[..900]));
        assert!(!told.contains("MII") && !told.contains("3RB"), "{told}");
    }

    #[test]
    fn an_id_names_its_environment_or_none() {
        let of = |id| PublicKeyId::parse(id).unwrap().environment();
        assert_eq!(of("SANDBOX-AFVX7ULWSGBZ5535PCUQOY7B"), Some(Environment::Sandbox));
        assert_eq!(of("live-AFVX7ULWSGBZ5535PCUQOY7B"), Some(Environment::Live));
        assert_eq!(of("AFVX7ULWSGBZ5535PCUQOY7B"), None);
        for noise in ["", "A B", "é", "A\nB", &"A".repeat(65)] {
            assert_eq!(PublicKeyId::parse(noise), Err(NoKeyId), "{noise}");
        }
    }
}
