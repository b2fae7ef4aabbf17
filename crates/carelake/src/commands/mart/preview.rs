//! `carelake mart preview`

use crate::{cli::PreviewArgs, commands::sql, parts::Parts, screen};
use anyhow::Context;
use arrow::{array::RecordBatch, json};
use marts::Recipe;
use serde_json::Value;
use std::fs;

/// What the trail says that the questions are for.
const FOR: &str = "mart.preview";

pub(super) async fn run(parts: &Parts, args: &PreviewArgs, json: bool) -> anyhow::Result<()> {
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
