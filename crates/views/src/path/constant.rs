//! The constants of a ViewDefinition.

use super::Literal;
use fhir::path;

/// A constant: what `%name` means.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    /// Its name, without `%`.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: path::Literal,
    /// The value as it was written.
    pub(crate) text: Box<str>,
}

impl Constant {
    /// The value as an expression of views has it.
    pub(super) fn literal(&self) -> Option<Literal> {
        match &self.value {
            // A moment gives the text as it was written, zone and all.
            path::Literal::Moment(_) => Some(Literal::Moment(self.text.clone())),
            value => Literal::of(value),
        }
    }

    /// The value as the general engine has it.
    pub(super) fn item(&self) -> Option<path::Item<'static>> {
        Some(match &self.value {
            path::Literal::Boolean(value) => path::Item::Boolean(*value),
            path::Literal::Integer(value) => path::Item::Integer(*value),
            path::Literal::Long(value) => path::Item::Long(*value),
            path::Literal::Decimal(value) => path::Item::Decimal(*value),
            path::Literal::String(text) => path::Item::String(text.clone().into()),
            path::Literal::Moment(moment) => path::Item::Moment(*moment),
            path::Literal::Quantity(_) => return None,
        })
    }
}

impl Literal {
    /// A literal of the text; `None` of a quantity.
    pub(super) fn of(literal: &path::Literal) -> Option<Self> {
        Some(match literal {
            path::Literal::Boolean(value) => Self::Boolean(*value),
            path::Literal::Integer(value) | path::Literal::Long(value) => Self::Number((*value).into()),
            path::Literal::Decimal(value) => Self::Number(*value),
            path::Literal::String(text) => Self::Text(text.as_str().into()),
            path::Literal::Moment(moment) => Self::Moment(moment.to_string().into()),
            path::Literal::Quantity(_) => return None,
        })
    }
}
