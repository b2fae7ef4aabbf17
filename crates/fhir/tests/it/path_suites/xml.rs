//! Resources in FHIR's XML as JSON, as far as the suite needs it (R4 §2.6.1): types come from the R4 table.
//! The suite's own JSON has numbers in quotes, which is not FHIR.

use fhir::{
    json::{Object, Value},
    r4::{ElementRef, Kind, Primitive, TypeDef, knowledge},
};
use roxmltree::Node;

/// The resource that an XML element is.
pub(super) fn resource(node: Node<'_, '_>) -> Value<'static> {
    let name = node.tag_name().name().to_owned();
    let def = knowledge().type_def(&name).unwrap();
    let mut object = members(def, node);
    object.insert("resourceType", Value::from(name));
    Value::Object(object)
}

fn members(def: &TypeDef, node: Node<'_, '_>) -> Object<'static> {
    let mut object = Object::new();
    for attribute in node.attributes() {
        object.insert(attribute.name().to_owned(), Value::from(attribute.value().to_owned()));
    }
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name().to_owned();
        let found = def.element(&name).unwrap_or_else(|| panic!("`{}` has no `{name}`", def.name));
        let (value, beside) = element(found, child);
        add(&mut object, found, format!("_{name}"), beside);
        add(&mut object, found, name, Some(value));
    }
    object
}

/// Puts a value in its place; what repeats is an array. The suite has no array of primitives with extensions.
fn add(object: &mut Object<'static>, found: ElementRef<'_>, name: String, value: Option<Value<'static>>) {
    let Some(value) = value else { return };
    if found.element.max.is_some() {
        object.insert(name, value);
    } else if let Some(Value::Array(items)) = object.get_mut(&name) {
        items.push(value);
    } else {
        object.insert(name, Value::Array(vec![value]));
    }
}

fn element(found: ElementRef<'_>, node: Node<'_, '_>) -> (Value<'static>, Option<Value<'static>>) {
    let def = knowledge().def(found.type_id);
    let Kind::Primitive(primitive) = def.kind else {
        let inner = node.children().find(Node::is_element).filter(|_| def.is_abstract);
        return (inner.map_or_else(|| Value::Object(members(def, node)), resource), None);
    };
    let text = node.attribute("value").unwrap_or_default().to_owned();
    let value = match primitive {
        Primitive::Boolean => Value::Bool(text == "true"),
        Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt | Primitive::Decimal => {
            Value::Number(text.into())
        }
        _ => Value::from(text),
    };
    let has_more = primitive != Primitive::Xhtml
        && (node.attribute("id").is_some() || node.children().any(|child| child.is_element()));
    let beside = has_more.then(|| {
        let mut object = members(knowledge().type_def("Element").unwrap(), node);
        object.remove("value");
        Value::Object(object)
    });
    (value, beside)
}
