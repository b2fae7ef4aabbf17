//! `%factory`: values that an expression makes (FHIR "FHIRPath", "Type Factory API").

mod primitive;

use super::{
    ast::{Expr, type_of},
    error::{PathError, Rule},
    evaluate::{Answer, Evaluator, Scope, single, text},
    item::{Element, ElementType, Item, Json},
};
use crate::{
    json::{Object, Value},
    r4::{Kind, TypeDef, knowledge},
};
use std::sync::Arc;

/// The types that are made of their parts, and which argument is which part.
const PARTS: &[(&str, &[&str])] = &[
    ("Identifier", &["system", "value", "use", "type"]),
    ("HumanName", &["family", "given", "prefix", "suffix", "text", "use"]),
    ("ContactPoint", &["system", "value", "use"]),
    ("Address", &["line", "city", "state", "postalCode", "country", "use", "type"]),
    ("Quantity", &["system", "code", "value", "unit"]),
    ("Coding", &["system", "code", "display", "version"]),
    ("CodeableConcept", &["coding", "text"]),
];

/// Makes what `%factory.name(arguments)` asks for.
pub(super) fn make<'a>(
    evaluator: &mut Evaluator<'_, 'a>,
    name: &str,
    arguments: &'a [Expr],
    scope: &Scope<'a>,
    position: usize,
) -> Answer<'a> {
    let mistaken = PathError { position, rule: Rule::Argument };
    if name == "create" {
        let type_name = arguments.first().and_then(type_of).ok_or(mistaken)?;
        let def =
            knowledge().type_def(&type_name.name).ok_or(PathError { position, rule: Rule::UnknownType })?;
        let json =
            if matches!(def.kind, Kind::Primitive(_)) { Value::Null } else { Value::Object(Object::new()) };
        return element(def, json, None).map(|item| vec![item]).ok_or(mistaken);
    }
    let mut values = Vec::new();
    for argument in arguments {
        let value = evaluator.apart(argument, scope)?;
        evaluator.spend(10 * value.len(), position)?;
        values.push(value);
    }
    let made = match name {
        "Extension" => {
            extension(&values, position)?.and_then(|json| element(knowledge().type_def(name)?, json, None))
        }
        "withExtension" => with_extension(&values, position)?,
        "withProperty" => with_property(&values, position)?,
        _ => match knowledge().type_def(name) {
            Some(def) => match def.kind {
                Kind::Primitive(kind) => primitive::make(def, kind, &values, position)?,
                _ => parts(def, &values),
            },
            None => None,
        },
    };
    made.map(|item| vec![item]).ok_or(mistaken)
}

/// An element of type `def`.
fn element<'a>(def: &TypeDef, json: Value<'static>, beside: Option<Value<'static>>) -> Option<Item<'a>> {
    let type_of = ElementType::Fhir(knowledge().id(def.name)?);
    let made = |json| Json::Made(Arc::new(json));
    Some(Item::Element(Element::new(made(json), beside.map(made), type_of)))
}

/// A type made of its parts: each must be of the type that R4 gives it.
fn parts<'a>(def: &'static TypeDef, values: &[Vec<Item<'a>>]) -> Option<Item<'a>> {
    let (_, names) = PARTS.iter().find(|(name, _)| *name == def.name)?;
    if values.len() > names.len() {
        return None;
    }
    let mut object = Object::new();
    for (name, items) in names.iter().zip(values) {
        let found = def.element(name)?;
        let part = knowledge().def(found.type_id);
        let mut jsons: Vec<Value<'static>> =
            items.iter().map(|item| part_json(part, item)).collect::<Option<_>>()?;
        match (found.element.max, jsons.len()) {
            (_, 0) => {}
            (None, _) => {
                object.insert(*name, Value::Array(jsons));
            }
            (Some(_), 1) => {
                object.insert(*name, jsons.pop()?);
            }
            _ => return None,
        }
    }
    element(def, Value::Object(object), None)
}

fn part_json(part: &TypeDef, item: &Item<'_>) -> Option<Value<'static>> {
    match (part.kind, item) {
        (Kind::Primitive(kind), _) => primitive::json(kind, &item.value()?),
        (_, Item::Element(element)) if element.type_id() == knowledge().id(part.name) => {
            Some(element.json().clone().into_owned())
        }
        _ => None,
    }
}

/// `{url, value[x]}` of two arguments.
fn extension(values: &[Vec<Item<'_>>], position: usize) -> Result<Option<Value<'static>>, PathError> {
    let [url, value] = values else { return Ok(None) };
    let (Some(url), Some(value)) = (text(url, position)?, single(value, position)?) else { return Ok(None) };
    let (name, json) = match value {
        Item::Element(element) => {
            let Some(id) = element.type_id() else { return Ok(None) };
            (knowledge().def(id).name, Some(element.json().clone().into_owned()))
        }
        other => primitive::of_value(other),
    };
    let mut letters = name.chars();
    let first: String = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().collect();
    let mut object = Object::new();
    object.insert("url", Value::from(url.into_owned()));
    let Some(json) = json else { return Ok(None) };
    object.insert(["value", &first, letters.as_str()].concat(), json);
    Ok(Some(Value::Object(object)))
}

/// The same element with one more extension.
fn with_extension<'a>(values: &[Vec<Item<'a>>], position: usize) -> Result<Option<Item<'a>>, PathError> {
    let [instance, rest @ ..] = values else { return Ok(None) };
    let (Some(Item::Element(instance)), Some(extension)) =
        (single(instance, position)?, extension(rest, position)?)
    else {
        return Ok(None);
    };
    Ok(changed(instance, |object| {
        let mut extensions = match object.remove("extension") {
            Some(Value::Array(extensions)) => extensions,
            _ => Vec::new(),
        };
        extensions.push(extension);
        object.insert("extension", Value::Array(extensions));
    }))
}

/// The same element with one member set.
fn with_property<'a>(values: &[Vec<Item<'a>>], position: usize) -> Result<Option<Item<'a>>, PathError> {
    let [instance, name, value] = values else { return Ok(None) };
    let (Some(Item::Element(instance)), Some(name)) = (single(instance, position)?, text(name, position)?)
    else {
        return Ok(None);
    };
    let json = match single(value, position)? {
        Some(Item::Element(element)) => Some(element.json().clone().into_owned()),
        Some(other) => primitive::of_value(other).1,
        None => None,
    };
    Ok(json.and_then(|json| {
        changed(instance, |object| {
            object.insert(name.into_owned(), json);
        })
    }))
}

/// The element with its members changed: of a primitive those that stand beside it.
fn changed<'a>(instance: &Element<'a>, change: impl FnOnce(&mut Object<'static>)) -> Option<Item<'a>> {
    let def = knowledge().def(instance.type_id()?);
    let json = instance.json().clone().into_owned();
    if instance.is_primitive() {
        let mut object = match instance.beside().cloned().map(Value::into_owned) {
            Some(Value::Object(object)) => object,
            _ => Object::new(),
        };
        change(&mut object);
        return element(def, json, Some(Value::Object(object)));
    }
    let Value::Object(mut object) = json else { return None };
    change(&mut object);
    element(def, Value::Object(object), None)
}
