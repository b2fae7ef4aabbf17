//! The populations and message sets of `../shared`, each file held against what its whole is by other means than a crawl's.
//! Without them these tests say so, and what `formats` has stands in.

use crate::of_file;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A data set that lacks its first byte, which its makers keep to test with.
const DAMAGED: [&str; 1] = ["no_meta.dcm"];

fn unpacked(name: &str) -> Option<PathBuf> {
    let unpack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/unpack");
    let output = Command::new(&unpack).arg(name).output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        println!("absent: {name}; only the project's own files were looked at");
        return None;
    };
    let said = String::from_utf8(output.stdout).unwrap();
    Some(PathBuf::from(said.lines().last().unwrap().trim()))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let hidden = path.file_name().unwrap().to_string_lossy().starts_with(['.', '_']);
        match path.is_dir() {
            true => files(&path, found),
            false if !hidden && fs::metadata(&path).unwrap().len() > 0 => found.push(path),
            false => {}
        }
    }
}

/// What a file is: of JSON, by reading all of it; of anything else, by its ending, which is right in these sets.
fn truth(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let bytes = fs::read(path).unwrap();
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).into_owned();
    let resource = |value: &Value| value["resourceType"].as_str().map(str::to_owned);
    if DAMAGED.contains(&name.as_str()) {
        return "unknown".to_owned();
    }
    match path.extension().map(|extension| extension.to_string_lossy().into_owned()).as_deref() {
        Some("json") => match serde_json::from_str::<Value>(&text) {
            Err(_) => "unknown".to_owned(),
            Ok(value) => match resource(&value).as_deref() {
                None => "json ".to_owned(),
                Some("Bundle") => "fhir-bundle Bundle".to_owned(),
                Some(one) => format!("fhir-resource {one}"),
            },
        },
        Some("ndjson") => {
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            let mut types: Vec<_> =
                lines.map(|line| resource(&serde_json::from_str(line).unwrap())).collect();
            types.dedup();
            match types.as_slice() {
                [Some(one)] => format!("fhir-ndjson {one}"),
                _ => "ndjson ".to_owned(),
            }
        }
        Some("xml") => {
            let spaceless: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let fhir = spaceless.replace('\'', "\"").contains("xmlns=\"http://hl7.org/fhir\"");
            if fhir { "fhir-xml".to_owned() } else { "xml".to_owned() }
        }
        Some("hl7") => "hl7v2".to_owned(),
        Some("csv") => "csv ".to_owned(),
        Some("dcm" | "gz") => "dicom ".to_owned(),
        _ if name == "DICOMDIR" => "dicom ".to_owned(),
        _ if text.trim_start().starts_with("<?xml") || text.trim_start().starts_with("<Fragments") => {
            "xml".to_owned()
        }
        _ => "unknown".to_owned(),
    }
}

#[test]
fn populations_and_messages_are_all_classified_right() {
    for set in ["data/populations/*", "data/uk/*", "suites/messages/*", "suites/privacy/*", "suites/omop/*"] {
        let Some(root) = unpacked(set) else { continue };
        let mut all = Vec::new();
        files(&root.join(set.trim_end_matches("/*")), &mut all);
        let mut wrong = String::new();
        for path in &all {
            let truth = truth(path);
            let found = of_file(path)
                .map_or("unknown".to_owned(), |found| format!("{} {}", found.format, found.label));
            // Of messages and XML, what the file itself says of its kind is no more than the format.
            let right = found == truth || !truth.contains(' ') && found.split(' ').next() == Some(&truth);
            if !right {
                wrong.push_str(&format!("{}: is {truth}, found {found}\n", path.display()));
            }
        }
        assert!(wrong.is_empty(), "of {} files in {set}, these are wrong:\n{wrong}", all.len());
        println!("{set}: {} files, all classified right", all.len());
    }
}
