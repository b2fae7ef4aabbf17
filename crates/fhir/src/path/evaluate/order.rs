//! Which of two values is less (FHIRPath §6.2).

use super::value;
use crate::path::{
    error::{PathError, Rule},
    item::Item,
    quantity::Quantity,
};
use std::cmp::Ordering;

/// How the one item of each stand; `None` when one is empty, or precision, zone or unit leave it open.
pub(in crate::path) fn compare_one(
    left: &[Item<'_>],
    right: &[Item<'_>],
    position: usize,
) -> Result<Option<Ordering>, PathError> {
    let (left, right) = (value(left, position)?, value(right, position)?);
    match (left, right) {
        (Some(left), Some(right)) => compare(&left, &right, position),
        _ => Ok(None),
    }
}

/// How two values stand.
pub(in crate::path) fn compare(
    left: &Item<'_>,
    right: &Item<'_>,
    position: usize,
) -> Result<Option<Ordering>, PathError> {
    let mistaken = PathError { position, rule: Rule::Operand };
    match (left, right) {
        (Item::String(left), Item::String(right)) => Ok(Some(left.cmp(right))),
        (Item::Moment(left), Item::Moment(right)) => left.compare(right).map_err(|_| mistaken),
        (Item::Quantity(left), Item::Quantity(right)) => Ok(left.compare(right)),
        (Item::Quantity(left), right) => {
            let right = right.as_decimal().ok_or(mistaken)?;
            Ok(left.compare(&Quantity::of_number(right)))
        }
        (left, Item::Quantity(right)) => {
            let left = left.as_decimal().ok_or(mistaken)?;
            Ok(Quantity::of_number(left).compare(right))
        }
        _ => match (left.as_decimal(), right.as_decimal()) {
            (Some(left), Some(right)) => Ok(Some(left.cmp(&right))),
            _ => Err(mistaken),
        },
    }
}
