//! Time, traces, variables, types (FHIRPath §5.9, §10; `defineVariable` and `coalesce` of FHIRPath 3).

use super::{Answer, Call, Definition, Gives, maybe};
use crate::{
    json::{Object, Value},
    path::{
        error::{PathError, Rule},
        evaluate::{Evaluator, Scope},
        item::{Element, ElementType, Item, Json},
        moment::Moment,
        types::SystemType,
    },
};
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Definition] = &[
    Definition::new("trace", 1, 2, trace).gives(Gives::Input),
    Definition::new("now", 0, 0, |evaluator, call| maybe(Some(Item::Moment(now(evaluator, call)?))))
        .gives(Gives::One(SystemType::DateTime)),
    Definition::new("today", 0, 0, |evaluator, call| maybe(now(evaluator, call)?.date().map(Item::Moment)))
        .gives(Gives::One(SystemType::Date)),
    Definition::new("timeOfDay", 0, 0, |evaluator, call| {
        maybe(now(evaluator, call)?.time().map(Item::Moment))
    })
    .gives(Gives::One(SystemType::Time)),
    Definition::new("defineVariable", 1, 2, define_variable).gives(Gives::Input),
    Definition::new("coalesce", 1, 16, coalesce),
    Definition::new("type", 0, 0, |_, call| Ok(call.input.iter().map(type_info).collect())),
];

/// Hands the input, or its projection, to whoever listens, and passes it on unchanged (§5.9.1).
fn trace<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let name = call.text_argument(evaluator, 0)?.unwrap_or_default();
    if let Some(sink) = evaluator.environment.trace {
        let mut shown = Vec::new();
        for (index, item) in call.input.iter().enumerate() {
            if call.has(1) {
                shown.append(&mut call.each(evaluator, 1, item, index)?);
            } else {
                shown.push(item.clone());
            }
        }
        sink(&name, &shown);
    }
    Ok(call.input.clone())
}

fn now(evaluator: &Evaluator<'_, '_>, call: &Call<'_, '_>) -> Result<Moment, PathError> {
    evaluator
        .environment
        .now
        .ok_or_else(|| call.fail(Rule::Refused("no time was handed in (FHIRPath §5.9.2)")))
}

fn define_variable<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    let name = call.text_argument(evaluator, 0)?.ok_or_else(|| call.fail(Rule::Argument))?;
    let value = match call.arguments.get(1) {
        Some(value) => {
            let scope = Scope { this: call.input.clone(), index: None, total: call.scope.total.clone() };
            evaluator.apart(value, &scope)?
        }
        None => call.input.clone(),
    };
    evaluator.define(&name, value, call.position)?;
    Ok(call.input.clone())
}

/// The first argument that is not empty.
fn coalesce<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
    for at in 0..call.arguments.len() {
        let found = call.argument(evaluator, at)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The type of an item as an object with `namespace` and `name` (§10.2).
fn type_info<'a>(item: &Item<'a>) -> Item<'a> {
    let (namespace, name) = item.type_name();
    let mut info = Object::new();
    info.insert("namespace", Value::from(namespace));
    info.insert("name", Value::from(name));
    Item::Element(Element::new(Json::Made(Arc::new(Value::Object(info))), None, ElementType::Untyped))
}
