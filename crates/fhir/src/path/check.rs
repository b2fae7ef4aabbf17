//! Whether an expression fits the type it is meant for, before it meets any resource (FHIRPath §11).

mod infer;
mod operands;

pub(super) use infer::Checker;

use super::types::SystemType;
use crate::r4::{TypeId, knowledge};

/// A type that an expression may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StaticType {
    System(SystemType),
    Fhir(TypeId),
}

impl StaticType {
    fn name(self) -> String {
        match self {
            Self::System(system) => format!("System.{}", system.name()),
            Self::Fhir(id) => knowledge().def(id).name.to_owned(),
        }
    }

    /// The type of FHIRPath that its values are of, if all of them are of one.
    fn value_type(self) -> Option<SystemType> {
        match self {
            Self::System(system) => Some(system),
            Self::Fhir(id) => super::types::primitive(id).map(SystemType::of),
        }
    }

    /// Whether it is a type without a value, such as HumanName. Of `Resource` any may come.
    fn is_complex(self) -> bool {
        match self {
            Self::System(_) => false,
            Self::Fhir(id) => {
                let def = knowledge().def(id);
                super::types::primitive(id).is_none() && !def.is_abstract && !super::types::is_quantity(def)
            }
        }
    }
}

/// What is known of what an expression comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Its types, if they are known; none of them for a collection that is empty.
    types: Option<Vec<StaticType>>,
    /// Whether it may have more than one item, as far as that is known.
    many: bool,
    /// Whether its items are in no order.
    unordered: bool,
}

impl Shape {
    fn unknown() -> Self {
        Self { types: None, many: true, unordered: false }
    }

    fn one(found: StaticType) -> Self {
        Self { types: Some(vec![found]), many: false, unordered: false }
    }

    fn system(found: SystemType) -> Self {
        Self::one(StaticType::System(found))
    }

    /// Both together.
    fn with(self, other: Self) -> Self {
        let types = self.types.zip(other.types).map(|(mut types, others)| {
            types.extend(others.into_iter().filter(|other| !types.contains(other)).collect::<Vec<_>>());
            types
        });
        Self { types, many: true, unordered: self.unordered || other.unordered }
    }
}
