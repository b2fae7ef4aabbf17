//! What can be wrong with a ViewDefinition, and with a resource when rows are made of it.

use arrow::datatypes::DataType;

/// Why a ViewDefinition cannot be run.
///
/// Speaks of the ViewDefinition only, never of resources.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read `{path}` of the ViewDefinition: {reason}")]
pub struct ViewError {
    /// The element, such as `select[0].column[1].path`.
    pub path: String,
    /// What is wrong with it.
    pub reason: ViewErrorReason,
}

/// What is wrong with an element of a ViewDefinition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewErrorReason {
    /// The element must be there.
    #[error("it is missing")]
    Missing,
    /// The element has another JSON type or form.
    #[error("it must be {expected}")]
    Form {
        /// What it must be.
        expected: &'static str,
    },
    /// The text is not FHIRPath, or FHIRPath that views do not support.
    #[error("at character {position}: {message}")]
    Path {
        /// Where in the expression, counted in bytes from 0.
        position: usize,
        /// What is wrong there.
        message: String,
    },
    /// Two columns have one name.
    #[error("column `{name}` is defined twice")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// The branches of a `unionAll` differ in the names, order or types of their columns.
    #[error("its columns are not those of the first branch, in the same order and of the same types")]
    Union,
    /// The standard allows it; this engine does not.
    #[error("`{what}` is not supported")]
    Unsupported {
        /// What.
        what: String,
    },
}

impl ViewError {
    pub(crate) fn new(path: impl Into<String>, reason: ViewErrorReason) -> Self {
        Self { path: path.into(), reason }
    }
}

/// Why no rows could be made of a resource. Nothing was appended.
///
/// Names the resource's type and the place in the ViewDefinition, never content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A value is of the right type and cannot be held exactly, in a column whose tag `carelake/misfit` is `error`.
    #[error("fill column `{column}` from a {resource_type}: what `{path}` gives does not fit {data_type}")]
    Misfit {
        /// The resource's type.
        resource_type: String,
        /// The column's name.
        column: String,
        /// Its expression.
        path: String,
        /// How the column holds values.
        data_type: DataType,
    },
    /// A column that is no collection got several values (SQL on FHIR, `column.collection`).
    #[error("fill column `{column}` from a {resource_type}: there are several values")]
    Several {
        /// The resource's type.
        resource_type: String,
        /// The column's name.
        column: String,
    },
    /// A value is of another JSON type than its column can hold.
    #[error("fill column `{column}` from a {resource_type}: the value is not {expected}")]
    Type {
        /// The resource's type.
        resource_type: String,
        /// The column's name.
        column: String,
        /// What the column holds.
        expected: &'static str,
    },
    /// An expression has no answer, or a `where` none that is a boolean.
    #[error("evaluate `{at}` on a {resource_type}: {reason}")]
    Evaluate {
        /// The resource's type.
        resource_type: String,
        /// The expression's place in the ViewDefinition.
        at: String,
        /// Why.
        reason: String,
    },
    /// One resource makes more rows than this engine allows.
    #[error("make rows of a {resource_type}: they need more than {limit_bytes} bytes")]
    TooManyRows {
        /// The resource's type.
        resource_type: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// The batch holds as much as it can: finish it, then append the resource again.
    #[error("append to a batch that is full")]
    Full,
}
