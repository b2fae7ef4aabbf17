//! Feeds of simulated providers over some weeks: seeded changes are found, and nothing is where nothing has changed.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

mod changes;
mod feeds;
mod privacy;
mod unchanged;
