//! `carelake sql`

use crate::{
    access::Access,
    cli::{RowFormat, SqlArgs},
    parts::Parts,
    screen,
};
use ::audit::records;
use anyhow::bail;
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array},
    csv, json,
};
use futures::TryStreamExt;
use keys::Zone;
use lake::sql::{PUBLIC, Session};
use model::{AuditOutcome, CommitSeq};
use policy::{Action, Resource, Table};
use std::{path::Path, sync::Arc, time::Duration};

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
    let rows = ask(parts, &args.query).await?;
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

/// The rows that answer `query` at the newest sequence. No record, no answer: nobody sees them before the
/// record is durable that they were asked for.
pub(super) async fn ask(parts: &Parts, query: &str) -> anyhow::Result<Vec<RecordBatch>> {
    let answered = rows(parts, query).await;
    let (outcome, rows) = match &answered {
        Ok(batches) => (AuditOutcome::Success, batches.iter().map(RecordBatch::num_rows).sum()),
        Err(_) => (AuditOutcome::Refused, 0),
    };
    parts.record("sql", outcome, "query", &[("rows", rows.to_string())]).await?;
    answered
}

async fn rows(parts: &Parts, query: &str) -> anyhow::Result<Vec<RecordBatch>> {
    let session = parts.reader()?.session(None).await?;
    let access = Access::read(&parts.control, parts.kind).await?;
    for (schema, name) in session.tables_named(query)? {
        let table = match schema.as_str() {
            PUBLIC => Table::bare(&name),
            schema => Table::new(schema, &name),
        };
        parts.permit_by(&access, Action::SqlQuery, Resource::Table(table)).await?;
    }
    add_catalog(parts, &session).await?;
    if query.to_ascii_lowercase().contains("audit") {
        add_audit(parts, &session).await?;
    }
    Ok(session.rows(query).await?)
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

/// `catalog.tables` and `catalog.columns`.
async fn add_catalog(parts: &Parts, session: &Session) -> anyhow::Result<()> {
    let mut tables = parts.control.snapshot(session.seq()).await?;
    tables.retain(|table| table.table.kind != control::TableKind::Internal);
    let text = |value: &dyn Fn(&control::CatalogTable) -> String| -> ArrayRef {
        Arc::new(tables.iter().map(|table| Some(value(table))).collect::<StringArray>())
    };
    let number = |value: &dyn Fn(&control::CatalogTable) -> Option<i64>| -> ArrayRef {
        Arc::new(tables.iter().map(value).collect::<Int64Array>())
    };
    let batch = RecordBatch::try_from_iter([
        ("table_schema", text(&|table| table.table.table.schema.clone())),
        ("table_name", text(&|table| table.table.table.name.clone())),
        ("kind", text(&|table| table.table.kind.as_str().to_owned())),
        ("description", text(&|table| table.table.description.clone())),
        ("stored_rows", number(&|table| Some(table.table.rows))),
        ("bytes", number(&|table| Some(table.table.bytes))),
        ("version", number(&|table| Some(table.table.version))),
        ("commit_seq", number(&|table| Some(table.seq.0))),
        ("made_from", number(&|table| table.table.made_from.map(|seq| seq.0))),
        ("home", text(&|_| parts.kind.as_str().to_owned())),
    ])?;
    session.add("catalog", "tables", vec![batch])?;
    let columns: Vec<_> = tables
        .iter()
        .flat_map(|table| table.table.columns.iter().map(move |column| (table, column)))
        .collect();
    let text = |value: &dyn Fn(&(&control::CatalogTable, &control::Column)) -> String| -> ArrayRef {
        Arc::new(columns.iter().map(|column| Some(value(column))).collect::<StringArray>())
    };
    let batch = RecordBatch::try_from_iter([
        ("table_schema", text(&|(table, _)| table.table.table.schema.clone())),
        ("table_name", text(&|(table, _)| table.table.table.name.clone())),
        ("column_name", text(&|(_, column)| column.name.clone())),
        ("data_type", text(&|(_, column)| column.data_type.clone())),
        ("description", text(&|(_, column)| column.description.clone())),
    ])?;
    session.add("catalog", "columns", vec![batch])?;
    Ok(())
}

/// `audit.records`.
async fn add_audit(parts: &Parts, session: &Session) -> anyhow::Result<()> {
    let pages: Vec<_> = records(parts.zone(Zone::Audit)?).try_collect().await?;
    let records: Vec<_> = pages.into_iter().flatten().collect();
    let text = |value: &dyn Fn(&::audit::Record) -> String| -> ArrayRef {
        Arc::new(records.iter().map(|record| Some(value(record))).collect::<StringArray>())
    };
    let times = records.iter().map(|record| Some(record.time.0)).collect::<TimestampMillisecondArray>();
    let batch = RecordBatch::try_from_iter([
        ("writer", text(&|record| record.writer.clone())),
        (
            "index",
            Arc::new(records.iter().map(|record| Some(record.index)).collect::<UInt64Array>()) as ArrayRef,
        ),
        ("time", Arc::new(times.with_timezone("UTC")) as ArrayRef),
        ("action", text(&|record| record.action.clone())),
        ("actor", text(&|record| record.actor.clone())),
        ("outcome", text(&|record| format!("{:?}", record.outcome).to_ascii_lowercase())),
        ("target", text(&|record| record.target.clone())),
        ("detail", text(&|record| record.detail.clone())),
    ])?;
    session.add("audit", "records", vec![batch])?;
    Ok(())
}
