//! Fields between separators (RFC 4180 and its kin).
//!
//! A first row is taken for a header only if it cannot be a row of data: its names would be kept, and what people
//! filled in must not be.

use super::Recognised;
use crate::{
    columns::{self, looks_like_a_name},
    format::Format,
    sample::Sample,
};
use arrow::csv::reader;
use control::Column;
use std::collections::BTreeMap;

const MOST_ROWS: usize = 200;

/// Endings that say it: then a table may have one column, and rows of other lengths.
const SAYS_SO: [&str; 4] = ["csv", "tsv", "psv", "tab"];

/// Endings that say nothing; any other says that it is something else.
const SAYS_NOTHING: [&str; 6] = ["", "txt", "dat", "data", "out", "unl"];

const SEPARATORS: [u8; 4] = [b',', b'\t', b'|', b';'];

/// Words that names of columns are made of, and values are not.
const WORDS: [&str; 28] = [
    "id",
    "code",
    "name",
    "date",
    "time",
    "type",
    "number",
    "no",
    "value",
    "unit",
    "units",
    "status",
    "description",
    "start",
    "end",
    "key",
    "source",
    "count",
    "version",
    "system",
    "sex",
    "gender",
    "dob",
    "postcode",
    "nhs",
    "identifier",
    "comment",
    "comments",
];

pub(super) fn recognise(text: &str, sample: &Sample) -> Option<Recognised> {
    let extension = sample.extension();
    let says_so = SAYS_SO.contains(&extension.as_str());
    if !says_so && !SAYS_NOTHING.contains(&extension.as_str()) {
        return None;
    }
    let whole = match (sample.is_complete(), text.rfind('\n')) {
        (true, _) => text,
        (false, end) => text.get(..end? + 1)?,
    };
    let (separator, rows, share) = separator(whole)?;
    let width = rows.first().map_or(0, Vec::len);
    let fits = match says_so {
        true => true,
        false => rows.len() >= 3 && width >= 2 && share >= 0.98,
    };
    if !fits {
        return None;
    }
    let header = rows.first().filter(|header| is_header(header, &rows[1..]));
    let header = header.map(Vec::as_slice);
    Some(Recognised::new(Format::Csv, "", columns(whole, separator, header, width)))
}

/// The separator that cuts the rows best: into as many fields each, and more than one. With the rows that it makes,
/// and the share of them that have the usual number of fields.
fn separator(text: &str) -> Option<(u8, Vec<Vec<String>>, f64)> {
    let mut best: Option<(u8, Vec<Vec<String>>, f64)> = None;
    let mut most = f64::MIN;
    for separator in SEPARATORS {
        let rows = rows(text, separator);
        let mut widths = BTreeMap::<usize, usize>::new();
        for row in &rows {
            *widths.entry(row.len()).or_default() += 1;
        }
        let Some((width, count)) = widths.into_iter().max_by_key(|&(width, count)| (count, width)) else {
            continue;
        };
        let share = count as f64 / rows.len() as f64;
        let score = if width < 2 { share / 10.0 } else { share + (width as f64).min(9.0) / 100.0 };
        if score > most {
            (best, most) = (Some((separator, rows, share)), score);
        }
    }
    best
}

fn rows(text: &str, separator: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(separator);
    let rows = reader.from_reader(text.as_bytes()).into_records().take(MOST_ROWS).map_while(Result::ok);
    rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
}

/// Whether the first row has names: each looks like one and stands once, and either a column beneath holds something
/// else than text, or some of them are made of words that names are made of.
fn is_header(header: &[String], rows: &[Vec<String>]) -> bool {
    let named = header.iter().all(|name| name.trim().is_empty() || looks_like_a_name(name) && !is_data(name));
    let filled = header.iter().filter(|name| !name.trim().is_empty()).count();
    let once = header.iter().all(|name| {
        name.trim().is_empty() || header.iter().filter(|other| other.trim() == name.trim()).count() == 1
    });
    if !named || !once || filled * 2 < header.len() || filled == 0 {
        return false;
    }
    let data_beneath = (0..header.len()).any(|at| {
        let mut values =
            rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.trim().is_empty()).peekable();
        values.peek().is_some() && values.all(|value| is_data(value))
    });
    data_beneath || header.iter().any(|name| words(name).any(|word| WORDS.contains(&word.as_str())))
}

/// The words of a name: `personId`, `person_id` and `Person ID` have the same.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || c.is_uppercase() && small;
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    words.into_iter()
}

/// Whether a field is a number, a date or a time.
fn is_data(field: &str) -> bool {
    let field = field.trim();
    let digits = field.bytes().filter(u8::is_ascii_digit).count();
    field.parse::<f64>().is_ok()
        || (digits >= 4 && field.bytes().all(|byte| byte.is_ascii_digit() || b"-/:.TZ+ ".contains(&byte)))
}

/// The columns with the types that their values allow.
fn columns(text: &str, separator: u8, header: Option<&[String]>, width: usize) -> Vec<Column> {
    let format = reader::Format::default()
        .with_delimiter(separator)
        .with_header(header.is_some())
        .with_truncated_rows(true);
    let types = format.infer_schema(text.as_bytes(), Some(MOST_ROWS)).ok();
    let columns = (0..width).map(|at| {
        let name = header.and_then(|header| header.get(at)).map_or("", String::as_str);
        let field = types.as_ref().and_then(|(types, _)| types.fields().get(at).cloned());
        let typed = field.map(|field| columns::of_schema(&arrow::datatypes::Schema::new(vec![field])));
        let data_type =
            typed.and_then(|mut one| one.pop()).map_or_else(|| "Utf8".to_owned(), |one| one.data_type);
        columns::column(columns::safe_name(name, at), data_type)
    });
    columns.collect()
}
