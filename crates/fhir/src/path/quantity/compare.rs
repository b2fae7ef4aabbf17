//! Equality, equivalence and order of quantities (FHIRPath §6.1, §6.2).

use super::{Quantity, Unit, UnitKind, ucum::Base};
use crate::path::{
    decimal::{Decimal, Rounding},
    moment::MomentUnit,
};
use std::cmp::Ordering;

/// Units of UCUM that stand for a mean year or month, which no unit of the calendar equals.
const MEAN: &[&str] = &["a", "a_t", "a_j", "a_g", "mo", "mo_s", "mo_j", "mo_g"];

/// Two units as seen together.
pub(super) enum Pair {
    /// Both are the same.
    Same,
    /// Both are of the calendar.
    Calendar(MomentUnit, MomentUnit),
    /// Both can be brought to the same base units.
    Ucum(Base, Base),
}

/// The milliseconds of a unit of the calendar: a year has 365 days, a month 30 (§6.1, calendar durations).
fn milliseconds(unit: MomentUnit) -> i64 {
    match unit {
        MomentUnit::Year => 365 * 86_400_000,
        MomentUnit::Month => 30 * 86_400_000,
        MomentUnit::Week => 7 * 86_400_000,
        MomentUnit::Day => 86_400_000,
        MomentUnit::Hour => 3_600_000,
        MomentUnit::Minute => 60_000,
        MomentUnit::Second => 1_000,
        MomentUnit::Millisecond => 1,
    }
}

/// How many of `to` one of `from` is.
fn calendar_ratio(from: MomentUnit, to: MomentUnit) -> (i64, i64) {
    match (from, to) {
        (MomentUnit::Year, MomentUnit::Month) => (12, 1),
        (MomentUnit::Month, MomentUnit::Year) => (1, 12),
        _ => (milliseconds(from), milliseconds(to)),
    }
}

/// The two units together; `None` when nothing relates them.
pub(super) fn pair(left: &Unit, right: &Unit) -> Option<Pair> {
    use UnitKind::{Calendar, FhirDuration, Ucum};
    match (left.kind, right.kind) {
        (Calendar(left), Calendar(right) | FhirDuration(right)) | (FhirDuration(left), Calendar(right)) => {
            Some(Pair::Calendar(left, right))
        }
        (Calendar(word), Ucum) if word >= MomentUnit::Week && !MEAN.contains(&right.text()) => {
            ucum(left, right)
        }
        (Ucum, Calendar(word)) if word >= MomentUnit::Week && !MEAN.contains(&left.text()) => {
            ucum(left, right)
        }
        (Calendar(_), Ucum) | (Ucum, Calendar(_)) => None,
        _ if left.text == right.text => Some(Pair::Same),
        _ => ucum(left, right),
    }
}

fn ucum(left: &Unit, right: &Unit) -> Option<Pair> {
    let (left, right) = (Base::of(left.code())?, Base::of(right.code())?);
    (left.unit == right.unit).then_some(Pair::Ucum(left, right))
}

impl Quantity {
    /// How the two stand; `None` when their units cannot be related.
    pub(in crate::path) fn compare(&self, other: &Self) -> Option<Ordering> {
        match pair(&self.unit, &other.unit)? {
            Pair::Same => Some(self.value.cmp(&other.value)),
            Pair::Calendar(left, right) => {
                let (above, below) = calendar_ratio(left, right);
                let left = self.value.times(Decimal::from(above))?;
                Some(left.cmp(&other.value.times(Decimal::from(below))?))
            }
            Pair::Ucum(left, right) => Some(left.value(self.value)?.cmp(&right.value(other.value)?)),
        }
    }

    /// Whether the units can be related (§6.2, `comparable`).
    pub(in crate::path) fn comparable(&self, other: &Self) -> bool {
        pair(&self.unit, &other.unit).is_some()
    }

    /// Whether the two are the same at the lesser of their precisions, in the finer of their units; a year
    /// counts as `'a'` and a month as `'mo'` (§6.1.2).
    pub(in crate::path) fn equivalent(&self, other: &Self) -> bool {
        let as_ucum =
            |quantity: &Self| Self { value: quantity.value, unit: Unit::ucum(quantity.unit.code()) };
        let (left, right) = (as_ucum(self), as_ucum(other));
        let Some((left, right)) = left.in_finer_unit(&right) else { return false };
        equivalent(left.value, right.value)
    }

    /// Both in the finer of their units.
    pub(super) fn in_finer_unit(&self, other: &Self) -> Option<(Self, Self)> {
        let left_is_finer = match pair(&self.unit, &other.unit)? {
            Pair::Same => return Some((self.clone(), other.clone())),
            Pair::Calendar(left, right) => left >= right,
            Pair::Ucum(left, right) => left.factor <= right.factor,
        };
        if left_is_finer {
            Some((self.clone(), other.in_unit(&self.unit)?))
        } else {
            Some((self.in_unit(&other.unit)?, other.clone()))
        }
    }

    /// The same quantity in another unit.
    pub(super) fn in_unit(&self, unit: &Unit) -> Option<Self> {
        let value = match pair(&self.unit, unit)? {
            Pair::Same => self.value,
            Pair::Calendar(from, to) => {
                let (above, below) = calendar_ratio(from, to);
                self.value.times(Decimal::from(above))?.over(Decimal::from(below))?
            }
            Pair::Ucum(from, to) => to.out_of_base(from.value(self.value)?)?,
        };
        Some(Self { value, unit: unit.clone() })
    }
}

/// Whether two numbers are the same at the lesser of their precisions, zeros at the end not counted (§6.1.2).
pub(in crate::path) fn equivalent(left: Decimal, right: Decimal) -> bool {
    let scale = left.trimmed().scale().min(right.trimmed().scale());
    let rounded = |value: Decimal| value.at_scale(scale, Rounding::HalfAway);
    rounded(left) == rounded(right)
}
