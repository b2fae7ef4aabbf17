//! Laboratory reports that gather observations, as FHIR R4 has them.

use super::{About, Concept, Reference, Resource, resource, write_concept};
use crate::calendar::{HOUR, Moment};
use crate::json::Json;

/// One report.
#[derive(Clone, Debug)]
pub(crate) struct DiagnosticReport {
    pub(crate) code: Concept,
    pub(crate) at: Moment,
    pub(crate) encounter: Reference,
    pub(crate) results: Vec<Reference>,
    pub(crate) conclusion: Option<String>,
}

impl Resource for DiagnosticReport {
    const TYPE: &'static str = "DiagnosticReport";

    fn write(&self, json: &mut Json, about: &About) {
        json.text("status", "final");
        json.array_of_one("category", |json| {
            json.array_of_one("coding", |json| {
                json.text("system", "http://terminology.hl7.org/CodeSystem/v2-0074");
                json.text("code", "LAB");
            });
        });
        json.object("code", |json| write_concept(json, &[super::LAB_REPORT, self.code], None));
        about.write_subject(json, "subject");
        json.object("encounter", |json| about.write_reference(json, self.encounter));
        json.text("effectiveDateTime", &self.at.date_time());
        json.text("issued", &self.at.plus(6 * HOUR).date_time());
        json.array_of_one("performer", |json| resource::write_directory(json, "Organization", 1));
        json.array("result", |json| {
            for result in &self.results {
                json.item(|json| about.write_reference(json, *result));
            }
        });
        if let Some(conclusion) = &self.conclusion {
            json.text("conclusion", conclusion);
        }
    }
}
