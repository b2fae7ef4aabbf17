//! Cases of the checker: resource in, issue out.

use super::*;
use crate::json::parse;

#[track_caller]
fn issues(text: &str) -> Vec<Issue> {
    check(&parse(text.as_bytes()).unwrap(), None).err().unwrap_or_default()
}

/// A table of resources and the first thing that is wrong with each.
#[track_caller]
fn refused(table: &[(&str, IssueCode, &str)]) {
    for (text, code, expression) in table {
        let issues = issues(text);
        let first = issues.first().map(|issue| (issue.code, issue.expression.as_str()));
        assert_eq!(first, Some((*code, *expression)), "{text}\n{issues:#?}");
    }
}

#[test]
fn a_good_resource_tells_its_type_and_id() {
    let text = r##"{"resourceType":"Patient","id":"a","birthDate":"1970-01","deceasedBoolean":false,
        "name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]}]}],
        "_gender":{"extension":[{"url":"u","extension":[{"url":"v","valueString":"x"}]}]},
        "contained":[{"resourceType":"Organization","id":"o"}],"managingOrganization":{"reference":"#o"}}"##;
    let checked = check(&parse(text.as_bytes()).unwrap(), ResourceType::parse("Patient")).unwrap();
    assert_eq!((checked.resource_type.as_str(), checked.id.as_deref()), ("Patient", Some("a")));
    let (_, again) = read(text.as_bytes(), None).unwrap();
    assert_eq!(again, checked);
}

#[test]
fn the_type_must_be_one_of_r4_and_the_one_expected() {
    refused(&[
        ("[]", IssueCode::Structure, "Resource"),
        ("{}", IssueCode::Structure, "Resource"),
        (r#"{"resourceType":1}"#, IssueCode::Structure, "Resource"),
        (r#"{"resourceType":"HumanName"}"#, IssueCode::NotSupported, "Resource"),
        (r#"{"resourceType":"DomainResource"}"#, IssueCode::NotSupported, "Resource"),
    ]);
    let patient = parse(br#"{"resourceType":"Patient"}"#).unwrap();
    let issues = check(&patient, ResourceType::parse("Group")).unwrap_err();
    assert_eq!((issues[0].code, issues[0].expression.as_str()), (IssueCode::Invalid, "Group"));
}

#[test]
fn members_are_those_of_the_type() {
    use IssueCode::{Required, Structure};
    refused(&[
        (r#"{"resourceType":"Patient","colour":"red"}"#, Structure, "Patient"),
        (
            r#"{"resourceType":"Patient","contact":[{"resourceType":"Patient","gender":"male"}]}"#,
            Structure,
            "Patient.contact[0]",
        ),
        (r#"{"resourceType":"Patient","deceased":true}"#, Structure, "Patient"),
        (r#"{"resourceType":"Patient","name":{"family":"A"}}"#, Structure, "Patient.name"),
        (r#"{"resourceType":"Patient","name":[]}"#, Structure, "Patient.name"),
        (r#"{"resourceType":"Patient","name":[null]}"#, Structure, "Patient.name[0]"),
        (r#"{"resourceType":"Patient","name":[{}]}"#, Structure, "Patient.name[0]"),
        (r#"{"resourceType":"Patient","name":[{"id":"a"}]}"#, Structure, "Patient.name[0]"),
        (r#"{"resourceType":"Patient","gender":["male"]}"#, Structure, "Patient.gender"),
        (r#"{"resourceType":"Patient","gender":null}"#, Structure, "Patient.gender"),
        (r#"{"resourceType":"Patient","_name":[{"id":"a"}]}"#, Structure, "Patient"),
        (r#"{"resourceType":"Patient","maritalStatus":"M"}"#, Structure, "Patient.maritalStatus"),
        (
            r#"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}"#,
            Structure,
            "Patient.deceased",
        ),
        (
            r#"{"resourceType":"Patient","deceasedBoolean":true,"_deceasedDateTime":{"extension":[{"url":"u","valueCode":"x"}]}}"#,
            Structure,
            "Patient.deceased",
        ),
        (r#"{"resourceType":"Observation","status":"final"}"#, Required, "Observation.code"),
        (r#"{"resourceType":"Patient","link":[{"type":"seealso"}]}"#, Required, "Patient.link[0].other"),
        (
            r#"{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"x"}}"#,
            Required,
            "MedicationRequest.medication",
        ),
    ]);
}

#[test]
fn values_are_of_their_types() {
    use IssueCode::{CodeInvalid, Structure, Value};
    refused(&[
        (r#"{"resourceType":"Patient","id":"a b"}"#, Value, "Patient.id"),
        (r#"{"resourceType":"Patient","birthDate":"1970-02-30"}"#, Value, "Patient.birthDate"),
        (r#"{"resourceType":"Patient","active":"true"}"#, Structure, "Patient.active"),
        (r#"{"resourceType":"Patient","gender":"F"}"#, CodeInvalid, "Patient.gender"),
        (r#"{"resourceType":"Patient","name":[{"family":""}]}"#, Value, "Patient.name[0].family"),
        (r#"{"resourceType":"Patient","name":[{"given":["a",""]}]}"#, Value, "Patient.name[0].given[1]"),
        (r#"{"resourceType":"Patient","multipleBirthInteger":1.0}"#, Value, "Patient.multipleBirth"),
        (
            r#"{"resourceType":"Patient","managingOrganization":{"reference":"Hospital/1"}}"#,
            Value,
            "Patient.managingOrganization.reference",
        ),
        (
            r#"{"resourceType":"Patient","meta":{"lastUpdated":"2020-01-01"}}"#,
            Value,
            "Patient.meta.lastUpdated",
        ),
    ]);
}

#[test]
fn null_stands_only_beside_an_extension() {
    use IssueCode::Structure;
    refused(&[
        (r#"{"resourceType":"Patient","name":[{"given":[null]}]}"#, Structure, "Patient.name[0].given[0]"),
        (
            r#"{"resourceType":"Patient","name":[{"given":["a",null],"_given":[{"id":"x"},null]}]}"#,
            Structure,
            "Patient.name[0].given[1]",
        ),
        (
            r#"{"resourceType":"Patient","name":[{"given":["a"],"_given":[null,{"id":"x"}]}]}"#,
            Structure,
            "Patient.name[0].given",
        ),
        (r#"{"resourceType":"Patient","name":[{"_given":[null]}]}"#, Structure, "Patient.name[0].given"),
        (r#"{"resourceType":"Patient","_birthDate":{}}"#, Structure, "Patient.birthDate"),
        (r#"{"resourceType":"Patient","_birthDate":{"id":"x"}}"#, Structure, "Patient.birthDate"),
        (
            r#"{"resourceType":"Patient","birthDate":"1970","_birthDate":["x"]}"#,
            Structure,
            "Patient.birthDate",
        ),
        (
            r#"{"resourceType":"Patient","birthDate":"1970","_birthDate":{"value":"x"}}"#,
            Structure,
            "Patient.birthDate",
        ),
    ]);
}

#[test]
fn extensions_and_contained_resources_keep_their_rules() {
    use IssueCode::{Invariant, Required, Structure};
    refused(&[
        (
            r#"{"resourceType":"Patient","extension":[{"valueString":"x"}]}"#,
            Required,
            "Patient.extension[0].url",
        ),
        (r#"{"resourceType":"Patient","extension":[{"url":"u"}]}"#, Invariant, "Patient.extension[0]"),
        (
            r#"{"resourceType":"Patient","extension":[{"url":"u","valueCode":"a","extension":[{"url":"v","valueCode":"x"}]}]}"#,
            Invariant,
            "Patient.extension[0]",
        ),
        (
            r#"{"resourceType":"Patient","extension":[{"url":"u","valueCode":"a","valueString":"a"}]}"#,
            Structure,
            "Patient.extension[0].value",
        ),
        (
            r#"{"resourceType":"Patient","contained":[{"resourceType":"Organization"}]}"#,
            Required,
            "Patient.contained[0]",
        ),
        (
            r#"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"a","contained":[{"resourceType":"Patient","id":"b"}]}]}"#,
            Invariant,
            "Patient.contained[0]",
        ),
        (r#"{"resourceType":"Patient","contained":[{"id":"a"}]}"#, Structure, "Patient.contained[0]"),
        (
            r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","gender":1}}]}"#,
            Structure,
            "Bundle.entry[0].resource.gender",
        ),
    ]);
}

#[test]
fn issues_hold_nothing_of_the_resource_and_are_not_without_end() {
    let bad = r#"{"Jane":"Jane","family":"","given":["Jane",""],"use":"Jane","period":{"start":"Jane"}}"#;
    let many = format!(r#"{{"resourceType":"Patient","name":[{}]}}"#, vec![bad; 100].join(","));
    let issues = issues(&many);
    assert_eq!(issues.len(), MAX_ISSUES);
    assert!(!format!("{issues:?}").contains("Jane"));
    let code = issues.iter().find(|issue| issue.code == IssueCode::CodeInvalid).unwrap();
    assert!(code.diagnostics.contains("official"), "says what is accepted: {}", code.diagnostics);
}

#[test]
fn values_made_deeper_than_any_text_are_refused() {
    let mut extension = parse(br#"{"url":"u","valueCode":"x"}"#).unwrap();
    for _ in 0..1000 {
        let mut outer = Object::new();
        outer.insert("url", "u".into());
        outer.insert("extension", Value::Array(vec![extension]));
        extension = Value::Object(outer);
    }
    let mut patient = Object::new();
    patient.insert("resourceType", "Patient".into());
    patient.insert("extension", Value::Array(vec![extension]));
    let issues = check(&Value::Object(patient), None).unwrap_err();
    assert_eq!(issues[0].code, IssueCode::TooCostly);
}

proptest::proptest! {
    #[test]
    fn checking_never_panics(text in member(4)) {
        let text = format!(r#"{{"resourceType":"Patient",{text}}}"#);
        if let Ok(value) = parse(text.as_bytes()) {
            let _ = check(&value, None);
            let _ = crate::bundle::read(value.clone());
            crate::reference::rewrite(&mut value.clone(), &mut |_| Some(String::new()));
        }
    }

    #[test]
    fn reading_bytes_never_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = read(&bytes, None);
    }
}

/// A member that often has a name of R4 and sometimes a value of the right shape.
fn member(depth: u32) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let name = prop::sample::select(vec![
        "id",
        "name",
        "_given",
        "given",
        "family",
        "extension",
        "url",
        "valueReference",
        "reference",
        "contact",
        "_birthDate",
        "birthDate",
        "contained",
        "resourceType",
        "deceasedBoolean",
        "é",
        "",
        "_",
        "entry",
        "request",
    ]);
    let leaf = prop::sample::select(vec![
        "null",
        "1",
        "\"a\"",
        "\"\"",
        "true",
        "[]",
        "{}",
        "[null]",
        "\"#\"",
        "\"Patient/1\"",
        "\"2020-01-01T\"",
        "\"é\"",
    ])
    .prop_map(str::to_owned);
    let value = leaf.prop_recursive(depth, 40, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::hash_map(name.clone(), inner, 0..4).prop_map(object),
        ]
    });
    prop::collection::hash_map(
        prop::sample::select(vec![
            "name",
            "extension",
            "contact",
            "contained",
            "_birthDate",
            "managingOrganization",
        ]),
        value,
        1..4,
    )
    .prop_map(|members| {
        let text = object(members);
        text[1..text.len() - 1].to_owned()
    })
}

fn object(members: std::collections::HashMap<&'static str, String>) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}
