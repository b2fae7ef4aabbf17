//! What an expression gives: items, how they compare, and what can go wrong.

use super::{Literal, Node, general::Foreign};
use fhir::{
    json::Kind,
    path::{Decimal, Moment, PathError},
};
use std::{borrow::Cow, cmp::Ordering};

/// One item of a collection: a place in the resource, or something computed.
#[derive(Clone, Debug)]
pub(crate) enum Item<'a, N> {
    Node(N),
    Text(Cow<'a, str>),
    Boolean(bool),
    Number(Decimal),
    /// What the general engine gave, where it is more than a value.
    Foreign(Box<Foreign<'a>>),
}

/// Why an expression has no answer. Says nothing of the resource's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("more than one item where one is needed")]
    Several,
    #[error("operands of types that do not go together")]
    Operands,
    #[error(transparent)]
    General(PathError),
    #[error("the resource was not read whole")]
    Unread,
}

/// An item by what it can be compared with.
enum Scalar<'i> {
    Text(&'i str),
    Boolean(bool),
    Number(Option<Decimal>),
    Complex,
}

impl<'a, N: Node<'a>> Item<'a, N> {
    /// The item of a literal.
    pub(crate) fn literal(literal: &'a Literal) -> Self {
        match literal {
            Literal::Text(text) | Literal::Moment(text) => Self::Text(Cow::Borrowed(text)),
            Literal::Boolean(value) => Self::Boolean(*value),
            Literal::Number(value) => Self::Number(*value),
        }
    }

    /// The boolean, if it is one.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Node(node) => {
                if let Kind::Bool(value) = node.kind() {
                    Some(value)
                } else {
                    None
                }
            }
            Self::Foreign(foreign) => foreign.as_bool(),
            _ => None,
        }
    }

    /// Whether it is a number, of however many digits.
    pub(crate) fn is_number(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Node(node) => matches!(node.kind(), Kind::Number(_)),
            Self::Foreign(foreign) => foreign.number().is_some(),
            _ => false,
        }
    }

    /// The number, if it is one of at most 38 digits.
    pub(crate) fn as_number(&self) -> Option<Decimal> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Node(node) => {
                if let Kind::Number(token) = node.kind() {
                    Decimal::parse(token)
                } else {
                    None
                }
            }
            Self::Foreign(foreign) => foreign.number().and_then(Decimal::parse),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Node(node) => node.text(),
            Self::Foreign(foreign) => foreign.text(),
            _ => None,
        }
    }

    /// A string, or a primitive as it stands in the resource; nothing for what has parts.
    pub(crate) fn into_text(self) -> Option<Cow<'a, str>> {
        let boolean = |value| Cow::Borrowed(if value { "true" } else { "false" });
        match self {
            Self::Text(text) => Some(text),
            Self::Number(value) => Some(Cow::Owned(value.to_string())),
            Self::Boolean(value) => Some(boolean(value)),
            Self::Node(node) => match node.kind() {
                Kind::Text(text) | Kind::Number(text) => Some(Cow::Borrowed(text)),
                Kind::Bool(value) => Some(boolean(value)),
                _ => None,
            },
            Self::Foreign(foreign) => foreign.into_text(),
        }
    }

    fn scalar(&self) -> Scalar<'_> {
        match self {
            Self::Text(text) => Scalar::Text(text),
            Self::Boolean(value) => Scalar::Boolean(*value),
            Self::Number(value) => Scalar::Number(Some(*value)),
            Self::Foreign(_) => Scalar::Complex,
            Self::Node(node) => match node.kind() {
                Kind::Text(text) => Scalar::Text(text),
                Kind::Bool(value) => Scalar::Boolean(value),
                Kind::Number(token) => Scalar::Number(Decimal::parse(token)),
                _ => Scalar::Complex,
            },
        }
    }

    /// `=` of primitives (FHIRPath §6.1.1): numbers by value, moments by precision, the rest as written.
    pub(crate) fn equals(&self, other: &Self, moments: bool) -> Option<bool> {
        match (self.scalar(), other.scalar()) {
            (Scalar::Text(a), Scalar::Text(b)) if a == b => Some(true),
            (Scalar::Text(a), Scalar::Text(b)) if moments => match (moment(a), moment(b)) {
                (Some(a), Some(b)) => a.compare(&b).map_or(Some(false), |order| order.map(Ordering::is_eq)),
                _ => Some(false),
            },
            (Scalar::Boolean(a), Scalar::Boolean(b)) => Some(a == b),
            // A number that cannot be held counts as no value.
            (Scalar::Number(a), Scalar::Number(b)) => a.zip(b).map(|(a, b)| a == b),
            _ => Some(false),
        }
    }

    /// The order of two primitives (FHIRPath §6.2).
    pub(crate) fn order(&self, other: &Self, moments: bool) -> Result<Option<Ordering>, Fault> {
        match (self.scalar(), other.scalar()) {
            (Scalar::Number(a), Scalar::Number(b)) => Ok(a.zip(b).map(|(a, b)| a.cmp(&b))),
            (Scalar::Text(a), Scalar::Text(b)) if moments => match (moment(a), moment(b)) {
                (Some(a), Some(b)) => a.compare(&b).map_err(|_| Fault::Operands),
                // What is no moment is a text, as it is for `fhir::path`.
                (None, None) => Ok(Some(a.cmp(b))),
                _ => Err(Fault::Operands),
            },
            (Scalar::Text(a), Scalar::Text(b)) => Ok(Some(a.cmp(b))),
            _ => Err(Fault::Operands),
        }
    }
}

/// The date, dateTime or time that a text is.
fn moment(text: &str) -> Option<Moment> {
    Moment::parse_date_time(text).or_else(|| Moment::parse_time(text))
}
