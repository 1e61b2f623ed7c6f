//! The certificate that SNS signs with, and whom it is trusted for.
//!
//! SNS serves the signing certificate alone, without the authority between it and Amazon's roots. `docs/notifications.md` says what is made
//! of that: the chain is checked as far as it is there, and where it is not whole, trust rests on the connection that it was fetched over.

use std::fmt;

use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime, alg_id,
};
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use super::SignatureVersion;
use crate::adapters::roots;
use crate::domain::time::Time;

/// What a signing certificate is made out to (section 12).
const NAME: &str = "sns.amazonaws.com";

/// More than any chain has.
const CERTIFICATES_MAX: usize = 6;

/// The signature of an RSA key is as long as the key: 2,048 bits at least.
const SIGNATURE_MIN: usize = 256;

/// Whom chains may end at.
#[derive(Clone, Debug)]
pub struct Roots(Vec<TrustAnchor<'static>>);

/// A file that holds no certificates to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no readable certificate in it: expected one or more PEM blocks of the type CERTIFICATE")]
pub struct RootsError;

impl Roots {
    /// Amazon's own, which are built in.
    ///
    /// # Errors
    /// Never in practice: a test reads them.
    pub fn amazon() -> Result<Self, RootsError> {
        Self::from_pem(roots::AMAZON)
    }

    /// Others, for a local world.
    ///
    /// # Errors
    /// [`RootsError`].
    pub fn from_pem(pem: &str) -> Result<Self, RootsError> {
        let anchor = |found: Result<CertificateDer<'_>, _>| {
            let certificate = found.map_err(|_| RootsError)?;
            anchor_from_trusted_cert(&certificate).map(|anchor| anchor.to_owned()).map_err(|_| RootsError)
        };
        let anchors: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).map(anchor).collect::<Result<_, _>>()?;
        if anchors.is_empty() { Err(RootsError) } else { Ok(Self(anchors)) }
    }
}

/// How far a chain could be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// To one of the roots.
    Whole,
    /// To the last certificate that was there; the authority that made that one is not.
    Partial,
}

/// Why a certificate is not one that SNS signs with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    #[error("the file holds no certificate in PEM")]
    NotPem,
    #[error("the file holds more than {CERTIFICATES_MAX} certificates")]
    TooMany,
    #[error("the certificate cannot be read")]
    Malformed(#[source] Error),
    #[error("the certificate is not made out to {NAME}")]
    OtherName,
    #[error("the certificate is not valid yet")]
    NotYetValid,
    #[error("the certificate has expired")]
    Expired,
    #[error("the certificate is for another purpose")]
    OtherPurpose,
    #[error("the certificate has signed itself, and is none of the roots")]
    SelfSigned,
    #[error("the chain ends at an authority that is none of the roots")]
    ForeignRoot,
    #[error("the chain is broken")]
    BrokenChain(#[source] Error),
}

/// Why a signature does not vouch for its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the signature is too short for a key that can be trusted")]
    TooShort,
    #[error("the certificate's key is no RSA key")]
    NotRsa,
    #[error("the signature is not of this text, by this key, in the way that the message says")]
    Wrong,
}

/// What a file at SNS holds: the signing certificate first, and those above it.
#[derive(Clone)]
pub struct SigningCertificate(Vec<CertificateDer<'static>>);

impl SigningCertificate {
    /// Reads a file.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(pem: &[u8]) -> Result<Self, CertificateError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).take(CERTIFICATES_MAX + 1).collect();
        let found = found.map_err(|_| CertificateError::NotPem)?;
        match found.len() {
            0 => Err(CertificateError::NotPem),
            count if count > CERTIFICATES_MAX => Err(CertificateError::TooMany),
            _ => Ok(Self(found)),
        }
    }

    /// Whether it may sign for SNS at this moment, and how far its chain could be followed.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn check(&self, roots: &Roots, now: Time) -> Result<Chain, CertificateError> {
        let signer = EndEntityCert::try_from(&self.0[0]).map_err(CertificateError::Malformed)?;
        let name = ServerName::try_from(NAME).map_err(|_| CertificateError::OtherName)?;
        signer.verify_is_valid_for_subject_name(&name).map_err(|_| CertificateError::OtherName)?;
        match follow(&signer, &self.0[1..], &roots.0, now) {
            Ok(()) => return Ok(Chain::Whole),
            Err(Error::UnknownIssuer) => {}
            Err(error) => return Err(sorted(error)),
        }
        let Some((top, between)) = self.0[1..].split_last() else {
            return if signer.issuer() == signer.subject() { Err(CertificateError::SelfSigned) } else { Ok(Chain::Partial) };
        };
        // Its maker is not known, but what it has made can be held to it.
        let anchor = anchor_from_trusted_cert(top).map_err(CertificateError::BrokenChain)?;
        follow(&signer, between, std::slice::from_ref(&anchor), now).map_err(sorted)?;
        let authority = EndEntityCert::try_from(top).map_err(CertificateError::BrokenChain)?;
        if authority.issuer() == authority.subject() { Err(CertificateError::ForeignRoot) } else { Ok(Chain::Partial) }
    }

    /// Whether this key has signed this text, in the way that is said and in no other.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn vouches(&self, version: SignatureVersion, text: &str, signature: &[u8]) -> Result<(), SignatureError> {
        if signature.len() < SIGNATURE_MIN {
            return Err(SignatureError::TooShort);
        }
        let algorithm: &dyn SignatureVerificationAlgorithm = match version {
            SignatureVersion::One => &RsaSha1,
            SignatureVersion::Two => RSA_PKCS1_2048_8192_SHA256,
        };
        let signer = EndEntityCert::try_from(&self.0[0]).map_err(|_| SignatureError::Wrong)?;
        signer
            .verify_signature(algorithm, text.as_bytes(), signature)
            .map_err(|error| if error == Error::InvalidSignatureForPublicKey { SignatureError::Wrong } else { SignatureError::NotRsa })
    }
}

impl fmt::Debug for SigningCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningCertificate({})", self.0.len())
    }
}

/// Dates, purpose and signatures, from the signing certificate up to one of the anchors.
fn follow(signer: &EndEntityCert<'_>, between: &[CertificateDer<'_>], anchors: &[TrustAnchor<'_>], now: Time) -> Result<(), Error> {
    let seconds = u64::try_from(now.unix()).unwrap_or(0);
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    signer.verify_for_usage(ALL_VERIFICATION_ALGS, anchors, between, now, KeyUsage::server_auth(), None, None).map(|_| ())
}

/// The library has a word for everything that can be wrong with a chain; these are about the certificate itself.
fn sorted(error: Error) -> CertificateError {
    if matches!(error, Error::CertExpired { .. }) {
        CertificateError::Expired
    } else if matches!(error, Error::CertNotValidYet { .. }) {
        CertificateError::NotYetValid
    } else if matches!(error, Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension | Error::CaUsedAsEndEntity) {
        CertificateError::OtherPurpose
    } else {
        CertificateError::BrokenChain(error)
    }
}

/// What version 1 of SNS's signatures is. For certificates it is not in the list.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption of RFC 3279.
        AlgorithmIdentifier::from_slice(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00")
    }
}
