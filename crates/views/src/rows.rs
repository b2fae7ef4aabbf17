//! From resources to rows.

use crate::{
    RowError,
    arrays::ArrayBuilder,
    plan::Plan,
    run::{Made, Run},
};
use arrow::{error::ArrowError, record_batch::RecordBatch};
use fhir::json::{Picked, Value};
use std::sync::Arc;

/// What one batch may hold: its texts are addressed with 32 bits.
const BATCH_LIMIT_BYTES: usize = 1 << 30;

/// Collects the rows that a view makes of resources.
#[derive(Debug)]
pub struct RowBuilder {
    plan: Arc<Plan>,
    arrays: Vec<ArrayBuilder>,
    rows: usize,
    bytes: usize,
    misfits: u64,
}

impl RowBuilder {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        let arrays = plan.columns.iter().map(ArrayBuilder::new).collect();
        Self { plan, arrays, rows: 0, bytes: 0, misfits: 0 }
    }

    /// Appends the rows that the view makes of `resource`, and says how many: none for a resource of another
    /// type, or one that a `where` leaves out.
    ///
    /// # Errors
    /// The rows cannot be made. Nothing has been appended then.
    pub fn append(&mut self, resource: &Value<'_>) -> Result<usize, RowError> {
        let made = Run::<&Value<'_>>::new(&self.plan, &mut self.arrays).resource(resource, self.rows);
        self.take(made)
    }

    /// As [`RowBuilder::append`], of the part of a resource that was selected for this builder's plan.
    pub(crate) fn append_selected(&mut self, resource: Picked<'_>) -> Result<usize, RowError> {
        let made = Run::<Picked<'_>>::new(&self.plan, &mut self.arrays).resource(resource, self.rows);
        self.take(made)
    }

    /// Counts what was appended, or takes it back.
    fn take(&mut self, made: Result<Made, RowError>) -> Result<usize, RowError> {
        let full = |made: &Made| self.bytes + made.bytes > BATCH_LIMIT_BYTES;
        match made.and_then(|made| if full(&made) { Err(RowError::Full) } else { Ok(made) }) {
            Ok(made) => {
                self.rows += made.rows;
                self.bytes += made.bytes;
                self.misfits += made.misfits;
                Ok(made.rows)
            }
            Err(error) => {
                let rows = self.rows;
                self.arrays.iter_mut().for_each(|array| array.truncate(rows));
                Err(error)
            }
        }
    }

    /// The resource type that it makes rows of.
    pub(crate) fn resource(&self) -> &str {
        &self.plan.resource
    }

    /// How many rows it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The bytes that its rows take in memory, about. Finish it when they are as many as a batch may have.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many values have become null since the builder was made, because their columns cannot hold them
    /// exactly ([`ColumnType`](crate::ColumnType) says when).
    #[must_use]
    pub const fn misfits(&self) -> u64 {
        self.misfits
    }

    /// The same, beginning at 0 again.
    pub(crate) fn take_misfits(&mut self) -> u64 {
        std::mem::take(&mut self.misfits)
    }

    /// The rows as a batch of the view's schema. The builder is empty afterwards and can go on.
    ///
    /// # Errors
    /// Arrow refuses the arrays; that would be a fault of this crate.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let arrays = self.arrays.iter_mut().map(ArrayBuilder::finish).collect::<Result<_, _>>()?;
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new(Arc::clone(&self.plan.schema), arrays)
    }
}
