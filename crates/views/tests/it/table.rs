//! Rows as text, so that a test's expectation can be read.

use arrow::{
    array::{Array, ArrayRef},
    compute::cast,
    datatypes::{DataType, TimeUnit},
    record_batch::RecordBatch,
    util::display::array_value_to_string,
};
use fhir::json::parse;
use views::{RowError, View, ViewDefinition, ViewError};

/// Compiles a definition that is given as JSON.
pub(crate) fn compile(definition: &str) -> Result<View, ViewError> {
    View::compile(&ViewDefinition::parse(&parse(definition.as_bytes()).unwrap())?)
}

/// The rows that `view` makes of resources, one JSON text each.
pub(crate) fn run<'t>(
    view: &View,
    resources: impl IntoIterator<Item = &'t str>,
) -> Result<RecordBatch, RowError> {
    let mut rows = view.rows();
    for resource in resources {
        rows.append(&parse(resource.as_bytes()).unwrap())?;
    }
    Ok(rows.finish().unwrap())
}

/// Moments in UTC without saying so: Arrow prints zones by name only with a feature that views do not need.
pub(crate) fn unzoned(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Timestamp(unit @ TimeUnit::Microsecond, Some(_)) => {
            cast(array, &DataType::Timestamp(*unit, None)).unwrap()
        }
        _ => ArrayRef::clone(array),
    }
}

/// A value as it is printed; `-` for null.
pub(crate) fn cell(batch: &RecordBatch, column: usize, row: usize) -> String {
    let array = unzoned(batch.column(column));
    if array.is_null(row) { "-".to_owned() } else { array_value_to_string(&array, row).unwrap() }
}

/// One line a row, columns between ` | `.
pub(crate) fn lines(batch: &RecordBatch) -> String {
    (0..batch.num_rows())
        .map(|row| {
            let cells: Vec<_> = (0..batch.num_columns()).map(|column| cell(batch, column, row)).collect();
            cells.join(" | ") + "\n"
        })
        .collect()
}
