//! Sums, products and quotients of quantities (FHIRPath §6.6). What has no meaning has no result.

use super::{Quantity, Unit, UnitKind, ucum::Base};
use crate::path::decimal::Decimal;

impl Quantity {
    /// The sum, in the finer of the two units.
    pub(in crate::path) fn plus(&self, other: &Self) -> Option<Self> {
        self.additive(other, Decimal::plus)
    }

    /// The difference, in the finer of the two units.
    pub(in crate::path) fn minus(&self, other: &Self) -> Option<Self> {
        self.additive(other, Decimal::minus)
    }

    fn additive(&self, other: &Self, sum: fn(Decimal, Decimal) -> Option<Decimal>) -> Option<Self> {
        let (left, right) = self.in_finer_unit(other)?;
        // On a logarithmic scale a sum of values is not the sum of what they stand for.
        if !left.unit.is_calendar() && is_special(&left.unit) {
            return None;
        }
        let unit = if left.unit.kind == right.unit.kind { left.unit } else { Unit::ucum(left.unit.code()) };
        let unit = if self.unit.is_calendar() && other.unit.kind != UnitKind::Ucum {
            self.finer(other)
        } else {
            unit
        };
        Some(Self { value: sum(left.value, right.value)?, unit })
    }

    /// The calendar's word that the sum of two durations is told in.
    fn finer(&self, other: &Self) -> Unit {
        let finer = |unit: &Unit| match unit.kind {
            UnitKind::Calendar(unit) | UnitKind::FhirDuration(unit) => Some(unit),
            UnitKind::Ucum => None,
        };
        if finer(&self.unit) >= finer(&other.unit) || !other.unit.is_calendar() {
            self.unit.clone()
        } else {
            other.unit.clone()
        }
    }

    /// The product: of a number and any unit in that unit, else in base units.
    pub(in crate::path) fn times(&self, other: &Self) -> Option<Self> {
        if let Some(number) = other.as_number() {
            return self.scaled(number, Decimal::times);
        }
        if let Some(number) = self.as_number() {
            return other.scaled(number, Decimal::times);
        }
        self.in_base_units(other, '.', Decimal::times)
    }

    /// The quotient: by a number in the same unit, else in base units.
    pub(in crate::path) fn over(&self, other: &Self) -> Option<Self> {
        if let Some(number) = other.as_number() {
            return self.scaled(number, Decimal::over);
        }
        self.in_base_units(other, '/', Decimal::over)
    }

    /// The plain number that this is, if its unit is one.
    pub(in crate::path) fn as_number(&self) -> Option<Decimal> {
        if self.unit.is_calendar() {
            return None;
        }
        let base = Base::of(&self.unit.text)?;
        (base.is_one() && base.offset.is_zero()).then(|| base.value(self.value)).flatten()
    }

    fn scaled(&self, number: Decimal, operation: fn(Decimal, Decimal) -> Option<Decimal>) -> Option<Self> {
        if !self.unit.is_calendar() && is_special(&self.unit) {
            return None;
        }
        Some(Self { value: operation(self.value, number)?, unit: self.unit.clone() })
    }

    fn in_base_units(
        &self,
        other: &Self,
        symbol: char,
        operation: fn(Decimal, Decimal) -> Option<Decimal>,
    ) -> Option<Self> {
        // A calendar's year or month has no fixed length, so that nothing can be multiplied by it.
        if self.unit.is_calendar()
            || other.unit.is_calendar()
            || is_special(&self.unit)
            || is_special(&other.unit)
        {
            return None;
        }
        let (left, right) = (Base::of(&self.unit.text)?, Base::of(&other.unit.text)?);
        let value = operation(left.value(self.value)?, right.value(other.value)?)?;
        let unit = Base::of(&format!("({}){symbol}({})", left.unit, right.unit))?.unit;
        Some(Self { value, unit: Unit::ucum(&unit) })
    }
}

/// Whether a unit is on a scale whose zero is not nothing, or that is not linear (UCUM §21), or is unknown.
fn is_special(unit: &Unit) -> bool {
    Base::of(&unit.text).is_none_or(|base| !base.offset.is_zero())
}
