//! Synthetic providers and patients of an English care region, deterministic from a seed.
//!
//! One population of persons is known to five providers under ids of their own; only the NHS number, where it has been
//! verified, says that two records are of one person. Everything is made from lists here and from chance: names are
//! combined at random, streets and towns are on no map, telephone numbers are those that Ofcom keeps for drama, mail
//! addresses are at `example.org`, and NHS numbers are of the test range that begins with 999.
//!
//! No clock, no file, no network, no order of a hash table: the same seed makes the same bytes. A person is the same
//! whatever the size of the population, and is made when needed, so that memory does not grow with it.

mod calendar;
mod clinical;
mod json;
mod message;
mod mishap;
mod population;
mod providers;
mod random;
mod truth;

pub use message::{Expected, Message, Request};
pub use providers::{Provider, ProviderKind};
pub use truth::{PathwayCounts, Truth};

use population::{PERSONS_MAX, Person};
use providers::{Chart, Kept, directory};
use std::collections::BTreeSet;
use truth::Tally;

/// A region, made from a seed.
#[derive(Clone, Debug)]
pub struct Simulation {
    seed: u64,
    patients: u32,
    providers: Vec<Provider>,
}

impl Simulation {
    /// A region of `patients` persons, at most 800,000: there are no more numbers in the test range.
    #[must_use]
    pub fn new(seed: u64, patients: u32) -> Self {
        let providers = ProviderKind::ALL.iter().filter_map(|&(kind, source, title)| {
            // INVARIANT: each name of `ProviderKind::ALL` is a source name; a test counts five providers.
            source.parse().ok().map(|source| Provider { source, title, kind })
        });
        Self { seed, patients: patients.min(PERSONS_MAX), providers: providers.collect() }
    }

    /// The five providers, in the order in which they send.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// Every message, made as it is asked for.
    ///
    /// First each provider's directory, then person by person: per provider that knows the person one Bundle or more in
    /// time order, then single resources (corrections, moves, deaths, late results). A reference points only to what the
    /// same source has sent before or sends in the same Bundle. Messages of different sources may be sent side by side;
    /// those of one source must keep their order for [`Message::expected`] to hold.
    pub fn messages(&self) -> impl Iterator<Item = Message> + '_ {
        let mut tally = Tally::default();
        let directories = self.directories(&mut tally);
        directories.into_iter().chain((0..self.patients).flat_map(|index| {
            let mut out = Vec::new();
            self.send_person(index, &mut Tally::default(), &mut out);
            out
        }))
    }

    /// What the region really is, found by making all messages once and counting on the way.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut tally = Tally { keep_words: true, ..Tally::default() };
        tally.truth.patients_total = self.patients;
        for provider in &self.providers {
            tally.truth.records_per_provider.insert(provider.source.clone(), 0);
        }
        self.directories(&mut tally);
        let mut out = Vec::new();
        for index in 0..self.patients {
            self.send_person(index, &mut tally, &mut out);
            out.clear();
        }
        tally.finish()
    }

    fn directories(&self, tally: &mut Tally) -> Vec<Message> {
        self.providers.iter().map(|provider| directory(provider, self.seed, tally)).collect()
    }

    /// Appends all messages about one person, and counts what they say.
    fn send_person(&self, index: u32, tally: &mut Tally, out: &mut Vec<Message>) {
        let person = Person::new(self.seed, index);
        let mut charts: Vec<Kept> = Vec::new();
        for provider in self.providers.iter().filter(|provider| provider.kind.knows(&person)) {
            let mut chart = Chart::open(provider, &person, self.seed, tally);
            provider.kind.fill(&mut chart, &person);
            charts.push(chart.close(out));
            if charts.len() == 1
                && let Some(mishap) = mishap::mishap(&person, self.seed, &provider.source)
            {
                tally.truth.rejected += 1;
                out.push(mishap);
            }
        }
        count_person(&person, &charts, &mut tally.truth);
    }
}

/// Counts who the person is to a lake, what ails them, and how far their pathways went.
fn count_person(person: &Person, charts: &[Kept], truth: &mut Truth) {
    let linked = |kind| charts.iter().any(|chart| chart.kind == kind && chart.linked);
    let linked_charts = charts.iter().filter(|chart| chart.linked).count();
    truth.persons_linked_across += u32::from(linked_charts >= 2);
    let apart = |charts: &mut dyn Iterator<Item = &Kept>| {
        let (linked, unlinked): (Vec<&Kept>, Vec<&Kept>) = charts.partition(|chart| chart.linked);
        u32::from(!linked.is_empty()) + u32::try_from(unlinked.len()).unwrap_or(u32::MAX)
    };
    truth.persons_as_linked += apart(&mut charts.iter());
    let problems: BTreeSet<&'static str> =
        charts.iter().flat_map(|chart| chart.problems.iter().copied()).collect();
    for problem in problems {
        *truth.conditions.entry(problem).or_default() += 1;
        let mut with = charts.iter().filter(|chart| chart.problems.contains(&problem));
        *truth.conditions_as_linked.entry(problem).or_default() += apart(&mut with);
    }
    for pathway in &person.pathways {
        count_pathway(&mut truth.urgent_pathways, pathway.stages);
        let stages = [ProviderKind::Nhs111, ProviderKind::Ambulance, ProviderKind::AcuteTrust];
        let passed = usize::from(pathway.stages).min(stages.len());
        if passed == 1 || stages[..passed].iter().all(|kind| linked(*kind)) {
            count_pathway(&mut truth.urgent_pathways_linked, pathway.stages);
        }
    }
}

fn count_pathway(counts: &mut PathwayCounts, stages: u8) {
    match stages {
        1 => counts.call_only += 1,
        2 => counts.ambulance += 1,
        3 => counts.emergency += 1,
        _ => counts.admission += 1,
    }
}
