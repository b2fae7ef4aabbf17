//! Rows as Arrow IPC. A file can hold one dictionary a column, known before its first batch, and each batch of rows has
//! a dictionary of its own: codes become plain texts.

use arrow::{
    array::Array,
    compute,
    datatypes::{DataType, Field, Schema, SchemaRef},
    error::ArrowError,
    record_batch::RecordBatch,
};
use std::sync::Arc;

/// The columns of a file.
pub(super) fn schema(schema: &Schema) -> SchemaRef {
    let plain = |field: &Arc<Field>| field.as_ref().clone().with_data_type(plain(field.data_type()));
    Arc::new(Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>()))
}

/// The same rows in these columns.
pub(super) fn batch(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = schema(batch.schema_ref());
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| {
        if column.data_type() == field.data_type() {
            Ok(Arc::clone(column))
        } else {
            compute::cast(column, field.data_type())
        }
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)
}

fn plain(kind: &DataType) -> DataType {
    match kind {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        DataType::List(item) => {
            DataType::List(Arc::new(item.as_ref().clone().with_data_type(plain(item.data_type()))))
        }
        other => other.clone(),
    }
}
