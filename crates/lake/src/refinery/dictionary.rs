//! The display dictionary: what a code is called, once ten patients have carried it so.
//!
//! Until then only a keyed hash of the entry and the patients who carried it
//! are kept, so a name that was sent as a display never becomes readable here.

use keys::MacKey;
use model::Pseudonym;
use std::collections::{BTreeSet, HashMap, HashSet};

/// How many different patients must have carried a display (design §4).
pub(crate) const ADMIT_AFTER: usize = 10;

/// What has been seen, and what has been admitted, by the entry's keyed hash.
#[derive(Default)]
pub(crate) struct Dictionary {
    admitted: HashSet<[u8; 16]>,
    seen: HashMap<[u8; 16], BTreeSet<Pseudonym>>,
}

/// An entry that is on its way to the dictionary.
pub(super) struct Candidate {
    pub(super) system: String,
    pub(super) code: String,
    pub(super) display: String,
    /// Up to [`ADMIT_AFTER`] different patients of this publication.
    pub(super) patients: BTreeSet<Pseudonym>,
}

/// What one publication adds.
#[derive(Default)]
pub(super) struct Admission {
    /// Entries that reach their tenth patient now: system, code, display.
    pub(super) admitted: Vec<([u8; 16], Candidate)>,
    /// Patients that are new to an entry which is still waiting.
    pub(super) seen: Vec<([u8; 16], Pseudonym)>,
}

/// The keyed hash that stands for an entry.
pub(super) fn entry(key: &MacKey, system: &str, code: &str, display: &str) -> [u8; 16] {
    key.mac16(&[system.as_bytes(), code.as_bytes(), display.as_bytes()])
}

impl Dictionary {
    pub(super) fn is_admitted(&self, entry: &[u8; 16]) -> bool {
        self.admitted.contains(entry)
    }

    /// Weighs a publication's candidates against what was seen before. Changes nothing yet.
    pub(super) fn admit(&self, candidates: HashMap<[u8; 16], Candidate>) -> Admission {
        let mut admission = Admission::default();
        for (entry, candidate) in candidates {
            if self.is_admitted(&entry) {
                continue;
            }
            let before = self.seen.get(&entry);
            let fresh: Vec<_> = candidate
                .patients
                .iter()
                .filter(|patient| before.is_none_or(|seen| !seen.contains(patient)))
                .copied()
                .collect();
            if before.map_or(0, BTreeSet::len) + fresh.len() >= ADMIT_AFTER {
                admission.admitted.push((entry, candidate));
            } else {
                admission.seen.extend(fresh.into_iter().map(|patient| (entry, patient)));
            }
        }
        admission
    }

    /// Takes up an admission that is committed, or one that was read back.
    pub(super) fn learn(
        &mut self,
        admitted: impl IntoIterator<Item = [u8; 16]>,
        seen: impl IntoIterator<Item = ([u8; 16], Pseudonym)>,
    ) {
        for (entry, patient) in seen {
            if !self.admitted.contains(&entry) {
                self.seen.entry(entry).or_default().insert(patient);
            }
        }
        for entry in admitted {
            self.seen.remove(&entry);
            self.admitted.insert(entry);
        }
    }
}
