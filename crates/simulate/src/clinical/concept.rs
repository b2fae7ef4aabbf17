//! A code of a code system.

use crate::json::Json;

/// SNOMED CT.
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
/// LOINC.
pub(crate) const LOINC: &str = "http://loinc.org";
/// The NHS dictionary of medicines and devices; its codes are SNOMED CT identifiers.
pub(crate) const DMD: &str = "https://dmd.nhs.uk";
/// ICD-10.
pub(crate) const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
/// OPCS-4, the classification of interventions and procedures.
pub(crate) const OPCS4: &str = "https://fhir.hl7.org.uk/CodeSystem/OPCS-4";

/// A code with its system and the words that senders put beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Concept {
    pub(crate) system: &'static str,
    pub(crate) code: &'static str,
    pub(crate) display: &'static str,
}

impl Concept {
    /// A code of any system.
    pub(crate) const fn new(system: &'static str, code: &'static str, display: &'static str) -> Self {
        Self { system, code, display }
    }

    /// A SNOMED CT code.
    pub(crate) const fn snomed(code: &'static str, display: &'static str) -> Self {
        Self::new(SNOMED, code, display)
    }

    /// A LOINC code.
    pub(crate) const fn loinc(code: &'static str, display: &'static str) -> Self {
        Self::new(LOINC, code, display)
    }

    /// An ICD-10 code.
    pub(crate) const fn icd10(code: &'static str, display: &'static str) -> Self {
        Self::new(ICD10, code, display)
    }

    /// An OPCS-4 code.
    pub(crate) const fn opcs4(code: &'static str, display: &'static str) -> Self {
        Self::new(OPCS4, code, display)
    }

    /// A dm+d code.
    pub(crate) const fn dmd(code: &'static str, display: &'static str) -> Self {
        Self::new(DMD, code, display)
    }

    /// The members of a Coding.
    pub(crate) fn write(&self, json: &mut Json) {
        json.text("system", self.system);
        json.text("code", self.code);
        json.text("display", self.display);
    }
}

/// The members of a CodeableConcept.
pub(crate) fn write_concept(json: &mut Json, codings: &[Concept], text: Option<&str>) {
    json.array("coding", |json| {
        for coding in codings {
            json.item(|json| coding.write(json));
        }
    });
    if let Some(text) = text {
        json.text("text", text);
    }
}
