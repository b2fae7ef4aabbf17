//! The lake itself: from sealed segments to tables, and from tables to answers.
//!
//! - [`stores`]: the zones a worker or a query may touch, as object stores.
//! - [`table`]: one Delta table, appended to and replaced exactly once per mark.
//! - [`refinery`]: segments → vault, raw, views, links; publishes the commit sequence.
//! - [`feeds`]: what has changed in what a source sends.
//! - [`registry`]: registered views, and how their tables are built.
//! - [`models`]: SQL over views → marts.
//! - [`mod@reference`]: lists that are about nobody, from files.
//! - [`jobs`]: what is to be run and when, and the runs at work.
//! - [`upkeep`]: compaction, checkpoints, and the deletion of what nothing names.
//! - [`worker`]: the loop that does all of these.
//! - [`sql`]: read-only sessions at one commit sequence.
//!
//! **Invariant:** no raw row without a registered segment. **Invariant:** what
//! is not published is not promised: every reader starts from a sequence.

mod error;
pub mod feeds;
pub mod jobs;
pub mod models;
pub mod reference;
pub mod refinery;
pub mod registry;
pub mod sql;
pub mod stores;
pub mod table;
pub mod upkeep;
pub mod worker;

pub use error::LakeError;
