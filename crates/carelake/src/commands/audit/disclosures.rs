//! `carelake audit disclosures`: who sent, saw or received what about one patient.
//!
//! Who sent is told by raw, which keeps every row's source; who saw, by the trail: answers that named the patient, and
//! queries that read tables in which the patient stands, whoever they were about.

use super::records::{DISCLOSURES, in_json, patients_of};
use crate::{cli::DisclosureArgs, commands::sql::ask_for, parts::Parts, screen, which::patients_in};
use ::audit::{Filter, Record, records};
use arrow::{
    array::AsArray,
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use control::{CatalogTable, TableKind, TableVersion};
use futures::TryStreamExt;
use keys::Zone;
use model::{AuditEntity, AuditOutcome};
use serde_json::json;
use std::{collections::BTreeSet, pin::pin};

/// How a record concerns the patient.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Concerns {
    /// It names the patient.
    Named,
    /// It reads a table in which the patient stands.
    Among,
}

impl Concerns {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Among => "among others",
        }
    }
}

pub(super) async fn run(parts: &Parts, args: &DisclosureArgs, json: bool) -> anyhow::Result<()> {
    let patients = match (&args.patient, &args.person) {
        (Some(patient), _) => BTreeSet::from([patient.clone()]),
        (None, Some(person)) => patients_of(parts, person).await?,
        (None, None) => BTreeSet::new(),
    };
    let about = patients.iter().cloned().map(AuditEntity::Patient).collect();
    parts.record_about("audit.disclosures", AuditOutcome::Success, "audit", &[], about).await?;
    let (sent, standing) = sent(parts, &patients).await?;
    let mut seen = Vec::new();
    let filter = Filter { from: args.from, ..Filter::default() };
    let mut pages = pin!(records(parts.zone(Zone::Audit)?, filter));
    while let Some(page) = pages.try_next().await? {
        seen.extend(page.into_iter().filter_map(|record| {
            let how = concerns(&record, &patients, &standing)?;
            Some((how, record))
        }));
    }
    seen.sort_by_key(|(_, record)| record.recorded);
    if json {
        let mut lines = Vec::new();
        let mut writer = arrow::json::LineDelimitedWriter::new(&mut lines);
        sent.iter().try_for_each(|batch| writer.write(batch))?;
        writer.finish()?;
        screen::say(String::from_utf8_lossy(&lines).trim_end());
        for (how, record) in &seen {
            let mut line = in_json(record);
            line["concerns"] = json!(how.as_str());
            screen::say(line.to_string());
        }
        return Ok(());
    }
    screen::say("Who sent data about this patient:\n");
    screen::say(screen::rows(&sent)?);
    screen::say("\nWho saw or asked for data about this patient:\n");
    let rows: Vec<_> = seen.iter().map(|(how, record)| row(*how, record)).collect();
    screen::say(screen::table(&["time", "who", "role", "purpose", "what", "concerns", "tables"], &rows));
    Ok(())
}

/// A table in which patients stand.
struct Stands {
    name: String,
    /// The column that names them.
    column: &'static str,
    is_raw: bool,
}

impl Stands {
    fn of(table: &CatalogTable) -> Option<Self> {
        let TableVersion { table, kind, columns, .. } = &table.table;
        // Links are the custodian's; whoever looks for a person has read them already.
        if *kind == TableKind::Internal || table.schema == lake::sql::PUBLIC {
            return None;
        }
        let name = format!("{}.{}", table.schema, table.name);
        let names_them = columns.iter().any(|column| column.name == "patient");
        let column = match (names_them, name.as_str()) {
            (true, _) => "patient",
            (false, "view.patient") => "id",
            (false, _) => return None,
        };
        Some(Self { name, column, is_raw: table.schema == "raw" })
    }
}

/// What each source has sent, and the tables in which the patients stand.
async fn sent(
    parts: &Parts,
    patients: &BTreeSet<String>,
) -> anyhow::Result<(Vec<arrow::array::RecordBatch>, BTreeSet<String>)> {
    let snapshot = parts.control.snapshot(parts.control.published().await?).await?;
    let tables: Vec<Stands> = snapshot.iter().filter_map(Stands::of).collect();
    if tables.is_empty() {
        anyhow::bail!("nothing stands in the lake yet");
    }
    let listed: Vec<_> = patients.iter().map(|patient| marts::sql_text(patient)).collect();
    let listed = listed.join(", ");
    let mut standing = BTreeSet::new();
    let count = |Stands { name, column, .. }: &Stands| {
        format!(
            "select '{name}' as name, count(*) as rows from {name} where cast({column} as varchar) in ({listed})"
        )
    };
    for batch in ask_for(parts, &union(tables.iter().map(count)), DISCLOSURES).await? {
        let (tables, counts) =
            (cast(batch.column(0), &DataType::Utf8)?, batch.column(1).as_primitive::<Int64Type>());
        for (name, count) in tables.as_string::<i32>().iter().zip(counts) {
            standing.extend(name.filter(|_| count > Some(0)).map(str::to_owned));
        }
    }
    let raw = tables.iter().filter(|table| table.is_raw && standing.contains(&table.name));
    let by_source = raw.map(|Stands { name, column, .. }| {
        format!(
            "select source, '{name}' as \"table\", count(*) as resources, min(last_updated) as first, \
             max(last_updated) as last from {name} where cast({column} as varchar) in ({listed}) group by source"
        )
    });
    let by_source = union(by_source);
    if by_source.is_empty() {
        anyhow::bail!("nothing of such a patient stands in the lake");
    }
    let query = format!("select * from ({by_source}) as sent order by 1, 2");
    Ok((ask_for(parts, &query, DISCLOSURES).await?, standing))
}

fn union(queries: impl Iterator<Item = String>) -> String {
    queries.collect::<Vec<_>>().join(" union all ")
}

fn concerns(record: &Record, patients: &BTreeSet<String>, standing: &BTreeSet<String>) -> Option<Concerns> {
    if patients_in(record).any(|one| patients.contains(one)) {
        return Some(Concerns::Named);
    }
    // What reports like this one have asked.
    if record.event.detail.get("for").is_some_and(|what| what == DISCLOSURES) {
        return None;
    }
    let reads = record
        .event
        .about
        .iter()
        .any(|about| matches!(about, AuditEntity::Table { name, .. } if standing.contains(name)));
    (reads && record.event.outcome == AuditOutcome::Success).then_some(Concerns::Among)
}

fn row(how: Concerns, record: &Record) -> Vec<String> {
    let event = &record.event;
    let fact = |name: &str| event.detail.get(name).cloned().unwrap_or_default();
    let tables: Vec<_> = event
        .about
        .iter()
        .filter_map(|about| match about {
            AuditEntity::Table { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    vec![
        record.recorded.to_string(),
        event.actor.clone(),
        fact("role"),
        fact("purpose"),
        event.action.clone(),
        how.as_str().to_owned(),
        tables.join(" "),
    ]
}
