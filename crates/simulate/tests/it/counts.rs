//! The truth against an independent count over the messages.

use crate::reading::{nhs_number, resources, who};
use serde_json::Value;
use simulate::{Expected, Message, Request, Simulation};
use std::collections::{BTreeMap, BTreeSet};

/// What a lake would hold: the last version of everything, by source and address.
#[derive(Default)]
struct Held {
    last: BTreeMap<(String, String), Value>,
    posted: Vec<Value>,
    updated: u64,
    unchanged: u64,
    rejected: u64,
}

impl Held {
    fn take(&mut self, message: &Message) {
        let (mut created, mut updated, mut unchanged) = (0, 0, 0);
        let sent = resources(message);
        for sent in sent {
            let Some(address) = sent.address() else {
                self.posted.push(sent.resource);
                created += 1;
                continue;
            };
            match self.last.insert((message.source.to_string(), address), sent.resource.clone()) {
                None => created += 1,
                Some(before) if before == sent.resource => unchanged += 1,
                Some(_) => updated += 1,
            }
        }
        match message.expected {
            Expected::Accepted { created: c, updated: u, unchanged: n } => {
                assert_eq!((created, updated, unchanged), (c, u, n));
                assert_eq!(message.resources, c + u + n);
            }
            Expected::Rejected { status, .. } => {
                self.rejected += 1;
                assert!(matches!(message.request, Request::Raw { .. }) && (status == 400 || status == 422));
            }
        }
        self.updated += u64::from(updated);
        self.unchanged += u64::from(unchanged);
    }

    fn of_type<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.last
            .iter()
            .filter(move |(_, resource)| resource["resourceType"] == resource_type)
            .map(|((source, _), resource)| (source.as_str(), resource))
    }

    /// Who each patient is to a lake: the verified number, or else the record itself.
    fn persons(&self) -> BTreeMap<(String, String), String> {
        self.of_type("Patient")
            .map(|(source, patient)| {
                let address = format!("Patient/{}", patient["id"].as_str().unwrap());
                let verified = nhs_number(patient).filter(|(_, status)| status == "01");
                let person = verified.map_or_else(|| format!("{source} {address}"), |(number, _)| number);
                ((source.to_owned(), address), person)
            })
            .collect()
    }
}

fn held(simulation: &Simulation) -> Held {
    let mut held = Held::default();
    simulation.messages().for_each(|message| held.take(&message));
    held
}

#[test]
fn the_truth_agrees_with_a_count_over_the_messages() {
    let simulation = Simulation::new(21, 500);
    let (truth, held) = (simulation.truth(), held(&simulation));
    assert_eq!(truth.resources_created, (held.last.len() + held.posted.len()) as u64);
    assert_eq!(
        (truth.updates, truth.unchanged, truth.rejected),
        (held.updated, held.unchanged, held.rejected)
    );
    let mut per_type: BTreeMap<&str, u64> = BTreeMap::new();
    for resource in held.last.values().chain(&held.posted) {
        *per_type.entry(resource["resourceType"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(truth.created_per_type, per_type);
    let mut records: BTreeMap<&str, u32> = BTreeMap::new();
    held.of_type("Patient").for_each(|(source, _)| *records.entry(source).or_default() += 1);
    let expected: BTreeMap<&str, u32> =
        truth.records_per_provider.iter().map(|(source, count)| (source.as_str(), *count)).collect();
    assert_eq!(records, expected);
    assert!(held.unchanged > 0 && held.updated > 100 && held.rejected >= 4 && !held.posted.is_empty());
}

#[test]
fn persons_and_their_conditions_agree_with_what_verified_numbers_link() {
    let simulation = Simulation::new(22, 500);
    let (truth, held) = (simulation.truth(), held(&simulation));
    let persons = held.persons();
    let mut records: BTreeMap<&String, u32> = BTreeMap::new();
    persons.values().for_each(|person| *records.entry(person).or_default() += 1);
    assert_eq!(truth.persons_as_linked as usize, records.len());
    assert_eq!(truth.persons_linked_across as usize, records.values().filter(|count| **count >= 2).count());
    let mut with: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    for (source, condition) in held.of_type("Condition") {
        let coding = &condition["code"]["coding"][0];
        let is_problem = condition["category"][0]["coding"][0]["code"] == "problem-list-item";
        if is_problem && coding["system"] == "http://snomed.info/sct" {
            let patient = condition["subject"]["reference"].as_str().unwrap().to_owned();
            let person = &persons[&(source.to_owned(), patient)];
            with.entry(coding["code"].as_str().unwrap()).or_default().insert(person);
        }
    }
    let with: BTreeMap<&str, u32> = with.into_iter().map(|(code, set)| (code, set.len() as u32)).collect();
    assert_eq!(truth.conditions_as_linked, with);
    assert!(truth.conditions.iter().all(|(code, count)| *count <= with[code]));
    assert!(truth.conditions["44054006"] > 20 && truth.persons_linked_across > 100);
}

/// Follows each 111 call of a person whose records are linked, as a mart would: by class and by time.
#[test]
fn linked_pathways_can_be_followed_in_the_encounters() {
    let simulation = Simulation::new(23, 600);
    let (truth, held) = (simulation.truth(), held(&simulation));
    let persons = held.persons();
    let mut of: BTreeMap<&String, Vec<(String, String, String)>> = BTreeMap::new();
    for (source, encounter) in held.of_type("Encounter") {
        let patient = encounter["subject"]["reference"].as_str().unwrap().to_owned();
        let start = encounter["period"]["start"].as_str().unwrap();
        let kind = format!("{}{}", encounter["class"]["code"].as_str().unwrap(), &source[..3]);
        let part = encounter["partOf"]["reference"].as_str().unwrap_or_default().to_owned();
        of.entry(&persons[&(source.to_owned(), patient)]).or_default().push((kind, start.to_owned(), part));
    }
    let (mut ambulances, mut emergencies) = (0, 0);
    for encounters in of.values() {
        for (_, call, _) in encounters.iter().filter(|(kind, ..)| kind == "VRnhs") {
            // Nothing urgent follows another call within two days, so that the date is near enough.
            let near = |wanted: &str| {
                encounters
                    .iter()
                    .any(|(kind, start, _)| kind == wanted && start >= call && day(start) - day(call) <= 2)
            };
            ambulances += u32::from(near("FLDamb"));
            emergencies += u32::from(near("FLDamb") && near("EMERacu"));
        }
    }
    let linked = truth.urgent_pathways_linked;
    assert_eq!(emergencies, linked.emergency + linked.admission);
    assert!(ambulances >= linked.ambulance + linked.emergency + linked.admission, "{ambulances} {linked:?}");
    assert!(
        linked.admission > 10 && truth.urgent_pathways.total() > linked.total(),
        "{:?}",
        truth.urgent_pathways
    );
}

/// Days since 1970, near enough to subtract dates in one month or two.
fn day(date_time: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| date_time[range].parse::<i64>().unwrap();
    let (year, month) = (number(0..4), number(5..7));
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize - 1];
    (year - 1970) * 365 + (year - 1969) / 4 + before + i64::from(month > 2 && year % 4 == 0) + number(8..10)
}

#[test]
fn a_patient_has_fifty_to_a_hundred_and_fifty_resources_on_average() {
    for seed in [24, 25, 26] {
        let created = |message: Message| match message.expected {
            Expected::Accepted { created, .. } => created,
            Expected::Rejected { .. } => 0,
        };
        let average = Simulation::new(seed, 400).messages().map(created).sum::<u32>() / 400;
        assert!((50..=150).contains(&average), "{average} with seed {seed}");
    }
}

/// By name and date of birth, which tell people apart whatever number they go under.
#[test]
fn people_and_what_they_have_agree_with_a_count_by_name() {
    let simulation = Simulation::new(27, 500);
    let (truth, held) = (simulation.truth(), held(&simulation));
    let mut people: BTreeMap<(&str, String), String> = BTreeMap::new();
    for (source, patient) in held.of_type("Patient") {
        people.insert((source, format!("Patient/{}", patient["id"].as_str().unwrap())), who(patient));
    }
    let everyone: BTreeSet<&String> = people.values().collect();
    assert_eq!(everyone.len(), truth.patients_total as usize);
    let mut with: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    for (source, condition) in held.of_type("Condition") {
        let coding = &condition["code"]["coding"][0];
        if condition["category"][0]["coding"][0]["code"] == "problem-list-item" {
            let patient = condition["subject"]["reference"].as_str().unwrap().to_owned();
            with.entry(coding["code"].as_str().unwrap()).or_default().insert(&people[&(source, patient)]);
        }
    }
    let with: BTreeMap<&str, u32> = with.into_iter().map(|(code, set)| (code, set.len() as u32)).collect();
    assert_eq!(truth.conditions, with);
    let encounters = |class: &str| {
        held.of_type("Encounter").filter(|(_, encounter)| encounter["class"]["code"] == class).count() as u32
    };
    let pathways = truth.urgent_pathways;
    let calls = held.of_type("Encounter").filter(|(source, _)| *source == "nhs-111-castlemere").count();
    assert_eq!(calls, pathways.total() as usize);
    assert_eq!(encounters("FLD"), pathways.ambulance + pathways.emergency + pathways.admission);
    assert!(
        [pathways.call_only, pathways.ambulance, pathways.emergency, pathways.admission]
            .iter()
            .all(|n| *n > 20)
    );
}
