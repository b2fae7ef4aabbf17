//! The cases of a SQL on FHIR suite file, run, and what became of each.
//!
//! A suite file has `resources` and `tests`; a test has a `view`, and what it must come to: `expect` (its rows, in
//! any order), `expectCount`, `expectColumns` (the columns' names, in order) or `expectError`.
//!
//! Files are not read here. A failure shows rows: the resources of suites are made up.

use crate::{RowBuilder, View, ViewDefinition};
use arrow::{
    array::{Array, ArrayRef},
    compute::cast,
    datatypes::{DataType, TimeUnit},
    error::ArrowError,
    json::{WriterBuilder, writer::JsonArray},
    record_batch::RecordBatch,
};
use fhir::json::{JsonError, Value, parse};
use std::fmt;

/// Why a text is no suite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// It is not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It has not the form of a suite.
    #[error("`{member}` is missing or no array")]
    Form {
        /// The member that a suite must have.
        member: &'static str,
    },
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its title.
    pub title: String,
    /// Its tags, such as `shareable` or `experimental`.
    pub tags: Vec<String>,
    /// Why it failed; `None` when it passed.
    pub failure: Option<Failure>,
}

/// What a case says that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The case itself cannot be understood.
    Case {
        /// The member that is missing.
        missing: &'static str,
    },
    /// The view made rows where an error was expected.
    NoError,
    /// The view, or a row of it, could not be made.
    Error(String),
    /// The columns are these instead.
    Columns(Vec<String>),
    /// There are so many rows instead.
    Count(usize),
    /// Rows that were expected and not made, and rows that were made and not expected.
    Rows {
        /// Expected, not made.
        missing: Vec<String>,
        /// Made, not expected.
        surplus: Vec<String>,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case { missing } => write!(f, "the case has no `{missing}`"),
            Self::NoError => write!(f, "an error was expected"),
            Self::Error(error) => write!(f, "{error}"),
            Self::Columns(columns) => write!(f, "the columns are {}", columns.join(", ")),
            Self::Count(count) => write!(f, "the rows are {count}"),
            Self::Rows { missing, surplus } => {
                write!(f, "expected and not made: [{}], ", missing.join(", "))?;
                write!(f, "made and not expected: [{}]", surplus.join(", "))
            }
        }
    }
}

/// Runs the cases of a suite file, given as its text.
///
/// # Errors
/// The text is no suite. A case that fails is no error.
pub fn run(suite: &[u8]) -> Result<Vec<Case>, SuiteError> {
    let suite = parse(suite)?;
    let array = |member| suite.get(member).and_then(Value::as_array).ok_or(SuiteError::Form { member });
    let (resources, tests) = (array("resources")?, array("tests")?);
    let text = |value: &Value<'_>| value.as_str().unwrap_or_default().to_owned();
    let cases = tests.iter().map(|test| Case {
        title: test.get("title").map(text).unwrap_or_default(),
        tags: test.get("tags").and_then(Value::as_array).into_iter().flatten().map(text).collect(),
        failure: check(test, resources).err(),
    });
    Ok(cases.collect())
}

fn check(test: &Value<'_>, resources: &[Value<'_>]) -> Result<(), Failure> {
    let view = test.get("view").ok_or(Failure::Case { missing: "view" })?;
    let made = rows(view, resources);
    if test.get("expectError").and_then(Value::as_bool) == Some(true) {
        return if made.is_ok() { Err(Failure::NoError) } else { Ok(()) };
    }
    let (columns, made) = made.map_err(Failure::Error)?;
    if let Some(expected) = test.get("expectColumns").and_then(Value::as_array) {
        let same = expected.iter().map(Value::as_str).eq(columns.iter().map(|name| Some(name.as_str())));
        if !same {
            return Err(Failure::Columns(columns));
        }
    }
    let count = test.get("expectCount").and_then(Value::as_number);
    if count.is_some_and(|count| count != made.len().to_string()) {
        return Err(Failure::Count(made.len()));
    }
    match test.get("expect").and_then(Value::as_array) {
        Some(expected) => same_rows(expected.iter().map(comparable).collect(), made),
        None if count.is_some() => Ok(()),
        None => Err(Failure::Case { missing: "expect" }),
    }
}

/// Whether the rows are the same, each as often, in any order.
fn same_rows(mut expected: Vec<String>, made: Vec<String>) -> Result<(), Failure> {
    let mut surplus = Vec::new();
    for row in made {
        match expected.iter().position(|other| *other == row) {
            Some(at) => drop(expected.swap_remove(at)),
            None => surplus.push(row),
        }
    }
    if expected.is_empty() && surplus.is_empty() {
        Ok(())
    } else {
        Err(Failure::Rows { missing: expected, surplus })
    }
}

/// The names of a view's columns and its rows, as [`comparable`] writes them.
fn rows(view: &Value<'_>, resources: &[Value<'_>]) -> Result<(Vec<String>, Vec<String>), String> {
    let definition = ViewDefinition::parse(view).map_err(|error| error.to_string())?;
    let view = View::compile(&definition).map_err(|error| error.to_string())?;
    let mut rows = view.rows();
    for resource in resources {
        rows.append(resource).map_err(|error| error.to_string())?;
    }
    let json = json(&mut rows).map_err(|error| error.to_string())?;
    let rows =
        if json.is_empty() { Value::Array(Vec::new()) } else { parse(&json).map_err(|e| e.to_string())? };
    let rows = rows.as_array().into_iter().flatten().map(comparable).collect();
    Ok((view.columns().iter().map(|column| column.name.clone()).collect(), rows))
}

fn json(rows: &mut RowBuilder) -> Result<Vec<u8>, ArrowError> {
    let batch = rows.finish()?;
    let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let columns = batch.columns().iter().map(unzoned).collect::<Result<Vec<_>, _>>()?;
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    writer.write(&RecordBatch::try_from_iter(names.into_iter().zip(columns))?)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

/// Suites write moments without a zone.
fn unzoned(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Timestamp(unit @ TimeUnit::Microsecond, Some(_)) => {
            cast(array, &DataType::Timestamp(*unit, None))
        }
        _ => Ok(ArrayRef::clone(array)),
    }
}

/// A row in a form in which equal rows are equal texts: no nulls, numbers without zeros at their end.
fn comparable(row: &Value<'_>) -> String {
    let members = row.as_object().into_iter().flat_map(|row| row.iter());
    let members = members.filter(|(_, value)| **value != Value::Null).map(|(name, value)| {
        let number = value.as_number().filter(|token| token.contains('.'));
        let text = number.map_or_else(
            || String::from_utf8_lossy(&value.to_canonical()).into_owned(),
            |token| token.trim_end_matches('0').trim_end_matches('.').to_owned(),
        );
        format!("{name}={text}")
    });
    // An object's members are in the order of their names, whoever wrote them.
    format!("({})", members.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(tests: &str) -> Vec<String> {
        let view = r#"{"resource":"Patient","select":[{"column":[{"name":"id","path":"id"}]}]}"#;
        let suite = format!(
            r#"{{"resources":[{{"resourceType":"Patient","id":"a"}},{{"resourceType":"Patient","id":"b"}}],
            "tests":[{}]}}"#,
            tests.replace("VIEW", &format!(r#""title":"t","view":{view}"#))
        );
        let failure = |case: Case| case.failure.map(|failure| failure.to_string()).unwrap_or_default();
        run(suite.as_bytes()).unwrap().into_iter().map(failure).collect()
    }

    #[test]
    fn a_case_fails_for_what_does_not_hold_and_says_it() {
        let told = failures(
            r#"{VIEW,"expect":[{"id":"b"},{"id":"a"}]},
            {VIEW,"expect":[{"id":"b"},{"id":"b"}]},
            {VIEW,"expectCount":2}, {VIEW,"expectCount":3},
            {VIEW,"expectColumns":["x"],"expect":[]},
            {VIEW,"expectError":true}, {VIEW},
            {"title":"t","view":{"resource":"Patient"},"expectError":true},
            {"title":"t","view":{"resource":"Patient"},"expect":[]}"#,
        );
        assert_eq!(
            told,
            [
                "",
                "expected and not made: [(id=\"b\")], made and not expected: [(id=\"a\")]",
                "",
                "the rows are 2",
                "the columns are id",
                "an error was expected",
                "the case has no `expect`",
                "",
                "read `select` of the ViewDefinition: it is missing",
            ]
        );
    }

    #[test]
    fn what_is_no_suite_is_refused() {
        assert!(matches!(run(b"{"), Err(SuiteError::Json(_))));
        assert_eq!(run(b"{\"resources\":[]}"), Err(SuiteError::Form { member: "tests" }));
    }
}
