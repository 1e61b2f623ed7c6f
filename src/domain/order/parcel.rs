//! What a carrier needs to be told apart from others, and its parcels from each other.

use super::Note;

/// A parcel on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parcel {
    carrier: String,
    number: String,
}

/// Why there is no such parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParcelError {
    #[error("a carrier is one of Amazon Pay's codes, such as UPS or DHL_EXPRESS: capitals, digits and underscores, at most 27")]
    Carrier,
    #[error("a tracking number has at most 36 letters, digits and hyphens")]
    Number,
}

impl Parcel {
    /// Takes Amazon's code of a carrier and the carrier's number of a parcel. Which codes there are is Amazon's to say.
    ///
    /// # Errors
    /// [`ParcelError`].
    pub fn parse(carrier: &str, number: &str) -> Result<Self, ParcelError> {
        let (carrier, number) = (carrier.trim().to_uppercase(), number.trim().to_owned());
        let fits = |text: &str, chars_max, more: u8| {
            (1..=chars_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == more)
        };
        if !fits(&carrier, 27, b'_') {
            return Err(ParcelError::Carrier);
        }
        if !fits(&number, 36, b'-') {
            return Err(ParcelError::Number);
        }
        Ok(Self { carrier, number })
    }

    #[must_use]
    pub fn carrier(&self) -> &str {
        &self.carrier
    }

    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// As the history keeps it. The two always fit.
    #[must_use]
    pub fn note(&self) -> Option<Note> {
        Note::parse(&format!("{} {}", self.carrier, self.number)).ok()
    }
}
