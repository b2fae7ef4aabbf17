//! Models: tables that SQL makes from other tables, grouped into marts (crate `marts`).
//!
//! A mart is made at one published sequence and published whole (ADR-0021). In the
//! order of a run:
//!
//! - `known`: which marts there are, and which jobs build them.
//! - `make`: its models run, one after the other, each seeing those before it.
//! - `exposed`: no model publishes who is who.
//! - `by_person` and `affected`: what an incremental model needs: that it may be
//!   made for some persons only, and which these are.
//! - `periods`: what a model by period needs: which periods a run makes.
//! - `rows`: what a model's rows are: its query's, or what its program makes of them.
//! - `program`: programs that rows go through.
//! - `tests`: what must hold of the rows, before anybody sees them.
//! - `lineage`: which columns a model's columns are computed from.
//! - `preview`: the first rows of a model, for whoever writes it.
//! - `diff`: what a changed mart would publish, beside what is published.
//! - `publish`: files into tables, tables into the catalogue, the run to its end.

mod affected;
mod asked;
mod by_person;
pub(crate) mod catalogue;
mod check;
mod diff;
mod exposed;
mod known;
mod lineage;
mod make;
mod periods;
mod preview;
mod program;
mod pseudonym;
mod publish;
mod rows;
mod tests;

pub use asked::Asked;
pub(crate) use catalogue::Meaning;
pub use catalogue::count_rows;
pub use check::{Checked, Reads, check_folder, register};
pub use diff::{Difference, diff};
pub(crate) use known::{Known, is_behind};
pub use known::{job_name, marts, with_jobs};
pub use lineage::{Lineage, Origin, lineage};
pub(crate) use make::{Made, MadeTable, make};
pub use preview::{Preview, preview};
pub(crate) use publish::publish;

/// The schema of what a run keeps for itself while it works.
pub(crate) const WORK: &str = "work";

/// The kind of the jobs that build marts.
pub const MART_JOB: &str = "mart";
