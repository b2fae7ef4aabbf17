//! Seeded changes, each in a feed of its own: found with the right kind and place, and nothing else.

use crate::{
    feeds::{Chance, DAYS_BEFORE, Day, Pool, Sent},
    unchanged::first_seed,
};
use fhir::json::{Object, Value, parse};
use profile::drift::{Kind, compare};

const GP: &str = "gp-elm-grove";
const TRUST: &str = "acute-castlemere";
const NHS_111: &str = "nhs-111-castlemere";
const AMBULANCE: &str = "ambulance-vale";
const MENTAL: &str = "mental-health-willowbank";

const UK_CORE: &str = "https://fhir.hl7.org.uk/StructureDefinition";

/// Looks for what changes in a feed. A place is `Type element name`, as far as there is one.
#[track_caller]
fn check(number: u64, provider: &str, visits: f64, how: &Day<'_>, expected: &[(Kind, &str)]) {
    check_pool(Pool::new(first_seed() + 500 + number, provider), visits, how, expected);
}

#[track_caller]
fn check_pool(pool: Pool, visits: f64, how: &Day<'_>, expected: &[(Kind, &str)]) {
    let found = compare(&pool.before(visits), &pool.day(DAYS_BEFORE, visits, how));
    let places: Vec<(Kind, String)> =
        found.iter().map(|finding| (finding.kind, finding.whole_place())).collect();
    let expected: Vec<(Kind, String)> =
        expected.iter().map(|(kind, place)| (*kind, (*place).to_owned())).collect();
    assert_eq!(places, expected, "{found:#?}");
}

/// Edits some of the resources of a type.
#[track_caller]
fn check_edit(
    number: u64,
    (provider, visits): (&str, f64),
    (kind, share): (&str, f64),
    edit: impl Fn(&mut Object<'_>) -> Sent,
    expected: &[(Kind, &str)],
) {
    let edit = |resource: &mut Object<'_>, chance: &mut Chance| {
        let of_type = resource.get("resourceType").and_then(Value::as_str) == Some(kind);
        if of_type && chance.share() < share { edit(resource) } else { Sent::Whole }
    };
    check(number, provider, visits, &Day { edit: Some(&edit), ..Day::USUAL }, expected);
}

fn json(text: &str) -> Value<'static> {
    parse(text.as_bytes()).unwrap().into_owned()
}

fn set(resource: &mut Object<'_>, name: &'static str, text: &str) -> Sent {
    resource.insert(name, json(text));
    Sent::Whole
}

fn remove(resource: &mut Object<'_>, name: &str) -> Sent {
    resource.remove(name);
    Sent::Whole
}

/// Whether the resource's `code` has a code.
fn is_of(resource: &Object<'_>, code: &str) -> bool {
    let codings = resource.get("code").and_then(|concept| concept.get("coding")).and_then(Value::as_array);
    codings.unwrap_or_default().iter().any(|coding| coding.get("code").and_then(Value::as_str) == Some(code))
}

/// Writes over a member of the `valueQuantity`.
fn measure_in(resource: &mut Object<'_>, unit: &'static str) -> Sent {
    if let Some(quantity) = resource.get_mut("valueQuantity").and_then(Value::as_object_mut) {
        quantity.insert("code", Value::from(unit));
        quantity.insert("unit", Value::from(unit));
    }
    Sent::Whole
}

#[test]
fn a_new_extension_of_some_patients() {
    let extension = r#"[{"url":"https://x.example/ethnicity","valueCodeableConcept":{"coding":
        [{"system":"https://x.example/codes","code":"A"}]}}]"#;
    let place = "Patient.extension https://x.example/ethnicity";
    let edit = |patient: &mut Object<'_>| set(patient, "extension", extension);
    check_edit(1, (GP, 300.0), ("Patient", 0.03), edit, &[(Kind::NewExtension, place)]);
}

#[test]
fn a_new_extension_deep_in_an_element() {
    let edit = |observation: &mut Object<'_>| {
        if let Some(code) = observation.get_mut("code").and_then(Value::as_object_mut) {
            code.insert("extension", json(r#"[{"url":"https://x.example/how","valueBoolean":true}]"#));
        }
        Sent::Whole
    };
    let place = "Observation.code https://x.example/how";
    check_edit(2, (AMBULANCE, 300.0), ("Observation", 0.02), edit, &[(Kind::NewExtension, place)]);
}

#[test]
fn a_new_code_system_of_some_conditions() {
    let code =
        r#"{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"E11","display":"Diabetes"}]}"#;
    let place = "Condition.code http://hl7.org/fhir/sid/icd-11";
    let code = code.replace("icd-10", "icd-11");
    let edit = |condition: &mut Object<'_>| set(condition, "code", &code);
    check_edit(3, (TRUST, 400.0), ("Condition", 0.05), edit, &[(Kind::NewCodeSystem, place)]);
}

#[test]
fn a_new_code_system_of_some_encounters() {
    let edit = |encounter: &mut Object<'_>| {
        set(encounter, "type", r#"[{"coding":[{"system":"https://x.example/visits","code":"v"}]}]"#)
    };
    let place = "Encounter.type https://x.example/visits";
    check_edit(4, (NHS_111, 300.0), ("Encounter", 0.04), edit, &[(Kind::NewCodeSystem, place)]);
}

#[test]
fn a_new_unit_of_a_few_results() {
    const HBA1C: &str = "999791000000106";
    let edit = |observation: &mut Object<'_>, chance: &mut Chance| {
        if is_of(observation, HBA1C) && chance.share() < 0.02 {
            measure_in(observation, "%")
        } else {
            Sent::Whole
        }
    };
    // A day's six hundred results.
    let pool = Pool::new(first_seed() + 505, GP).with(HBA1C);
    let place = "Observation http://snomed.info/sct|999791000000106 %";
    check_pool(pool, 600.0, &Day { edit: Some(&edit), ..Day::USUAL }, &[(Kind::NewUnit, place)]);
}

#[test]
fn a_new_unit_of_weights() {
    let edit = |observation: &mut Object<'_>| {
        if is_of(observation, "29463-7") { measure_in(observation, "[lb_av]") } else { Sent::Whole }
    };
    let place = "Observation http://loinc.org|29463-7 [lb_av]";
    check_edit(6, (GP, 500.0), ("Observation", 0.15), edit, &[(Kind::NewUnit, place)]);
}

#[test]
fn a_new_profile_of_some_observations() {
    let edit = |observation: &mut Object<'_>| {
        set(
            observation,
            "meta",
            r#"{"profile":["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation|2.5.0"]}"#,
        )
    };
    let place = format!("Observation {UK_CORE}/UKCore-Observation|2.5.0");
    check_edit(7, (TRUST, 250.0), ("Observation", 0.03), edit, &[(Kind::NewProfile, &place)]);
}

#[test]
fn a_profile_that_is_replaced() {
    let edit =
        |encounter: &mut Object<'_>| set(encounter, "meta", r#"{"profile":["https://x.example/Visit"]}"#);
    let old = format!("Encounter {UK_CORE}/UKCore-Encounter");
    let expected = [(Kind::NewProfile, "Encounter https://x.example/Visit"), (Kind::VanishedProfile, &old)];
    check_edit(8, (MENTAL, 250.0), ("Encounter", 1.0), edit, &expected);
}

#[test]
fn an_element_that_is_missing_ten_points_more_often() {
    let edit = |observation: &mut Object<'_>| remove(observation, "performer");
    check_edit(
        9,
        (AMBULANCE, 250.0),
        ("Observation", 0.1),
        edit,
        &[(Kind::MissingShare, "Observation.performer")],
    );
}

#[test]
fn an_element_that_is_sometimes_forgotten() {
    let edit = |encounter: &mut Object<'_>| remove(encounter, "period");
    check_edit(10, (GP, 400.0), ("Encounter", 0.1), edit, &[(Kind::MissingShare, "Encounter.period")]);
}

#[test]
fn values_that_are_missing_of_observations() {
    let edit = |observation: &mut Object<'_>| remove(observation, "valueQuantity");
    let place = "Observation.valueQuantity";
    check_edit(11, (TRUST, 300.0), ("Observation", 0.15), edit, &[(Kind::MissingShare, place)]);
}

#[test]
fn an_element_that_comes_more_often() {
    let edit = |patient: &mut Object<'_>| set(patient, "language", "\"en-GB\"");
    check_edit(12, (NHS_111, 300.0), ("Patient", 0.1), edit, &[(Kind::MissingShare, "Patient.language")]);
}

#[test]
fn half_as_much_of_everything() {
    check(13, AMBULANCE, 300.0, &Day { volume: 0.5, ..Day::USUAL }, &[(Kind::Volume, "")]);
}

#[test]
fn twice_as_much_of_everything() {
    check(14, TRUST, 250.0, &Day { volume: 2.0, ..Day::USUAL }, &[(Kind::Volume, "")]);
}

#[test]
fn less_than_half_of_one_type() {
    let edit = |_: &mut Object<'_>| Sent::Nothing;
    check_edit(15, (GP, 500.0), ("MedicationRequest", 0.6), edit, &[(Kind::Volume, "MedicationRequest")]);
}

#[test]
fn everything_takes_twice_as_long() {
    check(16, MENTAL, 250.0, &Day { delay: &|_| 2.0, ..Day::USUAL }, &[(Kind::Delay, "")]);
}

#[test]
fn one_type_takes_three_times_as_long() {
    let delay = |kind: &str| if kind == "Condition" { 3.0 } else { 1.0 };
    check(17, TRUST, 300.0, &Day { delay: &delay, ..Day::USUAL }, &[(Kind::Delay, "Condition")]);
}

#[test]
fn an_extension_that_vanishes() {
    let edit = |patient: &mut Object<'_>| {
        if let Some(Value::Array(identifiers)) = patient.get_mut("identifier") {
            identifiers.iter_mut().filter_map(Value::as_object_mut).for_each(|identifier| {
                identifier.remove("extension");
            });
        }
        Sent::Whole
    };
    let place = format!("Patient.identifier {UK_CORE}/Extension-UKCore-NHSNumberVerificationStatus");
    check_edit(18, (GP, 250.0), ("Patient", 1.0), edit, &[(Kind::VanishedExtension, &place)]);
}

#[test]
fn a_new_resource_type() {
    let flag = r#"{"resourceType":"Flag","id":"f","status":"active","code":{"text":"x"},"subject":{"reference":"Patient/x"}}"#;
    let edit = |_: &mut Object<'_>| Sent::And(flag.to_owned());
    check_edit(19, (MENTAL, 250.0), ("Encounter", 0.04), edit, &[(Kind::NewResourceType, "Flag")]);
}

#[test]
fn a_resource_type_that_vanishes() {
    let edit = |_: &mut Object<'_>| Sent::Nothing;
    check_edit(20, (GP, 400.0), ("Immunization", 1.0), edit, &[(Kind::VanishedResourceType, "Immunization")]);
}

#[test]
fn a_code_system_that_vanishes() {
    let edit = |observation: &mut Object<'_>| {
        let code = observation.get_mut("code").and_then(Value::as_object_mut);
        if let Some(Value::Array(codings)) = code.and_then(|code| code.get_mut("coding")) {
            codings.retain(|coding| coding.get("system").and_then(Value::as_str) != Some("http://loinc.org"));
        }
        Sent::Whole
    };
    let place = "Observation.code http://loinc.org";
    check_edit(21, (AMBULANCE, 250.0), ("Observation", 1.0), edit, &[(Kind::VanishedCodeSystem, place)]);
}

#[test]
fn a_unit_that_is_replaced() {
    let edit = |observation: &mut Object<'_>| {
        if is_of(observation, "8310-5") { measure_in(observation, "[degF]") } else { Sent::Whole }
    };
    let of = "Observation http://loinc.org|8310-5";
    let (new, old) = (format!("{of} [degF]"), format!("{of} Cel"));
    let expected = [(Kind::NewUnit, new.as_str()), (Kind::VanishedUnit, old.as_str())];
    check_edit(22, (AMBULANCE, 250.0), ("Observation", 1.0), edit, &expected);
}
