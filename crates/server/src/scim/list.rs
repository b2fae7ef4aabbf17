//! Lists, and parts of resources (RFC 7644 §3.4.2 and §3.9).

use super::{
    answer::{ScimError, answer},
    filter::{Filter, path_of},
};
use axum::{
    extract::{FromRequestParts, Query},
    response::Response,
};
use http::{StatusCode, request::Parts};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most resources of one answer.
pub(super) const MOST: usize = 200;

/// What a request asks of a list, or of a resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) filter: Option<Filter>,
    /// From which one on, counted from 1.
    start: usize,
    count: usize,
    part: Shown,
}

/// The attributes that are shown.
#[derive(Clone, Debug, Default)]
enum Shown {
    #[default]
    All,
    /// These, and those that are always.
    These(Vec<Vec<String>>),
    /// All but these.
    AllBut(Vec<Vec<String>>),
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = ScimError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScimError> {
        let Query(fields) = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri)
            .map_err(|_| ScimError::syntax("the query of the address cannot be read"))?;
        Self::read(&|name| fields.get(name).cloned())
    }
}

impl Asked {
    /// What the body of a search asks (RFC 7644 §3.4.3).
    pub(super) fn of_body(body: Map<String, Value>) -> Result<Self, ScimError> {
        Self::read(&|name| match body.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(several) => {
                Some(several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))
            }
            Value::Null => None,
            other => Some(other.to_string()),
        })
    }

    fn read(field: &dyn Fn(&str) -> Option<String>) -> Result<Self, ScimError> {
        let number = |name: &str, otherwise: usize| match field(name) {
            None => Ok(otherwise),
            // Less than none is none, less than the first is the first.
            Some(text) => match text.parse::<i64>() {
                Ok(number) => Ok(usize::try_from(number).unwrap_or_default()),
                Err(_) => Err(ScimError::value(format!("`{name}` is a number"))),
            },
        };
        let paths =
            |text: String| -> Vec<_> { text.split(',').filter_map(|path| path_of(path.trim())).collect() };
        let part = match (field("attributes"), field("excludedAttributes")) {
            (Some(_), Some(_)) => {
                return Err(ScimError::value("`attributes` and `excludedAttributes` exclude each other"));
            }
            (Some(these), _) => Shown::These(paths(these)),
            (_, Some(these)) => Shown::AllBut(paths(these)),
            _ => Shown::All,
        };
        let filter = field("filter").map(|text| Filter::parse(&text)).transpose()?;
        Ok(Self {
            filter,
            start: number("startIndex", 1)?.max(1),
            count: number("count", MOST)?.min(MOST),
            part,
        })
    }

    /// What is shown of a resource.
    pub(super) fn of(&self, mut resource: Value) -> Value {
        let Some(object) = resource.as_object_mut() else { return resource };
        match &self.part {
            Shown::All => {}
            Shown::These(paths) => keep(object, paths, &["schemas", "id"]),
            Shown::AllBut(paths) => paths.iter().for_each(|path| leave_out(object, path)),
        }
        resource
    }

    /// The resources that are meant, as a list of them, and how many they are in all.
    pub(super) fn list(&self, resources: Vec<Value>) -> (Response, usize) {
        let is_meant = |resource: &Value| self.filter.as_ref().is_none_or(|filter| filter.is_met(resource));
        let meant: Vec<_> = resources.into_iter().filter(is_meant).collect();
        let all = meant.len();
        let page = meant.into_iter().skip(self.start - 1).take(self.count).map(|resource| self.of(resource));
        (list(all, self.start, page.collect()), all)
    }
}

/// A list of resources (RFC 7644 §3.4.2).
pub(super) fn list(all: usize, start: usize, page: Vec<Value>) -> Response {
    let told = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": all, "startIndex": start, "itemsPerPage": page.len(), "Resources": page,
    });
    answer(StatusCode::OK, &told)
}

/// Keeps the attributes at these paths, and those called so.
fn keep(object: &mut Map<String, Value>, paths: &[Vec<String>], always: &[&str]) {
    object.retain(|key, value| {
        if always.contains(&key.as_str()) {
            return true;
        }
        let below: Vec<_> = paths
            .iter()
            .filter_map(|path| path.split_first())
            .filter(|(first, _)| first.eq_ignore_ascii_case(key))
            .map(|(_, rest)| rest.to_vec())
            .collect();
        if !below.is_empty() && below.iter().all(|rest| !rest.is_empty()) {
            each_object(value, &mut |part| keep(part, &below, &[]));
        }
        !below.is_empty()
    });
}

/// Leaves out the attribute at a path; what is always shown stays.
fn leave_out(object: &mut Map<String, Value>, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    let is_meant = |key: &str| first.eq_ignore_ascii_case(key);
    if rest.is_empty() {
        return object.retain(|key, _| !is_meant(key) || matches!(key.as_str(), "schemas" | "id"));
    }
    for (_, value) in object.iter_mut().filter(|(key, _)| is_meant(key)) {
        each_object(value, &mut |part| leave_out(part, rest));
    }
}

fn each_object(value: &mut Value, act: &mut dyn FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => act(object),
        Value::Array(several) => several.iter_mut().for_each(|one| each_object(one, act)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(field: &str, paths: &str) -> Value {
        let ann = json!({
            "schemas": ["x"], "id": "ann", "userName": "ann",
            "meta": { "created": "c", "location": "l" }, "groups": [{ "value": "g", "display": "d" }],
        });
        Asked::read(&|name| (name == field).then(|| paths.to_owned())).unwrap().of(ann)
    }

    #[test]
    fn parts_of_a_resource_are_shown_as_asked() {
        let these = shown("attributes", "USERNAME,groups.value");
        assert_eq!(
            these,
            json!({ "schemas": ["x"], "id": "ann", "userName": "ann", "groups": [{ "value": "g" }] })
        );
        let but = shown("excludedAttributes", "id,userName,meta.created,groups");
        assert_eq!(but, json!({ "schemas": ["x"], "id": "ann", "meta": { "location": "l" } }));
    }

    #[test]
    fn odd_numbers_are_those_nearby_and_words_are_refused() {
        let read = |start: &str| {
            Asked::read(&|name| (name == "startIndex").then(|| start.to_owned())).map(|asked| asked.start)
        };
        assert_eq!(read("-3").ok(), Some(1));
        assert_eq!(read("7").ok(), Some(7));
        assert!(read("x").is_err());
    }
}
