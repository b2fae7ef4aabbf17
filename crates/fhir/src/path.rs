//! FHIRPath (2.0.0, "N1", and of later drafts what R4's test suite asks for): read once, checked against a
//! type, evaluated on a resource, a Bundle or a part of them.
//!
//! The tree ([`Expr`]) is public, so that others can compile it into something else. What needs a terminology
//! server or profiles is refused with a reason. An evaluation borrows from the resource, asks nothing of the
//! system, and ends within the work that its [`Environment`] allows.

mod ast;
mod check;
mod decimal;
mod environment;
mod error;
mod evaluate;
mod factory;
mod functions;
mod item;
mod lexer;
mod moment;
mod parser;
mod patterns;
mod quantity;
mod types;

pub use ast::{Expr, ExprKind, Literal, Operator, TypeTest, type_of};
pub use decimal::Decimal;
pub use environment::{DEFAULT_WORK, Environment, TraceSink};
pub use error::{PathError, Rule, SemanticError, SemanticProblem, SyntaxError, SyntaxProblem};
pub use functions::Function;
pub use item::{Collection, Element, Item};
pub use moment::{Incomparable, Moment, MomentKind, Precision};
pub use quantity::{Quantity, Unit};
pub use types::{SystemType, TypeName};

use crate::{
    json::Value,
    r4::{TypeId, knowledge},
};
use item::{ElementType, Json};
use patterns::Patterns;

/// The longest text that is read as an expression; the longest invariant of R4 has some 2,000 bytes.
pub const MAX_EXPRESSION_BYTES: usize = 64 * 1024;

/// An expression that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    tree: Expr,
    patterns: Patterns,
}

/// What [`Expression::check`] looks for beyond types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strictness {
    /// Refuses functions that need an order, such as `skip`, after `children()` and `descendants()`.
    pub ordered: bool,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The text is no expression, calls a function that does not exist or with a wrong number of arguments,
    /// or is longer or nested more deeply than is allowed.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(SyntaxError { position: MAX_EXPRESSION_BYTES, problem: SyntaxProblem::TooComplex });
        }
        parser::parse(text).map(|tree| Self { tree, patterns: Patterns::default() })
    }

    /// The expression as a tree.
    #[must_use]
    pub const fn tree(&self) -> &Expr {
        &self.tree
    }

    /// Checks it against the type of its input: `Patient`, `HumanName`, or `Patient.contact` for the element of
    /// that path. What the type leaves open passes; evaluation is more lenient than this.
    ///
    /// # Errors
    /// It asks for elements or types that R4 does not have, or calls functions on types that they are not for.
    pub fn check(&self, type_name: &str, strictness: Strictness) -> Result<(), SemanticError> {
        let unknown = SemanticProblem::UnknownType(type_name.to_owned());
        let root = knowledge().id(type_name).ok_or(SemanticError { position: 0, problem: unknown })?;
        check::Checker { ordered: strictness.ordered, comparable: false, root: Some(root) }.check(&self.tree)
    }

    /// The type of FHIRPath that everything it comes to is of, where that is certain: `exists()` gives Booleans.
    /// `focus` is the type of its input, if that is known.
    #[must_use]
    pub fn gives(&self, focus: Option<TypeId>) -> Option<SystemType> {
        check::Checker { ordered: false, comparable: false, root: focus }.gives(&self.tree)
    }

    /// Refuses a comparison that is never true and that somebody has meant: `birthDate = '1970-01-01'`.
    /// `focus` is the type of its input, if that is known; unknown elements are no matter here.
    ///
    /// # Errors
    /// [`SemanticProblem::NeverEqual`], and where.
    pub fn check_comparisons(&self, focus: Option<TypeId>) -> Result<(), SemanticError> {
        let checker = check::Checker { ordered: false, comparable: true, root: focus };
        match checker.check(&self.tree) {
            Err(error) if matches!(error.problem, SemanticProblem::NeverEqual { .. }) => Err(error),
            _ => Ok(()),
        }
    }

    /// Evaluates it on a resource.
    ///
    /// # Errors
    /// An operand is of a type that its operation is not for, more than one item stands where one must, what it
    /// needs was not handed in or is refused, or it takes more work than allowed.
    pub fn evaluate<'a>(
        &'a self,
        resource: &'a Value<'a>,
        environment: &Environment<'a>,
    ) -> Result<Collection<'a>, PathError> {
        self.evaluate_on(vec![environment.root(resource)], environment)
    }

    /// Evaluates it on an element that is no resource: `type_name` is what R4 calls its type, such as
    /// `HumanName` or `Patient.contact`. An unknown name leaves it untyped.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_element<'a>(
        &'a self,
        element: &'a Value<'a>,
        type_name: &str,
        environment: &Environment<'a>,
    ) -> Result<Collection<'a>, PathError> {
        let type_of = knowledge().id(type_name).map_or(ElementType::Untyped, ElementType::Fhir);
        let item = Item::Element(Element::new(Json::Borrowed(element), None, type_of));
        self.evaluate_on(vec![item], environment)
    }

    /// Evaluates it on what another evaluation came to, which `%context` then is.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_on<'a>(
        &'a self,
        focus: Collection<'a>,
        environment: &Environment<'a>,
    ) -> Result<Collection<'a>, PathError> {
        evaluate::evaluate(&self.tree, focus, environment, &self.patterns)
    }
}

impl std::str::FromStr for Expression {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
