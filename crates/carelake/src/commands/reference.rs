//! `carelake reference`

use super::job::drive;
use crate::{
    access,
    cli::{LoadArgs, ReferenceCommand},
    parts::Parts,
    screen,
};
use anyhow::{Context, bail};
use control::{CatalogTable, Cause, NewJob, Queued, TableKind};
use lake::reference;
use marts::reference::{Layout, REFERENCE};
use model::AuditOutcome;
use policy::{Action, Resource, Table};
use std::path::Path;

/// How often a load is taken over whose worker has died.
const RETRIES: u32 = 3;

pub(super) async fn run(folder: &Path, command: ReferenceCommand, json: bool) -> anyhow::Result<()> {
    let (action, resource) = match &command {
        ReferenceCommand::Load(args) => {
            (Action::ReferenceLoad, Resource::Table(Table::new(REFERENCE, &args.name)))
        }
        ReferenceCommand::List => (Action::CatalogList, Resource::Lake),
    };
    let parts = Parts::open_for(folder, "reference", action, resource).await?;
    let done = match command {
        ReferenceCommand::Load(args) => load(&parts, args, json).await,
        ReferenceCommand::List => list(&parts, json).await,
    };
    parts.close().await?;
    done
}

async fn load(parts: &Parts, args: LoadArgs, json: bool) -> anyhow::Result<()> {
    let name = args.name.as_str();
    if !marts::is_name(name) {
        bail!("`{name}` cannot be a table's name: small letters, digits and `_`");
    }
    let file = args.file.as_path();
    let read = || format!("read {}", file.display());
    if !file.metadata().with_context(read)?.is_file() {
        bail!("{} is no file", file.display());
    }
    let first = reference::first_line(file).await.with_context(read)?;
    let layout = Layout::of(args.kind(), &first, (&args.columns, args.no_head), &args.key);
    let layout = layout.with_context(read)?;
    let layout = Layout { description: args.description.unwrap_or(layout.description), ..layout };
    let told = format!("loaded from {}", file.file_name().unwrap_or_default().to_string_lossy());
    let loaded = reference::load(&parts.reader()?, (name, file), &layout, told).await.with_context(read)?;
    let rows = loaded.rows;
    if rows == 0 {
        bail!("{} has no row: the table is left as it is", file.display());
    }
    let job = reference::job_name(name);
    let new = NewJob { retries: RETRIES, ..NewJob::by_command(&job, reference::REFERENCE_JOB, name) };
    parts.control.put_job(&new, None).await?;
    let asked = serde_json::to_string(&loaded)?;
    let queued = Queued { cause: Cause::Command, actor: access::OPERATOR, due: None, asked: &asked };
    let Some(run) = parts.control.queue_run(&job, &queued).await? else {
        bail!("a load of {REFERENCE}.{name} waits already: `carelake job runs {job}` shows it");
    };
    let facts = [("rows", rows.to_string()), ("run", run.to_string())];
    parts.record("reference.load", AuditOutcome::Success, &format!("{REFERENCE}.{name}"), &facts).await?;
    drive(parts, &[run]).await?;
    let table = format!("{REFERENCE}.{name}");
    let told = serde_json::json!({ "table": table, "rows": rows, "run": run.0 });
    screen::tell(json, told, format!("{table} has {} rows.", screen::count(rows)));
    Ok(())
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    let mut tables = parts.control.tables().await?;
    tables.retain(|table| table.table.kind == TableKind::Reference);
    parts.record("reference.list", AuditOutcome::Success, REFERENCE, &[]).await?;
    if json {
        for table in &tables {
            let line = serde_json::json!({
                "table": table.table.table.to_string(), "rows": table.table.rows, "bytes": table.table.bytes,
                "description": table.table.description, "loaded": table.published.to_string(),
            });
            screen::say(line.to_string());
        }
        return Ok(());
    }
    let row = |table: &CatalogTable| {
        vec![
            table.table.table.to_string(),
            screen::count(table.table.rows),
            screen::bytes(table.table.bytes),
            table.published.to_string(),
            table.table.description.clone(),
        ]
    };
    let rows: Vec<_> = tables.iter().map(row).collect();
    screen::say(screen::table(&["table", "rows", "size", "loaded", "what it holds"], &rows));
    Ok(())
}
