//! The five providers: what each knows of a person, and how it sends it.

mod acute_trust;
mod ambulance;
mod chart;
mod directory;
mod general_practice;
mod mental_health;
mod nhs_111;
mod registration;
mod staff;

pub(crate) use chart::{Chart, Kept};
pub(crate) use directory::directory;

use crate::population::Person;
use model::SourceId;

/// A data owner of the region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name under which it sends.
    pub source: SourceId,
    /// Its name for people to read.
    pub title: &'static str,
    /// What it does.
    pub kind: ProviderKind,
}

/// What a provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderKind {
    /// A general practice.
    GeneralPractice,
    /// A hospital trust with an emergency department.
    AcuteTrust,
    /// The telephone service for urgent care.
    Nhs111,
    /// An ambulance service.
    Ambulance,
    /// A trust for mental health.
    MentalHealth,
}

impl ProviderKind {
    /// All five, in the order in which they send.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::GeneralPractice, "gp-elm-grove", "Elm Grove Surgery (GP)"),
        (Self::Nhs111, "nhs-111-castlemere", "Castlemere and Vale NHS 111"),
        (Self::Ambulance, "ambulance-vale", "Vale Ambulance Service"),
        (Self::AcuteTrust, "acute-castlemere", "Castlemere General Hospital (acute trust)"),
        (Self::MentalHealth, "mental-health-willowbank", "Willowbank Mental Health Trust"),
    ];

    /// A small number of its own, for streams of chance and keys.
    pub(crate) const fn ordinal(self) -> u64 {
        match self {
            Self::GeneralPractice => 1,
            Self::AcuteTrust => 2,
            Self::Nhs111 => 3,
            Self::Ambulance => 4,
            Self::MentalHealth => 5,
        }
    }

    /// Whether a provider of this kind holds a record of `person`. Each person has at least one.
    pub(crate) fn knows(self, person: &Person) -> bool {
        let furthest = person.pathways.iter().map(|pathway| pathway.stages).max().unwrap_or(0);
        match self {
            Self::GeneralPractice => person.practices[0] == 0,
            Self::Nhs111 => furthest >= 1,
            Self::Ambulance => furthest >= 2,
            Self::AcuteTrust => {
                let awkward_number = person.index % 50 == 13 || person.index % 60 == 17;
                let hospital_user = person.index % 10 < 4 || person.age > 60;
                furthest >= 3
                    || person.practices[0] != 0
                    || person.mother.is_some()
                    || awkward_number
                    || hospital_user
            }
            Self::MentalHealth => {
                (person.has("35489007") && person.index.is_multiple_of(2))
                    || (person.has("52448006") && person.index % 3 == 1)
                    || (person.age > 15 && person.index % 40 == 21)
            }
        }
    }

    /// Writes all that a provider of this kind has on `person` into its chart, in time order.
    pub(crate) fn fill(self, chart: &mut Chart<'_>, person: &Person) {
        match self {
            Self::GeneralPractice => general_practice::fill(chart, person),
            Self::AcuteTrust => acute_trust::fill(chart, person),
            Self::Nhs111 => nhs_111::fill(chart, person),
            Self::Ambulance => ambulance::fill(chart, person),
            Self::MentalHealth => mental_health::fill(chart, person),
        }
    }
}
