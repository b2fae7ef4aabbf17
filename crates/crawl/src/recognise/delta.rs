//! Delta tables: what their newest metadata say, which stand in a commit of the log or in a checkpoint (Delta protocol,
//! "Change Metadata").

use super::Recognised;
use crate::{columns, format::Format};
use arrow::array::{Array, AsArray, RecordBatch};
use bytes::Bytes;
use control::Column;
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};
use serde_json::Value;

/// What a Delta table says of itself.
pub(crate) struct Metadata {
    schema: String,
    pub(crate) partitioned_by: Vec<String>,
}

impl Metadata {
    /// The metadata in a commit, or in a checkpoint that is JSON; `None` if it holds none.
    pub(crate) fn in_json(lines: &[u8]) -> Option<Self> {
        let mut found = lines.split(|byte| *byte == b'\n').filter_map(|line| {
            let action: Value = serde_json::from_slice(line).ok()?;
            let metadata = action.get("metaData")?;
            let keys = metadata["partitionColumns"].as_array().map(Vec::as_slice).unwrap_or_default();
            Some(Self {
                schema: metadata["schemaString"].as_str()?.to_owned(),
                partitioned_by: keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
            })
        });
        found.next_back()
    }

    /// The metadata in a checkpoint; `None` if it holds none, or is damaged.
    pub(crate) fn in_parquet(checkpoint: Bytes) -> Option<Self> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(checkpoint).ok()?;
        let mask = ProjectionMask::columns(
            builder.parquet_schema(),
            ["metaData.schemaString", "metaData.partitionColumns"],
        );
        let reader = builder.with_projection(mask).build().ok()?;
        reader.map_while(Result::ok).find_map(|batch| Self::in_batch(&batch))
    }

    fn in_batch(batch: &RecordBatch) -> Option<Self> {
        let metadata = batch.column_by_name("metaData")?.as_struct_opt()?;
        let schemas = metadata.column_by_name("schemaString")?.as_string_opt::<i32>()?;
        let row = (0..metadata.len()).find(|row| metadata.is_valid(*row) && schemas.is_valid(*row))?;
        let keys = metadata.column_by_name("partitionColumns").and_then(|keys| keys.as_list_opt::<i32>());
        let keys = keys.filter(|keys| keys.is_valid(row)).map(|keys| keys.value(row));
        let keys = keys.as_ref().and_then(|keys| keys.as_string_opt::<i32>());
        Some(Self {
            schema: schemas.value(row).to_owned(),
            partitioned_by: keys.into_iter().flatten().flatten().map(str::to_owned).collect(),
        })
    }

    /// The table as it is recognised.
    pub(crate) fn recognised(&self) -> Recognised {
        let schema: Value = serde_json::from_str(&self.schema).unwrap_or_default();
        let fields = schema["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        Recognised::new(
            Format::Delta,
            "",
            fields.iter().enumerate().map(|(at, field)| column(field, at)).collect(),
        )
    }
}

/// A field of the schema (Delta protocol, "Schema Serialization Format").
fn column(field: &Value, at: usize) -> Column {
    let data_type = match &field["type"] {
        Value::String(name) => match name.as_str() {
            "string" => "Utf8".to_owned(),
            "integer" => "Int32".to_owned(),
            "long" => "Int64".to_owned(),
            "short" => "Int16".to_owned(),
            "byte" => "Int8".to_owned(),
            "double" => "Float64".to_owned(),
            "float" => "Float32".to_owned(),
            "boolean" => "Boolean".to_owned(),
            "binary" => "Binary".to_owned(),
            "date" => "Date32".to_owned(),
            "timestamp" => "Timestamp(us, UTC)".to_owned(),
            "timestamp_ntz" => "Timestamp(us)".to_owned(),
            decimal => decimal.replace("decimal", "Decimal").replace(',', ", "),
        },
        nested => match nested["type"].as_str() {
            Some("array") => "List".to_owned(),
            Some("map") => "Map".to_owned(),
            _ => "Struct".to_owned(),
        },
    };
    let name = columns::safe_name(field["name"].as_str().unwrap_or_default(), at);
    Column { nullable: field["nullable"].as_bool().unwrap_or(true), ..columns::column(name, data_type) }
}
