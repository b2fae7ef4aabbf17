//! The mental-health trust: referral, scores over time, a plan.

use super::Chart;
use crate::calendar::{DAY, MINUTE};
use crate::clinical::{
    ANXIETY, CRISIS_PLAN, CarePlan, Concept, Condition, DEPRESSION, Encounter, EncounterClass, GAD7,
    MedicationRequest, PHQ9, SEEN_IN_MEMORY_CLINIC, SEEN_IN_MENTAL_HEALTH, SERTRALINE,
};
use crate::population::Person;

/// Writes the contacts, scores and plan.
pub(super) fn fill(chart: &mut Chart<'_>, person: &Person) {
    let dementia = person.conditions.iter().find(|(condition, _)| condition.snomed.code == "52448006");
    let concern: Concept = match dementia {
        Some((condition, _)) => condition.snomed,
        None if person.has(DEPRESSION.code) => DEPRESSION,
        None => ANXIETY,
    };
    let kind = if dementia.is_some() { SEEN_IN_MEMORY_CLINIC } else { SEEN_IN_MENTAL_HEALTH };
    let contacts = chart.random.between(3, 9);
    let days = ((person.until().0 - person.from().0) / DAY - contacts * 30).max(1);
    let mut start =
        person.from().plus(chart.random.between(0, days) * DAY + chart.random.between(540, 960) * MINUTE);
    for contact in 0..contacts {
        let class = if chart.random.chance(200) { EncounterClass::Home } else { EncounterClass::Ambulatory };
        let mut encounter = Encounter::new(class, kind, (start, start.plus(50 * MINUTE)));
        encounter.practitioner = chart.practitioner();
        encounter.location = Some(1);
        let encounter = chart.add(&encounter);
        if contact == 0 {
            let text = format!("{} – referred by GP, {}", concern.display, chart.full_name());
            let author = chart.practitioner();
            let condition = Condition {
                codings: [concern],
                text: Some(text),
                problem: true,
                onset: start.plus(-200 * DAY).max(person.birth),
                abated: None,
                recorded: start.plus(45 * MINUTE),
                encounter,
            };
            let concern = chart.diagnose(&condition);
            let activity = format!("Ring {} each Tuesday; sister may be told.", chart.full_name());
            chart.add(&CarePlan { category: CRISIS_PLAN, from: start, encounter, author, concern, activity });
        }
        chart.measure(&PHQ9, start.plus(10 * MINUTE), encounter);
        chart.measure(&GAD7, start.plus(15 * MINUTE), encounter);
        if dementia.is_none() && chart.random.chance(350) {
            let requester = chart.practitioner();
            let instruction = "One to be taken each day".to_owned();
            let at = start.plus(40 * MINUTE);
            chart.add(&MedicationRequest {
                medicine: SERTRALINE,
                at,
                active: false,
                encounter,
                requester,
                instruction,
            });
        }
        chart.pause();
        start = start.plus(chart.random.between(12, 29) * DAY);
    }
}
