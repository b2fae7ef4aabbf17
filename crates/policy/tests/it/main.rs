//! What the policies say, asked from outside as a door asks.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

mod access;
mod circumstances;
mod explained;
mod ground;
mod odd;
mod own;
mod ratchet;
