//! IHE's own examples and R4's. They are not part of the project: without `../shared` these tests say so.

#![expect(clippy::print_stderr, reason = "who has no corpus is told so")]

use super::{faults, fsh::Shorthand};
use audit::balp::{Profile, profiles};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The files of a corpus with an extension, or `None` after saying that it is absent.
fn corpus(name: &str, extension: &str) -> Option<Vec<PathBuf>> {
    let unpack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/unpack");
    let output = Command::new(&unpack).arg(name).output().ok().filter(|output| output.status.success());
    let Some(output) = output else {
        eprintln!("passed over: `{name}` is not beside the checkout");
        return None;
    };
    let mut folders = vec![PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join(name)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new(extension)) {
                files.push(path);
            }
        }
    }
    files.sort();
    Some(files)
}

/// BALP as IHE wrote it, if it is there.
pub(super) fn shorthand() -> Option<Shorthand> {
    let mut shorthand = Shorthand::default();
    for file in corpus("suites/protocols/balp", "fsh")? {
        shorthand.read(&fs::read_to_string(file).unwrap());
    }
    Some(shorthand)
}

/// Examples of IHE that do not conform to their own profile, and why.
const MISTAKEN: &[(&str, &[&str])] = &[];

/// Profiles that IHE gives no example of.
const WITHOUT_EXAMPLE: &[&str] = &["IHE.IUA.71"];

#[test]
fn the_examples_of_balp_conform_to_the_profile_that_they_are_of() {
    let Some(shorthand) = shorthand() else { return };
    let known: BTreeSet<_> = profiles().map(Profile::id).collect();
    let (mut seen, mut wrong, mut conform) = (BTreeSet::new(), BTreeMap::new(), 0);
    for instance in &shorthand.instances {
        let Some(id) = known.get(shorthand.id(&instance.of)) else { continue };
        seen.insert(*id);
        let faults = faults(&shorthand.audit_event(instance));
        if faults.is_empty() {
            conform += 1;
        } else {
            wrong.insert(instance.name.as_str(), faults);
        }
    }
    let expected: BTreeMap<_, Vec<String>> = MISTAKEN
        .iter()
        .map(|(name, faults)| (*name, faults.iter().map(|fault| (*fault).to_owned()).collect()))
        .collect();
    assert_eq!(wrong, expected);
    let without: Vec<_> = known.difference(&seen).copied().collect();
    assert_eq!(without, WITHOUT_EXAMPLE);
    eprintln!("{conform} examples conform");
    assert_eq!(conform, 41);
}

#[test]
fn the_audit_events_of_r4_keep_its_rules() {
    let Some(files) = corpus("data/definitions/fhir-r4-examples", "json") else { return };
    let (mut wrong, mut count) = (Vec::new(), 0);
    for file in files {
        let Ok(event) = serde_json::from_slice::<Value>(&fs::read(&file).unwrap()) else { continue };
        if event["resourceType"] == "AuditEvent" {
            count += 1;
            wrong.extend(faults(&event).into_iter().map(|fault| format!("{}: {fault}", file.display())));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(count > 0);
}
