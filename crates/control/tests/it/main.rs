//! The control database from outside: what is checked under its locks, and what survives a crash.
//!
//! Runs on SQLite; with `CARELAKE_TEST_POSTGRES` set to the address of an empty
//! database, the same tests run there too, each in a schema of its own.

#![expect(clippy::unwrap_used, reason = "a test ends where the unexpected happens")]

mod access;
mod alerts;
mod catalog;
mod claims;
mod crawlers;
mod credentials;
mod ground;
mod holds;
mod jobs;
mod leases;
mod ledger;
mod lists;
mod once;
mod people;
mod profiles;
mod publications;
mod registry;
mod segments;
mod views;
