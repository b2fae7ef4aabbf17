//! The audit trail: what was done to the data, in chains that prove themselves.
//!
//! Every process writes a chain of its own, under a writer's name that is used
//! once. A record is a FHIR R4 AuditEvent; its hash covers the hash of the
//! record before it. Records that wait at the same time are written in one
//! put, and the last line of every object is a head, signed with Ed25519, that
//! says how many records there are and the hash of the last: one put makes both
//! durable. From time to time the heads are put into a log of their own, a
//! Merkle tree whose [`Checkpoint`]s are small enough to hand out with every
//! receipt. [`verify`] recomputes all of it, with the public key alone, and names
//! the first record that is not what was written.
//!
//! What this proves alone: nothing was altered, removed or reordered before a
//! signed head, and nothing was cut off a chain that was closed with its last
//! object in place. What needs a witness: that a chain which was never closed,
//! or whose newest objects are gone, once was longer. Whoever kept a checkpoint
//! can prove that nothing is missing of what was there then.
//!
//! What is old enough a [`Retention`] lets go, and leaves a signed mark of where it cut the chain.
//!
//! The crate owns the format, not the zone: the store it is given encrypts.

mod archive;
pub mod balp;
mod checkpoint;
mod event;
mod head;
mod line;
mod log;
mod newest;
mod place;
mod read;
mod retain;
mod verify;
pub mod watch;

pub use archive::copy;
pub use checkpoint::{
    Checkpoint, CheckpointError, Checkpoints, Made, NoteError, parse_verifier_key, verifier_key,
};
pub use head::{Head, SignedHead};
pub use log::{AuditLog, OpenError};
pub use newest::newest;
pub use read::{Filter, Follower, ReadError, Record, records};
pub use retain::{Due, RetainError, Retention};
pub use verify::{Damage, Unwitnessed, Verified, VerifyError, WitnessDamage, Witnesses, verify};
