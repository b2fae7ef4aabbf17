//! `carelake sql`

use crate::{
    access::{Access, OPERATOR},
    asking,
    cli::{RowFormat, SqlArgs},
    parts::Parts,
    screen,
};
use anyhow::{Context as _, bail};
use arrow::{array::RecordBatch, csv, json};
use keys::Zone;
use lake::sql::Question;
use model::{AuditEntity, AuditOutcome, CommitSeq};
use policy::{Action, Resource, Table};
use std::{collections::BTreeSet, path::Path, time::Duration};

/// How long `--at-least` waits for its sequence.
const AT_LEAST_S: u64 = 60;

pub(super) async fn run(folder: &Path, args: &SqlArgs, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open(folder, "sql").await?;
    let answered = answer(&parts, args, json).await;
    parts.close().await?;
    let text = answered?;
    if !text.is_empty() {
        screen::say(text);
    }
    Ok(())
}

async fn answer(parts: &Parts, args: &SqlArgs, json: bool) -> anyhow::Result<String> {
    if let Some(seq) = args.at_least {
        wait(parts, CommitSeq(seq)).await?;
    }
    let query = match (&args.query, &args.saved) {
        (Some(query), _) => query.clone(),
        (None, name) => saved(parts, name.as_deref().unwrap_or_default()).await?,
    };
    let rows = ask(parts, &query).await?;
    let format = if json { RowFormat::Json } else { args.format };
    let mut out = Vec::new();
    match format {
        RowFormat::Table => out.extend(screen::rows(&rows)?.bytes()),
        RowFormat::Csv => {
            let mut writer = csv::Writer::new(&mut out);
            rows.iter().try_for_each(|batch| writer.write(batch))?;
        }
        RowFormat::Json => {
            let mut writer = json::LineDelimitedWriter::new(&mut out);
            rows.iter().try_for_each(|batch| writer.write(batch))?;
            writer.finish()?;
        }
    }
    Ok(String::from_utf8_lossy(&out).trim_end().to_owned())
}

/// The SQL of a question that was kept for everybody.
async fn saved(parts: &Parts, name: &str) -> anyhow::Result<String> {
    let found = parts.control.saved_query(OPERATOR, name).await?;
    let found = found.with_context(|| format!("nobody has kept a question `{name}` for everybody"))?;
    Ok(found.sql)
}

/// The rows that answer `query` at the newest sequence. No record, no answer: nobody sees them before the
/// record is durable that they were asked for.
pub(super) async fn ask(parts: &Parts, query: &str) -> anyhow::Result<Vec<RecordBatch>> {
    told(parts, query, Told::default()).await
}

/// The same, on behalf of another command.
pub(super) async fn ask_for(parts: &Parts, query: &str, what: &str) -> anyhow::Result<Vec<RecordBatch>> {
    let facts = vec![("for", what.to_owned())];
    told(parts, query, Told { facts, ..Told::default() }).await
}

async fn told(parts: &Parts, query: &str, mut told: Told) -> anyhow::Result<Vec<RecordBatch>> {
    let answered = rows(parts, query, &mut told).await;
    let outcome = if answered.is_ok() { AuditOutcome::Success } else { AuditOutcome::Refused };
    let Told { facts, about } = told;
    parts.record_about("sql", outcome, "query", &facts, about).await?;
    answered
}

/// What the audit trail is told of a query.
#[derive(Default)]
struct Told {
    facts: Vec<(&'static str, String)>,
    about: Vec<AuditEntity>,
}

impl Told {
    /// The words of the query without its values, and the columns that it reads.
    fn question(&mut self, question: Question) {
        self.facts.push(("statement", question.statement));
        self.about.extend(asking::tables(question.reads));
    }

    /// How much is answered, and the patients that the answer names, where they are few.
    fn answer(&mut self, batches: &[RecordBatch]) {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        self.facts.push(("rows", rows.to_string()));
        let (count, named) = asking::patients(batches);
        if count > 0 {
            self.facts.push(("patients", count.to_string()));
        }
        self.about.extend(named);
    }
}

async fn rows(parts: &Parts, query: &str, told: &mut Told) -> anyhow::Result<Vec<RecordBatch>> {
    let session = parts.reader()?.session(None).await?;
    let access = Access::read(&parts.control, parts.kind).await?;
    told.facts.extend(access.acting());
    told.facts.push(("sequence", session.seq().to_string()));
    let named = session.tables_named(query)?;
    for (schema, name) in &named {
        permit_some(parts, &access, (schema, name)).await?;
    }
    asking::complete(&session, &parts.control, parts.kind, parts.zone(Zone::Audit)?).await?;
    let planned = session.plan(query).await?;
    let mut policies = BTreeSet::new();
    for (table, columns) in asking::reads(&named, &planned.question) {
        policies.extend(parts.permit_columns(&access, Table::named(&table), &columns).await?);
    }
    told.facts.push(("policies", policies.into_iter().collect::<Vec<_>>().join(" ")));
    told.question(planned.question.clone());
    let rows = session.rows_of(planned).await?;
    told.answer(&rows);
    Ok(rows)
}

/// Refuses, before anything of a table is looked at, whoever may read neither it nor a column of it.
async fn permit_some(parts: &Parts, access: &Access, (schema, name): (&str, &str)) -> anyhow::Result<()> {
    let table = Table::of_sql(schema, name);
    let now = parts.clock.now();
    if access.allows(Action::SqlQuery, Resource::Table(table), now) {
        return Ok(());
    }
    let known = parts.control.table(schema, name).await?;
    let mut columns = known.iter().flat_map(|known| &known.table.columns);
    if columns.any(|column| access.allows(Action::SqlQuery, Resource::Column(table, &column.name), now)) {
        return Ok(());
    }
    parts.permit_by(access, Action::SqlQuery, Resource::Table(table)).await.map(drop)
}

async fn wait(parts: &Parts, seq: CommitSeq) -> anyhow::Result<()> {
    for _ in 0..AT_LEAST_S * 10 {
        if parts.control.published().await? >= seq {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!(
        "commit sequence {seq} was not published within {AT_LEAST_S} s; is a worker running (`carelake serve`)?"
    )
}
