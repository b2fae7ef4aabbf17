//! `carelake mart`

use crate::{cli::MartCommand, parts::Parts, screen};
use anyhow::Context;
use lake::{LakeError, models, refinery::Refinery};
use policy::{Action, Resource};
use std::path::Path;

pub(super) async fn run(folder: &Path, command: MartCommand, json: bool) -> anyhow::Result<()> {
    match command {
        MartCommand::List => list(json),
        MartCommand::Build { name } => {
            let of = Resource::Schema(name.as_deref().unwrap_or("all"));
            let parts = Parts::open_for(folder, "mart", Action::MartBuild, of).await?;
            let built = build(&parts, name.as_deref()).await;
            parts.close().await?;
            show(&built?, json);
        }
    }
    Ok(())
}

/// Publishes what waits, then builds.
pub(super) async fn build(parts: &Parts, name: Option<&str>) -> anyhow::Result<Vec<models::Built>> {
    let mut refinery = Refinery::new(parts.worker_parts()?);
    let reader = parts.reader()?;
    let work = async {
        match refinery.drain().await {
            // Another lane's damage is no reason to leave marts old.
            Err(error @ LakeError::Segment { .. }) => {
                screen::note(format!("carelake: {error}; marts are built without it"))
            }
            other => drop(other?),
        }
        models::build(&mut refinery, &reader, name, "operator").await
    };
    let built = work.await;
    refinery.close().await;
    match built {
        Err(LakeError::NotTheWorker) => Err(LakeError::NotTheWorker)
            .context("a running `carelake serve` builds marts itself, a minute after the last change"),
        other => Ok(other?),
    }
}

fn show(built: &[models::Built], json: bool) {
    if json {
        for table in built {
            screen::say(
                serde_json::json!({
                    "mart": table.mart, "table": table.table, "rows": table.rows,
                    "made_from": table.made_from.0, "commit_seq": table.seq.0,
                })
                .to_string(),
            );
        }
        return;
    }
    let rows: Vec<_> = built
        .iter()
        .map(|table| {
            vec![
                format!("{}.{}", table.mart, table.table),
                screen::count(table.rows),
                table.made_from.to_string(),
                table.seq.to_string(),
            ]
        })
        .collect();
    screen::say(screen::table(&["table", "rows", "made from sequence", "published as"], &rows));
}

fn list(json: bool) {
    for mart in models::MARTS {
        let tables: Vec<_> =
            mart.models.iter().map(|model| format!("{}.{}", mart.name, model.name)).collect();
        if json {
            screen::say(
                serde_json::json!({ "mart": mart.name, "question": mart.question, "tables": tables })
                    .to_string(),
            );
        } else {
            screen::say(format!("{}\n  {}\n  tables: {}\n", mart.name, mart.question, tables.join(", ")));
        }
    }
}
