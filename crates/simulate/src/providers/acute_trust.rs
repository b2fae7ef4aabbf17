//! The acute trust: emergency attendances, admissions, operations, clinics.

use super::Chart;
use super::general_practice::report;
use crate::calendar::{DAY, HOUR, MINUTE, Moment};
use crate::clinical::{
    APPENDICECTOMY, APPENDICECTOMY_SNOMED, BLOOD_COUNT, BLOOD_COUNT_REPORT, CATARACT, CATARACT_SNOMED,
    CHEST_RADIOGRAPH, CHEST_RADIOGRAPH_SNOMED, COLONOSCOPY, COLONOSCOPY_SNOMED, COMPLAINTS, CRP, Complaint,
    Concept, Condition, DISCHARGE_HOME, Encounter, EncounterClass, HIP_REPLACEMENT, HIP_REPLACEMENT_SNOMED,
    KIDNEY_PANEL, KIDNEY_REPORT, NEWS2, Procedure, Reference, SEEN_AS_OUTPATIENT, SEEN_IN_CASUALTY,
    SEEN_ON_WARD, TO_INPATIENT_UNIT, VITAL_SIGNS,
};
use crate::population::Person;

/// The trust's places, as its directory numbers them.
const EMERGENCY: u32 = 1;
const WARD: u32 = 2;
const OUTPATIENTS: u32 = 3;
const DAY_SURGERY: u32 = 4;

/// Nothing else happens at the trust this near to an urgent-care pathway, so that pathways can be told apart.
const QUIET: i64 = 25 * DAY;

/// Operations as OPCS-4 and SNOMED CT name them, and the age from which they are done here.
const OPERATIONS: &[([Concept; 2], i64)] = &[
    ([APPENDICECTOMY, APPENDICECTOMY_SNOMED], 6),
    ([COLONOSCOPY, COLONOSCOPY_SNOMED], 30),
    ([CATARACT, CATARACT_SNOMED], 55),
    ([HIP_REPLACEMENT, HIP_REPLACEMENT_SNOMED], 55),
];

/// What a person came for.
#[derive(Debug)]
enum Visit {
    /// By ambulance, on a pathway; the end, and the discharge of who is admitted.
    Conveyed { complaint: &'static Complaint, end: Moment, discharge: Option<Moment> },
    /// On foot.
    WalkIn,
    /// For an operation, home the same day or some days later.
    Operation,
    /// To a clinic.
    Clinic,
}

/// Writes all visits in the order in which they happened.
pub(super) fn fill(chart: &mut Chart<'_>, person: &Person) {
    for (at, visit) in visits(chart, person) {
        match visit {
            Visit::Conveyed { complaint, end, discharge } => {
                let attendance = attend(chart, complaint, at, end, discharge.is_some());
                if let Some(discharge) = discharge {
                    admit(chart, complaint, attendance, end, discharge);
                }
            }
            Visit::WalkIn => walk_in(chart, person, at),
            Visit::Operation => operate(chart, person, at),
            Visit::Clinic => clinic(chart, person, at),
        }
        chart.pause();
    }
}

fn visits(chart: &mut Chart<'_>, person: &Person) -> Vec<(Moment, Visit)> {
    let mut visits: Vec<(Moment, Visit)> = person
        .pathways
        .iter()
        .filter(|pathway| pathway.stages >= 3)
        .map(|pathway| {
            let discharge = (pathway.stages == 4).then_some(pathway.discharge);
            (
                pathway.ambulance_end,
                Visit::Conveyed { complaint: pathway.complaint, end: pathway.emergency_end, discharge },
            )
        })
        .collect();
    let days = (person.until().0 - person.from().0) / DAY - 12;
    let clinics = if days < 60 { 1 } else { chart.random.between(1, 4) + person.age / 25 };
    for number in 0..clinics {
        let day = chart.random.between(1, days.max(1));
        let at = Moment((person.from().0 / DAY + day) * DAY + chart.random.between(8 * 60, 16 * 60) * MINUTE);
        let quiet = person.pathways.iter().all(|pathway| (pathway.call.0 - at.0).abs() > QUIET);
        let visit = match number {
            1 if person.age >= 6 && days > 60 => Visit::Operation,
            2 => Visit::WalkIn,
            _ => Visit::Clinic,
        };
        if quiet || matches!(visit, Visit::Clinic) {
            visits.push((at, visit));
        }
    }
    visits.sort_by_key(|(at, _)| *at);
    visits
}

/// An attendance at the emergency department.
fn attend(
    chart: &mut Chart<'_>,
    complaint: &'static Complaint,
    at: Moment,
    end: Moment,
    admitted: bool,
) -> Reference {
    let mut encounter = Encounter::new(EncounterClass::Emergency, SEEN_IN_CASUALTY, (at, end));
    encounter.reason = Some(complaint.symptom);
    encounter.practitioner = chart.practitioner();
    encounter.location = Some(EMERGENCY);
    encounter.outcome = Some(if admitted { TO_INPATIENT_UNIT } else { DISCHARGE_HOME });
    let encounter = chart.add(&encounter);
    let triage = at.plus(12 * MINUTE);
    for measure in VITAL_SIGNS {
        chart.measure(measure, triage, encounter);
    }
    chart.measure_pressure(triage, encounter, 136);
    chart.measure(&NEWS2, triage.plus(MINUTE), encounter);
    if chart.random.chance(650) {
        report(chart, KIDNEY_REPORT, KIDNEY_PANEL, at.plus(40 * MINUTE), encounter);
        report(chart, BLOOD_COUNT_REPORT, BLOOD_COUNT, at.plus(41 * MINUTE), encounter);
        chart.measure(&CRP, at.plus(42 * MINUTE), encounter);
    }
    if chart.random.chance(350) {
        let start = at.plus(50 * MINUTE);
        procedure(
            chart,
            [CHEST_RADIOGRAPH, CHEST_RADIOGRAPH_SNOMED],
            (start, start.plus(9 * MINUTE)),
            encounter,
        );
    }
    finding(chart, complaint.diagnosis, (at, end), encounter);
    encounter
}

/// An admission that follows an attendance.
fn admit(
    chart: &mut Chart<'_>,
    complaint: &'static Complaint,
    attendance: Reference,
    at: Moment,
    discharge: Moment,
) {
    let mut encounter = Encounter::new(EncounterClass::Inpatient, SEEN_ON_WARD, (at, discharge));
    encounter.reason = Some(complaint.symptom);
    encounter.reason_text = Some(format!("{}: {}", chart.full_name(), complaint.symptom.display));
    encounter.practitioner = chart.practitioner();
    encounter.location = Some(WARD);
    encounter.part_of = Some(attendance);
    encounter.outcome = Some(DISCHARGE_HOME);
    let encounter = chart.add(&encounter);
    let mut round = at.plus(10 * HOUR);
    while round < discharge {
        chart.measure(&NEWS2, round, encounter);
        chart.measure_pressure(round, encounter, 130);
        if chart.random.chance(350) {
            report(chart, KIDNEY_REPORT, KIDNEY_PANEL, round, encounter);
        }
        round = round.plus(DAY);
    }
    finding(chart, complaint.diagnosis, (at, discharge), encounter);
}

fn walk_in(chart: &mut Chart<'_>, person: &Person, at: Moment) {
    let fits: Vec<&'static Complaint> =
        COMPLAINTS.iter().filter(|c| (c.from_age..=c.to_age).contains(&person.age)).collect();
    let complaint = *chart.random.pick(&fits);
    let end = at.plus(chart.random.between(80, 420) * MINUTE);
    attend(chart, complaint, at, end, false);
}

fn operate(chart: &mut Chart<'_>, person: &Person, at: Moment) {
    let fits: Vec<[Concept; 2]> =
        OPERATIONS.iter().filter(|(_, from)| *from <= person.age).map(|(codings, _)| *codings).collect();
    let codings = *chart.random.pick(&fits);
    let stay = if codings[0] == COLONOSCOPY || codings[0] == CATARACT { 7 * HOUR } else { 3 * DAY };
    let mut encounter = Encounter::new(EncounterClass::Inpatient, SEEN_ON_WARD, (at, at.plus(stay)));
    encounter.practitioner = chart.practitioner();
    encounter.location = Some(if stay < DAY { DAY_SURGERY } else { WARD });
    encounter.outcome = Some(DISCHARGE_HOME);
    let encounter = chart.add(&encounter);
    report(chart, BLOOD_COUNT_REPORT, BLOOD_COUNT, at.plus(20 * MINUTE), encounter);
    chart.measure_pressure(at.plus(25 * MINUTE), encounter, 132);
    let start = at.plus(2 * HOUR);
    procedure(chart, codings, (start, start.plus(55 * MINUTE)), encounter);
}

fn clinic(chart: &mut Chart<'_>, person: &Person, at: Moment) {
    let period = (at, at.plus(25 * MINUTE));
    let mut encounter = Encounter::new(EncounterClass::Ambulatory, SEEN_AS_OUTPATIENT, period);
    encounter.practitioner = chart.practitioner();
    encounter.location = Some(OUTPATIENTS);
    if chart.random.chance(200) {
        encounter.reason_text = Some(format!("Letter to {}, {}", chart.full_name(), person.homes[0].line));
    }
    let encounter = chart.add(&encounter);
    if person.age >= 16 {
        chart.measure_pressure(at.plus(5 * MINUTE), encounter, 130);
        if chart.random.chance(500) {
            report(chart, KIDNEY_REPORT, KIDNEY_PANEL, at.plus(10 * MINUTE), encounter);
        }
    }
    for (condition, onset) in &person.conditions {
        if *onset < at && chart.random.chance(200) {
            chart.diagnose(&Condition {
                codings: [condition.icd10],
                text: None,
                problem: false,
                onset: *onset,
                abated: None,
                recorded: at.plus(15 * MINUTE),
                encounter,
            });
        }
    }
}

fn finding(chart: &mut Chart<'_>, diagnosis: Concept, (at, end): (Moment, Moment), encounter: Reference) {
    let text = chart.random.chance(150).then(|| format!("{} ({})", diagnosis.display, chart.full_name()));
    chart.diagnose(&Condition {
        codings: [diagnosis],
        text,
        problem: false,
        onset: at,
        abated: Some(end),
        recorded: end.plus(-10 * MINUTE),
        encounter,
    });
}

fn procedure(
    chart: &mut Chart<'_>,
    codings: [Concept; 2],
    (start, end): (Moment, Moment),
    encounter: Reference,
) {
    let performer = chart.practitioner();
    chart.add(&Procedure { codings, start, end, encounter, performer });
}
