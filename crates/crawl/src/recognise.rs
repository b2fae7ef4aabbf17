//! What an object is: told by what it holds, and by its name only where two formats hold the same.
//!
//! Nothing that is found here is a value: columns have names and types, an object a label such as `Patient` or `ADT`.

mod avro;
mod csv;
pub(crate) mod delta;
mod dicom;
mod hl7v2;
mod json;
mod log;
mod orc;
mod parquet;
mod xml;

use crate::{format::Format, sample::Sample};
use control::Column;

/// What an object was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Its format.
    pub format: Format,
    /// What kind of thing it holds: a resource type, the code of a message, the root of an XML text; empty if the
    /// format has no such thing. `mixed` where there are several.
    pub label: String,
    /// Its columns, as far as the sample tells.
    pub columns: Vec<Column>,
    /// Its rows, where the format keeps their number.
    pub rows: Option<u64>,
}

/// What a sample tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This is what it is.
    Is(Recognised),
    /// It is none of the formats.
    Unknown,
    /// More of it must be read: so many of its first bytes.
    NeedsHead(u64),
    /// More of it must be read: so many of its last bytes.
    NeedsTail(u64),
}

impl Recognised {
    pub(crate) fn new(format: Format, label: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { format, label: label.into(), columns, rows: None }
    }
}

/// What the object is that `sample` is of. With `last`, no more than that can be read: what cannot be told without
/// is left out.
#[must_use]
pub fn recognise(sample: &Sample, last: bool) -> Verdict {
    let head = sample.head();
    match head {
        [] => return Verdict::Unknown,
        [b'P', b'A', b'R', b'1', ..] => return parquet::recognise(sample, last),
        [b'O', b'R', b'C', ..] => return orc::recognise(sample, last),
        [b'O', b'b', b'j', 1, ..] => return avro::recognise(sample, last),
        _ => {}
    }
    if let Some(verdict) = dicom::recognise(sample, last) {
        return verdict;
    }
    let Some(text) = sample.text() else { return Verdict::Unknown };
    let start = text.trim_start();
    if hl7v2::begins(start) {
        return Verdict::Is(hl7v2::recognise(start));
    }
    match start.bytes().next() {
        Some(b'<') => xml::recognise(start, sample, last),
        Some(b'{' | b'[') => json::recognise(start, sample, last),
        // One value that is neither: there is no other sign of JSON.
        _ if sample.extension() == "json" => json::recognise(start, sample, last),
        _ => {
            let lines = Lines::of(&text, sample.is_complete());
            let found = log::recognise(&lines, sample).or_else(|| csv::recognise(&text, sample));
            found.map_or(Verdict::Unknown, Verdict::Is)
        }
    }
}

/// Asks for four times what was read, as far as there is more.
fn more_of_the_head(sample: &Sample) -> Verdict {
    Verdict::NeedsHead(sample.read().saturating_mul(4).min(sample.size()))
}

/// The lines of a text that are whole and not empty.
struct Lines<'t>(Vec<&'t str>);

impl<'t> Lines<'t> {
    fn of(text: &'t str, complete: bool) -> Self {
        let whole = match (complete, text.rfind('\n')) {
            (true, _) => text,
            (false, Some(end)) => &text[..end],
            (false, None) => "",
        };
        Self(whole.lines().filter(|line| !line.trim().is_empty()).collect())
    }
}
