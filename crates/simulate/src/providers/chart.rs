//! A person's chart at one provider while it is written: ids, Bundles, and what is sent later.

use super::directory::write_request;
use super::registration::Registration;
use super::staff::STAFF;
use super::{Provider, ProviderKind};
use crate::calendar::Moment;
use crate::clinical::{About, Condition, Measure, Observation, Reference, Resource, SNOMED, Value};
use crate::json::Json;
use crate::message::{Expected, Message, Request};
use crate::population::Person;
use crate::random::{Random, scatter};
use crate::truth::Tally;

pub(super) const BUNDLE_START: &str = r#"{"resourceType":"Bundle","type":"transaction","entry":["#;
pub(super) const BUNDLE_END: &str = "]}";

/// A Bundle is ended at the next encounter once it has this many entries.
const ENTRIES_ENOUGH: u32 = 120;

/// How many in a thousand Observations and Conditions are corrected later.
const CORRECTED_PERMILLE: u32 = 20;

/// How many in a thousand are sent once more as they are.
const RESENT_PERMILLE: u32 = 3;

/// Of what a chart says, what the truth needs once it is closed.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) kind: ProviderKind,
    /// Whether its last version has the person's own number, verified.
    pub(crate) linked: bool,
    /// SNOMED CT codes on its problem list.
    pub(crate) problems: Vec<&'static str>,
}

/// A person's chart at one provider.
#[derive(Debug)]
pub(crate) struct Chart<'a> {
    provider: &'a Provider,
    about: About,
    json: Json,
    entries: u32,
    next_number: u32,
    kept: Kept,
    bundles: Vec<Message>,
    later: Vec<Message>,
    tally: &'a mut Tally,
    /// The chart's own chance.
    pub(crate) random: Random,
}

impl<'a> Chart<'a> {
    /// Opens the chart with the Patient resource. Its later versions will be sent at the end.
    pub(crate) fn open(provider: &'a Provider, person: &Person, seed: u64, tally: &'a mut Tally) -> Self {
        let ordinal = provider.kind.ordinal();
        let mut random = Random::new(seed, u64::from(person.index) * 8 + ordinal);
        let versions = Registration::versions(provider.kind, person, seed, &mut random);
        let linked = versions.last().is_some_and(Registration::is_linked);
        // The key differs in its low bits only, so that providers use the same ids for different people.
        let tag = format!("{:08x}", scatter(seed.rotate_left(17) ^ ordinal, person.index));
        let mut chart = Self {
            provider,
            about: About { tag, full_name: person.full_name() },
            json: Json::begun_with(BUNDLE_START, 96 * 1024),
            entries: 0,
            next_number: 0,
            kept: Kept { kind: provider.kind, linked, problems: Vec::new() },
            bundles: Vec::new(),
            later: Vec::new(),
            tally,
            random,
        };
        *chart.tally.truth.records_per_provider.entry(provider.source.clone()).or_default() += 1;
        let patient_id = chart.about.patient_id();
        chart.tally.note(|truth| &mut truth.record_ids, || patient_id.clone());
        for (version, number) in versions.iter().zip(0..) {
            version.note_words(chart.tally);
            if number == 0 {
                chart.write_entry(version, &patient_id);
            } else {
                chart.put_later(version, patient_id.clone(), false);
            }
        }
        chart
    }

    /// Adds a resource and says how to refer to it.
    pub(crate) fn add<R: Resource>(&mut self, resource: &R) -> Reference {
        self.next_number += 1;
        let reference = Reference { resource_type: R::TYPE, number: self.next_number };
        let id = self.about.id(reference);
        self.write_entry(resource, &id);
        reference
    }

    /// Adds an observation, which may be corrected or sent again later.
    pub(crate) fn observe(&mut self, observation: &Observation) -> Reference {
        let reference = self.add(observation);
        if self.random.chance(CORRECTED_PERMILLE) {
            let corrected = observation.corrected(&mut self.random);
            self.put_later(&corrected, self.about.id(reference), false);
        } else if self.random.chance(RESENT_PERMILLE) {
            self.put_later(observation, self.about.id(reference), true);
        }
        reference
    }

    /// Adds a condition, which may be corrected later.
    pub(crate) fn diagnose(&mut self, condition: &Condition) -> Reference {
        let reference = self.add(condition);
        let coding = condition.codings[0];
        if condition.problem && coding.system == SNOMED {
            self.kept.problems.push(coding.code);
        }
        if self.random.chance(CORRECTED_PERMILLE) {
            let corrected = condition.corrected(&mut self.random);
            self.put_later(&corrected, self.about.id(reference), false);
        }
        reference
    }

    /// Adds a measurement with a likely value, as one of `encounter`.
    pub(crate) fn measure(
        &mut self,
        measure: &'static Measure,
        at: Moment,
        encounter: Reference,
    ) -> Reference {
        let value = self.random.about(measure.mean, measure.spread).max(0);
        // Shares are never above a hundred, and a coma score never above fifteen.
        let most = match measure.ucum {
            "%" => 100,
            "{score}" => 27.min(measure.mean + measure.spread),
            _ => i64::MAX,
        };
        self.observe_value(measure, Value::Number(value.min(most)), at, encounter)
    }

    /// Adds a blood pressure.
    pub(crate) fn measure_pressure(
        &mut self,
        at: Moment,
        encounter: Reference,
        systolic_mean: i64,
    ) -> Reference {
        let systolic = self.random.about(systolic_mean, 26);
        let diastolic = self.random.about(systolic_mean * 3 / 5, 14).min(systolic - 15);
        self.observe_value(
            &crate::clinical::BLOOD_PRESSURE,
            Value::Pressure(systolic, diastolic),
            at,
            encounter,
        )
    }

    /// Adds an observation whose value is given. Now and then somebody notes more than they should.
    pub(crate) fn observe_value(
        &mut self,
        measure: &'static Measure,
        value: Value,
        at: Moment,
        encounter: Reference,
    ) -> Reference {
        let observation = self.observation(measure, value, at, encounter);
        self.observe(&observation)
    }

    /// Sends an observation by itself and without an id, after the chart's Bundles.
    pub(crate) fn post_later(&mut self, measure: &'static Measure, at: Moment, encounter: Reference) {
        let value = Value::Number(measure.mean);
        let observation = self.observation(measure, value, at, encounter);
        let body = self.whole(&observation, None);
        self.tally.created(Observation::TYPE);
        let request = Request::Post { resource_type: Observation::TYPE, body };
        self.send_later(request, Expected::Accepted { created: 1, updated: 0, unchanged: 0 });
    }

    /// Ends the Bundle if it is long enough. Called between encounters.
    pub(crate) fn pause(&mut self) {
        if self.entries >= ENTRIES_ENOUGH {
            self.end_bundle();
        }
    }

    /// A member of staff.
    pub(crate) fn practitioner(&mut self) -> u32 {
        1 + self.random.below(STAFF)
    }

    /// The name that staff type where they should not.
    pub(crate) fn full_name(&self) -> &str {
        &self.about.full_name
    }

    /// Ends the chart: appends its messages to `out` and says what the truth needs.
    pub(crate) fn close(mut self, out: &mut Vec<Message>) -> Kept {
        self.end_bundle();
        out.append(&mut self.bundles);
        out.append(&mut self.later);
        self.kept
    }

    fn observation(
        &mut self,
        measure: &'static Measure,
        value: Value,
        at: Moment,
        encounter: Reference,
    ) -> Observation {
        let note =
            self.random.chance(40).then(|| format!("Discussed with {}, who is content.", self.full_name()));
        Observation { measure, value, at, encounter, performer: self.practitioner(), note, corrected: false }
    }

    fn write_entry<R: Resource>(&mut self, resource: &R, id: &str) {
        let about = &self.about;
        self.json.item(|json| {
            json.object("resource", |json| resource.write_whole(json, about, Some(id)));
            write_request(json, R::TYPE, id);
        });
        self.entries += 1;
        self.tally.created(R::TYPE);
    }

    fn whole<R: Resource>(&self, resource: &R, id: Option<&str>) -> Vec<u8> {
        let mut json = Json::with_capacity(1536);
        json.item(|json| resource.write_whole(json, &self.about, id));
        json.into_bytes()
    }

    fn put_later<R: Resource>(&mut self, resource: &R, id: String, unchanged: bool) {
        let body = self.whole(resource, Some(&id));
        let (updated, unchanged) = if unchanged { (0, 1) } else { (1, 0) };
        self.tally.truth.updates += u64::from(updated);
        self.tally.truth.unchanged += u64::from(unchanged);
        let request = Request::Put { resource_type: R::TYPE, id, body };
        self.send_later(request, Expected::Accepted { created: 0, updated, unchanged });
    }

    fn send_later(&mut self, request: Request, expected: Expected) {
        self.later.push(Message { source: self.provider.source.clone(), request, expected, resources: 1 });
    }

    fn end_bundle(&mut self) {
        if self.entries == 0 {
            return;
        }
        let next = Json::begun_with(BUNDLE_START, 96 * 1024);
        let body = std::mem::replace(&mut self.json, next).ended_with(BUNDLE_END);
        let created = std::mem::take(&mut self.entries);
        self.bundles.push(Message {
            source: self.provider.source.clone(),
            request: Request::Bundle(body),
            expected: Expected::Accepted { created, updated: 0, unchanged: 0 },
            resources: created,
        });
    }
}
