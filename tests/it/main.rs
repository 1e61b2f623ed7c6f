//! Everything that needs more than one module: storage against a real engine, envelopes, dialogues, structure.

mod meter;
mod store_contract;
