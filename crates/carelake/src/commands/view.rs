//! `carelake view`: the SQL on FHIR engine alone; no home is needed.

mod conformance;
mod explain;
mod run;

use crate::cli::ViewCommand;
use anyhow::{Context, bail};
use std::{fs, path::Path, process::ExitCode};
use views::ViewDefinition;

pub(super) async fn run(command: ViewCommand, json: bool) -> anyhow::Result<ExitCode> {
    // Threads of its own read and write: the reactor has nothing to do meanwhile.
    let work = move || match command {
        ViewCommand::Run(args) => run::run(&args, json),
        ViewCommand::Explain(args) => explain::run(&args.views, json),
        ViewCommand::Conformance(args) => conformance::run(&args, json),
    };
    tokio::task::spawn_blocking(work).await?
}

/// A ViewDefinition in a file.
fn definition(file: &Path) -> anyhow::Result<ViewDefinition> {
    let text = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let value = fhir::json::parse(&text).with_context(|| format!("understand {}", file.display()))?;
    if value.get("select").is_none() {
        bail!("{} is no ViewDefinition: it has no `select`", file.display());
    }
    ViewDefinition::parse(&value).with_context(|| format!("understand {}", file.display()))
}
