//! `carelake job` and `carelake mart`, as they are typed.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum MartCommand {
    /// Build one mart, or all, as runs of their jobs.
    #[command(after_help = "\
A running `carelake serve` does the work; without one, this command does it itself. Incremental models are made for the
persons of whom something has changed.

Examples:
  carelake mart build
  carelake mart build urgent_care --whole        incremental models too, from the first row")]
    Build {
        /// Which; all if it is left out.
        name: Option<String>,
        /// Make incremental models whole as well.
        #[arg(long)]
        whole: bool,
    },
    /// Show the marts and the questions they answer.
    List,
    /// Keep a folder of models as a mart: mart.toml, one .sql file a table, ViewDefinitions as .json.
    #[command(after_help = "\
The folder's name is the mart's, and its schema in SQL. Every model is planned, and those that say
`materialised: incremental` are proved to keep to one person's rows, before anything is changed. What a folder holds is
told in docs/adding-a-mart.md.

Examples:
  carelake mart new --from view.encounter -o winter/encounters.sql
  carelake mart register winter/
  carelake mart build winter")]
    Register {
        /// The folder.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Say whether a folder could be registered, and change nothing.
    #[command(after_help = "\
Example:
  carelake mart check winter/")]
    Check {
        /// The folder.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Make a folder's models as a run would, and compare with what is published; nothing is written.
    #[command(after_help = "\
Rows are compared as far as the columns that both have tell. Where a test `unique` says which columns tell rows apart,
those that are there before and after, with other values, are counted as changed. Tests are run.

Example:
  carelake mart diff winter/")]
    Diff {
        /// The folder.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Write a model to begin with, over a table of the lake, with tests.
    #[command(after_help = "\
Example:
  carelake mart new --from view.encounter -o winter/encounters.sql")]
    New {
        /// The table, such as `view.encounter`.
        #[arg(long, value_name = "TABLE")]
        from: String,
        /// Where it is written; a mart.toml is put beside it if there is none. Without it, to standard output.
        #[arg(short, long, value_name = "FILE.sql")]
        output: Option<PathBuf>,
    },
    /// Show what a model, each step of a recipe, or a program makes of some rows; nothing is written.
    #[command(after_help = "\
A recipe is a file NAME.recipe.toml of a mart's folder: steps that standardise, map, convert, look up, split, deduplicate.
Of a model, a file NAME.sql, the rows of its query are shown, and what its program makes of them and says
(docs/adding-a-mart.md). The rows that are shown are the lake's: whoever asks must be allowed to query what it reads.

Examples:
  carelake mart preview winter/risk.sql
  carelake mart preview winter/weights.recipe.toml
  carelake mart preview winter/weights.recipe.toml --sample 100000 --rows 3
  carelake mart preview winter/weights.recipe.toml --sql      the model that it becomes")]
    Preview(PreviewArgs),
    /// Keep a registered mart no longer; its tables stay as they are, and are built no more.
    #[command(after_help = "\
Example:
  carelake mart remove winter")]
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    /// The recipe or the model.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many rows it is tried on: of a recipe's table, or of a model's query.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) sample: u32,
    /// How many rows are shown of each step.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) rows: u32,
    /// Show the SQL of the model, and no rows.
    #[arg(long)]
    pub(crate) sql: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// Every job: when it is due, and how its newest run ended.
    List,
    /// The newest runs, of all jobs or of one; imports and builds of views among them.
    #[command(after_help = "\
Examples:
  carelake job runs
  carelake job runs mart.urgent_care --limit 5")]
    Runs {
        /// The job, such as `mart.urgent_care`.
        job: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// One run: what it read and wrote by version, what it took, why it failed.
    Show(RunArgs),
    /// What a run said while it was at work.
    Logs(RunArgs),
    /// How a run of a mart carried out each of its models, step by step.
    Plan(RunArgs),
    /// Run a job now, and wait for it.
    #[command(after_help = "\
Examples:
  carelake job run mart.urgent_care
  carelake job run mart.urgent_care --no-wait")]
    Run {
        /// The job.
        job: String,
        /// Only queue it.
        #[arg(long)]
        no_wait: bool,
    },
    /// Make the models by period of a mart's job for periods that are past, and wait for it.
    #[command(after_help = "\
One run makes every period that lies between the two days, in part or whole, and is over; what the tables have of these
goes. Nothing of it is published before all of it is made. Models that are not made by periods are made as always.

Examples:
  carelake job backfill mart.winter --from 2024-01-01 --until 2026-01-01")]
    Backfill {
        /// The job.
        job: String,
        /// The first day, in the time zone of the mart.
        #[arg(long, value_name = "DAY")]
        from: NaiveDate,
        /// The day after the last one.
        #[arg(long, value_name = "DAY")]
        until: NaiveDate,
        /// Only queue it.
        #[arg(long)]
        no_wait: bool,
    },
    /// Run a job as an earlier run was run, and wait for it.
    Retry(RunArgs),
    /// End a run: at once if it waits, soon if it is at work.
    Cancel(RunArgs),
    /// Let neither schedule nor changes queue a job.
    Pause {
        /// The job.
        job: String,
    },
    /// Let them again.
    Resume {
        /// The job.
        job: String,
    },
    /// Say how many runs of a resource may be at work at once; without a number, show the limits.
    #[command(after_help = "\
Examples:
  carelake job limit marts 2")]
    Limit {
        /// The resource, such as `marts`.
        resource: Option<String>,
        /// How many; one if it was never said.
        #[arg(value_parser = clap::value_parser!(u32).range(1..=64))]
        at_once: Option<u32>,
    },
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RunArgs {
    /// The run's number.
    pub(crate) run: i64,
}
