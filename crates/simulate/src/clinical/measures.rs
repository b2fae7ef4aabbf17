//! What is measured in this region, by code, unit and likely value.

use super::{Concept, Measure};

const fn measure(
    codings: &'static [Concept],
    category: &'static str,
    ucum: &'static str,
    places: u32,
    (mean, spread): (i64, i64),
) -> Measure {
    Measure { codings, category, ucum, places, mean, spread }
}

/// Declares measures: category, unit, decimal places, likely value and spread, codes.
macro_rules! measures {
    ($($(#[$doc:meta])* $name:ident: $category:literal, $ucum:literal, $places:literal, $likely:expr,
        [$($coding:expr),+];)+) => {
        $($(#[$doc])* pub(crate) static $name: Measure = measure(&[$($coding),+], $category, $ucum, $places, $likely);)+
    };
}

measures! {
    /// Blood pressure, with the two below as components.
    BLOOD_PRESSURE: "vital-signs", "mm[Hg]", 0, (120, 20),
        [Concept::loinc("85354-9", "Blood pressure panel with all children optional"),
         Concept::snomed("75367002", "Blood pressure")];
    /// Systolic pressure.
    SYSTOLIC: "vital-signs", "mm[Hg]", 0, (132, 28),
        [Concept::loinc("8480-6", "Systolic blood pressure"), Concept::snomed("271649006", "Systolic blood pressure")];
    /// Diastolic pressure.
    DIASTOLIC: "vital-signs", "mm[Hg]", 0, (79, 15),
        [Concept::loinc("8462-4", "Diastolic blood pressure"), Concept::snomed("271650006", "Diastolic blood pressure")];
    /// Body mass index.
    BMI: "vital-signs", "kg/m2", 1, (271, 75),
        [Concept::loinc("39156-5", "Body mass index (BMI) [Ratio]"), Concept::snomed("60621009", "Body mass index")];
    /// Weight.
    WEIGHT: "vital-signs", "kg", 1, (780, 240),
        [Concept::loinc("29463-7", "Body weight"), Concept::snomed("27113001", "Body weight")];
    /// Height.
    HEIGHT: "vital-signs", "cm", 0, (169, 17),
        [Concept::loinc("8302-2", "Body height"), Concept::snomed("50373000", "Body height")];
    /// Pulse.
    HEART_RATE: "vital-signs", "/min", 0, (79, 22), [Concept::loinc("8867-4", "Heart rate")];
    /// Breaths.
    RESPIRATORY_RATE: "vital-signs", "/min", 0, (17, 6), [Concept::loinc("9279-1", "Respiratory rate")];
    /// Oxygen saturation.
    OXYGEN_SATURATION: "vital-signs", "%", 0, (96, 4),
        [Concept::loinc("2708-6", "Oxygen saturation in Arterial blood"),
         Concept::loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry")];
    /// Temperature.
    TEMPERATURE: "vital-signs", "Cel", 1, (369, 12), [Concept::loinc("8310-5", "Body temperature")];
    /// HbA1c.
    HBA1C: "laboratory", "mmol/mol", 0, (44, 12),
        [Concept::snomed("999791000000106", "Haemoglobin A1c level - International Federation of Clinical Chemistry and Laboratory Medicine standardised"),
         Concept::loinc("59261-8", "Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol")];
    /// Estimated glomerular filtration rate.
    EGFR: "laboratory", "mL/min/{1.73_m2}", 0, (74, 30),
        [Concept::loinc("62238-1", "Glomerular filtration rate/1.73 sq M.predicted by Creatinine-based formula (CKD-EPI)")];
    /// Creatinine.
    CREATININE: "laboratory", "umol/L", 0, (84, 34), [Concept::loinc("14682-9", "Creatinine [Moles/volume] in Serum or Plasma")];
    /// Total cholesterol.
    CHOLESTEROL: "laboratory", "mmol/L", 1, (49, 16), [Concept::loinc("14647-2", "Cholesterol [Moles/volume] in Serum or Plasma")];
    /// HDL cholesterol.
    HDL: "laboratory", "mmol/L", 1, (14, 5), [Concept::loinc("14646-4", "Cholesterol in HDL [Moles/volume] in Serum or Plasma")];
    /// Sodium.
    SODIUM: "laboratory", "mmol/L", 0, (139, 6), [Concept::loinc("2951-2", "Sodium [Moles/volume] in Serum or Plasma")];
    /// Potassium.
    POTASSIUM: "laboratory", "mmol/L", 1, (43, 8), [Concept::loinc("2823-3", "Potassium [Moles/volume] in Serum or Plasma")];
    /// Urea.
    UREA: "laboratory", "mmol/L", 1, (58, 30), [Concept::loinc("22664-7", "Urea [Moles/volume] in Serum or Plasma")];
    /// Haemoglobin.
    HAEMOGLOBIN: "laboratory", "g/L", 0, (136, 24), [Concept::loinc("718-7", "Hemoglobin [Mass/volume] in Blood")];
    /// White cells.
    WHITE_CELLS: "laboratory", "10*9/L", 1, (76, 42), [Concept::loinc("6690-2", "Leukocytes [#/volume] in Blood by Automated count")];
    /// Platelets.
    PLATELETS: "laboratory", "10*9/L", 0, (262, 110), [Concept::loinc("777-3", "Platelets [#/volume] in Blood by Automated count")];
    /// C-reactive protein.
    CRP: "laboratory", "mg/L", 0, (24, 22), [Concept::loinc("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma")];
    /// National Early Warning Score 2.
    NEWS2: "survey", "{score}", 0, (4, 4),
        [Concept::snomed("1104051000000101", "Royal College of Physicians NEWS2 (National Early Warning Score 2) total score")];
    /// Glasgow coma score.
    COMA_SCORE: "survey", "{score}", 0, (14, 1), [Concept::loinc("9269-2", "Glasgow coma score total")];
    /// Depression score.
    PHQ9: "survey", "{score}", 0, (12, 11),
        [Concept::loinc("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]")];
    /// Anxiety score.
    GAD7: "survey", "{score}", 0, (9, 9), [Concept::loinc("70274-6", "Generalized anxiety disorder 7 item (GAD-7) total score [Reported.PHQ]")];
    /// Smoking; its values are coded.
    SMOKING: "social-history", "1", 0, (0, 0), [Concept::loinc("72166-2", "Tobacco smoking status")];
    /// What a 111 call ended with; its values are coded.
    TRIAGE_OUTCOME: "exam", "1", 0, (0, 0), [Concept::snomed("225390008", "Triage")];
}

/// Urea and electrolytes.
pub(crate) static KIDNEY_PANEL: &[&Measure] = &[&SODIUM, &POTASSIUM, &UREA, &CREATININE, &EGFR];
/// Full blood count.
pub(crate) static BLOOD_COUNT: &[&Measure] = &[&HAEMOGLOBIN, &WHITE_CELLS, &PLATELETS];
/// Blood lipids.
pub(crate) static LIPID_PANEL: &[&Measure] = &[&CHOLESTEROL, &HDL];
/// What crews and emergency departments measure first.
pub(crate) static VITAL_SIGNS: &[&Measure] =
    &[&HEART_RATE, &RESPIRATORY_RATE, &OXYGEN_SATURATION, &TEMPERATURE, &COMA_SCORE];
