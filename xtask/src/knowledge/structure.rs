//! StructureDefinitions as lines: a type's own line, then one line for each of its elements.
//!
//! ```text
//! P code                                   a primitive type
//! C HumanName                              a complex type
//! B Patient.contact                        the type of an element that holds elements of its own
//! R Patient                                a resource type
//! A Resource                               the abstract one, of which any resource is an instance
//! e NAME TAB MIN MAX TAB FLAGS TAB TYPES   an element; NAME ends in [x] for a choice
//! V CANONICAL TAB CODE TAB CODE …          a code list, numbered from 0 in order of appearance
//! ```
//! FLAGS: `!` is a modifier; `a` is written as an XML attribute, so it has no `_name` in JSON;
//! a number is the required code list. TYPES are separated by `|`; targets of a reference stand in
//! parentheses, separated by commas.

use super::{FHIR_VERSION, codes, codes::Codes, items, text};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

const BASE: &str = "http://hl7.org/fhir/StructureDefinition/";
const RESOURCE_TYPES: &str = "http://hl7.org/fhir/resource-types";

/// The StructureDefinitions of data types and resource types, by name.
#[derive(Default)]
pub(super) struct Structures(BTreeMap<String, Value>);

impl Structures {
    /// Takes in a StructureDefinition that defines a type; anything else is passed over.
    pub(super) fn add(&mut self, resource: &Value) {
        let name = text(resource, "type");
        let defines = text(resource, "resourceType") == "StructureDefinition"
            && text(resource, "fhirVersion") == FHIR_VERSION
            && text(resource, "derivation") != "constraint"
            && ["primitive-type", "complex-type", "resource"].contains(&text(resource, "kind"))
            && (resource["abstract"] != Value::Bool(true) || ["Element", "Resource"].contains(&name));
        if defines {
            self.0.entry(name.to_owned()).or_insert_with(|| resource.clone());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines, with the code lists first.
    pub(super) fn write(&self, codes: &Codes) -> Result<String> {
        let known = codes.system(RESOURCE_TYPES).context("the list of resource types is missing")?;
        for name in known {
            ensure!(name == "DomainResource" || self.0.contains_key(name), "`{name}` is not defined");
        }
        let mut writer = Writer { codes, known, lists: Vec::new(), out: String::new() };
        for (name, definition) in &self.0 {
            writer.structure(name, definition).with_context(|| format!("write `{name}`"))?;
        }
        let mut out = String::new();
        for canonical in &writer.lists {
            let listed = codes.expand(canonical).unwrap_or_default();
            let _ = writeln!(out, "V {canonical}{}", codes::list(&listed));
        }
        Ok(out + &writer.out)
    }
}

struct Writer<'a> {
    codes: &'a Codes,
    known: &'a BTreeSet<String>,
    lists: Vec<String>,
    out: String,
}

impl Writer<'_> {
    fn structure(&mut self, name: &str, definition: &Value) -> Result<()> {
        let letter = match text(definition, "kind") {
            "primitive-type" => {
                let _ = writeln!(self.out, "P {name}");
                return Ok(());
            }
            "complex-type" => 'C',
            _ if definition["abstract"] == Value::Bool(true) => 'A',
            _ => 'R',
        };
        let elements: Vec<&Value> = items(&definition["snapshot"], "element").collect();
        ensure!(!elements.is_empty(), "no snapshot");
        let parents: BTreeSet<&str> =
            elements.iter().filter_map(|element| Some(text(element, "path").rsplit_once('.')?.0)).collect();
        for parent in &parents {
            let letter = if *parent == name { letter } else { 'B' };
            let _ = writeln!(self.out, "{letter} {parent}");
            for element in &elements {
                if let Some((of, child)) = text(element, "path").rsplit_once('.')
                    && of == *parent
                {
                    self.element(element, child, &parents, letter)?;
                }
            }
        }
        Ok(())
    }

    fn element(
        &mut self,
        element: &Value,
        child: &str,
        parents: &BTreeSet<&str>,
        letter: char,
    ) -> Result<()> {
        let path = text(element, "path");
        let min = element["min"].as_u64().context("min")?;
        let max = text(element, "max");
        ensure!(
            min <= 1 && ["1", "*"].contains(&max),
            "{path}: cardinality {min}..{max} is not provided for"
        );
        ensure!(
            max == text(&element["base"], "max"),
            "{path}: it repeats otherwise than its base, as JSON must"
        );
        let mut types = Vec::new();
        if parents.contains(path) {
            types.push(path.to_owned());
        } else if let Some(target) = element["contentReference"].as_str() {
            types.push(target.trim_start_matches('#').to_owned());
        } else {
            for kind in items(element, "type") {
                types.push(self.element_type(kind, child, letter));
            }
        }
        ensure!(types.len() == 1 || child.ends_with("[x]"), "{path}: {} types", types.len());
        let flags = self.flags(element);
        let _ = writeln!(self.out, "e {child}\t{min}{max}\t{flags}\t{}", types.join("|"));
        Ok(())
    }

    fn flags(&mut self, element: &Value) -> String {
        let mut flags = String::new();
        if element["isModifier"] == Value::Bool(true) {
            flags.push('!');
        }
        if items(element, "representation").any(|form| form == "xmlAttr") {
            flags.push('a');
        }
        let binding = &element["binding"];
        let coded = items(element, "type").any(|kind| text(kind, "code") == "code");
        let canonical = text(binding, "valueSet");
        if coded && text(binding, "strength") == "required" && self.codes.expand(canonical).is_some() {
            let at = self.lists.iter().position(|known| known == canonical).unwrap_or_else(|| {
                self.lists.push(canonical.to_owned());
                self.lists.len() - 1
            });
            let _ = write!(flags, "{at}");
        }
        flags
    }

    /// The type's name, with its targets if it is a reference to something in particular.
    fn element_type(&self, kind: &Value, child: &str, letter: char) -> String {
        let code = text(kind, "code");
        if code.starts_with("http://hl7.org/fhirpath/") {
            // What only FHIRPath has a name for: an element's id, a resource's id, an extension's url.
            return match (child, letter) {
                ("id", 'R' | 'A') => "id".to_owned(),
                ("url", _) => "uri".to_owned(),
                _ => "string".to_owned(),
            };
        }
        let targets: Vec<&str> = items(kind, "targetProfile")
            .filter_map(|target| target.as_str()?.strip_prefix(BASE))
            .filter(|target| self.known.contains(*target))
            .collect();
        if code != "Reference" || targets.is_empty() || targets.contains(&"Resource") {
            return code.to_owned();
        }
        format!("{code}({})", targets.join(","))
    }
}
