//! NHS numbers of the test range: 999, six digits, and a check digit by modulus 11.

use crate::random::scatter;
use std::fmt;

/// How many persons the test range has numbers for here. A tenth of it is kept for numbers given by mistake.
pub(crate) const PERSONS_MAX: u32 = 800_000;

/// Ten digits. Right numbers have a right check digit; mistyped ones do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NhsNumber(u64);

impl NhsNumber {
    /// The number of the person with this index, below [`PERSONS_MAX`]. No two persons share one.
    pub(crate) fn of(seed: u64, index: u32) -> Self {
        Self::nth(prefix(seed, index), index / 100_000)
    }

    /// A number with a right check digit that is no person's own.
    pub(crate) fn given_by_mistake(seed: u64, index: u32) -> Self {
        Self::nth(prefix(seed, index), PERSONS_MAX / 100_000)
    }

    /// This number with its last two digits exchanged or, where they are equal, the last one wrong: its check digit fails.
    pub(crate) const fn mistyped(self) -> Self {
        let (last, before) = (self.0 % 10, self.0 / 10 % 10);
        if last == before {
            Self(self.0 - last + (last + 1) % 10)
        } else {
            Self(self.0 / 100 * 100 + last * 10 + before)
        }
    }

    /// The number with prefix 999 and five digits whose ninth digit is the `nth` that has a check digit.
    fn nth(prefix: u32, nth: u32) -> Self {
        let ninths = (0..10).map(|ninth| (u64::from(prefix) + 99_900_000) * 10 + ninth);
        let number =
            ninths.filter_map(|nine| check_digit(nine).map(|check| nine * 10 + check)).nth(nth as usize);
        // Of ten ninth digits at most one has no check digit, and `nth` is at most 8.
        Self(number.unwrap_or_default())
    }
}

impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

/// Five digits that belong to `index` and to no other index of the same hundred thousand.
fn prefix(seed: u64, index: u32) -> u32 {
    // 77,773 and 100,000 have no common factor, so that this is a bijection.
    let start = u64::from(scatter(seed, 5)) % 100_000;
    u32::try_from((u64::from(index % 100_000) * 77_773 + start) % 100_000).unwrap_or_default()
}

/// The check digit of nine digits, or nothing where it would be ten (NHS Data Dictionary, NHS NUMBER).
fn check_digit(nine: u64) -> Option<u64> {
    let mut rest = nine;
    let mut sum = 0;
    for weight in 2..=10 {
        sum += rest % 10 * weight;
        rest /= 10;
    }
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        digit => Some(digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_published_examples() {
        assert_eq!(check_digit(943_476_591), Some(9));
        assert_eq!(check_digit(401_023_213), Some(7));
    }

    #[test]
    fn numbers_are_unique_and_of_the_test_range() {
        let numbers =
            (0..PERSONS_MAX).step_by(37).chain(99_990..100_010).map(|index| NhsNumber::of(9, index).0);
        let mut all: Vec<u64> =
            numbers.chain((0..1000).map(|index| NhsNumber::given_by_mistake(9, index).0)).collect();
        assert!(all.iter().all(|n| n / 10_000_000 == 999 && check_digit(n / 10) == Some(n % 10)));
        all.sort_unstable();
        let before = all.len();
        all.dedup();
        assert!(before - all.len() <= 1, "the two ranges of the test overlap in one index at most");
    }

    #[test]
    fn mistyped_numbers_fail_their_check_digit() {
        for index in 0..5000 {
            let number = NhsNumber::of(3, index).mistyped();
            assert_ne!(check_digit(number.0 / 10), Some(number.0 % 10), "{number}");
        }
    }
}
