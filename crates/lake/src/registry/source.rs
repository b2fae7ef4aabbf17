//! What a view is built from: a type's raw table as it was at one sequence, in slices.

use super::Kept;
use crate::{
    LakeError,
    refinery::{WorkerParts, view_rows::ViewRows},
    sql::{
        self,
        current::{self, Supersession},
        superseded::List,
    },
    table::{Table, TableId},
    upkeep::compact::portions,
};
use arrow::{
    array::{Array, ArrayRef, Int32Array, RecordBatch, StringArray},
    compute,
    datatypes::DataType,
    error::ArrowError,
};
use datafusion::{error::DataFusionError, prelude::SessionContext};
use deltalake::kernel::Add;
use fhir::{ResourceType, json};
use futures::TryStreamExt;
use model::{CommitSeq, Pseudonym};
use std::sync::Arc;

/// Rows of a view in memory before they become a file.
const FILE_BYTES: usize = 64 << 20;

/// The resources that a view's table lacks.
pub(super) struct Source {
    raw: Option<Table>,
    superseded: Option<Arc<List>>,
    /// The raw table's data files by path, in portions that are each read in one turn.
    slices: Vec<Vec<String>>,
}

/// What one slice has given.
#[derive(Default)]
pub(super) struct Made {
    /// Files of rows, written and not yet part of the table.
    pub(super) files: Vec<Add>,
    pub(super) rows: u64,
    /// Resources that the view cannot make rows of.
    pub(super) skipped: u64,
}

impl Source {
    /// The resources of type `over` at a sequence, in slices of so many bytes of Parquet: the same whenever they are
    /// asked for.
    pub(super) async fn open(
        parts: &WorkerParts,
        over: ResourceType,
        (seq, slice_bytes): (CommitSeq, i64),
    ) -> Result<Self, LakeError> {
        let tables = parts.control.snapshot(seq).await;
        let tables = tables.map_err(LakeError::control("read the catalogue"))?;
        let open = async |id: TableId| {
            let location = id.location();
            match tables.iter().find(|row| row.table.location == location) {
                Some(row) => Table::open_at(&parts.stores, &id, row.table.version).await.map(Some),
                None => Ok(None),
            }
        };
        let raw = open(TableId::raw(over)).await?;
        let superseded = open(TableId::superseded(over)).await?.map(List::new);
        let mut files = raw.as_ref().map(Table::files).unwrap_or_default();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let slices = portions(files, slice_bytes)
            .into_iter()
            .map(|files| files.into_iter().map(|file| file.path).collect())
            .collect();
        Ok(Self { raw, superseded, slices })
    }

    /// How many slices there are.
    pub(super) fn slices(&self) -> u64 {
        self.slices.len() as u64
    }

    /// Makes the rows of the slice at `at`, and writes them as files for `table`.
    pub(super) async fn make(
        &self,
        parts: &WorkerParts,
        kept: &Kept,
        table: &Table,
        at: usize,
    ) -> Result<Made, LakeError> {
        let (Some(raw), Some(files)) = (&self.raw, self.slices.get(at)) else { return Ok(Made::default()) };
        let context = SessionContext::new();
        sql::register_zones(&context.runtime_env(), &parts.stores);
        let by = current::supersession(raw.id(), None);
        let superseded = self.superseded.as_ref().zip(by.as_ref());
        let read = start(&context, raw, files.clone(), superseded).await;
        let mut batches = read.map_err(LakeError::Query)?;
        let mut rows = ViewRows::new(kept);
        let mut made = Made::default();
        while let Some(batch) = batches.try_next().await.map_err(LakeError::Query)? {
            made.skipped += tokio::task::block_in_place(|| append(&mut rows, &batch))
                .map_err(LakeError::columns(raw.id()))?;
            if rows.bytes() >= FILE_BYTES {
                write(&mut rows, table, &mut made).await?;
            }
        }
        write(&mut rows, table, &mut made).await?;
        Ok(made)
    }
}

async fn start(
    context: &SessionContext,
    raw: &Table,
    files: Vec<String>,
    superseded: Option<(&Arc<List>, &Supersession)>,
) -> Result<datafusion::execution::SendableRecordBatchStream, DataFusionError> {
    let plan = current::plan(raw, Some(files), superseded).await?;
    let frame = context.execute_logical_plan(plan).await?;
    frame.select_columns(&["id", "version_id", "resource"])?.execute_stream().await
}

/// Appends the rows of a batch of raw, and says of how many resources there are none.
fn append(rows: &mut ViewRows<'_>, batch: &RecordBatch) -> Result<u64, ArrowError> {
    let limits = json::Limits { depth: identity::FRAGMENT_DEPTH };
    let (ids, versions, resources) = (
        plain(batch, 0, &DataType::Utf8)?,
        plain(batch, 1, &DataType::Int32)?,
        plain(batch, 2, &DataType::Utf8)?,
    );
    let columns = (
        ids.as_any().downcast_ref::<StringArray>(),
        versions.as_any().downcast_ref::<Int32Array>(),
        resources.as_any().downcast_ref::<StringArray>(),
    );
    let (Some(ids), Some(versions), Some(resources)) = columns else {
        return Err(ArrowError::SchemaError("columns of raw are of other types".to_owned()));
    };
    let mut skipped = 0;
    for row in 0..batch.num_rows() {
        let id: Pseudonym =
            ids.value(row).parse().map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
        let appended = match json::parse_with(resources.value(row).as_bytes(), limits) {
            Ok(resource) => rows.append(id, versions.value(row), &resource),
            Err(error) => {
                tracing::warn!(%error, "a resource of raw cannot be read and has no row in a view");
                false
            }
        };
        skipped += u64::from(!appended);
    }
    Ok(skipped)
}

fn plain(batch: &RecordBatch, at: usize, kind: &DataType) -> Result<ArrayRef, ArrowError> {
    compute::cast(batch.column(at), kind)
}

async fn write(rows: &mut ViewRows<'_>, table: &Table, made: &mut Made) -> Result<(), LakeError> {
    let batch = rows.finish().map_err(LakeError::columns(table.id()))?;
    made.rows += batch.num_rows() as u64;
    made.files.extend(table.write(vec![batch]).await?);
    Ok(())
}
