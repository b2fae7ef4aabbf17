//! The catalogue's outward faces against those who read them: moto and boto3, SHACL shapes, OpenLineage's own classes.
//!
//! `cargo xtask test` installs them and says where they are in `CARELAKE_CLIENTS`; without that these tests say so.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "clippy takes only functions marked as tests for tests"
)]

mod clients;
mod descriptions;
mod fixture;
mod glue;
mod lineage;
mod patience;
