//! Ids and references inside each provider, and the order in which messages come.

use crate::reading::{each_object, resources};
use simulate::{Message, Request, Simulation};
use std::collections::{BTreeMap, BTreeSet};

fn body(message: Message) -> Vec<u8> {
    match message.request {
        Request::Bundle(body)
        | Request::Put { body, .. }
        | Request::Post { body, .. }
        | Request::Raw { body, .. } => body,
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let region = || Simulation::new(42, 60);
    assert!(region().messages().eq(region().messages()));
    assert_eq!(region().truth(), region().truth());
}

#[test]
fn another_seed_makes_no_message_the_same() {
    let one: BTreeSet<Vec<u8>> = Simulation::new(42, 60).messages().map(body).collect();
    assert!(Simulation::new(43, 60).messages().map(body).all(|body| !one.contains(&body)));
}

#[test]
fn a_person_is_the_same_whatever_the_population() {
    let (small, large) = (Simulation::new(7, 30), Simulation::new(7, 90));
    let count = small.messages().count();
    assert!(small.messages().eq(large.messages().take(count)));
}

#[test]
fn a_new_id_is_new_and_a_reference_points_to_what_has_been_sent() {
    let mut known: BTreeMap<(String, String), ()> = BTreeMap::new();
    let simulation = Simulation::new(11, 250);
    let mut references = 0;
    for message in simulation.messages() {
        let source = message.source.as_str().to_owned();
        let sent = resources(&message);
        for resource in &sent {
            let Some(address) = resource.address() else { continue };
            let before = known.insert((source.clone(), address.clone()), ());
            let is_bundle = matches!(message.request, Request::Bundle(_));
            assert_eq!(before.is_none(), is_bundle, "{source} {address}: Bundles create, single PUTs do not");
        }
        for resource in &sent {
            each_object(&resource.resource, &mut |members| {
                if let Some(target) = members.get("reference").and_then(|target| target.as_str()) {
                    references += 1;
                    assert!(
                        known.contains_key(&(source.clone(), target.to_owned())),
                        "{source} has not sent {target}"
                    );
                }
            });
        }
    }
    assert!(references > 20_000, "{references}");
}
