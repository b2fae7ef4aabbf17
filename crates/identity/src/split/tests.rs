//! Cases of the split, and the canary.

use super::*;
use crate::{FRAGMENT_DEPTH, join};
use fhir::{
    json::{Limits, parse, parse_with},
    r4::{Kind, TypeDef, knowledge},
};
use proptest::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Hashes without a key: enough to tell ids apart.
struct Plain;

impl Pseudonymise for Plain {
    fn resource(&self, source: &SourceId, resource_type: &str, id: &str) -> Pseudonym {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, source, resource_type, id).hash(&mut hasher);
            hasher.finish().to_be_bytes()
        };
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&half(0));
        bytes[8..].copy_from_slice(&half(1));
        Pseudonym(bytes)
    }
}

fn source() -> SourceId {
    "gp-elm-grove".parse().unwrap()
}

fn pseudonym(kind: &str, id: &str) -> String {
    Plain.resource(&source(), kind, id).to_string()
}

fn kind(name: &str) -> ResourceType {
    ResourceType::parse(name).unwrap()
}

fn text(value: &Value<'_>) -> String {
    String::from_utf8(value.to_canonical()).unwrap()
}

/// Splits, and joins again from the bytes that the two would be stored as.
#[track_caller]
fn split_and_join<'a>(name: &str, resource: &Value<'a>) -> Split<'a> {
    let split = split(Policy::builtin(), &Plain, &source(), kind(name), resource.clone());
    let (raw, fragment) = (text(&split.raw), text(&split.fragment));
    let limits = Limits { depth: FRAGMENT_DEPTH };
    let joined =
        join(parse_with(raw.as_bytes(), limits).unwrap(), parse_with(fragment.as_bytes(), limits).unwrap());
    assert_eq!(text(&joined.unwrap()), text(resource));
    split
}

#[track_caller]
fn check(resource: &str, raw: &str) {
    let resource = parse(resource.as_bytes()).unwrap();
    let name = resource.get("resourceType").and_then(Value::as_str).unwrap();
    let split = split_and_join(name, &resource);
    assert_eq!(text(&split.raw), text(&parse(raw.as_bytes()).unwrap()));
}

#[test]
fn a_patient_keeps_month_district_and_codes() {
    let resource = r#"{"resourceType":"Patient","id":"p1","birthDate":"1952-03-31","gender":"female",
        "name":[{"family":"Quibble","given":["Amy"]}],"identifier":[{"value":"9434765919"}],
        "deceasedDateTime":"2024-05-06T07:08:09Z",
        "address":[{"line":["1 High St"],"city":"Leeds","postalCode":"LS1 4AP","country":"GB"}],
        "telecom":[{"value":"0770090012"}],"text":{"div":"<div>Amy</div>"},
        "maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M","display":"Married"}],"text":"Wed"}}"#;
    check(
        resource,
        &format!(
            r#"{{"resourceType":"Patient","id":"{}","birthDate":"1952-03","gender":"female","deceasedDateTime":"2024-05-06",
            "address":[{{"postalCode":"LS1","country":"GB"}}],
            "maritalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}}]}}}}"#,
            pseudonym("Patient", "p1")
        ),
    );
}

#[test]
fn an_observation_keeps_codes_values_and_pseudonymised_references() {
    let resource = parse(
        br#"{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p1","display":"Amy Quibble"},
        "code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic"},{"system":"urn:local","code":"SBP"}]},
        "performer":[{"reference":"Practitioner?identifier=x|1"},{"reference":"Practitioner/d"},{"reference":"urn:uuid:1"}],
        "valueQuantity":{"value":120.50,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"},
        "note":[{"text":"Amy was nervous"}]}"#,
    )
    .unwrap();
    let split = split_and_join("Observation", &resource);
    let patient = pseudonym("Patient", "p1");
    assert_eq!(
        split.raw.get("subject").unwrap().get("reference").unwrap().as_str(),
        Some(&*format!("Patient/{patient}"))
    );
    assert_eq!(split.raw.get("subject").unwrap().as_object().unwrap().len(), 1);
    assert_eq!(split.raw.get("code").unwrap().get("coding").unwrap().as_array().unwrap().len(), 1);
    assert_eq!(split.raw.get("performer").unwrap().as_array().unwrap().len(), 1);
    assert_eq!(split.raw.get("valueQuantity").unwrap().get("value").unwrap().as_number(), Some("120.50"));
    assert!(split.raw.get("note").is_none());
    assert_eq!((split.unresolved_references, split.conditional_references), (2, 1));
    assert_eq!(split.patients, [Plain.resource(&source(), "Patient", "p1")]);
    let shown: Vec<_> = split.displays.iter().map(|d| (&*d.code, &*d.display)).collect();
    assert_eq!(shown, [("8480-6", "Systolic"), ("mm[Hg]", "mmHg")]);
}

#[test]
fn dates_among_values_keep_their_month_only() {
    // A birth date is an observation to some (LOINC 21112-8), and an answer to many a form.
    let birth = r#""valueDateTime":"1980-05-17""#;
    for (name, text) in [
        ("Observation", format!(r#"{{"resourceType":"Observation","id":"o",{birth}}}"#)),
        ("Observation", format!(r#"{{"resourceType":"Observation","id":"o","component":[{{{birth}}}]}}"#)),
        (
            "QuestionnaireResponse",
            format!(
                r#"{{"resourceType":"QuestionnaireResponse","id":"q","item":[{{"linkId":"1","answer":[{{{birth}}},{{"valueDate":"1980-05-17"}}]}}]}}"#
            ),
        ),
    ] {
        let resource = parse(text.as_bytes()).unwrap();
        let raw = String::from_utf8(split_and_join(name, &resource).raw.to_canonical()).unwrap();
        assert!(raw.contains("1980-05") && !raw.contains("1980-05-17"), "{raw}");
    }
}

#[test]
fn contained_resources_are_split_by_their_own_type_and_stay_connected() {
    let resource = parse(
        br##"{"resourceType":"MedicationRequest","id":"m","subject":{"reference":"Patient/p1"},
        "contained":[{"resourceType":"Medication","id":"med","code":{"text":"Amy's pills"},"status":"active"},
                     {"resourceType":"RelatedPerson","id":"mum","name":[{"text":"Eve"}]}],
        "medicationReference":{"reference":"#med"},"requester":{"reference":"#mum"}}"##,
    )
    .unwrap();
    let split = split_and_join("MedicationRequest", &resource);
    let contained = split.raw.get("contained").unwrap().as_array().unwrap();
    for (at, place) in [(0, "medicationReference"), (1, "requester")] {
        let id = contained[at].get("id").unwrap().as_str().unwrap();
        let reference = split.raw.get(place).unwrap().get("reference").unwrap().as_str().unwrap();
        assert_eq!(reference.strip_prefix('#'), Some(id));
        assert_eq!(contained[at].as_object().unwrap().len(), 3 - at);
    }
}

#[test]
fn a_type_without_policy_goes_whole_and_names_its_patients() {
    let resource = parse(
        br#"{"resourceType":"Consent","id":"c","performer":[{"reference":"Patient/p2"}],"patient":{"reference":"Patient/p1"},"status":"active"}"#,
    )
    .unwrap();
    let split = split_and_join("Consent", &resource);
    assert!(split.whole_to_vault);
    assert_eq!(split.patients, ["p1", "p2"].map(|id| Plain.resource(&source(), "Patient", id)));
    assert_eq!(
        text(&split.raw),
        format!(r#"{{"id":"{}","resourceType":"Consent"}}"#, pseudonym("Consent", "c"))
    );
}

#[test]
fn listed_extensions_stay_with_values_of_their_type_only() {
    check(
        r#"{"resourceType":"Patient","extension":[
            {"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[
                {"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3","display":"White"}},
                {"url":"text","valueString":"White"}]},
            {"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueCode":"Amy"},
            {"url":"http://example.org/secret","valueCode":"F"}],
          "birthDate":"1952","_birthDate":{"id":"Amy","extension":[
            {"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1952-03-31T01:02:03Z"},
            {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}}"#,
        r#"{"resourceType":"Patient","extension":[
            {"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[
                {"url":"ombCategory","valueCoding":{"system":"urn:oid:2.16.840.1.113883.6.238","code":"2106-3"}}]}],
          "birthDate":"1952","_birthDate":{"extension":[
            {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}}"#,
    );
}

/// Builds resources of which every string is a word of its own.
struct Canary {
    words: usize,
    /// Whether systems, references, URLs and dates are real ones, so that rules let their neighbours near.
    lures: bool,
}

const WORD: &str = "Quibblewick";

impl Canary {
    fn word(&mut self) -> Value<'static> {
        self.words += 1;
        Value::from(format!("{WORD}{}", self.words))
    }

    fn primitive(&mut self, def: &TypeDef, name: &str) -> Value<'static> {
        let lure = match (def.name, name) {
            ("boolean", _) => return Value::Bool(true),
            ("integer" | "positiveInt" | "unsignedInt", _) => return Value::Number("7".into()),
            ("decimal", _) => return Value::Number("7.50".into()),
            ("date" | "dateTime", _) => "2020-02-03",
            ("instant", _) => "2020-02-03T04:05:06Z",
            ("time", _) => "04:05:06",
            (_, "system") => "http://snomed.info/sct",
            (_, "code") if def.name == "code" => "73211009",
            (_, "url") => "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
            _ => return self.word(),
        };
        if self.lures { Value::from(lure) } else { self.word() }
    }

    fn fill(&mut self, def: &'static TypeDef, name: &str, depth: usize) -> Option<Value<'static>> {
        if matches!(def.kind, Kind::Primitive(_)) {
            return Some(self.primitive(def, name));
        }
        if depth == 0 || def.is_abstract {
            return None;
        }
        let mut object = Object::new();
        // Extensions hold every data type: filled at every depth they would outweigh all else.
        let depth = if def.name == "Extension" { depth.min(2) } else { depth };
        for element in def.json_names() {
            let child = knowledge().def(element.type_id);
            if child.name == "Extension" && depth < 4 {
                continue;
            }
            let Some(mut value) = self.fill(child, element.json_name, depth - 1) else { continue };
            if self.lures && def.name == "Reference" && element.json_name == "reference" {
                value = Value::from(format!("Practitioner/{}", value.as_str().unwrap()));
            }
            if element.element.max != Some(1) {
                let second = if depth > 4 { self.fill(child, element.json_name, 1) } else { None };
                value = Value::Array(std::iter::once(value).chain(second).collect());
            }
            if matches!(child.kind, Kind::Primitive(_)) {
                let beside = super::object([("id", self.word())]);
                object.insert(format!("_{}", element.json_name), beside);
            }
            object.insert(element.json_name.to_owned(), value);
        }
        object.insert(format!("{WORD}{}", self.words), self.word());
        Some(Value::Object(object))
    }

    fn resource(&mut self, name: &str) -> Value<'static> {
        self.filled(name, 5)
    }

    fn filled(&mut self, name: &str, depth: usize) -> Value<'static> {
        let def = knowledge().type_def(name).unwrap();
        let mut resource = self.fill(def, name, depth).unwrap();
        resource.as_object_mut().unwrap().insert("resourceType", Value::from(name.to_owned()));
        resource
    }
}

#[test]
fn no_word_of_any_string_stays_outside_the_vault() {
    for kind in Policy::builtin().resource_types() {
        for lures in [false, true] {
            let mut canary = Canary { words: 0, lures };
            let mut resource = canary.resource(kind.as_str());
            let contained = ["Patient", "RelatedPerson"].map(|name| canary.resource(name));
            resource.as_object_mut().unwrap().insert("contained", Value::Array(contained.into()));
            assert!(canary.words > 50, "{kind} holds words");
            let split = split_and_join(kind.as_str(), &resource);
            let raw = text(&split.raw);
            let found = raw.find(WORD).map(|at| &raw[at.saturating_sub(80)..(at + 20).min(raw.len())]);
            assert_eq!(found, None, "{kind}");
            assert!(text(&split.fragment).matches(WORD).count() > 50);
            for display in &split.displays {
                assert!(lures && !display.system.contains(WORD) && !display.code.contains(WORD));
            }
            // What the policy is for: with real neighbours, codes and dates are there.
            assert_eq!(raw.contains("\"code\":\"73211009\""), lures, "{kind}");
        }
    }
}

/// Any JSON, its names and texts such that rules and marks are met often.
fn any_json() -> impl Strategy<Value = Value<'static>> {
    let name = prop_oneof![
        4 => proptest::sample::select(vec![
            "resourceType", "id", "subject", "patient", "reference", "code", "coding", "system", "display", "a", "1", "",
            "extension", "url", "contained", "valueQuantity", "value", "unit", "birthDate", "_birthDate", "status", "meta",
            "profile", "component", "referenceRange", "item", "address", "postalCode", "type", "period", "start", "text",
        ]).prop_map(str::to_owned),
        1 => "[a-z\u{e9}\u{1f600}]{0,3}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|n| Value::Number(n.to_string().into())),
        proptest::sample::select(vec![
            "Patient/1",
            "#x",
            "http://loinc.org",
            "8480-6",
            "final",
            "1952-03-31",
            "LS1 4AP",
            "02138",
            "Patient",
            "",
            "Observation",
        ])
        .prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 80, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((name.clone(), inner), 0..8).prop_map(|members| {
                let mut object = Object::new();
                for (name, value) in members {
                    object.insert(name, value);
                }
                Value::Object(object)
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn joining_undoes_splitting_whatever_the_json(
        mut resource in any_json(),
        name in proptest::sample::select(vec!["Patient", "Observation", "QuestionnaireResponse", "Consent", "Claim"]),
        is_named in any::<bool>(),
    ) {
        if let (true, Some(object)) = (is_named, resource.as_object_mut()) {
            object.insert("resourceType", Value::from(name));
        }
        split_and_join(name, &resource);
    }

    #[test]
    fn joining_undoes_splitting_of_full_resources_with_parts_replaced(
        name in proptest::sample::select(Policy::builtin().resource_types().map(ResourceType::as_str).collect::<Vec<_>>()),
        parts in proptest::collection::vec((any::<proptest::sample::Index>(), any_json()), 1..6),
        lures in any::<bool>(),
    ) {
        let mut canary = Canary { words: 0, lures };
        let mut resource = canary.filled(name, 3);
        let object = resource.as_object_mut().unwrap();
        for (at, part) in parts {
            let at = at.index(object.len());
            if let Some((_, value)) = object.iter_mut().nth(at) {
                *value = part;
            }
        }
        split_and_join(name, &resource);
    }
}
