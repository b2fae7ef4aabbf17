//! The members of one object against the elements of its type.

use super::{Checker, Place, Standing, primitive};
use crate::{
    IssueCode,
    json::{Object, Value},
    r4::{ElementRef, Kind, Primitive, Rule, TypeDef},
    reference::{self, Reference},
};

/// How deep objects may stand in each other. `json::parse` already refuses deeper texts;
/// this holds for values that were made otherwise.
const MAX_DEPTH: usize = 128;

/// How many codes an issue lists.
const MAX_LISTED_CODES: usize = 24;

impl Checker {
    /// Checks every member of an object that is a `def`.
    pub(super) fn members(&mut self, def: &'static TypeDef, object: &Object<'_>, place: &Place<'_>) {
        if self.is_full() {
            return;
        }
        if place.depth > MAX_DEPTH {
            return self.issue(place, IssueCode::TooCostly, "nested too deeply");
        }
        let (mut seen, mut twice) = (0_u64, 0_u64);
        let mut unknown = false;
        for (name, value) in object.iter() {
            let (plain, shadow) = name.strip_prefix('_').map_or((name, false), |plain| (plain, true));
            let Some(found) = def.element(plain) else {
                unknown |= !(def.kind == Kind::Resource && name == "resourceType");
                continue;
            };
            let bit = 1 << found.index;
            twice |= seen & bit;
            seen |= bit;
            match (self.knowledge.def(found.type_id).kind, shadow) {
                (Kind::Primitive(_), true) if found.element.is_attribute => unknown = true,
                (Kind::Primitive(_), true) => self.shadows(found, object.get(plain), value, place),
                (Kind::Primitive(primitive), false) => {
                    self.primitives(primitive, found, object, value, place)
                }
                (_, true) => unknown = true,
                (_, false) => self.objects(found, value, place),
            }
        }
        if unknown {
            self.unknown_member(def, place);
        }
        if def.required & !seen != 0 {
            self.missing(def, seen, place);
        }
        if twice & def.choices != 0 {
            self.choices(def, object, place);
        }
        match def.rule {
            Rule::None => {}
            Rule::Extension => self.extension(object, place),
            Rule::Reference => self.reference(object, place),
        }
    }

    /// A member whose type has elements of its own.
    fn objects(&mut self, found: ElementRef<'static>, value: &Value<'_>, place: &Place<'_>) {
        let name = found.element.name;
        match (found.element.max, value) {
            (None, Value::Array(items)) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.object(found, item, &place.item(name, index));
                }
            }
            (None, _) => {
                let text = "must be a JSON array of at least one object, for the element may repeat";
                self.issue(&place.member(name), IssueCode::Structure, text);
            }
            (Some(_), _) => self.object(found, value, &place.member(name)),
        }
    }

    fn object(&mut self, found: ElementRef<'static>, value: &Value<'_>, place: &Place<'_>) {
        let def = self.knowledge.def(found.type_id);
        if def.is_abstract {
            let standing =
                if found.element.name == "contained" { Standing::Contained } else { Standing::Own };
            return self.inner_resource(value, place, standing);
        }
        let Some(object) = value.as_object() else {
            return self.issue(place, IssueCode::Structure, format!("must be a JSON object, a {}", def.name));
        };
        if object.len() <= usize::from(object.get("id").is_some()) {
            let text = "an element has a value or elements, and not an `id` alone (R4 §2.1.28, ele-1)";
            return self.issue(place, IssueCode::Structure, text);
        }
        self.members(def, object, place);
    }

    /// A member of a primitive type: one value, or an array of values and of nulls where an extension stands instead.
    fn primitives(
        &mut self,
        primitive: Primitive,
        found: ElementRef<'static>,
        object: &Object<'_>,
        value: &Value<'_>,
        place: &Place<'_>,
    ) {
        let name = found.element.name;
        match (found.element.max, value) {
            (None, Value::Array(items)) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    if *item == Value::Null {
                        let shadow = object.get(&format!("_{}", found.json_name)).and_then(Value::as_array);
                        if shadow.and_then(|items| items.get(index)).is_none_or(|item| *item == Value::Null) {
                            let text = "null stands only for a value that has an extension instead, in the array with `_` before its name";
                            self.issue(&place.item(name, index), IssueCode::Structure, text);
                        }
                    } else if self.is_bad(primitive, found, item) {
                        self.bad_value(primitive, found, item, &place.item(name, index));
                    }
                }
            }
            (None, _) => {
                let text = "must be a JSON array of at least one value, for the element may repeat";
                self.issue(&place.member(name), IssueCode::Structure, text);
            }
            (Some(_), _) => {
                if self.is_bad(primitive, found, value) {
                    self.bad_value(primitive, found, value, &place.member(name));
                }
            }
        }
    }

    #[inline]
    fn is_bad(&self, primitive: Primitive, found: ElementRef<'static>, value: &Value<'_>) -> bool {
        primitive::check(primitive, value).is_err()
            || (primitive == Primitive::Code
                && found.element.binding.is_some_and(|list| {
                    value.as_str().is_none_or(|code| !self.knowledge.codes(list).contains(code))
                }))
    }

    /// Says what is wrong with a value that [`Self::is_bad`].
    #[cold]
    fn bad_value(
        &mut self,
        primitive: Primitive,
        found: ElementRef<'static>,
        value: &Value<'_>,
        place: &Place<'_>,
    ) {
        if let Err((code, accepts)) = primitive::check(primitive, value) {
            return self.issue(place, code, format!("`{}` must be {accepts}", found.json_name));
        }
        let Some(list) = found.element.binding.map(|list| self.knowledge.codes(list)) else { return };
        let mut text = format!("`{}` must be one of the codes of {}", found.json_name, list.canonical);
        for (at, code) in list.iter().take(MAX_LISTED_CODES).enumerate() {
            text.push_str(if at == 0 { ": " } else { ", " });
            text.push_str(code);
        }
        if list.iter().len() > MAX_LISTED_CODES {
            text.push_str(", …");
        }
        self.issue(place, IssueCode::CodeInvalid, text);
    }

    /// A `_name` member: ids and extensions of primitive values (R4 §2.6.2).
    fn shadows(
        &mut self,
        found: ElementRef<'static>,
        plain: Option<&Value<'_>>,
        value: &Value<'_>,
        place: &Place<'_>,
    ) {
        let name = found.element.name;
        if found.element.max.is_some() {
            return self.shadow(value, plain.is_some(), &place.member(name));
        }
        let plain = plain.and_then(Value::as_array);
        let Some(items) = value.as_array().filter(|items| items.iter().any(|item| *item != Value::Null))
        else {
            let text = "the member with `_` must be a JSON array that holds at least one object, for the element may repeat";
            return self.issue(&place.member(name), IssueCode::Structure, text);
        };
        if plain.is_some_and(|plain| plain.len() != items.len()) {
            let text =
                "the arrays with and without `_` must be of one length, with null where there is nothing";
            return self.issue(&place.member(name), IssueCode::Structure, text);
        }
        for (index, item) in items.iter().enumerate() {
            let other = plain.and_then(|plain| plain.get(index)).is_some_and(|other| *other != Value::Null);
            if *item != Value::Null {
                self.shadow(item, other, &place.item(name, index));
            } else if plain.is_none() {
                let text = "an item must have a value or an extension";
                self.issue(&place.item(name, index), IssueCode::Structure, text);
            }
        }
    }

    fn shadow(&mut self, value: &Value<'_>, has_value: bool, place: &Place<'_>) {
        let Some(object) = value.as_object() else {
            let text = "the member with `_` must be a JSON object with `id` or `extension`";
            return self.issue(place, IssueCode::Structure, text);
        };
        if object.is_empty() || (!has_value && object.get("extension").is_none()) {
            let text = "a primitive element must have a value or an extension (R4 §2.1.28, ele-1)";
            return self.issue(place, IssueCode::Structure, text);
        }
        if let Some(def) = self.knowledge.type_def("Element") {
            self.members(def, object, place);
        }
    }

    /// Each element that must be there and is not.
    #[cold]
    fn missing(&mut self, def: &'static TypeDef, seen: u64, place: &Place<'_>) {
        for (index, element) in def.elements().enumerate() {
            if element.min > 0 && seen & (1 << index) == 0 {
                let name =
                    if element.is_choice { format!("{}[x]", element.name) } else { element.name.to_owned() };
                let text = format!("`{name}` is missing: {} must have it", def.name);
                self.issue(&place.member(element.name), IssueCode::Required, text);
            }
        }
    }

    /// Says that there is a member which the type does not have, without its name.
    #[cold]
    fn unknown_member(&mut self, def: &'static TypeDef, place: &Place<'_>) {
        let mut text = format!("a member is not one of {} in FHIR R4, which has: ", def.name);
        for (at, element) in def.elements().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            text.push_str(element.name);
            if element.is_choice {
                text.push_str("[x]");
            }
        }
        self.issue(place, IssueCode::Structure, text);
    }

    /// A choice was met twice: right if it was a value and its own `_` member, wrong if it was two types.
    #[cold]
    fn choices(&mut self, def: &'static TypeDef, object: &Object<'_>, place: &Place<'_>) {
        let mut chosen: Vec<(usize, &str)> = Vec::new();
        for (name, _) in object.iter() {
            let Some(found) = def.element(name.strip_prefix('_').unwrap_or(name)) else { continue };
            match chosen.iter().find(|(index, _)| *index == found.index) {
                Some((_, other)) if found.element.is_choice && *other != found.json_name => {
                    let text = format!("`{}[x]` may have one type only", found.element.name);
                    self.issue(&place.member(found.element.name), IssueCode::Structure, text);
                }
                _ => chosen.push((found.index, found.json_name)),
            }
        }
    }

    /// ext-1: an extension has a value or extensions, not both (R4 §2.4.1.1).
    fn extension(&mut self, object: &Object<'_>, place: &Place<'_>) {
        let has_value =
            object.iter().any(|(name, _)| name.starts_with("value") || name.starts_with("_value"));
        if has_value == object.get("extension").is_some() {
            let text = "an extension has either `value[x]` or `extension`, and not both (R4 §2.4.1.1, ext-1)";
            self.issue(place, IssueCode::Invariant, text);
        }
    }

    fn reference(&mut self, object: &Object<'_>, place: &Place<'_>) {
        if let Some(Value::String(text)) = object.get("reference")
            && matches!(reference::parse(text), Reference::Other(_))
        {
            let text = "`reference` must be Type/id of a type of FHIR R4, #id, urn:uuid:…, urn:oid:…, an absolute URL or Type?query";
            self.issue(&place.member("reference"), IssueCode::Value, text);
        }
    }
}
