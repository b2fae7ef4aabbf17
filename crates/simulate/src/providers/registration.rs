//! The Patient resource: how a provider has registered a person, rightly or wrongly.

use super::ProviderKind;
use crate::calendar::Moment;
use crate::clinical::{About, Resource};
use crate::json::Json;
use crate::population::{Address, NhsNumber, Person, Sex};
use crate::random::{Random, scatter};
use crate::truth::Tally;

/// NHS number verification status, as UK Core has it for England.
const VERIFICATION: &str = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus";

/// The status of a number that has been traced and found right.
const VERIFIED: &str = "01";

/// One version of a person's registration with one provider.
#[derive(Clone, Debug)]
pub(crate) struct Registration<'a> {
    person: &'a Person,
    number: Option<NhsNumber>,
    status: &'static str,
    local_system: &'static str,
    local_number: String,
    home: &'a Address,
    practice: u32,
    death: Option<Moment>,
}

impl<'a> Registration<'a> {
    /// The versions of a person's registration in the order in which they are sent.
    pub(crate) fn versions(
        kind: ProviderKind,
        person: &'a Person,
        seed: u64,
        random: &mut Random,
    ) -> Vec<Self> {
        let (prefix, local_system) = local_numbers(kind);
        let (number, status) = first_number(kind, person, seed, random);
        let first = Self {
            person,
            number,
            status,
            local_system,
            local_number: format!("{prefix}{:010}", scatter(seed ^ (kind.ordinal() << 40), person.index)),
            home: &person.homes[0],
            practice: person.practices[0],
            death: None,
        };
        let mut versions = vec![first];
        let mut next = |change: &dyn Fn(&mut Self)| {
            let mut version = versions[versions.len() - 1].clone();
            change(&mut version);
            versions.push(version);
        };
        if number_is_corrected(kind, person) {
            next(&|version| version.number = Some(person.nhs_number));
        }
        if kind == ProviderKind::GeneralPractice {
            if person.moves {
                next(&|version| {
                    version.home = &person.homes[1];
                    version.practice = person.practices[1];
                });
            }
            if person.death.is_some() {
                next(&|version| version.death = person.death);
            }
        }
        versions
    }

    /// Whether this version says, by a verified number, who the person is.
    pub(crate) fn is_linked(&self) -> bool {
        self.status == VERIFIED && self.number == Some(self.person.nhs_number)
    }

    /// Takes down what in this version says who the person is.
    pub(crate) fn note_words(&self, tally: &mut Tally) {
        let person = self.person;
        tally.word(|| person.full_name());
        tally.word(|| self.home.line.clone());
        tally.word(|| self.home.postcode.clone());
        tally.word(|| self.local_number.clone());
        if let Some(number) = self.number {
            tally.word(|| number.to_string());
        }
        for contact in [&person.landline, &person.mobile, &person.email].into_iter().flatten() {
            tally.word(|| contact.clone());
        }
        for name in person.given.iter().chain([&person.family]) {
            tally.note(|truth| &mut truth.names, || (*name).to_owned());
        }
        tally.note(|truth| &mut truth.birth_dates, || person.birth.date());
    }

    fn write_number(&self, json: &mut Json, number: NhsNumber) {
        json.item(|json| {
            json.array_of_one("extension", |json| {
                json.text(
                    "url",
                    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
                );
                json.object("valueCodeableConcept", |json| {
                    json.array_of_one("coding", |json| {
                        json.text("system", VERIFICATION);
                        json.text("code", self.status);
                        json.text("display", status_display(self.status));
                    });
                });
            });
            json.text("system", "https://fhir.nhs.uk/Id/nhs-number");
            json.text("value", &number.to_string());
        });
    }

    fn write_telecom(&self, json: &mut Json) {
        let person = self.person;
        let contacts = [
            ("phone", "home", &person.landline),
            ("phone", "mobile", &person.mobile),
            ("email", "home", &person.email),
        ];
        if contacts.iter().all(|(_, _, value)| value.is_none()) {
            return;
        }
        json.array("telecom", |json| {
            for (system, usage, value) in contacts {
                if let Some(value) = value {
                    json.item(|json| {
                        json.text("system", system);
                        json.text("value", value);
                        json.text("use", usage);
                    });
                }
            }
        });
    }

    fn write_home(&self, json: &mut Json) {
        json.array_of_one("address", |json| {
            json.text("use", "home");
            json.array("line", |json| json.text_item(&self.home.line));
            json.text("city", self.home.town);
            json.text("postalCode", &self.home.postcode);
        });
    }
}

impl Resource for Registration<'_> {
    const TYPE: &'static str = "Patient";

    fn write(&self, json: &mut Json, about: &About) {
        let person = self.person;
        json.object("text", |json| {
            json.text("status", "generated");
            let (name, birth) = (&about.full_name, person.birth.date());
            json.text(
                "div",
                &format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{name}, born {birth}</div>"),
            );
        });
        json.array_of_one("extension", |json| {
            json.text("url", "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory");
            json.object("valueCodeableConcept", |json| {
                json.array_of_one("coding", |json| {
                    json.text("system", "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland");
                    json.text("code", person.ethnicity.0);
                    json.text("display", person.ethnicity.1);
                });
            });
        });
        json.array("identifier", |json| {
            if let Some(number) = self.number {
                self.write_number(json, number);
            }
            json.item(|json| {
                json.text("system", self.local_system);
                json.text("value", &self.local_number);
            });
        });
        json.boolean("active", self.death.is_none());
        json.array_of_one("name", |json| {
            json.text("use", "official");
            json.text("family", person.family);
            json.array("given", |json| person.given.iter().for_each(|given| json.text_item(given)));
        });
        self.write_telecom(json);
        json.text("gender", if person.sex == Sex::Female { "female" } else { "male" });
        json.text("birthDate", &person.birth.date());
        if let Some(death) = self.death {
            json.text("deceasedDateTime", &death.date_time());
        }
        self.write_home(json);
        json.array_of_one("generalPractitioner", |json| {
            json.text("reference", &format!("Organization/org-{}", self.practice + 2));
        });
        json.object("managingOrganization", |json| json.text("reference", "Organization/org-1"));
    }
}

const fn local_numbers(kind: ProviderKind) -> (&'static str, &'static str) {
    match kind {
        ProviderKind::GeneralPractice => ("EG", "https://elm-grove.example.org/id/patient-number"),
        ProviderKind::AcuteTrust => ("CGH", "https://castlemere.example.org/id/hospital-number"),
        ProviderKind::Nhs111 => ("ONE", "https://nhs111.example.org/id/caller-number"),
        ProviderKind::Ambulance => ("VAS", "https://vale-ambulance.example.org/id/patient-number"),
        ProviderKind::MentalHealth => ("WB", "https://willowbank.example.org/id/client-number"),
    }
}

fn number_is_corrected(kind: ProviderKind, person: &Person) -> bool {
    kind == ProviderKind::AcuteTrust
        && person.index % 60 == 17
        && person.index < 100_000
        && person.mother.is_none()
}

/// The number under which a provider first registers a person, and its verification status.
fn first_number(
    kind: ProviderKind,
    person: &Person,
    seed: u64,
    random: &mut Random,
) -> (Option<NhsNumber>, &'static str) {
    let own = person.nhs_number;
    if person.mother.is_some() {
        return (person.mother, "08");
    }
    if kind == ProviderKind::AcuteTrust && person.index % 50 == 13 {
        return (Some(own.mistyped()), "03");
    }
    if number_is_corrected(kind, person) {
        return (Some(NhsNumber::given_by_mistake(seed, person.index)), VERIFIED);
    }
    match random.below(100) {
        0..6 => (Some(own), "02"),
        6..10 if kind == ProviderKind::Nhs111 => (None, "07"),
        _ => (Some(own), VERIFIED),
    }
}

fn status_display(status: &str) -> &'static str {
    match status {
        VERIFIED => "Number present and verified",
        "02" => "Number present but not traced",
        "03" => "Trace required",
        _ => "Trace postponed (baby under six weeks old)",
    }
}
