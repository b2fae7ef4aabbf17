//! The part of FHIRPath that views are written in, compiled once and evaluated without copying.
//!
//! What is here: paths, indexers, `$this`, `%resource`, `%rowIndex`, constants, literals, equality,
//! order, three-valued logic, arithmetic on decimals, and the functions that
//! [`parser::functions`] lists. What is not is refused when the view is compiled.

pub(crate) mod choice;
mod evaluate;
mod item;
mod lexer;
mod node;
mod parser;
mod paths;
mod select;

pub(crate) use evaluate::{Flow, Halt, Scope, evaluate, truth};
pub(crate) use item::Item;
pub(crate) use node::{Field, Node};
pub(crate) use parser::{Constant, Context, SyntaxError, parse};
pub(crate) use paths::{End, Paths};
pub(crate) use select::{Items, Whole};

use crate::decimal::Decimal;

/// A compiled expression. Names are interned, constants put in, choice types resolved.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// The item in focus.
    This,
    /// `%resource`: the resource that the row is made from.
    Resource,
    /// `%rowIndex`: the place of the item in the nearest `forEach` or `repeat`.
    RowIndex,
    /// `{}`
    Nothing,
    /// A literal or a constant.
    Literal(Literal),
    /// The elements of a name; of a choice element, in whichever of its forms.
    Member { base: Box<Self>, field: Field, forms: Vec<Field> },
    /// Those that have a type.
    OfType { base: Box<Self>, kind: Kind },
    /// The one at a place.
    Index { base: Box<Self>, at: usize },
    /// Those for which the criterion holds.
    Where { base: Box<Self>, criterion: Box<Self> },
    /// What the projection gives for each.
    Select { base: Box<Self>, projection: Box<Self> },
    /// `iif`: one or the other, by whether the criterion holds.
    Choose { base: Box<Self>, criterion: Box<Self>, then: Box<Self>, otherwise: Box<Self> },
    /// The extensions with a URL. `element` has a primitive's own name and that of its companion, `_name`.
    Extension {
        base: Box<Self>,
        element: Option<(Field, Field)>,
        list: Field,
        url_field: Field,
        url: Box<str>,
    },
    /// A function of the whole collection.
    Call { base: Box<Self>, function: Function },
    /// `=` and `!=`; `moments` when one side is a date literal or constant.
    Equal { left: Box<Self>, right: Box<Self>, negated: bool, moments: bool },
    /// `<`, `<=`, `>`, `>=`
    Compare { left: Box<Self>, right: Box<Self>, operator: Order },
    /// `and`, `or`, `xor`, `implies`
    Logic { left: Box<Self>, right: Box<Self>, operator: Logic },
    /// `+`, `-`, `*`, `/`
    Arithmetic { left: Box<Self>, right: Box<Self>, operator: Arithmetic },
    /// Unary minus.
    Negative(Box<Self>),
}

/// A literal.
#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Text(Box<str>),
    Moment(Box<str>),
    Boolean(bool),
    Number(Decimal),
}

/// What `ofType` can tell apart where the element's name does not say it.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Text,
    Boolean,
    Number,
    Resource { field: Field, name: Box<str> },
}

/// The functions without an expression as their argument.
#[derive(Clone, Debug)]
pub(crate) enum Function {
    First,
    Last,
    Exists,
    Empty,
    Not,
    Count,
    Join(Box<str>),
    /// `lowBoundary`, `highBoundary`; of a full `dateTime` where `full` says so.
    Boundary {
        high: bool,
        full: bool,
    },
    ResourceKey(Field),
    ReferenceKey(ReferenceKey),
}

/// `getReferenceKey`: the members it looks at, and the type that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct ReferenceKey {
    pub(crate) reference: Field,
    pub(crate) stated: Field,
    pub(crate) kind: Option<Box<str>>,
}

impl ReferenceKey {
    pub(crate) fn new(kind: Option<Box<str>>) -> Self {
        Self { reference: Field::named("reference"), stated: Field::named("type"), kind }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Logic {
    And,
    Or,
    Xor,
    Implies,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
}

impl Expr {
    /// Whether the expression can only give a boolean.
    pub(crate) fn is_boolean(&self) -> bool {
        match self {
            Self::Equal { .. } | Self::Compare { .. } | Self::Logic { .. } => true,
            Self::Literal(Literal::Boolean(_)) => true,
            Self::Call { function, .. } => {
                matches!(function, Function::Exists | Function::Empty | Function::Not)
            }
            _ => false,
        }
    }
}
