//! The build's own commands. `cargo xtask --help` lists them.
//!
//! Whatever continuous integration does is done here, so that anybody can do
//! the same on their own machine with the same words.

mod arguments;
mod clients;
mod files;
mod knowledge;
mod process;
mod screen;
mod steps;
mod suite;
#[cfg(test)]
mod tidy;
mod tools;
mod workshop;

use arguments::Action;
use screen::Screen;
use std::process::ExitCode;
use workshop::Workshop;

/// Exit status 0: done, 1: the work failed, 2: wrong usage.
fn main() -> ExitCode {
    let screen = Screen::detect();
    match Action::parse(std::env::args().skip(1)) {
        Ok(action) => match perform(action, screen) {
            Ok(status) => status,
            Err(error) => {
                screen.fault(&format!("{error:#}"));
                ExitCode::FAILURE
            }
        },
        Err(misuse) => {
            screen.fault(&format!("{misuse}; `cargo xtask --help` shows what there is"));
            ExitCode::from(2)
        }
    }
}

fn perform(action: Action, screen: Screen) -> anyhow::Result<ExitCode> {
    match action {
        Action::Help => {
            screen.answer(&arguments::help());
            Ok(ExitCode::SUCCESS)
        }
        Action::Knowledge(definitions) => {
            let out = workshop::root()?.join("crates/fhir/src/r4");
            knowledge::generate(&definitions, &out)?;
            screen.line(&format!("wrote knowledge.txt and code-systems.txt in {}", out.display()));
            Ok(ExitCode::SUCCESS)
        }
        Action::Test(selection) => {
            let passed = suite::run(&Workshop::open(screen)?, &selection)?;
            Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}
