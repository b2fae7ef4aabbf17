//! Runs the chosen steps one after the other and says how each went.

use crate::{
    arguments::Selection,
    screen::{Tone, spoken},
    steps::Step,
    tools::{self, Tool},
    workshop::Workshop,
};
use std::time::{Duration, Instant};

/// How one step went.
struct Outcome {
    name: &'static str,
    took: Duration,
    passed: bool,
}

/// Runs `selection` and closes with a table. Returns whether every step passed.
///
/// # Errors
/// A tool is missing and could not be installed.
pub(crate) fn run(workshop: &Workshop, selection: &Selection) -> anyhow::Result<bool> {
    let screen = workshop.screen;
    let begun = Instant::now();
    let mut outcomes = vec![prepare(workshop, &selection.steps)?];
    let mut closing = Vec::new();
    for step in &selection.steps {
        screen.line(&format!(
            "\n{} {}",
            screen.paint(Tone::Heading, &format!("── {}:", step.name)),
            step.about
        ));
        let started = Instant::now();
        let result = (step.run)(workshop);
        let outcome = Outcome { name: step.name, took: started.elapsed(), passed: result.is_ok() };
        screen.line(&describe(workshop, &outcome));
        let failed = !outcome.passed;
        outcomes.push(outcome);
        match result {
            Ok(line) => closing.extend(line),
            Err(error) => {
                screen.fault(&format!("step `{}`: {error:#}", step.name));
                screen.line(&format!("       what to do: {}", step.remedy));
            }
        }
        if failed && !selection.keep_going {
            break;
        }
    }
    Ok(close(workshop, selection, &outcomes, &closing, begun.elapsed()))
}

/// Installs what the steps need.
fn prepare(workshop: &Workshop, steps: &[&Step]) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let mut needed: Vec<Tool> = Vec::new();
    for tool in steps.iter().flat_map(|step| step.needs) {
        if !needed.contains(tool) {
            needed.push(*tool);
        }
    }
    workshop.screen.line(&format!("compiled things are kept in {}", workshop.target.display()));
    let result = tools::install_missing(workshop, &needed);
    tools::clear_up(workshop)?;
    result?;
    Ok(Outcome { name: "tools", took: started.elapsed(), passed: true })
}

/// One row of the table.
fn describe(workshop: &Workshop, outcome: &Outcome) -> String {
    let (tone, word) = if outcome.passed { (Tone::Good, "passed") } else { (Tone::Bad, "FAILED") };
    format!("  {:<9} {:>13}  {}", outcome.name, spoken(outcome.took), workshop.screen.paint(tone, word))
}

/// Writes the table, the test runner's closing line and the verdict.
fn close(
    workshop: &Workshop,
    selection: &Selection,
    outcomes: &[Outcome],
    closing: &[String],
    took: Duration,
) -> bool {
    let mut text = String::from("\n");
    for outcome in outcomes {
        text.push_str(&describe(workshop, outcome));
        text.push('\n');
    }
    for line in closing {
        text.push_str(&format!("  {line}\n"));
    }
    let failed: Vec<&str> =
        outcomes.iter().filter(|outcome| !outcome.passed).map(|outcome| outcome.name).collect();
    let skipped: Vec<&str> = selection.steps[outcomes.len() - 1..].iter().map(|step| step.name).collect();
    let verdict = if failed.is_empty() {
        let count = selection.steps.len();
        workshop.screen.paint(Tone::Good, &format!("all steps passed ({count}) in {}", spoken(took)))
    } else {
        let mut verdict = format!("failed after {}: {}", spoken(took), failed.join(", "));
        if !skipped.is_empty() {
            verdict.push_str(&format!("; not run: {}", skipped.join(", ")));
        }
        workshop.screen.paint(Tone::Bad, &verdict)
    };
    text.push_str(&verdict);
    workshop.screen.answer(&text);
    failed.is_empty()
}
