//! What says who someone is: all of it can be listed, so that a search for leaks can look for all of it.

use crate::reading::{Sent, resources};
use serde_json::Value;
use simulate::{Simulation, Truth};
use std::collections::BTreeSet;

fn region() -> (Truth, Vec<Sent>) {
    let simulation = Simulation::new(25, 150);
    (simulation.truth(), simulation.messages().flat_map(|message| resources(&message)).collect())
}

/// Whom a Patient or Practitioner resource is about, and where that is listed: member by member, texts only.
fn identifying<'a>(truth: &'a Truth, resource: &'a Value) -> Vec<(&'a Vec<String>, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = Vec::new();
    let name = &resource["name"][0];
    let words = &truth.identity_words;
    let given = name["given"].as_array().unwrap();
    found.push((words, format!("{} {}", text(&given[0]), text(&name["family"]))));
    found.extend(given.iter().chain([&name["family"]]).map(|each| (&truth.names, text(each))));
    for list in ["identifier", "telecom"] {
        let items = resource[list].as_array().into_iter().flatten();
        found.extend(items.map(|item| (words, text(&item["value"]))));
    }
    if resource["resourceType"] == "Patient" {
        let address = &resource["address"][0];
        found.extend([&address["line"][0], &address["postalCode"]].map(|each| (words, text(each))));
        found.push((&truth.birth_dates, text(&resource["birthDate"])));
        found.push((&truth.record_ids, text(&resource["id"])));
    }
    found
}

fn is_about_a_person(sent: &Sent) -> bool {
    matches!(sent.resource_type(), "Patient" | "Practitioner")
}

#[test]
fn everything_that_says_who_someone_is_can_be_listed() {
    let (truth, sent) = region();
    let mut checked = 0;
    for sent in sent.iter().filter(|sent| is_about_a_person(sent)) {
        for (list, text) in identifying(&truth, &sent.resource) {
            assert!(list.binary_search(&text).is_ok(), "{text} of a {}", sent.resource_type());
            checked += 1;
        }
    }
    assert!(checked > 2000, "{checked}");
}

#[test]
fn nothing_is_listed_that_has_not_been_sent() {
    let (truth, sent) = region();
    let mut unsent: BTreeSet<&String> = BTreeSet::new();
    for list in [&truth.identity_words, &truth.names, &truth.birth_dates, &truth.record_ids] {
        assert!(list.is_sorted_by(|a, b| a < b), "in order, each once");
        unsent.extend(list);
    }
    for sent in sent.iter().filter(|sent| is_about_a_person(sent)) {
        for (_, text) in identifying(&truth, &sent.resource) {
            unsent.remove(&text);
        }
    }
    assert!(unsent.is_empty(), "{unsent:?}");
}

#[test]
fn no_identity_word_is_so_short_that_it_is_found_by_chance() {
    let (truth, _) = region();
    let short: Vec<&String> = truth.identity_words.iter().filter(|word| word.chars().count() < 7).collect();
    assert!(short.is_empty(), "{short:?}");
}

#[test]
fn a_birth_date_before_2005_is_the_date_of_nothing_else() {
    let (truth, sent) = region();
    let old: BTreeSet<&str> =
        truth.birth_dates.iter().map(String::as_str).filter(|date| *date < "2005").collect();
    assert!(old.len() > 80, "{}", old.len());
    for sent in sent.iter().filter(|sent| !is_about_a_person(sent)) {
        let text = sent.resource.to_string();
        let mut dates = text.split(|c: char| !c.is_ascii_digit() && c != '-');
        assert!(!dates.any(|date| old.contains(date)), "a {}", sent.resource_type());
    }
}

#[test]
fn names_are_typed_where_they_should_not_be() {
    let (truth, sent) = region();
    let named = |text: &Value| {
        text.as_str().is_some_and(|text| truth.identity_words.iter().any(|word| text.contains(word)))
    };
    for (resource_type, place, least) in [
        ("Patient", "/text/div", 300),
        ("Observation", "/note/0/text", 50),
        ("Condition", "/code/text", 20),
        ("Encounter", "/reasonCode/0/text", 50),
        ("MedicationRequest", "/dosageInstruction/0/text", 20),
        ("CarePlan", "/text/div", 3),
        ("CarePlan", "/activity/0/detail/description", 3),
        ("AllergyIntolerance", "/note/0/text", 3),
    ] {
        let places = sent.iter().filter(|sent| sent.resource_type() == resource_type);
        let count = places.filter_map(|sent| sent.resource.pointer(place)).filter(|text| named(text)).count();
        assert!(count >= least, "{resource_type}{place}: {count}");
    }
}
