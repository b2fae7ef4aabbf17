//! Codes and numbers with check digits: every one that is sent is right, but for those that are wrong on purpose.

use crate::reading::{each_object, resources};
use simulate::Simulation;
use std::collections::{BTreeMap, BTreeSet};

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

fn is_nhs_number(number: &str) -> bool {
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
            "http://snomed.info/sct" | "https://dmd.nhs.uk" => is_snomed(code),
            "http://loinc.org" => is_loinc(code),
            "http://hl7.org/fhir/sid/icd-10" | "https://fhir.hl7.org.uk/CodeSystem/OPCS-4" => {
                is_classification(code)
            }
            _ => true,
        };
        assert!(right, "{system} {code}");
        *of.entry(system).or_default() += 1;
    }
    let count = |system: &str| of.get(system).copied().unwrap_or_default();
    assert!(
        count("http://snomed.info/sct") > 50
            && count("http://loinc.org") > 25
            && count("https://dmd.nhs.uk") > 8
    );
    assert!(
        count("http://hl7.org/fhir/sid/icd-10") > 15
            && count("https://fhir.hl7.org.uk/CodeSystem/OPCS-4") > 3
    );
}

#[test]
fn verified_nhs_numbers_are_right_and_each_is_one_persons() {
    let mut holders: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    let mut mistyped = 0;
    for message in Simulation::new(5, 600).messages() {
        for sent in resources(&message).iter().filter(|sent| sent.resource_type() == "Patient") {
            let patient = &sent.resource;
            let person = (patient["name"].to_string(), patient["birthDate"].to_string());
            for identifier in patient["identifier"].as_array().unwrap() {
                if identifier["system"] != "https://fhir.nhs.uk/Id/nhs-number" {
                    continue;
                }
                let number = identifier["value"].as_str().unwrap();
                let status = &identifier["extension"][0]["valueCodeableConcept"]["coding"][0]["code"];
                assert!(number.starts_with("999"));
                if status == "01" {
                    assert!(is_nhs_number(number), "{number}");
                    holders.entry(number.to_owned()).or_default().insert(person.clone());
                } else if !is_nhs_number(number) {
                    mistyped += 1;
                }
            }
        }
    }
    assert!(holders.len() > 400 && mistyped > 5, "{} {mistyped}", holders.len());
    assert!(holders.values().all(|persons| persons.len() == 1));
}
