//! Records against R4 and BALP: what conforms, and that every invariant has something that breaks it.

mod definitions;
mod examples;
mod fixtures;
mod fsh;
mod mutations;

use audit::balp::{Nonconformance, Profile, base, check, profiles};
use fixtures::conforming;
use mutations::{Mutation, changed};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn checked(event: &Value) -> Result<Vec<&'static str>, Vec<Nonconformance>> {
    check(event.to_string().as_bytes())
}

/// What is wrong with an event, as `profile invariant`.
fn faults(event: &Value) -> Vec<String> {
    let found = checked(event).err().unwrap_or_default();
    found.iter().map(|it| format!("{} {}", it.profile.unwrap_or("AuditEvent"), it.invariant)).collect()
}

#[test]
fn the_event_of_each_profile_conforms() {
    let ids: Vec<_> = profiles().map(Profile::id).collect();
    assert_eq!(ids.len(), 17);
    for id in ids {
        let event = conforming(id);
        assert_eq!(faults(&event), [""; 0], "{id}");
        assert_eq!(checked(&event).unwrap(), [id]);
    }
}

#[test]
fn invariants_are_named_once_and_fit_the_type() {
    for profile in profiles().chain([base()]) {
        let mut names = BTreeSet::new();
        for invariant in profile.invariants() {
            let name = invariant.name();
            assert!(names.insert(name), "{}: `{name}` twice", profile.id());
            let sentence = invariant.sentence();
            assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{sentence}");
            let expression: fhir::path::Expression = invariant.text().parse().unwrap();
            expression
                .check("AuditEvent", Default::default())
                .unwrap_or_else(|error| panic!("{}, {name}: {error}: {}", profile.id(), invariant.text()));
        }
    }
}

/// Every change to the event of a profile that breaks an invariant of it.
fn applicable(id: &str, invariant: &str) -> Vec<&'static Mutation> {
    let of = |mutation: &&Mutation| mutation.breaks == invariant && mutation.is_for(id);
    mutations::MUTATIONS.iter().filter(of).collect()
}

#[test]
fn every_invariant_of_every_profile_is_broken_alone_by_some_change() {
    let mut used = 0;
    for profile in profiles() {
        for invariant in profile.invariants() {
            let changes = applicable(profile.id(), invariant.name());
            assert!(!changes.is_empty(), "nothing breaks `{}` of {}", invariant.name(), profile.id());
            for change in changes {
                let event = changed(conforming(profile.id()), change);
                let expected = format!("{} {}", profile.id(), invariant.name());
                assert_eq!(faults(&event), [expected], "{change:?}");
                used += 1;
            }
        }
    }
    eprintln!("{used} ways to break {} profiles", profiles().count());
}

#[test]
fn every_invariant_of_r4_is_broken_alone_by_some_change() {
    for invariant in base().invariants() {
        let changes: Vec<_> =
            mutations::OF_R4.iter().filter(|change| change.breaks == invariant.name()).collect();
        assert!(!changes.is_empty(), "nothing breaks `{}`", invariant.name());
        for change in changes {
            let event = changed(conforming("IHE.BasicAudit.Read"), change);
            assert_eq!(faults(&event), [format!("AuditEvent {}", invariant.name())], "{change:?}");
        }
    }
}

#[test]
fn what_may_be_said_in_other_ways_conforms() {
    for (id, at, value) in mutations::HARMLESS {
        let mut event = conforming(id);
        mutations::set(&mut event, at, value());
        assert_eq!(faults(&event), [""; 0], "{id} with {at}");
    }
}

#[test]
fn the_checker_of_fhir_sees_to_required_codes() {
    for (at, code) in [("/action", "X"), ("/outcome", "1"), ("/agent/0/network/type", "9")] {
        let mut event = conforming("IHE.BasicAudit.Read");
        *event.pointer_mut(at).unwrap() = json!(code);
        assert_eq!(faults(&event), ["AuditEvent code-invalid"], "{at}");
    }
}

#[test]
fn what_is_no_audit_event_is_told_as_such() {
    assert_eq!(faults(&json!({ "resourceType": "Patient" })), ["AuditEvent invalid"]);
    assert_eq!(faults(&json!([])), ["AuditEvent structure"]);
    assert_eq!(check(b"{").unwrap_err()[0].invariant, "structure");
}

#[test]
fn profiles_are_named_by_url_and_version() {
    let names = |profiles: Value| {
        let mut event = conforming("IHE.BasicAudit.PatientRead");
        event["meta"] = json!({ "versionId": "1", "profile": profiles });
        checked(&event).map_err(|_| faults(&event))
    };
    let unknown = || Err(vec!["AuditEvent known-profile".to_owned()]);
    let read = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.Read";
    let patient_read =
        "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead|1.1.3";
    assert_eq!(checked(&json!({ "resourceType": "AuditEvent" })).unwrap_err()[0].invariant, "required");
    assert_eq!(names(json!(["https://example.org/StructureDefinition/IHE.BasicAudit.Create"])), Ok(vec![]));
    let both = vec!["IHE.BasicAudit.PatientRead", "IHE.BasicAudit.Read"];
    assert_eq!(names(json!([patient_read, read, read])), Ok(both));
    assert_eq!(names(json!([format!("{read}|2.0.0")])), unknown());
    assert_eq!(names(json!([format!("{read}|1.10")])), unknown());
    let saml =
        "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.SAMLaccessTokenUse.Minimal";
    assert_eq!(names(json!([read, saml])), unknown());
}

#[test]
fn what_is_wrong_is_told_with_its_rule_and_without_the_record() {
    let mut event = conforming("IHE.BasicAudit.PatientCreate");
    event["entity"][2]["what"] = json!({ "reference": "Group/secret-name" });
    let found = checked(&event).unwrap_err();
    assert_eq!(found[0].profile, Some("IHE.BasicAudit.PatientCreate"));
    let told = found[0].to_string();
    let start = "IHE.BasicAudit.PatientCreate, patient-reference: What the patient's entity refers to is a Patient. [";
    assert!(told.starts_with(start) && !told.contains("secret"), "{told}");
}

/// The event of a profile without what it may lack.
fn minimal(id: &str) -> Value {
    let mut event = conforming(id);
    for at in mutations::optional(id) {
        mutations::remove(&mut event, at);
    }
    event
}

/// A pointer to every element below a value.
fn elements(value: &Value, at: &str, found: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    for (name, member) in members {
        let at = format!("{at}/{name}");
        elements(member, &at, found);
        found.push(at);
    }
}

#[test]
fn an_event_with_nothing_to_spare_conforms_and_lacks_nothing() {
    for profile in profiles() {
        let event = minimal(profile.id());
        assert_eq!(checked(&event), Ok(vec![profile.id()]), "{:?}", faults(&event));
        let mut places = Vec::new();
        elements(&event, "", &mut places);
        for at in places {
            let mut less = event.clone();
            mutations::remove(&mut less, &at);
            assert_ne!(checked(&less), Ok(vec![profile.id()]), "{} without {at}", profile.id());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_event_conforms_that_lacks_some_of_what_is_required(
        profile in 0..17_usize,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let id = profiles().nth(profile).unwrap().id();
        let mut event = minimal(id);
        for pick in picks {
            let mut places: Vec<String> = Vec::new();
            elements(&event, "", &mut places);
            if !places.is_empty() {
                mutations::remove(&mut event, &places[pick.index(places.len())]);
            }
        }
        prop_assert_ne!(checked(&event), Ok(vec![id]));
    }
    #[test]
    fn an_event_in_disorder_is_judged_without_telling_of_it(
        profile in 0..17_usize,
        moves in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 1..6),
    ) {
        let mut event = conforming(profiles().nth(profile).unwrap().id());
        for (from, to) in moves {
            let mut places: Vec<String> = Vec::new();
            elements(&event, "", &mut places);
            let value = event.pointer(&places[from.index(places.len())]).unwrap().clone();
            *event.pointer_mut(&places[to.index(places.len())]).unwrap() = value;
        }
        for it in checked(&event).err().unwrap_or_default() {
            let told = it.to_string();
            let content = ["amina", "elm-7", "ward", "example"];
            prop_assert!(content.iter().all(|content| !told.contains(content)), "{}", told);
        }
    }
}
