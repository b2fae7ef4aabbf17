//! Rows on their way from one thread to the writer, in the output's format.

use super::{ipc, parquet_columns::RowGroups, text};
use crate::View;
use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use parquet::{
    arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory},
    errors::ParquetError,
};
use std::sync::Arc;

/// What an output takes.
#[derive(Clone)]
pub(super) enum Encoding {
    Parquet(Arc<ArrowRowGroupWriterFactory>),
    Csv,
    Ndjson,
    Batches,
}

/// The rows of one piece of work, as the writer takes them.
pub(super) enum Encoded {
    RowGroups(Vec<Vec<ArrowColumnChunk>>),
    Text(Vec<u8>),
    Batches(Vec<RecordBatch>),
}

/// Encodes the rows of one output.
pub(super) struct Encoder<'e> {
    schema: SchemaRef,
    state: State<'e>,
}

enum State<'e> {
    Parquet(RowGroups<'e>),
    Csv(Vec<u8>),
    Ndjson(Vec<u8>),
    Batches(Vec<RecordBatch>),
}

impl<'e> Encoder<'e> {
    pub(super) fn new(view: &View, encoding: &'e Encoding) -> Self {
        let schema = view.schema();
        let state = match encoding {
            Encoding::Parquet(factory) => State::Parquet(RowGroups::new(factory)),
            Encoding::Csv => State::Csv(Vec::new()),
            Encoding::Ndjson => State::Ndjson(Vec::new()),
            Encoding::Batches => State::Batches(Vec::new()),
        };
        Self { schema, state }
    }

    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<(), ParquetError> {
        match &mut self.state {
            State::Parquet(groups) => groups.write(&self.schema, &batch),
            State::Csv(out) => Ok(text::csv(&batch, out)?),
            State::Ndjson(out) => Ok(text::ndjson(&batch, out)?),
            State::Batches(batches) => {
                batches.push(ipc::batch(&batch)?);
                Ok(())
            }
        }
    }

    /// All rows since the last time.
    pub(super) fn finish(&mut self) -> Result<Encoded, ParquetError> {
        Ok(match &mut self.state {
            State::Parquet(groups) => Encoded::RowGroups(groups.finish()?),
            State::Csv(out) | State::Ndjson(out) => Encoded::Text(std::mem::take(out)),
            State::Batches(batches) => Encoded::Batches(std::mem::take(batches)),
        })
    }
}
