//! Cases of the policy's language.

use super::*;

#[test]
fn the_built_in_policy_compiles() {
    if let Err(error) = Policy::parse(include_str!("../../policy/care.policy")) {
        panic!("{error}");
    }
    assert_eq!(Policy::builtin().resource_types().count(), 37);
}

#[track_caller]
fn refused(lines: &str, line: usize, problem: PolicyProblem) {
    let text = format!("version 1\n[data types]\nboolean as boolean\n{lines}");
    assert_eq!(Policy::parse(&text).unwrap_err(), PolicyError { line, problem });
}

#[test]
fn a_wrong_line_is_named() {
    refused("[Patience]", 4, PolicyProblem::Type("Patience".into()));
    refused("[Patient]\nkeep active\nkeep nick", 6, PolicyProblem::Element("nick".into()));
    refused("[Patient]\nkeep name", 5, PolicyProblem::NeverKept("name".into()));
    refused("[Patient]\nkeep birthDate as whim", 5, PolicyProblem::Rule("whim".into()));
    refused("[Patient]\nactive", 5, PolicyProblem::Form("active".into()));
    refused("[Observation]\nkeep component", 5, PolicyProblem::NeverKept("component".into()));
    refused("[systems]\nurn:x guess", 5, PolicyProblem::Rule("guess".into()));
    assert_eq!(Policy::parse("").unwrap_err().problem, PolicyProblem::Version);
}

#[test]
fn a_code_without_a_required_list_needs_a_rule() {
    refused("code as code\n[Patient]\nkeep language", 6, PolicyProblem::NeverKept("language".into()));
}

#[test]
fn systems_admit_their_own_codes_only() {
    let policy = Policy::builtin();
    for (system, code, kept) in [
        ("http://snomed.info/sct", "73211009", true),
        ("http://snomed.info/sct", "9434765919", false),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", true),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "Amy", false),
        ("http://terminology.hl7.org/CodeSystem/of-my-own", "AMB", false),
        ("http://hl7.org/fhir/sid/ndc", "0002-8215-01", true),
        ("http://hl7.org/fhir/sid/ndc", "07700900123", false),
        ("https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland", "A", true),
        ("urn:mine", "A", false),
    ] {
        assert_eq!(policy.admits_code(system, code), kept, "{system} {code}");
    }
    assert!(policy.admits_uri("http://hl7.org/fhir/StructureDefinition/bmi|4.0.1"));
    assert!(!policy.admits_uri("http://hl7.org/fhir/StructureDefinition/bmi|Amy"));
    assert!(!policy.admits_uri("http://hl7.org/fhir/StructureDefinition/Amy"));
    assert_eq!(policy.district("02138").as_deref(), Some("021"));
    assert_eq!(policy.district("03601"), None);
}

#[test]
fn a_trusted_source_is_named_by_the_policy() {
    let policy = Policy::parse("version 1\ntrust trust-north trust-south").unwrap();
    assert!(policy.trusts(&"trust-south".parse().unwrap()));
    assert!(!policy.trusts(&"gp-elm-grove".parse().unwrap()));
}
