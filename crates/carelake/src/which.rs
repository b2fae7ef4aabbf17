//! Which records of the trail are looked for, whoever asks.

use audit::{Filter, ReadError, Record};
use model::{AuditEntity, AuditOutcome, Timestamp};
use object_store::ObjectStore;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

/// What is asked for, looked at record by record.
pub(crate) struct Which {
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// What was done; `*` at the end stands for anything.
    pub(crate) action: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) outcome: Option<AuditOutcome>,
    /// About one of these, by pseudonym.
    pub(crate) patients: Option<BTreeSet<String>>,
}

impl Which {
    /// What can be told of a record by its time and its bytes.
    pub(crate) fn filter(&self) -> Filter {
        let mut mention = Vec::new();
        // Neither is escaped where it has no characters that JSON escapes.
        mention.extend(self.actor.iter().map(|actor| json!(actor).to_string()));
        if let Some(patients) = &self.patients
            && let (Some(patient), 1) = (patients.first(), patients.len())
        {
            mention.push(json!(format!("Patient/{patient}")).to_string());
        }
        Filter { from: self.from, until: self.until, outcome: self.outcome, mention }
    }

    pub(crate) fn takes(&self, record: &Record) -> bool {
        let event = &record.event;
        let action = |wanted: &String| match wanted.strip_suffix('*') {
            Some(beginning) => event.action.starts_with(beginning),
            None => event.action == *wanted,
        };
        self.action.as_ref().is_none_or(action)
            && self.actor.as_ref().is_none_or(|actor| event.actor == *actor)
            && self.outcome.is_none_or(|outcome| event.outcome == outcome)
            && self
                .patients
                .as_ref()
                .is_none_or(|patients| patients_in(record).any(|one| patients.contains(one)))
    }

    /// The newest so many, the newest first; of the same moment, in the order of writers.
    pub(crate) async fn newest(
        self,
        trail: &Arc<dyn ObjectStore>,
        limit: usize,
    ) -> Result<Vec<Record>, ReadError> {
        audit::newest(trail, self.filter(), limit, move |record| self.takes(record)).await
    }
}

/// The patients that a record is about, by pseudonym.
pub(crate) fn patients_in(record: &Record) -> impl Iterator<Item = &str> {
    record.event.about.iter().filter_map(|about| match about {
        AuditEntity::Patient(pseudonym) => Some(pseudonym.as_str()),
        _ => None,
    })
}
