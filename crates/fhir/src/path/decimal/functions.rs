//! Rounding, boundaries, and the functions whose results have no end (FHIRPath §5.7).

use super::{Decimal, divide_rounded, power};
use rust_decimal::MathematicalOps;

/// Digits after the point that a result without an end is given.
const SCALE: u32 = 16;

/// The most digits that a boundary may be asked for.
const MAX_BOUNDARY_SCALE: u32 = 31;

/// Which whole number a number that is not whole becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::path) enum Rounding {
    Down,
    Up,
    TowardsZero,
    HalfAway,
}

impl Decimal {
    /// The value with `scale` digits after the point, as `rounding` says; `None` when it cannot be held.
    pub(in crate::path) fn at_scale(self, scale: u32, rounding: Rounding) -> Option<Self> {
        if scale >= self.scale {
            let mantissa = self.mantissa.checked_mul(power(scale - self.scale)?)?;
            return Some(Self { mantissa, scale });
        }
        let Some(factor) = power(self.scale - scale) else { return Some(Self { mantissa: 0, scale }) };
        let mantissa = match rounding {
            Rounding::TowardsZero => self.mantissa / factor,
            Rounding::Down => self.mantissa.div_euclid(factor),
            Rounding::Up => self.mantissa.checked_neg()?.div_euclid(factor).checked_neg()?,
            Rounding::HalfAway => divide_rounded(self.mantissa, factor)?,
        };
        Some(Self { mantissa, scale })
    }

    /// The least (or greatest) value that this one may stand for at its own precision, to `scale` digits
    /// (`lowBoundary` and `highBoundary` of FHIRPath 2.1).
    #[must_use]
    pub fn boundary(self, high: bool, scale: u32) -> Option<Self> {
        if scale > MAX_BOUNDARY_SCALE {
            return None;
        }
        let step = if high { 5 } else { -5 };
        let mantissa = self.mantissa.checked_mul(10)?.checked_add(step)?;
        let rounding = if high { Rounding::Up } else { Rounding::Down };
        Self { mantissa, scale: self.scale + 1 }.at_scale(scale, rounding)
    }

    /// At most `digits` significant digits, so that a product with another can be held.
    pub(in crate::path) fn shortened(self, digits: u32) -> Self {
        let mut short = self.trimmed();
        let Some(bound) = power(digits) else { return short };
        while short.scale > 0 && short.mantissa.unsigned_abs() >= bound.unsigned_abs() {
            short.mantissa /= 10;
            short.scale -= 1;
        }
        short
    }

    fn to_library(self) -> Option<rust_decimal::Decimal> {
        let short = self.shortened(28);
        if short.scale > 28 {
            let short = short.at_scale(28, Rounding::HalfAway)?;
            return rust_decimal::Decimal::try_from_i128_with_scale(short.mantissa, short.scale).ok();
        }
        rust_decimal::Decimal::try_from_i128_with_scale(short.mantissa, short.scale).ok()
    }

    fn from_library(value: rust_decimal::Decimal) -> Option<Self> {
        let exact = Self { mantissa: value.mantissa(), scale: value.scale() };
        let scale = SCALE.min(exact.scale);
        exact.at_scale(scale, Rounding::HalfAway).map(Self::trimmed)
    }

    /// e to this power, to sixteen digits after the point.
    pub(in crate::path) fn exponential(self) -> Option<Self> {
        let tolerance = rust_decimal::Decimal::try_from_i128_with_scale(1, 27).ok()?;
        Self::from_library(self.to_library()?.checked_exp_with_tolerance(tolerance)?)
    }

    /// The natural logarithm, to sixteen digits after the point; `None` for what is not positive.
    pub(in crate::path) fn logarithm(self) -> Option<Self> {
        Self::from_library(self.to_library()?.checked_ln()?)
    }

    /// The logarithm to `base`, to sixteen digits after the point.
    pub(in crate::path) fn logarithm_to(self, base: Self) -> Option<Self> {
        let (above, below) = (self.to_library()?.checked_ln()?, base.to_library()?.checked_ln()?);
        Self::from_library(above.checked_div(below)?)
    }

    /// The square root, to sixteen digits after the point; `None` below zero.
    pub(in crate::path) fn square_root(self) -> Option<Self> {
        Self::from_library(self.to_library()?.sqrt()?)
    }

    /// This to the power of `exponent`: exact for a whole one while it can be held; `None` where there is no
    /// real number.
    pub(in crate::path) fn to_power(self, exponent: Self) -> Option<Self> {
        match exponent.to_i64() {
            Some(times @ 0..=1024) => {
                let mut result = Self::from(1);
                for _ in 0..times {
                    result = result.times(self)?;
                }
                Some(result)
            }
            Some(times @ -1024..0) => {
                let whole = self.to_power(Self::from(-times))?;
                Self::from(1).over(whole)
            }
            _ if self.is_negative() => None,
            _ if exponent == Self { mantissa: 5, scale: 1 } => self.square_root(),
            _ => Self::from_library(self.to_library()?.checked_powd(exponent.to_library()?)?),
        }
    }
}
