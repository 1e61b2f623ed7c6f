//! Account linking: the tokens that Alexa carries, and the voice code. What the skill needs of it links nothing but `ring`.

pub mod code;
pub mod key;
pub mod token;
