//! A whole population and HL7's own examples. They are not part of the project: `../shared/unpack`
//! unpacks them into a cache folder. Without them these tests say so, and the small resources
//! of the unit tests must do.

use fhir::{bundle, json};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// The folder that holds the corpus `name`, or `None` after saying that it is absent.
pub(super) fn corpus(name: &str) -> Option<PathBuf> {
    let unpack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/unpack");
    let output = Command::new(&unpack).arg(name).output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        eprintln!("passed over: `{name}` is not beside the checkout");
        return None;
    };
    Some(PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join(name))
}

pub(super) fn json_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, files);
        } else if path.extension() == Some(OsStr::new("json")) {
            files.push(path);
        }
    }
    files.sort();
}

/// Everything that is wrong with a file, as `code expression`, sorted.
fn faults(text: &[u8]) -> Vec<String> {
    let issues = fhir::read(text, None).err().unwrap_or_default();
    let mut told: Vec<_> =
        issues.iter().map(|issue| format!("{} {}", issue.code.as_str(), issue.expression)).collect();
    told.sort();
    told.dedup();
    told
}

#[test]
fn every_resource_of_a_synthetic_population_is_good() {
    let Some(folder) = corpus("data/populations/synthea-smart-dev") else { return };
    let mut files = Vec::new();
    json_files(&folder, &mut files);
    let (mut bytes, mut parsing, mut checking, mut resources) = (0, Duration::ZERO, Duration::ZERO, 0);
    for file in &files {
        let text = fs::read(file).unwrap();
        let start = Instant::now();
        let value = json::parse(&text).unwrap();
        let parsed = Instant::now();
        let (_, entries) =
            bundle::read(value).unwrap_or_else(|issues| panic!("{}: {issues:?}", file.display()));
        for entry in &entries {
            let checked = fhir::check(entry.resource.as_ref().unwrap(), None);
            assert!(checked.is_ok(), "{} {}: {checked:?}", file.display(), entry.index);
        }
        checking += parsed.elapsed();
        parsing += parsed - start;
        bytes += text.len();
        resources += entries.len();
    }
    let rate = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    eprintln!(
        "{resources} resources in {} files, {} MB: parse {:.0} MB/s, check {:.0} MB/s, both {:.0} MB/s",
        files.len(),
        bytes / 1_000_000,
        rate(parsing),
        rate(checking),
        rate(parsing + checking)
    );
    assert_eq!(resources, 124_142);
}

/// HL7's examples that are not good R4, and why.
const NOT_GOOD: &[(&str, &str, usize)] = &[
    // Generated forms whose items of the second level and below have no linkId (R4 Questionnaire.item.linkId, 1..1).
    ("-questionnaire.json", "required Questionnaire.item", 187),
    // SearchParameters on extensions, which name no base (R4 SearchParameter.base, 1..*).
    ("-extensions-CodeSystem-", "required SearchParameter.base", 5),
    ("-extensions-ValueSet-", "required SearchParameter.base", 5),
    // Its id has 67 characters, of 64.
    (
        "questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json",
        "value SearchParameter.id",
        1,
    ),
    // A package's manifest, no resource.
    ("package-min-ver.json", "structure Resource", 1),
];

#[test]
fn the_official_examples_are_good_but_for_those_that_are_not() {
    let Some(folder) = corpus("data/definitions/fhir-r4-examples") else { return };
    let mut files = Vec::new();
    json_files(&folder, &mut files);
    let mut met = vec![0; NOT_GOOD.len()];
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let faults = faults(&fs::read(file).unwrap());
        if faults.is_empty() {
            continue;
        }
        let explained = NOT_GOOD.iter().position(|(part, reason, _)| {
            name.contains(part) && faults.iter().all(|fault| fault.starts_with(reason))
        });
        met[explained.unwrap_or_else(|| panic!("{name}: {faults:?}"))] += 1;
    }
    let not_good: usize = met.iter().sum();
    eprintln!(
        "{} official examples: {} good, {not_good} not, each for a known reason",
        files.len(),
        files.len() - not_good
    );
    assert_eq!(met, NOT_GOOD.iter().map(|(_, _, count)| *count).collect::<Vec<_>>());
}
