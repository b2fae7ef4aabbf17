//! The knowledge table holds what the standard says.

use super::*;

#[test]
fn the_table_is_understood_to_its_last_line() {
    let text = include_str!("knowledge.txt");
    let lines = |letters: &str| {
        text.lines().filter(|line| line.split_once(' ').is_some_and(|(l, _)| letters.contains(l))).count()
    };
    let knowledge = knowledge();
    assert_eq!(knowledge.types().count(), lines("PCBRA"));
    assert_eq!(knowledge.code_sets.len(), lines("V"));
    assert_eq!(knowledge.types().map(|def| def.elements().count()).sum::<usize>(), lines("e"));
    let written: usize = text
        .lines()
        .filter(|line| line.starts_with("e "))
        .map(|line| line.rsplit('\t').next().unwrap().split('|').count())
        .sum();
    assert_eq!(knowledge.types().map(|def| def.json_names().count()).sum::<usize>(), written);
    assert!(knowledge.code_sets.iter().all(|set| set.codes.is_sorted()));
}

#[test]
fn elements_are_found_by_their_names_in_json() {
    let patient = knowledge().type_def("Patient").unwrap();
    let gender = patient.element("gender").unwrap().element;
    assert!(knowledge().codes(gender.binding.unwrap()).contains("female"));
    let deceased = patient.element("deceasedDateTime").unwrap();
    assert_eq!((deceased.element.name, deceased.element.is_choice), ("deceased", true));
    assert_eq!(knowledge().def(deceased.type_id).kind, Kind::Primitive(Primitive::DateTime));
    let contact = patient.element("contact").unwrap();
    assert_eq!(knowledge().def(contact.type_id).name, "Patient.contact");
    for unknown in ["deceased", "deceased[x]", "resourceType", "Gender", "", "project"] {
        assert!(patient.element(unknown).is_none(), "{unknown}");
    }
}

#[test]
fn what_others_added_to_r4_is_not_in_it() {
    for (name, element) in [("Meta", "project"), ("Binary", "url"), ("ResearchStudy", "whyStopped")] {
        assert!(knowledge().type_def(name).unwrap().element(element).is_none(), "{name}.{element}");
    }
    assert!(
        knowledge().type_def("EvidenceVariable.characteristic").unwrap().element("usageContext").is_some()
    );
}

#[test]
fn content_references_lead_to_the_type_they_point_to() {
    let item = knowledge().type_def("Questionnaire.item").unwrap();
    assert_eq!(knowledge().def(item.element("item").unwrap().type_id).name, "Questionnaire.item");
    let subject = knowledge().type_def("Encounter").unwrap().element("subject").unwrap().element;
    assert_eq!(
        subject.reference_targets,
        ["Patient", "Group"].map(|name| ResourceType::parse(name).unwrap())
    );
}

#[test]
fn only_complete_code_systems_of_hl7_are_known() {
    let contains = |url: &str, code: &str| knowledge().code_system(url).map(|system| system.contains(code));
    assert_eq!(contains("http://hl7.org/fhir/administrative-gender", "female"), Some(true));
    assert_eq!(contains("http://hl7.org/fhir/administrative-gender", "Jane"), Some(false));
    assert_eq!(contains("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB"), Some(true));
    assert_eq!(contains("http://terminology.hl7.org/CodeSystem/v2-0203", "MR"), Some(true));
    assert_eq!(contains("http://snomed.info/sct", "73211009"), None);
}
