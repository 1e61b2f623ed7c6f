//! Texts that go out and come back: signed, so that what comes back is what went out. Nothing in them is secret from their bearer.

use super::key::{LinkKey, Purpose};

/// The text with a signature behind a point.
#[must_use]
pub fn seal(key: &LinkKey, purpose: Purpose, said: &str) -> String {
    format!("{said}.{}", hex::encode(key.sign(purpose, said.as_bytes())))
}

/// What was sealed for this purpose; `None` when nothing of ours was.
#[must_use]
pub fn open<'t>(key: &LinkKey, purpose: Purpose, text: &'t str) -> Option<&'t str> {
    let (said, signature) = text.rsplit_once('.')?;
    let signature = hex::decode(signature).ok()?;
    key.verifies(purpose, said.as_bytes(), &signature).then_some(said)
}

/// A proof that goes out without what it is about.
#[must_use]
pub fn mark(key: &LinkKey, purpose: Purpose, about: &str) -> String {
    hex::encode(key.sign(purpose, about.as_bytes()))
}

/// Whether a proof is one about this.
#[must_use]
pub fn is_mark(key: &LinkKey, purpose: Purpose, about: &str, mark: &str) -> bool {
    hex::decode(mark).is_ok_and(|signature| key.verifies(purpose, about.as_bytes(), &signature))
}
