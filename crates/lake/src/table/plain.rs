//! Columns as Delta keeps them: no view types, no dictionaries, every column nullable.

use arrow::{
    array::{Array, RecordBatch},
    compute,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    error::ArrowError,
};
use std::sync::Arc;

/// The same rows with types that a Delta table can hold.
///
/// # Errors
/// A value does not fit, such as an unsigned number above the signed range.
pub fn plain(rows: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    rows.into_iter().map(|batch| plain_batch(&batch)).collect()
}

fn plain_batch(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let kind = plain_type(field.data_type());
        columns.push(if *column.data_type() == kind {
            Arc::clone(column)
        } else {
            compute::cast(column, &kind)?
        });
        fields.push(Field::new(field.name(), kind, true));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// Columns as they are kept.
pub(crate) fn plain_schema(schema: &Schema) -> SchemaRef {
    let plain = |field: &Arc<Field>| Field::new(field.name(), plain_type(field.data_type()), true);
    Arc::new(Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>()))
}

/// What a type is kept as.
pub(crate) fn plain_type(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Dictionary(_, value) => plain_type(value),
        DataType::UInt8 | DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        other => other.clone(),
    }
}

/// The same rows in exactly the columns of `table`: what an engine may have
/// changed on the way (view types, nullability) is changed back.
///
/// # Errors
/// A column is missing, or holds null where the table may not.
pub(crate) fn like(table: &super::Table, rows: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    let Ok(state) = table.delta().snapshot() else { return Ok(rows) };
    let schema = state.snapshot().arrow_schema();
    rows.into_iter()
        .map(|batch| {
            let columns = schema
                .fields()
                .iter()
                .map(|field| {
                    let column = batch.column_by_name(field.name()).ok_or_else(|| {
                        ArrowError::SchemaError(format!("column `{}` is missing", field.name()))
                    })?;
                    compute::cast(column, field.data_type())
                })
                .collect::<Result<Vec<_>, _>>()?;
            RecordBatch::try_new(Arc::clone(&schema), columns)
        })
        .collect()
}
