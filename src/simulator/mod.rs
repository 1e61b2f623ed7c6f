//! A local Alexa and a local Amazon Pay around a skill: what the buyer says becomes request envelopes, what the skill answers is
//! checked as strictly as the real service checks it, and payment directives are carried out.
//!
//! Everything here speaks to the skill through JSON envelopes only, so the same world plays a skill in this process and one behind an
//! address. It never moves real money and never opens a connection; each payment it shows is labelled `simulated`.

pub mod alexa;
pub mod amazon_pay;
pub mod clock;
pub mod ids;
pub mod model;
pub mod world;
