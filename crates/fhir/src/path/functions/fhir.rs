//! What FHIR adds (R4 "FHIRPath", "Additional functions"). What needs profiles or terminology is refused.

use super::{Answer, Call, Definition, maybe, truth};
use crate::{
    json::Value,
    path::{
        error::Rule,
        evaluate::Evaluator,
        item::{Element, Item},
        types,
    },
    r4::knowledge,
    reference::{self, Reference},
};

const TERMINOLOGY: &str = "terminology is asked of a terminology server, which an expression cannot reach";
const PROFILES: &str = "profiles are the validator's affair: only types of R4 itself are known here";
const NARRATIVE: &str = "the narrative's XHTML is not checked by expressions";

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("extension", 1, 1, extension),
    Definition::new("hasValue", 0, 0, |_, call| truth(has_value(call))).boolean(),
    Definition::new("getValue", 0, 0, |_, call| maybe(primitive(call))),
    Definition::new("resolve", 0, 0, resolve),
    Definition::new("conformsTo", 1, 1, conforms_to).boolean(),
    Definition::refused("memberOf", 1, TERMINOLOGY),
    Definition::refused("subsumes", 1, TERMINOLOGY),
    Definition::refused("subsumedBy", 1, TERMINOLOGY),
    Definition::refused("elementDefinition", 0, PROFILES),
    Definition::refused("slice", 2, PROFILES),
    Definition::refused("checkModifiers", 1, PROFILES),
    Definition::refused("htmlChecks", 0, NARRATIVE),
];

/// The extensions with a URL.
fn extension<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let Some(url) = call.text_argument(evaluator, 0)? else { return Ok(Vec::new()) };
    let typed = evaluator.environment.typed;
    let has_url = |item: &Item<'a>| match item {
        Item::Element(element) => element.json().get("url").and_then(Value::as_str) == Some(url.as_ref()),
        _ => false,
    };
    let extensions = call.input.iter().flat_map(|item| match item {
        Item::Element(element) => element.children_named("extension", typed),
        _ => Vec::new(),
    });
    Ok(extensions.filter(has_url).collect())
}

/// Whether the input is one primitive that has a value, even one that no System type can hold (`1e-245`).
fn has_value(call: &Call<'_, '_>) -> bool {
    match call.input.as_slice() {
        [Item::Element(element)] => element.is_primitive() && !matches!(element.json(), Value::Null),
        _ => primitive(call).is_some(),
    }
}

/// The value of the one item, if it is a primitive that has one.
fn primitive<'a>(call: &Call<'_, 'a>) -> Option<Item<'a>> {
    match call.input.as_slice() {
        [Item::Element(element)] if !element.is_primitive() => None,
        [Item::Quantity(_)] => None,
        [item] => item.value(),
        _ => None,
    }
}

/// The resources that references lead to: contained ones, and entries of the Bundle. What leads nowhere is
/// passed over (R4 "FHIRPath", `resolve`).
fn resolve<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let root = evaluator.root();
    let mut found = Vec::new();
    for item in &call.input {
        let text = match item {
            Item::Element(element) => match element.json() {
                Value::String(text) => Some(text.as_ref()),
                other => other.get("reference").and_then(Value::as_str),
            },
            Item::String(text) => Some(text.as_ref()),
            _ => None,
        };
        let Some(text) = text else { continue };
        if let Reference::Contained(id) = reference::parse(text) {
            found.extend(contained(&root, id, evaluator.environment.typed));
        } else {
            found.extend(entry(evaluator, call, &root, text)?);
        }
    }
    Ok(found)
}

fn contained<'a>(root: &[Item<'a>], id: &str, typed: bool) -> Option<Item<'a>> {
    let Some(Item::Element(element)) = root.first() else { return None };
    if id.is_empty() {
        return root.first().cloned();
    }
    element.children_named("contained", typed).into_iter().find(|item| has_id(item, id))
}

fn has_id(item: &Item<'_>, id: &str) -> bool {
    matches!(item, Item::Element(element) if element.json().get("id").and_then(Value::as_str) == Some(id))
}

/// The resource of the entry whose `fullUrl`, or whose type and id, a reference names.
fn entry<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    call: &Call<'_, 'a>,
    root: &[Item<'a>],
    reference: &str,
) -> Result<Option<Item<'a>>, crate::path::PathError> {
    let bundle = match evaluator.environment.bundle {
        Some(bundle) => Some(evaluator.environment.root(bundle)),
        None => root.first().cloned(),
    };
    let Some(Item::Element(bundle)) = bundle else { return Ok(None) };
    let typed = evaluator.environment.typed;
    let entries = bundle.children_named("entry", typed);
    evaluator.spend(entries.len(), call.position)?;
    let names = |entry: &&Element<'a>| {
        let resource = entry.json().get("resource");
        let text = |name| resource.and_then(|resource| resource.get(name)).and_then(Value::as_str);
        let full_url = entry.json().get("fullUrl").and_then(Value::as_str);
        match reference::parse(reference) {
            Reference::Relative { resource_type, id, .. } => {
                text("resourceType") == Some(resource_type.as_str()) && text("id") == Some(id)
            }
            _ => full_url == Some(reference),
        }
    };
    let elements = entries.iter().filter_map(|item| match item {
        Item::Element(element) => Some(element),
        _ => None,
    });
    let entry = elements.into_iter().find(names);
    Ok(entry.and_then(|entry| entry.children_named("resource", typed).into_iter().next()))
}

/// Whether the one item is of the type whose own profile the argument names.
fn conforms_to<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let Some(url) = call.text_argument(evaluator, 0)? else { return Ok(Vec::new()) };
    let name = url.strip_prefix("http://hl7.org/fhir/StructureDefinition/");
    let name =
        name.filter(|name| ["Resource", "DomainResource"].contains(name) || knowledge().id(name).is_some());
    let Some(name) = name else { return Err(call.fail(Rule::Refused(PROFILES))) };
    let Some(item) = crate::path::evaluate::single(&call.input, call.position)? else {
        return Ok(Vec::new());
    };
    let id = match item {
        Item::Element(element) => element.type_id(),
        _ => None,
    };
    truth(id.is_some_and(|id| types::is_kind_of(knowledge().def(id), name)))
}
