//! Columns as they are found: names and types, never a value.

use arrow::datatypes::{DataType, Schema, TimeUnit};
use control::Column;

/// Columns of one object beyond this are not told: a text that uses values as names has no end of them.
pub(crate) const MOST: usize = 2_000;

/// A name of a column is at most this long, in bytes.
const LONGEST_NAME: usize = 128;

/// So many digits in a row make a name look like a value, such as an NHS number.
const DIGITS_OF_A_VALUE: usize = 6;

/// A column that may be empty.
pub(crate) fn column(name: impl Into<String>, data_type: impl Into<String>) -> Column {
    Column { name: name.into(), data_type: data_type.into(), nullable: true, description: String::new() }
}

/// The columns of a schema.
pub(crate) fn of_schema(schema: &Schema) -> Vec<Column> {
    let column = |(at, field): (usize, &arrow::datatypes::FieldRef)| Column {
        nullable: field.is_nullable(),
        ..column(safe_name(field.name(), at), type_name(field.data_type()))
    };
    schema.fields().iter().enumerate().take(MOST).map(column).collect()
}

/// The columns called so, in this order, as far as they are told.
pub(crate) fn named<'n>(names: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<Column> {
    names
        .enumerate()
        .take(MOST)
        .map(|(at, (name, data_type))| column(safe_name(name, at), data_type))
        .collect()
}

/// A name as it may be kept: one that looks like a value becomes its place, as in `column_3`.
pub(crate) fn safe_name(name: &str, at: usize) -> String {
    if looks_like_a_name(name) { name.trim().to_owned() } else { format!("column_{}", at + 1) }
}

/// Whether a text is fit to be the name of something, and not what somebody filled in.
pub(crate) fn looks_like_a_name(text: &str) -> bool {
    let text = text.trim();
    let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or_default();
    !text.is_empty()
        && text.len() <= LONGEST_NAME
        && digits < DIGITS_OF_A_VALUE
        && !text.contains('@')
        && !text.chars().any(char::is_control)
}

/// A type in words such as `Utf8`, `Decimal(38, 9)` or `List<Struct>`.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => "Utf8".to_owned(),
        DataType::LargeBinary | DataType::BinaryView => "Binary".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("Decimal({precision}, {scale})"),
        DataType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "us",
                TimeUnit::Nanosecond => "ns",
            };
            match zone {
                Some(zone) => format!("Timestamp({unit}, {zone})"),
                None => format!("Timestamp({unit})"),
            }
        }
        DataType::Struct(_) => "Struct".to_owned(),
        DataType::Map(..) => "Map".to_owned(),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("List<{}>", type_name(item.data_type()))
        }
        DataType::Dictionary(_, value) => type_name(value),
        other => other.to_string(),
    }
}

/// The columns of two objects of one table: those of the first in their order, then what only the second has. A column
/// that one of them lacks may be empty; where both have it, its type holds what both hold.
pub(crate) fn merged(first: Vec<Column>, second: &[Column]) -> Vec<Column> {
    let mut all = first;
    if all.is_empty() {
        return second.to_vec();
    }
    for column in &mut all {
        match second.iter().find(|other| other.name == column.name) {
            Some(other) => {
                column.data_type = wider(&column.data_type, &other.data_type).to_owned();
                column.nullable |= other.nullable;
            }
            None => column.nullable = true,
        }
    }
    let more: Vec<_> =
        second.iter().filter(|column| all.iter().all(|other| other.name != column.name)).collect();
    for column in more {
        if all.len() < MOST {
            all.push(Column { nullable: true, ..column.clone() });
        }
    }
    all
}

/// A type that holds what both hold; text, where there is none.
pub(crate) fn wider<'t>(one: &'t str, other: &'t str) -> &'t str {
    let pair = [one, other];
    let both = |a: &str, b: &str| pair.contains(&a) && pair.contains(&b);
    if one == other || other == "Null" {
        one
    } else if one == "Null" {
        other
    } else if both("Int32", "Int64") {
        "Int64"
    } else if pair.iter().all(|name| ["Int32", "Int64", "Float32", "Float64"].contains(name)) {
        "Float64"
    } else if both("Date32", one) && other.starts_with("Timestamp") {
        other
    } else if both("Date32", other) && one.starts_with("Timestamp") {
        one
    } else {
        "Utf8"
    }
}

/// How much alike two lists of columns are: the share of names that both have among all that either has.
pub(crate) fn alike(one: &[Column], other: &[Column]) -> f64 {
    let common = one.iter().filter(|column| other.iter().any(|theirs| theirs.name == column.name)).count();
    let all = one.len() + other.len() - common;
    if all == 0 { 1.0 } else { common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_kept_as_a_name() {
        for value in ["9990001112", "jo@example.org", "", "a\u{7}b", "id 123456"] {
            assert_eq!(safe_name(value, 2), "column_3", "{value}");
        }
        assert_eq!(safe_name(" nhs_number ", 0), "nhs_number");
    }

    #[test]
    fn what_only_one_object_has_may_be_empty() {
        let sure = |name: &str, data_type: &str| Column { nullable: false, ..column(name, data_type) };
        let merged = merged(
            vec![sure("id", "Int64"), sure("day", "Date32"), sure("note", "Utf8")],
            &[sure("id", "Float64"), sure("day", "Timestamp(s)"), sure("ward", "Int64")],
        );
        let told: Vec<_> =
            merged.iter().map(|c| (c.name.as_str(), c.data_type.as_str(), c.nullable)).collect();
        assert_eq!(
            told,
            [
                ("id", "Float64", false),
                ("day", "Timestamp(s)", false),
                ("note", "Utf8", true),
                ("ward", "Int64", true)
            ]
        );
    }
}
