//! `carelake view`: the SQL on FHIR engine alone, for which no home is needed; and registered views.

mod registered;

use crate::{
    cli::{ViewCommand, ViewRunArgs},
    screen,
};
use anyhow::{Context, bail};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};
use views::{
    View, ViewDefinition,
    files::{self, Format, Input, Options, Output, Report},
};

pub(super) async fn run(folder: &Path, command: ViewCommand, json: bool) -> anyhow::Result<ExitCode> {
    let args = match command {
        ViewCommand::Run(args) => args,
        ViewCommand::Registered(command) => return registered::run(folder, command, json).await,
    };
    // Threads of its own read and write: the reactor has nothing to do meanwhile.
    tokio::task::spawn_blocking(move || run_view(&args, json)).await?
}

fn run_view(args: &ViewRunArgs, json: bool) -> anyhow::Result<ExitCode> {
    let view = read(&args.view)?;
    let resource = view.resource().to_owned();
    // Without a file the rows themselves are the answer.
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from("/dev/stdout"));
    let format = match &args.output {
        None => Format::Ndjson,
        Some(path) => Format::of_name(&path.to_string_lossy()).with_context(|| {
            format!(
                "{} ends in none of .parquet, .csv, .ndjson and .arrow, which say what to write",
                path.display()
            )
        })?,
    };
    let inputs = args.inputs.iter().map(|input| match input.to_str() {
        Some("-") => Input::Stream { name: "standard input".to_owned(), read: Box::new(io::stdin()) },
        _ => Input::Path(input.clone()),
    });
    let mut options = Options::default();
    options.threads = args.threads.unwrap_or(options.threads);
    let output = Output { view, path: path.clone(), format };
    let report = files::run(inputs.collect(), &[output], &options)?;
    if args.output.is_none() {
        screen::note(text(&report, &resource, None));
    } else if json {
        screen::say(summary(&report).to_string());
    } else {
        screen::say(text(&report, &resource, Some(&path)));
    }
    Ok(if report.problem_count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A ViewDefinition, compiled.
fn read(file: &Path) -> anyhow::Result<View> {
    let text = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let value = fhir::json::parse(&text).with_context(|| format!("understand {}", file.display()))?;
    if value.get("select").is_none() {
        bail!("{} is no ViewDefinition: it has no `select`", file.display());
    }
    let definition =
        ViewDefinition::parse(&value).with_context(|| format!("understand {}", file.display()))?;
    View::compile(&definition).with_context(|| format!("understand {}", file.display()))
}

fn sums(report: &Report) -> (u64, u64) {
    (report.rows.iter().sum(), report.misfits.iter().sum())
}

fn summary(report: &Report) -> serde_json::Value {
    let (rows, misfits) = sums(report);
    serde_json::json!({
        "resources": report.resources,
        "bytes": report.bytes,
        "rows": rows,
        "values_that_did_not_fit": misfits,
        "problems": report.problem_count,
        "first_problems": report.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "seconds": report.seconds,
        "resources_per_second": report.resources_per_second(),
    })
}

fn text(report: &Report, resource: &str, path: Option<&Path>) -> String {
    let (rows, misfits) = sums(report);
    let place = path.map(|path| format!(" into {}", path.display())).unwrap_or_default();
    let mut text = format!(
        "{} rows of {resource}{place}, from {} resources of {} in {:.2} s: {} resources/s",
        screen::count(rows),
        screen::count(report.resources),
        screen::bytes(i64::try_from(report.bytes).unwrap_or(i64::MAX)),
        report.seconds,
        screen::count(report.resources_per_second() as u64),
    );
    if misfits > 0 {
        text += &format!("\n  {} values did not fit their columns and are null", screen::count(misfits));
    }
    if report.problem_count > 0 {
        text += &format!("\n  {} resources were passed over:", screen::count(report.problem_count));
    }
    for problem in &report.problems {
        text += &format!("\n  {problem}");
    }
    text
}
