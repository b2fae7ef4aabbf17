//! Medicine: codes as UK systems send them, and FHIR R4 resources written from plain facts.

mod codes;
mod complaints;
mod concept;
mod condition;
mod encounter;
mod long_term;
mod measures;
mod observation;
mod report;
mod resource;
mod treatment;

pub(crate) use codes::*;
pub(crate) use complaints::{COMPLAINTS, Complaint};
pub(crate) use concept::{Concept, SNOMED, write_concept};
pub(crate) use condition::Condition;
pub(crate) use encounter::{Encounter, EncounterClass};
pub(crate) use long_term::{LONG_TERM, LongTerm};
pub(crate) use measures::*;
pub(crate) use observation::{Measure, Observation, Value};
pub(crate) use report::DiagnosticReport;
pub(crate) use resource::{About, Reference, Resource};
pub(crate) use treatment::{AllergyIntolerance, CarePlan, Immunization, MedicationRequest, Procedure};
