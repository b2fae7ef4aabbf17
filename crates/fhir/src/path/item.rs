//! The items of collections: values of FHIRPath, and elements of resources.

mod children;
mod element;

pub use element::Element;
pub(super) use element::{ElementType, Json};

use super::{
    decimal::Decimal,
    moment::{Moment, MomentKind},
    quantity::Quantity,
    types::{self, Meaning, SystemType},
};
use crate::r4::knowledge;
use std::borrow::Cow;

/// One item of a collection.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// `System.Boolean`
    Boolean(bool),
    /// `System.Integer`
    Integer(i64),
    /// `System.Long`
    Long(i64),
    /// `System.Decimal`
    Decimal(Decimal),
    /// `System.String`
    String(Cow<'a, str>),
    /// `System.Date`, `System.DateTime` or `System.Time`
    Moment(Moment),
    /// `System.Quantity`
    Quantity(Quantity),
    /// An element of a resource, with its type if that is known.
    Element(Element<'a>),
}

/// Items in order; the same one may come more than once (FHIRPath §4).
pub type Collection<'a> = Vec<Item<'a>>;

impl<'a> Item<'a> {
    /// The value of FHIRPath that the item is or has: of a primitive element its value, of a FHIR Quantity in
    /// UCUM the quantity. `None` of other elements, and of primitives that have extensions only.
    #[must_use]
    pub fn value(&self) -> Option<Self> {
        match self {
            Self::Element(element) => element.value(),
            other => Some(other.clone()),
        }
    }

    /// The type of FHIRPath that the item itself is of, if it is no element.
    pub(super) const fn system_type(&self) -> Option<SystemType> {
        Some(match self {
            Self::Boolean(_) => SystemType::Boolean,
            Self::Integer(_) => SystemType::Integer,
            Self::Long(_) => SystemType::Long,
            Self::Decimal(_) => SystemType::Decimal,
            Self::String(_) => SystemType::String,
            Self::Moment(moment) => match moment.kind() {
                MomentKind::Date => SystemType::Date,
                MomentKind::DateTime => SystemType::DateTime,
                MomentKind::Time => SystemType::Time,
            },
            Self::Quantity(_) => SystemType::Quantity,
            Self::Element(_) => return None,
        })
    }

    /// The namespace and the name of the item's type (§10, `type()`).
    #[must_use]
    pub fn type_name(&self) -> (&'static str, &'static str) {
        if let Some(system) = self.system_type() {
            return ("System", system.name());
        }
        let Self::Element(element) = self else { return ("System", "Any") };
        match element.element_type() {
            ElementType::Fhir(id) => ("FHIR", knowledge().def(id).name),
            ElementType::Attribute(_) => ("System", "String"),
            ElementType::Untyped => {
                let system = element.value().and_then(|value| value.system_type());
                ("System", system.map_or("Any", SystemType::name))
            }
        }
    }

    /// Whether the item is of a type (§6.3 `is`).
    pub(super) fn is_of(&self, meaning: Meaning<'_>) -> bool {
        let Self::Element(element) = self else { return self.system_type() == meaning.system };
        let is_fhir = |id| meaning.fhir.is_some_and(|name| types::is_kind_of(knowledge().def(id), name));
        match element.element_type() {
            ElementType::Fhir(id) => is_fhir(id),
            ElementType::Attribute(id) => meaning.system == Some(SystemType::String) || is_fhir(id),
            ElementType::Untyped => {
                meaning.system.is_some()
                    && element.value().and_then(|value| value.system_type()) == meaning.system
            }
        }
    }

    /// The number that a value is, if it is one.
    pub(super) fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Integer(value) | Self::Long(value) => Some(Decimal::from(*value)),
            Self::Decimal(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a value as `toString()` gives it (§5.5); `None` of elements without a value.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Self::Integer(value) | Self::Long(value) => Cow::Owned(value.to_string()),
            Self::Decimal(value) => Cow::Owned(value.to_string()),
            Self::String(text) => text.clone(),
            Self::Moment(moment) => Cow::Owned(moment.to_string()),
            Self::Quantity(quantity) => Cow::Owned(quantity.to_string()),
            Self::Element(element) => return element.value()?.text(),
        })
    }
}
