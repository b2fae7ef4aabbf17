//! The general practice: visits over five years, problems, reviews, prescriptions, vaccinations.

use super::Chart;
use crate::calendar::{DAY, MINUTE, Moment};
use crate::clinical::{
    AMOXICILLIN, AllergyIntolerance, BLOOD_COUNT, BLOOD_COUNT_REPORT, BMI, CO_CODAMOL, COVID_FIRST_DOSE,
    COVID_SECOND_DOSE, Concept, Condition, DiagnosticReport, ECZEMA, EX_SMOKER, Encounter, EncounterClass,
    HBA1C, HEIGHT, INFLUENZA_VACCINE, Immunization, KIDNEY_PANEL, KIDNEY_REPORT, LATEX_ALLERGY, LIPID_PANEL,
    LIPID_REPORT, LOW_BACK_PAIN, LongTerm, MMR_VACCINE, Measure, MedicationRequest, NEVER_SMOKED,
    PARACETAMOL, PEANUT_ALLERGY, PENICILLIN_ALLERGY, PNEUMOCOCCAL_VACCINE, PREDNISOLONE, Reference,
    SEEN_AT_HOME, SEEN_IN_SURGERY, SHINGLES_VACCINE, SMOKER, SMOKING, SORE_THROAT, TELEPHONE_CONSULTATION,
    UPPER_RESPIRATORY_INFECTION, URINARY_INFECTION, Value, WEIGHT,
};
use crate::population::Person;

/// What passes, and what is given for it.
const PASSING: &[(Concept, Concept)] = &[
    (UPPER_RESPIRATORY_INFECTION, PARACETAMOL),
    (URINARY_INFECTION, AMOXICILLIN),
    (LOW_BACK_PAIN, CO_CODAMOL),
    (SORE_THROAT, AMOXICILLIN),
    (ECZEMA, PREDNISOLONE),
];

/// Writes the visits.
pub(super) fn fill(chart: &mut Chart<'_>, person: &Person) {
    let visits = visit_times(chart, person);
    let last = visits.len() - 1;
    let mut open: Vec<&(&'static LongTerm, Moment)> = person.conditions.iter().collect();
    let mut known: Vec<&'static LongTerm> = Vec::new();
    for (at, number) in visits.into_iter().zip(0..) {
        let encounter = visit(chart, person, at);
        if number == 0 {
            allergies(chart, at);
        }
        let (due, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(_, onset)| *onset <= at || number == last);
        open = rest;
        for (condition, onset) in due {
            diagnose(chart, condition, (*onset).min(at), at, encounter);
            known.push(condition);
        }
        review(chart, person, &known, at, encounter);
        prescribe(chart, &known, at, encounter);
        pass(chart, at, encounter);
        vaccinate(chart, person, at, encounter);
        chart.pause();
    }
}

fn visit_times(chart: &mut Chart<'_>, person: &Person) -> Vec<Moment> {
    let conditions = i64::try_from(person.conditions.len()).unwrap_or_default();
    let visits = if person.age == 0 { 3 } else { (7 + person.age / 14 + conditions * 2).min(26) };
    let days = (person.until().0 - person.from().0) / DAY - 1;
    let mut times: Vec<Moment> = (0..visits)
        .map(|_| {
            let minutes = chart.random.between(8 * 60, 18 * 60);
            let day = chart.random.between(1, days.max(1));
            Moment((person.from().0 / DAY + day) * DAY + minutes * MINUTE)
        })
        .collect();
    times.sort_unstable();
    times
}

fn visit(chart: &mut Chart<'_>, person: &Person, at: Moment) -> Reference {
    let (class, kind) = match chart.random.below(100) {
        0..62 => (EncounterClass::Ambulatory, SEEN_IN_SURGERY),
        62..94 => (EncounterClass::Virtual, TELEPHONE_CONSULTATION),
        _ => (EncounterClass::Home, SEEN_AT_HOME),
    };
    let mut encounter = Encounter::new(class, kind, (at, at.plus(chart.random.between(6, 20) * MINUTE)));
    encounter.practitioner = chart.practitioner();
    encounter.location = Some(1);
    if chart.random.chance(120) {
        let phone = person.mobile.as_deref().unwrap_or("the number on file");
        encounter.reason_text = Some(format!("{} asks for a call back on {phone}", chart.full_name()));
    }
    chart.add(&encounter)
}

fn diagnose(
    chart: &mut Chart<'_>,
    condition: &'static LongTerm,
    onset: Moment,
    at: Moment,
    encounter: Reference,
) {
    let text =
        chart.random.chance(250).then(|| format!("{} – {}", condition.snomed.display, chart.full_name()));
    chart.diagnose(&Condition {
        codings: [condition.snomed],
        text,
        problem: true,
        onset,
        abated: None,
        recorded: at.plus(8 * MINUTE),
        encounter,
    });
}

/// Measures what is due, more of it where there are conditions to watch.
fn review(
    chart: &mut Chart<'_>,
    person: &Person,
    known: &[&'static LongTerm],
    at: Moment,
    encounter: Reference,
) {
    let has = |code: &str| known.iter().any(|condition| condition.snomed.code == code);
    let at = at.plus(3 * MINUTE);
    if person.age >= 16 && chart.random.chance(480) {
        chart.measure_pressure(at, encounter, if has("38341003") { 144 } else { 126 });
    }
    if chart.random.chance(if person.age < 5 { 600 } else { 220 }) {
        body(chart, person, has("414916001"), at, encounter);
    }
    if person.age >= 16 && chart.random.chance(130) {
        let answers = [NEVER_SMOKED, NEVER_SMOKED, EX_SMOKER, SMOKER];
        let answer = answers[(person.index % 4) as usize];
        chart.observe_value(&SMOKING, Value::Coded(answer), at, encounter);
    }
    if has("44054006") && chart.random.chance(450) {
        let value = chart.random.about(60, 24);
        chart.observe_value(&HBA1C, Value::Number(value), at, encounter);
    } else if person.age > 40 && chart.random.chance(70) {
        let value = chart.random.about(38, 7);
        chart.observe_value(&HBA1C, Value::Number(value), at, encounter);
    }
    let busy = if known.is_empty() { 60 } else { 260 };
    if person.age >= 16 && chart.random.chance(busy) {
        report(chart, KIDNEY_REPORT, KIDNEY_PANEL, at, encounter);
    }
    if person.age >= 16 && chart.random.chance(busy / 2) {
        report(chart, BLOOD_COUNT_REPORT, BLOOD_COUNT, at, encounter);
    }
    if person.age >= 40 && chart.random.chance(busy / 2) {
        report(chart, LIPID_REPORT, LIPID_PANEL, at, encounter);
    }
}

/// Height, weight and the index of both; children are weighed only.
fn body(chart: &mut Chart<'_>, person: &Person, obese: bool, at: Moment, encounter: Reference) {
    if person.age < 16 {
        let tenths = if person.age == 0 { 36 } else { 90 + person.age * 27 };
        let value = chart.random.about(tenths, tenths / 6);
        chart.observe_value(&WEIGHT, Value::Number(value), at, encounter);
        return;
    }
    let height = chart.random.about(HEIGHT.mean, HEIGHT.spread);
    let index = if obese { chart.random.about(345, 40) } else { chart.random.about(253, 45) };
    chart.observe_value(&HEIGHT, Value::Number(height), at, encounter);
    chart.observe_value(&WEIGHT, Value::Number(index * height * height / 10_000), at, encounter);
    chart.observe_value(&BMI, Value::Number(index), at, encounter);
}

/// Results and the report that gathers them.
pub(super) fn report(
    chart: &mut Chart<'_>,
    code: Concept,
    panel: &'static [&'static Measure],
    at: Moment,
    encounter: Reference,
) {
    let results = panel.iter().map(|measure| chart.measure(measure, at, encounter)).collect();
    let conclusion =
        chart.random.chance(150).then(|| format!("Normal. {} to be told by letter.", chart.full_name()));
    chart.add(&DiagnosticReport { code, at, encounter, results, conclusion });
}

fn prescribe(chart: &mut Chart<'_>, known: &[&'static LongTerm], at: Moment, encounter: Reference) {
    for condition in known {
        if let Some(medicine) = condition.medicine
            && chart.random.chance(330)
        {
            let requester = chart.practitioner();
            let instruction = "One to be taken each day as directed".to_owned();
            let at = at.plus(7 * MINUTE);
            chart.add(&MedicationRequest { medicine, at, active: true, encounter, requester, instruction });
        }
    }
}

/// Something that passes, in one visit of four.
fn pass(chart: &mut Chart<'_>, at: Moment, encounter: Reference) {
    if !chart.random.chance(240) {
        return;
    }
    let (found, medicine) = *chart.random.pick(PASSING);
    chart.diagnose(&Condition {
        codings: [found],
        text: None,
        problem: false,
        onset: at.plus(-3 * DAY),
        abated: Some(at.plus(9 * DAY)),
        recorded: at.plus(6 * MINUTE),
        encounter,
    });
    if chart.random.chance(600) {
        let requester = chart.practitioner();
        let instruction = format!("For {}: one three times a day for a week", chart.full_name());
        let at = at.plus(7 * MINUTE);
        chart.add(&MedicationRequest { medicine, at, active: false, encounter, requester, instruction });
    }
}

fn vaccinate(chart: &mut Chart<'_>, person: &Person, at: Moment, encounter: Reference) {
    if !chart.random.chance(170) {
        return;
    }
    let vaccine = match person.age {
        0 => return,
        1..12 => *chart.random.pick(&[MMR_VACCINE, INFLUENZA_VACCINE]),
        12..65 => *chart.random.pick(&[INFLUENZA_VACCINE, COVID_FIRST_DOSE, COVID_SECOND_DOSE]),
        _ => *chart.random.pick(&[
            INFLUENZA_VACCINE,
            PNEUMOCOCCAL_VACCINE,
            SHINGLES_VACCINE,
            COVID_SECOND_DOSE,
        ]),
    };
    let lot = format!("L{:05}", chart.random.below(100_000));
    chart.add(&Immunization { vaccine, at: at.plus(5 * MINUTE), encounter, lot });
}

fn allergies(chart: &mut Chart<'_>, at: Moment) {
    if !chart.random.chance(120) {
        return;
    }
    let known =
        [(PENICILLIN_ALLERGY, "medication"), (PEANUT_ALLERGY, "food"), (LATEX_ALLERGY, "environment")];
    let (code, category) = *chart.random.pick(&known);
    let note = chart.random.chance(400).then(|| format!("{} carries a card.", chart.full_name()));
    chart.add(&AllergyIntolerance { code, category, at, note });
}
