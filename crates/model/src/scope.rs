//! What a provider is granted.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// One thing a provider can do to resources (SMART App Launch 2.0 §3.0.2, the letters of a scope).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interaction {
    /// `c`
    Create,
    /// `u`
    Update,
}

/// A grant such as `system/Observation.c`, `system/*.cu`.
///
/// Only the `system` context and the letters `c` and `u` exist here: nobody reads through this door.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    /// The resource type, or `None` for `*`.
    pub resource_type: Option<Arc<str>>,
    /// Whether it covers create.
    pub create: bool,
    /// Whether it covers update.
    pub update: bool,
}

/// Why a text is not a [`Scope`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a scope is `system/` and a resource type or `*`, then `.c`, `.u` or `.cu`")]
pub struct ScopeError;

impl Scope {
    /// Whether this grant covers `interaction` on `resource_type`.
    #[must_use]
    pub fn covers(&self, interaction: Interaction, resource_type: &str) -> bool {
        let letter = match interaction {
            Interaction::Create => self.create,
            Interaction::Update => self.update,
        };
        letter && self.resource_type.as_deref().is_none_or(|mine| mine == resource_type)
    }

    /// Whether every grant of `asked` is within this one.
    #[must_use]
    pub fn includes(&self, asked: &Self) -> bool {
        let kind = match (&self.resource_type, &asked.resource_type) {
            (None, _) => true,
            (Some(mine), Some(theirs)) => mine == theirs,
            (Some(_), None) => false,
        };
        kind && (self.create || !asked.create) && (self.update || !asked.update)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, letters) =
            text.strip_prefix("system/").and_then(|rest| rest.split_once('.')).ok_or(ScopeError)?;
        let (create, update) = match letters {
            "c" => (true, false),
            "u" => (false, true),
            "cu" => (true, true),
            _ => return Err(ScopeError),
        };
        let resource_type = match kind {
            "*" => None,
            name if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic()) => Some(name.into()),
            _ => return Err(ScopeError),
        };
        Ok(Self { resource_type, create, update })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.resource_type.as_deref().unwrap_or("*");
        let (c, u) = (if self.create { "c" } else { "" }, if self.update { "u" } else { "" });
        write!(f, "system/{kind}.{c}{u}")
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_its_letters_and_its_type_only() {
        let scope: Scope = "system/Observation.c".parse().unwrap();
        assert!(scope.covers(Interaction::Create, "Observation"));
        assert!(!scope.covers(Interaction::Update, "Observation"));
        assert!(!scope.covers(Interaction::Create, "Patient"));
        let all: Scope = "system/*.cu".parse().unwrap();
        assert!(all.includes(&scope) && !scope.includes(&all));
        assert_eq!(all.to_string(), "system/*.cu");
    }

    #[test]
    fn reading_is_not_a_scope_here() {
        for bad in ["system/Patient.r", "user/Patient.c", "system/.c", "system/Patient", "system/Patient.*"] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }
}
