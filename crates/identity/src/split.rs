//! Takes a resource apart: what the policy keeps goes to raw, all else to the fragment.

mod coded;
mod extension;
mod reference;
mod walk;

use crate::{NhsClaim, Policy, Pseudonymise, fragment::Outcome};
use fhir::{
    ResourceType,
    json::{Object, Value},
};
use model::{Pseudonym, SourceId};
use std::borrow::Cow;
use walk::Walk;

/// What became of one resource.
#[derive(Debug)]
pub struct Split<'a> {
    /// What stays outside the vault.
    pub raw: Value<'a>,
    /// What goes to the vault; [`join`](crate::join) says how it mirrors the resource.
    pub fragment: Value<'a>,
    /// The patients it is about: the first is the record's, the others count for erasure. Of a Patient, itself.
    pub patients: Vec<Pseudonym>,
    /// The displays and units seen beside codes that were kept. They are free text: candidates for
    /// the dictionary, which admits one only after ten different patients.
    pub displays: Vec<Display<'a>>,
    /// Whether all of it but type and id went to the vault.
    pub whole_to_vault: bool,
    /// What a Patient says about its NHS number.
    pub nhs_number: NhsClaim,
    /// References that could not be pseudonymised and went to the vault: absolute, `urn:`, logical or malformed.
    pub unresolved_references: u32,
    /// Of these, the conditional ones (`Practitioner?identifier=…`).
    pub conditional_references: u32,
}

/// A text beside a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display<'a> {
    /// The code's system.
    pub system: Cow<'a, str>,
    /// The code, valid in that system.
    pub code: Cow<'a, str>,
    /// `Coding.display`, or `Quantity.unit`.
    pub display: Cow<'a, str>,
}

/// Splits a resource. Never fails: what cannot be placed goes whole to the vault, and raw
/// holds its type and pseudonymised id.
pub fn split<'a>(
    policy: &Policy,
    pseudonyms: &dyn Pseudonymise,
    source: &SourceId,
    resource_type: ResourceType,
    resource: Value<'a>,
) -> Split<'a> {
    let name = resource_type.as_str();
    let own_id = resource.get("id").and_then(Value::as_str).map(ToOwned::to_owned);
    let is_named = resource.get("resourceType").and_then(Value::as_str) == Some(name);
    let shape = policy.resource(resource_type).filter(|_| is_named);
    let mut walk = Walk::new(policy, pseudonyms, source, name, own_id);
    let patient = walk.own_id.as_deref().filter(|_| name == "Patient" && is_named);
    walk.patients.extend(patient.map(|id| pseudonyms.resource(source, name, id)));
    let mut nhs_number = NhsClaim::None;
    let outcome = match (shape, resource) {
        (Some(shape), Value::Object(object)) => {
            if name == "Patient" {
                nhs_number = NhsClaim::of(policy, source, &object);
            }
            walk.object(policy.shape(shape), object)
        }
        (_, resource) => {
            walk.find_patients(&resource);
            Outcome::replace(walk.stub(), resource)
        }
    };
    let (raw, fragment) = outcome.into_parts();
    let (patients, displays) = (walk.take_patients(), std::mem::take(&mut walk.displays));
    Split {
        raw,
        fragment,
        patients,
        displays,
        whole_to_vault: shape.is_none(),
        nhs_number,
        unresolved_references: walk.unresolved,
        conditional_references: walk.conditional,
    }
}

/// An object of these members.
fn object<'a>(members: impl IntoIterator<Item = (&'static str, Value<'a>)>) -> Value<'a> {
    let mut object = Object::new();
    for (name, value) in members {
        object.insert(name, value);
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests;
