//! The official cases of SQL on FHIR, where `../shared` has them, and our own in the same form, everywhere.

use std::{
    fs,
    path::{Path, PathBuf},
};
use views::conformance;

/// Cases that fail, as `file: title`, and why. A case that passes must not be listed.
const NOT_REACHED: &[(&str, &str)] = &[];

/// How many official cases there were when this was written: fewer means that the suite was not read.
const OFFICIAL_CASES: usize = 97;

/// The failures of a suite file, as `file: title` and reason, and how many cases it has.
fn suite(file: &Path) -> (usize, Vec<(String, String)>) {
    let cases = conformance::run(&fs::read(file).unwrap()).unwrap();
    let stem = file.file_stem().unwrap().to_string_lossy();
    let failures = cases.iter().filter_map(|case| {
        case.failure.as_ref().map(|failure| (format!("{stem}: {}", case.title), failure.to_string()))
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
