//! NHS numbers: most are verified, and the others are wrong in the ways that happen.

use crate::codes::is_nhs_number;
use crate::reading::{Record, check_percent, nhs_number, records, who};
use serde_json::Value;
use simulate::Simulation;
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: usize = 500;

/// A region's records, and by person the number that is verified in the end.
struct Numbers {
    records: Vec<Record>,
    own: BTreeMap<String, String>,
}

impl Numbers {
    fn new() -> Self {
        let records = records(&Simulation::new(31, PEOPLE as u32));
        let verified = |record: &Record| {
            let (number, status) = nhs_number(record.last())?;
            (status == "01").then(|| (who(record.last()), number))
        };
        let own = records.iter().filter_map(verified).collect();
        Self { records, own }
    }

    /// The records that have a number of this status in the end, and the number.
    fn with_status(&self, status: &str) -> Vec<(&Record, String)> {
        let number = |record: &Record| nhs_number(record.last()).filter(|(_, found)| found == status);
        self.records.iter().filter_map(|record| Some((record, number(record)?.0))).collect()
    }
}

#[test]
fn most_records_have_their_persons_number_verified() {
    let numbers = Numbers::new();
    let verified = numbers.with_status("01");
    check_percent(verified.len(), numbers.records.len(), 80..=95);
    for (record, number) in verified {
        assert_eq!(numbers.own[&who(record.last())], number, "one person, one number");
    }
    let different: BTreeSet<&String> = numbers.own.values().collect();
    assert_eq!(different.len(), numbers.own.len(), "no two persons share a verified number");
}

#[test]
fn some_right_numbers_have_not_been_traced() {
    let numbers = Numbers::new();
    let untraced = numbers.with_status("02");
    check_percent(untraced.len(), numbers.records.len(), 3..=9);
    for (record, number) in untraced {
        let own = numbers.own.get(&who(record.last()));
        assert!(is_nhs_number(&number) && own.is_none_or(|own| *own == number), "{number}");
    }
}

#[test]
fn only_a_telephone_service_knows_callers_without_a_number() {
    let numbers = Numbers::new();
    let of_111 = |record: &&Record| record.source == "nhs-111-castlemere";
    let without = numbers.records.iter().filter(|record| nhs_number(record.last()).is_none());
    let without: Vec<&Record> = without.collect();
    check_percent(without.len(), numbers.records.iter().filter(of_111).count(), 1..=8);
    assert!(without.iter().all(of_111));
}

#[test]
fn a_hospital_has_mistyped_numbers_that_fail_their_check_digit() {
    let numbers = Numbers::new();
    let mistyped = numbers.with_status("03");
    check_percent(mistyped.len(), PEOPLE, 1..=3);
    let mut compared = 0;
    for (record, number) in mistyped {
        assert_eq!(record.source, "acute-castlemere");
        assert!(!is_nhs_number(&number), "{number}");
        if let Some(own) = numbers.own.get(&who(record.last())) {
            compared += 1;
            let wrong = number.bytes().zip(own.bytes()).filter(|(typed, right)| typed != right).count();
            assert!((1..=2).contains(&wrong), "{number} is {own} with a slip of the fingers");
        }
    }
    assert!(compared > 5, "other providers know the right numbers of {compared}");
}

#[test]
fn newborns_go_under_their_mothers_numbers() {
    let numbers = Numbers::new();
    let owners: BTreeMap<&String, &String> =
        numbers.own.iter().map(|(person, number)| (number, person)).collect();
    let find = |person: &String| numbers.records.iter().find(|record| who(record.last()) == *person).unwrap();
    let year = |patient: &Value| patient["birthDate"].as_str().unwrap()[..4].parse::<u32>().unwrap();
    let borrowed = numbers.with_status("08");
    let newborns: BTreeSet<String> = borrowed.iter().map(|(record, _)| who(record.last())).collect();
    check_percent(newborns.len(), PEOPLE, 2..=4);
    let mut mothers = BTreeSet::new();
    for (record, number) in borrowed {
        let newborn = record.last();
        // Younger than six weeks at the end of the records.
        assert!(newborn["birthDate"].as_str().unwrap() > "2026-05-20", "{}", newborn["birthDate"]);
        let Some(mother) = owners.get(&number) else { continue };
        let mother = find(mother).last();
        assert_eq!(mother["gender"], "female");
        assert!((18..=42).contains(&(year(newborn) - year(mother))), "{}", mother["birthDate"]);
        mothers.insert(who(mother));
    }
    assert!(mothers.len() * 10 >= newborns.len() * 8, "{} of {}", mothers.len(), newborns.len());
}

#[test]
fn a_number_given_by_mistake_is_corrected_later() {
    let numbers = Numbers::new();
    let everyones: BTreeSet<&String> = numbers.own.values().collect();
    let corrected = |record: &&Record| nhs_number(record.first()) != nhs_number(record.last());
    let corrected: Vec<&Record> = numbers.records.iter().filter(corrected).collect();
    check_percent(corrected.len(), PEOPLE, 1..=3);
    let mut elsewhere = 0;
    for record in corrected {
        let (first, status) = nhs_number(record.first()).unwrap();
        assert!(status == "01" && is_nhs_number(&first), "{first} looked right");
        assert!(!everyones.contains(&first), "{first} is somebody's");
        let others = numbers.records.iter().filter(|other| other.source != record.source);
        for other in others.filter(|other| who(other.last()) == who(record.last())) {
            elsewhere += usize::from(nhs_number(other.last()) == nhs_number(record.last()));
        }
    }
    assert!(elsewhere > 5, "{elsewhere} records elsewhere have the corrected number");
}
