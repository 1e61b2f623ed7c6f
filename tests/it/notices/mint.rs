//! An SNS of our own: authorities, a signing certificate, and envelopes that are signed with it.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use time::OffsetDateTime;
use voicetill::adapters::sns::{Envelope, Fetch, FetchError, Forged, Roots, Verified, Verifier};
use voicetill::domain::time::Time;

use crate::stand_in::{NOW, PRIVATE_KEY};

pub const URL: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:291180941288:A1PA6795UKMFR9A1EXAMPLESELLER";

/// What a digest is put behind before it is signed (RFC 8017, section 9.2).
const SHA1_PREFIX: [u8; 15] = [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
const SHA256_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::from_pkcs8_pem(PRIVATE_KEY).unwrap());

/// How a text is signed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hash {
    Sha1,
    Sha256,
}

pub fn signed(text: &str, hash: Hash) -> Vec<u8> {
    let (algorithm, prefix): (_, &[u8]) = match hash {
        Hash::Sha1 => (&SHA1_FOR_LEGACY_USE_ONLY, &SHA1_PREFIX),
        Hash::Sha256 => (&SHA256, &SHA256_PREFIX),
    };
    let digest = digest(algorithm, text.as_bytes());
    let padding = Pkcs1v15Sign { hash_len: Some(digest.as_ref().len()), prefix: prefix.into() };
    KEY.sign(padding, digest.as_ref()).unwrap()
}

pub fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

/// A certificate's contents, valid for a year around [`NOW`].
pub fn params(names: &[&str], cn: &str) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, cn);
    params.not_before = at(NOW - 180 * 86_400);
    params.not_after = at(NOW + 180 * 86_400);
    params
}

pub fn authority(cn: &str) -> CertificateParams {
    let mut params = params(&[], cn);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

pub fn leaf() -> CertificateParams {
    let mut params = params(&["sns.amazonaws.com"], "sns.amazonaws.com");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// The key that signs messages.
pub fn rsa_key() -> KeyPair {
    KeyPair::from_pkcs8_pem_and_sign_algo(PRIVATE_KEY, &PKCS_RSA_SHA256).unwrap()
}

/// A root, an authority below it, and a signing certificate below that.
pub struct Mint {
    pub root: Certificate,
    pub between: Certificate,
    between_params: CertificateParams,
    between_key: KeyPair,
}

impl Mint {
    pub fn new() -> Self {
        Self::below("Test Root")
    }

    pub fn below(root: &str) -> Self {
        let (root_key, between_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let (root_params, between_params) = (authority(root), authority("Test Between"));
        let root = root_params.self_signed(&root_key).unwrap();
        let between = between_params.signed_by(&between_key, &Issuer::from_params(&root_params, &root_key)).unwrap();
        Self { root, between, between_params, between_key }
    }

    /// A certificate of this mint's.
    pub fn certify(&self, params: &CertificateParams, key: &KeyPair) -> Certificate {
        params.signed_by(key, &Issuer::from_params(&self.between_params, &self.between_key)).unwrap()
    }

    /// The file that an honest SNS would serve, with the whole chain.
    pub fn file(&self) -> String {
        format!("{}{}", self.certify(&leaf(), &rsa_key()).pem(), self.between.pem())
    }

    pub fn roots(&self) -> Roots {
        Roots::from_pem(&self.root.pem()).unwrap()
    }
}

/// What is served, and how often.
#[derive(Debug, Default)]
pub struct Shelf {
    pub files: BTreeMap<String, String>,
    pub fetched: AtomicUsize,
    /// The status that everything is answered with instead.
    pub down: Option<u16>,
}

impl Shelf {
    pub fn of(file: String) -> Self {
        Self { files: [(URL.to_owned(), file)].into(), ..Self::default() }
    }

    pub fn count(&self) -> usize {
        self.fetched.load(Ordering::Relaxed)
    }
}

impl Fetch for Shelf {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        self.fetched.fetch_add(1, Ordering::Relaxed);
        match (self.down, self.files.get(url)) {
            (Some(status), _) => Err(FetchError::Status(status)),
            (None, Some(file)) => Ok(file.as_bytes().to_vec()),
            (None, None) => Err(FetchError::Status(403)),
        }
    }
}

/// An envelope around a message, not yet signed.
pub fn envelope(message: &str) -> Value {
    json!({
        "Type": "Notification", "MessageId": "aaaaaaaa-0000-5000-8000-000000000001", "TopicArn": TOPIC, "Message": message,
        "Timestamp": "2026-11-22T02:00:00.000Z", "SignatureVersion": "2", "SigningCertURL": URL, "Signature": "",
    })
}

pub fn confirmation() -> Value {
    let mut value = envelope("You have chosen to subscribe to the topic.");
    value["Type"] = "SubscriptionConfirmation".into();
    value["Token"] = "2336412f37fb".into();
    value["SubscribeURL"] =
        format!("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb").into();
    value
}

/// Signs an envelope, and with the hash that its version names if no other is wanted.
pub fn sign(mut envelope: Value, hash: Option<Hash>) -> Value {
    envelope["Signature"] = "AA==".into();
    let usual = if envelope["SignatureVersion"] == "1" { Hash::Sha1 } else { Hash::Sha256 };
    let text = Envelope::parse(envelope.to_string().as_bytes(), |_| None).unwrap().string_to_sign();
    envelope["Signature"] = BASE64_STANDARD.encode(signed(&text, hash.unwrap_or(usual))).into();
    envelope
}

/// What becomes of a body at a verifier.
pub async fn verify(verifier: &Verifier<Shelf>, body: &Value) -> Result<Verified, Forged> {
    let envelope = Envelope::parse(body.to_string().as_bytes(), |_| None).unwrap();
    verifier.verify(envelope, Time::from_unix(NOW)).await
}
