//! `carelake catalog export`

use super::told;
use crate::{
    cli::{ExportCatalogArgs, ExportedAs},
    parts::Parts,
    screen,
};
use anyhow::Context;
use control::{Run, RunState};
use exchange::{
    catalogue::{Catalogue, TableRef},
    dcat, hdruk, id_of,
    openlineage::{self, Dataset, Job, Nominal, Output, State, Statistics},
};
use model::{AuditOutcome, Timestamp};
use std::fs;

pub(super) async fn run(parts: &Parts, args: &ExportCatalogArgs, json: bool) -> anyhow::Result<()> {
    let catalogue = told::catalogue(parts).await?;
    let config = &parts.home.config.catalog;
    let text = match args.standard {
        ExportedAs::Dcat => {
            let wanting = dcat::wanting(&catalogue.about);
            if !wanting.is_empty() {
                let wanting = screen::words(&wanting);
                screen::note(format!(
                    "carelake: the standard asks for more; set in [catalog.about]: {wanting}"
                ));
            }
            serde_json::to_string_pretty(&dcat::document(&catalogue))?
        }
        ExportedAs::Hdruk => lines(hdruk::datasets(&catalogue, &config.terms)),
        ExportedAs::Openlineage => {
            let runs = parts.control.runs(None, args.runs).await?;
            lines(runs.iter().rev().flat_map(|run| events(run, &catalogue, &config.lake)))
        }
    };
    let standard = match args.standard {
        ExportedAs::Dcat => "DCAT-AP",
        ExportedAs::Hdruk => "HDR UK",
        ExportedAs::Openlineage => "OpenLineage",
    };
    parts.record("catalog.export", AuditOutcome::Success, standard, &[]).await?;
    match &args.output {
        Some(file) => {
            fs::write(file, text + "\n").with_context(|| format!("write {}", file.display()))?;
            let file = file.display();
            let told = serde_json::json!({ "written": file.to_string() });
            screen::tell(json, told, format!("{file} is written."));
        }
        None => screen::say(text),
    }
    Ok(())
}

fn lines(values: impl IntoIterator<Item = serde_json::Value>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join("\n")
}

/// A run of a job as OpenLineage's events: how it began, and how it ended if it has.
fn events(run: &Run, catalogue: &Catalogue, lake: &str) -> Vec<serde_json::Value> {
    let Some(job) = &run.job else { return Vec::new() };
    let namespace = format!("carelake://{lake}");
    let facts: serde_json::Value = serde_json::from_str(&run.facts).unwrap_or_default();
    let tables = |of: &str| -> Vec<(TableRef, serde_json::Value)> {
        let tables = facts[of].as_object().into_iter().flatten();
        tables.map(|(name, told)| (reference(name), told.clone())).collect()
    };
    let dataset = |(table, told): &(TableRef, serde_json::Value)| {
        let version = told["version"].as_u64();
        Dataset { version, ..Dataset::of(catalogue, &namespace, table) }
    };
    let output = |made: &(TableRef, serde_json::Value)| {
        let (rows, bytes) = (made.1["rows"].as_u64(), made.1["bytes"].as_u64());
        let statistics = rows.zip(bytes).map(|(rows, bytes)| Statistics { rows, bytes, files: None });
        Output { dataset: dataset(made), statistics }
    };
    let told = openlineage::Run {
        id: id_of(&format!("{namespace}/run/{}", run.id)),
        job: Job {
            namespace: namespace.clone(),
            name: job.clone(),
            description: String::new(),
            kind: run.kind.to_uppercase(),
            sql: None,
        },
        nominal: run.due.map(|start| Nominal { start, end: None }),
        inputs: tables("inputs").iter().map(dataset).collect(),
        outputs: tables("outputs").iter().map(output).collect(),
    };
    let begun = run.started.map(|at| told.event(&State::Start, at));
    let end = |at: Timestamp| {
        let state = match run.state {
            RunState::Succeeded => State::Complete,
            RunState::Failed => State::Fail(run.detail.clone()),
            RunState::Cancelled | RunState::Queued | RunState::Running => State::Abort,
        };
        told.event(&state, at)
    };
    begun.into_iter().chain(run.ended.map(end)).collect()
}

fn reference(name: &str) -> TableRef {
    let (database, table) = name.split_once('.').unwrap_or(("public", name));
    TableRef { database: database.to_owned(), table: table.to_owned() }
}
