//! Ids and references inside each provider, and the order in which messages come.

use crate::reading::{each_object, resources};
use simulate::{Request, Simulation};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

fn fingerprint(seed: u64, patients: u32) -> u64 {
    let mut hasher = DefaultHasher::new();
    for message in Simulation::new(seed, patients).messages() {
        message.source.as_str().hash(&mut hasher);
        match message.request {
            Request::Bundle(body) => body.hash(&mut hasher),
            Request::Put { resource_type, id, body } => (resource_type, id, body).hash(&mut hasher),
            Request::Post { resource_type, body } | Request::Raw { resource_type, body } => {
                (resource_type, body).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    assert_eq!(fingerprint(42, 60), fingerprint(42, 60));
    assert_ne!(fingerprint(42, 60), fingerprint(43, 60));
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
