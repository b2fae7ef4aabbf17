//! Primitives of FHIR made from values of FHIRPath (R4 §2.24.0.1 says which texts are which).

use super::element;
use crate::{
    check::is_id,
    json::{Object, Value},
    path::{
        error::PathError, evaluate::single, functions::converted, item::Item, moment::MomentKind,
        types::SystemType,
    },
    r4::{Primitive, TypeDef},
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A primitive of a value, which may be empty, and of extensions.
pub(super) fn make<'a>(
    def: &TypeDef,
    kind: Primitive,
    values: &[Vec<Item<'a>>],
    position: usize,
) -> Result<Option<Item<'a>>, PathError> {
    let Some((value, extensions)) = values.split_first() else { return Ok(None) };
    let json = match single(value, position)?.and_then(Item::value) {
        None => Value::Null,
        Some(value) => match json(kind, &value) {
            Some(json) => json,
            None => return Ok(None),
        },
    };
    let extensions: Vec<Value<'static>> = extensions
        .iter()
        .flatten()
        .filter_map(|item| match item {
            Item::Element(element) => Some(element.json().clone().into_owned()),
            _ => None,
        })
        .collect();
    let beside = (!extensions.is_empty()).then(|| {
        let mut object = Object::new();
        object.insert("extension", Value::Array(extensions));
        Value::Object(object)
    });
    Ok(element(def, json, beside))
}

/// The JSON of a primitive of this kind, if the value can be one.
pub(super) fn json(kind: Primitive, value: &Item<'_>) -> Option<Value<'static>> {
    let to = SystemType::of(kind);
    match (to, value) {
        // Of texts only texts are made: a number is no `uri`.
        (SystemType::String, Item::String(text)) => {
            is_text(kind, text).then(|| Value::from(text.clone().into_owned()))
        }
        (SystemType::String, _) => None,
        (SystemType::Boolean, _) => match converted(value, to)? {
            Item::Boolean(value) => Some(Value::Bool(value)),
            _ => None,
        },
        (SystemType::Integer | SystemType::Decimal, _) => {
            let number = converted(value, to)?;
            let least = match kind {
                Primitive::PositiveInt => Some(1),
                Primitive::UnsignedInt => Some(0),
                _ => None,
            };
            if let (Some(least), Item::Integer(value)) = (least, &number)
                && *value < least
            {
                return None;
            }
            Some(Value::Number(number.text()?.into_owned().into()))
        }
        _ => Some(Value::from(converted(value, to)?.text()?.into_owned())),
    }
}

fn is_text(kind: Primitive, text: &str) -> bool {
    let no_space = || !text.contains(char::is_whitespace);
    match kind {
        Primitive::Base64Binary => STANDARD.decode(text).is_ok(),
        Primitive::Id => is_id(text),
        Primitive::Code => {
            let single = text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
            !text.is_empty() && single
        }
        Primitive::Uri | Primitive::Url | Primitive::Canonical => no_space(),
        Primitive::Oid => text.strip_prefix("urn:oid:").is_some_and(|oid| {
            oid.starts_with(['0', '1', '2'])
                && oid.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
        }),
        Primitive::Uuid => text.strip_prefix("urn:uuid:").is_some_and(|uuid| {
            uuid.split('-').map(str::len).eq([8, 4, 4, 4, 12])
                && uuid.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
        }),
        _ => !text.is_empty(),
    }
}

/// The FHIR type that a value of FHIRPath is of by itself, and its JSON.
pub(super) fn of_value(value: &Item<'_>) -> (&'static str, Option<Value<'static>>) {
    let text = || value.text().map(|text| Value::from(text.into_owned()));
    let number = || value.text().map(|text| Value::Number(text.into_owned().into()));
    match value {
        Item::Boolean(value) => ("boolean", Some(Value::Bool(*value))),
        Item::Integer(_) => ("integer", number()),
        Item::Decimal(_) => ("decimal", number()),
        Item::String(_) => ("string", text()),
        Item::Moment(moment) => match moment.kind() {
            MomentKind::Date => ("date", text()),
            MomentKind::DateTime => ("dateTime", text()),
            MomentKind::Time => ("time", text()),
        },
        Item::Long(_) | Item::Quantity(_) | Item::Element(_) => ("", None),
    }
}
