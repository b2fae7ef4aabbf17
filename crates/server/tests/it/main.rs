//! The gateway over a real control database, intake, keys and audit trail, in temporary folders.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy takes only functions marked as tests for tests"
)]

mod attacks;
mod bundles;
mod connections;
mod gateway;
mod guessing;
mod home;
mod inputs;
mod load;
mod mutual;
mod policies;
mod ratchet;
mod resources;
mod signed;
mod tls;
mod tokens;
