//! FHIR R4 as checked JSON: bytes in, a checked resource or an OperationOutcome out.
//!
//! **Invariant:** no input or output, no async, and nothing here can panic.

pub mod bundle;
mod check;
mod issue;
pub mod json;
pub mod path;
pub mod r4;
pub mod reference;
mod resource_type;

pub use check::{Checked, MAX_ISSUES, check, read};
pub use issue::{Issue, IssueCode, Severity, outcome};
pub use resource_type::{ResourceType, UnknownResourceType};
