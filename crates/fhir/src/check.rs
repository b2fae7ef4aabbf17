//! Whether a JSON value is a resource as FHIR R4 has it.
//!
//! Structure, cardinality, primitive values, required codes, references' syntax and the rules of
//! extensions and contained resources are checked; profiles, terminology beyond required code
//! lists, FHIRPath invariants and whether references lead anywhere are not.
//! Nothing is allocated while all is well.

mod element;
mod moment;
mod place;
mod primitive;

pub(crate) use primitive::is_id;

use crate::{
    Issue, IssueCode, ResourceType,
    json::{self, Object, Value},
    r4::{Knowledge, knowledge},
};
use place::Place;

/// How many issues are told at most of one resource.
pub const MAX_ISSUES: usize = 20;

/// What a check found of a good resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its own id, if it has one.
    pub id: Option<String>,
}

/// Checks a whole resource; with `expected`, that it is of that type too.
///
/// # Errors
/// Up to [`MAX_ISSUES`] issues, each with its place. They hold no values and no unknown names.
pub fn check(resource: &Value<'_>, expected: Option<ResourceType>) -> Result<Checked, Vec<Issue>> {
    check_with(resource, expected, EntryResources::Checked)
}

/// Reads a JSON text and checks the resource in it.
///
/// # Errors
/// One issue if it is not JSON, else as [`check`].
pub fn read(text: &[u8], expected: Option<ResourceType>) -> Result<(Value<'_>, Checked), Vec<Issue>> {
    let value = json::parse(text).map_err(|error| vec![error.into()])?;
    let checked = check(&value, expected)?;
    Ok((value, checked))
}

/// Whether the resources in a Bundle's entries are checked with it, or later, one by one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryResources {
    Checked,
    Left,
}

/// As [`check`], with a choice about Bundles.
pub(crate) fn check_with(
    resource: &Value<'_>,
    expected: Option<ResourceType>,
    entry_resources: EntryResources,
) -> Result<Checked, Vec<Issue>> {
    let mut checker = Checker { knowledge: knowledge(), issues: Vec::new(), entry_resources };
    let found = checker.root(resource, expected);
    match found {
        Some(checked) if checker.issues.is_empty() => Ok(checked),
        _ => Err(checker.issues),
    }
}

/// Where a resource stands, as far as rules depend on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Own,
    Contained,
}

struct Checker {
    knowledge: &'static Knowledge,
    issues: Vec<Issue>,
    entry_resources: EntryResources,
}

impl Checker {
    fn issue(&mut self, place: &Place<'_>, code: IssueCode, diagnostics: impl Into<String>) {
        if !self.is_full() {
            self.issues.push(Issue::error(code, place.to_string(), diagnostics));
        }
    }

    fn is_full(&self) -> bool {
        self.issues.len() >= MAX_ISSUES
    }

    fn root(&mut self, resource: &Value<'_>, expected: Option<ResourceType>) -> Option<Checked> {
        let nowhere = Place::root(expected.map_or("Resource", ResourceType::as_str));
        let Some(object) = resource.as_object() else {
            self.issue(&nowhere, IssueCode::Structure, "a resource is a JSON object");
            return None;
        };
        let resource_type = self.resource_type(object, &nowhere)?;
        if expected.is_some_and(|expected| expected != resource_type) {
            let wanted = format!("`resourceType` must be `{}` here", nowhere);
            self.issue(&nowhere, IssueCode::Invalid, wanted);
            return None;
        }
        self.resource(resource_type, object, &Place::root(resource_type.as_str()), Standing::Own);
        let id = object.get("id").and_then(Value::as_str).map(str::to_owned);
        Some(Checked { resource_type, id })
    }

    /// The type that an object says it is, or an issue.
    fn resource_type(&mut self, object: &Object<'_>, place: &Place<'_>) -> Option<ResourceType> {
        let (code, text) = match object.get("resourceType") {
            None => (IssueCode::Structure, "a resource has a `resourceType`"),
            Some(Value::String(name)) => match ResourceType::parse(name) {
                Some(found) => return Some(found),
                None => {
                    (IssueCode::NotSupported, "`resourceType` must name a resource type of FHIR R4 (4.0.1)")
                }
            },
            Some(_) => (IssueCode::Structure, "`resourceType` must be a string"),
        };
        self.issue(place, code, text);
        None
    }

    fn resource(&mut self, kind: ResourceType, object: &Object<'_>, place: &Place<'_>, standing: Standing) {
        let Some(def) = kind.def() else { return };
        if standing == Standing::Contained {
            if object.get("contained").is_some() {
                let text = "a contained resource does not contain others (R4 §2.1.4, dom-2)";
                self.issue(place, IssueCode::Invariant, text);
            }
            if object.get("id").is_none() {
                self.issue(place, IssueCode::Required, "a contained resource has an `id` (R4 §2.3.0.2)");
            }
        }
        self.members(def, object, place);
    }

    /// A resource inside another: contained, or the content of a Bundle's entry or a parameter.
    fn inner_resource(&mut self, value: &Value<'_>, place: &Place<'_>, standing: Standing) {
        let Some(object) = value.as_object() else {
            return self.issue(place, IssueCode::Structure, "a resource is a JSON object");
        };
        if standing == Standing::Own && self.entry_resources == EntryResources::Left {
            return;
        }
        if let Some(kind) = self.resource_type(object, place) {
            self.resource(kind, object, place, standing);
        }
    }
}

#[cfg(test)]
mod tests;
