//! FHIR Shorthand, as much of it as IHE's profiles and examples of AuditEvents are written in: aliases, names of
//! code systems, profiles with their rules as lines, and instances of `* path = value` lines with slices by name,
//! by number, by `[+]` and `[=]`.

use fhir::r4::{TypeDef, knowledge};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const BALP: &str = "https://profiles.ihe.net/ITI/BALP";

/// One `Instance:` of a profile.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) name: String,
    /// The id of the profile that it is an instance of; the type's name where it is of none.
    pub(super) of: String,
    rules: Vec<(String, String)>,
}

/// One `Profile:`, its rules as they stand, without `* `.
#[derive(Debug, Default)]
pub(super) struct Definition {
    name: String,
    parent: String,
    pub(super) id: String,
    pub(super) rules: Vec<String>,
}

/// What several files define together.
#[derive(Debug, Default)]
pub(super) struct Shorthand {
    aliases: HashMap<String, String>,
    code_systems: Vec<String>,
    pub(super) definitions: Vec<Definition>,
    pub(super) instances: Vec<Instance>,
}

/// What the lines of a file belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Profile,
    Instance,
    Other,
}

/// A text without what follows `//`, where that is no part of a URL.
fn without_remark(line: &str) -> &str {
    let is_remark = |at: &usize| *at == 0 || line[..*at].ends_with([' ', '\t']);
    let at = line.match_indices("//").map(|(at, _)| at).find(is_remark);
    line[..at.unwrap_or(line.len())].trim_end()
}

impl Shorthand {
    /// Reads a file after those read before.
    pub(super) fn read(&mut self, text: &str) {
        let mut lines = text.lines();
        let mut within = Within::Other;
        while let Some(line) = lines.next() {
            let mut line = without_remark(line).to_owned();
            if let Some(start) = line.strip_suffix("\"\"\"").filter(|start| !start.contains("\"\"\"")) {
                let long: Vec<&str> = lines.by_ref().take_while(|line| line.trim_end() != "\"\"\"").collect();
                line = format!("{start}{}", json!(long.join("\n")));
            }
            if let Some(rule) = line.strip_prefix("* ") {
                self.rule(within, rule.trim());
            } else if line.starts_with([' ', '\t']) && within == Within::Profile {
                let rule = self.definitions.last_mut().and_then(|definition| definition.rules.last_mut());
                rule.unwrap().push_str(&line);
            } else if let Some((keyword, value)) = line.split_once(':') {
                self.keyword(&mut within, keyword, value.trim().to_owned());
            }
        }
    }

    fn rule(&mut self, within: Within, rule: &str) {
        match within {
            Within::Profile => self.definitions.last_mut().unwrap().rules.push(rule.to_owned()),
            Within::Instance => {
                // Instances of other types have rules of other kinds.
                if let Some((path, value)) = rule.split_once(" = ") {
                    let rules = &mut self.instances.last_mut().unwrap().rules;
                    rules.push((path.trim().to_owned(), value.trim().to_owned()));
                }
            }
            Within::Other => {}
        }
    }

    fn keyword(&mut self, within: &mut Within, keyword: &str, value: String) {
        match keyword {
            "Alias" => {
                let (alias, url) = value.split_once('=').unwrap();
                self.aliases.insert(alias.trim().to_owned(), url.trim().to_owned());
            }
            "Profile" => {
                *within = Within::Profile;
                self.definitions.push(Definition { name: value, ..Definition::default() });
            }
            "Parent" if *within == Within::Profile => self.definitions.last_mut().unwrap().parent = value,
            "Id" if *within == Within::Profile => self.definitions.last_mut().unwrap().id = value,
            "Instance" => {
                *within = Within::Instance;
                self.instances.push(Instance { name: value, of: String::new(), rules: Vec::new() });
            }
            "InstanceOf" => self.instances.last_mut().unwrap().of = value,
            "CodeSystem" => {
                *within = Within::Other;
                self.code_systems.push(value);
            }
            "ValueSet" | "Extension" | "Invariant" | "RuleSet" => *within = Within::Other,
            _ => {}
        }
    }

    /// The id of the profile with a name; ids stand for themselves.
    pub(super) fn id<'a>(&'a self, name: &'a str) -> &'a str {
        self.definitions.iter().find(|it| it.name == name).map_or(name, |it| &it.id)
    }

    /// The rules of a profile, those of its parents included.
    pub(super) fn rules(&self, id: &str) -> Vec<&str> {
        let Some(definition) = self.definitions.iter().find(|it| it.id == id) else { return Vec::new() };
        let parents = self.rules(self.id(&definition.parent));
        parents.into_iter().chain(definition.rules.iter().map(String::as_str)).collect()
    }

    /// An instance as the AuditEvent that it writes.
    pub(super) fn audit_event(&self, instance: &Instance) -> Value {
        let profile = format!("{BALP}/StructureDefinition/{}", self.id(&instance.of));
        let mut event = json!({
            "resourceType": "AuditEvent",
            "id": instance.name,
            "meta": { "profile": [profile] },
        });
        let mut slices = HashMap::new();
        for (path, value) in &instance.rules {
            let def = knowledge().type_def("AuditEvent").unwrap();
            let steps: Vec<&str> = path.split('.').collect();
            self.assign(event.as_object_mut().unwrap(), def, &steps, value, &mut slices);
        }
        event
    }

    fn assign<'r>(
        &self,
        object: &mut Map<String, Value>,
        def: &TypeDef,
        steps: &[&'r str],
        value: &str,
        slices: &mut HashMap<&'r str, usize>,
    ) {
        let (name, slice) = steps[0].trim_end_matches(']').split_once('[').unwrap_or((steps[0], ""));
        let found = def.element(name).unwrap_or_else(|| panic!("{} has no {name}", def.name));
        let def = knowledge().def(found.type_id);
        let place = if found.element.max.is_none() {
            let items = object.entry(name).or_insert_with(|| json!([])).as_array_mut().unwrap();
            let at = match slice {
                "" => 0,
                "+" => items.len(),
                "=" => items.len() - 1,
                slice => slice.parse().unwrap_or_else(|_| *slices.entry(steps[0]).or_insert(items.len())),
            };
            assert!(at <= items.len(), "{} skips an item", steps[0]);
            if at == items.len() {
                items.push(Value::Null);
            }
            &mut items[at]
        } else {
            object.entry(name).or_insert(Value::Null)
        };
        if steps.len() == 1 {
            *place = self.value(def.name, value);
            return;
        }
        if place.is_null() {
            *place = json!({});
        }
        self.assign(place.as_object_mut().unwrap(), def, &steps[1..], value, slices);
    }

    /// A value as JSON of a type.
    fn value(&self, type_name: &str, value: &str) -> Value {
        if let Some(target) = value.strip_prefix("Reference(") {
            return json!({ "reference": target.trim_end_matches(')') });
        }
        if value.starts_with('"') || matches!(value, "true" | "false") {
            return serde_json::from_str(value).unwrap_or_else(|error| panic!("{value}: {error}"));
        }
        let Some((system, rest)) = value.split_once('#') else { return json!(value) };
        let (code, display) = rest.split_once(' ').unwrap_or((rest, ""));
        if type_name == "code" {
            return json!(code);
        }
        let own = self.code_systems.iter().any(|name| name == system);
        let system = match self.aliases.get(system) {
            Some(url) => url.clone(),
            None if own => format!("{BALP}/CodeSystem/{system}"),
            None => system.to_owned(),
        };
        let mut coding = json!({ "system": system, "code": code });
        if !display.is_empty() {
            coding["display"] = serde_json::from_str(display).unwrap();
        }
        if type_name == "CodeableConcept" { json!({ "coding": [coding] }) } else { coding }
    }
}
