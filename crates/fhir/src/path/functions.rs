//! The functions of FHIRPath by name: how many arguments each takes, and what runs it.

mod aggregate;
mod boundary;
mod components;
mod conversion;
mod encoding;
mod existence;
mod fhir;
mod keys;
mod math;
mod projection;
mod regex;
mod strings;
mod subsetting;
mod tree;
mod utility;

use super::{
    ast::Expr,
    error::{PathError, Rule},
    evaluate::{self, Answer, Evaluator, Scope},
    item::{Collection, Item},
    types::SystemType,
};
use std::{borrow::Cow, fmt};

pub(super) use conversion::converted;

/// A function of the table.
#[derive(Clone, Copy)]
pub struct Function(&'static Definition);

/// What a function's result is, as far as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// That depends on what it is called on, or on its arguments.
    Anything,
    /// Some of its input, or all of it.
    Input,
    /// The elements below its input, in no order.
    Unordered,
    /// At most one value of the type.
    One(SystemType),
    /// What its first argument gives.
    FirstArgument,
}

type Run = for<'a> fn(&mut Evaluator<'_, 'a>, &Call<'_, 'a>) -> Answer<'a>;

/// One line of the table.
pub(super) struct Definition {
    name: &'static str,
    least: usize,
    most: usize,
    gives: Gives,
    needs_order: bool,
    on_text: bool,
    refusal: Option<&'static str>,
    run: Run,
}

impl Definition {
    /// A function of `least` to `most` arguments.
    const fn new(name: &'static str, least: usize, most: usize, run: Run) -> Self {
        Self {
            name,
            least,
            most,
            gives: Gives::Anything,
            needs_order: false,
            on_text: false,
            refusal: None,
            run,
        }
    }

    const fn gives(self, gives: Gives) -> Self {
        Self { gives, ..self }
    }

    const fn boolean(self) -> Self {
        self.gives(Gives::One(SystemType::Boolean))
    }

    /// Of a collection without an order it would give any item (§5.3).
    const fn ordered(self) -> Self {
        Self { gives: Gives::Input, needs_order: true, ..self }
    }

    /// This engine does not do it, and says why.
    const fn refused(name: &'static str, arguments: usize, reason: &'static str) -> Self {
        let run: Run = |_, call| Err(call.fail(Rule::Refused(call.function.0.refusal.unwrap_or_default())));
        Self { refusal: Some(reason), ..Self::new(name, arguments, arguments, run) }
    }

    /// It is defined for texts only (§5.6).
    const fn on_text(self) -> Self {
        Self { on_text: true, ..self }
    }
}

const TABLES: &[&[Definition]] = &[
    existence::FUNCTIONS,
    projection::FUNCTIONS,
    subsetting::FUNCTIONS,
    conversion::FUNCTIONS,
    strings::FUNCTIONS,
    regex::FUNCTIONS,
    encoding::FUNCTIONS,
    math::FUNCTIONS,
    tree::FUNCTIONS,
    utility::FUNCTIONS,
    components::FUNCTIONS,
    boundary::FUNCTIONS,
    aggregate::FUNCTIONS,
    fhir::FUNCTIONS,
    keys::FUNCTIONS,
];

impl Function {
    /// The function called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLES.iter().copied().flatten().find(|definition| definition.name == name).map(Self)
    }

    /// Every function, in the order of the specification's chapters.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLES.iter().copied().flatten().map(Self)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The least and the greatest number of arguments.
    #[must_use]
    pub const fn arity(self) -> (usize, usize) {
        (self.0.least, self.0.most)
    }

    /// Why this engine never runs it, if it does not: what it needs is beyond an expression.
    #[must_use]
    pub const fn refusal(self) -> Option<&'static str> {
        self.0.refusal
    }

    /// Whether it asks what time it is, which [`Environment::at_unix_ms`](super::Environment::at_unix_ms) hands
    /// in.
    #[must_use]
    pub fn needs_time(self) -> bool {
        matches!(self.name(), "now" | "today" | "timeOfDay")
    }

    pub(super) const fn result(self) -> Gives {
        self.0.gives
    }

    pub(super) const fn needs_order(self) -> bool {
        self.0.needs_order
    }

    pub(super) const fn is_on_text(self) -> bool {
        self.0.on_text
    }

    pub(super) fn run<'a>(self, evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>) -> Answer<'a> {
        (self.0.run)(evaluator, call)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A function called: its input, and its arguments yet to be evaluated.
pub(super) struct Call<'c, 'a> {
    pub(super) function: Function,
    pub(super) input: Collection<'a>,
    pub(super) arguments: &'a [Expr],
    pub(super) scope: &'c Scope<'a>,
    pub(super) position: usize,
}

impl<'a> Call<'_, 'a> {
    pub(super) const fn fail(&self, rule: Rule) -> PathError {
        PathError { position: self.position, rule }
    }

    /// Whether the argument was written.
    fn has(&self, at: usize) -> bool {
        self.arguments.len() > at
    }

    /// The argument, evaluated where the function stands; empty if it was not written.
    fn argument(&self, evaluator: &mut Evaluator<'_, 'a>, at: usize) -> Answer<'a> {
        match self.arguments.get(at) {
            Some(argument) => evaluator.apart(argument, self.scope),
            None => Ok(Vec::new()),
        }
    }

    fn text_argument(
        &self,
        evaluator: &mut Evaluator<'_, 'a>,
        at: usize,
    ) -> Result<Option<Cow<'a, str>>, PathError> {
        evaluate::text(&self.argument(evaluator, at)?, self.position)
    }

    fn integer_argument(
        &self,
        evaluator: &mut Evaluator<'_, 'a>,
        at: usize,
    ) -> Result<Option<i64>, PathError> {
        evaluate::integer(&self.argument(evaluator, at)?, self.position)
    }

    /// The argument, evaluated with an item of the input as `$this`.
    fn each(
        &self,
        evaluator: &mut Evaluator<'_, 'a>,
        at: usize,
        item: &Item<'a>,
        index: usize,
    ) -> Answer<'a> {
        let Some(argument) = self.arguments.get(at) else { return Ok(Vec::new()) };
        let index = i64::try_from(index).ok();
        let scope = Scope { this: vec![item.clone()], index, total: self.scope.total.clone() };
        evaluator.apart(argument, &scope)
    }

    /// Whether a condition holds of an item of the input.
    fn holds(
        &self,
        evaluator: &mut Evaluator<'_, 'a>,
        item: &Item<'a>,
        index: usize,
    ) -> Result<bool, PathError> {
        let answer = self.each(evaluator, 0, item, index)?;
        Ok(evaluate::boolean(&answer, self.position)? == Some(true))
    }

    /// The value of the one item of the input.
    fn value(&self) -> Result<Option<Item<'a>>, PathError> {
        evaluate::value(&self.input, self.position)
    }

    fn text(&self) -> Result<Option<Cow<'a, str>>, PathError> {
        evaluate::text(&self.input, self.position)
    }
}

/// One Boolean.
fn truth<'a>(value: bool) -> Answer<'a> {
    Ok(vec![Item::Boolean(value)])
}

/// One item, or none.
fn maybe<'a>(item: Option<Item<'a>>) -> Answer<'a> {
    Ok(item.into_iter().collect())
}

/// One text that was made.
fn made<'a>(evaluator: &mut Evaluator<'_, 'a>, call: &Call<'_, 'a>, text: String) -> Answer<'a> {
    evaluator.spend(text.len() / 8, call.position)?;
    Ok(vec![Item::String(Cow::Owned(text))])
}

#[cfg(test)]
mod tests;
