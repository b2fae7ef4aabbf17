//! The processes that a lake can run as.
//!
//! Not the roles of people, such as analyst and auditor.

use std::{fmt, str::FromStr};

/// A part of the lake that can run as a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessRole {
    /// Takes what providers send. Opens nothing in any zone.
    Gateway,
    /// Makes rows of what was taken, and marts of rows.
    Worker,
    /// Answers people: the console, its pages and their questions.
    Query,
    /// Watches the trail, makes checkpoints of it, lets old records go, and asks outside hosts.
    Keeper,
}

/// Why a text names no process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a process is gateway, worker, query or keeper")]
pub struct UnknownProcess;

impl ProcessRole {
    /// Every process.
    #[must_use]
    pub const fn all() -> [Self; 4] {
        [Self::Gateway, Self::Worker, Self::Query, Self::Keeper]
    }

    /// Its name, such as `gateway`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Worker => "worker",
            Self::Query => "query",
            Self::Keeper => "keeper",
        }
    }
}

impl fmt::Display for ProcessRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProcessRole {
    type Err = UnknownProcess;

    fn from_str(text: &str) -> Result<Self, UnknownProcess> {
        Self::all().into_iter().find(|role| role.as_str() == text).ok_or(UnknownProcess)
    }
}
