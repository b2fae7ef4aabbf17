//! What SQL on FHIR adds: keys to join views by (ViewDefinition, "Required Additional Functions").

use super::{Answer, Call, Definition, Gives};
use crate::{
    json::Value,
    path::{
        ast::type_of,
        error::Rule,
        evaluate::Evaluator,
        item::{Element, Item},
        types::SystemType,
    },
    reference,
};
use std::borrow::Cow;

const KEY: Gives = Gives::One(SystemType::String);

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("getResourceKey", 0, 0, resource_key).gives(KEY),
    Definition::new("getReferenceKey", 0, 1, reference_key).gives(KEY),
];

/// The ids of the input.
fn resource_key<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let typed = evaluator.environment.typed;
    let ids = call.input.iter().flat_map(|item| match item {
        Item::Element(element) if !element.is_primitive() => element.children_named("id", typed),
        _ => Vec::new(),
    });
    Ok(ids.collect())
}

/// The keys of what the references lead to, if that is of the type asked for.
fn reference_key<'a>(_: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let wanted = match call.arguments.first() {
        None => None,
        Some(argument) => Some(type_of(argument).ok_or_else(|| call.fail(Rule::Argument))?.name),
    };
    let key = |element: &Element<'a>| {
        let text = |name| element.json().get(name).and_then(Value::as_str);
        let key = reference::key(text("reference")?, || text("type"), wanted.as_deref())?;
        Some(Item::String(Cow::Owned(key.to_owned())))
    };
    let keys = call.input.iter().filter_map(|item| match item {
        Item::Element(element) => key(element),
        _ => None,
    });
    Ok(keys.collect())
}
