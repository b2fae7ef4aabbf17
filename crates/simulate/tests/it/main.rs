//! What a simulation promises, checked from outside by reading its messages as JSON.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a message that cannot be read fails the test that reads it"
)]

mod codes;
mod corrections;
mod counts;
mod identity;
mod mishaps;
mod numbers;
mod people;
mod providers;
mod reading;
mod references;
