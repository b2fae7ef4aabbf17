//! Code systems and value sets, as far as they are published complete.

use super::{items, text};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Every code system and value set that was read, by canonical URL. The first of a URL stays.
#[derive(Default)]
pub(super) struct Codes {
    systems: BTreeMap<String, System>,
    value_sets: BTreeMap<String, Value>,
}

struct System {
    complete: bool,
    codes: BTreeSet<String>,
}

impl Codes {
    /// Takes in a CodeSystem or a ValueSet; anything else is passed over.
    pub(super) fn add(&mut self, resource: &Value) {
        let url = text(resource, "url").to_owned();
        match text(resource, "resourceType") {
            "CodeSystem" => {
                self.systems.entry(url).or_insert_with(|| {
                    let mut codes = BTreeSet::new();
                    collect(resource, &mut codes);
                    System { complete: text(resource, "content") == "complete", codes }
                });
            }
            "ValueSet" => {
                self.value_sets.entry(url).or_insert_with(|| resource.clone());
            }
            _ => {}
        }
    }

    /// Every code of a value set, or `None` if it cannot be listed from complete code systems.
    pub(super) fn expand(&self, canonical: &str) -> Option<BTreeSet<String>> {
        let url = canonical.split('|').next().unwrap_or_default();
        let compose = &self.value_sets.get(url)?["compose"];
        if items(compose, "exclude").next().is_some() {
            return None;
        }
        let mut codes = BTreeSet::new();
        for include in items(compose, "include") {
            if items(include, "filter").next().is_some() {
                return None;
            }
            let mut imports = items(include, "valueSet").peekable();
            if imports.peek().is_some() {
                // Several imports in one include mean their intersection (R4 §4.9.8); none of the bindings has that.
                let import = imports.next().and_then(Value::as_str)?;
                if imports.next().is_some() || include.get("system").is_some() {
                    return None;
                }
                codes.extend(self.expand(import)?);
            } else if include.get("concept").is_some() {
                codes.extend(items(include, "concept").map(|concept| text(concept, "code").to_owned()));
            } else {
                let system = self.systems.get(text(include, "system")).filter(|system| system.complete)?;
                codes.extend(system.codes.iter().cloned());
            }
        }
        (!codes.is_empty()).then_some(codes)
    }

    /// The codes of one complete code system.
    pub(super) fn system(&self, url: &str) -> Option<&BTreeSet<String>> {
        self.systems.get(url).filter(|system| system.complete).map(|system| &system.codes)
    }

    /// One line for each complete code system of HL7: its URL and its codes, sorted, between tabs.
    pub(super) fn write_systems(&self) -> String {
        let mut out = String::new();
        for (url, system) in &self.systems {
            let ours =
                url.starts_with("http://hl7.org/fhir/") || url.starts_with("http://terminology.hl7.org/");
            if ours && system.complete && !system.codes.is_empty() {
                let _ = writeln!(out, "{url}{}", list(&system.codes));
            }
        }
        out
    }
}

/// Each code with a tab before it.
pub(super) fn list(codes: &BTreeSet<String>) -> String {
    codes.iter().fold(String::new(), |line, code| line + "\t" + code)
}

fn collect(concepts: &Value, codes: &mut BTreeSet<String>) {
    for concept in items(concepts, "concept") {
        codes.insert(text(concept, "code").to_owned());
        collect(concept, codes);
    }
}
