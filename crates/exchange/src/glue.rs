//! AWS Glue: a client of the few operations that a catalogue needs, and [`sync`], which makes Glue equal to ours.
//!
//! Glue speaks JSON over HTTP, signed with Signature Version 4. The signing is AWS's own library; the rest of their
//! SDK would be a hundred times what is used of it.

mod access;
mod api;
mod client;
mod error;
mod partitions;
mod plan;
mod sync;

pub use access::Access;
pub use client::{Client, Retry};
pub use error::GlueError;
pub use sync::{Changes, Options, Report, sync};
