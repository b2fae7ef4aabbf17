//! The names of FHIR's resource types, as numbers.

use crate::r4::knowledge;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{borrow::Cow, fmt, str::FromStr};

/// One of the resource types that FHIR R4 defines, never one of its abstract ones.
/// Ordered as their names are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(pub(crate) u8);

/// The text names no resource type of FHIR R4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a resource type of FHIR R4")]
pub struct UnknownResourceType;

impl ResourceType {
    /// The type called `name`, in FHIR's own spelling.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let knowledge = knowledge();
        knowledge.id(name).and_then(|id| knowledge.resource_type(id))
    }

    /// Its name, such as `Patient`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.def().map_or("", |def| def.name)
    }

    /// Every resource type, in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self).take_while(|kind| kind.def().is_some())
    }

    /// What R4 knows of it.
    pub(crate) fn def(self) -> Option<&'static crate::r4::TypeDef> {
        knowledge().resource_def(self)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ResourceType {
    type Err = UnknownResourceType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name).ok_or(UnknownResourceType)
    }
}

impl Serialize for ResourceType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ResourceType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| D::Error::custom(UnknownResourceType))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_its_name() {
        assert_eq!(ResourceType::all().count(), 146);
        for kind in ResourceType::all() {
            assert_eq!(ResourceType::parse(kind.as_str()), Some(kind));
        }
        assert!(ResourceType::all().is_sorted_by_key(ResourceType::as_str));
        let json = serde_json::to_string(&ResourceType::parse("Patient")).unwrap();
        assert_eq!(json, "\"Patient\"");
        assert_eq!(serde_json::from_str::<ResourceType>(&json).unwrap().to_string(), "Patient");
    }

    #[test]
    fn abstract_types_data_types_and_other_spellings_are_none() {
        for name in [
            "Resource",
            "DomainResource",
            "HumanName",
            "string",
            "patient",
            "Patient.contact",
            "SubscriptionStatus",
            "",
        ] {
            assert_eq!(ResourceType::parse(name), None, "{name}");
        }
    }
}
