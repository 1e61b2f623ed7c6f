//! Messages that Amazon SNS posts over HTTPS: reading them, and telling whether SNS has sent them (`reference/amazon-pay-v2.md`
//! section 12). What they say is `amazon_pay::notice`'s business.
//!
//! The order of the checks is part of their worth: shape and size, then the addresses, then the certificate, then the signature. Nothing is
//! fetched from an address that is not SNS's own.

mod address;
mod certificate;
mod envelope;
mod verify;
mod web;

pub use address::{AddressError, CertificateUrl, SubscribeUrl};
pub use certificate::{CertificateError, Chain, Roots, RootsError, SignatureError};
pub use envelope::{BODY_MAX, Envelope, EnvelopeError, Kind, SignatureVersion};
pub use verify::{Fetch, FetchError, Forged, Verified, Verifier};
pub use web::Web;
