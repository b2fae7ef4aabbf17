//! `carelake mart`

mod folder;
mod preview;

use super::job::drive;
use crate::{
    access::{self, Access},
    cli::MartCommand,
    parts::Parts,
    registering, screen,
};
use anyhow::{Context, bail};
use control::Run;
use lake::{
    LakeError, jobs,
    models::{self, Difference},
    refinery::Refinery,
};
use model::AuditOutcome;
use policy::{Action, Resource, Table};
use std::{collections::BTreeMap, fs, path::Path};

pub(super) async fn run(folder: &Path, command: MartCommand, json: bool) -> anyhow::Result<()> {
    let parts = Parts::open(folder, "mart").await?;
    let done = match &command {
        MartCommand::Build { name, whole } => {
            let of = Resource::Schema(name.as_deref().unwrap_or("all"));
            match parts.permit(Action::MartBuild, of).await {
                Ok(()) => build(&parts, name.as_deref(), *whole).await.map(|built| show(&built, json)),
                Err(refused) => Err(refused),
            }
        }
        MartCommand::List => list(&parts, json).await,
        MartCommand::Register { folder } => register(&parts, folder, json).await,
        MartCommand::Check { folder } => check(&parts, folder, json).await,
        MartCommand::Diff { folder } => diff(&parts, folder, json).await,
        MartCommand::New { from, output } => new(&parts, from, output.as_deref(), json).await,
        MartCommand::Preview(args) => preview::run(&parts, args, json).await,
        MartCommand::Remove { name } => remove(&parts, name, json).await,
    };
    parts.close().await?;
    done
}

/// A table as a run built it.
pub(super) struct BuiltTable {
    pub(super) name: String,
    pub(super) rows: i64,
    pub(super) made_from: i64,
    pub(super) seq: i64,
    /// How its rows were made, in words.
    pub(super) how: String,
}

/// Publishes what waits, then builds.
pub(super) async fn build(parts: &Parts, name: Option<&str>, whole: bool) -> anyhow::Result<Vec<BuiltTable>> {
    let mut refinery = Refinery::new(parts.worker_parts()?);
    let drained = refinery.drain().await;
    refinery.close().await;
    match drained {
        // Another lane's damage is no reason to leave marts old.
        Err(error @ LakeError::Segment { .. }) => {
            screen::note(format!("carelake: {error}; marts are built without it"))
        }
        // Whoever is the worker publishes, and builds.
        Err(LakeError::NotTheWorker) => screen::note("carelake: a running service does the work"),
        other => drop(other?),
    }
    let runs = jobs::queue_marts(&parts.control, (name, whole), "operator", parts.clock.now()).await?;
    let runs = drive(parts, &runs).await?;
    Ok(runs.iter().flat_map(tables).collect())
}

/// The tables that a run has published, as its facts tell.
fn tables(run: &Run) -> Vec<BuiltTable> {
    let facts: serde_json::Value = serde_json::from_str(&run.facts).unwrap_or_default();
    let outputs = facts["outputs"].as_object().into_iter().flatten();
    let table = |(name, told): (&String, &serde_json::Value)| BuiltTable {
        name: name.clone(),
        rows: told["rows"].as_i64().unwrap_or_default(),
        made_from: facts["made_from"].as_i64().unwrap_or_default(),
        seq: run.seq.unwrap_or_default().0,
        how: told["made"]["how"].as_str().unwrap_or_default().to_owned(),
    };
    outputs.map(table).collect()
}

fn show(built: &[BuiltTable], json: bool) {
    if json {
        for table in built {
            let (mart, name) = table.name.split_once('.').unwrap_or_default();
            screen::say(
                serde_json::json!({
                    "mart": mart, "table": name, "rows": table.rows, "how": table.how,
                    "made_from": table.made_from, "commit_seq": table.seq,
                })
                .to_string(),
            );
        }
        return;
    }
    let row = |table: &BuiltTable| {
        vec![
            table.name.clone(),
            screen::count(table.rows),
            table.made_from.to_string(),
            table.seq.to_string(),
            table.how.clone(),
        ]
    };
    let rows: Vec<_> = built.iter().map(row).collect();
    screen::say(screen::table(&["table", "rows", "made from sequence", "published as", "how"], &rows));
}

async fn list(parts: &Parts, json: bool) -> anyhow::Result<()> {
    parts.permit(Action::MartList, Resource::Lake).await?;
    let marts = models::marts(&parts.control).await?;
    parts.record("mart.list", AuditOutcome::Success, "marts", &[]).await?;
    for mart in marts {
        let tables: Vec<_> =
            mart.models.iter().map(|model| format!("{}.{}", mart.name, model.name)).collect();
        let when = match &mart.rules.schedule {
            Some(schedule) => schedule.to_string(),
            None if mart.rules.on_commit => "when what it reads has changed".to_owned(),
            None => "by command".to_owned(),
        };
        if json {
            let line = serde_json::json!({
                "mart": mart.name, "question": mart.question, "owner": mart.owner, "built": when, "tables": tables,
            });
            screen::say(line.to_string());
        } else {
            let (name, question, tables) = (&mart.name, &mart.question, tables.join(", "));
            screen::say(format!("{name}\n  {question}\n  tables: {tables}\n  built: {when}\n"));
        }
    }
    Ok(())
}

async fn register(parts: &Parts, path: &Path, json: bool) -> anyhow::Result<()> {
    let (name, files) = folder::read(path)?;
    permit_register(parts, &name, &files).await?;
    let reader = parts.reader()?;
    let registered =
        registering::register(&reader, (&name, &files), access::OPERATOR, parts.clock.now()).await;
    let (mart, new) = registered.with_context(|| format!("register {}", path.display()))?;
    if new {
        let facts = [("models", mart.models.len().to_string()), ("views", mart.views.len().to_string())];
        parts.record("mart.register", AuditOutcome::Success, &name, &facts).await?;
    }
    if json {
        screen::say(
            serde_json::json!({ "mart": name, "models": mart.models.len(), "changed": new }).to_string(),
        );
    } else if new {
        screen::say(format!(
            "The mart {name} is registered: {} models. `carelake mart build {name}` builds it now.",
            mart.models.len()
        ));
    } else {
        screen::say(format!("The mart {name} is registered with these texts already."));
    }
    Ok(())
}

/// Refuses whoever may not register a mart, or may not read what it reads: its tables are for others to see.
async fn permit_register(parts: &Parts, name: &str, files: &BTreeMap<String, String>) -> anyhow::Result<()> {
    parts.permit(Action::MartRegister, Resource::Schema(name)).await?;
    if registering::has_programs((name, files)) {
        parts.permit(Action::MartProgram, Resource::Schema(name)).await?;
    }
    let access = Access::read(&parts.control, parts.kind).await?;
    for table in registering::reads((name, files)) {
        parts.permit_by(&access, Action::SqlQuery, Resource::Table(Table::named(&table))).await?;
    }
    for (table, columns) in registering::columns(&parts.reader()?, (name, files)).await? {
        parts.permit_columns(&access, Table::named(&table), &columns).await?;
    }
    Ok(())
}

async fn check(parts: &Parts, path: &Path, json: bool) -> anyhow::Result<()> {
    let (name, files) = folder::read(path)?;
    permit_register(parts, &name, &files).await?;
    let checked = registering::check(&parts.reader()?, (&name, &files)).await;
    let mart = checked.with_context(|| format!("check {}", path.display()))?;
    parts.record("mart.check", AuditOutcome::Success, &name, &[]).await?;
    let models = mart.models.len();
    let told = serde_json::json!({ "mart": name, "models": models });
    screen::tell(json, told, format!("The mart {name} could be registered: {models} models."));
    Ok(())
}

async fn diff(parts: &Parts, path: &Path, json: bool) -> anyhow::Result<()> {
    let (name, files) = folder::read(path)?;
    permit_register(parts, &name, &files).await?;
    let key = parts.keyring.worker()?.project_mac;
    let found = registering::diff(&parts.reader()?, (&name, &files), (&key, parts.clock.now())).await;
    let (seq, differences) = found.with_context(|| format!("compare {}", path.display()))?;
    parts.record("mart.diff", AuditOutcome::Success, &name, &[("sequence", seq.to_string())]).await?;
    if json {
        for one in &differences {
            let line = serde_json::json!({
                "mart": name, "table": one.model, "published": one.published, "columns": one.columns,
                "before": one.before, "after": one.after, "added": one.added, "gone": one.gone,
                "changed": one.changed, "failed": one.failed, "commit_seq": seq.0,
            });
            screen::say(line.to_string());
        }
        return Ok(());
    }
    let row = |one: &Difference| {
        vec![
            format!("{name}.{}", one.model),
            screen::count(one.before),
            screen::count(one.after),
            screen::count(one.added),
            screen::count(one.gone),
            one.changed.map(screen::count).unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = differences.iter().map(row).collect();
    screen::say(screen::table(&["table", "rows", "would be", "come", "go", "of these changed"], &rows));
    for one in &differences {
        let told = one.columns.iter().map(|column| format!("column {column}"));
        let failed = one.failed.iter().map(|why| format!("it would not be published: {why}"));
        for what in told.chain(failed) {
            screen::say(format!("{name}.{}: {what}", one.model));
        }
    }
    if !differences.iter().any(Difference::any) {
        screen::say(format!("At sequence {seq} the mart {name} would be as it is."));
    }
    Ok(())
}

async fn new(parts: &Parts, from: &str, output: Option<&Path>, json: bool) -> anyhow::Result<()> {
    parts.permit(Action::CatalogShow, Resource::Table(Table::named(from))).await?;
    let (schema, name) = from.split_once('.').unwrap_or(("public", from));
    let table = parts.control.table(schema, name).await?;
    let table = table.with_context(|| format!("no table `{from}`; `carelake catalog list` shows them"))?;
    parts.record("mart.new", AuditOutcome::Success, from, &[]).await?;
    let columns = table.table.columns.iter();
    let columns: Vec<_> =
        columns.map(|column| (column.name.as_str(), column.nullable, column.description.as_str())).collect();
    let text = marts::starter(from, &columns);
    let Some(output) = output else {
        screen::tell(json, serde_json::json!({ "model": text }), &text);
        return Ok(());
    };
    if output.exists() {
        bail!("{} is there already", output.display());
    }
    let beside = output.parent().unwrap_or(Path::new(".")).join(registering::HEAD);
    fs::create_dir_all(output.parent().unwrap_or(Path::new(".")))?;
    fs::write(output, text).with_context(|| format!("write {}", output.display()))?;
    if !beside.exists() {
        fs::write(&beside, registering::FIRST_HEAD).with_context(|| format!("write {}", beside.display()))?;
    }
    let file = output.display();
    let told = serde_json::json!({ "written": file.to_string() });
    screen::tell(
        json,
        told,
        format!("{file} is written. Change it, then `carelake mart register` its folder."),
    );
    Ok(())
}

async fn remove(parts: &Parts, name: &str, json: bool) -> anyhow::Result<()> {
    parts.permit(Action::MartRegister, Resource::Schema(name)).await?;
    parts.control.remove_mart(name).await?;
    parts.control.remove_job(&models::job_name(name)).await?;
    parts.record("mart.remove", AuditOutcome::Success, name, &[]).await?;
    let sentence = format!("The mart {name} is built no more. Its tables stay as they are.");
    screen::tell(json, serde_json::json!({ "removed": name }), sentence);
    Ok(())
}
