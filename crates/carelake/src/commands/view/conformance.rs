//! `carelake view conformance`

use crate::{cli::ViewConformanceArgs, screen};
use anyhow::{Context, bail};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use views::conformance::{self, Case, SuiteError};

/// A suite file's name and its cases.
type Suite = (String, Vec<Case>);

pub(super) fn run(args: &ViewConformanceArgs, json: bool) -> anyhow::Result<ExitCode> {
    let mut suites = Vec::new();
    for path in &args.suites {
        if path.is_dir() {
            suites.extend(folder(path)?);
        } else {
            let text = fs::read(path).with_context(|| format!("read {}", path.display()))?;
            let cases = conformance::run(&text).with_context(|| format!("understand {}", path.display()))?;
            suites.push((name(path), cases));
        }
    }
    if suites.is_empty() {
        bail!("there is no suite file there: JSON with `resources` and `tests`");
    }
    let report = report(&suites);
    if let Some(file) = &args.output {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        fs::write(file, text).with_context(|| format!("write {}", file.display()))?;
    }
    if json {
        screen::say(report.to_string());
    } else {
        screen::say(text(&suites));
    }
    let passed = suites.iter().flat_map(|(_, cases)| cases).all(|case| case.failure.is_none());
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The suites of a folder; other JSON files are told and passed over.
fn folder(folder: &Path) -> anyhow::Result<Vec<Suite>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut suites = Vec::new();
    for file in files {
        let text = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        match conformance::run(&text) {
            Ok(cases) => suites.push((name(&file), cases)),
            Err(SuiteError::Form { .. }) => screen::note(format!("{} is no suite", file.display())),
            Err(error) => return Err(error).with_context(|| format!("understand {}", file.display())),
        }
    }
    Ok(suites)
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// As the standard's test report schema has it; `reason` is ours.
fn report(suites: &[Suite]) -> serde_json::Value {
    let test = |case: &Case| match &case.failure {
        None => json!({ "name": case.title, "result": { "passed": true } }),
        Some(why) => json!({ "name": case.title, "result": { "passed": false, "reason": why.to_string() } }),
    };
    let suites = suites
        .iter()
        .map(|(name, cases)| (name.clone(), json!({ "tests": cases.iter().map(test).collect::<Vec<_>>() })));
    serde_json::Value::Object(suites.collect())
}

fn failed(cases: &[Case]) -> usize {
    cases.iter().filter(|case| case.failure.is_some()).count()
}

fn text(suites: &[Suite]) -> String {
    let row = |(name, cases): &Suite| {
        let (all, failed) = (cases.len(), failed(cases));
        vec![name.clone(), all.to_string(), (all - failed).to_string(), failed.to_string()]
    };
    let mut text =
        screen::table(&["file", "cases", "passed", "failed"], &suites.iter().map(row).collect::<Vec<_>>());
    for (name, cases) in suites {
        for case in cases {
            if let Some(why) = &case.failure {
                text += &format!("\n  {name}: {}: {why}", case.title);
            }
        }
    }
    let all: usize = suites.iter().map(|(_, cases)| cases.len()).sum();
    let failed: usize = suites.iter().map(|(_, cases)| failed(cases)).sum();
    text + &format!("\n\n{} of {all} cases pass", all - failed)
}
