//! An element of a resource: its JSON, the JSON beside it (`_name`), and its type.

use super::Item;
use crate::{
    json::Value,
    path::{
        decimal::Decimal,
        moment::Moment,
        quantity::{Quantity, Unit},
        types::{self, SystemType},
    },
    r4::{TypeId, knowledge},
};
use std::{borrow::Cow, sync::Arc};

/// JSON that lives in the resource, or that an expression made.
#[derive(Clone, Debug)]
pub(in crate::path) enum Json<'a> {
    Borrowed(&'a Value<'a>),
    Made(Arc<Value<'static>>),
}

impl Json<'_> {
    pub(in crate::path) fn as_value(&self) -> &Value<'_> {
        match self {
            Self::Borrowed(value) => value,
            Self::Made(value) => value,
        }
    }

    pub(in crate::path) fn get(&self, name: &str) -> Option<Self> {
        match self {
            Self::Borrowed(value) => value.get(name).map(Self::Borrowed),
            // What an expression made is small; a part of it is copied rather than borrowed.
            Self::Made(value) => value.get(name).map(|part| Self::Made(Arc::new(part.clone()))),
        }
    }

    /// The item at `index`, if this is an array.
    pub(in crate::path) fn at(&self, index: usize) -> Option<Self> {
        match self {
            Self::Borrowed(value) => value.as_array()?.get(index).map(Self::Borrowed),
            Self::Made(value) => value.as_array()?.get(index).map(|part| Self::Made(Arc::new(part.clone()))),
        }
    }
}

/// What is known of an element's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::path) enum ElementType {
    /// Nothing: it is not described by R4.
    Untyped,
    /// The type of R4.
    Fhir(TypeId),
    /// `id` and `url`, which R4 defines as `System.String` (its element definitions' type code).
    Attribute(TypeId),
}

/// An element of a resource.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    json: Json<'a>,
    beside: Option<Json<'a>>,
    type_of: ElementType,
}

impl<'a> Element<'a> {
    pub(in crate::path) const fn new(json: Json<'a>, beside: Option<Json<'a>>, type_of: ElementType) -> Self {
        Self { json, beside, type_of }
    }

    /// JSON as a resource: of the type that it says it is, if R4 has that.
    #[must_use]
    pub fn resource(json: &'a Value<'a>) -> Self {
        Self::root(json, true)
    }

    /// JSON as an element of a type of R4.
    #[must_use]
    pub const fn typed(json: &'a Value<'a>, type_of: TypeId) -> Self {
        Self::new(Json::Borrowed(json), None, ElementType::Fhir(type_of))
    }

    /// JSON as an element of no known type.
    #[must_use]
    pub const fn untyped(json: &'a Value<'a>) -> Self {
        Self::new(Json::Borrowed(json), None, ElementType::Untyped)
    }

    /// Its JSON; `null` of a primitive that has only an id or extensions.
    #[must_use]
    pub fn json(&self) -> &Value<'_> {
        self.json.as_value()
    }

    /// Its JSON where it lives in the resource; `None` of what an expression made.
    #[must_use]
    pub const fn source(&self) -> Option<&'a Value<'a>> {
        match &self.json {
            Json::Borrowed(value) => Some(value),
            Json::Made(_) => None,
        }
    }

    /// The JSON of `_name`: the id and the extensions of a primitive.
    #[must_use]
    pub fn beside(&self) -> Option<&Value<'_>> {
        self.beside.as_ref().map(Json::as_value)
    }

    /// The type of R4, if it is known.
    #[must_use]
    pub const fn type_id(&self) -> Option<TypeId> {
        match self.type_of {
            ElementType::Fhir(id) | ElementType::Attribute(id) => Some(id),
            ElementType::Untyped => None,
        }
    }

    pub(in crate::path) const fn element_type(&self) -> ElementType {
        self.type_of
    }

    pub(in crate::path) const fn parts(&self) -> (&Json<'a>, Option<&Json<'a>>) {
        (&self.json, self.beside.as_ref())
    }

    /// Whether it is a primitive, by its type or else by its JSON.
    pub(in crate::path) fn is_primitive(&self) -> bool {
        match self.type_id() {
            Some(id) => types::primitive(id).is_some(),
            None => !matches!(self.json(), Value::Object(_) | Value::Array(_)),
        }
    }

    /// The text of a JSON string, borrowed where it lives in the resource.
    fn string(&self) -> Option<Cow<'a, str>> {
        match &self.json {
            Json::Borrowed(value) => value.as_str().map(Cow::Borrowed),
            Json::Made(value) => value.as_str().map(|text| Cow::Owned(text.to_owned())),
        }
    }

    pub(super) fn value(&self) -> Option<Item<'a>> {
        let typed = self.type_id().and_then(types::primitive).map(SystemType::of);
        match self.json() {
            Value::Null | Value::Array(_) => None,
            Value::Bool(value) => Some(Item::Boolean(*value)),
            Value::Number(token) => {
                let integer = typed != Some(SystemType::Decimal);
                match token.parse() {
                    Ok(value) if integer => Some(Item::Integer(value)),
                    _ => Decimal::parse(token).map(Item::Decimal),
                }
            }
            Value::String(text) => {
                let moment = match typed {
                    Some(SystemType::Date) => Moment::parse_date(text),
                    Some(SystemType::DateTime) => Moment::parse_date_time(text),
                    Some(SystemType::Time) => Moment::parse_time(text),
                    _ => None,
                };
                moment.map(Item::Moment).or_else(|| self.string().map(Item::String))
            }
            Value::Object(_) => self.quantity().map(Item::Quantity),
        }
    }

    /// Whether it is a FHIR Quantity that says `more than` or the like, which no System.Quantity can.
    pub(in crate::path) fn has_comparator(&self) -> bool {
        self.is_fhir_quantity() && self.json().get("comparator").is_some()
    }

    /// Whether it is of the type Quantity, or a kind of it.
    pub(in crate::path) fn is_fhir_quantity(&self) -> bool {
        matches!(self.type_of, ElementType::Fhir(id) if types::is_quantity(knowledge().def(id)))
    }

    /// The System.Quantity that a FHIR Quantity in UCUM is (R4 "FHIRPath", "Use of FHIR Quantity").
    fn quantity(&self) -> Option<Quantity> {
        if !self.is_fhir_quantity() || self.has_comparator() {
            return None;
        }
        let text = |name| self.json().get(name).and_then(Value::as_str);
        let value = Decimal::parse(self.json().get("value")?.as_number()?)?;
        let unit = match (text("system"), text("code")) {
            (Some("http://unitsofmeasure.org"), Some(code)) => Unit::of_fhir(code),
            (None, None) if text("unit").is_none() => Unit::one(),
            _ => return None,
        };
        Some(Quantity { value, unit })
    }
}
