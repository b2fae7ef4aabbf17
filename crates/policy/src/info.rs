//! One policy, as it is named and shown.

use std::{fmt, sync::Arc};

/// A policy's name, from its annotation `@id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(Arc<str>);

impl PolicyId {
    pub(crate) fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a policy does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It allows, unless another forbids.
    Permit,
    /// It denies, whoever permits.
    Forbid,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permit => "permit",
            Self::Forbid => "forbid",
        })
    }
}

/// One policy, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInfo {
    /// Its name.
    pub id: PolicyId,
    /// What it does.
    pub effect: Effect,
    /// Why there is such a policy, in a sentence from its annotation `@because`.
    pub because: String,
    /// The policy itself, in Cedar.
    pub text: String,
    /// The file that it stands in.
    pub file: String,
    /// Whether it is the operator's own, not one of the built-in ones.
    pub own: bool,
}
