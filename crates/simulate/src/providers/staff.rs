//! A provider's staff: who they are, under which numbers they are registered, and how they are reached.

use super::{Provider, ProviderKind};
use crate::json::Json;
use crate::population::{FAMILIES, GIVEN_FEMALE, GIVEN_MALE};
use crate::random::{Random, scatter};
use crate::truth::Tally;

/// How many practitioners each provider has: `prac-1` and so on.
pub(super) const STAFF: u32 = 6;

/// One doctor.
#[derive(Debug)]
pub(super) struct Practitioner {
    given: &'static str,
    family: &'static str,
    /// The register of the General Medical Council: C and seven digits.
    gmc: String,
    /// Only general practitioners prescribe under a code of their own: G and seven digits.
    gmp: Option<String>,
    phone: String,
    email: String,
}

impl Practitioner {
    /// The staff of a provider, in the order of their numbers.
    pub(super) fn all(provider: &Provider, seed: u64, random: &mut Random) -> Vec<Self> {
        (1..=STAFF).map(|number| Self::new(provider.kind, number, seed, random)).collect()
    }

    fn new(kind: ProviderKind, number: u32, seed: u64, random: &mut Random) -> Self {
        let given = if random.chance(500) { random.pick(GIVEN_FEMALE) } else { random.pick(GIVEN_MALE) };
        let family = random.pick(FAMILIES);
        let post = kind.ordinal() as u32 * STAFF + number;
        let general = kind == ProviderKind::GeneralPractice;
        let mail = format!("{given}.{}@{}", family.replace('\'', ""), mail_domain(kind));
        Self {
            given,
            family,
            gmc: format!("C{}", registered(seed, 1, post)),
            gmp: general.then(|| format!("G{}", registered(seed, 2, post))),
            phone: format!("01632 960{:03}", scatter(seed ^ 3, post) % 1000),
            email: mail.to_ascii_lowercase(),
        }
    }

    /// Takes down what says who the practitioner is.
    pub(super) fn note_words(&self, tally: &mut Tally) {
        tally.word(|| format!("{} {}", self.given, self.family));
        for word in [&self.gmc, &self.phone, &self.email].into_iter().chain(&self.gmp) {
            tally.word(|| word.clone());
        }
        for name in [self.given, self.family] {
            tally.note(|truth| &mut truth.names, || name.to_owned());
        }
    }

    /// The members of a Practitioner resource.
    pub(super) fn write(&self, json: &mut Json) {
        json.array("identifier", |json| {
            let gmp = self.gmp.iter().map(|code| ("gmp-number", code));
            for (system, value) in std::iter::once(("gmc-number", &self.gmc)).chain(gmp) {
                json.item(|json| {
                    json.text("system", &format!("https://fhir.hl7.org.uk/Id/{system}"));
                    json.text("value", value);
                });
            }
        });
        json.boolean("active", true);
        json.array_of_one("name", |json| {
            json.text("use", "official");
            json.text("family", self.family);
            json.array("given", |json| json.text_item(self.given));
            json.array("prefix", |json| json.text_item("Dr"));
        });
        json.array("telecom", |json| {
            for (system, value) in [("phone", &self.phone), ("email", &self.email)] {
                json.item(|json| {
                    json.text("system", system);
                    json.text("value", value);
                    json.text("use", "work");
                });
            }
        });
    }
}

/// Seven digits from 99 on, where the council registers nobody. The last two are the post's own, so that no two meet.
fn registered(seed: u64, register: u64, post: u32) -> u32 {
    9_900_000 + scatter(seed.rotate_left(29) ^ register, post) % 1000 * 100 + post
}

const fn mail_domain(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::GeneralPractice => "elm-grove.example.org",
        ProviderKind::AcuteTrust => "castlemere.example.org",
        ProviderKind::Nhs111 => "nhs111.example.org",
        ProviderKind::Ambulance => "vale-ambulance.example.org",
        ProviderKind::MentalHealth => "willowbank.example.org",
    }
}
