//! The ambulance service: on the way, on the scene, and to hospital or not.

use super::Chart;
use crate::calendar::MINUTE;
use crate::clinical::{
    AMBULANCE_ATTENDANCE, DISCHARGE_HOME, Encounter, EncounterClass, HEART_RATE, NEWS2, VITAL_SIGNS,
};
use crate::population::Person;

/// The hospital in the service's directory.
const HOSPITAL: u32 = 2;

/// Writes the attendances that 111 asked for.
pub(super) fn fill(chart: &mut Chart<'_>, person: &Person) {
    for pathway in person.pathways.iter().filter(|pathway| pathway.stages >= 2) {
        let dispatched = pathway.on_scene.plus(-chart.random.between(7, 16) * MINUTE);
        let period = (dispatched, pathway.ambulance_end);
        let mut encounter = Encounter::new(EncounterClass::Field, AMBULANCE_ATTENDANCE, period);
        encounter.arrived = Some(pathway.on_scene);
        encounter.reason = Some(pathway.complaint.symptom);
        encounter.practitioner = chart.practitioner();
        encounter.location = Some(1);
        if pathway.stages >= 3 {
            encounter.destination = Some(HOSPITAL);
        } else {
            encounter.outcome = Some(DISCHARGE_HOME);
        }
        let encounter = chart.add(&encounter);
        let at = pathway.on_scene.plus(4 * MINUTE);
        for measure in VITAL_SIGNS {
            chart.measure(measure, at, encounter);
        }
        chart.measure_pressure(at, encounter, 138);
        chart.measure(&NEWS2, at.plus(2 * MINUTE), encounter);
        if chart.random.chance(150) {
            chart.post_later(&HEART_RATE, pathway.ambulance_end, encounter);
        }
        chart.pause();
    }
}
