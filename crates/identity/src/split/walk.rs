//! The walk through a resource, side by side with the policy's tables. Values are moved, not copied.

use super::{Display, object};
use crate::{
    Policy, Pseudonymise,
    fragment::{Items, Members, Outcome},
    policy::{Plan, Shape},
    value,
};
use fhir::{
    ResourceType,
    json::{Object, Value},
};
use model::{Pseudonym, SourceId};

/// One resource's walk, and what it gathers.
pub(super) struct Walk<'p, 'a> {
    pub(super) policy: &'p Policy,
    pub(super) pseudonyms: &'p dyn Pseudonymise,
    pub(super) source: &'p SourceId,
    /// The type and id of the resource itself, also while in what it contains.
    pub(super) own_type: &'static str,
    pub(super) own_id: Option<String>,
    pub(super) in_contained: bool,
    pub(super) patients: Vec<Pseudonym>,
    /// Patients that contained resources are about: never the record's own.
    pub(super) other_patients: Vec<Pseudonym>,
    pub(super) displays: Vec<Display<'a>>,
    pub(super) unresolved: u32,
    pub(super) conditional: u32,
}

impl<'p, 'a> Walk<'p, 'a> {
    pub(super) fn new(
        policy: &'p Policy,
        pseudonyms: &'p dyn Pseudonymise,
        source: &'p SourceId,
        own_type: &'static str,
        own_id: Option<String>,
    ) -> Self {
        Self {
            policy,
            pseudonyms,
            source,
            own_type,
            own_id,
            in_contained: false,
            patients: Vec::new(),
            other_patients: Vec::new(),
            displays: Vec::new(),
            unresolved: 0,
            conditional: 0,
        }
    }

    /// The patients in order, each once.
    pub(super) fn take_patients(&mut self) -> Vec<Pseudonym> {
        let mut patients: Vec<Pseudonym> = Vec::new();
        for patient in self.patients.drain(..).chain(self.other_patients.drain(..)) {
            if !patients.contains(&patient) {
                patients.push(patient);
            }
        }
        patients
    }

    /// Type and id alone.
    pub(super) fn stub(&self) -> Value<'a> {
        let id = self.own_id.as_deref().map(|id| self.pseudonyms.resource(self.source, self.own_type, id));
        let id = id.map(|id| ("id", Value::from(id.to_string())));
        object(id.into_iter().chain([("resourceType", Value::from(self.own_type))]))
    }

    /// Keeps what the shape keeps of an object.
    pub(super) fn object(&mut self, shape: &Shape, object: Object<'a>) -> Outcome<'a> {
        let mut members = Members::default();
        for (name, value) in object {
            let outcome = match shape.plan(&name) {
                Some(plan) => self.value(plan, value),
                None => self.beside(shape, &name, value),
            };
            members.push(name, outcome);
        }
        members.finish()
    }

    /// `_x`, which holds the extensions of a primitive `x` (R4 §2.6.2). In an array its items are
    /// told by their place, so there it goes to the vault.
    fn beside(&mut self, shape: &Shape, name: &str, value: Value<'a>) -> Outcome<'a> {
        let known = name.strip_prefix('_').is_some_and(|name| shape.plan(name).is_some());
        let Value::Object(object) = value else { return Outcome::Drop(value) };
        if !known {
            return Outcome::Drop(Value::Object(object));
        }
        let mut members = Members::default();
        for (name, value) in object {
            let outcome =
                if name == "extension" { self.value(&Plan::Extension, value) } else { Outcome::Drop(value) };
            members.push(name, outcome);
        }
        members.finish()
    }

    /// Keeps what the plan keeps of a value; of an array, of each item.
    pub(super) fn value(&mut self, plan: &Plan, value: Value<'a>) -> Outcome<'a> {
        match value {
            Value::Array(array) => {
                let mut items = Items::default();
                for item in array {
                    let is_array = matches!(item, Value::Array(_));
                    items.push(if is_array { Outcome::Drop(item) } else { self.one(plan, item) });
                }
                items.finish()
            }
            value => self.one(plan, value),
        }
    }

    fn one(&mut self, plan: &Plan, value: Value<'a>) -> Outcome<'a> {
        match (plan, value) {
            (Plan::Boolean, Value::Bool(value)) => Outcome::Keep(Value::Bool(value)),
            (Plan::Number, Value::Number(token)) if value::is_short_number(&token) => {
                Outcome::Keep(Value::Number(token))
            }
            (Plan::Object(shape), Value::Object(object)) => self.object(self.policy.shape(*shape), object),
            (Plan::Coding, Value::Object(object)) => self.coding(object),
            (Plan::Quantity, Value::Object(object)) => self.quantity(object),
            (Plan::Reference { subject }, Value::Object(object)) => self.reference(*subject, object),
            (Plan::Extension, Value::Object(object)) => self.extension(None, object),
            (Plan::Contained, Value::Object(object)) => self.contained(object),
            (plan, Value::String(text)) => {
                if plan.admits_text(self.policy, &text) {
                    return Outcome::Keep(Value::String(text));
                }
                match self.changed(plan, &text) {
                    Some(new) if new == text => Outcome::Keep(Value::String(text)),
                    Some(new) => Outcome::replace(Value::from(new), Value::String(text)),
                    None => Outcome::Drop(Value::String(text)),
                }
            }
            (_, value) => Outcome::Drop(value),
        }
    }

    /// What a string becomes that may not stay as it is.
    fn changed(&self, plan: &Plan, text: &str) -> Option<String> {
        match plan {
            Plan::Day => value::day(text).map(ToOwned::to_owned),
            Plan::Month => value::month(text).map(ToOwned::to_owned),
            Plan::District => self.policy.district(text),
            Plan::Id if self.in_contained => Some(self.local_id(text).to_string()),
            Plan::Id => Some(self.pseudonyms.resource(self.source, self.own_type, text).to_string()),
            // Checked when the walk entered the resource.
            Plan::ResourceType => Some(text.to_owned()),
            _ => None,
        }
    }

    /// The pseudonym of a contained resource's id, which counts only within its container.
    pub(super) fn local_id(&self, id: &str) -> Pseudonym {
        // No FHIR id holds `#`, so no resource of its own can have the same.
        let id = format!("{}#{id}", self.own_id.as_deref().unwrap_or_default());
        self.pseudonyms.resource(self.source, self.own_type, &id)
    }

    /// A contained resource is split by the policy of its own type; one without policy leaves type and id.
    fn contained(&mut self, resource: Object<'a>) -> Outcome<'a> {
        let kind = resource.get("resourceType").and_then(Value::as_str).and_then(ResourceType::parse);
        let Some(kind) = kind.filter(|_| !self.in_contained) else {
            return Outcome::Drop(Value::Object(resource));
        };
        let Some(shape) = self.policy.resource(kind) else {
            let resource = Value::Object(resource);
            self.find_patients(&resource);
            let id = resource.get("id").and_then(Value::as_str).map(|id| self.local_id(id).to_string());
            let id = id.map(|id| ("id", Value::from(id)));
            let stub = object(id.into_iter().chain([("resourceType", Value::from(kind.as_str()))]));
            return Outcome::replace(stub, resource);
        };
        self.in_contained = true;
        let outcome = self.object(self.policy.shape(shape), resource);
        self.in_contained = false;
        outcome
    }
}
