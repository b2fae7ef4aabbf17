//! FHIRPath against R4 itself: the invariants of its definitions are read, fit the types that they are
//! of, and hold of its own examples.

use crate::corpora::{corpus, json_files};
use fhir::{
    json::{self, Value},
    path::{Environment, Expression, Item, PathError, Rule, Strictness},
    r4::knowledge,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

/// 2026-01-01T12:00:00Z
const NOW_UNIX_MS: i64 = 1_767_268_800_000;

/// Examples above this size are definitions for the most part, and take longer than all others together.
const LARGE_BYTES: usize = 16 * 1024;

/// An invariant of a type: its key, whether breaking it is an error, and what it says.
struct Invariant {
    key: String,
    is_error: bool,
    expression: Expression,
}

fn examples() -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    json_files(&corpus("data/definitions/fhir-r4-examples")?, &mut files);
    Some(files)
}

fn text<'v>(value: &'v Value<'_>, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn items<'v, 'a>(value: &'v Value<'a>, name: &str) -> &'v [Value<'a>] {
    value.get(name).and_then(Value::as_array).unwrap_or_default()
}

/// The invariants of every element of every type that R4 defines, by the element's path.
fn invariants(files: &[PathBuf]) -> BTreeMap<String, Vec<Invariant>> {
    let mut invariants: BTreeMap<String, Vec<Invariant>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.to_string_lossy().ends_with(".profile.json")) {
        let bytes = fs::read(file).unwrap();
        let Ok(definition) = json::parse(&bytes) else { continue };
        let own = text(&definition, "derivation") != "constraint"
            && knowledge().id(text(&definition, "id")).is_some();
        let Some(snapshot) = definition.get("snapshot").filter(|_| own) else { continue };
        for element in items(snapshot, "element") {
            for constraint in items(element, "constraint") {
                let expression = text(constraint, "expression");
                let parsed =
                    Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
                let key = text(constraint, "key").to_owned();
                let is_error = text(constraint, "severity") == "error";
                let path = text(element, "path").trim_end_matches("[x]").to_owned();
                let known = invariants.entry(path).or_default();
                if known.iter().all(|invariant| invariant.key != key) {
                    known.push(Invariant { key, is_error, expression: parsed });
                }
            }
        }
    }
    invariants
}

/// What became of asking all invariants of all elements.
#[derive(Default)]
struct Tally {
    asked: usize,
    refused: BTreeSet<String>,
    broken: BTreeMap<String, BTreeSet<String>>,
    errors: BTreeMap<String, String>,
}

impl Tally {
    fn ask<'a>(
        &mut self,
        item: &Item<'a>,
        invariant: &'a Invariant,
        environment: &Environment<'a>,
        file: &str,
    ) {
        self.asked += 1;
        let key = &invariant.key;
        match invariant.expression.evaluate_on(vec![item.clone()], environment) {
            Err(PathError { rule: Rule::Refused(_), .. }) => {
                self.refused.insert(key.clone());
            }
            Err(error) => {
                self.errors.insert(key.clone(), format!("{file}: {error}"));
            }
            Ok(answer) => {
                if invariant.is_error && matches!(answer.as_slice(), [Item::Boolean(false)]) {
                    self.broken.entry(key.clone()).or_default().insert(file.to_owned());
                }
            }
        }
    }
}

/// Invariants that do not fit their own type, and why.
const MISTAKEN: &[(&str, &str)] = &[
    // It asks for `name`, which a ChargeItemDefinition has not got.
    ("cid-0", "`ChargeItemDefinition` has no element `name` at byte 0 of the expression"),
];

/// Invariants that examples break, and why.
const BROKEN: &[(&str, &[&str])] = &[
    // It asks whether a FHIR boolean is a `Boolean`, which HL7's suite for FHIRPath denies (testType12).
    ("que-7", &["questionnaire-example-bluebook.json"]),
];

#[test]
fn the_invariants_of_r4_are_read_and_fit_their_types() {
    let Some(files) = examples() else { return };
    let mut mistaken = Vec::new();
    for (type_name, invariants) in
        invariants(&files).iter().filter(|(path, _)| knowledge().id(path).is_some())
    {
        for invariant in invariants {
            if let Err(error) = invariant.expression.check(type_name, Strictness::default()) {
                mistaken.push((invariant.key.clone(), error.to_string()));
            }
        }
    }
    let known: Vec<_> =
        MISTAKEN.iter().map(|(key, error)| ((*key).to_owned(), (*error).to_owned())).collect();
    assert_eq!(mistaken, known);
}

#[test]
fn the_expressions_of_search_parameters_are_read() {
    let Some(folder) = corpus("data/definitions/fhir-r4-definitions") else { return };
    let mut files = Vec::new();
    json_files(&folder, &mut files);
    let file = files.iter().find(|file| file.ends_with("search-parameters.json")).unwrap();
    let bytes = fs::read(file).unwrap();
    let bundle = json::parse(&bytes).unwrap();
    let expressions: Vec<&str> = items(&bundle, "entry")
        .iter()
        .filter_map(|entry| entry.get("resource")?.get("expression")?.as_str())
        .collect();
    for expression in &expressions {
        Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    }
    eprintln!("{} expressions of search parameters", expressions.len());
    assert!(!expressions.is_empty());
}

#[test]
fn the_examples_of_r4_keep_its_invariants() {
    let Some(files) = examples() else { return };
    let invariants = invariants(&files);
    let everything = Expression::parse("combine(descendants())").unwrap();
    // Elements that are of no type of their own: `Narrative.div`.
    let mut members: BTreeMap<&str, Vec<(Expression, &Vec<Invariant>)>> = BTreeMap::new();
    for (path, invariants) in invariants.iter().filter(|(path, _)| knowledge().id(path).is_none()) {
        let Some((of, name)) = path.rsplit_once('.') else { continue };
        let member = Expression::parse(&format!("`{name}`")).unwrap();
        members.entry(of).or_default().push((member, invariants));
    }
    let environment = Environment::new().at_unix_ms(NOW_UNIX_MS).with_filtering_as();
    let mut tally = Tally::default();
    for file in &files {
        let bytes = fs::read(file).unwrap();
        if bytes.len() > LARGE_BYTES {
            continue;
        }
        let Ok(resource) = json::parse(&bytes) else { continue };
        let environment = environment.clone().with_resource(&resource);
        let file = file.file_name().unwrap().to_string_lossy();
        for item in everything.evaluate(&resource, &environment).unwrap() {
            let (_, type_name) = item.type_name();
            for invariant in invariants.get(type_name).into_iter().flatten() {
                tally.ask(&item, invariant, &environment, &file);
            }
            for (member, invariants) in members.get(type_name).into_iter().flatten() {
                for child in member.evaluate_on(vec![item.clone()], &environment).unwrap() {
                    invariants.iter().for_each(|invariant| tally.ask(&child, invariant, &environment, &file));
                }
            }
        }
    }
    eprintln!("{} invariants asked of examples", tally.asked);
    assert_eq!(tally.errors, BTreeMap::new());
    // The narrative's XHTML is refused with a reason.
    assert!(tally.refused.iter().eq(["txt-1", "txt-2"]), "{:?}", tally.refused);
    let broken: Vec<(&str, Vec<&str>)> = tally
        .broken
        .iter()
        .map(|(key, files)| (key.as_str(), files.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(broken, BROKEN.iter().map(|(key, files)| (*key, files.to_vec())).collect::<Vec<_>>());
}
