//! Where requests arrive: wire in, application, wire out.

#[cfg(feature = "account")]
pub mod account;
#[cfg(feature = "notice")]
pub mod function_url;
#[cfg(feature = "notice")]
pub mod ipn;
pub mod late;
#[cfg(feature = "link")]
pub mod link;
#[cfg(feature = "notify")]
pub mod notify;
#[cfg(feature = "notify")]
pub mod ringing;
pub mod skill;
#[cfg(feature = "account")]
pub mod wallets;
