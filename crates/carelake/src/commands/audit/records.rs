//! `carelake audit query` and `export`: records by time, who, what and whom.

use crate::{
    cli::{ExportArgs, QueryArgs, WhichArgs},
    commands::sql,
    parts::Parts,
    screen,
    which::{Which, patients_in},
};
use ::audit::{Record, records};
use anyhow::Context;
use arrow::{array::AsArray, compute::cast, datatypes::DataType};
use futures::TryStreamExt;
use keys::Zone;
use model::{AuditEntity, AuditOutcome};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufWriter, Write},
    pin::pin,
};

/// What queries are for by which a patient is looked for.
pub(super) const DISCLOSURES: &str = "disclosures";

pub(super) async fn query(parts: &Parts, args: &QueryArgs, json: bool) -> anyhow::Result<()> {
    let which = which(parts, &args.which).await?;
    parts.record("audit.query", AuditOutcome::Success, "audit", &told(&args.which)).await?;
    let records = which.newest(&parts.zone(Zone::Audit)?, args.limit).await?.into_iter();
    if json {
        records.for_each(|record| screen::say(in_json(&record).to_string()));
    } else {
        let rows: Vec<_> = records.map(|record| row(&record)).collect();
        screen::say(screen::table(&["time", "who", "what", "outcome", "on", "detail"], &rows));
    }
    Ok(())
}

pub(super) async fn export(parts: &Parts, args: &ExportArgs) -> anyhow::Result<()> {
    let which = which(parts, &args.which).await?;
    parts.record("audit.export", AuditOutcome::Success, "audit", &told(&args.which)).await?;
    let mut out: Box<dyn Write> = match &args.output {
        Some(file) => Box::new(BufWriter::new(
            File::create(file).with_context(|| format!("create {}", file.display()))?,
        )),
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let mut count = 0_u64;
    let mut pages = pin!(records(parts.zone(Zone::Audit)?, which.filter()));
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

async fn which(parts: &Parts, args: &WhichArgs) -> anyhow::Result<Which> {
    let patients = match (&args.patient, &args.person) {
        (Some(patient), _) => Some(BTreeSet::from([patient.clone()])),
        (None, Some(person)) => Some(patients_of(parts, person).await?),
        (None, None) => None,
    };
    Ok(Which {
        from: args.from,
        until: args.until,
        action: args.action.clone(),
        actor: args.actor.clone(),
        outcome: args.outcome.map(AuditOutcome::from),
        patients,
    })
}

/// The patients that are linked to a person. The policies are asked for the table of links, and it is recorded.
pub(super) async fn patients_of(parts: &Parts, person: &str) -> anyhow::Result<BTreeSet<String>> {
    let query = format!("select patient from person_link where person = {}", marts::sql_text(person));
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
