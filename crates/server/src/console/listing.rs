//! Lists: ordered, cut into pages, and as CSV and JSON.

use super::session::Visitor;
use ::console::{Address, Paging, Sort};
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::Value;

/// Rows of a page.
const PAGE: usize = 100;

/// The rows of a page, and which of all they are.
pub(super) struct Listed<T> {
    pub(super) rows: Vec<T>,
    pub(super) paging: Paging,
}

/// By what rows are ordered.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Text(String),
    Number(i64),
}

/// The order that the query asks for: `sort=name`, or `sort=-name` for the greatest first.
pub(super) fn sort(visitor: &Visitor) -> Sort {
    let asked = visitor.asked("sort");
    let by = asked.strip_prefix('-').unwrap_or(asked);
    Sort { by: by.to_owned(), descending: asked.starts_with('-') }
}

pub(super) fn order<T>(rows: &mut [T], sort: &Sort, key: impl Fn(&str, &T) -> Key) {
    rows.sort_by_cached_key(|row| key(&sort.by, row));
    if sort.descending {
        rows.reverse();
    }
}

/// The rows that are passed over, and those that are wanted: the page that the query asks for, `page=2`. What is had as
/// CSV or JSON is not cut.
pub(super) fn wanted(visitor: &Visitor) -> (u64, u64) {
    match format(visitor) {
        Some(_) => (0, u64::MAX),
        None => ((number(visitor) - 1).saturating_mul(PAGE as u64), PAGE as u64),
    }
}

fn number(visitor: &Visitor) -> u64 {
    visitor.asked("page").parse().unwrap_or(1).max(1)
}

/// Which page `shown` rows of `total` are.
pub(super) fn paging(visitor: &Visitor, shown: usize, total: u64) -> Paging {
    let number = number(visitor);
    let (first, _) = wanted(visitor);
    let last = first.saturating_add(shown as u64);
    Paging {
        first: if shown == 0 { 0 } else { first + 1 },
        last,
        total: Some(total),
        before: (number > 1).then(|| (number - 1).to_string()),
        after: (last < total && format(visitor).is_none()).then(|| (number + 1).to_string()),
    }
}

/// The page that the query asks for, of rows that are all in memory.
pub(super) fn page_of<T>(rows: Vec<T>, visitor: &Visitor) -> Listed<T> {
    let total = rows.len() as u64;
    let (skip, limit) = wanted(visitor);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows: Vec<T> = rows.into_iter().skip(skip).take(limit).collect();
    let paging = paging(visitor, rows.len(), total);
    Listed { rows, paging }
}

/// The address of a page with those parameters of the query that belong to it.
pub(super) fn here(visitor: &Visitor, page: Address, parameters: &[&str]) -> Address {
    parameters.iter().fold(page, |page, name| page.with(name, visitor.asked(name)))
}

/// What a list is had as besides HTML.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Csv,
    Json,
}

/// What the query asks for: `format=csv` or `format=json`.
pub(super) fn format(visitor: &Visitor) -> Option<Format> {
    Format::named(visitor.asked("format"))
}

impl Format {
    /// The format of that word.
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The rows under `head` as a file called `name`.
    pub(super) fn answer<C: Into<Value>>(
        self,
        name: &str,
        head: &[&str],
        rows: impl Iterator<Item = Vec<C>>,
    ) -> Response {
        let rows = rows.map(|row| row.into_iter().map(Into::into).collect());
        let (kind, ending, text) = match self {
            Self::Csv => ("text/csv; charset=utf-8", "csv", csv(head, rows)),
            Self::Json => ("application/json", "json", json(head, rows)),
        };
        let file = format!("attachment; filename=\"{name}.{ending}\"");
        ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, file)], text).into_response()
    }
}

/// CSV (RFC 4180). A text that a spreadsheet would take for a formula has an apostrophe put before it.
fn csv(head: &[&str], rows: impl Iterator<Item = Vec<Value>>) -> String {
    let cell = |text: &str| {
        let number = text.parse::<f64>().is_ok();
        let guard = if !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        match text.contains(['"', ',', '\n', '\r']) {
            true => format!("\"{guard}{}\"", text.replace('"', "\"\"")),
            false => format!("{guard}{text}"),
        }
    };
    let of = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => cell(text),
        other => cell(&other.to_string()),
    };
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let mut out = line(head.iter().map(|name| cell(name)).collect());
    rows.for_each(|row| out.push_str(&line(row.iter().map(of).collect())));
    out
}

fn json(head: &[&str], rows: impl Iterator<Item = Vec<Value>>) -> String {
    let row = |cells: Vec<Value>| -> Value {
        head.iter().map(|name| (*name).to_owned()).zip(cells).collect::<serde_json::Map<_, _>>().into()
    };
    Value::Array(rows.map(row).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_in_csv_is_a_text() {
        let rows = [vec!["=1+1".into(), "a,\"b\"".into()], vec![(-5).into(), "@x".into()]];
        assert_eq!(csv(&["a", "b"], rows.into_iter()), "a,b\r\n'=1+1,\"a,\"\"b\"\"\"\r\n-5,'@x\r\n");
    }
}
