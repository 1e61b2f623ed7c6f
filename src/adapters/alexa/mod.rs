//! Alexa's requests and responses (`reference/alexa-skill.md`).
//!
//! In: bytes → [`wire::Incoming`] → [`verify::verify`] → [`wire::Request`] → [`from_wire`]. Out: a reply → [`speech`] → [`to_wire`].

pub mod from_wire;
pub mod intents;
pub mod session;
pub mod speech;
pub mod to_wire;
pub mod verify;
pub mod wire;
