//! Codes that stand alone: answers, kinds of encounter, medicines, vaccines, procedures.

use super::Concept;

/// Declares concepts: a name, the code system, the code and its display.
macro_rules! concepts {
    ($($name:ident = $make:ident($code:literal, $display:literal);)+) => {
        $(#[doc = $display] pub(crate) const $name: Concept = Concept::$make($code, $display);)+
    };
}

concepts! {
    NEVER_SMOKED = snomed("266919005", "Never smoked tobacco");
    SMOKER = snomed("77176002", "Smoker");
    EX_SMOKER = snomed("8517006", "Ex-smoker");
    SEEN_IN_SURGERY = snomed("185202000", "Seen in GP's surgery");
    TELEPHONE_CONSULTATION = snomed("386472008", "Telephone consultation");
    SEEN_AT_HOME = snomed("270420001", "Seen in own home");
    TELEPHONE_TRIAGE = snomed("401267002", "Telephone triage encounter");
    AMBULANCE_ATTENDANCE = snomed("792847005", "Emergency ambulance service");
    SEEN_IN_CASUALTY = snomed("185210004", "Seen in hospital casualty");
    SEEN_ON_WARD = snomed("185212007", "Seen in hospital ward");
    SEEN_AS_OUTPATIENT = snomed("185211000", "Seen in hospital outpatient department");
    SEEN_IN_MENTAL_HEALTH = snomed("431957001", "Seen in mental health clinic");
    SEEN_IN_MEMORY_CLINIC = snomed("432806004", "Seen in memory clinic");
    OUTCOME_AMBULANCE = snomed("792847005", "Emergency ambulance service");
    OUTCOME_URGENT_CARE = snomed("1077031000000103", "Streamed from emergency department to urgent care service following initial assessment");
    OUTCOME_GP = snomed("1077021000000100", "Streamed from emergency department to general practitioner following initial assessment");
    DISCHARGE_HOME = snomed("306689006", "Discharge to home");
    TO_INPATIENT_UNIT = snomed("1324201000000109", "Streamed from emergency department to inpatient unit following initial assessment");
    UPPER_RESPIRATORY_INFECTION = snomed("54150009", "Upper respiratory infection");
    URINARY_INFECTION = snomed("68566005", "Urinary tract infectious disease");
    LOW_BACK_PAIN = snomed("279039007", "Low back pain");
    SORE_THROAT = snomed("162397003", "Sore throat symptom");
    ECZEMA = snomed("43116000", "Eczema");
    SALBUTAMOL = dmd("39113611000001102", "Salbutamol 100micrograms/dose inhaler CFC free");
    FUROSEMIDE = dmd("317972000", "Furosemide 40mg tablets");
    PARACETAMOL = dmd("322236009", "Paracetamol 500mg tablets");
    PREDNISOLONE = dmd("325427002", "Prednisolone 5mg tablets");
    AMOXICILLIN = dmd("39732311000001104", "Amoxicillin 250mg capsules");
    CO_CODAMOL = dmd("322341003", "Co-codamol 30mg/500mg tablets");
    BUDESONIDE = dmd("320567001", "Budesonide 200micrograms/dose dry powder inhaler");
    AMLODIPINE = dmd("319283006", "Amlodipine 5mg tablets");
    ATORVASTATIN = dmd("320030001", "Atorvastatin 20mg tablets");
    ASPIRIN = dmd("319775004", "Aspirin 75mg dispersible tablets");
    APIXABAN = dmd("42206511000001102", "Apixaban 5mg tablets");
    METFORMIN = dmd("109081006", "Metformin");
    SERTRALINE = dmd("321987003", "Sertraline 50mg tablets");
    INFLUENZA_VACCINE = snomed("822851000000102", "Seasonal influenza vaccination");
    COVID_FIRST_DOSE = snomed("1324681000000101", "Administration of first dose of severe acute respiratory syndrome coronavirus 2 vaccine");
    COVID_SECOND_DOSE = snomed("1324691000000104", "Administration of second dose of SARS-CoV-2 (severe acute respiratory syndrome coronavirus 2) vaccine");
    PNEUMOCOCCAL_VACCINE = snomed("12866006", "Administration of pneumococcal vaccine");
    MMR_VACCINE = snomed("38598009", "Administration of measles and mumps and rubella vaccine");
    SHINGLES_VACCINE = snomed("722215002", "Administration of Varicella-zoster vaccine for shingles");
    PENICILLIN_ALLERGY = snomed("91936005", "Allergy to penicillin");
    PEANUT_ALLERGY = snomed("91935009", "Allergy to peanut");
    LATEX_ALLERGY = snomed("300916003", "Latex allergy");
    RASH = snomed("271807003", "Eruption of skin");
    DEPRESSION = snomed("35489007", "Depressive disorder");
    ANXIETY = snomed("197480006", "Anxiety disorder");
    CRISIS_PLAN = snomed("736253002", "Mental health crisis plan");
    APPENDICECTOMY = opcs4("H01.2", "Emergency excision of abnormal appendix NEC");
    APPENDICECTOMY_SNOMED = snomed("80146002", "Appendectomy");
    COLONOSCOPY = opcs4("H22.9", "Unspecified diagnostic endoscopic examination of colon");
    COLONOSCOPY_SNOMED = snomed("73761001", "Colonoscopy");
    HIP_REPLACEMENT = opcs4("W37.1", "Primary total prosthetic replacement of hip joint using cement");
    HIP_REPLACEMENT_SNOMED = snomed("52734007", "Total replacement of hip");
    CATARACT = opcs4("C75.1", "Insertion of prosthetic replacement for lens NEC");
    CATARACT_SNOMED = snomed("54885007", "Cataract surgery");
    CHEST_RADIOGRAPH = opcs4("U07.9", "Unspecified diagnostic imaging of chest");
    CHEST_RADIOGRAPH_SNOMED = snomed("399208008", "Plain chest X-ray");
    KIDNEY_REPORT = loinc("24362-6", "Renal function 2000 panel - Serum or Plasma");
    BLOOD_COUNT_REPORT = loinc("58410-2", "CBC panel - Blood by Automated count");
    LIPID_REPORT = loinc("57698-3", "Lipid panel with direct LDL - Serum or Plasma");
    LAB_REPORT = snomed("721981007", "Diagnostic studies report");
}
