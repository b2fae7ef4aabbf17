//! The rows of one view with the resource that each came from, whether resources come in or are looked up again.

use super::rows::{VIEW_RESOURCE, VIEW_VERSION};
use crate::{registry::Kept, table::TableId};
use arrow::{
    array::{ArrayRef, Int32Builder, Int64Builder, RecordBatch},
    datatypes::{DataType, Field, Schema, SchemaRef},
    error::ArrowError,
};
use fhir::json::Value;
use model::Pseudonym;
use std::sync::Arc;
use views::{RowBuilder, View};

/// A view's table while it grows.
pub(crate) struct ViewRows<'v> {
    kept: &'v Kept,
    rows: RowBuilder,
    resources: [Int64Builder; 2],
    versions: Int32Builder,
}

impl<'v> ViewRows<'v> {
    pub(crate) fn new(kept: &'v Kept) -> Self {
        Self { kept, rows: kept.view.rows(), resources: Default::default(), versions: Int32Builder::new() }
    }

    /// Where they go.
    pub(crate) fn table(&self) -> &'v TableId {
        &self.kept.table
    }

    /// Appends the rows of one version of a resource, and says whether the view could make them.
    pub(crate) fn append(&mut self, id: Pseudonym, version: i32, resource: &Value<'_>) -> bool {
        match self.rows.append(resource) {
            Ok(added) => {
                for (column, half) in self.resources.iter_mut().zip(id.halves()) {
                    column.append_value_n(half, added);
                }
                self.versions.append_value_n(version, added);
                true
            }
            Err(error) => {
                tracing::warn!(view = self.kept.view.name(), %error, "a resource has no row in a view");
                false
            }
        }
    }

    /// The bytes that the rows take in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.bytes()
    }

    /// The rows so far; afterwards there are none, and it can go on.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = self.rows.finish()?;
        let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
        columns.extend(self.resources.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns.push(Arc::new(self.versions.finish()));
        RecordBatch::try_new(table_schema(&self.kept.view), columns)
    }
}

/// The columns of a view's table.
pub(crate) fn table_schema(view: &View) -> SchemaRef {
    let mut fields: Vec<_> = view.schema().fields().iter().cloned().collect();
    fields.extend(VIEW_RESOURCE.map(|name| Arc::new(Field::new(name, DataType::Int64, false))));
    fields.push(Arc::new(Field::new(VIEW_VERSION, DataType::Int32, false)));
    Arc::new(Schema::new(fields))
}
