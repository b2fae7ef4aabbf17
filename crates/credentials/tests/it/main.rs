//! What a door relies on: what real clients send is accepted, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

mod sigv4;
mod tokens;
