//! Long-term conditions: how common they are, and what is done about them.

use super::{
    AMLODIPINE, APIXABAN, ASPIRIN, ATORVASTATIN, BUDESONIDE, Concept, FUROSEMIDE, METFORMIN, SALBUTAMOL,
    SERTRALINE,
};

/// A long-term condition.
#[derive(Debug)]
pub(crate) struct LongTerm {
    /// What practices and mental-health services record.
    pub(crate) snomed: Concept,
    /// What hospitals record.
    pub(crate) icd10: Concept,
    /// The age below which nobody here has it.
    pub(crate) from_age: i64,
    /// How many in a thousand have it at that age.
    pub(crate) permille: i64,
    /// How many more in a thousand with every ten years.
    pub(crate) permille_per_decade: i64,
    /// What is usually prescribed.
    pub(crate) medicine: Option<Concept>,
}

impl LongTerm {
    /// How many persons of `age` years in a thousand have it.
    pub(crate) fn permille_at(&self, age: i64) -> u32 {
        if age < self.from_age {
            return 0;
        }
        let odds = self.permille + self.permille_per_decade * (age - self.from_age) / 10;
        u32::try_from(odds.clamp(0, 600)).unwrap_or_default()
    }
}

const fn condition(
    (code, display): (&'static str, &'static str),
    (icd10, icd10_display): (&'static str, &'static str),
    (from_age, permille, permille_per_decade): (i64, i64, i64),
    medicine: Option<Concept>,
) -> LongTerm {
    LongTerm {
        snomed: Concept::snomed(code, display),
        icd10: Concept::icd10(icd10, icd10_display),
        from_age,
        permille,
        permille_per_decade,
        medicine,
    }
}

/// The conditions of this region.
pub(crate) static LONG_TERM: &[LongTerm] = &[
    condition(
        ("44054006", "Diabetes mellitus type 2"),
        ("E11.9", "Type 2 diabetes mellitus without complications"),
        (30, 20, 40),
        Some(METFORMIN),
    ),
    condition(
        ("38341003", "Hypertensive disorder"),
        ("I10", "Essential (primary) hypertension"),
        (30, 60, 95),
        Some(AMLODIPINE),
    ),
    condition(("195967001", "Asthma"), ("J45.9", "Asthma, unspecified"), (4, 110, -6), Some(SALBUTAMOL)),
    condition(
        ("13645005", "Chronic obstructive pulmonary disease"),
        ("J44.9", "Chronic obstructive pulmonary disease, unspecified"),
        (45, 20, 25),
        Some(BUDESONIDE),
    ),
    condition(
        ("53741008", "Coronary arteriosclerosis"),
        ("I25.1", "Atherosclerotic heart disease"),
        (45, 20, 40),
        Some(ASPIRIN),
    ),
    condition(
        ("35489007", "Depressive disorder"),
        ("F32.9", "Depressive episode, unspecified"),
        (16, 120, 4),
        Some(SERTRALINE),
    ),
    condition(
        ("709044004", "Chronic kidney disease"),
        ("N18.9", "Chronic kidney disease, unspecified"),
        (50, 20, 55),
        Some(ATORVASTATIN),
    ),
    condition(
        ("49436004", "Atrial fibrillation"),
        ("I48.9", "Atrial fibrillation and atrial flutter, unspecified"),
        (55, 20, 45),
        Some(APIXABAN),
    ),
    condition(("52448006", "Dementia"), ("F03", "Unspecified dementia"), (65, 15, 75), None),
    condition(
        ("84114007", "Heart failure"),
        ("I50.9", "Heart failure, unspecified"),
        (60, 15, 35),
        Some(FUROSEMIDE),
    ),
    condition(("40930008", "Hypothyroidism"), ("E03.9", "Hypothyroidism, unspecified"), (25, 20, 9), None),
    condition(("396275006", "Osteoarthritis"), ("M19.9", "Arthrosis, unspecified"), (50, 90, 70), None),
    condition(("414916001", "Obesity"), ("E66.9", "Obesity, unspecified"), (18, 130, 15), None),
];
