//! Decimal numbers that are never rounded (FHIR R4 §2.24.0.1 `decimal`: precision is part of the value).

use std::{cmp::Ordering, fmt};

/// As many decimal digits as an `i128` and Arrow's `Decimal128` always hold.
const MAX_DIGITS: u32 = 38;

/// Further digits that a quotient is given when it has no end.
const QUOTIENT_DIGITS: u32 = 12;

/// `mantissa / 10^scale`, its scale as it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// Reads a JSON number token. `None` when it needs more than 38 digits, or is no number.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let (text, exponent) = match token.find(['e', 'E']) {
            Some(at) => (token.get(..at)?, token.get(at + 1..)?.parse::<i32>().ok()?),
            None => (token, 0),
        };
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mut mantissa, mut digits, mut scale, mut fraction) = (0_i128, 0, 0_i32, false);
        for byte in text.bytes() {
            match byte {
                b'.' if !fraction => fraction = true,
                b'0'..=b'9' => {
                    digits += u32::from(mantissa != 0 || byte != b'0');
                    if digits > MAX_DIGITS {
                        return None;
                    }
                    mantissa = mantissa * 10 + i128::from(byte - b'0');
                    scale += i32::from(fraction);
                }
                _ => return None,
            }
        }
        let signed = if negative { -mantissa } else { mantissa };
        match u32::try_from(scale.checked_sub(exponent)?) {
            Ok(scale) if scale <= 2 * MAX_DIGITS => Some(Self { mantissa: signed, scale }),
            Ok(_) => None,
            Err(_) => Self { mantissa: signed, scale: 0 }.scaled_up(exponent.checked_sub(scale)?),
        }
    }

    fn scaled_up(self, zeros: i32) -> Option<Self> {
        let factor = power(u32::try_from(zeros).ok()?)?;
        Some(Self { mantissa: self.mantissa.checked_mul(factor)?, scale: self.scale })
    }

    /// Both mantissas at one scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let left = self.mantissa.checked_mul(power(scale - self.scale)?)?;
        let right = other.mantissa.checked_mul(power(scale - other.scale)?)?;
        Some((left, right, scale))
    }

    /// Compares the values; `None` when they are too far apart in scale to be held together.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        self.aligned(other).map(|(left, right, _)| left.cmp(&right))
    }

    /// The sum.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self { mantissa: left.checked_add(right)?, scale })
    }

    /// The difference.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    /// The product.
    pub(crate) fn times(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        Some(Self { mantissa, scale: self.scale + other.scale }.trimmed())
    }

    /// The quotient, to twelve further digits where it has no end; `None` for division by zero.
    pub(crate) fn over(self, other: Self) -> Option<Self> {
        let (left, right, _) = self.aligned(other)?;
        let mantissa = left.checked_mul(power(QUOTIENT_DIGITS)?)?.checked_div(right)?;
        Some(Self { mantissa, scale: QUOTIENT_DIGITS }.trimmed())
    }

    /// The same magnitude with the other sign.
    pub(crate) const fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, scale: self.scale }
    }

    /// The least (or greatest) value that rounds to this one at its own precision
    /// (FHIRPath §5.8.5 `lowBoundary`, `highBoundary`).
    pub(crate) fn boundary(self, high: bool) -> Option<Self> {
        let step = if high { 5 } else { -5 };
        let mantissa = self.mantissa.checked_mul(10)?.checked_add(step)?;
        Some(Self { mantissa, scale: self.scale + 1 })
    }

    fn trimmed(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// The mantissa at `scale`, if the value is held there exactly in `precision` digits.
    pub(crate) fn at_scale(self, scale: u32, precision: u32) -> Option<i128> {
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
    pub(crate) fn to_i64(self) -> Option<i64> {
        self.at_scale(0, MAX_DIGITS).and_then(|whole| i64::try_from(whole).ok())
    }
}

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

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn number(token: &str) -> Decimal {
        Decimal::parse(token).unwrap()
    }

    #[test]
    fn a_number_keeps_its_digits() {
        for (token, text) in [
            ("1.10", "1.10"),
            ("-0.05", "-0.05"),
            ("1e3", "1000"),
            ("12.5E-2", "0.125"),
            ("0", "0"),
            ("-7", "-7"),
        ] {
            assert_eq!(number(token).to_string(), text);
        }
    }

    #[test]
    fn a_number_of_more_than_38_digits_is_none() {
        assert!(Decimal::parse(&"9".repeat(39)).is_none());
        assert!(Decimal::parse("1e39").is_none());
        assert!(Decimal::parse("1e-77").is_none());
        assert!(Decimal::parse(&format!("0.{}1", "0".repeat(70))).is_some(), "leading zeros are no digits");
    }

    #[test]
    fn arithmetic_is_exact() {
        let (a, b) = (number("0.1"), number("0.2"));
        assert_eq!(a.plus(b).unwrap().to_string(), "0.3");
        assert_eq!(a.minus(b).unwrap().to_string(), "-0.1");
        assert_eq!(a.times(b).unwrap().to_string(), "0.02");
        assert_eq!(number("3").over(number("2")).unwrap().to_string(), "1.5");
        assert_eq!(number("1").over(number("3")).unwrap().to_string(), "0.333333333333");
        assert!(a.over(number("0.0")).is_none());
        assert_eq!(number("1.10").compare(number("1.1")), Some(Ordering::Equal));
    }

    #[test]
    fn a_value_takes_a_scale_only_when_nothing_is_lost() {
        assert_eq!(number("1.50").at_scale(1, 38), Some(15));
        assert_eq!(number("1.25").at_scale(1, 38), None);
        assert_eq!(number("1000").at_scale(2, 5), None);
        assert_eq!(number("2.0").to_i64(), Some(2));
    }

    #[test]
    fn boundaries_are_half_a_step_away() {
        assert_eq!(number("1.0").boundary(true).unwrap().to_string(), "1.05");
        assert_eq!(number("1.0").boundary(false).unwrap().to_string(), "0.95");
        assert_eq!(number("-1").boundary(false).unwrap().to_string(), "-1.5");
    }
}
