//! Decimal numbers that are never rounded unless the operation says so (FHIRPath §4.1.4; FHIR R4
//! §2.24.0.1: precision is part of the value).

mod functions;

pub(super) use functions::Rounding;

use std::{cmp::Ordering, fmt};

/// As many decimal digits as an `i128` always holds.
const MAX_DIGITS: u32 = 38;

/// Digits after the point that a quotient without an end is given; FHIRPath §4.1.4 asks for eight.
const QUOTIENT_SCALE: u32 = 16;

/// `mantissa / 10^scale`, its scale as it was written.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// Reads a number as JSON and FHIRPath write it. `None` when it needs more than 38 digits, or is no number.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let (text, exponent) = match token.find(['e', 'E']) {
            Some(at) => (token.get(..at)?, token.get(at + 1..)?.parse::<i32>().ok()?),
            None => (token, 0),
        };
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        if !text.starts_with(|c: char| c.is_ascii_digit()) || text.ends_with('.') {
            return None;
        }
        let (mut mantissa, mut digits, mut scale, mut fraction) = (0_i128, 0, 0_i32, false);
        for byte in text.bytes() {
            match byte {
                b'.' if !fraction => fraction = true,
                b'0'..=b'9' => {
                    digits += u32::from(mantissa != 0 || byte != b'0');
                    if digits > MAX_DIGITS || scale > 2 * i32::from(u8::MAX) {
                        return None;
                    }
                    mantissa = mantissa * 10 + i128::from(byte - b'0');
                    scale += i32::from(fraction);
                }
                _ => return None,
            }
        }
        Self::from_parts(if negative { -mantissa } else { mantissa }, exponent.checked_sub(scale)?)
    }

    /// `mantissa × 10^exponent`, if it can be held.
    pub(super) fn from_parts(mantissa: i128, exponent: i32) -> Option<Self> {
        if exponent > 0 {
            let factor = power(u32::try_from(exponent).ok()?)?;
            return Some(Self { mantissa: mantissa.checked_mul(factor)?, scale: 0 });
        }
        let scale = exponent.unsigned_abs();
        (scale <= 2 * MAX_DIGITS).then_some(Self { mantissa, scale })
    }

    /// Both mantissas at one scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let left = self.mantissa.checked_mul(power(scale - self.scale)?)?;
        let right = other.mantissa.checked_mul(power(scale - other.scale)?)?;
        Some((left, right, scale))
    }

    /// The sum, if it can be held.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self { mantissa: left.checked_add(right)?, scale })
    }

    /// The difference, if it can be held.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated()?)
    }

    /// The product, if it can be held.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let (left, right) = (self.trimmed(), other.trimmed());
        let mantissa = left.mantissa.checked_mul(right.mantissa)?;
        let scale = left.scale + right.scale;
        (scale <= 2 * MAX_DIGITS).then_some(Self { mantissa, scale })
    }

    /// The quotient, rounded half away from zero to sixteen digits after the point where it has no end;
    /// `None` for division by zero.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        let (left, right) = (self.trimmed(), other.trimmed());
        for scale in (0..=QUOTIENT_SCALE).rev() {
            let zeros = i64::from(right.scale) - i64::from(left.scale) + i64::from(scale);
            let factor = u32::try_from(zeros.unsigned_abs()).ok().and_then(power);
            let (above, below) = if zeros >= 0 {
                (factor.and_then(|factor| left.mantissa.checked_mul(factor)), Some(right.mantissa))
            } else {
                (Some(left.mantissa), factor.and_then(|factor| right.mantissa.checked_mul(factor)))
            };
            if let (Some(above), Some(below)) = (above, below) {
                return Some(Self { mantissa: divide_rounded(above, below)?, scale }.trimmed());
            }
        }
        None
    }

    /// The quotient's whole part (`div`); `None` for division by zero.
    #[must_use]
    pub fn whole_quotient(self, other: Self) -> Option<Self> {
        let (left, right, _) = self.aligned(other)?;
        Some(Self { mantissa: left.checked_div(right)?, scale: 0 })
    }

    /// What the whole quotient leaves (`mod`); `None` for division by zero.
    #[must_use]
    pub fn remainder(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self { mantissa: left.checked_rem(right)?, scale })
    }

    /// The same magnitude with the other sign.
    #[must_use]
    pub fn negated(self) -> Option<Self> {
        Some(Self { mantissa: self.mantissa.checked_neg()?, scale: self.scale })
    }

    /// Without zeros at the end of the fraction.
    #[must_use]
    pub const fn trimmed(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// How many digits stand after the point.
    #[must_use]
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The mantissa at `scale` digits after the point, if the value is held there exactly in `precision` digits.
    #[must_use]
    pub fn mantissa_at(self, scale: u32, precision: u32) -> Option<i128> {
        let mantissa = if self.scale <= scale {
            self.mantissa.checked_mul(power(scale - self.scale)?)?
        } else {
            let factor = power(self.scale - scale)?;
            if self.mantissa % factor != 0 {
                return None;
            }
            self.mantissa / factor
        };
        (mantissa.unsigned_abs() < power(precision)?.unsigned_abs()).then_some(mantissa)
    }

    /// The value, if it is whole and fits.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        let value = self.trimmed();
        if value.scale == 0 { i64::try_from(value.mantissa).ok() } else { None }
    }
}

/// `above / below` rounded half away from zero.
fn divide_rounded(above: i128, below: i128) -> Option<i128> {
    let (quotient, rest) = (above.checked_div(below)?, above.checked_rem(below)?);
    let half = rest.unsigned_abs() >= below.unsigned_abs().div_ceil(2);
    let away = if (above < 0) == (below < 0) { 1 } else { -1 };
    if half && rest != 0 { quotient.checked_add(away) } else { Some(quotient) }
}

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((left, right, _)) => left.cmp(&right),
            // What cannot be brought to the finer scale of the other is the larger of the two.
            None if self.scale < other.scale => self.mantissa.cmp(&0),
            None => 0.cmp(&other.mantissa),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests;
