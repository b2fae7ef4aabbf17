//! FHIRPath as views run it: read by [`fhir::path`], and compiled once to what is evaluated without copying.
//!
//! Paths, indexers, equality, order, three-valued logic, arithmetic and the functions that most columns are made
//! of become an [`Expr`] where the types of R4 leave no doubt what they mean ([`lower`]). All else is
//! [`Expr::General`]: the whole resource is read, and `fhir::path` evaluates. Both give the same.

mod constant;
mod evaluate;
mod focus;
mod general;
mod item;
mod lower;
mod node;
mod paths;
mod select;

pub(crate) use constant::Constant;
pub(crate) use evaluate::{Flow, Halt, Scope, evaluate, truth};
pub(crate) use focus::Focus;
pub(crate) use item::Item;
pub(crate) use lower::{Context, compile};
pub(crate) use node::{Field, Node};
pub(crate) use paths::{End, Paths};
pub(crate) use select::{Items, Whole};

use fhir::path::{Decimal, MomentKind, SystemType};
use general::General;
use std::sync::Arc;

/// A compiled expression: constants put in, choice types resolved, types known.
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
    /// The resources of the type `name`.
    OfType { base: Box<Self>, field: Field, name: Box<str> },
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
    /// `=` and `!=` of primitives; `moments` when their texts are dates or times.
    Equal { left: Box<Self>, right: Box<Self>, negated: bool, moments: bool },
    /// `<`, `<=`, `>`, `>=`
    Compare { left: Box<Self>, right: Box<Self>, operator: Order, moments: bool },
    /// `and`, `or`, `xor`, `implies`
    Logic { left: Box<Self>, right: Box<Self>, operator: Logic },
    /// `+`, `-`, `*`, `/`; `whole` of two integers, whose result is one of 32 bits.
    Arithmetic { left: Box<Self>, right: Box<Self>, operator: Arithmetic, whole: bool },
    /// Unary minus.
    Negative(Box<Self>),
    /// What only the general engine can do: the whole expression, never a part of one.
    General(Arc<General>),
}

/// A literal.
#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Text(Box<str>),
    Moment(Box<str>),
    Boolean(bool),
    Number(Decimal),
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
    /// `lowBoundary`, `highBoundary`
    Boundary {
        high: bool,
        of: Bounded,
    },
    ResourceKey(Field),
    ReferenceKey(ReferenceKey),
}

/// What a boundary is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounded {
    Number,
    Moment(MomentKind),
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
            Self::General(general) => general.gives == Some(SystemType::Boolean),
            Self::Call { function, .. } => {
                matches!(function, Function::Exists | Function::Empty | Function::Not)
            }
            _ => false,
        }
    }
}
