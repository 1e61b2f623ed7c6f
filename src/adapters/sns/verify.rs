//! Whether SNS has sent a message. Only what has gone through here is gone by.

use std::collections::BTreeMap;
use std::future::Future;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use super::certificate::SigningCertificate;
use super::{AddressError, CertificateError, CertificateUrl, Chain, Envelope, Roots, SignatureError};
use crate::domain::time::Time;

/// SNS has one certificate per region at a time.
const CACHED_MAX: usize = 8;

/// Fetches what SNS serves.
pub trait Fetch: Sync {
    /// The body behind an address.
    fn fetch(&self, url: &str) -> impl Future<Output = Result<Vec<u8>, FetchError>> + Send;
}

/// Why SNS has not served what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("there can be no connection")]
    NoClient(#[source] reqwest::Error),
    #[error("SNS was not reached, or broke off")]
    NotReached(#[source] reqwest::Error),
    #[error("SNS answers with the status {0}")]
    Status(u16),
    #[error("SNS answers with more than a certificate can have")]
    TooLong,
}

impl FetchError {
    /// Whether the same fetch may succeed later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::NoClient(_) | Self::NotReached(_) => true,
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::TooLong => false,
        }
    }
}

/// Why a message is not taken for SNS's.
#[derive(Debug, thiserror::Error)]
pub enum Forged {
    #[error("the certificate's address is refused")]
    Address(#[from] AddressError),
    #[error("the certificate could not be fetched")]
    Unfetched(#[from] FetchError),
    #[error("the certificate is refused")]
    Certificate(#[from] CertificateError),
    #[error("the signature is refused")]
    Signature(#[from] SignatureError),
}

impl Forged {
    /// Whether the same message may be taken later.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unfetched(error) => error.retryable(),
            Self::Address(_) | Self::Certificate(_) | Self::Signature(_) => false,
        }
    }
}

/// An envelope that SNS has sent.
#[derive(Clone, Debug)]
pub struct Verified(Envelope);

impl Deref for Verified {
    type Target = Envelope;

    fn deref(&self) -> &Envelope {
        &self.0
    }
}

/// Checks messages, and keeps the certificates that it has fetched.
#[derive(Debug)]
pub struct Verifier<F> {
    fetch: F,
    roots: Roots,
    kept: Mutex<BTreeMap<CertificateUrl, SigningCertificate>>,
}

impl<F: Fetch> Verifier<F> {
    #[must_use]
    pub const fn new(fetch: F, roots: Roots) -> Self {
        Self { fetch, roots, kept: Mutex::new(BTreeMap::new()) }
    }

    /// What everything is fetched with.
    #[must_use]
    pub const fn fetch(&self) -> &F {
        &self.fetch
    }

    /// Takes an envelope for SNS's, or says why not.
    ///
    /// # Errors
    /// [`Forged`].
    pub async fn verify(&self, envelope: Envelope, now: Time) -> Result<Verified, Forged> {
        let url = CertificateUrl::parse(&envelope.certificate)?;
        let certificate = self.certificate(url, now).await?;
        certificate.vouches(envelope.version(), &envelope.string_to_sign(), envelope.signature())?;
        Ok(Verified(envelope))
    }

    /// The certificate of an address. One that is kept is looked at again, because its time may have run out.
    async fn certificate(&self, url: CertificateUrl, now: Time) -> Result<SigningCertificate, Forged> {
        let kept = self.kept().get(&url).cloned();
        if let Some(certificate) = kept {
            certificate.check(&self.roots, now)?;
            return Ok(certificate);
        }
        let certificate = SigningCertificate::read(&self.fetch.fetch(url.as_str()).await?)?;
        let chain = certificate.check(&self.roots, now)?;
        tracing::info!(whole_chain = chain == Chain::Whole, "a signing certificate of SNS was fetched");
        let mut kept = self.kept();
        if kept.len() >= CACHED_MAX {
            kept.clear();
        }
        kept.insert(url, certificate.clone());
        Ok(certificate)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<CertificateUrl, SigningCertificate>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
