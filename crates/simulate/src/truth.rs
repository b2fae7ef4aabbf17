//! What the population really is, and how much was sent: the figures that a lake must come to.

use model::SourceId;
use std::collections::BTreeMap;

/// The figures of one simulation, counted while its messages are made and independently of how they read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Persons in the population.
    pub patients_total: u32,
    /// Patient records that each provider holds.
    pub records_per_provider: BTreeMap<SourceId, u32>,
    /// Resources created by all accepted messages.
    pub resources_created: u64,
    /// The same per resource type.
    pub created_per_type: BTreeMap<&'static str, u64>,
    /// Resources that replaced an earlier version with other content.
    pub updates: u64,
    /// Resources sent once more, unchanged.
    pub unchanged: u64,
    /// Messages that must be refused.
    pub rejected: u64,
    /// Persons whose right number is, in the end, verified (status 01) in the records of two or more providers.
    pub persons_linked_across: u32,
    /// What a lake can tell apart as persons: each person with a verified number once, and each record without one.
    pub persons_as_linked: u32,
    /// Urgent-care pathways as they happened, by how far they went.
    pub urgent_pathways: PathwayCounts,
    /// Those of them that verified numbers link from the first stage to the last. Only these can be followed in a lake.
    pub urgent_pathways_linked: PathwayCounts,
    /// Persons by long-term condition: SNOMED CT code and how many have it, whoever recorded it.
    pub conditions: BTreeMap<&'static str, u32>,
    /// The same with persons as a lake can tell them apart ([`persons_as_linked`](Self::persons_as_linked)).
    pub conditions_as_linked: BTreeMap<&'static str, u32>,
    /// Every text that says who someone is, each once and in order: each "given family" pair (staff included),
    /// first address line, postcode, telephone, e-mail address, NHS number right or wrong, local patient number, and
    /// a practitioner's GMC and GMP numbers. Each has seven characters or more, so that none is found by chance.
    pub identity_words: Vec<String>,
    /// Every given and family name by itself, staff included, each once and in order. Short ones are part of other
    /// words, as "Rees" of "degrees".
    pub names: Vec<String>,
    /// Every full date of birth as FHIR writes it, each once and in order. None before 2005 is the date of anything
    /// else; later ones may be, since conditions begin and visits take place on the same days.
    pub birth_dates: Vec<String>,
    /// Every id under which a provider holds a Patient resource, each once and in order.
    pub record_ids: Vec<String>,
}

/// Pathways by the last stage that they reached. Each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathwayCounts {
    /// Ended with the 111 call.
    pub call_only: u32,
    /// 111 call, then an ambulance that took nobody to hospital.
    pub ambulance: u32,
    /// 111 call, ambulance, then the emergency department and home.
    pub emergency: u32,
    /// 111 call, ambulance, emergency department, then admission.
    pub admission: u32,
}

impl PathwayCounts {
    /// All pathways.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.call_only + self.ambulance + self.emergency + self.admission
    }
}

/// Gathers a [`Truth`] while messages are made.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) truth: Truth,
    /// Whether identity words are wanted, and the other lists: they alone grow with the population.
    pub(crate) keep_words: bool,
}

impl Tally {
    /// Takes down a text that says who someone is.
    pub(crate) fn word(&mut self, word: impl FnOnce() -> String) {
        self.note(|truth| &mut truth.identity_words, word);
    }

    /// Takes down a text in the list that it belongs to.
    pub(crate) fn note(
        &mut self,
        list: impl FnOnce(&mut Truth) -> &mut Vec<String>,
        text: impl FnOnce() -> String,
    ) {
        if self.keep_words {
            list(&mut self.truth).push(text());
        }
    }

    /// Counts one new resource.
    pub(crate) fn created(&mut self, resource_type: &'static str) {
        self.truth.resources_created += 1;
        *self.truth.created_per_type.entry(resource_type).or_default() += 1;
    }

    /// The figures, with the lists in order and without repeats.
    pub(crate) fn finish(mut self) -> Truth {
        let truth = &mut self.truth;
        for list in
            [&mut truth.identity_words, &mut truth.names, &mut truth.birth_dates, &mut truth.record_ids]
        {
            list.sort_unstable();
            list.dedup();
        }
        self.truth
    }
}
