//! What every resource has in common: an id, a type, and whom it is about.

use crate::calendar::Moment;
use crate::json::Json;

/// Names a resource of the patient whose chart it is in. Its id is a letter, the patient's tag and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) resource_type: &'static str,
    pub(crate) number: u32,
}

/// The record that resources are about.
#[derive(Debug)]
pub(crate) struct About {
    /// Eight hexadecimal digits that are the record's own at this provider.
    pub(crate) tag: String,
    /// "Given Family", which systems repeat where they should not.
    pub(crate) full_name: String,
}

impl About {
    /// The id of the resource that `reference` names.
    pub(crate) fn id(&self, reference: Reference) -> String {
        let letter = match reference.resource_type {
            "AllergyIntolerance" => 'a',
            "CarePlan" => 'k',
            "Condition" => 'c',
            "DiagnosticReport" => 'd',
            "Encounter" => 'e',
            "Immunization" => 'i',
            "MedicationRequest" => 'm',
            "Procedure" => 'x',
            _ => 'o',
        };
        format!("{letter}-{}-{}", self.tag, reference.number)
    }

    /// The Patient resource's id.
    pub(crate) fn patient_id(&self) -> String {
        format!("p-{}", self.tag)
    }

    /// A member that refers to the patient, named as many systems do.
    pub(crate) fn write_subject(&self, json: &mut Json, key: &str) {
        json.object(key, |json| {
            json.text("reference", &format!("Patient/{}", self.patient_id()));
            json.text("display", &self.full_name);
        });
    }

    /// The members of a Reference to another resource of this record.
    pub(crate) fn write_reference(&self, json: &mut Json, reference: Reference) {
        json.text("reference", &format!("{}/{}", reference.resource_type, self.id(reference)));
    }
}

/// The members of a Reference to a resource of the provider's directory, such as `Practitioner`, 3.
pub(crate) fn write_directory(json: &mut Json, resource_type: &str, number: u32) {
    let prefix = match resource_type {
        "Location" => "loc",
        "Organization" => "org",
        _ => "prac",
    };
    json.text("reference", &format!("{resource_type}/{prefix}-{number}"));
}

/// A `period`-like member.
pub(crate) fn write_period(json: &mut Json, key: &str, start: Moment, end: Option<Moment>) {
    json.object(key, |json| {
        json.text("start", &start.date_time());
        if let Some(end) = end {
            json.text("end", &end.date_time());
        }
    });
}

/// A coding of one of HL7's own code systems (`http://terminology.hl7.org/CodeSystem/…`), as a CodeableConcept.
pub(crate) fn write_hl7(json: &mut Json, key: &str, system: &str, code: &str) {
    json.object(key, |json| {
        json.array_of_one("coding", |json| {
            json.text("system", &format!("http://terminology.hl7.org/CodeSystem/{system}"));
            json.text("code", code);
        });
    });
}

/// Facts that can be written as a FHIR R4 resource.
pub(crate) trait Resource {
    /// The resource type.
    const TYPE: &'static str;

    /// Every member but `resourceType`, `id` and `meta`.
    fn write(&self, json: &mut Json, about: &About);

    /// The whole resource, with or without an id.
    fn write_whole(&self, json: &mut Json, about: &About, id: Option<&str>) {
        json.text("resourceType", Self::TYPE);
        if let Some(id) = id {
            json.text("id", id);
        }
        json.object("meta", |json| {
            json.array("profile", |json| {
                json.text_item(&format!("https://fhir.hl7.org.uk/StructureDefinition/UKCore-{}", Self::TYPE));
            });
        });
        self.write(json, about);
    }
}
