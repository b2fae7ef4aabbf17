//! What is done for people: prescriptions, vaccinations, procedures, plans, and what they must not be given.

use super::{About, Concept, Reference, Resource, resource, write_concept};
use crate::calendar::{DAY, Moment};
use crate::json::Json;

/// One prescription.
#[derive(Clone, Debug)]
pub(crate) struct MedicationRequest {
    pub(crate) medicine: Concept,
    pub(crate) at: Moment,
    /// Whether it is repeated until further notice.
    pub(crate) active: bool,
    pub(crate) encounter: Reference,
    pub(crate) requester: u32,
    /// What the label says.
    pub(crate) instruction: String,
}

impl Resource for MedicationRequest {
    const TYPE: &'static str = "MedicationRequest";

    fn write(&self, json: &mut Json, about: &About) {
        json.text("status", if self.active { "active" } else { "completed" });
        json.text("intent", "order");
        json.object("medicationCodeableConcept", |json| {
            write_concept(json, &[self.medicine], Some(self.medicine.display));
        });
        about.write_subject(json, "subject");
        json.object("encounter", |json| about.write_reference(json, self.encounter));
        json.text("authoredOn", &self.at.date_time());
        json.object("requester", |json| resource::write_directory(json, "Practitioner", self.requester));
        json.array_of_one("dosageInstruction", |json| {
            json.text("text", &self.instruction);
            json.object("timing", |json| {
                json.object("repeat", |json| {
                    json.decimal("frequency", 1, 0);
                    json.decimal("period", 1, 0);
                    json.text("periodUnit", "d");
                });
            });
        });
        json.object("dispenseRequest", |json| {
            resource::write_period(json, "validityPeriod", self.at, Some(self.at.plus(28 * DAY)));
            json.object("quantity", |json| json.decimal("value", 28, 0));
        });
    }
}

/// One vaccination.
#[derive(Clone, Debug)]
pub(crate) struct Immunization {
    pub(crate) vaccine: Concept,
    pub(crate) at: Moment,
    pub(crate) encounter: Reference,
    pub(crate) lot: String,
}

impl Resource for Immunization {
    const TYPE: &'static str = "Immunization";

    fn write(&self, json: &mut Json, about: &About) {
        json.text("status", "completed");
        json.object("vaccineCode", |json| write_concept(json, &[self.vaccine], None));
        about.write_subject(json, "patient");
        json.object("encounter", |json| about.write_reference(json, self.encounter));
        json.text("occurrenceDateTime", &self.at.date_time());
        json.boolean("primarySource", true);
        json.text("lotNumber", &self.lot);
        json.object("site", |json| {
            let arm = Concept::snomed("368208006", "Left upper arm structure (body structure)");
            write_concept(json, &[arm], None);
        });
    }
}

/// One allergy.
#[derive(Clone, Debug)]
pub(crate) struct AllergyIntolerance {
    pub(crate) code: Concept,
    /// `medication`, `food` or `environment`.
    pub(crate) category: &'static str,
    pub(crate) at: Moment,
    pub(crate) note: Option<String>,
}

impl Resource for AllergyIntolerance {
    const TYPE: &'static str = "AllergyIntolerance";

    fn write(&self, json: &mut Json, about: &About) {
        resource::write_hl7(json, "clinicalStatus", "allergyintolerance-clinical", "active");
        resource::write_hl7(json, "verificationStatus", "allergyintolerance-verification", "confirmed");
        json.text("type", "allergy");
        json.array("category", |json| json.text_item(self.category));
        json.text("criticality", "low");
        json.object("code", |json| write_concept(json, &[self.code], None));
        about.write_subject(json, "patient");
        json.text("recordedDate", &self.at.date_time());
        if let Some(note) = &self.note {
            json.array_of_one("note", |json| json.text("text", note));
        }
        json.array_of_one("reaction", |json| {
            json.array_of_one("manifestation", |json| write_concept(json, &[super::RASH], None));
            json.text("severity", "mild");
        });
    }
}

/// One procedure.
#[derive(Clone, Debug)]
pub(crate) struct Procedure {
    /// OPCS-4 and SNOMED CT for the same thing.
    pub(crate) codings: [Concept; 2],
    pub(crate) start: Moment,
    pub(crate) end: Moment,
    pub(crate) encounter: Reference,
    pub(crate) performer: u32,
}

impl Resource for Procedure {
    const TYPE: &'static str = "Procedure";

    fn write(&self, json: &mut Json, about: &About) {
        json.text("status", "completed");
        json.object("code", |json| write_concept(json, &self.codings, None));
        about.write_subject(json, "subject");
        json.object("encounter", |json| about.write_reference(json, self.encounter));
        resource::write_period(json, "performedPeriod", self.start, Some(self.end));
        json.array_of_one("performer", |json| {
            json.object("actor", |json| resource::write_directory(json, "Practitioner", self.performer));
        });
    }
}

/// One care plan.
#[derive(Clone, Debug)]
pub(crate) struct CarePlan {
    pub(crate) category: Concept,
    pub(crate) from: Moment,
    pub(crate) encounter: Reference,
    pub(crate) author: u32,
    pub(crate) concern: Reference,
    /// What is to be done, in words.
    pub(crate) activity: String,
}

impl Resource for CarePlan {
    const TYPE: &'static str = "CarePlan";

    fn write(&self, json: &mut Json, about: &About) {
        json.object("text", |json| {
            json.text("status", "generated");
            let name = &about.full_name;
            json.text(
                "div",
                &format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Care plan of {name}</p></div>"),
            );
        });
        json.text("status", "active");
        json.text("intent", "plan");
        json.array_of_one("category", |json| write_concept(json, &[self.category], None));
        json.text("title", &format!("Plan for {}", about.full_name));
        about.write_subject(json, "subject");
        json.object("encounter", |json| about.write_reference(json, self.encounter));
        resource::write_period(json, "period", self.from, None);
        json.object("author", |json| resource::write_directory(json, "Practitioner", self.author));
        json.array_of_one("addresses", |json| about.write_reference(json, self.concern));
        json.array_of_one("activity", |json| {
            json.object("detail", |json| {
                json.text("status", "in-progress");
                json.text("description", &self.activity);
            });
        });
    }
}
