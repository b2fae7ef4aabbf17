//! `carelake audit query` and `export`: records by time, who, what and whom.

use crate::{
    cli::{ExportArgs, QueryArgs, WhichArgs},
    commands::sql,
    parts::Parts,
    screen,
};
use ::audit::{Filter, Record, records};
use anyhow::Context;
use arrow::{array::AsArray, compute::cast, datatypes::DataType};
use futures::TryStreamExt;
use keys::Zone;
use model::{AuditEntity, AuditOutcome, Timestamp};
use serde_json::json;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, BufWriter, Write},
    pin::pin,
};

/// What queries are for by which a patient is looked for.
pub(super) const DISCLOSURES: &str = "disclosures";

/// What is asked for, looked at record by record.
struct Which {
    filter: Filter,
    action: Option<String>,
    actor: Option<String>,
    outcome: Option<AuditOutcome>,
    patients: Option<BTreeSet<String>>,
}

/// Where a record stands among those of all writers.
type Place = (Timestamp, Reverse<(String, Reverse<u64>)>);

pub(super) async fn query(parts: &Parts, args: &QueryArgs, json: bool) -> anyhow::Result<()> {
    let which = Which::of(parts, &args.which).await?;
    parts.record("audit.query", AuditOutcome::Success, "audit", &told(&args.which)).await?;
    // The newest so many; of the same moment, in the order of writers and records.
    let mut newest: BTreeMap<Place, Record> = BTreeMap::new();
    let mut pages = pin!(records(parts.zone(Zone::Audit)?, which.filter.clone()));
    while let Some(page) = pages.try_next().await? {
        for record in page.into_iter().filter(|record| which.takes(record)) {
            let place = Reverse((record.writer.clone(), Reverse(record.index)));
            newest.insert((record.recorded, place), record);
            if newest.len() > args.limit {
                newest.pop_first();
            }
        }
    }
    let records = newest.into_values().rev();
    if json {
        records.for_each(|record| screen::say(in_json(&record).to_string()));
    } else {
        let rows: Vec<_> = records.map(|record| row(&record)).collect();
        screen::say(screen::table(&["time", "who", "what", "outcome", "on", "detail"], &rows));
    }
    Ok(())
}

pub(super) async fn export(parts: &Parts, args: &ExportArgs) -> anyhow::Result<()> {
    let which = Which::of(parts, &args.which).await?;
    parts.record("audit.export", AuditOutcome::Success, "audit", &told(&args.which)).await?;
    let mut out: Box<dyn Write> = match &args.output {
        Some(file) => Box::new(BufWriter::new(
            File::create(file).with_context(|| format!("create {}", file.display()))?,
        )),
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let mut count = 0_u64;
    let mut pages = pin!(records(parts.zone(Zone::Audit)?, which.filter.clone()));
    while let Some(page) = pages.try_next().await? {
        for record in page.iter().filter(|record| record.is_audit_event() && which.takes(record)) {
            if !is_read(writeln!(out, "{}", record.resource))? {
                return Ok(());
            }
            count += 1;
        }
    }
    is_read(out.flush())?;
    screen::note(format!("carelake: {} AuditEvents", screen::count(count)));
    Ok(())
}

/// Whether there is still somebody who reads. One that has gone away, such as `head`, is no error.
fn is_read(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// What a question about the trail is told as in the trail.
fn told(args: &WhichArgs) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    facts.extend(args.from.map(|from| ("from", from.to_string())));
    facts.extend(args.until.map(|until| ("until", until.to_string())));
    facts.extend(args.action.clone().map(|action| ("of_action", action)));
    facts.extend(args.actor.clone().map(|actor| ("of_actor", actor)));
    facts.extend(args.patient.clone().map(|patient| ("of_patient", patient)));
    facts.extend(args.person.clone().map(|person| ("of_person", person)));
    facts
}

impl Which {
    async fn of(parts: &Parts, args: &WhichArgs) -> anyhow::Result<Self> {
        let patients = match (&args.patient, &args.person) {
            (Some(patient), _) => Some(BTreeSet::from([patient.clone()])),
            (None, Some(person)) => Some(patients_of(parts, person).await?),
            (None, None) => None,
        };
        let mut mention = Vec::new();
        // Neither is escaped where it has no characters that JSON escapes.
        mention.extend(args.actor.iter().map(|actor| json!(actor).to_string()));
        mention.extend(args.patient.iter().map(|patient| json!(format!("Patient/{patient}")).to_string()));
        Ok(Self {
            filter: Filter { from: args.from, until: args.until, mention },
            action: args.action.clone(),
            actor: args.actor.clone(),
            outcome: args.outcome.map(AuditOutcome::from),
            patients,
        })
    }

    fn takes(&self, record: &Record) -> bool {
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
}

/// The patients that a record is about, by pseudonym.
pub(super) fn patients_in(record: &Record) -> impl Iterator<Item = &str> {
    record.event.about.iter().filter_map(|about| match about {
        AuditEntity::Patient(pseudonym) => Some(pseudonym.as_str()),
        _ => None,
    })
}

/// The patients that are linked to a person. The policies are asked for the table of links, and it is recorded.
pub(super) async fn patients_of(parts: &Parts, person: &str) -> anyhow::Result<BTreeSet<String>> {
    let query = format!("select patient from person_link where person = '{}'", person.replace('\'', "''"));
    let mut patients = BTreeSet::new();
    for batch in sql::ask_for(parts, &query, DISCLOSURES).await? {
        let column = cast(batch.column(0), &DataType::Utf8)?;
        patients.extend(column.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    if patients.is_empty() {
        anyhow::bail!("no patient is linked to such a person");
    }
    Ok(patients)
}

fn row(record: &Record) -> Vec<String> {
    let event = &record.event;
    let facts: Vec<_> = event.detail.iter().map(|(name, value)| format!("{name}={value}")).collect();
    vec![
        record.recorded.to_string(),
        event.actor.clone(),
        event.action.clone(),
        event.outcome.as_str().to_owned(),
        event.target.clone(),
        facts.join(" "),
    ]
}

pub(super) fn in_json(record: &Record) -> serde_json::Value {
    let event = &record.event;
    let tables: Vec<_> = event
        .about
        .iter()
        .filter_map(|about| match about {
            AuditEntity::Table { name, columns } => Some(json!({ "table": name, "columns": columns })),
            _ => None,
        })
        .collect();
    json!({
        "time": record.recorded.to_string(), "writer": record.writer, "index": record.index,
        "action": event.action, "actor": event.actor, "outcome": event.outcome.as_str(),
        "target": event.target, "detail": event.detail, "tables": tables,
        "address": event.network.as_ref().map(|network| &network.client),
        "patients": patients_in(record).collect::<Vec<_>>(),
    })
}
