//! Corrections: what was sent is sent again with another content, and now and then with the same.

use crate::reading::{check_percent, resources};
use serde_json::Value;
use simulate::{Message, Simulation};
use std::collections::BTreeMap;

/// All versions of each resource with an id, in the order in which they are sent, of one type.
fn versions(messages: impl Iterator<Item = Message>, resource_type: &str) -> Vec<Vec<Value>> {
    let mut versions: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for message in messages {
        for sent in resources(&message).into_iter().filter(|sent| sent.resource_type() == resource_type) {
            if let Some(id) = sent.id {
                versions.entry((message.source.to_string(), id)).or_default().push(sent.resource);
            }
        }
    }
    versions.into_values().collect()
}

#[test]
fn a_corrected_observation_says_so_and_has_another_value() {
    let all = versions(Simulation::new(35, 300).messages(), "Observation");
    let corrected =
        || all.iter().filter(|versions| versions.iter().any(|each| each["status"] == "corrected"));
    check_percent(corrected().count(), all.len(), 1..=4);
    for versions in corrected() {
        let [first, last] = &versions[..] else { panic!("a correction replaces one version") };
        assert_eq!((first["status"].as_str(), last["status"].as_str()), (Some("final"), Some("corrected")));
        let value = |version: &Value| (version["valueQuantity"].clone(), version["component"].clone());
        // A coded answer is confirmed as it was.
        assert!(value(first) != value(last) || first["valueCodeableConcept"].is_object());
        assert_eq!(
            (&first["code"], &first["subject"], &first["effectiveDateTime"]),
            (&last["code"], &last["subject"], &last["effectiveDateTime"])
        );
    }
}

#[test]
fn a_corrected_condition_began_earlier_than_was_thought() {
    let all = versions(Simulation::new(35, 300).messages(), "Condition");
    let corrected: Vec<_> = all.iter().filter(|versions| versions.len() > 1).collect();
    check_percent(corrected.len(), all.len(), 1..=4);
    for versions in corrected {
        let onset = |version: &Value| version["onsetDateTime"].as_str().unwrap().to_owned();
        assert!(onset(&versions[1]) < onset(&versions[0]));
        assert_eq!((versions.len(), &versions[0]["code"]), (2, &versions[1]["code"]));
    }
}

#[test]
fn a_few_resources_are_sent_twice_without_a_change() {
    let all = versions(Simulation::new(35, 300).messages(), "Observation");
    let same = all.iter().filter(|versions| versions.len() == 2 && versions[0] == versions[1]).count();
    assert!((all.len() / 1000..=all.len() / 100).contains(&same), "{same} of {}", all.len());
}

#[test]
fn one_resource_in_a_hundred_or_so_is_updated() {
    let truth = Simulation::new(35, 300).truth();
    check_percent(truth.updates as usize, truth.resources_created as usize, 1..=4);
}
