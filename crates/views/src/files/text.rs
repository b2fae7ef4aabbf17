//! Rows as CSV and as NDJSON.

use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray},
    csv,
    datatypes::{DataType, Field, Schema},
    error::ArrowError,
    json::{LineDelimitedWriter, WriterBuilder, writer::LineDelimited},
    record_batch::RecordBatch,
};
use std::{borrow::Cow, sync::Arc};

/// Appends a JSON object a row. Nulls are left out.
pub(super) fn ndjson(batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let mut writer = LineDelimitedWriter::new(out);
    writer.write(batch)?;
    writer.finish()
}

/// The names of the columns, as CSV's first line.
pub(super) fn csv_header(schema: &Schema) -> String {
    // Names of columns are letters, digits and `_`: nothing in them needs quotes.
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names.join(",") + "\n"
}

/// Appends a line of CSV a row. A list is JSON in one field.
pub(super) fn csv(batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let columns = batch.columns().iter().map(harmless).collect::<Result<Vec<_>, _>>()?;
    let fields = columns.iter().zip(batch.schema_ref().fields());
    let fields: Vec<_> =
        fields.map(|(column, field)| Field::new(field.name(), column.data_type().clone(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    csv::WriterBuilder::new().with_header(false).build(out).write(&batch)
}

fn harmless(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    Ok(match column.data_type() {
        DataType::Utf8 => {
            let texts = column.as_string::<i32>().iter().map(|text| text.map(no_formula));
            Arc::new(texts.collect::<StringArray>())
        }
        DataType::Dictionary(..) => {
            let codes = column.as_any_dictionary();
            codes.with_values(harmless(codes.values())?)
        }
        DataType::List(_) => Arc::new(lists(column)?),
        _ => Arc::clone(column),
    })
}

/// A text that a spreadsheet takes as a text: one that begins a formula gets `'` before it (OWASP, "CSV
/// Injection").
fn no_formula(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Lists as JSON.
fn lists(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let batch = RecordBatch::try_from_iter_with_nullable([("v", Arc::clone(column), true)])?;
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
    writer.write(&batch)?;
    writer.finish()?;
    let lines = String::from_utf8(writer.into_inner())
        .map_err(|_| ArrowError::CsvError("a list that is not UTF-8".to_owned()))?;
    let value = |line: &str| line.strip_prefix("{\"v\":")?.strip_suffix('}').map(ToOwned::to_owned);
    Ok(lines.lines().map(|line| value(line).filter(|value| value != "null")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_begin_a_formula_are_made_harmless() {
        let texts: ArrayRef =
            Arc::new(StringArray::from(vec![Some("=1+1"), Some("a=b"), Some("@x, y"), None, Some("-1")]));
        let batch = RecordBatch::try_from_iter_with_nullable([("text", texts, true)]).unwrap();
        let mut out = Vec::new();
        csv(&batch, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "'=1+1\na=b\n\"'@x, y\"\n\"\"\n'-1\n");
    }
}
