//! Encounters of every kind of provider, as FHIR R4 has them.

use super::{About, Concept, Reference, Resource, resource, write_concept};
use crate::calendar::Moment;
use crate::json::Json;

/// Where and how somebody was seen (HL7 v3 ActCode, ActEncounterCode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncounterClass {
    /// Came and went.
    Ambulatory,
    /// By telephone.
    Virtual,
    /// In the street or at home, by an ambulance crew.
    Field,
    /// In an emergency department.
    Emergency,
    /// Admitted.
    Inpatient,
    /// Visited at home.
    Home,
}

impl EncounterClass {
    const fn coding(self) -> (&'static str, &'static str) {
        match self {
            Self::Ambulatory => ("AMB", "ambulatory"),
            Self::Virtual => ("VR", "virtual"),
            Self::Field => ("FLD", "field"),
            Self::Emergency => ("EMER", "emergency"),
            Self::Inpatient => ("IMP", "inpatient encounter"),
            Self::Home => ("HH", "home health"),
        }
    }
}

/// One encounter, over and done with.
#[derive(Clone, Debug)]
pub(crate) struct Encounter {
    pub(crate) class: EncounterClass,
    pub(crate) kind: Concept,
    pub(crate) start: Moment,
    pub(crate) end: Moment,
    /// When somebody arrived, where the way there is part of the encounter.
    pub(crate) arrived: Option<Moment>,
    pub(crate) reason: Option<Concept>,
    pub(crate) reason_text: Option<String>,
    pub(crate) practitioner: u32,
    pub(crate) location: Option<u32>,
    pub(crate) part_of: Option<Reference>,
    /// What came of it.
    pub(crate) outcome: Option<Concept>,
    /// The Location to which the person was taken.
    pub(crate) destination: Option<u32>,
}

impl Encounter {
    /// An encounter with nothing but what each must have.
    pub(crate) const fn new(class: EncounterClass, kind: Concept, (start, end): (Moment, Moment)) -> Self {
        Self {
            class,
            kind,
            start,
            end,
            arrived: None,
            reason: None,
            reason_text: None,
            practitioner: 1,
            location: None,
            part_of: None,
            outcome: None,
            destination: None,
        }
    }

    fn write_history(&self, json: &mut Json, arrived: Moment) {
        json.array("statusHistory", |json| {
            for (status, start, end) in [("planned", self.start, arrived), ("in-progress", arrived, self.end)]
            {
                json.item(|json| {
                    json.text("status", status);
                    resource::write_period(json, "period", start, Some(end));
                });
            }
        });
    }

    fn write_hospitalization(&self, json: &mut Json) {
        if self.outcome.is_none() && self.destination.is_none() {
            return;
        }
        json.object("hospitalization", |json| {
            if let Some(destination) = self.destination {
                json.object("destination", |json| resource::write_directory(json, "Location", destination));
            }
            if let Some(outcome) = self.outcome {
                json.object("dischargeDisposition", |json| write_concept(json, &[outcome], None));
            }
        });
    }
}

impl Resource for Encounter {
    const TYPE: &'static str = "Encounter";

    fn write(&self, json: &mut Json, about: &About) {
        json.text("status", "finished");
        if let Some(arrived) = self.arrived {
            self.write_history(json, arrived);
        }
        let (code, display) = self.class.coding();
        json.object("class", |json| {
            json.text("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode");
            json.text("code", code);
            json.text("display", display);
        });
        json.array_of_one("type", |json| write_concept(json, &[self.kind], None));
        about.write_subject(json, "subject");
        json.array_of_one("participant", |json| {
            json.object("individual", |json| {
                resource::write_directory(json, "Practitioner", self.practitioner);
            });
        });
        resource::write_period(json, "period", self.start, Some(self.end));
        if self.reason.is_some() || self.reason_text.is_some() {
            json.array_of_one("reasonCode", |json| match self.reason {
                Some(reason) => write_concept(json, &[reason], self.reason_text.as_deref()),
                None => json.text("text", self.reason_text.as_deref().unwrap_or("Review")),
            });
        }
        self.write_hospitalization(json);
        if let Some(location) = self.location {
            json.array_of_one("location", |json| {
                json.object("location", |json| resource::write_directory(json, "Location", location));
            });
        }
        json.object("serviceProvider", |json| resource::write_directory(json, "Organization", 1));
        if let Some(whole) = self.part_of {
            json.object("partOf", |json| about.write_reference(json, whole));
        }
    }
}
