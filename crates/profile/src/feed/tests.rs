//! What a feed's profile counts, and what it never holds.

use super::*;
use model::Timestamp;

const NOON: Timestamp = Timestamp(1_709_208_000_000);

fn seen(resources: &[&str]) -> FeedProfile {
    let mut observer = Observer::new();
    for resource in resources {
        observer.see(resource.as_bytes(), NOON);
    }
    observer.finish()
}

const OBSERVATION: &str = r#"{"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category",
    "code":"laboratory"}]}],"code":{"coding":[{"system":"https://lab.example/codes","code":"Ann Smith"},
    {"system":"http://loinc.org","code":"59261-8","display":"Ann Smith"}],"text":"Ann Smith 9990000001"},
    "effectiveDateTime":"2024-02-29T10:00:00Z","extension":[{"url":"https:\/\/x.example\/why","valueCodeableConcept":
    {"coding":[{"system":"https://x.example/reasons","code":"r"}]}}],"id":"a","meta":{"profile":
    ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation|1.0.0"]},"resourceType":"Observation",
    "status":"final","subject":{"reference":"Patient/7"},"valueQuantity":{"value":44,"unit":"mmol per mol",
    "system":"http://unitsofmeasure.org","code":"mmol/mol"},"component":[{"code":{"coding":[{"system":"http://loinc.org",
    "code":"8480-6"}]},"valueQuantity":{"value":120,"unit":"mm Hg"}}]}"#;

#[test]
fn a_resource_is_counted_by_what_it_uses() {
    let profile = seen(&[OBSERVATION, OBSERVATION]);
    expect_test::expect![[r#"{"format":"carelake-feed-1","days":[19782,19782],"resources":2,"unread":0,"unfit":0,"left_out":0,"hours":[0,0,0,0,0,0,0,0,0,0,0,0,2,0,0,0,0,0,0,0,0,0,0,0],"types":{"Observation":{"count":[2,1],"elements":{"category":[2,1,0],"code":[2,1,0],"component":[2,1,0],"effectiveDateTime":[2,1,0],"meta":[2,1,0],"status":[2,1,0],"subject":[2,1,0],"valueQuantity":[2,1,0]},"extensions":{"extension":{"https://x.example/why":[2,1]}},"systems":{"category":{"http://terminology.hl7.org/CodeSystem/observation-category":[2,1]},"code":{"http://loinc.org":[2,1],"https://lab.example/codes":[2,1]},"component":{"http://loinc.org":[2,1]},"extension":{"https://x.example/reasons":[2,1]}},"profiles":{"https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation|1.0.0":[2,1]},"units":{"http://loinc.org|59261-8":{"mmol/mol":[2,1]},"http://loinc.org|8480-6":{"(text only)":[2,1]}},"delays":{"51":2}}}}"#]]
    .assert_eq(&profile.to_json().unwrap());
    assert_eq!(FeedProfile::from_json(&profile.to_json().unwrap()).unwrap(), profile);
}

#[test]
fn what_several_saw_is_added_up() {
    let mut sum = seen(&[OBSERVATION]);
    sum.merge(&seen(&[OBSERVATION, OBSERVATION]));
    let mut whole = seen(&[OBSERVATION, OBSERVATION, OBSERVATION]);
    let one_run = |profile: &mut FeedProfile| profile.to_json().unwrap().replace(",2", ",1");
    assert_eq!(one_run(&mut sum), one_run(&mut whole));
}

#[test]
fn what_is_no_resource_is_counted_as_such() {
    let profile = seen(&["{", "[]", r#"{"resourceType":"Ann"}"#, r#"{"resourceType":"Patient","id":"a"} x"#]);
    assert_eq!((profile.resources, profile.unread), (0, 4));
}

#[test]
fn nothing_that_says_who_somebody_is_comes_out() {
    let resource = r#"{"resourceType":"Patient","id":"9990000001","Ann Smith":1,"_birthDate":{"extension":[
        {"url":"https://x.example/9990000001","valueString":"Ann Smith"},{"url":"Ann: Smith"},
        {"url":"https://x.example/told","valueQuantity":{"value":1,"unit":"Ann","system":"http://unitsofmeasure.org","code":"Ann"}}]},
        "identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000001"}],
        "meta":{"profile":["Ann Smith","https://x.example/p?patient=Ann#Smith"],"tag":[{"system":"urn:uuid:Ann","code":"Smith"}]},
        "name":[{"family":"Smith","given":["Ann"],"text":"Ann Smith"}],
        "telecom":[{"system":"phone","value":"07700900123"}],
        "maritalStatus":{"coding":[{"system":"Ann Smith","code":"9990000001","display":"Smith"}]},
        "contained":[{"resourceType":"Observation","code":{"coding":[{"system":"http://snomed.info/sct","code":"9990000001"}]},
        "valueQuantity":{"value":9990000001,"code":"9990000001","system":"https://x.example/u"}}]}"#;
    let profile = seen(&[resource]);
    let text = profile.to_json().unwrap();
    for word in ["Ann", "Smith", "999000", "0770"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(text.contains("https://x.example/told") && text.contains("https://x.example/p\""), "{text}");
    assert!(profile.unfit >= 7, "{}", profile.unfit);
}

#[test]
fn memory_is_bounded_and_what_does_not_fit_is_counted() {
    let mut observer = Observer::new();
    for number in 0..3000 {
        let extension = format!(
            r#"{{"resourceType":"Patient","extension":[{{"url":"https://x.example/{number}"}}],
            "gender":"female","id":"{number}"}}"#
        );
        observer.see(extension.as_bytes(), NOON);
    }
    let profile = observer.finish();
    assert_eq!(profile.left_out, 3000 - 64);
    assert_eq!(profile.types["Patient"].count, Count { count: 3000, runs: 3000 });
    assert!(profile.to_json().unwrap().len() < 8000);
}

#[test]
fn another_format_is_refused() {
    let text = seen(&[]).to_json().unwrap();
    assert!(matches!(FeedProfile::from_json(&text.replace("feed-1", "feed-9")), Err(ProfileError::Format)));
    assert!(matches!(FeedProfile::from_json("{}"), Err(ProfileError::Malformed(_))));
}
