//! Parquet: the schema and the number of rows stand in the footer.

use super::{Recognised, Verdict};
use crate::{columns, format::Format, sample::Sample};
use parquet::{
    arrow::parquet_to_arrow_schema,
    errors::ParquetError,
    file::metadata::{PageIndexPolicy, ParquetMetaDataReader},
};

/// The footer is looked for in so many last bytes at first.
const FIRST_TAIL: u64 = 64 * 1024;

pub(super) fn recognise(sample: &Sample, last: bool) -> Verdict {
    if sample.tail().is_empty() {
        return Verdict::NeedsTail(FIRST_TAIL.min(sample.size()));
    }
    let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip);
    match reader.try_parse_sized(sample.tail(), sample.size()) {
        Ok(()) => {}
        Err(ParquetError::NeedMoreData(bytes)) if !last && bytes as u64 <= sample.size() => {
            return Verdict::NeedsTail(bytes as u64);
        }
        // It begins as Parquet does and ends otherwise: it was cut off, or is being written.
        Err(_) => return Verdict::Unknown,
    }
    let Ok(metadata) = reader.finish() else { return Verdict::Unknown };
    let file = metadata.file_metadata();
    let Ok(schema) = parquet_to_arrow_schema(file.schema_descr(), None) else { return Verdict::Unknown };
    let found = Recognised::new(Format::Parquet, "", columns::of_schema(&schema));
    Verdict::Is(Recognised { rows: u64::try_from(file.num_rows()).ok(), ..found })
}
