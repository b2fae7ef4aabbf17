//! Which names may be kept: those that can be told from what identifies people.
//!
//! A system writes what it likes where a URI, a unit or a code should stand, a patient's name or number too. So a name
//! is kept only in a form that such things do not have:
//!
//! - a **URI** is `http`, `https` or a `urn` that is no UUID, of plain characters; what follows `?` or `#` is cut; a part
//!   with nine digits or more, however they are divided, is a number of somebody or something, and the URI is not kept
//!   (but SNOMED CT's own editions are);
//! - a **unit** is a code of UCUM that its grammar reads, with a few well-known annotations; any other annotation is cut;
//! - a **code** is one whose check digit is right (SNOMED CT, LOINC), and which is no NHS number, or one of a code system
//!   that HL7 publishes complete.

use std::borrow::Cow;

const LONGEST_URI: usize = 200;
const LONGEST_UNIT: usize = 40;

/// Annotations that UCUM's own table of common units has.
const ANNOTATIONS: &[&str] = &[
    "{score}",
    "{1.73_m2}",
    "{beats}",
    "{breaths}",
    "{count}",
    "{ratio}",
    "{INR}",
    "{rbc}",
    "{cells}",
    "{copies}",
    "{titer}",
    "{pH}",
    "{index}",
    "{#}",
];

/// The part of a URI that may be kept, or `None`.
pub(super) fn uri(raw: &str) -> Option<Cow<'_, str>> {
    let kept = raw.split(['?', '#']).next().unwrap_or_default();
    let rest = kept.strip_prefix("https://").or_else(|| kept.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/|+,()".contains(&byte);
    if kept.len() > LONGEST_URI || !kept.bytes().all(plain) {
        return None;
    }
    let fits = match rest {
        Some(rest) => is_web_address(rest),
        None => kept.strip_prefix("urn:").is_some_and(is_urn),
    };
    fits.then_some(Cow::Borrowed(kept))
}

fn is_web_address(rest: &str) -> bool {
    let host = rest.split('/').next().unwrap_or_default();
    let edition = rest.strip_prefix("snomed.info/sct/").map(|edition| edition.split('/').next());
    let is_edition = edition.flatten().is_some_and(|module| module.len() > 14 && is_snomed(module));
    let number = |part: &str| part.bytes().filter(u8::is_ascii_digit).count() >= 9;
    !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
        && (is_edition || !rest.split('/').any(number))
}

fn is_urn(rest: &str) -> bool {
    let Some((space, name)) = rest.split_once(':') else { return false };
    let short = |part: &str| part.bytes().filter(u8::is_ascii_digit).count() < 9;
    let parts_fit = match space {
        "oid" => name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && name.split('.').all(short),
        "uuid" => false,
        _ => name.split([':', '.', '/']).all(short),
    };
    parts_fit && !name.is_empty()
}

/// A UCUM code as it may be kept, or `None`.
pub(super) fn unit(raw: &str) -> Option<String> {
    if raw.len() > LONGEST_UNIT || raw.bytes().filter(u8::is_ascii_digit).count() >= 7 {
        return None;
    }
    let (mut kept, mut bare) = (String::new(), String::new());
    let mut rest = raw;
    while let Some((before, from)) = rest.find('{').map(|at| rest.split_at(at)) {
        let (annotation, after) = from.split_at(from.find('}')? + 1);
        kept.push_str(before);
        bare.push_str(before);
        kept.push_str(if ANNOTATIONS.contains(&annotation) { annotation } else { "{}" });
        // A unit that is nothing but an annotation is 1.
        if before.is_empty() || before.ends_with(['.', '/']) {
            bare.push('1');
        }
        rest = after;
    }
    kept.push_str(rest);
    bare.push_str(rest);
    (!bare.is_empty() && octofhir_ucum::validate(&bare).is_ok()).then_some(kept)
}

/// Whether a code may be kept.
pub(super) fn is_code(system: &str, code: &str) -> bool {
    match system {
        "http://snomed.info/sct" => is_snomed(code) && !is_nhs_number(code),
        "http://loinc.org" => is_loinc(code),
        _ => fhir::r4::knowledge().code_system(system).is_some_and(|known| known.contains(code)),
    }
}

/// SNOMED CT identifiers (Release File Specification §5.2): partition and Verhoeff's check digit.
fn is_snomed(code: &str) -> bool {
    let bytes = code.as_bytes();
    if !(6..=18).contains(&bytes.len())
        || bytes.first() == Some(&b'0')
        || !bytes.iter().all(u8::is_ascii_digit)
    {
        return false;
    }
    let partition = bytes.get(bytes.len() - 3..bytes.len() - 1).unwrap_or_default();
    let known: &[&[u8]] = &[b"00", b"01", b"02", b"10", b"11", b"12"];
    known.contains(&partition) && verhoeff(bytes)
}

/// Whether the last of the digits is Verhoeff's check digit of those before it.
fn verhoeff(digits: &[u8]) -> bool {
    const PERMUTED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let check = digits.iter().rev().enumerate().fold(0, |check, (at, digit)| {
        let mut value = (digit - b'0') % 10;
        for _ in 0..at % 8 {
            value = PERMUTED[usize::from(value)];
        }
        dihedral(check, value)
    });
    check == 0
}

/// The product of two elements of the dihedral group of the pentagon.
const fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// A LOINC code: its check digit is Luhn's.
fn is_loinc(code: &str) -> bool {
    let Some((number, check)) = code.split_once('-') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=7).contains(&number.len()) || check.len() != 1 || !digits(number) || !digits(check) {
        return false;
    }
    let sum = number.bytes().rev().enumerate().fold(0_u32, |sum, (at, byte)| {
        let digit = u32::from(byte - b'0');
        let doubled = digit * 2;
        sum + if at % 2 == 1 { digit } else { doubled / 10 + doubled % 10 }
    });
    check.parse() == Ok((10 - sum % 10) % 10)
}

/// Ten digits whose last is the NHS number's check digit.
fn is_nhs_number(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let [first @ .., check] = digits.as_slice() else { return false };
    let sum: u32 = first.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 10 && (11 - sum % 11) % 11 == *check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_kept_without_what_may_name_somebody() {
        for (raw, kept) in [
            ("http://snomed.info/sct", Some("http://snomed.info/sct")),
            ("https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient|2.0.1", None),
            ("http://snomed.info/sct/999000031000000106/version/20240410", None),
            ("urn:oid:2.16.840.1.113883.2.1.4.1", None),
            ("urn:ietf:bcp:13", None),
        ] {
            assert_eq!(uri(raw).as_deref(), Some(kept.unwrap_or(raw)), "{raw}");
        }
        assert_eq!(uri("https://x.example/a?nhs=9990000001#Ann").as_deref(), Some("https://x.example/a"));
        for bad in [
            "Ann Smith",
            "https://x.example/Ann Smith",
            "https://x.example/999-000-0001",
            "https://x.example/9990000001",
            "https://ann@x.example/a",
            "https:///a",
            "urn:uuid:6fa459ea-ee8a-3ca4-894e-db77e160355e",
            "urn:oid:2.16.840.1.113883.2.1.4.1.9990000001",
            "urn:nhs:9990000001",
            "mailto:ann",
            "phone",
            "",
        ] {
            assert_eq!(uri(bad), None, "{bad}");
        }
    }

    #[test]
    fn units_are_those_of_ucum() {
        for code in ["mmol/mol", "mm[Hg]", "10*9/L", "{score}", "mL/min/{1.73_m2}", "1", "%", "/min", "Cel"] {
            assert_eq!(unit(code).as_deref(), Some(code), "{code}");
        }
        assert_eq!(unit("mg{of Ann Smith}").as_deref(), Some("mg{}"));
        for bad in ["Ann", "Smith", "9990000001", "999.000.0001", "tablets for Ann", "", "{open"] {
            assert_eq!(unit(bad), None, "{bad}");
        }
    }

    #[test]
    fn codes_are_those_that_prove_themselves() {
        for (system, code) in [
            ("http://snomed.info/sct", "38341003"),
            ("http://snomed.info/sct", "999791000000106"),
            ("http://loinc.org", "59261-8"),
            ("http://loinc.org", "718-7"),
            ("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory"),
        ] {
            assert!(is_code(system, code), "{code}");
        }
        for (system, code) in [
            ("http://snomed.info/sct", "38341004"),
            ("http://snomed.info/sct", "Ann Smith"),
            ("http://loinc.org", "59261-7"),
            ("http://loinc.org", "Ann-8"),
            ("http://terminology.hl7.org/CodeSystem/observation-category", "Ann"),
            ("https://x.example/codes", "38341003"),
        ] {
            assert!(!is_code(system, code), "{code}");
        }
        // A number that is both, of the test range.
        let both = (0..10_000_000).map(|tail| format!("999{tail:07}"));
        let both = both.filter(|number| is_nhs_number(number)).find(|number| is_snomed(number)).unwrap();
        assert!(!is_code("http://snomed.info/sct", &both));
    }
}
