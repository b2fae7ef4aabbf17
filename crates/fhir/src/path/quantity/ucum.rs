//! Units of UCUM brought to their base units, by the library `octofhir-ucum`.

use crate::path::decimal::Decimal;
use octofhir_ucum::{CanonicalUnit, get_canonical_units};

/// The longest unit that is looked at; UCUM's own are shorter by far.
const MAX_UNIT_BYTES: usize = 128;

/// A unit in base units: `value × factor + offset` in `unit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) unit: String,
    pub(super) factor: Decimal,
    pub(super) offset: Decimal,
}

impl Base {
    /// What `code` is in base units. `None` for what is not UCUM, for units on a logarithmic scale, and for
    /// factors that a decimal cannot hold.
    pub(super) fn of(code: &str) -> Option<Self> {
        if code.len() > MAX_UNIT_BYTES || code.is_empty() {
            return None;
        }
        let CanonicalUnit { unit, factor, offset, .. } = get_canonical_units(code).ok()?;
        let decimal = |number: octofhir_ucum::Number| {
            let (mantissa, exponent) = number.to_integer_and_exponent();
            Decimal::from_parts(mantissa, exponent)
        };
        Some(Self { unit, factor: decimal(factor)?, offset: decimal(offset)? })
    }

    /// Whether nothing is left of units but numbers.
    pub(super) fn is_one(&self) -> bool {
        self.unit == "1"
    }

    /// `value` of this unit, in base units.
    pub(super) fn value(&self, value: Decimal) -> Option<Decimal> {
        let product =
            value.times(self.factor).or_else(|| value.shortened(18).times(self.factor.shortened(18)));
        product?.plus(self.offset)
    }

    /// `value` of base units, in this unit.
    pub(super) fn out_of_base(&self, value: Decimal) -> Option<Decimal> {
        value.minus(self.offset)?.over(self.factor)
    }
}
