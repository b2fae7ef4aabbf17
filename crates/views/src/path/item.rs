//! What an expression gives: items, how they compare, and what can go wrong.

use super::{Literal, Node};
use crate::{decimal::Decimal, moment::Moment};
use fhir::json::Kind;
use std::{borrow::Cow, cmp::Ordering};

/// One item of a collection: a place in the resource, or something computed.
#[derive(Clone, Debug)]
pub(crate) enum Item<'a, N> {
    Node(N),
    Text(Cow<'a, str>),
    Boolean(bool),
    Number(Decimal),
}

/// Why an expression has no answer. Says nothing of the resource's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("more than one item where one is needed")]
    Several,
    #[error("operands of types that do not go together")]
    Operands,
    #[error("a number of more than 38 digits")]
    Number,
}

/// An item by what it can be compared with.
enum Scalar<'i, N> {
    Text(&'i str),
    Boolean(bool),
    Number(Decimal),
    Complex(N),
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
            _ => None,
        }
    }

    /// Whether it is a number, of however many digits.
    pub(crate) fn is_number(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Node(node) => matches!(node.kind(), Kind::Number(_)),
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
            _ => None,
        }
    }

    /// The string, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Node(node) => node.text(),
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
        }
    }

    fn scalar(&self) -> Result<Scalar<'_, N>, Fault> {
        Ok(match self {
            Self::Text(text) => Scalar::Text(text),
            Self::Boolean(value) => Scalar::Boolean(*value),
            Self::Number(value) => Scalar::Number(*value),
            Self::Node(node) => match node.kind() {
                Kind::Text(text) => Scalar::Text(text),
                Kind::Bool(value) => Scalar::Boolean(value),
                Kind::Number(token) => Scalar::Number(Decimal::parse(token).ok_or(Fault::Number)?),
                _ => Scalar::Complex(*node),
            },
        })
    }

    /// `=` (FHIRPath §6.1.1): numbers by value, moments by precision, the rest as written.
    pub(crate) fn equals(&self, other: &Self, moments: bool) -> Result<Option<bool>, Fault> {
        Ok(match (self.scalar()?, other.scalar()?) {
            (Scalar::Text(a), Scalar::Text(b)) if a == b => Some(true),
            (Scalar::Text(a), Scalar::Text(b)) if moments || (a.contains('T') && b.contains('T')) => {
                match (Moment::parse(a), Moment::parse(b)) {
                    (Some(a), Some(b)) => a.compare(&b).map(Ordering::is_eq),
                    _ => Some(false),
                }
            }
            (Scalar::Boolean(a), Scalar::Boolean(b)) => Some(a == b),
            (Scalar::Number(a), Scalar::Number(b)) => Some(a.compare(b).ok_or(Fault::Number)?.is_eq()),
            // Where both sides are elements, the whole resource is read (`Expr::select`).
            (Scalar::Complex(a), Scalar::Complex(b)) => Some(a.whole() == b.whole()),
            _ => Some(false),
        })
    }

    /// The order of two items (FHIRPath §6.2); texts that are both dates are ordered as moments.
    pub(crate) fn order(&self, other: &Self) -> Result<Option<Ordering>, Fault> {
        match (self.scalar()?, other.scalar()?) {
            (Scalar::Number(a), Scalar::Number(b)) => a.compare(b).ok_or(Fault::Number).map(Some),
            (Scalar::Text(a), Scalar::Text(b)) => Ok(match (Moment::parse(a), Moment::parse(b)) {
                (Some(a), Some(b)) => a.compare(&b),
                _ => Some(a.cmp(b)),
            }),
            _ => Err(Fault::Operands),
        }
    }
}
