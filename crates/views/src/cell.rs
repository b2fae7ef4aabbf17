//! One value on its way into a column.

use crate::{
    ColumnType,
    path::{Item, Node},
};
use fhir::path::{Decimal, Moment};
use std::borrow::Cow;

/// A value in its column's own terms.
#[derive(Clone, Debug, Default)]
pub(crate) enum Cell<'a> {
    #[default]
    Null,
    Text(Cow<'a, str>),
    /// `Int32`, `Int64`, microseconds, days, or a boolean as 1 or 0.
    Whole(i64),
    /// A decimal's mantissa at its column's scale, in two halves: most cells are texts, and smaller so.
    Mantissa(i64, u64),
    List(Vec<Self>),
}

/// Why an item is no value for a column.
pub(crate) enum Misfit {
    /// It is of another JSON type.
    Type,
    /// It is of the right one, and does not fit.
    Value,
}

impl<'a> Cell<'a> {
    /// The item as a value for a column of type `kind`.
    pub(crate) fn of<N: Node<'a>>(kind: ColumnType, item: Item<'a, N>) -> Result<Self, Misfit> {
        match kind {
            ColumnType::Text | ColumnType::Code => item.into_text().map(Self::Text).ok_or(Misfit::Type),
            ColumnType::Boolean => {
                item.as_bool().map(|value| Self::Whole(i64::from(value))).ok_or(Misfit::Type)
            }
            ColumnType::Integer => whole(&item)
                .filter(|value| i32::try_from(*value).is_ok())
                .map(Self::Whole)
                .ok_or_else(|| number_misfit(&item)),
            ColumnType::BigInteger => whole(&item).map(Self::Whole).ok_or_else(|| number_misfit(&item)),
            ColumnType::Decimal { precision, scale } => {
                let number = item.as_number().ok_or_else(|| number_misfit(&item))?;
                number
                    .mantissa_at(u32::from(scale), u32::from(precision))
                    .map(Self::of_mantissa)
                    .ok_or(Misfit::Value)
            }
            ColumnType::Timestamp => moment(&item).map(|moment| Self::Whole(moment.start_unix_us())),
            ColumnType::Date => moment(&item).map(|moment| Self::Whole(i64::from(moment.unix_day()))),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves together are the whole")]
    const fn of_mantissa(value: i128) -> Self {
        Self::Mantissa((value >> 64) as i64, value as u64)
    }

    /// A decimal's mantissa.
    pub(crate) fn mantissa(&self) -> Option<i128> {
        if let Self::Mantissa(high, low) = self {
            Some(i128::from(*high) << 64 | i128::from(*low))
        } else {
            None
        }
    }
}

fn number_misfit<'a, N: Node<'a>>(item: &Item<'a, N>) -> Misfit {
    if item.is_number() { Misfit::Value } else { Misfit::Type }
}

fn whole<'a, N: Node<'a>>(item: &Item<'a, N>) -> Option<i64> {
    item.as_number().and_then(Decimal::to_i64)
}

fn moment<'a, N: Node<'a>>(item: &Item<'a, N>) -> Result<Moment, Misfit> {
    Moment::parse(item.as_str().ok_or(Misfit::Type)?).ok_or(Misfit::Value)
}
