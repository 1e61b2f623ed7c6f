//! Everything that needs more than one module: storage against a real engine, envelopes, dialogues, structure.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::float_arithmetic, reason = "capacity units are sums of halves")]
#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not expect, it refuses")]
#![allow(clippy::large_futures, reason = "a test holds a whole shop")]

mod alexa;
mod bad_input;
mod complaints;
mod connection;
mod crashes;
mod desk;
mod desk_older;
mod desk_parts;
mod desk_sandbox;
mod dialogs;
mod doctor;
mod error_table;
mod faults;
mod kill_9;
mod link;
mod lwa_calls;
mod meter;
mod mws_calls;
mod notices;
mod one_fault;
mod parcels;
mod pay_calls;
mod recovery;
mod same_requests;
mod sandbox;
mod shop;
mod stand_in;
mod store_contract;
mod store_tries;
mod telling;
mod tidy;
mod tls;
mod turns;
mod two_desks;
mod wallets;
mod wire;
