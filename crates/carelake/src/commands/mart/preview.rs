//! `carelake mart preview`

use super::{folder, permit_register};
use crate::{cli::PreviewArgs, commands::sql, parts::Parts, registering, screen};
use anyhow::{Context, bail};
use arrow::{array::RecordBatch, json};
use lake::models;
use marts::Recipe;
use model::AuditOutcome;
use sandbox::{Ended, Said, SandboxError};
use serde_json::Value;
use std::{fs, path::Path};

/// What the trail says that the questions are for.
const FOR: &str = "mart.preview";

pub(super) async fn run(parts: &Parts, args: &PreviewArgs, json: bool) -> anyhow::Result<()> {
    match args.file.extension().is_some_and(|ending| ending == "sql") {
        true => of_model(parts, args, json).await,
        false => of_recipe(parts, args, json).await,
    }
}

/// The first rows of a model's query, and what its program makes of them and says.
async fn of_model(parts: &Parts, args: &PreviewArgs, json: bool) -> anyhow::Result<()> {
    let beside = match args.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let (name, files) = folder::read(beside)?;
    permit_register(parts, &name, &files).await?;
    let reader = parts.reader()?;
    let mart = registering::check(&reader, (&name, &files)).await;
    let mart = mart.with_context(|| format!("check {}", beside.display()))?;
    let stem = args.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let model = mart.model(stem).with_context(|| format!("{} is not there", args.file.display()))?;
    if args.sql {
        screen::tell(json, serde_json::json!({ "model": model.sql }), model.sql.trim_end());
        return Ok(());
    }
    let (sample, key) = (args.sample as usize, parts.keyring.worker()?.project_mac);
    let shown = models::preview(&reader, (&mart, model), sample, (&key, parts.clock.now())).await?;
    let facts = [("model", model.name.clone()), ("rows", rows_of(&shown.query).to_string())];
    parts.record(FOR, AuditOutcome::Success, &name, &facts).await?;
    show(json, "the query", &shown.query, args.rows)?;
    let called = model.program.as_ref().map(marts::Program::called).unwrap_or_default();
    match shown.program {
        None => Ok(()),
        Some(Ok(Ended { read, said })) => {
            tell(json, &called, &said);
            show(json, &called, &read, args.rows)
        }
        Some(Err(SandboxError::Failed { how, said })) => {
            tell(json, &called, &said);
            bail!("the program ended with {how}")
        }
        Some(Err(error)) => Err(error.into()),
    }
}

/// Shows the first of some rows, and how many there are.
fn show(json: bool, does: &str, rows: &[RecordBatch], most: u32) -> anyhow::Result<()> {
    let mut left = most as usize;
    let mut first = Vec::new();
    for batch in rows {
        first.push(batch.slice(0, left.min(batch.num_rows())));
        left -= left.min(batch.num_rows());
    }
    let count = rows_of(rows);
    if json {
        let line = serde_json::json!({ "does": does, "rows": count, "first": objects(&first)? });
        screen::say(line.to_string());
    } else {
        screen::say(format!("{does}: {} rows\n", screen::count(count)));
        screen::say(screen::rows(&first)?);
    }
    Ok(())
}

/// Tells what a program has said, if it has said anything.
fn tell(json: bool, called: &str, said: &Said) {
    if said.bytes == 0 {
        return;
    }
    let shown = |letter: char| if letter.is_control() && letter != '\n' { ' ' } else { letter };
    let last: String = said.last.chars().map(shown).collect();
    let told = serde_json::json!({ "does": called, "says": last, "bytes": said.bytes });
    screen::tell(json, told, format!("{called} says:\n\n{}\n", last.trim_end()));
}

fn rows_of(rows: &[RecordBatch]) -> usize {
    rows.iter().map(RecordBatch::num_rows).sum()
}

async fn of_recipe(parts: &Parts, args: &PreviewArgs, json: bool) -> anyhow::Result<()> {
    let text = fs::read_to_string(&args.file).with_context(|| format!("read {}", args.file.display()))?;
    let recipe = Recipe::read(&args.file.display().to_string(), &text)?;
    if args.sql {
        let model = recipe.model();
        screen::tell(json, serde_json::json!({ "model": model }), model.trim_end());
        return Ok(());
    }
    let preview = recipe.preview(args.sample, args.rows);
    let counts = objects(&sql::ask_for(parts, &preview.counts, FOR).await?)?;
    let count =
        |step: usize| counts.first().map(|row| row[format!("step_{step}")].clone()).unwrap_or_default();
    for (step, (title, query)) in preview.steps.iter().enumerate() {
        let rows = sql::ask_for(parts, query, FOR).await.with_context(|| format!("step {step}: {title}"))?;
        if json {
            let line = serde_json::json!({
                "step": step, "does": title, "rows": count(step), "first": objects(&rows)?,
            });
            screen::say(line.to_string());
            continue;
        }
        let told = count(step).as_i64().map(screen::count).unwrap_or_default();
        screen::say(format!("{step}. {title}: {told} rows\n"));
        screen::say(screen::rows(&rows)?);
    }
    Ok(())
}

/// Rows as JSON objects.
fn objects(rows: &[RecordBatch]) -> anyhow::Result<Vec<Value>> {
    let mut writer = json::ArrayWriter::new(Vec::new());
    rows.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()?;
    let text = writer.into_inner();
    Ok(if text.is_empty() { Vec::new() } else { serde_json::from_slice(&text)? })
}
