//! `carelake view`: the SQL on FHIR engine alone, for which no home is needed; and registered views.

mod conformance;
mod explain;
mod registered;
mod run;

use crate::cli::ViewCommand;
use anyhow::{Context, bail};
use std::{fs, path::Path, process::ExitCode};
use tokio::task::spawn_blocking;
use views::ViewDefinition;

pub(super) async fn run(folder: &Path, command: ViewCommand, json: bool) -> anyhow::Result<ExitCode> {
    // Threads of its own read and write: the reactor has nothing to do meanwhile.
    match command {
        ViewCommand::Run(args) => spawn_blocking(move || run::run(&args, json)).await?,
        ViewCommand::Explain(args) => spawn_blocking(move || explain::run(&args.views, json)).await?,
        ViewCommand::Conformance(args) => spawn_blocking(move || conformance::run(&args, json)).await?,
        ViewCommand::Registered(command) => registered::run(folder, command, json).await,
    }
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
