//! Literal references (R4 §2.3.0.1): what they point to, and how to point them elsewhere.

use crate::{
    ResourceType,
    check::is_id,
    json::{Object, Value},
    r4::{Kind, Rule, TypeDef, knowledge},
};

/// What a `Reference.reference` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `Patient/23` or `Patient/23/_history/2`, relative to the server's base.
    Relative {
        /// The type.
        resource_type: ResourceType,
        /// The logical id.
        id: &'a str,
        /// The version's id, if one is named.
        version: Option<&'a str>,
    },
    /// `#x`, a contained resource; its id without the `#`. Empty is the container itself.
    Contained(&'a str),
    /// `urn:uuid:…` or `urn:oid:…`, as it stands.
    Urn(&'a str),
    /// An absolute URL, as it stands.
    Absolute(&'a str),
    /// `Practitioner?identifier=…`: whichever resource the search finds (R4 §3.1.0.11.3).
    Conditional {
        /// The type.
        resource_type: ResourceType,
        /// What follows the `?`, as it stands.
        query: &'a str,
    },
    /// None of these.
    Other(&'a str),
}

/// Tells what `text` points to.
#[must_use]
pub fn parse(text: &str) -> Reference<'_> {
    let clean = !text.is_empty() && text.bytes().all(|byte| byte > b' ');
    clean.then(|| recognise(text)).flatten().unwrap_or(Reference::Other(text))
}

fn recognise(text: &str) -> Option<Reference<'_>> {
    if let Some(id) = text.strip_prefix('#') {
        // Ids of contained resources in the wild go beyond the id type, so only their shape matters here.
        return Some(Reference::Contained(id));
    }
    if let Some(urn) = text.strip_prefix("urn:") {
        let known =
            ["uuid:", "oid:"].iter().any(|kind| urn.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
        return known.then_some(Reference::Urn(text));
    }
    let name_end = text.bytes().position(|byte| !byte.is_ascii_alphabetic())?;
    let (name, rest) = text.split_at_checked(name_end)?;
    if let Some(query) = rest.strip_prefix('?') {
        let resource_type = ResourceType::parse(name)?;
        return (!query.is_empty()).then_some(Reference::Conditional { resource_type, query });
    }
    if let Some(path) = rest.strip_prefix('/') {
        let resource_type = ResourceType::parse(name)?;
        let (id, version) = match path.split_once("/_history/") {
            Some((id, version)) => (id, Some(version)),
            None => (path, None),
        };
        let good = is_id(id) && version.is_none_or(is_id);
        return good.then_some(Reference::Relative { resource_type, id, version });
    }
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let (scheme, rest) = text.split_once(':')?;
    (scheme.bytes().all(is_scheme) && !rest.is_empty()).then_some(Reference::Absolute(text))
}

/// The key that SQL on FHIR's `getReferenceKey` gives: the id of the resource that a reference names. `None` of
/// contained and conditional ones, and where that is of another type than `wanted`. `stated` is asked for
/// `Reference.type` where the text does not say the type.
pub fn key<'a>(
    text: &'a str,
    stated: impl FnOnce() -> Option<&'a str>,
    wanted: Option<&str>,
) -> Option<&'a str> {
    if let Some(uuid) = text.strip_prefix("urn:uuid:") {
        return wanted.is_none_or(|wanted| stated() == Some(wanted)).then_some(uuid);
    }
    let text = text.split_once("/_history/").map_or(text, |(text, _)| text);
    if text.starts_with('#') || text.contains('?') {
        return None;
    }
    let (before, id) = text.rsplit_once('/').unwrap_or(("", text));
    let found = before.rsplit_once('/').map_or(before, |(_, found)| found);
    let is_wanted = |wanted| if found.is_empty() { stated() == Some(wanted) } else { found == wanted };
    wanted.is_none_or(is_wanted).then_some(id)
}

/// Calls `f` with each `Reference.reference` string in the resource, contained and entered resources
/// included, and puts what it gives in its place. Members that R4 does not know are passed over.
pub fn rewrite<'a>(value: &mut Value<'a>, f: &mut dyn FnMut(&str) -> Option<String>) {
    let def = value.get("resourceType").and_then(Value::as_str).and_then(ResourceType::parse);
    if let (Some(def), Some(object)) = (def.and_then(ResourceType::def), value.as_object_mut()) {
        rewrite_members(def, object, f);
    }
}

fn rewrite_members<'a>(
    def: &'static TypeDef,
    object: &mut Object<'a>,
    f: &mut dyn FnMut(&str) -> Option<String>,
) {
    for (name, member) in object.iter_mut() {
        let plain = name.strip_prefix('_').unwrap_or(name);
        let Some(found) = def.element(plain) else { continue };
        let inner = knowledge().def(found.type_id);
        if def.rule == Rule::Reference
            && name == "reference"
            && let Value::String(text) = member
        {
            if let Some(new) = f(text) {
                *member = Value::from(new);
            }
        } else if !matches!(inner.kind, Kind::Primitive(_)) {
            each_object(member, &mut |value| rewrite_one(inner, value, f));
        } else if name.len() != plain.len()
            && let Some(element) = knowledge().type_def("Element")
        {
            each_object(member, &mut |value| rewrite_one(element, value, f));
        }
    }
}

fn rewrite_one<'a>(def: &'static TypeDef, value: &mut Value<'a>, f: &mut dyn FnMut(&str) -> Option<String>) {
    if def.is_abstract {
        rewrite(value, f);
    } else if let Value::Object(object) = value {
        rewrite_members(def, object, f);
    }
}

fn each_object<'a>(value: &mut Value<'a>, f: &mut dyn FnMut(&mut Value<'a>)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(f),
        other => f(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_say_what_they_point_to() {
        let patient = ResourceType::parse("Patient").unwrap();
        let relative = |id, version| Reference::Relative { resource_type: patient, id, version };
        for (text, expected) in [
            ("Patient/23", relative("23", None)),
            ("Patient/23/_history/2", relative("23", Some("2"))),
            ("#x", Reference::Contained("x")),
            ("#", Reference::Contained("")),
            ("urn:uuid:a", Reference::Urn("urn:uuid:a")),
            ("urn:oid:1.2", Reference::Urn("urn:oid:1.2")),
            ("https://a.example/fhir/Patient/1", Reference::Absolute("https://a.example/fhir/Patient/1")),
            (
                "Patient?identifier=a|b",
                Reference::Conditional { resource_type: patient, query: "identifier=a|b" },
            ),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in [
            "",
            "23",
            "Patient/",
            "Patient",
            "Patients/1",
            "Patient/a b",
            "Patient/a/b",
            "patient/1",
            "urn:uuid:",
            "urn:x:1",
            "Patient?",
            "/Patient/1",
            "a b://c",
            "Ä/1",
        ] {
            assert_eq!(parse(text), Reference::Other(text), "{text}");
        }
    }

    #[test]
    fn every_reference_and_nothing_else_is_rewritten() {
        let text = br##"{"resourceType":"Observation","subject":{"reference":"Patient/1","display":"Patient/1"},
            "_status":{"extension":[{"url":"u","valueReference":{"reference":"Patient/1"}}]},
            "hasMember":[{"reference":"Observation/2"},{"reference":"#c"}],
            "contained":[{"resourceType":"ImmunizationRecommendation","id":"c","patient":{"reference":"Patient/1"}},
              {"resourceType":"Immunization","id":"d","education":[{"reference":"Patient/1"}]}]}"##;
        let mut value = crate::json::parse(text).unwrap();
        let mut met = Vec::new();
        rewrite(&mut value, &mut |text| {
            met.push(text.to_owned());
            (text == "Patient/1").then(|| "Patient/new".to_owned())
        });
        assert_eq!(met, ["Patient/1", "Patient/1", "Observation/2", "#c", "Patient/1"]);
        let canonical = String::from_utf8(value.to_canonical()).unwrap();
        assert_eq!(canonical.matches("Patient/new").count(), 3);
        assert!(canonical.contains(r#""education":[{"reference":"Patient/1"}]"#));
    }

    #[test]
    fn a_key_is_the_id_of_what_is_named_if_that_is_of_the_type_asked_for() {
        for (text, stated, wanted, found) in [
            ("Patient/1", None, None, Some("1")),
            ("Patient/1/_history/2", None, Some("Patient"), Some("1")),
            ("Patient/1", Some("Group"), Some("Group"), None),
            ("http://h/fhir/Patient/1", None, Some("Patient"), Some("1")),
            ("urn:uuid:x", Some("Patient"), Some("Patient"), Some("x")),
            ("urn:uuid:x", None, Some("Patient"), None),
            ("1", Some("Patient"), Some("Patient"), Some("1")),
            ("#1", None, None, None),
            ("Patient?identifier=1", None, None, None),
        ] {
            assert_eq!(key(text, || stated, wanted), found, "{text} as {wanted:?}");
        }
    }
}
