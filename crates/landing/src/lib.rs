//! The one way in: accepted changes become a sealed segment, durable before anyone is told.
//!
//! [`Intake`] takes submissions from the gateway and from `carelake import`
//! alike, gathers those that wait into one segment per lane, decides versions
//! against the ledger, writes the segment, registers it, and only then answers.
//! [`open_segment`] is the other end: what the refinery reads.
//!
//! **Invariant:** no answer before file, folder and control row are durable.
//! **Invariant:** the writing side holds the landing *public* key only.

mod group;
mod intake;
mod key;
mod lane;
mod once;
mod receipt;
mod segment;
mod submission;
mod sweep;

pub use intake::{Intake, IntakeParts, Limits};
pub use key::SegmentKey;
pub use once::Once;
pub use receipt::{ReceiptId, ReceiptIdError};
pub use segment::{Record, RecordRef, SegmentError, SegmentReader, SegmentWriter, open_segment};
pub use submission::{Accepted, Change, FilePart, IntakeError, Intent, Status, Stored, Submission};
pub use sweep::{SweepError, delete_published, sweep_orphans};
