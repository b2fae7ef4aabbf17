//! The nouns that every other crate speaks of. No input or output happens here.

mod audit;
mod clock;
mod failpoint;
mod process;
mod pseudonym;
mod scope;
mod sequence;
mod sign;
mod source;

pub use audit::{AuditEntity, AuditError, AuditEvent, AuditNetwork, AuditOutcome, AuditPosition, AuditSink};
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use failpoint::{FAILPOINTS, hit as failpoint_hit};
pub use process::{ProcessRole, UnknownProcess};
pub use pseudonym::{Pseudonym, PseudonymError};
pub use scope::{Interaction, Scope, ScopeError};
pub use sequence::{CommitSeq, Epoch, LaneId, Ordinal};
pub use sign::{SignError, Signer};
pub use source::{SourceId, SourceIdError};
