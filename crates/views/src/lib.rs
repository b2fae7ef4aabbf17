//! SQL on FHIR: ViewDefinitions compiled to plans that turn resources into Arrow rows.
//!
//! [`ViewDefinition::parse`] reads a definition, [`View::compile`] checks it and makes a plan, and
//! [`View::rows`] gives a builder that resources are appended to, one by one. [`builtin`] has the views
//! that every lake keeps.
//!
//! [`Pass`] reads each resource once for several views; [`files`] does so for files, on several threads, and
//! writes tables. [`explain`] tells a view's plan, and [`conformance`] runs suites of cases.
//!
//! **Invariant:** input and output are in [`files`] only. **Invariant:** no resource content in any error.

mod arrays;
mod builtin;
mod cell;
mod column;
pub mod conformance;
mod definition;
mod error;
pub mod explain;
pub mod files;
mod pass;
mod path;
mod plan;
mod rows;
mod run;

pub use builtin::builtin;
pub use column::{Column, ColumnType, OnMisfit};
pub use definition::ViewDefinition;
pub use error::{RowError, ViewError, ViewErrorReason};
pub use pass::Pass;
pub use plan::View;
pub use rows::RowBuilder;
