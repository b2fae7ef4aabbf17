//! Resources of which every string is a word of its own.

use fhir::{
    json::{Object, Value},
    r4::{Kind, TypeDef, knowledge},
};

/// What each of the words begins with.
pub(crate) const WORD: &str = "Quibblewick";

/// Makes resources whose every string leaf is [`WORD`] with a number.
#[derive(Default)]
pub(crate) struct Canary {
    words: usize,
    /// Whether systems, codes, dates and references are real ones, so that rules let their neighbours near.
    pub(crate) lures: bool,
}

impl Canary {
    fn word(&mut self) -> Value<'static> {
        self.words += 1;
        Value::from(format!("{WORD}{}", self.words))
    }

    fn primitive(&mut self, def: &TypeDef, name: &str) -> Value<'static> {
        let lure = match (def.name, name) {
            ("boolean", _) => return Value::Bool(true),
            ("integer" | "positiveInt" | "unsignedInt", _) => return Value::Number("7".into()),
            ("decimal", _) => return Value::Number("7.50".into()),
            ("date" | "dateTime", _) => "2020-02-03",
            ("instant", _) => "2020-02-03T04:05:06Z",
            ("time", _) => "04:05:06",
            (_, "system") => "http://snomed.info/sct",
            (_, "code") if def.name == "code" => "73211009",
            (_, "url") => "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
            _ => return self.word(),
        };
        if self.lures { Value::from(lure) } else { self.word() }
    }

    fn fill(&mut self, def: &'static TypeDef, name: &str, depth: usize) -> Option<Value<'static>> {
        if matches!(def.kind, Kind::Primitive(_)) {
            return Some(self.primitive(def, name));
        }
        if depth == 0 || def.is_abstract {
            return None;
        }
        let mut object = Object::new();
        for element in def.json_names() {
            let child = knowledge().def(element.type_id);
            if child.name == "Extension" && depth < 3 {
                continue;
            }
            let depth = if def.name == "Extension" { depth.min(2) } else { depth };
            let Some(mut value) = self.fill(child, element.json_name, depth - 1) else { continue };
            if self.lures && def.name == "Reference" && element.json_name == "reference" {
                value = Value::from(format!("Practitioner/{}", value.as_str().unwrap()));
            }
            if element.element.max != Some(1) {
                value = Value::Array(vec![value]);
            }
            object.insert(element.json_name.to_owned(), value);
        }
        Some(Value::Object(object))
    }

    /// A resource of the type called `name`, with the id `id`, about the patient `patient` if it is about one.
    pub(crate) fn resource(&mut self, name: &str, id: &str, patient: &str) -> Value<'static> {
        let mut resource = self.fill(knowledge().type_def(name).unwrap(), name, 4).unwrap();
        let members = resource.as_object_mut().unwrap();
        members.insert("resourceType", Value::from(name.to_owned()));
        members.insert("id", Value::from(id.to_owned()));
        for subject in ["subject", "patient"] {
            if let Some(Value::Object(reference)) = members.get_mut(subject) {
                reference.insert("reference", Value::from(format!("Patient/{patient}")));
            }
        }
        resource
    }
}
