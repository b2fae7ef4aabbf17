//! Messages that must be refused: there are always some, and they are as wrong as they say.

use crate::reading::check_percent;
use serde_json::Value;
use simulate::{Expected, Message, Request, Simulation};
use std::collections::BTreeSet;

/// What is wrong, the status that it deserves, and the body.
fn bad(message: Message) -> Option<(&'static str, u16, Vec<u8>)> {
    let Expected::Rejected { status, what } = message.expected else { return None };
    let body = if let Request::Raw { body, .. } = message.request { Some(body) } else { None };
    Some((what, status, body.expect("a bad message is sent as it is")))
}

#[test]
fn a_region_of_any_size_sends_something_that_must_be_refused() {
    for seed in 0..5 {
        for patients in [1, 2, 3, 7] {
            let refused = Simulation::new(seed, patients).messages().filter_map(bad).count();
            assert!(refused > 0, "{patients} patients with seed {seed}");
        }
    }
}

#[test]
fn ten_people_are_enough_for_every_kind_of_mistake() {
    for seed in 0..5 {
        let region = Simulation::new(seed, 10);
        let mistakes = region.messages().filter_map(bad);
        let kinds: BTreeSet<(u16, &str)> = mistakes.map(|(what, status, _)| (status, what)).collect();
        let statuses: BTreeSet<u16> = kinds.iter().map(|(status, _)| *status).collect();
        assert!(kinds.len() >= 4, "{kinds:?} with seed {seed}");
        assert_eq!(statuses, BTreeSet::from([400, 422]));
    }
}

#[test]
fn every_mistake_is_as_wrong_as_it_says() {
    for (what, status, body) in Simulation::new(33, 500).messages().filter_map(bad) {
        let json = serde_json::from_slice::<Value>(&body);
        let wrong = match (what, &json) {
            ("JSON that ends too soon", Err(error)) => error.is_eof(),
            ("unknown resource type", Ok(value)) => value["resourceType"] != "Observation",
            ("required element missing", Ok(value)) => value["code"].is_null(),
            ("code outside a required binding", Ok(value)) => value["status"] == "finished",
            _ => false,
        };
        assert!(wrong, "{what}");
        assert_eq!(status, if json.is_err() { 400 } else { 422 }, "{what}");
    }
}

#[test]
fn few_messages_are_bad_and_each_names_somebody() {
    let region = Simulation::new(33, 500);
    let truth = region.truth();
    let bodies: Vec<Vec<u8>> = region.messages().filter_map(bad).map(|(.., body)| body).collect();
    check_percent(bodies.len(), truth.patients_total as usize, 1..=4);
    for body in bodies {
        let text = String::from_utf8(body).unwrap();
        assert!(truth.identity_words.iter().any(|word| text.contains(word)), "an error could leak a name");
    }
}
