//! Random bytes for what nobody may guess.

use ring::rand::{SecureRandom, SystemRandom};

use crate::domain::ids::WriteId;

/// The system gives no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandom;

/// # Errors
/// [`NoRandom`].
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes)
}

/// The mark of a write that no request of Alexa's causes.
///
/// # Errors
/// [`NoRandom`].
pub fn mark() -> Result<WriteId, NoRandom> {
    Ok(WriteId::of_bits(u128::from_be_bytes(bytes()?)))
}
