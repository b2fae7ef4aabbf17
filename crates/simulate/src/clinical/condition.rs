//! Conditions: problems and diagnoses, as FHIR R4 has them.

use super::{About, Concept, Reference, Resource, resource, write_concept};
use crate::calendar::{DAY, Moment};
use crate::json::Json;
use crate::random::Random;

/// One problem or diagnosis.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) codings: [Concept; 1],
    /// What the clinician typed, names and all.
    pub(crate) text: Option<String>,
    /// Whether it is on the problem list, rather than a finding of one encounter.
    pub(crate) problem: bool,
    pub(crate) onset: Moment,
    /// When it was over; long-term conditions are not.
    pub(crate) abated: Option<Moment>,
    pub(crate) recorded: Moment,
    pub(crate) encounter: Reference,
}

impl Condition {
    /// The same condition as it is sent again with a better date of onset.
    pub(crate) fn corrected(&self, random: &mut Random) -> Self {
        Self { onset: self.onset.plus(-random.between(1, 20) * DAY), ..self.clone() }
    }
}

impl Resource for Condition {
    const TYPE: &'static str = "Condition";

    fn write(&self, json: &mut Json, about: &About) {
        let status = if self.abated.is_some() { "resolved" } else { "active" };
        resource::write_hl7(json, "clinicalStatus", "condition-clinical", status);
        resource::write_hl7(json, "verificationStatus", "condition-ver-status", "confirmed");
        json.array_of_one("category", |json| {
            json.array_of_one("coding", |json| {
                json.text("system", "http://terminology.hl7.org/CodeSystem/condition-category");
                json.text("code", if self.problem { "problem-list-item" } else { "encounter-diagnosis" });
            });
        });
        json.object("code", |json| write_concept(json, &self.codings, self.text.as_deref()));
        about.write_subject(json, "subject");
        json.object("encounter", |json| about.write_reference(json, self.encounter));
        json.text("onsetDateTime", &self.onset.date());
        if let Some(abated) = self.abated {
            json.text("abatementDateTime", &abated.date());
        }
        json.text("recordedDate", &self.recorded.date_time());
    }
}
