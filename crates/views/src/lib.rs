//! SQL on FHIR: ViewDefinitions compiled to plans that turn resources into Arrow rows.
//!
//! [`ViewDefinition::parse`] reads a definition, [`View::compile`] checks it and makes a plan, and
//! [`View::rows`] gives a builder that resources are appended to, one by one. [`builtin`] has the views
//! that every lake keeps.
//!
//! **Invariant:** no input or output, and no resource content in any error.

mod arrays;
mod builtin;
mod cell;
mod column;
mod decimal;
mod definition;
mod error;
mod moment;
mod path;
mod plan;
mod rows;

pub use builtin::builtin;
pub use column::{Column, ColumnType};
pub use definition::ViewDefinition;
pub use error::{RowError, ViewError, ViewErrorReason};
pub use plan::View;
pub use rows::RowBuilder;
