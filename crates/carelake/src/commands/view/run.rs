//! `carelake view run`

use super::definition;
use crate::{
    cli::{TableFormat, ViewRunArgs},
    proc::peak_memory_bytes,
    screen,
};
use anyhow::{Context, bail};
use fhir::json::{self, Value};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};
use views::{
    View,
    files::{self, Format, Input, Options, Output, Report},
};

/// No ViewDefinition is longer; a Bundle that follows the views need not be read to see that it is none.
const VIEW_LIMIT_BYTES: u64 = 4 << 20;

pub(super) fn run(args: &ViewRunArgs, json: bool) -> anyhow::Result<ExitCode> {
    let more = args.inputs.iter().take_while(|path| is_view(path)).count();
    let (more, inputs) = args.inputs.split_at(more);
    if inputs.is_empty() {
        bail!("there are only ViewDefinitions: name the files that rows are to be made of as well");
    }
    let views = std::iter::once(&args.view).chain(more).map(|file| compiled(file));
    let outputs = outputs(views.collect::<anyhow::Result<_>>()?, args)?;
    let inputs = inputs.iter().map(|input| match input.to_str() {
        Some("-") => Input::Stream { name: "standard input".to_owned(), read: Box::new(io::stdin()) },
        _ => Input::Path(input.clone()),
    });
    let mut options = Options::default();
    options.threads = args.threads.unwrap_or(options.threads);
    let report = files::run(inputs.collect(), &outputs, &options)?;
    if args.output.is_none() {
        screen::note(text(&report, &outputs, false));
    } else if json {
        screen::say(summary(&report, &outputs).to_string());
    } else {
        screen::say(text(&report, &outputs, true));
    }
    Ok(if report.problem_count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn compiled(file: &Path) -> anyhow::Result<View> {
    View::compile(&definition(file)?).with_context(|| format!("understand {}", file.display()))
}

/// Whether an argument behind the first is one more ViewDefinition, and not an input.
fn is_view(path: &Path) -> bool {
    let named = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let small = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= VIEW_LIMIT_BYTES);
    if !named || !small {
        return false;
    }
    let Ok(text) = fs::read(path) else { return false };
    let Ok(value) = json::parse(&text) else { return false };
    match value.get("resourceType").and_then(Value::as_str) {
        Some(name) => name == "ViewDefinition",
        None => value.get("resource").is_some() && value.get("select").is_some(),
    }
}

/// Where the rows of each view go.
fn outputs(views: Vec<View>, args: &ViewRunArgs) -> anyhow::Result<Vec<Output>> {
    if let Some(view) = twice(&views) {
        bail!("two views are called `{}`: give them names of their own", view.name());
    }
    let several = views.len() > 1;
    let Some(path) = &args.output else {
        if several {
            bail!("say where the rows of several views go: -o FOLDER");
        }
        // Without a file the rows themselves are the answer.
        let output = |view| Output { view, path: PathBuf::from("/dev/stdout"), format: Format::Ndjson };
        return Ok(views.into_iter().map(output).collect());
    };
    let name = path.to_string_lossy();
    let folder = path.is_dir() || name.ends_with('/');
    match Format::of_name(&name).filter(|_| !folder) {
        Some(_) if several => bail!("{name} is one file: several views need a folder, such as -o tables/"),
        Some(format) => {
            return Ok(views.into_iter().map(|view| Output { view, path: path.clone(), format }).collect());
        }
        None if !folder && !several => bail!(
            "{name} ends in none of .parquet, .csv, .ndjson and .arrow, which say what to write; a folder ends in /"
        ),
        None => {}
    }
    fs::create_dir_all(path).with_context(|| format!("make the folder {name}"))?;
    let (format, extension) = match args.format {
        TableFormat::Parquet => (Format::Parquet, "parquet"),
        TableFormat::Csv => (Format::Csv, "csv"),
        TableFormat::Ndjson => (Format::Ndjson, "ndjson"),
        TableFormat::Arrow => (Format::ArrowIpc, "arrow"),
    };
    let output = |view: View| {
        let path = path.join(format!("{}.{extension}", view.name()));
        Output { view, path, format }
    };
    Ok(views.into_iter().map(output).collect())
}

/// A view whose name another one has, in a file system that may not tell capitals apart.
fn twice(views: &[View]) -> Option<&View> {
    let same = |view: &View, other: &View| view.name().eq_ignore_ascii_case(other.name());
    views
        .iter()
        .enumerate()
        .find(|(at, view)| views[..*at].iter().any(|other| same(view, other)))
        .map(|found| found.1)
}

fn sums(report: &Report) -> (u64, u64) {
    (report.rows.iter().sum(), report.misfits.iter().sum())
}

fn summary(report: &Report, outputs: &[Output]) -> serde_json::Value {
    let (rows, misfits) = sums(report);
    let views = outputs.iter().zip(report.rows.iter().zip(&report.misfits));
    let views = views.map(|(output, (rows, misfits))| {
        serde_json::json!({
            "view": output.view.name(),
            "resource": output.view.resource(),
            "file": output.path,
            "rows": rows,
            "values_that_did_not_fit": misfits,
        })
    });
    serde_json::json!({
        "resources": report.resources,
        "bytes": report.bytes,
        "rows": rows,
        "values_that_did_not_fit": misfits,
        "views": views.collect::<Vec<_>>(),
        "problems": report.problem_count,
        "first_problems": report.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "peak_memory_bytes": peak_memory_bytes(),
        "seconds": report.seconds,
        "resources_per_second": report.resources_per_second(),
    })
}

fn text(report: &Report, outputs: &[Output], with_places: bool) -> String {
    let (rows, misfits) = sums(report);
    let (of, place) = match outputs {
        [only] if with_places => (only.view.resource(), format!(" into {}", only.path.display())),
        [only] => (only.view.resource(), String::new()),
        _ => ("all views", String::new()),
    };
    let mut text = String::new();
    if outputs.len() > 1 {
        let rows = outputs.iter().zip(&report.rows).map(|(output, rows)| {
            let file = output.path.display().to_string();
            vec![output.view.name().to_owned(), output.view.resource().to_owned(), screen::count(*rows), file]
        });
        text = screen::table(&["view", "resource", "rows", "file"], &rows.collect::<Vec<_>>()) + "\n\n";
    }
    text += &format!(
        "{} rows of {of}{place}, from {} resources of {} in {:.2} s: {} resources/s",
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
