//! What an evaluation is given besides the resource: time, variables, a Bundle, limits (FHIRPath §9).

use super::{
    item::{Collection, Element, Item},
    moment::Moment,
};
use crate::json::Value;
use std::{collections::BTreeMap, fmt};

/// What `trace` hands its input to: the name of the trace, and the items.
pub type TraceSink<'a> = &'a dyn Fn(&str, &[Item<'_>]);

/// The work that an evaluation may do unless it is told otherwise: items made, steps taken, and text made
/// in pieces of eight bytes.
pub const DEFAULT_WORK: u64 = 2_000_000;

/// What an evaluation may look at besides its input. Nothing of it is asked of the system: without a time
/// handed in, `now()` ends the evaluation with an error.
#[derive(Clone)]
pub struct Environment<'a> {
    pub(super) now: Option<Moment>,
    pub(super) variables: BTreeMap<String, Collection<'a>>,
    pub(super) resource: Option<&'a Value<'a>>,
    pub(super) bundle: Option<&'a Value<'a>>,
    pub(super) trace: Option<TraceSink<'a>>,
    pub(super) typed: bool,
    pub(super) as_filters: bool,
    pub(super) empty_join: bool,
    pub(super) work: u64,
}

impl Default for Environment<'_> {
    fn default() -> Self {
        Self {
            now: None,
            variables: BTreeMap::new(),
            resource: None,
            bundle: None,
            trace: None,
            typed: true,
            as_filters: false,
            empty_join: false,
            work: DEFAULT_WORK,
        }
    }
}

impl<'a> Environment<'a> {
    /// An environment with nothing in it: types of R4, no time, no variables, [`DEFAULT_WORK`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The time of `now()`, `today()` and `timeOfDay()`, in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn at_unix_ms(self, unix_ms: i64) -> Self {
        Self { now: Some(Moment::from_unix_ms(unix_ms)), ..self }
    }

    /// Defines `%name`.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: Collection<'a>) -> Self {
        self.variables.insert(name.to_owned(), value);
        self
    }

    /// What `%resource` and `%rootResource` are, and where `#id` is looked for, where that is not the input.
    #[must_use]
    pub fn with_resource(self, resource: &'a Value<'a>) -> Self {
        Self { resource: Some(resource), ..self }
    }

    /// The Bundle that `resolve()` looks in, where that is not the input.
    #[must_use]
    pub fn with_bundle(self, bundle: &'a Value<'a>) -> Self {
        Self { bundle: Some(bundle), ..self }
    }

    /// Where `trace()` hands its input. What the sink does with it is its own affair: items hold content.
    #[must_use]
    pub fn with_trace(self, sink: TraceSink<'a>) -> Self {
        Self { trace: Some(sink), ..self }
    }

    /// Reads the input as JSON of no known type: its types are those that JSON shows.
    #[must_use]
    pub fn untyped(self) -> Self {
        Self { typed: false, ..self }
    }

    /// Lets `as` keep those of many items that are of the type, as `ofType` does. R4's own invariants (dom-3)
    /// were written so; without this, `as` of more than one item is an error (FHIRPath §6.3.2).
    #[must_use]
    pub fn with_filtering_as(self) -> Self {
        Self { as_filters: true, ..self }
    }

    /// Lets `join` of nothing be the empty text, as the suite of SQL on FHIR has it; without this it is empty.
    #[must_use]
    pub fn with_empty_join(self) -> Self {
        Self { empty_join: true, ..self }
    }

    /// Bounds the work. See [`DEFAULT_WORK`] for what counts.
    #[must_use]
    pub fn with_work(self, work: u64) -> Self {
        Self { work, ..self }
    }

    /// The element that `value` is as the root of an evaluation.
    pub(super) fn root(&self, value: &'a Value<'a>) -> Item<'a> {
        Item::Element(Element::root(value, self.typed))
    }
}

impl fmt::Debug for Environment<'_> {
    /// Shows no content of a resource.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("now", &self.now)
            .field("variables", &self.variables.keys())
            .field("typed", &self.typed)
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}
