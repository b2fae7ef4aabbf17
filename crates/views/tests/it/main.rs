//! What the crate does, seen from outside.

#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is test code too: a test that cannot go on fails"
)]

mod builtin_views;
mod conformance;
mod definitions;
mod explain;
mod files;
mod general;
mod language;
mod table;
