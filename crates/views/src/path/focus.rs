//! What is known of the items of an expression before any resource is seen.

use fhir::{
    path::{MomentKind, SystemType},
    r4::{Kind, Primitive, TypeId, knowledge},
};

/// A type that an item may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// One of R4. Of an abstract one (`Resource`) each item says itself which it is.
    Fhir(TypeId),
    /// A value that the expression made.
    System(SystemType),
    /// JSON that R4 does not describe.
    Untyped,
    /// Below an abstract type: which type it is shows when the item is there.
    Open,
    /// An item of the general engine, which knows the type.
    General,
}

/// The items that an expression starts from, or gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Focus {
    /// What they may be; nothing if there are none.
    pub(super) types: Vec<Type>,
    /// Whether there may be more than one.
    pub(super) many: bool,
}

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Boolean,
    Number,
    /// Dates and dateTimes.
    Moment,
    Time,
    /// What the JSON shows: a text, a number or a boolean.
    Shown,
    /// There are no values.
    Nothing,
}

impl Type {
    fn kind(self) -> Option<Kind> {
        if let Self::Fhir(id) = self { Some(knowledge().def(id).kind) } else { None }
    }

    /// The type of its value, if it has one.
    pub(super) fn value(self) -> Option<SystemType> {
        match self {
            Self::System(system) => Some(system),
            _ => self.primitive().map(SystemType::of),
        }
    }

    pub(super) fn primitive(self) -> Option<Primitive> {
        if let Some(Kind::Primitive(primitive)) = self.kind() { Some(primitive) } else { None }
    }

    /// Whether it is abstract: each item says itself which resource type it is.
    pub(super) fn is_any_resource(self) -> bool {
        matches!(self, Self::Fhir(id) if knowledge().def(id).is_abstract)
    }

    /// Whether it is a known type that has elements and never a value.
    pub(super) fn is_complex(self) -> bool {
        let Self::Fhir(id) = self else { return false };
        let def = knowledge().def(id);
        self.primitive().is_none() && !def.is_abstract && !def.is_kind_of("Quantity")
    }
}

impl Focus {
    /// A resource of the type `name`.
    pub(crate) fn resource(name: &str) -> Self {
        Self::one(knowledge().id(name).map_or(Type::Untyped, Type::Fhir))
    }

    /// One item of a type.
    pub(super) fn one(found: Type) -> Self {
        Self { types: vec![found], many: false }
    }

    pub(super) fn system(found: SystemType) -> Self {
        Self::one(Type::System(found))
    }

    /// Nothing.
    pub(super) const fn nothing() -> Self {
        Self { types: Vec::new(), many: false }
    }

    /// Items of the general engine.
    pub(super) fn general() -> Self {
        Self { types: vec![Type::General], many: true }
    }

    /// One of them.
    pub(crate) fn each(&self) -> Self {
        Self { many: false, ..self.clone() }
    }

    /// These and those.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        other.types.iter().for_each(|found| self.add(*found));
        Self { many: self.many || other.many, ..self }
    }

    pub(super) fn add(&mut self, found: Type) {
        if !self.types.contains(&found) {
            self.types.push(found);
        }
    }

    /// Whether all of `other` is in it.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        other.types.iter().all(|found| self.types.contains(found))
    }

    /// The one type of R4 that they are all of.
    pub(super) fn only_type(&self) -> Option<TypeId> {
        if let [Type::Fhir(id)] = self.types.as_slice() { Some(*id) } else { None }
    }

    /// Whether the general engine can go on from the place in the resource alone. Of a primitive it needs what
    /// stands beside it, too, and of a choice the name that it was found by.
    pub(crate) fn is_exact(&self) -> bool {
        match self.types.as_slice() {
            [Type::General] => true,
            [Type::Fhir(id)] => !matches!(knowledge().def(*id).kind, Kind::Primitive(_)),
            _ => false,
        }
    }

    /// How their values are compared, and whether some may have none. `None` if it depends on the item.
    pub(super) fn class(&self) -> Option<(Class, bool)> {
        let (mut class, mut complex) = (Class::Nothing, false);
        for found in &self.types {
            let one = match (found, found.value()) {
                (Type::Untyped, _) => Class::Shown,
                (_, Some(system)) => class_of(system)?,
                _ if found.is_complex() => {
                    complex = true;
                    continue;
                }
                _ => return None,
            };
            if class != Class::Nothing && class != one {
                return None;
            }
            class = one;
        }
        // An untyped item may have parts.
        Some((class, complex || class == Class::Shown))
    }

    /// Whether each has a value of this type.
    pub(super) fn is_all(&self, wanted: impl Fn(SystemType) -> bool) -> bool {
        !self.types.is_empty() && self.types.iter().all(|found| found.value().is_some_and(&wanted))
    }

    /// The kind of moment that they all are.
    pub(super) fn moment(&self) -> Option<MomentKind> {
        let kind = |found: &Type| match found.value()? {
            SystemType::Date => Some(MomentKind::Date),
            SystemType::DateTime => Some(MomentKind::DateTime),
            SystemType::Time => Some(MomentKind::Time),
            _ => None,
        };
        let first = kind(self.types.first()?)?;
        self.types.iter().all(|found| kind(found) == Some(first)).then_some(first)
    }
}

const fn class_of(system: SystemType) -> Option<Class> {
    Some(match system {
        SystemType::Boolean => Class::Boolean,
        SystemType::Integer | SystemType::Long | SystemType::Decimal => Class::Number,
        SystemType::String => Class::Text,
        SystemType::Date | SystemType::DateTime => Class::Moment,
        SystemType::Time => Class::Time,
        SystemType::Quantity => return None,
    })
}
