//! Persons: which patients are one, by verified NHS numbers only.

use super::state::State;
use identity::{NhsClaim, linkage::linking_number};
use keys::WorkerKeys;
use model::{CommitSeq, Pseudonym};
use std::collections::HashMap;

/// What one version of a Patient says of its NHS number.
pub(super) struct Claim {
    pub(super) patient: Pseudonym,
    pub(super) version: i32,
    pub(super) claim: NhsClaim,
}

/// What one publication adds to the link zone.
#[derive(Default)]
pub(super) struct People {
    /// Persons seen for the first time: the number's keyed hash, and a random id.
    pub(super) persons: Vec<([u8; 16], Pseudonym)>,
    /// Links: patient, version, person.
    pub(super) links: Vec<(Pseudonym, i32, Pseudonym)>,
    pub(super) seq: CommitSeq,
}

/// Finds or makes the person of every verified claim.
pub(super) fn resolve(state: &State, keys: &WorkerKeys, claims: Vec<Claim>, seq: CommitSeq) -> People {
    let mut people = People { seq, ..People::default() };
    let mut fresh: HashMap<[u8; 16], Pseudonym> = HashMap::new();
    for claim in claims {
        let Some(number) = linking_number(&claim.claim) else { continue };
        let key = keys.nhs_mac.mac16(&[number.digits()]);
        let person = match state.person(&key) {
            Some(person) => person,
            None => *fresh.entry(key).or_insert_with(|| {
                let person = Pseudonym(*uuid::Uuid::new_v4().as_bytes());
                people.persons.push((key, person));
                person
            }),
        };
        people.links.push((claim.patient, claim.version, person));
    }
    people
}
