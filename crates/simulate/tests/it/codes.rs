//! Codes and numbers with check digits: every one that is sent is right, but for those that are wrong on purpose.

use crate::reading::{each_object, resources};
use simulate::Simulation;
use std::collections::{BTreeMap, BTreeSet};

const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
const DMD: &str = "https://dmd.nhs.uk";
const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
const OPCS4: &str = "https://fhir.hl7.org.uk/CodeSystem/OPCS-4";

/// The dihedral group of order ten, which Verhoeff's check digit is computed in.
fn multiply(a: usize, b: usize) -> usize {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b) % 5 + 5,
        (false, true) => (a + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// SNOMED CT identifiers end with a Verhoeff check digit (SNOMED CT Release File Specification, 2.2).
fn is_snomed(code: &str) -> bool {
    const PERMUTATION: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut check = 0;
    for (place, digit) in code.bytes().rev().enumerate() {
        let mut digit = usize::from(digit.wrapping_sub(b'0'));
        if digit > 9 {
            return false;
        }
        for _ in 0..place % 8 {
            digit = PERMUTATION[digit];
        }
        check = multiply(check, digit);
    }
    check == 0 && (6..=18).contains(&code.len())
}

/// LOINC codes end with a Luhn check digit after a hyphen.
fn is_loinc(code: &str) -> bool {
    let Some((number, check)) = code.split_once('-') else { return false };
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let doubled = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            doubled / 10 + doubled % 10
        })
        .sum();
    check.parse() == Ok((10 - sum % 10) % 10)
}

pub(crate) fn is_nhs_number(number: &str) -> bool {
    let digits: Vec<u32> = number.bytes().map(|byte| u32::from(byte - b'0')).collect();
    let sum: u32 = digits[..9].iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 10 && (11 - sum % 11) % 11 == digits[9] && sum % 11 != 1
}

/// A letter, two digits and perhaps a dot with one more: the shape of ICD-10 and OPCS-4 codes.
fn is_classification(code: &str) -> bool {
    let bytes = code.as_bytes();
    let digits = |range: &[u8]| range.iter().all(u8::is_ascii_digit);
    bytes[0].is_ascii_uppercase()
        && digits(&bytes[1..3])
        && (bytes.len() == 3 || (bytes.len() == 5 && bytes[3] == b'.' && digits(&bytes[4..])))
}

#[test]
fn the_checks_know_right_from_wrong() {
    assert!(is_snomed("44054006") && is_snomed("999791000000106") && !is_snomed("44054007"));
    assert!(is_loinc("59261-8") && is_loinc("8480-6") && !is_loinc("8480-5"));
    assert!(is_nhs_number("9434765919") && !is_nhs_number("9434765918"));
}

#[test]
fn every_code_that_is_sent_has_a_right_check_digit() {
    let mut codes: BTreeSet<(String, String)> = BTreeSet::new();
    for message in Simulation::new(5, 400).messages() {
        for sent in resources(&message) {
            each_object(&sent.resource, &mut |members| {
                if let (Some(system), Some(code)) = (members.get("system"), members.get("code")) {
                    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                    codes.insert((text(system), text(code)));
                }
            });
        }
    }
    let mut of: BTreeMap<&str, u32> = BTreeMap::new();
    for (system, code) in &codes {
        let right = match system.as_str() {
            SNOMED | DMD => is_snomed(code),
            LOINC => is_loinc(code),
            ICD10 | OPCS4 => is_classification(code),
            _ => true,
        };
        assert!(right, "{system} {code}");
        *of.entry(system).or_default() += 1;
    }
    let count = |system: &str| of.get(system).copied().unwrap_or_default();
    for (system, least) in [(SNOMED, 50), (LOINC, 25), (DMD, 8), (ICD10, 15), (OPCS4, 3)] {
        assert!(count(system) > least, "{system}: {}", count(system));
    }
}

#[test]
fn each_element_is_coded_as_uk_systems_code_it() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for message in Simulation::new(5, 400).messages() {
        for sent in resources(&message) {
            for element in ["code", "type", "vaccineCode", "medicationCodeableConcept", "class"] {
                let one = &sent.resource[element];
                let concept = one.get(0).unwrap_or(one);
                let codings = concept["coding"].as_array().cloned().unwrap_or_else(|| vec![concept.clone()]);
                for system in codings.iter().filter_map(|coding| coding["system"].as_str()) {
                    let place = format!("{}.{element}", sent.resource_type());
                    found.entry(place).or_default().insert(system.to_owned());
                }
            }
        }
    }
    let table: [(&str, &[&str]); 9] = [
        ("AllergyIntolerance.code", &[SNOMED]),
        ("Condition.code", &[ICD10, SNOMED]),
        ("DiagnosticReport.code", &[LOINC, SNOMED]),
        ("Encounter.class", &["http://terminology.hl7.org/CodeSystem/v3-ActCode"]),
        ("Encounter.type", &[SNOMED]),
        ("Immunization.vaccineCode", &[SNOMED]),
        ("MedicationRequest.medicationCodeableConcept", &[DMD]),
        ("Observation.code", &[LOINC, SNOMED]),
        ("Procedure.code", &[SNOMED, OPCS4]),
    ];
    let systems = |list: &[&str]| list.iter().map(|system| (*system).to_owned()).collect();
    let expected = table.iter().map(|(place, list)| ((*place).to_owned(), systems(list))).collect();
    assert_eq!(found, expected);
}
