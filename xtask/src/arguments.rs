//! What may stand after `cargo xtask`.

use crate::steps::{self, STEPS, Step};
use std::{fmt::Write as _, path::PathBuf};

/// What was asked for.
#[derive(Debug)]
pub(crate) enum Action {
    /// To be told what there is.
    Help,
    /// To make the FHIR knowledge table from the definitions in this folder.
    Knowledge(PathBuf),
    /// To run the steps of the test command.
    Test(Selection),
}

/// Which steps to run, and whether to go on after one has failed.
#[derive(Debug)]
pub(crate) struct Selection {
    /// In the order in which they will run.
    pub(crate) steps: Vec<&'static Step>,
    /// Run the later steps even when an earlier one has failed.
    pub(crate) keep_going: bool,
}

/// Why the words after `cargo xtask` mean nothing here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// No command, or one that does not exist.
    Command(String),
    /// A command does not take this argument.
    Argument(String),
    /// An argument needs a value that is not there.
    Value(&'static str),
    /// No step has this name.
    Step(String),
}

impl std::error::Error for Misuse {}

impl std::fmt::Display for Misuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command(name) => write!(f, "there is no command `{name}`"),
            Self::Argument(name) => write!(f, "argument `{name}` has no meaning here"),
            Self::Value(name) => write!(f, "`{name}` needs a value"),
            Self::Step(name) => write!(f, "there is no step `{name}`"),
        }
    }
}

impl Action {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// They name no command, or give it what it does not take.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, Misuse> {
        let mut arguments = arguments.into_iter();
        let command = arguments.next().unwrap_or_else(|| "--help".to_owned());
        match command.as_str() {
            "--help" | "-h" | "help" => Ok(Self::Help),
            "knowledge" => knowledge(arguments),
            "test" => test(arguments),
            _ => Err(Misuse::Command(command)),
        }
    }
}

/// The text of `--help`.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "The build's own commands.

usage: cargo xtask COMMAND

  test [--only STEP,…] [--keep-going]
      Everything that must hold before a change is shared; continuous integration runs this.
      Installs what is missing, then runs the steps below and stops at the first that fails;
      with --keep-going it runs them all and then says which failed.
  knowledge DEFINITIONS
      Writes the FHIR R4 knowledge table of the crate `fhir` from a folder of HL7's published
      definitions (*.profile.json, codesystem-*.json, valuesets.json and so on).
  --help
      This text.

steps of `test`, in order:
",
    );
    for step in STEPS {
        let _ = writeln!(text, "  {:<9} {}", step.name, step.about);
    }
    text.push_str(
        "
folders, both made when missing:
  $CARGO_TARGET_DIR, else CACHE/carelake/target    what has been compiled; outlives a checkout
  CACHE/carelake/tools                             tools that were not on the machine
  where CACHE is $XDG_CACHE_HOME, else ~/.cache

examples:
  cargo xtask test                        all steps
  cargo xtask test --only fmt,clippy      the quick look before a commit
  cargo xtask test --only tidy            the rules of the house: layers, file names, links
  cargo xtask knowledge ~/fhir/R4         after downloading the definitions from hl7.org
",
    );
    text
}

fn knowledge(mut arguments: impl Iterator<Item = String>) -> Result<Action, Misuse> {
    match (arguments.next(), arguments.next()) {
        (None, _) => Err(Misuse::Value("knowledge")),
        (Some(help), _) if help == "--help" || help == "-h" => Ok(Action::Help),
        (Some(option), _) if option.starts_with('-') => Err(Misuse::Argument(option)),
        (Some(_), Some(more)) => Err(Misuse::Argument(more)),
        (Some(folder), None) => Ok(Action::Knowledge(folder.into())),
    }
}

fn test(mut arguments: impl Iterator<Item = String>) -> Result<Action, Misuse> {
    let mut only = None;
    let mut keep_going = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--only" => only = Some(arguments.next().ok_or(Misuse::Value("--only"))?),
            "--keep-going" => keep_going = true,
            "--help" | "-h" => return Ok(Action::Help),
            _ => match argument.strip_prefix("--only=") {
                Some(names) => only = Some(names.to_owned()),
                None => return Err(Misuse::Argument(argument)),
            },
        }
    }
    let steps = match only {
        None => STEPS.iter().filter(|step| step.in_full_run).collect(),
        Some(names) => select(&names)?,
    };
    Ok(Action::Test(Selection { steps, keep_going }))
}

/// The steps that `names` lists with commas between, in the order of [`STEPS`].
fn select(names: &str) -> Result<Vec<&'static Step>, Misuse> {
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err(Misuse::Value("--only"));
    }
    if let Some(unknown) = names.iter().find(|name| steps::named(name).is_none()) {
        return Err(Misuse::Step((*unknown).to_owned()));
    }
    Ok(STEPS.iter().filter(|step| names.contains(&step.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Action, Misuse> {
        Action::parse(line.split_whitespace().map(str::to_owned))
    }

    #[track_caller]
    fn check_steps(line: &str, expected: &[&str]) {
        let Ok(Action::Test(selection)) = parse(line) else { panic!("`{line}` is not a test run") };
        let names: Vec<&str> = selection.steps.iter().map(|step| step.name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn the_full_run_has_every_step_once_and_in_order() {
        check_steps(
            "test",
            &["fetch", "fmt", "clippy", "doc", "build", "tests", "doctests", "deny", "unused"],
        );
    }

    #[test]
    fn chosen_steps_run_in_the_order_of_the_full_run() {
        check_steps("test --only clippy,fmt", &["fmt", "clippy"]);
        check_steps("test --keep-going --only=tidy", &["tidy"]);
    }

    #[test]
    fn what_has_no_meaning_is_refused_by_name() {
        assert_eq!(parse("bake").unwrap_err(), Misuse::Command("bake".to_owned()));
        assert_eq!(parse("test --fast").unwrap_err(), Misuse::Argument("--fast".to_owned()));
        assert_eq!(parse("test --only").unwrap_err(), Misuse::Value("--only"));
        assert_eq!(parse("test --only ,").unwrap_err(), Misuse::Value("--only"));
        assert_eq!(parse("knowledge").unwrap_err(), Misuse::Value("knowledge"));
        assert_eq!(parse("knowledge a b").unwrap_err(), Misuse::Argument("b".to_owned()));
        assert_eq!(parse("test --only fmt,lint").unwrap_err(), Misuse::Step("lint".to_owned()));
    }

    #[test]
    fn help_names_every_step() {
        let help = help();
        for step in STEPS {
            assert!(help.contains(&format!("  {:<9} {}", step.name, step.about)), "{}", step.name);
        }
        assert!(matches!(parse(""), Ok(Action::Help)));
        assert!(matches!(parse("test --help"), Ok(Action::Help)));
    }
}
