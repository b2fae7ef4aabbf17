//! Parquet: each thread makes whole row groups, and the writer puts them one behind the other.

use crate::{Column, ColumnType, View};
use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use parquet::{
    arrow::{
        ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata,
        arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves},
    },
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::ColumnPath,
};
use std::{io::Write, sync::Arc};

/// As many rows as other writers put into a row group.
const ROW_GROUP_ROWS: usize = 122_880;

/// The row groups of one piece of work.
pub(super) struct RowGroups<'e> {
    factory: &'e ArrowRowGroupWriterFactory,
    columns: Vec<ArrowColumnWriter>,
    rows: usize,
    finished: Vec<Vec<ArrowColumnChunk>>,
}

impl<'e> RowGroups<'e> {
    pub(super) const fn new(factory: &'e ArrowRowGroupWriterFactory) -> Self {
        Self { factory, columns: Vec::new(), rows: 0, finished: Vec::new() }
    }

    pub(super) fn write(&mut self, schema: &SchemaRef, batch: &RecordBatch) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            self.columns = self.factory.create_column_writers(0)?;
        }
        let mut columns = self.columns.iter_mut();
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            for leaf in compute_leaves(field, array)? {
                if let Some(column) = columns.next() {
                    column.write(&leaf)?;
                }
            }
        }
        self.rows += batch.num_rows();
        if self.rows >= ROW_GROUP_ROWS { self.close() } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        if self.rows > 0 {
            let columns = std::mem::take(&mut self.columns).into_iter();
            self.finished.push(columns.map(ArrowColumnWriter::close).collect::<Result<_, _>>()?);
        }
        self.rows = 0;
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<Vec<Vec<ArrowColumnChunk>>, ParquetError> {
        self.close()?;
        Ok(std::mem::take(&mut self.finished))
    }
}

/// A file for the rows of `view`.
pub(super) fn file<W: Write + Send>(
    view: &View,
    out: W,
    level: i32,
) -> Result<SerializedFileWriter<W>, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(level)?))
        // Each page is compressed with a fresh context, which costs more than a small page does.
        .set_data_page_row_count_limit(ROW_GROUP_ROWS)
        .set_created_by(concat!("carelake ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for column in view.columns().iter().filter(|column| is_unique(column)) {
        properties =
            properties.set_column_dictionary_enabled(ColumnPath::new(vec![column.name.clone()]), false);
    }
    for column in view.columns().iter().filter(|column| !is_ranged(column)) {
        let path = ColumnPath::new(vec![column.name.clone()]);
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    let mut properties = properties.build();
    let schema = view.schema();
    add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
    let parquet_schema = ArrowSchemaConverter::new().convert(&schema)?;
    SerializedFileWriter::new(out, parquet_schema.root_schema_ptr(), Arc::new(properties))
}

/// Whether no two rows have the same value, so that a dictionary would be lost work.
fn is_unique(column: &Column) -> bool {
    matches!(column.path.as_str(), "id" | "getResourceKey()")
}

/// Whether anybody asks for a range of its values, so that the least and the greatest of a row group are worth
/// finding. Of codes and words every row group has all.
fn is_ranged(column: &Column) -> bool {
    let words = ["string", "uri", "url", "canonical", "oid", "uuid", "markdown", "base64Binary", "xhtml"];
    match column.column_type {
        ColumnType::Code => false,
        ColumnType::Text => column.fhir_type.as_deref().is_none_or(|kind| !words.contains(&kind)),
        _ => true,
    }
}
