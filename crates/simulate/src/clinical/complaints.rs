//! Why people call 111 or come to an emergency department, and what is found there.

use super::Concept;

/// A complaint and its usual finding.
#[derive(Debug)]
pub(crate) struct Complaint {
    /// What the caller says, coded.
    pub(crate) symptom: Concept,
    /// What the hospital finds.
    pub(crate) diagnosis: Concept,
    /// The youngest to have it.
    pub(crate) from_age: i64,
    /// The oldest to have it.
    pub(crate) to_age: i64,
}

const fn complaint(
    (code, display): (&'static str, &'static str),
    (icd10, icd10_display): (&'static str, &'static str),
    from_age: i64,
    to_age: i64,
) -> Complaint {
    Complaint {
        symptom: Concept::snomed(code, display),
        diagnosis: Concept::icd10(icd10, icd10_display),
        from_age,
        to_age,
    }
}

/// The complaints of this region. Every age has several.
pub(crate) static COMPLAINTS: &[Complaint] = &[
    complaint(("29857009", "Chest pain"), ("R07.4", "Chest pain, unspecified"), 18, 120),
    complaint(("29857009", "Chest pain"), ("I21.9", "Acute myocardial infarction, unspecified"), 45, 120),
    complaint(("267036007", "Dyspnoea"), ("J18.9", "Pneumonia, unspecified"), 0, 120),
    complaint(
        ("267036007", "Dyspnoea"),
        ("J44.1", "Chronic obstructive pulmonary disease with acute exacerbation, unspecified"),
        50,
        120,
    ),
    complaint(("21522001", "Abdominal pain"), ("R10.4", "Other and unspecified abdominal pain"), 3, 120),
    complaint(("25064002", "Headache"), ("R51", "Headache"), 8, 120),
    complaint(("271594007", "Syncope"), ("R55", "Syncope and collapse"), 12, 120),
    complaint(("161898004", "Falls"), ("S72.0", "Fracture of neck of femur"), 65, 120),
    complaint(("386661006", "Fever"), ("R50.9", "Fever, unspecified"), 0, 15),
    complaint(
        ("422400008", "Vomiting"),
        ("A09.9", "Gastroenteritis and colitis of unspecified origin"),
        0,
        80,
    ),
    complaint(("91175000", "Seizure"), ("R56.8", "Other and unspecified convulsions"), 1, 90),
    complaint(("125605004", "Fracture of bone"), ("S52.5", "Fracture of lower end of radius"), 5, 90),
    complaint(
        ("230690007", "Cerebrovascular accident"),
        ("I64", "Stroke, not specified as haemorrhage or infarction"),
        50,
        120,
    ),
    complaint(("404640003", "Dizziness"), ("R42", "Dizziness and giddiness"), 16, 120),
];
