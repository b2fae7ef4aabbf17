//! Changes of parts (RFC 7644 §3.5.2), made to a resource as JSON.

use super::{
    answer::ScimError,
    filter::{Filter, path_of},
};
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

/// Makes the changes of a request to `resource`, whose attributes have the names `known`. Those in `unkept` are known to
/// the standard and not kept here: what is done to them does nothing.
pub(super) fn apply(
    resource: &mut Map<String, Value>,
    request: &Value,
    (known, unkept): (&[&str], &[&str]),
) -> Result<(), ScimError> {
    let operations = request.as_object().and_then(|object| super::filter::member(object, "Operations"));
    let operations = operations.and_then(Value::as_array).filter(|operations| !operations.is_empty());
    let operations =
        operations.ok_or_else(|| ScimError::syntax("a PatchOp has `Operations`, one at least"))?;
    if operations.len() > MOST_OPERATIONS {
        return Err(ScimError::value(format!("a PatchOp has {MOST_OPERATIONS} operations at most")));
    }
    for operation in operations {
        let (kind, path, value) = read(operation)?;
        match path {
            Some(path) => {
                let target = target(path)?;
                match canonical(&target.attribute, known, unkept)? {
                    Some(attribute) => {
                        change(resource, kind, &Target { attribute: attribute.to_owned(), ..target }, value)?;
                    }
                    None => continue,
                }
            }
            None => whole(resource, kind, value, (known, unkept))?,
        }
    }
    Ok(())
}

/// The parts of an operation. Its word may be written in any case, as some directories do.
fn read(operation: &Value) -> Result<(Kind, Option<&str>, Option<&Value>), ScimError> {
    let object = operation.as_object().ok_or_else(|| ScimError::syntax("an operation is an object"))?;
    let field = |name: &str| super::filter::member(object, name);
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

/// An operation without a path: its value holds attributes.
fn whole(
    resource: &mut Map<String, Value>,
    kind: Kind,
    value: Option<&Value>,
    (known, unkept): (&[&str], &[&str]),
) -> Result<(), ScimError> {
    if kind == Kind::Remove {
        return Err(ScimError::no_target("what is removed is named by `path`"));
    }
    let value = value.and_then(Value::as_object);
    for (name, value) in value.ok_or_else(|| ScimError::value("without a `path`, `value` is an object"))? {
        if name.eq_ignore_ascii_case("schemas") || name.starts_with("urn:") && !name.contains(":User:") {
            continue;
        }
        // Some directories write whole paths here.
        let target = target(name)?;
        if let Some(attribute) = canonical(&target.attribute, known, unkept)? {
            change(resource, kind, &Target { attribute: attribute.to_owned(), ..target }, Some(value))?;
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
        return change_some(resource, kind, target, (which, value));
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
fn change_some(
    resource: &mut Map<String, Value>,
    kind: Kind,
    target: &Target,
    (which, _): (&Filter, Option<&Value>),
) -> Result<(), ScimError> {
    let values = resource.get_mut(&target.attribute).and_then(Value::as_array_mut);
    if kind != Kind::Remove || target.part.is_some() {
        let said = format!("single values of `{}` are added and removed, not changed", target.attribute);
        return Err(ScimError::mutability(said));
    }
    if let Some(values) = values {
        values.retain(|value| !which.is_met(value));
    }
    Ok(())
}

/// What tells a value from others: its `value`, or itself.
fn key(value: &Value) -> &Value {
    value.as_object().and_then(|object| super::filter::member(object, "value")).unwrap_or(value)
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
        apply(team.as_object_mut().unwrap(), &request, names)?;
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
