//! NHS 111: telephone triage.

use super::Chart;
use crate::calendar::MINUTE;
use crate::clinical::{
    Encounter, EncounterClass, OUTCOME_AMBULANCE, OUTCOME_GP, OUTCOME_URGENT_CARE, TELEPHONE_TRIAGE,
    TRIAGE_OUTCOME, Value,
};
use crate::population::Person;

/// Writes the calls.
pub(super) fn fill(chart: &mut Chart<'_>, person: &Person) {
    for pathway in &person.pathways {
        let end = pathway.call.plus(chart.random.between(6, 17) * MINUTE);
        let outcome = match pathway.stages {
            1 if chart.random.chance(500) => OUTCOME_GP,
            1 => OUTCOME_URGENT_CARE,
            _ => OUTCOME_AMBULANCE,
        };
        let text = chart.random.chance(300).then(|| {
            let word = pathway.complaint.symptom.display.to_lowercase();
            format!("{} rang about {word}", chart.full_name())
        });
        let mut encounter = Encounter::new(EncounterClass::Virtual, TELEPHONE_TRIAGE, (pathway.call, end));
        encounter.reason = Some(pathway.complaint.symptom);
        encounter.reason_text = text;
        encounter.practitioner = chart.practitioner();
        encounter.location = Some(1);
        encounter.outcome = Some(outcome);
        let encounter = chart.add(&encounter);
        chart.observe_value(&TRIAGE_OUTCOME, Value::Coded(outcome), end, encounter);
        chart.pause();
    }
}
