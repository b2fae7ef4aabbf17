//! The NHS number, and what a Patient says about its own.

use crate::Policy;
use fhir::json::{Object, Value};
use model::SourceId;
use std::{fmt, str::FromStr};

/// The identifier system of the NHS number in England, Wales and the Isle of Man.
pub const NHS_NUMBER_SYSTEM: &str = "https://fhir.nhs.uk/Id/nhs-number";

const VERIFICATION: &str =
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus";

/// The systems whose code `01` says "number present and verified".
const VERIFICATION_SYSTEMS: [&str; 3] = [
    "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus",
    "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland",
    "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusWales",
];

/// Ten digits of which the last checks the others (NHS Data Dictionary, "NHS Number": Modulus 11).
///
/// Its `Debug` form hides the digits, so that no log can hold them by mistake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NhsNumber([u8; 10]);

/// Why a text is not an [`NhsNumber`]. Holds none of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an NHS number is ten digits with a right Modulus 11 check digit")]
pub struct NhsNumberError;

impl NhsNumber {
    /// The ten digits, to be hashed under the link zone's key.
    #[must_use]
    pub const fn digits(&self) -> &[u8; 10] {
        &self.0
    }
}

impl FromStr for NhsNumber {
    type Err = NhsNumberError;

    /// Reads ten digits; single spaces or hyphens in the usual 3-3-4 grouping are passed over.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digits = [0; 10];
        let bytes = text.as_bytes();
        let grouped = bytes.len() == 12 && matches!((bytes[3], bytes[7]), (b' ', b' ') | (b'-', b'-'));
        if bytes.len() != 10 && !grouped {
            return Err(NhsNumberError);
        }
        let mut found = bytes.iter().enumerate().filter(|(at, _)| !grouped || (*at != 3 && *at != 7));
        for digit in &mut digits {
            *digit = found.next().map(|(_, b)| *b).filter(u8::is_ascii_digit).ok_or(NhsNumberError)?;
        }
        let sum: u32 =
            (2..=10).rev().zip(&digits).map(|(weight, digit)| weight * u32::from(digit - b'0')).sum();
        let check = (11 - sum % 11) % 11;
        if check == u32::from(digits[9] - b'0') { Ok(Self(digits)) } else { Err(NhsNumberError) }
    }
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(…)")
    }
}

/// What a Patient says about its NHS number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NhsClaim {
    /// It has none, or none in use.
    #[default]
    None,
    /// One number, well formed and verified: the only claim that links.
    Verified(NhsNumber),
    /// A well-formed number that nobody vouches for.
    Unverified(NhsNumber),
    /// A value that is no NHS number, whatever its status says.
    Malformed,
    /// Two or more different verified numbers.
    Conflicting,
}

impl NhsClaim {
    /// Reads the claim of a `patient` of `source`. Identifiers whose `use` is `old` do not count.
    pub(crate) fn of(policy: &Policy, source: &SourceId, patient: &Object<'_>) -> Self {
        let identifiers = patient.get("identifier").and_then(Value::as_array).unwrap_or_default();
        let mut claim = Self::None;
        for identifier in identifiers.iter().filter_map(Value::as_object) {
            let text = |name| identifier.get(name).and_then(Value::as_str);
            if text("system") != Some(NHS_NUMBER_SYSTEM) || text("use") == Some("old") {
                continue;
            }
            let Some(value) = text("value") else { continue };
            let next = match value.parse() {
                Err(NhsNumberError) => Self::Malformed,
                Ok(number) if policy.trusts(source) || is_verified(identifier) => Self::Verified(number),
                Ok(number) => Self::Unverified(number),
            };
            claim = claim.and(next);
        }
        claim
    }

    /// The claim of two identifiers on one record: a verified one outweighs, two that differ annul each other.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Verified(a), Self::Verified(b)) if a != b => Self::Conflicting,
            (Self::Conflicting, _) | (_, Self::Conflicting) => Self::Conflicting,
            (Self::Verified(number), _) | (_, Self::Verified(number)) => Self::Verified(number),
            (Self::None, other) => other,
            (one, _) => one,
        }
    }
}

/// Whether the identifier carries the UK Core verification status 01.
fn is_verified(identifier: &Object<'_>) -> bool {
    let extensions = identifier.get("extension").and_then(Value::as_array).unwrap_or_default();
    let mut codings = extensions
        .iter()
        .filter(|extension| extension.get("url").and_then(Value::as_str) == Some(VERIFICATION))
        .filter_map(|extension| extension.get("valueCodeableConcept")?.get("coding")?.as_array())
        .flatten();
    codings.any(|coding| {
        let text = |name| coding.get(name).and_then(Value::as_str);
        text("code") == Some("01")
            && text("system").is_some_and(|system| VERIFICATION_SYSTEMS.contains(&system))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_modulus_11() {
        for good in ["9434765919", "943 476 5919", "943-476-5919", "9990000018"] {
            assert!(good.parse::<NhsNumber>().is_ok(), "{good}");
        }
        // The third has a remainder that would need the check digit 10.
        for bad in ["9434765918", "943476591", "9990000000", "94347659190", "943 4765919", "abcdefghij", ""] {
            assert!(bad.parse::<NhsNumber>().is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", "9434765919".parse::<NhsNumber>().unwrap()), "NhsNumber(…)");
    }

    fn claim(identifiers: &str) -> NhsClaim {
        let text = format!(r#"{{"resourceType":"Patient","identifier":[{identifiers}]}}"#);
        let patient = fhir::json::parse(text.as_bytes()).unwrap();
        NhsClaim::of(Policy::builtin(), &"gp-elm-grove".parse().unwrap(), patient.as_object().unwrap())
    }

    fn identifier(value: &str, status: Option<&str>) -> String {
        let extension = status.map_or(String::new(), |code| {
            format!(
                r#""extension":[{{"url":"{VERIFICATION}","valueCodeableConcept":{{"coding":[{{"system":"{}","code":"{code}"}}]}}}}],"#,
                VERIFICATION_SYSTEMS[1]
            )
        });
        format!(r#"{{{extension}"system":"{NHS_NUMBER_SYSTEM}","value":"{value}"}}"#)
    }

    #[test]
    fn only_a_verified_well_formed_number_is_verified() {
        let number = "9434765919".parse().unwrap();
        assert_eq!(claim(""), NhsClaim::None);
        assert_eq!(claim(&identifier("9434765919", Some("01"))), NhsClaim::Verified(number));
        assert_eq!(claim(&identifier("9434765919", Some("02"))), NhsClaim::Unverified(number));
        assert_eq!(claim(&identifier("9434765919", None)), NhsClaim::Unverified(number));
        assert_eq!(claim(&identifier("9434765918", Some("01"))), NhsClaim::Malformed);
        assert_eq!(claim(r#"{"system":"urn:other","value":"9434765919"}"#), NhsClaim::None);
    }

    #[test]
    fn two_verified_numbers_link_nothing() {
        let one = identifier("9434765919", Some("01"));
        let two = identifier("9990000018", Some("01"));
        assert_eq!(claim(&format!("{one},{two}")), NhsClaim::Conflicting);
        assert_eq!(claim(&format!("{one},{one}")), NhsClaim::Verified("9434765919".parse().unwrap()));
        let old = two.replacen('{', r#"{"use":"old","#, 1);
        assert_eq!(claim(&format!("{one},{old}")), NhsClaim::Verified("9434765919".parse().unwrap()));
    }
}
