//! Avro object container files: their header holds the schema, as JSON (Avro 1.12, "Object Container Files").

use super::{Recognised, Verdict, more_of_the_head};
use crate::{columns, format::Format, sample::Sample};
use control::Column;
use serde_json::Value;

const MAGIC: usize = 4;
const SCHEMA: &[u8] = b"avro.schema";

/// A map of metadata has no more members than this.
const MOST_MEMBERS: i64 = 1_000;

pub(super) fn recognise(sample: &Sample, last: bool) -> Verdict {
    let Some(schema) = schema(&sample.head()[MAGIC..]) else {
        return if last || sample.is_complete() { Verdict::Unknown } else { more_of_the_head(sample) };
    };
    let Ok(schema) = serde_json::from_slice::<Value>(schema) else { return Verdict::Unknown };
    let label = schema["name"].as_str().unwrap_or_default().to_owned();
    let fields = schema["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let columns = fields.iter().enumerate().map(|(at, field)| {
        let (data_type, nullable) = type_name(&field["type"]);
        let name = columns::safe_name(field["name"].as_str().unwrap_or_default(), at);
        Column { nullable, ..columns::column(name, data_type) }
    });
    Verdict::Is(Recognised::new(Format::Avro, label, columns.collect()))
}

/// The schema in the header's map of metadata; `None` if the header is damaged or goes on behind `header`.
fn schema(mut header: &[u8]) -> Option<&[u8]> {
    loop {
        let mut members = long(&mut header)?;
        if members < 0 {
            // A count below zero is followed by the block's size.
            members = members.checked_neg()?;
            long(&mut header)?;
        }
        if members == 0 || members > MOST_MEMBERS {
            return None;
        }
        for _ in 0..members {
            let key = bytes(&mut header)?;
            let value = bytes(&mut header)?;
            if key == SCHEMA {
                return Some(value);
            }
        }
    }
}

/// A variable-length number in zig-zag coding.
fn long(from: &mut &[u8]) -> Option<i64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let magnitude = i64::try_from(number >> 1).ok()?;
            return Some(if number & 1 == 0 { magnitude } else { !magnitude });
        }
    }
    None
}

fn bytes<'b>(from: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::try_from(long(from)?).ok()?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}

/// A type in the words that columns have, and whether it may be null.
fn type_name(schema: &Value) -> (String, bool) {
    match schema {
        Value::Array(union) => {
            let others: Vec<_> = union.iter().filter(|one| one.as_str() != Some("null")).collect();
            let name = match others.as_slice() {
                [one] => type_name(one).0,
                [] => "Null".to_owned(),
                _ => "Union".to_owned(),
            };
            (name, others.len() < union.len())
        }
        Value::Object(_) => {
            let logical = match schema["logicalType"].as_str() {
                Some("date") => "Date32".to_owned(),
                Some("timestamp-millis") => "Timestamp(ms, UTC)".to_owned(),
                Some("timestamp-micros") => "Timestamp(us, UTC)".to_owned(),
                Some("decimal") => {
                    format!("Decimal({}, {})", schema["precision"], schema["scale"].as_i64().unwrap_or(0))
                }
                _ => match schema["type"].as_str() {
                    Some("record") => "Struct".to_owned(),
                    Some("enum") => "Utf8".to_owned(),
                    Some("map") => "Map".to_owned(),
                    Some("fixed") => "Binary".to_owned(),
                    Some("array") => format!("List<{}>", type_name(&schema["items"]).0),
                    _ => return type_name(&schema["type"]),
                },
            };
            (logical, false)
        }
        _ => {
            let name = match schema.as_str() {
                Some("string") => "Utf8",
                Some("int") => "Int32",
                Some("long") => "Int64",
                Some("float") => "Float32",
                Some("double") => "Float64",
                Some("boolean") => "Boolean",
                Some("bytes") => "Binary",
                Some("null") => return ("Null".to_owned(), true),
                // A type that was named before.
                _ => "Struct",
            };
            (name.to_owned(), false)
        }
    }
}
