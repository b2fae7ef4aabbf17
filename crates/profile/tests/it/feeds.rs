//! Days of a provider, made of what `simulate` says of its patients: each day some of the visits, with times of that day.

use fhir::json::{Object, Value, parse};
use model::Timestamp;
use profile::feed::{FeedProfile, Observer};
use simulate::{Request, Simulation};
use std::collections::BTreeMap;

/// The first day of all feeds, a Monday, in days since 1970.
const FIRST_DAY: i64 = 20_576;
/// Four weeks before the day that is looked at.
pub(crate) const DAYS_BEFORE: i64 = 28;

/// What stands for a time of the visit.
const TIME: &str = "@time@";

const TIMES: &[&str] =
    &["effectiveDateTime", "issued", "recordedDate", "authoredOn", "occurrenceDateTime", "performedDateTime"];
const PERIODS: &[&str] = &["period", "performedPeriod", "effectivePeriod"];

/// Chance, the same on every run (splitmix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 up to 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Bell-shaped, of mean 0 and deviation 1.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// A provider's patients, visit by visit: texts of resources, cut where the times go.
pub(crate) struct Pool {
    visits: Vec<Vec<Vec<String>>>,
    seed: u64,
}

/// What becomes of a resource.
pub(crate) type Edit<'c> = dyn Fn(&mut Object<'_>, &mut Chance) -> Sent + 'c;

/// What is different on the day that is looked at.
pub(crate) struct Day<'c> {
    /// How many times as many visits.
    pub(crate) volume: f64,
    /// How many times as long resources of a type take to come.
    pub(crate) delay: &'c dyn Fn(&str) -> f64,
    /// What becomes of resources.
    pub(crate) edit: Option<&'c Edit<'c>>,
}

/// What is sent of a resource.
pub(crate) enum Sent {
    Whole,
    Nothing,
    /// With another besides.
    And(String),
}

impl Day<'_> {
    /// Nothing is different.
    pub(crate) const USUAL: Day<'static> = Day { volume: 1.0, delay: &|_| 1.0, edit: None };
}

impl Pool {
    pub(crate) fn new(seed: u64, provider: &str) -> Self {
        let mut visits = Vec::new();
        for message in Simulation::new(seed, 250).messages() {
            if let Request::Bundle(bundle) = &message.request
                && message.source.as_str() == provider
            {
                visits.extend(visits_of(bundle));
            }
        }
        assert!(visits.len() > 30, "{provider}: {}", visits.len());
        Self { visits, seed }
    }

    /// Only the visits of whose resources one has this text.
    pub(crate) fn with(mut self, text: &str) -> Self {
        self.visits.retain(|visit| visit.iter().any(|parts| parts.iter().any(|part| part.contains(text))));
        self
    }

    /// The four weeks before, with about so many visits a working day.
    pub(crate) fn before(&self, visits: f64) -> Vec<FeedProfile> {
        (0..DAYS_BEFORE).map(|day| self.day(day, visits, &Day::USUAL)).collect()
    }

    /// A day with about so many visits; fewer at weekends, and never the same number.
    pub(crate) fn day(&self, day: i64, visits: f64, how: &Day<'_>) -> FeedProfile {
        let mut chance = Chance::new(self.seed.wrapping_mul(1000).wrapping_add(day as u64));
        let weekend = if day % 7 >= 5 { 0.35 } else { 1.0 };
        let visits = visits * weekend * how.volume * (chance.bell() * 0.08).exp();
        let mut observer = Observer::new();
        for _ in 0..visits.round() as usize {
            let visit = &self.visits[(chance.share() * self.visits.len() as f64) as usize];
            let second = 8.0 * 3600.0 + chance.share() * 10.0 * 3600.0;
            let received = Timestamp((FIRST_DAY + day) * 86_400_000 + (second * 1000.0) as i64);
            // Half of what is sent is two hours old.
            let delay = 7200.0 * (chance.bell() * 0.7).exp();
            for parts in visit {
                send(&mut observer, parts, (received, delay), how, &mut chance);
            }
        }
        observer.finish()
    }
}

fn send(
    observer: &mut Observer,
    parts: &[String],
    (received, delay): (Timestamp, f64),
    how: &Day<'_>,
    chance: &mut Chance,
) {
    let kind = type_of(parts);
    let delay = delay * (how.delay)(kind);
    let time = received.plus_ms(-(delay * 1000.0) as i64).to_string();
    let mut text = parts.join(&time);
    if let Some(edit) = how.edit {
        let mut resource = parse(text.as_bytes()).unwrap().into_owned();
        match edit(resource.as_object_mut().unwrap(), chance) {
            Sent::Whole => {}
            Sent::Nothing => return,
            Sent::And(other) => observer.see(other.as_bytes(), received),
        }
        text = String::from_utf8(resource.to_canonical()).unwrap();
    }
    observer.see(text.as_bytes(), received);
}

fn type_of(parts: &[String]) -> &str {
    let from = parts.iter().find_map(|part| part.split_once("\"resourceType\":\"")).unwrap().1;
    from.split('"').next().unwrap()
}

/// The resources of a Bundle by encounter, each encounter with the Patient in front.
fn visits_of(bundle: &[u8]) -> Vec<Vec<Vec<String>>> {
    let bundle = parse(bundle).unwrap();
    let mut patient = None;
    let mut visits: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for entry in bundle.get("entry").and_then(Value::as_array).unwrap_or_default() {
        let mut resource = entry.get("resource").unwrap().clone();
        let text = |value: Option<&Value<'_>>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = text(resource.get("resourceType"));
        let encounter = match kind.as_str() {
            "Encounter" => format!("Encounter/{}", text(resource.get("id"))),
            "Patient" => String::new(),
            _ => {
                text(resource.get("encounter").or(resource.get("context")).and_then(|of| of.get("reference")))
            }
        };
        let parts = cut(&mut resource);
        if kind == "Patient" {
            patient = Some(parts);
        } else if !encounter.is_empty() {
            visits.entry(encounter).or_default().push(parts);
        }
    }
    let with_patient = |visit| patient.iter().cloned().chain(visit).collect();
    visits.into_values().map(with_patient).collect()
}

/// The text of a resource, cut where its times were.
fn cut(resource: &mut Value<'_>) -> Vec<String> {
    let members = resource.as_object_mut().unwrap();
    for name in TIMES {
        if let Some(time) = members.get_mut(name) {
            *time = Value::from(TIME);
        }
    }
    for name in PERIODS {
        for end in ["start", "end"] {
            if let Some(time) =
                members.get_mut(name).and_then(Value::as_object_mut).and_then(|period| period.get_mut(end))
            {
                *time = Value::from(TIME);
            }
        }
    }
    let text = String::from_utf8(resource.to_canonical()).unwrap();
    text.split(TIME).map(str::to_owned).collect()
}
