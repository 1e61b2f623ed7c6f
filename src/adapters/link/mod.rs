//! Account linking: the tokens that Alexa carries, and the voice code. What the skill needs of it links nothing but `ring`.

#[cfg(feature = "link")]
pub mod buttons;
pub mod code;
#[cfg(feature = "link")]
pub mod consents;
pub mod key;
#[cfg(feature = "link")]
pub mod oauth;
pub mod offer;
#[cfg(feature = "link")]
pub mod pages;
pub mod random;
#[cfg(feature = "link")]
pub mod refresh;
pub mod seal;
pub mod secrets;
pub mod token;
#[cfg(feature = "link")]
pub mod words;
