//! Rows to a Parquet file in a zone, clustered by patient, and the action that adds it.

use super::{Table, TableId};
use crate::{LakeError, refinery::columns};
use arrow::{
    array::{Array, RecordBatch, StringArray},
    compute,
};
use deltalake::kernel::Add;
use object_store::{ObjectStoreExt, PutPayload, path::Path};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use std::{collections::HashMap, io};
use uuid::Uuid;

/// Rows per row group: large enough to compress well, small enough to skip.
const ROW_GROUP_ROWS: usize = 128 * 1024;
/// The column that files are clustered by and that readers may skip by.
const CLUSTER_COLUMN: &str = "patient";
/// JSON text: its statistics would be long and of no use.
const TEXT_COLUMN: &str = "resource";

impl Table {
    /// Writes `rows` as one new file, durable when this returns, but not yet part of the table.
    ///
    /// # Errors
    /// The batches differ in schema, or the zone cannot be written.
    pub async fn write(&self, rows: Vec<RecordBatch>) -> Result<Vec<Add>, LakeError> {
        if rows.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(Vec::new());
        }
        let id = self.id().clone();
        let encoded = tokio::task::spawn_blocking(move || encode(&id, rows)).await??;
        let path = format!("part-{}.parquet", Uuid::now_v7());
        let size = encoded.bytes.len() as i64;
        let store = self.delta().log_store().object_store(None);
        store.put(&Path::from(path.as_str()), PutPayload::from(encoded.bytes)).await.map_err(|source| {
            LakeError::Zone { action: "write a data file", zone: self.id().zone().as_str(), source }
        })?;
        Ok(vec![Add {
            path,
            partition_values: HashMap::new(),
            size,
            modification_time: chrono::Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(encoded.stats),
            tags: None,
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        }])
    }
}

struct Encoded {
    bytes: Vec<u8>,
    stats: String,
}

fn encode(id: &TableId, rows: Vec<RecordBatch>) -> Result<Encoded, LakeError> {
    let schema = match rows.first() {
        Some(batch) => batch.schema(),
        None => return Err(LakeError::columns(id)(io::Error::other("no rows"))),
    };
    let batch = compute::concat_batches(&schema, &rows).map_err(LakeError::columns(id))?;
    drop(rows);
    let batch = clustered(batch).map_err(LakeError::columns(id))?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_column_dictionary_enabled(ColumnPath::from(TEXT_COLUMN), false)
        .set_column_statistics_enabled(ColumnPath::from(TEXT_COLUMN), EnabledStatistics::None);
    for half in columns::VIEW_RESOURCE.map(ColumnPath::from) {
        // As good as random: nothing comes again in them and nothing can be skipped by them.
        properties = properties
            .set_column_dictionary_enabled(half.clone(), false)
            .set_column_compression(half.clone(), Compression::UNCOMPRESSED)
            .set_column_statistics_enabled(half, EnabledStatistics::None);
    }
    // The table's own schema says what its columns are; that codes came as dictionaries is nobody's business.
    let options =
        ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::with_capacity(1 << 20), schema, options)
        .map_err(LakeError::columns(id))?;
    writer.write(&batch).map_err(LakeError::columns(id))?;
    let bytes = writer.into_inner().map_err(LakeError::columns(id))?;
    Ok(Encoded { bytes, stats: stats(&batch) })
}

/// The same rows ordered by patient, where the table has patients.
fn clustered(batch: RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError> {
    let Some(patients) = batch.column_by_name(CLUSTER_COLUMN) else { return Ok(batch) };
    let order = compute::sort_to_indices(patients, None, None)?;
    compute::take_record_batch(&batch, &order)
}

/// Per-file statistics (Delta protocol, "Per-file Statistics"): the count, and the range of patients.
fn stats(batch: &RecordBatch) -> String {
    let mut stats = serde_json::json!({ "numRecords": batch.num_rows() });
    let patients =
        batch.column_by_name(CLUSTER_COLUMN).and_then(|column| column.as_any().downcast_ref::<StringArray>());
    if let Some(patients) = patients {
        stats["nullCount"] = serde_json::json!({ CLUSTER_COLUMN: patients.null_count() });
        if let (Some(least), Some(greatest)) = (compute::min_string(patients), compute::max_string(patients))
        {
            stats["minValues"] = serde_json::json!({ CLUSTER_COLUMN: least });
            stats["maxValues"] = serde_json::json!({ CLUSTER_COLUMN: greatest });
        }
    }
    stats.to_string()
}
