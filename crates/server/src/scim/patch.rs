//! Changes of parts (RFC 7644 §3.5.2), made to a resource as JSON.

use super::{
    answer::ScimError,
    body,
    filter::{Filter, member, path_of},
};
use crate::console::desk::Desk;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use http::Method;
use serde_json::{Map, Value};

/// The most operations of one request.
const MOST_OPERATIONS: usize = 1000;

/// What one operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Add,
    Remove,
    Replace,
}

/// Where one operation does it.
struct Target {
    /// The attribute.
    attribute: String,
    /// Which of its values, if not all.
    which: Option<Filter>,
    /// A part of it.
    part: Option<String>,
}

/// A change of one resource: all of it (RFC 7644 §3.5.1), or parts.
pub(super) enum Change {
    /// It becomes this.
    Whole(Map<String, Value>),
    /// These operations are carried out on it.
    Parts(Map<String, Value>),
}

impl FromRequest<Desk> for Change {
    type Rejection = ScimError;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, ScimError> {
        let is_whole = request.method() == Method::PUT;
        let bytes = Bytes::from_request(request, desk).await.map_err(|_| ScimError::body())?;
        let told = body::object(&bytes)?;
        Ok(if is_whole { Self::Whole(told) } else { Self::Parts(told) })
    }
}

/// The attributes of a resource: those that are kept, and those that are known to the standard and not kept here; what
/// is done to these does nothing.
pub(super) type Names<'n> = (&'n [&'n str], &'n [&'n str]);

impl Change {
    /// What becomes of `resource`.
    pub(super) fn of(
        self,
        mut resource: Map<String, Value>,
        names: Names<'_>,
    ) -> Result<Map<String, Value>, ScimError> {
        match self {
            Self::Whole(told) => Ok(told),
            Self::Parts(request) => apply(&mut resource, &request, names).map(|()| resource),
        }
    }
}

fn apply(
    resource: &mut Map<String, Value>,
    request: &Map<String, Value>,
    names: Names<'_>,
) -> Result<(), ScimError> {
    let operations = member(request, "Operations").and_then(Value::as_array);
    let operations = operations
        .filter(|operations| !operations.is_empty())
        .ok_or_else(|| ScimError::syntax("a PatchOp has `Operations`, one at least"))?;
    if operations.len() > MOST_OPERATIONS {
        return Err(ScimError::value(format!("a PatchOp has {MOST_OPERATIONS} operations at most")));
    }
    for operation in operations {
        let (kind, path, value) = read(operation)?;
        match path {
            Some(path) => change_at(resource, kind, (path, value), names)?,
            None => whole(resource, kind, value, names)?,
        }
    }
    Ok(())
}

/// Carries an operation out at a path.
fn change_at(
    resource: &mut Map<String, Value>,
    kind: Kind,
    (path, value): (&str, Option<&Value>),
    (known, unkept): Names<'_>,
) -> Result<(), ScimError> {
    let target = target(path)?;
    match canonical(&target.attribute, known, unkept)? {
        Some(attribute) => {
            change(resource, kind, &Target { attribute: attribute.to_owned(), ..target }, value)
        }
        None => Ok(()),
    }
}

/// The parts of an operation. Its word may be written in any case, as some directories do.
fn read(operation: &Value) -> Result<(Kind, Option<&str>, Option<&Value>), ScimError> {
    let object = operation.as_object().ok_or_else(|| ScimError::syntax("an operation is an object"))?;
    let field = |name: &str| member(object, name);
    let word = field("op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let kind = match word.as_str() {
        "add" => Kind::Add,
        "remove" => Kind::Remove,
        "replace" => Kind::Replace,
        _ => return Err(ScimError::syntax("`op` is add, remove or replace")),
    };
    let path = match field("path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(path.as_str()),
        Some(_) => return Err(ScimError::path("`path` is a text")),
    };
    Ok((kind, path, field("value")))
}

/// The name by which an attribute is known, or `None` for one that is not kept.
fn canonical<'k>(attribute: &str, known: &[&'k str], unkept: &[&str]) -> Result<Option<&'k str>, ScimError> {
    let is = |name: &&&str| name.eq_ignore_ascii_case(attribute);
    match (known.iter().find(|name| name.eq_ignore_ascii_case(attribute)), unkept.iter().find(is)) {
        (Some(name), _) => Ok(Some(name)),
        (None, Some(_)) => Ok(None),
        (None, None) => Err(ScimError::path(format!("there is no attribute `{attribute}` here"))),
    }
}

/// `attribute`, `attribute.part`, `attribute[filter]` or `attribute[filter].part`.
fn target(path: &str) -> Result<Target, ScimError> {
    let wrong = || ScimError::path(format!("`{path}` is no path"));
    let (names, which, rest) = match path.split_once('[') {
        None => (path, None, ""),
        Some((names, within)) => {
            let (filter, rest) = within.rsplit_once(']').ok_or_else(wrong)?;
            (names, Some(Filter::parse(filter)?), rest)
        }
    };
    // An extension's name alone is a path too; nothing of one is kept.
    let names = path_of(names.trim()).ok_or_else(wrong)?;
    let after = match rest.strip_prefix('.') {
        Some(part) => Some(part.to_owned()),
        None if rest.is_empty() => None,
        None => return Err(wrong()),
    };
    let mut names = names.into_iter();
    let attribute = names.next().ok_or_else(wrong)?;
    Ok(Target { attribute, which, part: after.or_else(|| names.next()) })
}

/// An operation without a path: its value holds attributes, and extensions as objects under their names.
fn whole(
    resource: &mut Map<String, Value>,
    kind: Kind,
    value: Option<&Value>,
    names: Names<'_>,
) -> Result<(), ScimError> {
    if kind == Kind::Remove {
        return Err(ScimError::no_target("what is removed is named by `path`"));
    }
    let value = value.and_then(Value::as_object);
    for (name, value) in value.ok_or_else(|| ScimError::value("without a `path`, `value` is an object"))? {
        let is_extension = name.starts_with("urn:") && value.is_object();
        if !is_extension && !name.eq_ignore_ascii_case("schemas") {
            // Some directories write whole paths here.
            change_at(resource, kind, (name, Some(value)), names)?;
        }
    }
    Ok(())
}

fn change(
    resource: &mut Map<String, Value>,
    kind: Kind,
    target: &Target,
    value: Option<&Value>,
) -> Result<(), ScimError> {
    let attribute = target.attribute.as_str();
    if let Some(which) = &target.which {
        return remove_some(resource, kind, target, which);
    }
    if target.part.is_some() {
        return Err(ScimError::path(format!("`{attribute}` has no parts that are changed one by one")));
    }
    match (kind, value) {
        // Some directories name in `value` which ones are to go.
        (Kind::Remove, Some(Value::Array(gone))) if !gone.is_empty() => {
            if let Some(Value::Array(values)) = resource.get_mut(attribute) {
                values.retain(|value| !gone.iter().any(|gone| key(gone) == key(value)));
            }
        }
        (Kind::Remove, _) => drop(resource.remove(attribute)),
        (_, None) => return Err(ScimError::value(format!("there is no `value` for `{attribute}`"))),
        (Kind::Add, Some(value)) => match (resource.get_mut(attribute), value) {
            (Some(Value::Array(values)), Value::Array(more)) => more.iter().for_each(|one| add(values, one)),
            (Some(Value::Array(values)), one) => add(values, one),
            _ => drop(resource.insert(attribute.to_owned(), value.clone())),
        },
        (Kind::Replace, Some(value)) => drop(resource.insert(attribute.to_owned(), value.clone())),
    }
    Ok(())
}

/// Removes those values of an attribute that are so; no other change of some of them can be kept.
fn remove_some(
    resource: &mut Map<String, Value>,
    kind: Kind,
    target: &Target,
    which: &Filter,
) -> Result<(), ScimError> {
    if kind != Kind::Remove || target.part.is_some() {
        let said = format!("single values of `{}` are added and removed, not changed", target.attribute);
        return Err(ScimError::mutability(said));
    }
    if let Some(values) = resource.get_mut(&target.attribute).and_then(Value::as_array_mut) {
        values.retain(|value| !which.is_met(value));
    }
    Ok(())
}

/// What tells a value from others: its `value`, or itself.
fn key(value: &Value) -> &Value {
    value.as_object().and_then(|object| member(object, "value")).unwrap_or(value)
}

/// Adds a value unless it is there (RFC 7644 §3.5.2.1).
fn add(values: &mut Vec<Value>, one: &Value) {
    if !values.iter().any(|value| key(value) == key(one)) {
        values.push(one.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(operations: Value) -> Result<Value, ScimError> {
        let mut team = json!({ "displayName": "Team", "members": [{ "value": "ann" }, { "value": "max" }] });
        let request = json!({ "Operations": operations });
        let names: (&[&str], &[&str]) = (&["displayName", "members", "externalId"], &["emails"]);
        apply(team.as_object_mut().unwrap(), request.as_object().unwrap(), names)?;
        Ok(team)
    }

    #[test]
    fn values_are_added_removed_and_replaced() {
        let members = |operations| changed(operations).unwrap()["members"].clone();
        let eve = json!([{ "value": "eve" }]);
        let all = json!([{ "value": "ann" }, { "value": "max" }, { "value": "eve" }]);
        for operation in [
            json!([{ "op": "add", "path": "members", "value": [{ "value": "ann" }, { "value": "eve" }] }]),
            json!([{ "op": "Add", "path": "Members", "value": { "value": "eve" } }]),
            json!([{ "op": "add", "value": { "members": eve } }]),
        ] {
            assert_eq!(members(operation), all);
        }
        let max = json!([{ "value": "max" }]);
        assert_eq!(members(json!([{ "op": "remove", "path": "members[value eq \"ann\"]" }])), max);
        assert_eq!(
            members(json!([{ "op": "Remove", "path": "members", "value": [{ "value": "ann" }] }])),
            max
        );
        assert_eq!(members(json!([{ "op": "replace", "path": "members", "value": eve }])), eve);
        assert_eq!(members(json!([{ "op": "remove", "path": "members" }])), Value::Null);
        let renamed = json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "value": "New" },
            { "op": "add", "path": "emails", "value": "x" }, { "op": "replace", "value": { "externalId": "7" } }]);
        assert_eq!(changed(renamed.clone()).unwrap()["displayName"], "New");
        assert_eq!(changed(renamed).unwrap()["externalId"], "7");
        let whole = json!([{ "op": "replace", "value": {
            "urn:ietf:params:scim:schemas:core:2.0:Group:displayName": "New",
            "urn:example:of:their:own": { "displayName": "not this" },
        } }]);
        assert_eq!(changed(whole).unwrap()["displayName"], "New");
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for operations in [
            json!([]),
            json!(7),
            json!(["add"]),
            json!([{ "op": "move", "path": "members" }]),
            json!([{ "op": "remove" }]),
            json!([{ "op": "add", "path": "members" }]),
            json!([{ "op": "add", "value": 7 }]),
            json!([{ "op": "add", "path": "shoeSize", "value": 7 }]),
            json!([{ "op": "add", "path": "members[", "value": 7 }]),
            json!([{ "op": "add", "path": 7, "value": 7 }]),
            json!([{ "op": "replace", "path": "members[value eq \"ann\"].value", "value": "eve" }]),
            json!([{ "op": "replace", "path": "displayName.x", "value": "eve" }]),
        ] {
            assert!(changed(operations.clone()).is_err(), "{operations}");
        }
    }
}
