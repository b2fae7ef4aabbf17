//! References: relative and contained ones are pseudonymised, all others go to the vault.

use super::walk::Walk;
use crate::fragment::{Members, Outcome};
use fhir::{
    ResourceType,
    json::{Object, Value},
    reference::{self, Reference},
};
use model::Pseudonym;

impl<'a> Walk<'_, 'a> {
    /// A `Reference` (R4 §2.3.0): its target, pseudonymised, and its type.
    pub(super) fn reference(&mut self, subject: bool, object: Object<'a>) -> Outcome<'a> {
        let logical = object.get("reference").is_none() && object.get("identifier").is_some();
        self.unresolved += u32::from(logical);
        let mut members = Members::default();
        for (name, value) in object {
            let outcome = match (&*name, value) {
                ("reference", Value::String(text)) => match self.target(subject, &text) {
                    Some(target) => Outcome::replace(Value::from(target), Value::String(text)),
                    None => Outcome::Drop(Value::String(text)),
                },
                ("type", Value::String(text)) if ResourceType::parse(&text).is_some() => {
                    Outcome::Keep(Value::String(text))
                }
                (_, value) => Outcome::Drop(value),
            };
            members.push(name, outcome);
        }
        members.finish()
    }

    /// The same reference among pseudonyms.
    fn target(&mut self, subject: bool, text: &str) -> Option<String> {
        match reference::parse(text) {
            Reference::Relative { resource_type, id, .. } => {
                let name = resource_type.as_str();
                let pseudonym = self.pseudonyms.resource(self.source, name, id);
                if subject && name == "Patient" {
                    self.add_patient(pseudonym);
                }
                let mut target = String::with_capacity(name.len() + 33);
                target.push_str(name);
                target.push('/');
                pseudonym.write_to(&mut target);
                Some(target)
            }
            Reference::Contained("") => Some("#".to_owned()),
            Reference::Contained(id) => Some(format!("#{}", self.local_id(id))),
            Reference::Conditional { .. } => {
                self.unresolved += 1;
                self.conditional += 1;
                None
            }
            Reference::Urn(_) | Reference::Absolute(_) | Reference::Other(_) => {
                self.unresolved += 1;
                None
            }
        }
    }

    fn add_patient(&mut self, patient: Pseudonym) {
        if self.in_contained {
            self.other_patients.push(patient);
        } else {
            self.patients.push(patient);
        }
    }

    /// The patients of a resource that no policy describes: those that its own `patient` and
    /// `subject` name first, then any other that it refers to.
    pub(super) fn find_patients(&mut self, resource: &Value<'_>) {
        for name in ["patient", "subject"] {
            let found = resource.get(name).map(|value| self.patients_within(value)).unwrap_or_default();
            found.into_iter().for_each(|patient| self.add_patient(patient));
        }
        let others = self.patients_within(resource);
        self.other_patients.extend(others);
    }

    fn patients_within(&self, value: &Value<'_>) -> Vec<Pseudonym> {
        let mut found = Vec::new();
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items.iter().rev()),
                Value::Object(object) => {
                    let text = object.get("reference").and_then(Value::as_str).unwrap_or_default();
                    if let Reference::Relative { resource_type, id, .. } = reference::parse(text)
                        && resource_type.as_str() == "Patient"
                    {
                        found.push(self.pseudonyms.resource(self.source, "Patient", id));
                    }
                    let first = open.len();
                    open.extend(object.iter().map(|(_, member)| member));
                    open[first..].reverse();
                }
                _ => {}
            }
        }
        found
    }
}
