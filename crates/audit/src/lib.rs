//! The audit trail: what was done to the data, in chains that prove themselves.
//!
//! Every process writes a chain of its own, under a writer's name that is used
//! once. A record is one line of canonical JSON; its hash covers the hash of
//! the record before it. Records that wait at the same time are written in one
//! put, and the last line of every object is a head, signed with Ed25519, that
//! says how many records there are and the hash of the last: one put makes both
//! durable. [`verify`] recomputes all of it and names the first record that is
//! not what was written.
//!
//! What this proves alone: nothing was altered, removed or reordered before a
//! signed head, and nothing was cut off a chain that was closed with its last
//! object in place. What needs a witness: that a chain which was never closed,
//! or whose newest objects are gone, once was longer. Heads are handed out by
//! [`AuditLog::on_head`] so that somebody else can keep them.
//!
//! The crate owns the format, not the zone: the store it is given encrypts.

mod format;
mod log;
mod read;
mod verify;
pub mod watch;

pub use format::{Head, SignedHead};
pub use log::{AuditLog, OpenError};
pub use read::{ReadError, Record, records};
pub use verify::{Damage, Unwitnessed, Verified, VerifyError, verify};
