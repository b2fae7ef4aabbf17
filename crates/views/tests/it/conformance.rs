//! The official cases of SQL on FHIR, where `../shared` has them, and our own in the same form, everywhere.

use crate::table::unzoned;
use arrow::{
    json::{WriterBuilder, writer::JsonArray},
    record_batch::RecordBatch,
};
use fhir::json::{Value, parse};
use std::{
    fs,
    path::{Path, PathBuf},
};
use views::{View, ViewDefinition};

/// Cases that fail, as `file: title`, and why. A case that passes must not be listed.
const NOT_REACHED: &[(&str, &str)] = &[];

/// How many official cases there were when this was written: fewer means that the suite was not read.
const OFFICIAL_CASES: usize = 97;

/// What a case says that does not hold, or `None`.
fn failure(case: &Value<'_>, resources: &[Value<'_>]) -> Option<String> {
    let wants_error = case.get("expectError").and_then(Value::as_bool) == Some(true);
    match (run(case.get("view").unwrap(), resources), wants_error) {
        (Ok(_), true) => Some("an error was expected".to_owned()),
        (Err(_), true) => None,
        (Err(error), false) => Some(error),
        (Ok((columns, mut rows)), false) => {
            if let Some(expected) = case.get("expectColumns").and_then(Value::as_array) {
                let expected: Vec<_> = expected.iter().filter_map(Value::as_str).collect();
                if expected != columns {
                    return Some(format!("columns {columns:?}"));
                }
            }
            let mut expected: Vec<_> =
                case.get("expect").and_then(Value::as_array).unwrap().iter().map(comparable).collect();
            rows.sort();
            expected.sort();
            (rows != expected).then(|| format!("rows {rows:?}"))
        }
    }
}

type Rows = (Vec<String>, Vec<String>);

fn run(view: &Value<'_>, resources: &[Value<'_>]) -> Result<Rows, String> {
    let definition = ViewDefinition::parse(view).map_err(|error| error.to_string())?;
    let view = View::compile(&definition).map_err(|error| error.to_string())?;
    let mut rows = view.rows();
    for resource in resources {
        rows.append(resource).map_err(|error| error.to_string())?;
    }
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
    let batch = rows.finish().unwrap();
    let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    writer
        .write(
            &RecordBatch::try_from_iter(names.into_iter().zip(batch.columns().iter().map(unzoned))).unwrap(),
        )
        .unwrap();
    writer.finish().unwrap();
    let json = writer.into_inner();
    let rows = if json.is_empty() {
        Vec::new()
    } else {
        parse(&json).unwrap().as_array().unwrap().iter().map(comparable).collect()
    };
    Ok((view.columns().iter().map(|column| column.name.clone()).collect(), rows))
}

/// A row in a form in which equal rows are equal texts: no nulls, numbers without zeros at their end.
fn comparable(row: &Value<'_>) -> String {
    let members = row.as_object().unwrap().iter().filter(|(_, value)| **value != Value::Null);
    members
        .map(|(name, value)| {
            let text = String::from_utf8(value.to_canonical()).unwrap();
            let number = value.as_number().filter(|token| token.contains('.'));
            let text =
                number.map_or(text, |token| token.trim_end_matches('0').trim_end_matches('.').to_owned());
            format!("{name}={text} ")
        })
        .collect()
}

/// The failures of a suite file, as `file: title` and reason, and how many cases it has.
fn suite(file: &Path) -> (usize, Vec<(String, String)>) {
    let text = fs::read(file).unwrap();
    let suite = parse(&text).unwrap();
    let resources = suite.get("resources").and_then(Value::as_array).unwrap();
    let cases = suite.get("tests").and_then(Value::as_array).unwrap();
    let stem = file.file_stem().unwrap().to_string_lossy();
    let failures = cases.iter().filter_map(|case| {
        let title = case.get("title").and_then(Value::as_str).unwrap();
        failure(case, resources).map(|reason| (format!("{stem}: {title}"), reason))
    });
    (cases.len(), failures.collect())
}

fn suite_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    files
}

#[test]
fn the_official_cases_pass_but_for_those_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/sql-on-fhir");
    let files = suite_files(&folder);
    if files.is_empty() {
        eprintln!("the official suite is not at ../shared/suites/sql-on-fhir: passed over");
        return;
    }
    let (mut cases, mut failures) = (0, Vec::new());
    for file in files {
        let (count, failed) = suite(&file);
        cases += count;
        failures.extend(failed);
    }
    println!("SQL on FHIR: {} of {cases} official cases pass", cases - failures.len());
    let failed: Vec<_> = failures.iter().map(|(name, _)| name.as_str()).collect();
    let listed: Vec<_> = NOT_REACHED.iter().map(|(name, _)| *name).collect();
    assert_eq!(failed, listed, "{failures:#?}");
    assert!(cases >= OFFICIAL_CASES, "{cases} cases");
}

#[test]
fn our_own_cases_pass() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases.json");
    let (cases, failures) = suite(&file);
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(cases > 0);
}
