//! What providers send and tables hold, in counts; what has changed in it, and whether that may go on.
//!
//! [`feed`] counts what a source sends in a day, [`drift`] compares a day with the days before it, [`contract`] says
//! which changes stop promotion, [`table`] profiles Arrow batches, [`difference`] tells what changed between two lists of
//! columns.
//!
//! **Invariant:** no clock, no input or output; memory is bounded in bytes, and what did not fit is counted.
//! **Invariant:** what is kept or told are counts, and names of extensions, code systems, profiles, units and codes that
//! [`feed`] can prove to be such; never a text that somebody wrote.

pub mod contract;
pub mod difference;
pub mod drift;
pub mod feed;
pub mod table;
