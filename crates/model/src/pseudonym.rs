//! The name a thing goes by once identity has been taken away.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// 128 bits that stand for a resource id or a person. Written as 32 lower-case
/// hexadecimal digits, which is a valid FHIR id (R4 §2.24.0.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pseudonym(pub [u8; 16]);

/// Why a text is not a [`Pseudonym`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pseudonym is 32 hexadecimal digits")]
pub struct PseudonymError;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Pseudonym {
    /// Appends the 32 digits to `out`, without an allocation of its own.
    pub fn write_to(&self, out: &mut String) {
        for byte in self.0 {
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }

    /// Its first and its last 64 bits, as the lake's tables keep it where no reader looks.
    #[must_use]
    pub const fn halves(self) -> [i64; 2] {
        let bits = self.bits();
        [(bits >> 64) as i64, bits as i64]
    }

    /// The pseudonym of these [`halves`](Self::halves).
    #[must_use]
    pub const fn of_halves(high: i64, low: i64) -> Self {
        Self(((high as u64 as u128) << 64 | low as u64 as u128).to_be_bytes())
    }

    /// All 128 as one number.
    #[must_use]
    pub const fn bits(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

/// The value of a digit, small or capital.
const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(32);
        self.write_to(&mut text);
        f.write_str(&text)
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Pseudonym {
    type Err = PseudonymError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(PseudonymError) };
        let pairs: &[[u8; 2]; 16] = pairs.try_into().map_err(|_| PseudonymError)?;
        let mut bytes = [0; 16];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = (digit(*high).ok_or(PseudonymError)?, digit(*low).ok_or(PseudonymError)?);
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Pseudonym {
    type Error = PseudonymError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Pseudonym> for String {
    fn from(pseudonym: Pseudonym) -> Self {
        pseudonym.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_two_forms_of_one_pseudonym() {
        let pseudonym = Pseudonym(*b"0123456789abcdef");
        assert_eq!(pseudonym.to_string().parse(), Ok(pseudonym));
        for wrong in ["xyz", "", &"0".repeat(31), &"0".repeat(33), &"+1".repeat(16), &"é".repeat(16)] {
            assert_eq!(wrong.parse::<Pseudonym>(), Err(PseudonymError), "{wrong}");
        }
    }

    #[test]
    fn its_halves_are_all_of_it() {
        for pseudonym in
            [Pseudonym([0; 16]), Pseudonym([255; 16]), Pseudonym(*b"\x80\x01abcdefgh\xffijkl\x00")]
        {
            let [high, low] = pseudonym.halves();
            assert_eq!(Pseudonym::of_halves(high, low), pseudonym);
        }
    }
}
