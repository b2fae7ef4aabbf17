//! The types of FHIRPath and of FHIR R4, by name, and which is a kind of which (FHIRPath §6.3, §10).

use crate::r4::{Kind, Primitive, TypeDef, TypeId, knowledge};
use std::fmt;

/// A type as an expression names it: `Patient`, `FHIR.Patient`, `System.String`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// `FHIR` or `System`, if it was written.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The types of FHIRPath itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemType {
    /// `System.Boolean`
    Boolean,
    /// `System.Integer`
    Integer,
    /// `System.Long`
    Long,
    /// `System.Decimal`
    Decimal,
    /// `System.String`
    String,
    /// `System.Date`
    Date,
    /// `System.DateTime`
    DateTime,
    /// `System.Time`
    Time,
    /// `System.Quantity`
    Quantity,
}

impl SystemType {
    const ALL: &'static [Self] = &[
        Self::Boolean,
        Self::Integer,
        Self::Long,
        Self::Decimal,
        Self::String,
        Self::Date,
        Self::DateTime,
        Self::Time,
        Self::Quantity,
    ];

    /// Its name, without `System.`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::Long => "Long",
            Self::Decimal => "Decimal",
            Self::String => "String",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Time => "Time",
            Self::Quantity => "Quantity",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.name() == name).copied()
    }

    /// The type of the value that a FHIR primitive has (R4 "FHIRPath", implicit conversions).
    #[must_use]
    pub const fn of(primitive: Primitive) -> Self {
        match primitive {
            Primitive::Boolean => Self::Boolean,
            Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt => Self::Integer,
            Primitive::Decimal => Self::Decimal,
            Primitive::Date => Self::Date,
            Primitive::DateTime | Primitive::Instant => Self::DateTime,
            Primitive::Time => Self::Time,
            _ => Self::String,
        }
    }
}

/// What a type name can mean: of FHIR, of FHIRPath, or either.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning<'n> {
    pub(super) fhir: Option<&'n str>,
    pub(super) system: Option<SystemType>,
}

impl TypeName {
    /// What the name means; `None` when there is no such type. A name of the namespace `System` that
    /// FHIRPath does not have means nothing, and no item is of it.
    pub(super) fn meaning(&self) -> Option<Meaning<'_>> {
        let system = SystemType::parse(&self.name);
        let fhir = is_fhir_type(&self.name).then_some(self.name.as_str());
        match self.namespace.as_deref() {
            Some("System") => Some(Meaning { fhir: None, system }),
            Some("FHIR") if fhir.is_some() => Some(Meaning { fhir, system: None }),
            None if fhir.is_some() || system.is_some() => Some(Meaning { fhir, system }),
            _ => None,
        }
    }
}

impl TypeName {
    /// Whether FHIR R4 or FHIRPath has a type of this name.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.meaning().is_some()
    }

    /// The FHIR type that it means of an element of a resource; `None` where only FHIRPath has one of the name.
    #[must_use]
    pub fn fhir(&self) -> Option<&str> {
        self.meaning()?.fhir
    }
}

impl TypeDef {
    /// Whether the type is the one called `name`, or a kind of it: `code` is a kind of `string`, `Patient` of
    /// `DomainResource`.
    #[must_use]
    pub fn is_kind_of(&self, name: &str) -> bool {
        is_kind_of(self, name)
    }
}

fn is_fhir_type(name: &str) -> bool {
    ["DomainResource", "BackboneElement", "SimpleQuantity", "MoneyQuantity"].contains(&name)
        || knowledge().id(name).is_some()
}

/// Whether the FHIR type `def` is `name`, or a kind of it.
pub(super) fn is_kind_of(def: &TypeDef, name: &str) -> bool {
    def.name == name
        || match def.kind {
            Kind::Primitive(_) => name == "Element" || primitive_parent(def.name) == Some(name),
            Kind::Resource => {
                name == "Resource" || name == "DomainResource" && def.element("extension").is_some()
            }
            Kind::Complex | Kind::Backbone => {
                name == "Element"
                    || name == "BackboneElement" && def.element("modifierExtension").is_some()
                    || name == "Quantity" && QUANTITIES.contains(&def.name)
                    || def.name == "Quantity" && ["SimpleQuantity", "MoneyQuantity"].contains(&name)
            }
        }
}

const QUANTITIES: &[&str] = &["Age", "Count", "Distance", "Duration"];

/// The primitive type that another one is a kind of (R4 §2.24.0.1).
fn primitive_parent(name: &str) -> Option<&'static str> {
    match name {
        "code" | "id" | "markdown" => Some("string"),
        "positiveInt" | "unsignedInt" => Some("integer"),
        "canonical" | "oid" | "url" | "uuid" => Some("uri"),
        _ => None,
    }
}

/// Whether `def` is the type Quantity, or a kind of it.
pub(super) fn is_quantity(def: &TypeDef) -> bool {
    is_kind_of(def, "Quantity")
}

/// The primitive that the type at `id` is, if it is one.
pub(super) fn primitive(id: TypeId) -> Option<Primitive> {
    match knowledge().def(id).kind {
        Kind::Primitive(primitive) => Some(primitive),
        _ => None,
    }
}
