//! From an element to the elements below it (FHIRPath §3, §5.8; R4 "FHIRPath": choice types, primitives).

use super::{
    Collection, Item,
    element::{Element, ElementType, Json},
};
use crate::{
    ResourceType,
    json::Value,
    r4::{ElementRef, TypeDef, TypeId, knowledge},
};

impl<'a> Element<'a> {
    /// A resource, or any JSON when `typed` is false or R4 does not know its type.
    pub(in crate::path) fn root(value: &'a Value<'a>, typed: bool) -> Self {
        let json = Json::Borrowed(value);
        let type_of = if typed { resource_type(&json) } else { ElementType::Untyped };
        Self::new(json, None, type_of)
    }

    fn def(&self) -> Option<&'static TypeDef> {
        self.type_id().map(|id| knowledge().def(id))
    }

    /// The elements called `name`: of a choice all types are meant. With `typed`, what R4 says of types is used
    /// below elements of an unknown type too.
    pub(in crate::path) fn children_named(&self, name: &str, typed: bool) -> Collection<'a> {
        let mut children = Vec::new();
        let def = self.def();
        if self.is_primitive() || self.json().as_object().is_none() {
            self.primitive_child(name, typed, &mut children);
            return children;
        }
        if let Some(found) = def.and_then(|def| def.element(name)) {
            self.collect(name, element_type(found, def), &mut children);
            return children;
        }
        if let Some(def) = def {
            let choices = self.member_names().into_iter().filter_map(|member| def.element(member));
            for found in choices.filter(|found| found.element.is_choice && found.element.name == name) {
                self.collect(found.json_name, element_type(found, Some(def)), &mut children);
            }
            if !children.is_empty() {
                return children;
            }
        }
        self.collect(name, below_untyped(name, typed), &mut children);
        children
    }

    /// `id` and `extension` of a primitive, which stand beside it.
    fn primitive_child(&self, name: &str, typed: bool, children: &mut Collection<'a>) {
        let (_, Some(beside)) = self.parts() else { return };
        let beside = Self::new(beside.clone(), None, ElementType::Untyped);
        let type_of = match name {
            "id" if typed => knowledge().id("string").map_or(ElementType::Untyped, ElementType::Attribute),
            _ => below_untyped(name, typed),
        };
        beside.collect(name, type_of, children);
    }

    /// All elements below, in the order of the definition where there is one, else by name.
    pub(in crate::path) fn children(&self, typed: bool) -> Collection<'a> {
        let mut children = Vec::new();
        if self.is_primitive() {
            for name in ["id", "extension"] {
                self.primitive_child(name, typed, &mut children);
            }
            return children;
        }
        let def = self.def();
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in self.member_names() {
            match def.and_then(|def| def.element(name)) {
                Some(found) => known.push(found),
                None if name == "resourceType" => {}
                None => unknown.push(name),
            }
        }
        known.sort_by_key(|found| found.index);
        for found in known {
            self.collect(found.json_name, element_type(found, def), &mut children);
        }
        for name in unknown {
            self.collect(name, below_untyped(name, typed), &mut children);
        }
        children
    }

    /// The names of the object's members, those that stand beside others only included, each once.
    fn member_names(&self) -> Vec<&str> {
        let Some(object) = self.json().as_object() else { return Vec::new() };
        let mut names: Vec<&str> =
            object.iter().map(|(name, _)| name.strip_prefix('_').unwrap_or(name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Appends what stands under `name` and `_name`.
    fn collect(&self, name: &str, type_of: ElementType, children: &mut Collection<'a>) {
        let (json, _) = self.parts();
        let beside = json.get(&format!("_{name}"));
        match json.get(name) {
            None => {
                if let Some(beside) = beside {
                    spread(&Json::Borrowed(&Value::Null), Some(&beside), type_of, children);
                }
            }
            Some(json) => spread(&json, beside.as_ref(), type_of, children),
        }
    }
}

/// Appends an element, or those of an array; `null` without anything beside it is no element (R4 §2.6.2.2).
fn spread<'a>(
    json: &Json<'a>,
    beside: Option<&Json<'a>>,
    type_of: ElementType,
    children: &mut Collection<'a>,
) {
    let length = |json: &Json<'a>| json.as_value().as_array().map(<[_]>::len);
    match (length(json), beside.and_then(length)) {
        (None, None) => {
            let beside = beside.filter(|beside| !matches!(beside.as_value(), Value::Null));
            if matches!(json.as_value(), Value::Null) && beside.is_none() {
                return;
            }
            let type_of = resolve(json, type_of);
            children.push(Item::Element(Element::new(json.clone(), beside.cloned(), type_of)));
        }
        (here, there) => {
            let null = Json::Borrowed(&Value::Null);
            for index in 0..here.unwrap_or_default().max(there.unwrap_or_default()) {
                let json = json.at(index).unwrap_or_else(|| null.clone());
                let beside = beside.and_then(|beside| beside.at(index));
                spread(&json, beside.as_ref(), type_of, children);
            }
        }
    }
}

/// Of an element that may be any resource, the type that the resource says.
fn resolve(json: &Json<'_>, type_of: ElementType) -> ElementType {
    match type_of {
        ElementType::Fhir(id) if knowledge().def(id).is_abstract => resource_type(json),
        other => other,
    }
}

fn resource_type(json: &Json<'_>) -> ElementType {
    let name = json.as_value().get("resourceType").and_then(Value::as_str);
    let known = name.and_then(ResourceType::parse).and_then(|kind| knowledge().id(kind.as_str()));
    known.map_or(ElementType::Untyped, ElementType::Fhir)
}

fn element_type(found: ElementRef<'_>, def: Option<&TypeDef>) -> ElementType {
    // R4 gives the `id` of every resource and element, and `Extension.url`, the type System.String.
    let of_resource = def.is_some_and(|def| def.kind == crate::r4::Kind::Resource) && found.json_name == "id";
    if found.element.is_attribute || of_resource {
        ElementType::Attribute(found.type_id)
    } else {
        ElementType::Fhir(found.type_id)
    }
}

/// Extensions are the same everywhere, whatever they stand in.
fn below_untyped(name: &str, typed: bool) -> ElementType {
    let extension: Option<TypeId> = (typed && matches!(name, "extension" | "modifierExtension"))
        .then(|| knowledge().id("Extension"))
        .flatten();
    extension.map_or(ElementType::Untyped, ElementType::Fhir)
}
