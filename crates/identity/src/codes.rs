//! Whether a code can be one of its system: the value rule behind every `Coding` that stays.

mod checksum;
mod template;
mod ucum;

pub(crate) use template::Template;

use std::collections::HashSet;

/// How the codes of one listed system are judged.
#[derive(Debug)]
pub(crate) enum CodeRule {
    /// SNOMED CT concept identifier with its Verhoeff check digit (SNOMED CT Release File Specification §6).
    Snomed,
    /// LOINC number with its mod-10 check digit.
    Loinc,
    /// UCUM units made of known atoms and annotations.
    Ucum,
    /// One of the codes that HL7 published for the system with FHIR R4.
    Published,
    /// One of these.
    OneOf(HashSet<Box<str>>),
    /// In the form of one of these.
    Like(Vec<Template>),
}

impl CodeRule {
    /// Whether `code` may stand under `system`.
    pub(crate) fn admits(&self, system: &str, code: &str) -> bool {
        match self {
            Self::Snomed => checksum::is_snomed_concept(code),
            Self::Loinc => checksum::is_loinc(code),
            Self::Ucum => ucum::is_known(code),
            Self::Published => {
                fhir::r4::knowledge().code_system(system).is_some_and(|codes| codes.contains(code))
            }
            Self::OneOf(codes) => codes.contains(code),
            Self::Like(templates) => templates.iter().any(|template| template.matches(code)),
        }
    }
}
