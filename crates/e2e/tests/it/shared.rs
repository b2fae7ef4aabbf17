//! Other people's Bundles, where they lie beside the checkout: every resource comes in, and is counted independently.

use crate::home::Home;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared")
}

/// Unpacks a population of `../shared`, if that is there.
fn population(name: &str) -> Option<PathBuf> {
    let unpack = shared().join("unpack");
    if !unpack.exists() {
        eprintln!("{} is absent: nothing to compare with", shared().display());
        return None;
    }
    let archive = format!("data/populations/{name}");
    let unpacked = Command::new(unpack).arg(&archive).output().unwrap();
    assert!(unpacked.status.success(), "{unpacked:?}");
    let cache = String::from_utf8(unpacked.stdout).unwrap();
    Some(Path::new(cache.trim()).join(archive))
}

/// The Bundles under a folder, sorted.
fn bundles(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some("json".as_ref()) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Resources per type, each id once.
fn count(files: &[PathBuf]) -> BTreeMap<String, i64> {
    let mut ids = BTreeSet::new();
    for file in files {
        let bundle: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let resource = &entry["resource"];
            if let Some(kind) = resource["resourceType"].as_str() {
                let id = resource["id"].as_str().or(entry["fullUrl"].as_str()).unwrap();
                ids.insert((kind.to_lowercase(), id.to_owned()));
            }
        }
    }
    let mut counts = BTreeMap::new();
    for (kind, _) in ids {
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

/// Resources per type, as the program beside the data counts them in `folder`.
fn counted_by_others(folder: &Path) -> BTreeMap<String, i64> {
    let out = tempfile::tempdir().unwrap();
    let counted = Command::new(shared().join("ndjson")).arg(folder).arg(out.path()).output().unwrap();
    assert!(counted.status.success(), "{counted:?}");
    let lines = String::from_utf8(counted.stdout).unwrap();
    let line = |line: &str| {
        let mut cells = line.split('\t');
        Some((cells.next()?.to_owned(), cells.next()?.parse().ok()?))
    };
    let mut counts: BTreeMap<_, _> = lines.lines().filter_map(line).collect();
    counts.remove("total").unwrap();
    counts
}

/// The views that make one row of each resource, and the raw table of these.
const VIEWS: &[(&str, &str)] = &[
    ("allergy_intolerance", "allergyintolerance"),
    ("condition", "condition"),
    ("diagnostic_report", "diagnosticreport"),
    ("encounter", "encounter"),
    ("immunization", "immunization"),
    ("medication_request", "medicationrequest"),
    ("observation", "observation"),
    ("patient", "patient"),
    ("procedure", "procedure"),
];

/// Imports files as a folder of their own, and compares. Gives back how many resources were read, per type.
fn all_come_in(files: &[PathBuf], source: &str) -> BTreeMap<String, i64> {
    let home = Home::new();
    let folder = home.beside("bundles");
    fs::create_dir(&folder).unwrap();
    for (at, file) in files.iter().enumerate() {
        fs::copy(file, folder.join(format!("{at:05}.json"))).unwrap();
    }
    let report = home.import(&folder, source).exits(0).json();
    assert_eq!(report["view_errors"], 0, "{report}");
    let expected = count(files);
    assert!(!expected.is_empty());
    let tables: BTreeMap<String, i64> = home
        .sql("select table_name as n from catalog.tables where table_schema = 'raw'")
        .iter()
        .map(|row| row["n"].as_str().unwrap().to_owned())
        .map(|name| (name.clone(), home.number(&format!("select count(*) from raw.{name}"))))
        .collect();
    assert_eq!(tables, expected);
    for (view, raw) in VIEWS.iter().filter(|(_, raw)| tables.contains_key(*raw)) {
        assert_eq!(home.number(&format!("select count(*) from view.{view}")), tables[*raw], "{view}");
    }
    home.run(["audit", "verify"]).exits(0);
    let read = |(kind, counts): (&String, &Value)| (kind.clone(), counts["read"].as_i64().unwrap());
    report["types"].as_object().unwrap().iter().map(read).collect()
}

#[test]
fn every_resource_of_a_shared_population_comes_in() {
    let Some(folder) = population("synthea-smart-dev") else { return };
    assert_eq!(all_come_in(&bundles(&folder), "synthea"), counted_by_others(&folder));
}

#[test]
fn every_resource_of_a_newer_shared_population_comes_in() {
    let Some(folder) = population("synthea-hiv-dev") else { return };
    let mut files = bundles(&folder);
    files.truncate(6);
    all_come_in(&files, "synthea");
}
