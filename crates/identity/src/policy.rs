//! What may stay outside the vault: the allow-list, as an officer reads it and as the walk uses it.

mod compile;
mod read;

use crate::{codes::CodeRule, value};
use fhir::{
    ResourceType,
    r4::{self, CodeSetId},
};
use model::SourceId;
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// An allow-list of places and value rules. What no rule keeps goes to the vault.
///
/// `policy/care.policy` is the one that comes built in; its head explains the format.
#[derive(Debug, Default)]
pub struct Policy {
    version: String,
    systems: HashMap<Box<str>, CodeRule>,
    /// Beginnings of the URLs of systems whose published codes are kept.
    published: Vec<Box<str>>,
    uris: HashSet<Box<str>>,
    extensions: HashMap<Box<str>, ExtensionRule>,
    trusted: HashSet<Box<str>>,
    withheld_zip3: HashSet<Box<str>>,
    shapes: Vec<Shape>,
    resources: HashMap<ResourceType, ShapeId>,
}

/// Why a text is not a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}: {problem}")]
pub struct PolicyError {
    /// The line at fault, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: PolicyProblem,
}

/// What can be wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// It is not written as its section asks.
    #[error("not written as its section asks: `{0}`")]
    Form(String),
    /// It names a type that FHIR R4 does not have.
    #[error("FHIR R4 has no type `{0}`")]
    Type(String),
    /// It names an element that its type does not have.
    #[error(
        "`{0}` is no element of its type; a choice is written with `[x]`, and a part of a data type under [data types]"
    )]
    Element(String),
    /// It names a value rule that does not exist.
    #[error("there is no rule `{0}`")]
    Rule(String),
    /// Nothing at that place would ever be kept, because no data type rule covers it.
    #[error("no rule keeps a value of the type of `{0}`; say `as` and a rule")]
    NeverKept(String),
    /// The text has no version.
    #[error("the policy does not begin with its version")]
    Version,
}

/// A table's place in [`Policy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShapeId(usize);

/// What is kept of one object: its members by name, sorted.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    members: Vec<(Box<str>, Plan)>,
}

/// What is kept of one value.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Boolean,
    Number,
    Date,
    Day,
    Month,
    Time,
    Code(CodeSetId),
    CodeOf(Box<str>),
    OneOf(Box<[Box<str>]>),
    District,
    Uri,
    Coding,
    Quantity,
    Reference { subject: bool },
    Object(ShapeId),
    Extension,
    ResourceType,
    Id,
    Contained,
}

/// What is kept of one extension.
#[derive(Debug, Default)]
pub(crate) struct ExtensionRule {
    /// The member that holds its value, such as `valueCoding`, and how that is judged.
    pub(crate) value: Option<(Box<str>, Plan)>,
    /// The extensions within it.
    pub(crate) nested: HashMap<Box<str>, Self>,
}

impl Policy {
    /// The policy for health and care that comes with the lake.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the text is part of the program, and a test reads it")]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Policy> = LazyLock::new(|| {
            Policy::parse(include_str!("../policy/care.policy")).expect("the built-in policy is well formed")
        });
        &BUILTIN
    }

    /// Reads a policy and compiles it against what FHIR R4 says of its types.
    ///
    /// # Errors
    /// A line is malformed, or names what does not exist; a path that could never keep anything is one too.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        compile::compile(read::read(text)?)
    }

    /// Its version, to be recorded with what was split by it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The resource types of which something is kept.
    pub fn resource_types(&self) -> impl Iterator<Item = ResourceType> {
        self.resources.keys().copied()
    }

    /// Whether the NHS numbers of `source` count as verified.
    pub(crate) fn trusts(&self, source: &SourceId) -> bool {
        self.trusted.contains(source.as_str())
    }

    pub(crate) fn resource(&self, kind: ResourceType) -> Option<ShapeId> {
        self.resources.get(&kind).copied()
    }

    pub(crate) fn shape(&self, id: ShapeId) -> &Shape {
        // INVARIANT: only `compile` makes a `ShapeId`, and only of shapes that are here.
        &self.shapes[id.0]
    }

    /// Whether `code` may stand under `system`.
    pub(crate) fn admits_code(&self, system: &str, code: &str) -> bool {
        match self.systems.get(system) {
            Some(rule) => rule.admits(system, code),
            None => {
                self.published.iter().any(|start| system.starts_with(&**start))
                    && CodeRule::Published.admits(system, code)
            }
        }
    }

    /// Whether it is a listed URI, with a version or without.
    pub(crate) fn admits_uri(&self, uri: &str) -> bool {
        let (name, version) = uri.split_once('|').unwrap_or((uri, "0"));
        let is_version =
            (1..=16).contains(&version.len()) && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        // Nine digits and no more: a version has no place for a longer number.
        is_version && version.bytes().filter(u8::is_ascii_digit).count() < 10 && self.uris.contains(name)
    }

    /// The district of a postcode or ZIP code, where it may be told.
    pub(crate) fn district(&self, code: &str) -> Option<String> {
        let zip3 = || value::zip3(code).filter(|zip| !self.withheld_zip3.contains(*zip)).map(str::to_owned);
        value::outward_code(code).or_else(zip3)
    }

    pub(crate) fn extension(&self, url: &str) -> Option<&ExtensionRule> {
        self.extensions.get(url)
    }
}

impl Shape {
    pub(crate) fn plan(&self, name: &str) -> Option<&Plan> {
        let found = self.members.binary_search_by(|(member, _)| (**member).cmp(name));
        found.ok().and_then(|at| self.members.get(at)).map(|(_, plan)| plan)
    }
}

impl Plan {
    /// Whether a string that has to stay as it is may stay.
    pub(crate) fn admits_text(&self, policy: &Policy, text: &str) -> bool {
        match self {
            Self::Date => value::is_date(text),
            Self::Time => value::is_time(text),
            Self::Code(set) => r4::knowledge().codes(*set).contains(text),
            Self::CodeOf(system) => policy.admits_code(system, text),
            Self::OneOf(texts) => texts.iter().any(|one| **one == *text),
            Self::Uri => policy.admits_uri(text),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
