//! The display dictionary: what a code is called, once ten patients have carried it so.
//!
//! Until then only a keyed hash of the entry and the patients who carried it
//! are kept, so a name that was sent as a display never becomes readable here.

use keys::MacKey;
use model::Pseudonym;
use std::collections::{BTreeSet, HashMap, HashSet};

/// How many different patients must have carried a display (design §4).
pub(crate) const ADMIT_AFTER: usize = 10;

/// So many digits in a row, spaces and dashes counted as such, may be a person's number.
const PERSONAL_DIGITS: usize = 6;

/// A longer text is no display but prose.
const DISPLAY_BYTES: usize = 300;

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

/// Whether a text may be what a code is called. Addresses, and numbers as long as those of people, are not, however
/// many patients carry them.
pub(super) fn may_be_a_display(text: &str) -> bool {
    let mut digits = 0;
    let longest = text.chars().map(|c| {
        digits = if c.is_ascii_digit() || (digits > 0 && " -".contains(c)) { digits + 1 } else { 0 };
        digits
    });
    longest.max().unwrap_or_default() < PERSONAL_DIGITS && !text.contains('@') && text.len() <= DISPLAY_BYTES
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

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: [u8; 16] = [1; 16];

    fn seen_by(patients: std::ops::Range<u8>) -> HashMap<[u8; 16], Candidate> {
        let text = |text: &str| text.to_owned();
        let patients = patients.map(|patient| Pseudonym([patient; 16])).collect();
        let candidate = Candidate { system: text("s"), code: text("c"), display: text("d"), patients };
        HashMap::from([(ENTRY, candidate)])
    }

    /// Publishes what some patients carry, and says whether the entry is admitted.
    fn publish(dictionary: &mut Dictionary, patients: std::ops::Range<u8>) -> bool {
        let admission = dictionary.admit(seen_by(patients));
        dictionary.learn(admission.admitted.iter().map(|(entry, _)| *entry), admission.seen);
        dictionary.is_admitted(&ENTRY)
    }

    #[test]
    fn an_entry_is_admitted_with_its_tenth_patient_in_one_publication_or_several() {
        assert!(!publish(&mut Dictionary::default(), 0..9));
        assert!(publish(&mut Dictionary::default(), 0..10));
        let mut dictionary = Dictionary::default();
        assert!(!publish(&mut dictionary, 0..5));
        assert!(!publish(&mut dictionary, 3..9), "nine are different");
        assert!(!publish(&mut dictionary, 0..9), "a patient counts once, however often it comes");
        assert!(publish(&mut dictionary, 9..10));
    }

    #[test]
    fn what_may_be_somebody_s_is_no_display() {
        for text in ["Asthma", "Type 2 diabetes mellitus", "Amoxicillin 500 mg capsules", "10*3/uL", "mm[Hg]"]
        {
            assert!(may_be_a_display(text), "{text}");
        }
        let long = "prose ".repeat(60);
        for text in ["a@b.uk", "943 476 5919", "9434765919", "+44 20 7946 0000", "1980-05-17", &long] {
            assert!(!may_be_a_display(text), "{text}");
        }
    }
}
