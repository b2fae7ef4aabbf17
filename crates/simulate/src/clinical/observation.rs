//! Observations: one measurement or answer, as FHIR R4 has it.

use super::{About, Concept, Reference, Resource, resource, write_concept};
use crate::calendar::Moment;
use crate::json::Json;
use crate::random::Random;

/// Something that is measured, with the values it is likely to have.
#[derive(Debug)]
pub(crate) struct Measure {
    /// Its codes; most systems send one, some two.
    pub(crate) codings: &'static [Concept],
    /// The code of `observation-category`.
    pub(crate) category: &'static str,
    /// The unit as UCUM code.
    pub(crate) ucum: &'static str,
    /// Decimal places.
    pub(crate) places: u32,
    /// A usual value, in units of the last place.
    pub(crate) mean: i64,
    /// How far values stray from it.
    pub(crate) spread: i64,
}

/// What was found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    /// A number, in units of the measure's last place.
    Number(i64),
    /// Systolic and diastolic pressure in mmHg.
    Pressure(i64, i64),
    /// A coded answer.
    Coded(Concept),
}

/// One observation.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) measure: &'static Measure,
    pub(crate) value: Value,
    pub(crate) at: Moment,
    pub(crate) encounter: Reference,
    pub(crate) performer: u32,
    pub(crate) note: Option<String>,
    /// Whether it replaces an earlier version.
    pub(crate) corrected: bool,
}

impl Observation {
    /// The same observation as it is sent again after somebody saw that it was wrong.
    pub(crate) fn corrected(&self, random: &mut Random) -> Self {
        let value = match self.value {
            Value::Number(number) => Value::Number(number + 1 + random.between(0, self.measure.spread / 4)),
            Value::Pressure(systolic, diastolic) => {
                Value::Pressure(systolic + random.between(2, 9), diastolic)
            }
            coded @ Value::Coded(_) => coded,
        };
        Self { value, corrected: true, ..self.clone() }
    }

    fn write_value(&self, json: &mut Json) {
        match self.value {
            Value::Number(number) => write_quantity(json, self.measure, number),
            Value::Coded(concept) => {
                json.object("valueCodeableConcept", |json| {
                    write_concept(json, &[concept], Some(concept.display))
                });
            }
            Value::Pressure(systolic, diastolic) => json.array("component", |json| {
                for (measure, value) in [(&super::SYSTOLIC, systolic), (&super::DIASTOLIC, diastolic)] {
                    json.item(|json| {
                        json.object("code", |json| write_concept(json, measure.codings, None));
                        write_quantity(json, measure, value);
                    });
                }
            }),
        }
    }
}

impl Resource for Observation {
    const TYPE: &'static str = "Observation";

    fn write(&self, json: &mut Json, about: &About) {
        json.text("status", if self.corrected { "corrected" } else { "final" });
        json.array("category", |json| {
            json.item(|json| {
                json.array_of_one("coding", |json| {
                    json.text("system", "http://terminology.hl7.org/CodeSystem/observation-category");
                    json.text("code", self.measure.category);
                });
            });
        });
        json.object("code", |json| write_concept(json, self.measure.codings, None));
        about.write_subject(json, "subject");
        json.object("encounter", |json| about.write_reference(json, self.encounter));
        json.text("effectiveDateTime", &self.at.date_time());
        json.text("issued", &self.at.plus(240).date_time());
        json.array_of_one("performer", |json| {
            resource::write_directory(json, "Practitioner", self.performer)
        });
        self.write_value(json);
        if let Some(note) = &self.note {
            json.array_of_one("note", |json| json.text("text", note));
        }
    }
}

fn write_quantity(json: &mut Json, measure: &Measure, number: i64) {
    json.object("valueQuantity", |json| {
        json.decimal("value", number, measure.places);
        json.text("unit", measure.ucum);
        json.text("system", "http://unitsofmeasure.org");
        json.text("code", measure.ucum);
    });
}
