//! People: whom several providers know, who moves, and who dies.

use crate::reading::{Record, check_percent, records, resources, who};
use serde_json::Value;
use simulate::Simulation;
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: usize = 500;

fn region() -> Simulation {
    Simulation::new(32, PEOPLE as u32)
}

/// The identifier that is a provider's own: system and value.
fn local_number(patient: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let identifiers = patient["identifier"].as_array().unwrap();
    let own: Vec<(String, String)> = identifiers
        .iter()
        .map(|each| (text(&each["system"]), text(&each["value"])))
        .filter(|(system, _)| system != "https://fhir.nhs.uk/Id/nhs-number")
        .collect();
    assert_eq!(own.len(), 1, "{own:?}");
    own[0].clone()
}

#[test]
fn several_providers_know_a_person_under_ids_and_numbers_of_their_own() {
    let records = records(&region());
    let mut people: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in &records {
        people.entry(who(record.first())).or_default().push(record);
    }
    assert_eq!(people.len(), PEOPLE);
    for known in people.values() {
        let different = |of: &dyn Fn(&Record) -> String| {
            known.iter().map(|record| of(record)).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(different(&|record| record.source.clone()), known.len(), "one record at each provider");
        assert_eq!(different(&|record| record.id.clone()), known.len());
        assert_eq!(different(&|record| local_number(record.first()).0), known.len(), "a system of its own");
        // Not only by the letters that a provider puts first.
        let digits = |record: &Record| local_number(record.first()).1.replace(char::is_alphabetic, "");
        assert_eq!(different(&digits), known.len());
    }
    let known_to = |least: usize| people.values().filter(|known| known.len() >= least).count();
    check_percent(known_to(2), PEOPLE, 60..=90);
    check_percent(known_to(3), PEOPLE, 25..=60);
    assert!(known_to(5) > 0, "all five know somebody");
}

/// Ids are unique at one source only, and whoever joins on the id alone must be found out.
#[test]
fn two_providers_use_one_id_for_different_people() {
    let records = records(&region());
    let mut holders: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for record in &records {
        holders.entry(&record.id).or_default().insert(who(record.first()));
    }
    check_percent(holders.values().filter(|people| people.len() > 1).count(), holders.len(), 30..=90);
}

#[test]
fn each_provider_knows_its_share_of_the_people() {
    let records = records(&region());
    for (source, percent) in [
        ("gp-elm-grove", 85..=97),
        ("nhs-111-castlemere", 30..=70),
        ("ambulance-vale", 20..=50),
        ("acute-castlemere", 50..=85),
        ("mental-health-willowbank", 3..=15),
    ] {
        check_percent(records.iter().filter(|record| record.source == source).count(), PEOPLE, percent);
    }
}

#[test]
fn who_moves_has_another_home_and_another_practice() {
    let practice =
        |patient: &Value| patient["generalPractitioner"][0]["reference"].as_str().unwrap().to_owned();
    let home = |patient: &Value| patient["address"][0]["line"][0].as_str().unwrap().to_owned();
    let records = records(&region());
    let moved = |record: &&Record| practice(record.first()) != practice(record.last());
    let moved: Vec<&Record> = records.iter().filter(moved).collect();
    check_percent(moved.len(), PEOPLE, 4..=8);
    for record in moved {
        assert_eq!(record.source, "gp-elm-grove");
        assert_eq!(practice(record.first()), "Organization/org-2", "first at the practice itself");
        assert_ne!(home(record.first()), home(record.last()));
        assert_eq!(who(record.first()), who(record.last()));
    }
}

#[test]
fn who_dies_is_no_longer_active_and_is_seen_no_more() {
    let region = region();
    let records = records(&region);
    let mut deaths: BTreeMap<String, String> = BTreeMap::new();
    for record in &records {
        let (first, last) = (record.first(), record.last());
        let death = last["deceasedDateTime"].as_str();
        assert_eq!(last["active"], death.is_none());
        let Some(death) = death else { continue };
        assert!(first["active"] == true && first["deceasedDateTime"].is_null(), "known alive");
        assert!(("2021-07-01".."2026-07-01").contains(&death), "{death}");
        deaths.insert(who(last), death.to_owned());
    }
    check_percent(deaths.len(), PEOPLE, 1..=4);
    let mut names: BTreeMap<(String, String), String> = BTreeMap::new();
    for record in &records {
        names.insert((record.source.clone(), format!("Patient/{}", record.id)), who(record.first()));
    }
    let mut seen = 0;
    for message in region.messages() {
        for sent in resources(&message).iter().filter(|sent| sent.resource_type() == "Encounter") {
            let patient = sent.resource["subject"]["reference"].as_str().unwrap().to_owned();
            let person = &names[&(message.source.to_string(), patient)];
            if let Some(death) = deaths.get(person) {
                seen += 1;
                let end = sent.resource["period"]["end"].as_str().unwrap();
                assert!(end[..10] <= death[..10], "seen until {end}, dead since {death}");
            }
        }
    }
    assert!(seen > deaths.len(), "{seen} encounters of who died");
}
