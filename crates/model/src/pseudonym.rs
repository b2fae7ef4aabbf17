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
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return Err(PseudonymError);
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).map_err(|_| PseudonymError)?;
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
        assert!("xyz".parse::<Pseudonym>().is_err());
    }
}
